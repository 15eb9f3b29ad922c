/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/pool.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#define ASK_EVERY (300 * WZP_SECOND)
#define LOOK_AFTER (500 * WZP_MILLISECOND) /* an answer: the others come, too */
#define LOOK_AGAIN (10 * WZP_SECOND)       /* while there is a call */

/* ---- which there are ---- */

static size_t find(const struct wzp_app_pool *pool, const char *name)
{
    size_t i = 0;
    while (i < pool->count && strcasecmp(pool->entries[i].name, name) != 0)
        i++;
    return i;
}

static int add(struct wzp_app_pool *pool, const char *name, struct wzp_error *err)
{
    char host[256];
    uint16_t port;
    int result = wzp_addr_split(host, sizeof host, &port, name, WZP_DEFAULT_PORT);
    if (result)
        return wzp_error_set(err, result,
                             "the relay %.80s: this is no address: expected HOST, HOST:PORT or "
                             "[IPV6]:PORT with a port from 1 to 65535",
                             name);
    if (find(pool, name) < pool->count)
        return 0;
    if (pool->count == WZP_PHONE_RELAYS_MAX)
        return wzp_error_set(err, WZP_E_LIMIT, "more than %d relays", WZP_PHONE_RELAYS_MAX);
    struct wzp_relay_entry *entry = &pool->entries[pool->count];
    memset(entry, 0, sizeof *entry);
    if (!wzp_text_copy(entry->name, sizeof entry->name, name))
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay's name is too long");
    pool->count++;
    return 0;
}

int wzp_pool_read(struct wzp_app *app, struct wzp_error *err)
{
    char words[WZP_SETTING_TEXT_MAX], *rest;
    struct wzp_app_pool *pool = &app->pool;
    pool->count = 0;
    pool->ask_at = pool->look_at = WZP_NEVER;
    int result = add(pool, app->settings.relay, err);
    wzp_text_copy(words, sizeof words, app->settings.relays);
    for (char *word = strtok_r(words, " \t,", &rest); word && !result;
         word = strtok_r(NULL, " \t,", &rest))
        result = add(pool, word, err);
    return result;
}

const char *wzp_pool_home(const struct wzp_app *app)
{
    return app->pool.count > 0 ? app->pool.entries[0].name : app->settings.relay;
}

/* ---- the nearest ---- */

/* Puts it first. */
static void prefer(struct wzp_app_pool *pool, size_t i)
{
    struct wzp_relay_entry entry = pool->entries[i];
    struct wzp_addr at = pool->at[i];
    memmove(&pool->entries[1], &pool->entries[0], i * sizeof pool->entries[0]);
    memmove(&pool->at[1], &pool->at[0], i * sizeof pool->at[0]);
    pool->entries[0] = entry;
    pool->at[0] = at;
}

/* ms; far away when it does not answer. */
static uint32_t distance(const struct wzp_app_pool *pool, size_t i)
{
    const struct wzp_relay_map_entry *entry = wzp_relay_map_find(&pool->map, &pool->at[i]);
    return entry && entry->reachable && entry->has_rtt ? entry->rtt_ms : UINT32_MAX;
}

/* The order in which the others would take home's place; true when it is a new one. */
static bool sort_others(struct wzp_app_pool *pool)
{
    bool changed = false;
    for (size_t i = 2; i < pool->count; i++)
        for (size_t k = i; k > 1 && distance(pool, k) < distance(pool, k - 1); k--) {
            struct wzp_relay_entry entry = pool->entries[k];
            struct wzp_addr at = pool->at[k];
            pool->entries[k] = pool->entries[k - 1];
            pool->at[k] = pool->at[k - 1];
            pool->entries[k - 1] = entry;
            pool->at[k - 1] = at;
            changed = true;
        }
    return changed;
}

static void look(struct wzp_app *app, uint64_t now)
{
    struct wzp_app_pool *pool = &app->pool;
    bool registered = wzp_phone_registered(app->phone);
    pool->look_at = WZP_NEVER;
    if (wzp_phone_session(app->phone, 0)) {
        pool->look_at = wzp_time_add(now, LOOK_AGAIN);
        return;
    }
    const struct wzp_relay_map_entry *best =
        wzp_relay_map_home(&pool->map, &pool->at[0], registered ? now : 0, now);
    size_t home = 0;
    for (size_t i = 1; best && i < pool->count; i++)
        if (wzp_addr_equal(&best->addr, &pool->at[i]))
            home = i;
    if (home > 0)
        prefer(pool, home);
    bool sorted = sort_others(pool);
    if ((home > 0 || sorted) && wzp_home_set_relays(app, NULL) == 0 && home > 0)
        wzp_phone_move(app->phone, now);
}

static void ask(struct wzp_app *app, uint64_t now)
{
    struct wzp_app_pool *pool = &app->pool;
    pool->ask_at = wzp_time_add(now, ASK_EVERY);
    for (size_t i = 0; i < pool->count; i++)
        (void)wzp_app_ping(app, pool->entries[i].name, NULL);
}

/* ---- time and events ---- */

static void arm(struct wzp_app *app)
{
    struct wzp_app_pool *pool = &app->pool;
    if (pool->timer)
        WZP_HOST(app, timer_set, pool->timer, wzp_time_min(pool->ask_at, pool->look_at));
}

static void on_timer(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    if (app->stopping)
        return;
    if (now >= app->pool.ask_at)
        ask(app, now);
    if (now >= app->pool.look_at)
        look(app, now);
    arm(app);
    wzp_app_kick(app);
}

void wzp_pool_start(struct wzp_app *app)
{
    struct wzp_app_pool *pool = &app->pool;
    if (pool->count < 2 || WZP_HOST(app, timer_new, &pool->timer, on_timer, app))
        return; /* without a timer: the first, and the next when it dies */
    pool->ask_at = wzp_app_now(app);
    arm(app);
}

void wzp_pool_fini(struct wzp_app *app)
{
    if (app->pool.timer)
        WZP_HOST(app, timer_free, app->pool.timer);
    app->pool.timer = NULL;
}

static void measured(struct wzp_app *app, const char *name, const char *remote, uint32_t rtt_ms,
                     uint64_t now)
{
    struct wzp_app_pool *pool = &app->pool;
    size_t i = find(pool, name);
    if (i == pool->count || wzp_addr_parse(&pool->at[i], remote, strlen(remote)) < 0 ||
        wzp_relay_map_upsert(&pool->map, name, &pool->at[i], NULL) < 0)
        return;
    wzp_relay_map_update_rtt(&pool->map, &pool->at[i], rtt_ms, now);
    pool->look_at = wzp_time_add(now, LOOK_AFTER);
}

void wzp_pool_follow(struct wzp_app *app, const struct wzp_event *event, uint64_t now)
{
    struct wzp_app_pool *pool = &app->pool;
    size_t i;
    if (!pool->timer)
        return;
    if (event->type == WZP_EVENT_PONG) {
        measured(app, event->u.pong.relay, event->u.pong.remote, event->u.pong.rtt_ms, now);
    } else if (event->type == WZP_EVENT_ERROR && !event->session) {
        i = find(pool, event->u.error.relay);
        if (i < pool->count && !wzp_addr_is_none(&pool->at[i]))
            wzp_relay_map_mark_unreachable(&pool->map, &pool->at[i], now);
    } else if (event->type == WZP_EVENT_REGISTERED) {
        /* Another one may have taken home's place. */
        i = find(pool, event->u.registered.relay);
        if (i > 0 && i < pool->count) {
            if (!wzp_addr_is_none(&pool->at[0]))
                wzp_relay_map_mark_unreachable(&pool->map, &pool->at[0], now);
            prefer(pool, i);
        }
    }
    arm(app);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/home_relays.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#define ASK_EVERY (300 * WZP_SECOND)
/* after a relay's answer: time for the others' answers */
#define LOOK_AFTER (500 * WZP_MILLISECOND)
#define LOOK_AGAIN (10 * WZP_SECOND) /* period of checks during a call */

/* ---- which there are ---- */

static size_t find(const struct wzp_home_relays *h, const char *name)
{
    size_t i = 0;
    while (i < h->count && strcasecmp(h->entries[i].name, name) != 0)
        i++;
    return i;
}

static int add(struct wzp_home_relays *h, const char *name, struct wzp_error *err)
{
    char host[256];
    uint16_t port;
    int result = wzp_addr_split(host, sizeof host, &port, name, WZP_DEFAULT_PORT);
    if (result)
        return wzp_error_set(err, result,
                             "the relay %.80s: this is no address: expected HOST, HOST:PORT or "
                             "[IPV6]:PORT with a port from 1 to 65535",
                             name);
    if (find(h, name) < h->count)
        return 0;
    if (h->count == WZP_PHONE_RELAYS_MAX)
        return wzp_error_set(err, WZP_E_LIMIT, "more than %d relays", WZP_PHONE_RELAYS_MAX);
    struct wzp_relay_entry *entry = &h->entries[h->count];
    memset(entry, 0, sizeof *entry);
    if (!wzp_text_copy(entry->name, sizeof entry->name, name))
        return wzp_error_set(err, WZP_E_ARGUMENT, "the relay's name is too long");
    h->count++;
    return 0;
}

int wzp_home_relays_read(struct wzp_app *app, struct wzp_error *err)
{
    char words[WZP_SETTING_TEXT_MAX], *rest;
    struct wzp_home_relays *h = &app->home_relays;
    h->count = 0;
    h->ask_at = h->look_at = WZP_NEVER;
    int result = add(h, app->settings.relay, err);
    wzp_text_copy(words, sizeof words, app->settings.relays);
    for (char *word = strtok_r(words, " \t,", &rest); word && !result;
         word = strtok_r(NULL, " \t,", &rest))
        result = add(h, word, err);
    return result;
}

const char *wzp_home_relay(const struct wzp_app *app)
{
    return app->home_relays.count > 0 ? app->home_relays.entries[0].name : app->settings.relay;
}

/* ---- the nearest ---- */

/* Moves an entry forward in the list. */
static void move_up(struct wzp_home_relays *h, size_t from, size_t to)
{
    struct wzp_relay_entry entry = h->entries[from];
    struct wzp_addr at = h->at[from];
    memmove(&h->entries[to + 1], &h->entries[to], (from - to) * sizeof entry);
    memmove(&h->at[to + 1], &h->at[to], (from - to) * sizeof at);
    h->entries[to] = entry;
    h->at[to] = at;
}

/* The round-trip time, ms; the largest number when it does not answer. */
static uint32_t distance(const struct wzp_home_relays *h, size_t i)
{
    const struct wzp_relay_map_entry *entry = wzp_relay_map_find(&h->map, &h->at[i]);
    return entry && entry->reachable ? entry->rtt_ms : UINT32_MAX;
}

/* Sorts the relays other than home in the order in which they would replace it; true when the order
 * changed. */
static bool sort_others(struct wzp_home_relays *h)
{
    bool changed = false;
    for (size_t i = 2; i < h->count; i++) {
        size_t to = i;
        while (to > 1 && distance(h, i) < distance(h, to - 1))
            to--;
        if (to < i)
            move_up(h, i, to);
        changed |= to < i;
    }
    return changed;
}

static void look(struct wzp_app *app, uint64_t now)
{
    struct wzp_home_relays *h = &app->home_relays;
    bool registered = wzp_phone_registered(app->phone);
    h->look_at = WZP_NEVER;
    if (wzp_phone_session(app->phone, 0)) {
        h->look_at = wzp_time_add(now, LOOK_AGAIN);
        return;
    }
    const struct wzp_relay_map_entry *best =
        wzp_relay_map_home(&h->map, &h->at[0], registered ? now : 0, now);
    size_t home = 0;
    for (size_t i = 1; best && i < h->count; i++)
        if (wzp_addr_equal(&best->addr, &h->at[i]))
            home = i;
    if (home > 0)
        move_up(h, home, 0);
    bool sorted = sort_others(h);
    if ((home > 0 || sorted) && wzp_home_set_relays(app, NULL) == 0 && home > 0)
        wzp_phone_move(app->phone, now);
}

static void ask(struct wzp_app *app, uint64_t now)
{
    struct wzp_home_relays *h = &app->home_relays;
    h->ask_at = wzp_time_add(now, ASK_EVERY);
    for (size_t i = 0; i < h->count; i++)
        (void)wzp_app_ping(app, h->entries[i].name, NULL);
}

/* ---- time and events ---- */

static void arm(struct wzp_app *app)
{
    struct wzp_home_relays *h = &app->home_relays;
    if (h->timer)
        WZP_HOST(app, timer_set, h->timer, wzp_time_min(h->ask_at, h->look_at));
}

static void on_timer(void *context, uint64_t now)
{
    struct wzp_app *app = context;
    if (app->stopping)
        return;
    if (now >= app->home_relays.ask_at)
        ask(app, now);
    if (now >= app->home_relays.look_at)
        look(app, now);
    arm(app);
    wzp_app_kick(app);
}

void wzp_home_relays_start(struct wzp_app *app)
{
    struct wzp_home_relays *h = &app->home_relays;
    if (h->count < 2 || WZP_HOST(app, timer_new, &h->timer, on_timer, app))
        /* without a timer nothing is measured: the first relay is used, and the next one when it
         * fails */
        return;
    h->ask_at = wzp_app_now(app);
    arm(app);
}

void wzp_home_relays_fini(struct wzp_app *app)
{
    if (app->home_relays.timer)
        WZP_HOST(app, timer_free, app->home_relays.timer);
    app->home_relays.timer = NULL;
}

static void measured(struct wzp_app *app, const char *name, const char *remote, uint32_t rtt_ms,
                     uint64_t now)
{
    struct wzp_home_relays *h = &app->home_relays;
    size_t i = find(h, name);
    if (i == h->count || wzp_addr_parse(&h->at[i], remote, strlen(remote)) < 0 ||
        wzp_relay_map_update_rtt(&h->map, &h->at[i], rtt_ms, now) < 0)
        return;
    h->look_at = wzp_time_add(now, LOOK_AFTER);
}

void wzp_home_relays_follow(struct wzp_app *app, const struct wzp_event *event, uint64_t now)
{
    struct wzp_home_relays *h = &app->home_relays;
    size_t i;
    if (!h->timer)
        return;
    if (event->type == WZP_EVENT_PONG) {
        measured(app, event->u.pong.relay, event->u.pong.remote, event->u.pong.rtt_ms, now);
    } else if (event->type == WZP_EVENT_ERROR && !event->session) {
        i = find(h, event->u.error.relay);
        if (i < h->count && !wzp_addr_is_none(&h->at[i]))
            wzp_relay_map_mark_unreachable(&h->map, &h->at[i], now);
    } else if (event->type == WZP_EVENT_REGISTERED) {
        /* Another relay may have become home: look the name up again. */
        i = find(h, event->u.registered.relay);
        if (i > 0 && i < h->count) {
            if (!wzp_addr_is_none(&h->at[0]))
                wzp_relay_map_mark_unreachable(&h->map, &h->at[0], now);
            move_up(h, i, 0);
        }
    }
    arm(app);
}

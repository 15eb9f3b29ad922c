/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The directory as the rest of the pool uses it: requests with deadlines, letters, and which
 * siblings live. */
#include "relay/pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/pool_url.h"

/* ---- start and end ---- */

int wzp_relay_pool_init(struct wzp_relay *r)
{
    struct wzp_relay_pool *pool = &r->pool;
    struct wzp_pool_url url;
    size_t people = (size_t)r->config.max_signals + 1;
    int result = wzp_pool_url_parse(&url, r->config.directory, strlen(r->config.directory), NULL);
    if (result < 0)
        return result;
    wzp_map_init(&pool->siblings, WZP_RELAY_POOL_SIBLINGS_MAX, &r->random);
    wzp_map_init(&pool->waiting, WZP_RELAY_POOL_WAITING_MAX, &r->random);
    wzp_map_init(&pool->records, 4 * people, &r->random);
    wzp_map_init(&pool->moved, people, &r->random);
    wzp_map_init(&pool->changed, people, &r->random);
    pool->on = !url.is_memory && r->host.pool && r->threads.own == 0;
    pool->database = url.database;
    while (pool->own == 0)
        wzp_random_bytes(&r->random, (uint8_t *)&pool->own, sizeof pool->own);
    return 0;
}

void wzp_relay_pool_fini(struct wzp_relay *r)
{
    struct wzp_relay_pool *pool = &r->pool;
    struct wzp_map *const owned[] = {&pool->siblings, &pool->waiting, &pool->changed};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        struct wzp_map_cursor cursor = {0};
        while (wzp_map_next(owned[i], &cursor))
            wzp_free(cursor.value);
        wzp_map_fini(owned[i]);
    }
    wzp_relay_records_fini(r);
    wzp_map_fini(&pool->moved);
    while (pool->inquiries) {
        struct wzp_relay_inquiry *next = pool->inquiries->next;
        wzp_free(pool->inquiries);
        pool->inquiries = next;
    }
}

/* The channel of one relay, or of all (0). */
static void channel_of(const struct wzp_relay *r, char *out, uint64_t relay)
{
    if (relay == 0)
        snprintf(out, WZP_RELAY_POOL_CHANNEL_MAX, "wzp:%u:all", r->pool.database);
    else
        snprintf(out, WZP_RELAY_POOL_CHANNEL_MAX, "wzp:%u:r:%016" PRIx64, r->pool.database, relay);
}

bool wzp_relay_pool_channel(const struct wzp_relay *r, unsigned i, char *out)
{
    if (i < 2)
        channel_of(r, out, i == 0 ? 0 : r->pool.own);
    return i < 2;
}

/* Keys are local to the database. Channels are common to all databases of the server, so their
 * names contain its number. */
const char *wzp_relay_pool_key(char *out, char prefix, const struct wzp_relay_name *name)
{
    snprintf(out, WZP_RELAY_POOL_KEY_MAX, "wzp:%c:%s", prefix, name->key);
    return out;
}

/* ---- questions ---- */

/* Gives the wait a number and adds it to the pending ones. False: the table is full, and the wait
 * is freed. */
static bool enter(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, bool is_inquiry)
{
    wait->number = ++r->pool.next_number;
    wait->is_inquiry = is_inquiry;
    if (wzp_map_put(&r->pool.waiting, &wait->number, sizeof wait->number, wait) == 0)
        return true;
    wzp_free(wait);
    return false;
}

static struct wzp_relay_pool_wait *take(struct wzp_relay *r, uint64_t number)
{
    struct wzp_relay_pool_wait *wait = wzp_map_remove(&r->pool.waiting, &number, sizeof number);
    if (wait)
        wzp_relay_timer_disarm(&r->timers, &wait->timer);
    return wait;
}

static bool hand_over(struct wzp_relay *r, const struct wzp_pool_request *request)
{
    bool taken = r->pool.up && r->host.pool(r->host.context, request);
    if (taken)
        r->total.pool_asked++;
    else
        r->total.pool_refused++;
    return taken;
}

static bool start(struct wzp_relay *r, struct wzp_relay_pool_wait *wait,
                  const struct wzp_pool_request *request, uint64_t now)
{
    struct wzp_pool_request numbered = *request;
    numbered.number = wait->number;
    if (!hand_over(r, &numbered)) {
        wzp_free(take(r, wait->number));
        return false;
    }
    wzp_relay_timer_arm(&r->timers, &wait->timer, WZP_RELAY_TIMER_POOL_WAIT, wait, now);
    return true;
}

struct wzp_relay_pool_wait *wzp_relay_pool_ask(struct wzp_relay *r,
                                               const struct wzp_pool_request *request, uint64_t now)
{
    if (!r->pool.up)
        return NULL;
    struct wzp_relay_pool_wait *wait = wzp_calloc(1, sizeof *wait);
    if (!wait || !enter(r, wait, false)) {
        r->total.pool_refused++;
        return NULL;
    }
    return start(r, wait, request, now) ? wait : NULL;
}

bool wzp_relay_pool_ask_on(struct wzp_relay *r, struct wzp_relay_pool_wait *wait,
                           const struct wzp_pool_request *request, uint64_t now)
{
    return enter(r, wait, false) && start(r, wait, request, now);
}

/* Ends a wait. Its callback frees it or asks on with it. An inquiry is only answered by a relay
 * (by_relay), other requests only by the directory. */
static void answer(struct wzp_relay *r, uint64_t number, bool by_relay, int result,
                   const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_pool_wait *wait = wzp_map_get(&r->pool.waiting, &number, sizeof number);
    if (!wait || wait->is_inquiry != by_relay) {
        r->total.pool_late++;
        return;
    }
    (void)take(r, number);
    wait->answered(r, wait, result, value, length, now);
}

void wzp_relay_pool_answer(struct wzp_relay *r, uint64_t number, int result, const char *value,
                           size_t length, uint64_t now)
{
    const struct wzp_relay_pool_wait *wait = wzp_map_get(&r->pool.waiting, &number, sizeof number);
    if (result < 0 && result != WZP_E_REFUSED && result != WZP_E_NOT_FOUND)
        r->total.pool_errors++;
    if (!wait || !wait->is_inquiry)
        answer(r, number, false, result, value, length, now);
    else if (result == WZP_E_NOT_FOUND) /* no relay receives it: nobody is alive there */
        answer(r, number, true, 0, NULL, 0, now);
}

void wzp_relay_pool_late(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t now)
{
    r->total.pool_timeouts++;
    answer(r, wait->number, wait->is_inquiry, WZP_E_TIMEOUT, NULL, 0, now);
}

/* ---- letters ---- */

static char *letter_text(const struct wzp_relay *r, enum wzp_relay_pool_kind kind, uint64_t number,
                         const char *word, const char *body, size_t length, size_t *out_length)
{
    struct wzp_relay_pool_letter letter = {.from = r->pool.own, .kind = kind, .number = number};
    char head[WZP_RELAY_POOL_HEAD_MAX];
    if (word)
        (void)wzp_text_copy(letter.word, sizeof letter.word, word);
    size_t head_length = wzp_relay_pool_head_format(head, &letter);
    if (length > WZP_RELAY_POOL_LETTER_MAX - head_length)
        return NULL;
    char *text = wzp_alloc(head_length + length + 1);
    if (!text)
        return NULL;
    memcpy(text, head, head_length);
    if (length > 0)
        memcpy(text + head_length, body, length);
    text[ *out_length = head_length + length] = '\0';
    return text;
}

/* Publishes a letter. answer_number: of the wait that gets the number of receivers; 0: none. */
static bool publish(struct wzp_relay *r, uint64_t answer_number, uint64_t to,
                    enum wzp_relay_pool_kind kind, uint64_t number, const char *word,
                    const char *body, size_t length)
{
    char channel[WZP_RELAY_POOL_CHANNEL_MAX];
    struct wzp_pool_request request = {
        .verb = WZP_POOL_PUBLISH, .number = answer_number, .key = channel};
    if (!r->pool.up)
        return false;
    char *text = letter_text(r, kind, number, word, body, length, &request.length);
    if (!text)
        return false;
    channel_of(r, channel, to);
    request.value = text;
    bool taken = hand_over(r, &request);
    wzp_free(text);
    return taken;
}

bool wzp_relay_pool_send(struct wzp_relay *r, uint64_t to, enum wzp_relay_pool_kind kind,
                         uint64_t number, const char *word, const char *body, size_t length)
{
    return publish(r, 0, to, kind, number, word, body, length);
}

struct wzp_relay_pool_wait *wzp_relay_pool_send_heard(struct wzp_relay *r, uint64_t to,
                                                      enum wzp_relay_pool_kind kind,
                                                      uint64_t number, const char *word,
                                                      const char *body, size_t length, uint64_t now)
{
    char channel[WZP_RELAY_POOL_CHANNEL_MAX];
    struct wzp_pool_request request = {.verb = WZP_POOL_PUBLISH, .key = channel};
    char *text = letter_text(r, kind, number, word, body, length, &request.length);
    if (!text)
        return NULL;
    channel_of(r, channel, to);
    request.value = text;
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    wzp_free(text);
    return wait;
}

bool wzp_relay_pool_inquire(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t relay,
                            uint64_t now)
{
    if (!enter(r, wait, true))
        return false;
    if (!publish(r, wait->number, relay, WZP_RELAY_POOL_ALIVE, wait->number, wait->name.text, NULL,
                 0)) {
        wzp_free(take(r, wait->number));
        return false;
    }
    wzp_relay_timer_arm_at(&r->timers, &wait->timer, WZP_RELAY_TIMER_POOL_INQUIRED, wait,
                           wzp_time_add(now, WZP_RELAY_POOL_INQUIRY_TIME));
    return true;
}

/* ---- who lives ---- */

struct wzp_relay_sibling *wzp_relay_pool_sibling(const struct wzp_relay *r, uint64_t number)
{
    return wzp_map_get(&r->pool.siblings, &number, sizeof number);
}

/* True when what this relay wrote may be believed: it lives, or we cannot know yet
 * (SETTLE_TIME). */
static bool believes(const struct wzp_relay *r, uint64_t number, uint64_t now)
{
    return wzp_relay_pool_sibling(r, number) ||
           (r->pool.up && wzp_time_since(now, r->pool.up_since) < WZP_RELAY_POOL_SETTLE_TIME);
}

bool wzp_relay_pool_elsewhere(const struct wzp_relay *r, struct wzp_relay_pool_person *out,
                              const char *value, size_t length, uint64_t now)
{
    return value && wzp_relay_pool_person_parse(out, value, length) == 0 &&
           out->relay != r->pool.own && believes(r, out->relay, now);
}

static void say_alive(struct wzp_relay *r, uint64_t to, bool is_hello)
{
    char address[WZP_ADDR_TEXT_MAX];
    wzp_relay_advertised(r, address);
    (void)wzp_relay_pool_send(r, to, WZP_RELAY_POOL_BEAT, r->presence.registered, address, "hello",
                              is_hello ? strlen("hello") : 0);
}

static void sibling_gone(struct wzp_relay *r, struct wzp_relay_sibling *sibling, const char *why,
                         uint64_t now)
{
    uint64_t number = sibling->number;
    r->total.pool_lost++;
    wzp_relay_log(r, now, WZP_LOG_WARN, "the relay %016" PRIx64 " (%s) of this pool %s", number,
                  sibling->address[0] ? sibling->address : "?", why);
    wzp_map_remove(&r->pool.siblings, &number, sizeof number);
    wzp_free(sibling);
    wzp_relay_pool_calls_lost(r, number, now);
    wzp_relay_pool_unseen(r, number, now);
    wzp_relay_pool_restore_all(r, number, now);
}

/* Limits siblings that appear: each costs a walk over all people and calls. */
static bool may_come(struct wzp_relay *r, uint64_t now)
{
    return wzp_bucket_take(&r->pool.news, 1, WZP_SECOND / WZP_RELAY_POOL_NEWS_RATE,
                           WZP_RELAY_POOL_NEWS_BURST, now);
}

static void on_beat(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter, uint64_t now)
{
    struct wzp_relay_sibling *sibling = wzp_relay_pool_sibling(r, letter->from);
    bool is_hello = letter->body_length > 0;
    if ((!sibling || is_hello) && !may_come(r, now))
        return; /* it sends another beat in two seconds */
    if (!sibling) {
        sibling = wzp_calloc(1, sizeof *sibling);
        if (!sibling)
            return;
        sibling->number = letter->from;
        if (wzp_map_put(&r->pool.siblings, &letter->from, sizeof letter->from, sibling) < 0) {
            wzp_free(sibling);
            return;
        }
        wzp_text_filter(sibling->address, sizeof sibling->address, letter->word,
                        strlen(letter->word));
        wzp_relay_log(r, now, WZP_LOG_INFO, "a relay of this pool: %016" PRIx64 " (%s)",
                      sibling->number, sibling->address[0] ? sibling->address : "?");
    }
    sibling->heard_at = now;
    sibling->people = letter->number;
    if (is_hello)
        say_alive(r, letter->from, false);
}

void wzp_relay_pool_beat(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_pool *pool = &r->pool;
    struct wzp_map_cursor cursor = {0};
    if (!pool->up || r->draining)
        return;
    wzp_relay_timer_arm(&r->timers, &pool->beat, WZP_RELAY_TIMER_POOL_BEAT, r, now);
    say_alive(r, 0, false);
    while (wzp_map_next(&pool->siblings, &cursor)) {
        struct wzp_relay_sibling *sibling = cursor.value;
        uint64_t from = sibling->heard_at > pool->up_since ? sibling->heard_at : pool->up_since;
        if (wzp_time_since(now, from) >= WZP_RELAY_POOL_DEAD_TIME)
            sibling_gone(r, sibling, "gives no sign of life", now);
    }
}

void wzp_relay_pool_bye(struct wzp_relay *r)
{
    if (r->pool.up)
        (void)wzp_relay_pool_send(r, 0, WZP_RELAY_POOL_BYE, 0, NULL, NULL, 0);
}

void wzp_relay_pool_heard(struct wzp_relay *r, const char *text, size_t length, uint64_t now)
{
    struct wzp_relay_pool_letter letter;
    if (!r->pool.on || r->draining)
        return;
    if (wzp_relay_pool_letter_parse(&letter, text, length) < 0) {
        r->total.pool_malformed++;
        return;
    }
    if (letter.from == r->pool.own)
        return; /* our own letter to all */
    struct wzp_relay_sibling *sibling = wzp_relay_pool_sibling(r, letter.from);
    switch (letter.kind) {
    case WZP_RELAY_POOL_BEAT: on_beat(r, &letter, now); break;
    case WZP_RELAY_POOL_BYE:
        if (sibling)
            sibling_gone(r, sibling, "went", now);
        break;
    case WZP_RELAY_POOL_SEEN: wzp_relay_pool_on_seen(r, &letter, now); break;
    case WZP_RELAY_POOL_MOVED: wzp_relay_pool_on_moved(r, &letter, now); break;
    case WZP_RELAY_POOL_ALIVE: wzp_relay_pool_on_alive(r, &letter, now); break;
    case WZP_RELAY_POOL_LIVES: answer(r, letter.number, true, WZP_E_REFUSED, NULL, 0, now); break;
    case WZP_RELAY_POOL_SILENT: answer(r, letter.number, true, 0, NULL, 0, now); break;
    case WZP_RELAY_POOL_JOIN: wzp_relay_pool_on_join(r, &letter, now); break;
    default: wzp_relay_pool_on_call_letter(r, &letter, now); break;
    }
}

/* ---- the directory comes and goes ---- */

static void went_up(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_pool *pool = &r->pool;
    bool first = !pool->was_up;
    pool->up = pool->was_up = true;
    pool->up_since = now;
    wzp_relay_log(r, now, WZP_LOG_INFO, "the directory answers%s", first ? "" : " again");
    say_alive(r, 0, first);
    wzp_relay_timer_arm(&r->timers, &pool->beat, WZP_RELAY_TIMER_POOL_BEAT, r, now);
    wzp_relay_records_renew(r, now);
    wzp_relay_pool_calls_compare(r);
    wzp_relay_pool_look_again(r, now);
}

static void went_down(struct wzp_relay *r, const char *why, uint64_t now)
{
    struct wzp_relay_pool *pool = &r->pool;
    pool->up = false;
    r->total.pool_outages++;
    wzp_relay_timer_disarm(&r->timers, &pool->beat);
    wzp_relay_records_rest(r);
    wzp_relay_log(r, now, WZP_LOG_WARN,
                  "the directory is away (%s): people here are served, nobody elsewhere is found",
                  why ? why : "no reason known");
    wzp_relay_pool_unseen(r, 0, now);
}

void wzp_relay_pool_state(struct wzp_relay *r, bool is_up, const char *why, uint64_t now)
{
    if (!r->pool.on || is_up == r->pool.up || r->draining)
        return;
    if (is_up)
        went_up(r, now);
    else
        went_down(r, why, now);
}

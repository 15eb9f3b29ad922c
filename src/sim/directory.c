/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/directory.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

#define VALUE_MAX 383 /* longer values are cut, as the real one does */

struct text {
    uint64_t until;
    char value[];
};

/* An errand: a message under way to the directory, or from it to a relay. */
struct wzp_sim_directory_errand {
    struct wzp_sim_directory_errand *next;
    uint64_t at;
    struct wzp_sim_directory_seat *seat;
    struct wzp_relay *relay; /* the seat's relay at sending; a message for a relay that left is
                                dropped */
    enum { QUESTION, ANSWER, LETTER, STATE } kind;
    enum wzp_pool_verb verb;
    uint64_t number;
    int result;
    unsigned seconds;
    bool has_value, has_expected;
    size_t key_length, expected_length, length; /* of the three texts, without their final 0 */
    char texts[];
};

static const char *key_of(const struct wzp_sim_directory_errand *e)
{
    return e->texts;
}

static const char *expected_of(const struct wzp_sim_directory_errand *e)
{
    return e->texts + e->key_length + 1;
}

static const char *value_of(const struct wzp_sim_directory_errand *e)
{
    return expected_of(e) + e->expected_length + 1;
}

static struct wzp_sim_directory_errand *errand_new(const char *key, const char *expected,
                                                   const char *value, size_t length)
{
    size_t key_length = key ? strlen(key) : 0;
    size_t expected_length = expected ? strlen(expected) : 0;
    struct wzp_sim_directory_errand *e =
        wzp_calloc(1, sizeof *e + key_length + expected_length + length + 3);
    if (!e)
        return NULL;
    e->key_length = key_length;
    e->expected_length = expected_length;
    e->length = value ? length : 0;
    e->has_value = value;
    e->has_expected = expected;
    if (key)
        memcpy(e->texts, key, key_length);
    if (expected)
        memcpy(e->texts + key_length + 1, expected, expected_length);
    if (value && length > 0)
        memcpy(e->texts + key_length + expected_length + 2, value, length);
    return e;
}

/* Behind all that comes no later. */
static void carry(struct wzp_sim_directory *d, struct wzp_sim_directory_errand *e,
                  struct wzp_sim_directory_seat *seat, uint64_t delay)
{
    struct wzp_sim_directory_errand **at = d->last_at ? d->last_at : &d->first;
    e->seat = seat;
    e->relay = seat->relay;
    e->at = wzp_sim_now(d->sim) + delay;
    if (d->last_at && d->latest > e->at)
        at = &d->first; /* the delay has changed */
    while (*at && (*at)->at <= e->at)
        at = &(*at)->next;
    e->next = *at;
    *at = e;
    if (!e->next) {
        d->last_at = &e->next;
        d->latest = e->at;
    }
    wzp_sim_timer_set(&d->timer, d->first->at);
}

/* ---- texts ---- */

static struct text *text_of(struct wzp_sim_directory *d, const char *key)
{
    size_t length = strlen(key);
    struct text *text = wzp_map_get(&d->texts, key, length);
    if (text && text->until <= wzp_sim_now(d->sim)) {
        wzp_free(wzp_map_remove(&d->texts, key, length));
        return NULL;
    }
    return text;
}

const char *wzp_sim_directory_get(struct wzp_sim_directory *d, const char *key)
{
    struct text *text = text_of(d, key);
    return text ? text->value : NULL;
}

static int put(struct wzp_sim_directory *d, const char *key, const char *value, uint64_t until)
{
    size_t key_length = strlen(key);
    struct text *old = text_of(d, key);
    if (!value) {
        wzp_free(wzp_map_remove(&d->texts, key, key_length));
        return 0;
    }
    size_t length = strlen(value);
    struct text *text = wzp_calloc(1, sizeof *text + length + 1);
    if (!text)
        return WZP_E_MEMORY;
    text->until = until;
    memcpy(text->value, value, length);
    int result = wzp_map_put(&d->texts, key, key_length, text);
    wzp_free(result ? text : old);
    if (d->texts.count > d->most_texts)
        d->most_texts = d->texts.count;
    return result;
}

int wzp_sim_directory_put(struct wzp_sim_directory *d, const char *key, const char *text)
{
    if (key)
        return put(d, key, text, WZP_NEVER);
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&d->texts, &cursor)) {
        struct text *one = cursor.value;
        wzp_map_remove(&d->texts, cursor.key, cursor.key_length);
        wzp_free(one);
    }
    return 0;
}

/* ---- what it does ---- */

static void reply(struct wzp_sim_directory *d, const struct wzp_sim_directory_errand *question,
                  int result, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (!question->number)
        return;
    struct wzp_sim_directory_errand *e =
        errand_new(NULL, NULL, value, length < VALUE_MAX ? length : VALUE_MAX);
    if (!e)
        return;
    e->kind = ANSWER;
    e->number = question->number;
    e->result = result;
    carry(d, e, question->seat, d->delay);
}

static void do_put(struct wzp_sim_directory *d, const struct wzp_sim_directory_errand *e)
{
    const struct text *there = text_of(d, key_of(e));
    if (there && !there->value[0])
        there = NULL; /* an empty text is none */
    bool same = there && e->has_expected ? strncmp(there->value, expected_of(e), VALUE_MAX) == 0
                                         : !there && !e->has_expected;
    if (!same) {
        reply(d, e, WZP_E_REFUSED, there ? there->value : NULL);
        return;
    }
    uint64_t until = wzp_time_add(wzp_sim_now(d->sim), e->seconds * WZP_SECOND);
    reply(d, e, put(d, key_of(e), e->has_value ? value_of(e) : NULL, until), NULL);
}

static bool listens(const struct wzp_sim_directory_seat *seat, const char *channel)
{
    char own[64];
    for (unsigned i = 0; seat->relay && wzp_relay_pool_channel(seat->relay, i, own); i++)
        if (strcmp(own, channel) == 0)
            return true;
    return false;
}

static unsigned publish(struct wzp_sim_directory *d, const char *channel, const char *text,
                        size_t length)
{
    unsigned count = 0;
    d->letters++;
    for (size_t i = 0; i < WZP_SIM_DIRECTORY_RELAYS_MAX; i++) {
        struct wzp_sim_directory_seat *seat = &d->seats[i];
        if (!seat->is_up || !listens(seat, channel))
            continue;
        count++;
        struct wzp_sim_directory_errand *e =
            d->lose_every && (d->deliveries + 1) % d->lose_every == 0
                ? NULL
                : errand_new(NULL, NULL, text, length);
        d->deliveries++;
        if (!e)
            continue;
        e->kind = LETTER;
        carry(d, e, seat, d->delay);
    }
    return count;
}

static void do_question(struct wzp_sim_directory *d, const struct wzp_sim_directory_errand *e)
{
    d->operations++;
    switch (e->verb) {
    case WZP_POOL_GET: reply(d, e, 0, wzp_sim_directory_get(d, key_of(e))); break;
    case WZP_POOL_PUT: do_put(d, e); break;
    case WZP_POOL_PUBLISH:
        reply(d, e, publish(d, key_of(e), value_of(e), e->length) > 0 ? 0 : WZP_E_NOT_FOUND, NULL);
        break;
    }
}

static void do_state(struct wzp_sim_directory *d, struct wzp_sim_directory_seat *seat)
{
    uint64_t now = wzp_sim_now(d->sim);
    bool is_up = !d->away;
    if (!seat->relay || seat->is_up == is_up)
        return;
    seat->is_up = is_up;
    wzp_relay_pool_state(seat->relay, is_up, is_up ? NULL : "connection refused", now);
}

static void run(void *context, uint64_t now)
{
    struct wzp_sim_directory *d = context;
    while (d->first && d->first->at <= now) {
        struct wzp_sim_directory_errand *e = d->first;
        struct wzp_sim_directory_seat *seat = e->seat;
        struct wzp_sim_host *host = seat->host;
        d->first = e->next;
        if (!d->first || d->last_at == &e->next)
            d->last_at = NULL;
        bool is_lost = !e->relay || seat->relay != e->relay || (e->kind != STATE && !seat->is_up);
        if (!is_lost) {
            const char *value = e->has_value ? value_of(e) : NULL;
            switch (e->kind) {
            case QUESTION: do_question(d, e); break;
            case ANSWER:
                wzp_relay_pool_answer(e->relay, e->number, e->result, value, e->length, now);
                break;
            case LETTER: wzp_relay_pool_heard(e->relay, value, e->length, now); break;
            case STATE: do_state(d, seat); break;
            }
            if (e->kind != QUESTION && host)
                wzp_sim_kick(d->sim, host);
        }
        wzp_free(e);
    }
    if (d->first)
        wzp_sim_timer_set(&d->timer, d->first->at);
}

bool wzp_sim_directory_ask(void *context, const struct wzp_pool_request *request)
{
    struct wzp_sim_directory_seat *seat = context;
    struct wzp_sim_directory_errand *e =
        seat->is_up ? errand_new(request->key, request->expected, request->value, request->length)
                    : NULL;
    if (!e)
        return false;
    e->kind = QUESTION;
    e->verb = request->verb;
    e->number = request->number;
    e->seconds = request->seconds;
    carry(seat->directory, e, seat, seat->directory->delay);
    return true;
}

void wzp_sim_directory_say(struct wzp_sim_directory *d, const char *channel, const char *text,
                           size_t length)
{
    (void)publish(d, channel, text, length);
}

/* ---- life ---- */

int wzp_sim_directory_init(struct wzp_sim_directory *d, struct wzp_sim *sim, uint64_t delay)
{
    struct wzp_random random = wzp_sim_random(sim);
    memset(d, 0, sizeof *d);
    d->sim = sim;
    d->delay = delay;
    wzp_map_init(&d->texts, WZP_SIM_DIRECTORY_TEXTS_MAX, &random);
    return wzp_sim_timer_init(&d->timer, sim, run, d);
}

void wzp_sim_directory_fini(struct wzp_sim_directory *d)
{
    (void)wzp_sim_directory_put(d, NULL, NULL);
    wzp_map_fini(&d->texts);
    while (d->first) {
        struct wzp_sim_directory_errand *next = d->first->next;
        wzp_free(d->first);
        d->first = next;
    }
    wzp_sim_timer_fini(&d->timer);
}

struct wzp_sim_directory_seat *wzp_sim_directory_seat(struct wzp_sim_directory *d)
{
    for (size_t i = 0; i < WZP_SIM_DIRECTORY_RELAYS_MAX; i++)
        if (!d->seats[i].directory) {
            d->seats[i] = (struct wzp_sim_directory_seat){.directory = d};
            return &d->seats[i];
        }
    return NULL;
}

static void tell_state(struct wzp_sim_directory_seat *seat, uint64_t delay)
{
    struct wzp_sim_directory_errand *e = errand_new(NULL, NULL, NULL, 0);
    if (!e)
        return;
    e->kind = STATE;
    carry(seat->directory, e, seat, delay);
}

void wzp_sim_directory_join(struct wzp_sim_directory_seat *seat, struct wzp_relay *relay,
                            struct wzp_sim_host *host)
{
    seat->relay = relay;
    seat->host = host;
    tell_state(seat, 2 * seat->directory->delay);
}

void wzp_sim_directory_leave(struct wzp_sim_directory_seat *seat)
{
    seat->relay = NULL;
    seat->host = NULL;
    seat->is_up = false;
    seat->directory = NULL;
}

void wzp_sim_directory_set_away(struct wzp_sim_directory *d, bool away)
{
    d->away = away;
    for (size_t i = 0; i < WZP_SIM_DIRECTORY_RELAYS_MAX; i++)
        if (d->seats[i].relay)
            tell_state(&d->seats[i], away ? 0 : 2 * d->delay);
}

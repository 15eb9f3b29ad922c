/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Assignment of rooms to threads, and the letters between threads. */
#include "relay/threads.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "crypto/primitives.h"
#include "relay/dispatch.h"
#include "relay/letter.h"
#include "relay/state.h"

_Static_assert(sizeof(struct wzp_relay_letter) <= WZP_RELAY_LETTER_MAX, "a letter fits");

struct wzp_relay_unsent {
    struct wzp_relay_unsent *next;
    struct wzp_relay_letter letter;
};

/* ---- assignment ---- */

int wzp_relay_threads_init(struct wzp_relay *r, const struct wzp_relay_host *host,
                           const uint8_t seed[WZP_SEED_SIZE], uint64_t now)
{
    struct wzp_relay_threads *t = &r->threads;
    uint8_t prk[32], key[sizeof t->key];
    t->own = host ? host->thread : 0;
    t->count = host && host->threads ? host->threads : 1;
    t->unsent_tail = &t->unsent;
    if (t->count > WZP_RELAY_THREADS_MAX || t->own >= t->count ||
        (t->count > 1 && (!host->post || !host->pass)))
        return WZP_E_ARGUMENT;
    /* The hash is keyed, so that strangers cannot choose names that load one thread. */
    wzp_hkdf_extract(prk, NULL, 0, seed, WZP_SEED_SIZE);
    wzp_hkdf_expand(key, sizeof key, prk, "wzp relay threads");
    memcpy(t->key, key, sizeof key);
    wzp_wipe(prk, sizeof prk);
    if (t->own > 0)
        wzp_relay_timer_arm(&r->timers, &t->timer, WZP_RELAY_TIMER_COUNTS, r, now);
    return 0;
}

/* The call id in the name of a call's room. */
static const char *call_id_of(const char *sni)
{
    return sni + strlen(WZP_CALL_ROOM_PREFIX);
}

unsigned wzp_relay_threads_place(const struct wzp_relay *r, const char *sni)
{
    const char *room = sni[0] ? sni : WZP_ROOM_DEFAULT;
    size_t length = strlen(room);
    enum wzp_purpose purpose = wzp_sni_purpose(sni);
    bool is_call = purpose == WZP_PURPOSE_CALL_ROOM;
    /* With a token service rooms stay on the first thread, where its answers come. */
    if (r->threads.count == 1 || r->config.auth_url[0] ||
        (purpose != WZP_PURPOSE_ROOM && purpose != WZP_PURPOSE_UNKNOWN && !is_call) ||
        (is_call ? wzp_relay_visit_is_held(r, call_id_of(sni))
                 : wzp_map_get(&r->federation.by_name, room, length) != NULL))
        return 0;
    return (unsigned)(wzp_siphash(r->threads.key, room, length) % r->threads.count);
}

bool wzp_relay_threads_pass(const struct wzp_relay *r, const struct wzp_addr *local,
                            const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                            size_t length)
{
    if (r->threads.count == 1)
        return false;
    int thread = wzp_quic_thread_of(data, length);
    if (thread < 0 || (unsigned)thread % r->threads.count == r->threads.own)
        return false;
    r->host.pass(r->host.context, (unsigned)thread % r->threads.count, local, remote, ecn, data,
                 length);
    return true;
}

/* Only the thread that an ID leads to hands packets over. Otherwise two threads could each believe
 * that the other serves an ID, and pass its packets to and fro: a client can begin twice with one
 * ID, and name another room the second time. */
void wzp_relay_threads_give(const struct wzp_relay *r, unsigned thread,
                            const struct wzp_addr *local, const struct wzp_addr *remote,
                            uint8_t ecn, const uint8_t *data, size_t length)
{
    int first = wzp_quic_thread_of(data, length);
    if (first >= 0 && (unsigned)first % r->threads.count == r->threads.own)
        r->host.pass(r->host.context, thread, local, remote, ecn, data, length);
}

/* ---- letters ---- */

bool wzp_relay_letter_post(struct wzp_relay *r, unsigned thread,
                           const struct wzp_relay_letter *letter)
{
    return r->host.post(r->host.context, thread, letter, sizeof *letter);
}

static void send_unsent(struct wzp_relay *r)
{
    struct wzp_relay_threads *t = &r->threads;
    while (t->unsent && wzp_relay_letter_post(r, 0, &t->unsent->letter)) {
        struct wzp_relay_unsent *next = t->unsent->next;
        wzp_free(t->unsent);
        t->unsent = next;
        t->unsent_count--;
    }
    if (!t->unsent)
        t->unsent_tail = &t->unsent;
}

/* Sends a letter to the first thread; it is kept until the queue takes it. */
static void post_surely(struct wzp_relay *r, const struct wzp_relay_letter *letter)
{
    struct wzp_relay_threads *t = &r->threads;
    send_unsent(r);
    if ((!t->unsent && wzp_relay_letter_post(r, 0, letter)) ||
        t->unsent_count == WZP_RELAY_UNSENT_MAX)
        return;
    struct wzp_relay_unsent *u = wzp_calloc(1, sizeof *u);
    if (!u)
        return;
    u->letter = *letter;
    *t->unsent_tail = u;
    t->unsent_tail = &u->next;
    t->unsent_count++;
}

void wzp_relay_threads_fini(struct wzp_relay *r)
{
    wzp_free(r->threads.listed.text);
    while (r->threads.unsent) {
        struct wzp_relay_unsent *next = r->threads.unsent->next;
        wzp_free(r->threads.unsent);
        r->threads.unsent = next;
    }
}

/* ---- other threads: joining and leaving ---- */

bool wzp_relay_threads_ask(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_ASK};
    if (r->threads.own == 0)
        return false;
    letter.u.ask.handle = client->request = ++r->next_request;
    letter.u.ask.bound = client->bound;
    (void)wzp_text_copy(letter.u.ask.name, sizeof letter.u.ask.name, client->name.text);
    if (client->purpose == WZP_PURPOSE_CALL_ROOM)
        (void)wzp_text_copy(letter.u.ask.call, sizeof letter.u.ask.call, call_id_of(client->sni));
    client->stage = WZP_RELAY_STAGE_PLACING;
    client->next_asking = r->threads.asking;
    r->threads.asking = client;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_PLACE, client, now);
    if (r->threads.unsent || !wzp_relay_letter_post(r, 0, &letter))
        wzp_relay_threads_late(r, client, now);
    return true;
}

void wzp_relay_threads_forget(struct wzp_relay *r, struct wzp_relay_client *client)
{
    struct wzp_relay_client **at = &r->threads.asking;
    while (*at && *at != client)
        at = &(*at)->next_asking;
    if (*at)
        *at = client->next_asking;
}

void wzp_relay_threads_late(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    wzp_relay_threads_forget(r, client);
    r->total.joins_refused++;
    wzp_relay_client_close(r, client, "relay is busy", now);
}

static void tell_left(struct wzp_relay *r, const char *name, uint64_t visit)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_LEFT, .u.left.visit = visit};
    (void)wzp_text_copy(letter.u.left.name, sizeof letter.u.left.name, name);
    post_surely(r, &letter);
}

void wzp_relay_threads_left(struct wzp_relay *r, const struct wzp_relay_client *client)
{
    if (r->threads.own > 0)
        tell_left(r, client->name.text, client->visit);
}

static void take_answer(struct wzp_relay *r, const struct wzp_relay_letter *letter, uint64_t now)
{
    struct wzp_relay_client *client = r->threads.asking;
    while (client && client->request != letter->u.answer.handle)
        client = client->next_asking;
    if (!client) {
        if (letter->u.answer.allowed)
            tell_left(r, letter->u.answer.name, letter->u.answer.visit);
        return;
    }
    wzp_relay_threads_forget(r, client);
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    client->visit = letter->u.answer.visit;
    wzp_relay_enter(r, client, letter->u.answer.allowed ? NULL : letter->u.answer.reason, now);
    if (letter->u.answer.allowed && !client->member.room)
        wzp_relay_threads_left(r, client);
}

/* Adds or subtracts counters one by one; both structs contain nothing else. */
static void add_counters(void *a, const void *b, size_t size, bool off)
{
    uint64_t *to = a;
    const uint64_t *by = b;
    for (size_t i = 0; i < size / sizeof *to; i++)
        to[i] += off ? -by[i] : by[i];
}
_Static_assert(sizeof(struct wzp_relay_totals) % sizeof(uint64_t) == 0, "counters only");
_Static_assert(sizeof(struct wzp_quic_counters) % sizeof(uint64_t) == 0, "counters only");

void wzp_relay_threads_tell(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_threads *t = &r->threads;
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_COUNTS};
    struct wzp_relay_letter_counts *c = &letter.u.counts;
    struct wzp_relay_totals total = r->total;
    struct wzp_quic_counters quic;
    wzp_quic_endpoint_counters(r->endpoint, &quic);
    wzp_relay_timer_arm(&r->timers, &t->timer, WZP_RELAY_TIMER_COUNTS, r, now);
    send_unsent(r);
    wzp_relay_visits_tell(r);
    c->total = total;
    add_counters(&c->total, &t->told, sizeof c->total, true);
    c->quic = quic;
    add_counters(&c->quic, &t->told_quic, sizeof c->quic, true);
    c->rooms = r->rooms.count;
    c->connections = r->client_count;
    wzp_relay_metrics_reported(&c->reported, r);
    if (!wzp_relay_letter_post(r, 0, &letter))
        return;
    t->told = total;
    t->told_quic = quic;
}

/* ---- the first thread ---- */

static void visitor_leaves(struct wzp_relay *r, const char *text, uint64_t visit)
{
    struct wzp_relay_client visitor = {.purpose = WZP_PURPOSE_ROOM};
    wzp_relay_visit_end(r, visit);
    if (wzp_relay_name_set(&visitor.name, text) < 0 || r->threads.visitors == 0)
        return;
    visitor.entry = wzp_map_get(&r->presence.entries, visitor.name.key, visitor.name.key_length);
    if (!visitor.entry || visitor.entry->members == 0)
        return;
    wzp_relay_presence_leave(&r->presence, &visitor);
    r->threads.visitors--;
}

static const char *let_in(uint64_t *visit, struct wzp_relay *r, unsigned from,
                          const struct wzp_relay_letter_ask *ask)
{
    struct wzp_relay_client visitor = {.purpose = WZP_PURPOSE_ROOM, .bound = ask->bound};
    const char *reason = NULL;
    bool is_call = ask->call[0] != 0;
    if (wzp_relay_name_set(&visitor.name, ask->name) < 0)
        return "the fingerprint is not usable";
    if (!is_call && wzp_relay_is_somebody_else(r, &visitor))
        return "this registration wants a bound CallOffer";
    size_t leaving = is_call && wzp_relay_visit_is_again(r, &visitor, ask->call);
    if (r->members + r->threads.visitors - leaving >= wzp_relay_places(r, is_call))
        return wzp_relay_place_refusal(WZP_E_LIMIT);
    if (is_call)
        reason = wzp_relay_visit_begin(visit, r, from, &visitor, ask->call);
    if (reason)
        return reason;
    int result = wzp_relay_presence_enter(&r->presence, &visitor);
    if (result < 0) {
        wzp_relay_visit_end(r, *visit);
        return wzp_relay_place_refusal(result);
    }
    r->threads.visitors++;
    return NULL;
}

static void take_ask(struct wzp_relay *r, unsigned from, const struct wzp_relay_letter *letter)
{
    struct wzp_relay_letter answer = {.kind = WZP_RELAY_LETTER_ANSWER,
                                      .u.answer.handle = letter->u.ask.handle};
    uint64_t visit = 0;
    const char *reason = let_in(&visit, r, from, &letter->u.ask);
    answer.u.answer.allowed = !reason;
    answer.u.answer.visit = visit;
    (void)wzp_text_copy(answer.u.answer.name, sizeof answer.u.answer.name, letter->u.ask.name);
    (void)wzp_text_copy(answer.u.answer.reason, sizeof answer.u.answer.reason,
                        reason ? reason : "");
    if (!wzp_relay_letter_post(r, from, &answer) && !reason)
        visitor_leaves(r, letter->u.ask.name, visit);
}

static void take_counts(struct wzp_relay *r, unsigned from, const struct wzp_relay_letter_counts *c)
{
    add_counters(&r->total, &c->total, sizeof r->total, false);
    add_counters(&r->threads.quic, &c->quic, sizeof c->quic, false);
    r->threads.told_of[from].rooms = c->rooms;
    r->threads.told_of[from].connections = c->connections;
    r->threads.told_of[from].reported = c->reported;
}

size_t wzp_relay_threads_connections(const struct wzp_relay *r)
{
    size_t all = r->client_count;
    for (unsigned i = 1; i < r->threads.count; i++)
        all += r->threads.told_of[i].connections;
    return all;
}

bool wzp_relay_letter_post_all(struct wzp_relay *r, const struct wzp_relay_letter *letter)
{
    bool well = true;
    for (unsigned i = 1; r->threads.own == 0 && i < r->threads.count; i++)
        well = wzp_relay_letter_post(r, i, letter) && well;
    return well;
}

static void take_order(struct wzp_relay *r, const struct wzp_relay_letter_order *order,
                       uint64_t now)
{
    size_t ended;
    (void)wzp_relay_order_here(r, (enum wzp_relay_order)order->order, order->text, &ended, now,
                               NULL);
}

bool wzp_relay_threads_order(struct wzp_relay *r, int order, const char *text)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_ORDER, .u.order.order = order};
    bool fits = wzp_text_copy(letter.u.order.text, sizeof letter.u.order.text, text);
    return wzp_relay_letter_post_all(r, &letter) && fits;
}

static void take_access(struct wzp_relay *r, const struct wzp_relay_letter_access *access,
                        uint64_t now)
{
    size_t ended;
    (void)wzp_relay_access_order_here(r, (enum wzp_relay_access_order)access->order, access->room,
                                      access->argument, &ended, now, NULL);
}

bool wzp_relay_threads_access(struct wzp_relay *r, int order, const char *room,
                              const char *argument)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_ACCESS, .u.access.order = order};
    bool fits = wzp_text_copy(letter.u.access.room, sizeof letter.u.access.room, room) &&
                wzp_text_copy(letter.u.access.argument, sizeof letter.u.access.argument, argument);
    return wzp_relay_letter_post_all(r, &letter) && fits;
}

/* ---- listings ---- */

/* Writes one step of our rooms' listing, as text for the first thread. */
static void take_list(struct wzp_relay *r, const struct wzp_relay_letter_list *list, uint64_t now)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_LISTED,
                                      .u.listed.number = list->number};
    struct wzp_relay_letter_listed *listed = &letter.u.listed;
    struct wzp_buffer text;
    wzp_buffer_init(&text, WZP_RELAY_LISTING_STEP_MAX);
    if (list->begins)
        wzp_relay_listing_begin(&r->threads.listing, r, WZP_RELAY_LISTING_ROOMS);
    listed->more = r->threads.listing.r && wzp_relay_listing_step(&r->threads.listing, &text, now);
    (void)wzp_buffer_take(&text, &listed->text, &listed->length);
    if (!wzp_relay_letter_post(r, 0, &letter))
        wzp_free(listed->text); /* the first thread gives up after a second, and says so */
}

static void take_listed(struct wzp_relay *r, const struct wzp_relay_letter_listed *listed)
{
    if (listed->number != r->threads.listed.number || r->threads.listed.is_here) {
        wzp_free(listed->text); /* of a request that was given up */
        return;
    }
    r->threads.listed.is_here = true;
    r->threads.listed.more = listed->more;
    r->threads.listed.text = listed->text;
    r->threads.listed.length = listed->length;
}

static void listed_drop(struct wzp_relay *r)
{
    wzp_free(r->threads.listed.text);
    memset(&r->threads.listed, 0, sizeof r->threads.listed);
}

static void ask_list(struct wzp_relay *r, struct wzp_relay_listing_walk *walk, bool begins,
                     uint64_t now)
{
    struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_LIST, .u.list.begins = begins};
    listed_drop(r); /* of another listing, which then times out */
    r->threads.listed.number = letter.u.list.number = walk->number = ++r->next_request;
    walk->asked_at = now;
    (void)wzp_relay_letter_post(r, walk->thread, &letter);
}

bool wzp_relay_threads_rooms(struct wzp_relay *r, struct wzp_relay_listing_walk *walk,
                             struct wzp_buffer *out, uint64_t now)
{
    bool is_ours = walk->number && walk->number == r->threads.listed.number;
    bool is_late = walk->number && wzp_time_since(now, walk->asked_at) >= WZP_RELAY_LISTED_TIME;
    if (r->threads.own != 0)
        return false;
    if (walk->number && !is_late && !(is_ours && r->threads.listed.is_here))
        return true;
    bool more = is_ours && r->threads.listed.is_here && r->threads.listed.more;
    if (is_ours && r->threads.listed.text)
        wzp_buffer_add(out, r->threads.listed.text, r->threads.listed.length);
    if (is_ours)
        listed_drop(r);
    if (is_late)
        wzp_buffer_format(out, "{\"kind\":\"more\",\"of\":\"room\",\"count\":%zu}\n",
                          r->threads.told_of[walk->thread].rooms);
    if (!more && ++walk->thread >= r->threads.count)
        return false;
    ask_list(r, walk, !more, now);
    return true;
}

void wzp_relay_take_letter(struct wzp_relay *r, unsigned from, const void *data, size_t length,
                           uint64_t now)
{
    struct wzp_relay_letter letter;
    if (length != sizeof letter || from >= r->threads.count)
        return;
    memcpy(&letter, data, sizeof letter);
    switch (letter.kind) {
    case WZP_RELAY_LETTER_ASK: take_ask(r, from, &letter); break;
    case WZP_RELAY_LETTER_ANSWER: take_answer(r, &letter, now); break;
    case WZP_RELAY_LETTER_LEFT: visitor_leaves(r, letter.u.left.name, letter.u.left.visit); break;
    case WZP_RELAY_LETTER_COUNTS: take_counts(r, from, &letter.u.counts); break;
    case WZP_RELAY_LETTER_DRAIN: wzp_relay_drain(r, now); break;
    case WZP_RELAY_LETTER_DRAINED: r->threads.drained_count++; break;
    case WZP_RELAY_LETTER_ORDER: take_order(r, &letter.u.order, now); break;
    case WZP_RELAY_LETTER_ACCESS: take_access(r, &letter.u.access, now); break;
    case WZP_RELAY_LETTER_LIST: take_list(r, &letter.u.list, now); break;
    case WZP_RELAY_LETTER_LISTED: take_listed(r, &letter.u.listed); break;
    case WZP_RELAY_LETTER_HEARD: wzp_relay_visits_take_heard(r, &letter.u.heard); break;
    case WZP_RELAY_LETTER_MARK: wzp_relay_visits_take_mark(r, &letter.u.mark, now); break;
    case WZP_RELAY_LETTER_HOLD: wzp_relay_visits_take_hold(r, &letter.u.hold); break;
    }
}

/* ---- the end ---- */

void wzp_relay_threads_drain(struct wzp_relay *r)
{
    const struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_DRAIN};
    (void)wzp_relay_letter_post_all(r,
                                    &letter); /* any thread that misses it ends with the process */
}

void wzp_relay_threads_parted(struct wzp_relay *r)
{
    const struct wzp_relay_letter letter = {.kind = WZP_RELAY_LETTER_DRAINED};
    if (r->threads.own > 0 && !r->threads.drained)
        r->threads.drained = wzp_relay_letter_post(r, 0, &letter);
}

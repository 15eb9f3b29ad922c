/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/lifetime.h"

#include <string.h>

#define SENDS 3
#define ANSWER_TIME (1 * WZP_SECOND) /* from the first question */
/* Linux takes a flow for a stream after 2 s of traffic. */
#define WARM_TIME (2200 * WZP_MILLISECOND)
#define RESOLUTION_MIN (2 * WZP_SECOND)
#define RESOLUTION_PART 32 /* the resolution is this fraction of the upper bound */

/* After the state was entered, ns. */
static const uint64_t schedule[SENDS] = {
    0,
    150 * WZP_MILLISECOND,
    400 * WZP_MILLISECOND,
};

static void enter(struct wzp_lifetime *l, enum wzp_lifetime_state state, uint64_t now)
{
    l->state = state;
    l->state_since = now;
    l->sends = 0;
    wzp_stun_id(l->id, &l->random);
}

void wzp_lifetime_start(struct wzp_lifetime *l, const struct wzp_random *random,
                        const struct wzp_addr *servers, size_t count, uint64_t limit, uint64_t now)
{
    const uint64_t least = WZP_LIFETIME_LIMIT_MIN * WZP_SECOND;
    const uint64_t most = WZP_LIFETIME_LIMIT_MAX * WZP_SECOND;
    memset(l, 0, sizeof *l);
    l->random = *random;
    l->server_count = count < WZP_LIFETIME_SERVERS_MAX ? count : WZP_LIFETIME_SERVERS_MAX;
    memcpy(l->servers, servers, l->server_count * sizeof *servers);
    l->limit = limit < least ? least : limit > most ? most : limit;
    l->wait = l->limit;
    l->high = WZP_NEVER;
    enter(l, l->server_count > 0 ? WZP_LIFETIME_OPENING : WZP_LIFETIME_OVER, now);
}

/* The socket that sends in this state, -1 for none. */
static int speaker(const struct wzp_lifetime *l)
{
    switch (l->state) {
    case WZP_LIFETIME_OPENING:
    case WZP_LIFETIME_RENEWING: return 1;
    case WZP_LIFETIME_TRYING:
    case WZP_LIFETIME_ASKING: return 0;
    default: return -1;
    }
}

int wzp_lifetime_next_packet(struct wzp_lifetime *l, struct wzp_packet *out, unsigned socket,
                             uint64_t now)
{
    uint8_t id[WZP_STUN_ID_SIZE];
    if (speaker(l) != (int)socket || l->sends == SENDS ||
        now < wzp_time_add(l->state_since, schedule[l->sends]))
        return 0;
    memcpy(id, l->id, sizeof id);
    id[WZP_STUN_ID_SIZE - 1] ^= (uint8_t)l->sends++;
    memset(&out->local, 0, sizeof out->local);
    out->remote = l->servers[l->server];
    out->length = out->segment =
        wzp_stun_write_wish(out->data, id, 0, socket == 0 ? wzp_addr_port(&l->mapped) : 0);
    out->ecn = 0;
    return 1;
}

/* This server does not support the test: takes the next one, unless there is a result already. */
static void give_up(struct wzp_lifetime *l, uint64_t now)
{
    bool found = l->low > 0 || l->high != WZP_NEVER;
    l->server++;
    enter(l, found || l->server == l->server_count ? WZP_LIFETIME_OVER : WZP_LIFETIME_OPENING, now);
}

static uint64_t resolution(const struct wzp_lifetime *l)
{
    uint64_t part = (l->high == WZP_NEVER ? l->limit : l->high) / RESOLUTION_PART;
    return part < RESOLUTION_MIN ? RESOLUTION_MIN : part;
}

unsigned wzp_lifetime_steps_left(const struct wzp_lifetime *l)
{
    unsigned steps = 0;
    if (!wzp_lifetime_running(l))
        return l->state == WZP_LIFETIME_OFF;
    for (uint64_t open = (l->high == WZP_NEVER ? l->limit : l->high) - l->low; open > resolution(l);
         open -= open / 2)
        steps++;
    return steps + (l->high == WZP_NEVER);
}

/* One step of the binary search, or its end. */
static void judge(struct wzp_lifetime *l, bool alive, uint64_t now)
{
    l->steps++;
    if (alive)
        l->low = l->wait;
    else
        l->high = l->wait;
    l->known = l->low == l->limit || l->high - l->low <= resolution(l);
    l->wait = l->low + (l->high - l->low) / 2;
    enter(l, l->known ? WZP_LIFETIME_OVER : WZP_LIFETIME_OPENING, now);
}

static void advance(struct wzp_lifetime *l, uint64_t now)
{
    switch (l->state) {
    case WZP_LIFETIME_OPENING: enter(l, WZP_LIFETIME_TRYING, now); break;
    case WZP_LIFETIME_TRYING: enter(l, WZP_LIFETIME_WARMING, now); break;
    case WZP_LIFETIME_RENEWING:
        l->seen_at = now;
        enter(l, WZP_LIFETIME_WAITING, now);
        break;
    case WZP_LIFETIME_ASKING: judge(l, true, now); break;
    default: break;
    }
}

/* True when the datagram carries the transaction id of a question sent in this state. */
static bool is_answer(const struct wzp_lifetime *l, const uint8_t *data, size_t length)
{
    if (speaker(l) < 0 || length < WZP_STUN_HEADER_SIZE ||
        memcmp(data + 8, l->id, WZP_STUN_ID_SIZE - 1) != 0)
        return false;
    return (unsigned)(data[8 + WZP_STUN_ID_SIZE - 1] ^ l->id[WZP_STUN_ID_SIZE - 1]) < l->sends;
}

bool wzp_lifetime_receive(struct wzp_lifetime *l, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_stun_answer answer;
    if (!is_answer(l, data, length))
        return false;
    bool from_server = wzp_addr_equal(remote, &l->servers[l->server]);
    enum wzp_stun_error error = wzp_stun_parse(&answer, data, length, data + 8);
    if (!from_server || error == WZP_STUN_MALFORMED) {
        l->ignored++;
    } else if (error != WZP_STUN_OK || socket != 1) {
        if (speaker(l) == 0)
            give_up(l, now); /* it refuses, or ignored RESPONSE-PORT */
    } else {
        if (speaker(l) == 1)
            l->mapped = answer.mapped;
        advance(l, now);
    }
    return true;
}

static uint64_t state_ends(const struct wzp_lifetime *l)
{
    if (!wzp_lifetime_running(l))
        return WZP_NEVER;
    if (l->state == WZP_LIFETIME_WARMING)
        return wzp_time_add(l->state_since, WARM_TIME);
    if (l->state == WZP_LIFETIME_WAITING)
        return wzp_time_add(l->seen_at, l->wait);
    return wzp_time_add(l->state_since, ANSWER_TIME);
}

uint64_t wzp_lifetime_expiry(const struct wzp_lifetime *l)
{
    uint64_t soonest = state_ends(l);
    if (speaker(l) >= 0 && l->sends < SENDS)
        soonest = wzp_time_min(soonest, wzp_time_add(l->state_since, schedule[l->sends]));
    return soonest;
}

void wzp_lifetime_handle_expiry(struct wzp_lifetime *l, uint64_t now)
{
    if (now < state_ends(l))
        return;
    switch (l->state) {
    case WZP_LIFETIME_WARMING: enter(l, WZP_LIFETIME_RENEWING, now); break;
    case WZP_LIFETIME_WAITING: enter(l, WZP_LIFETIME_ASKING, now); break;
    case WZP_LIFETIME_ASKING: judge(l, false, now); break;
    default: give_up(l, now); break;
    }
}

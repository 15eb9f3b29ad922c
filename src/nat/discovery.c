/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/discovery.h"

#include <string.h>

#include "nat/scope.h"

#define WAIT_LEAST (250 * WZP_MILLISECOND) /* after the last question */
#define WAIT_MOST (900 * WZP_MILLISECOND)

/* After the start, ns. */
static const uint64_t schedule[WZP_DISCOVERY_SENDS] = {
    0,
    100 * WZP_MILLISECOND,
    300 * WZP_MILLISECOND,
};

/* Where each question goes, and where its answer must come from: B instead of A, q instead of p. */
static const struct {
    unsigned socket;
    bool to_b, to_q, from_b, from_q;
    unsigned change;
} plans[WZP_DISCOVERY_QUESTIONS] = {
    [WZP_DISCOVERY_MAP_BP] = {0, true, false, true, false, 0},
    [WZP_DISCOVERY_MAP_BQ] = {0, true, true, true, true, 0},
    [WZP_DISCOVERY_MAP_AQ] = {0, false, true, false, true, 0},
    [WZP_DISCOVERY_CONTROL] = {1, false, false, false, false, 0},
    [WZP_DISCOVERY_FROM_AQ] = {1, false, false, false, true, WZP_STUN_CHANGE_PORT},
    [WZP_DISCOVERY_FROM_BQ] = {1, false, false, true, true,
                               WZP_STUN_CHANGE_IP | WZP_STUN_CHANGE_PORT},
};

static struct wzp_addr place(const struct wzp_discovery *d, bool b, bool q)
{
    struct wzp_addr addr = b ? d->other : d->server;
    wzp_addr_set_port(&addr, wzp_addr_port(q ? &d->other : &d->server));
    return addr;
}

/* Whether the other address may be asked. It must be in the same scope as the server's own, so that
 * a server cannot make us send to any address. */
static bool acceptable(const struct wzp_addr *server, const struct wzp_addr *other)
{
    enum wzp_scope scope = wzp_scope_of(other);
    bool host = scope != WZP_SCOPE_NONE && scope != WZP_SCOPE_UNSPECIFIED &&
                scope != WZP_SCOPE_MULTICAST && scope != WZP_SCOPE_BROADCAST &&
                scope != WZP_SCOPE_RESERVED;
    bool same_kind = scope == wzp_scope_of(server) ||
                     (wzp_scope_is_global(server) && wzp_scope_is_global(other));
    return host && same_kind && wzp_addr_is_v6(server) == wzp_addr_is_v6(other) &&
           !wzp_addr_equal_ip(server, other) && wzp_addr_port(other) != 0 &&
           wzp_addr_port(server) != wzp_addr_port(other);
}

bool wzp_discovery_start(struct wzp_discovery *d, const struct wzp_random *random,
                         const struct wzp_addr *server, const struct wzp_addr *other,
                         bool has_second, uint64_t rtt, uint64_t now)
{
    if (d->state != WZP_DISCOVERY_OFF || !acceptable(server, other))
        return false;
    memset(d, 0, sizeof *d);
    d->state = WZP_DISCOVERY_RUNNING;
    d->server = *server;
    d->other = *other;
    d->has_second = has_second;
    uint64_t wait = 2 * rtt;
    wait = wait < WAIT_LEAST ? WAIT_LEAST : wait > WAIT_MOST ? WAIT_MOST : wait;
    d->began = now;
    d->deadline = wzp_time_add(now, schedule[WZP_DISCOVERY_SENDS - 1] + wait);
    for (size_t i = 0; i < WZP_DISCOVERY_QUESTIONS; i++)
        wzp_stun_id(d->probes[i].id, random);
    return true;
}

/* The control question is always sent as often as allowed: its answers show whether packets are
 * lost. */
static bool wants(const struct wzp_discovery *d, size_t question)
{
    const struct wzp_discovery_probe *probe = &d->probes[question];
    return (plans[question].socket == 0 || d->has_second) && probe->sends < WZP_DISCOVERY_SENDS &&
           (question == WZP_DISCOVERY_CONTROL || wzp_addr_is_none(&probe->mapped));
}

static uint64_t due(const struct wzp_discovery *d, size_t question)
{
    return wants(d, question) ? wzp_time_add(d->began, schedule[d->probes[question].sends])
                              : WZP_NEVER;
}

int wzp_discovery_next_packet(struct wzp_discovery *d, struct wzp_packet *out, unsigned socket,
                              uint64_t now)
{
    for (size_t i = 0; d->state == WZP_DISCOVERY_RUNNING && i < WZP_DISCOVERY_QUESTIONS; i++) {
        uint8_t id[WZP_STUN_ID_SIZE];
        if (plans[i].socket != socket || due(d, i) > now)
            continue;
        memcpy(id, d->probes[i].id, sizeof id);
        id[WZP_STUN_ID_SIZE - 1] ^= (uint8_t)d->probes[i].sends++;
        memset(&out->local, 0, sizeof out->local);
        out->remote = place(d, plans[i].to_b, plans[i].to_q);
        out->length = out->segment = wzp_stun_write_wish(out->data, id, plans[i].change, 0);
        out->ecn = 0;
        return 1;
    }
    return 0;
}

static bool all_answered(const struct wzp_discovery *d)
{
    for (size_t i = 0; i < WZP_DISCOVERY_QUESTIONS; i++)
        if (wants(d, i) ||
            (wzp_addr_is_none(&d->probes[i].mapped) && (plans[i].socket == 0 || d->has_second)))
            return false;
    return true;
}

/* The question whose transaction id the datagram carries. */
static size_t question_of(const struct wzp_discovery *d, const uint8_t *data)
{
    size_t i = 0;
    for (; i < WZP_DISCOVERY_QUESTIONS; i++) {
        const uint8_t *id = d->probes[i].id;
        unsigned number = data[8 + WZP_STUN_ID_SIZE - 1] ^ id[WZP_STUN_ID_SIZE - 1];
        if (memcmp(data + 8, id, WZP_STUN_ID_SIZE - 1) == 0 && number < d->probes[i].sends)
            break;
    }
    return i;
}

bool wzp_discovery_receive(struct wzp_discovery *d, const struct wzp_addr *remote,
                           const uint8_t *data, size_t length, uint64_t now)
{
    if (d->state == WZP_DISCOVERY_OFF || length < WZP_STUN_HEADER_SIZE)
        return false;
    size_t i = question_of(d, data);
    if (i == WZP_DISCOVERY_QUESTIONS)
        return false;
    struct wzp_stun_answer answer;
    struct wzp_discovery_probe *probe = &d->probes[i];
    struct wzp_addr expected = place(d, plans[i].from_b, plans[i].from_q);
    enum wzp_stun_error error = wzp_stun_parse(&answer, data, length, data + 8);
    if (d->state == WZP_DISCOVERY_OVER || error == WZP_STUN_MALFORMED) {
        d->ignored++;
    } else if (wzp_addr_equal(remote, &expected) && error == WZP_STUN_OK) {
        probe->mapped = answer.mapped;
        probe->answers++;
    } else if (plans[i].change && wzp_addr_equal(remote, &d->server)) {
        d->unwilling = true; /* an error, or the CHANGE-REQUEST was ignored */
    } else {
        d->ignored++;
    }
    wzp_discovery_handle_expiry(d, now);
    return true;
}

uint64_t wzp_discovery_expiry(const struct wzp_discovery *d)
{
    uint64_t soonest = d->deadline;
    if (d->state != WZP_DISCOVERY_RUNNING)
        return WZP_NEVER;
    for (size_t i = 0; i < WZP_DISCOVERY_QUESTIONS; i++)
        soonest = wzp_time_min(soonest, due(d, i));
    return soonest;
}

void wzp_discovery_handle_expiry(struct wzp_discovery *d, uint64_t now)
{
    if (d->state == WZP_DISCOVERY_RUNNING && (now >= d->deadline || all_answered(d)))
        d->state = WZP_DISCOVERY_OVER;
}

size_t wzp_discovery_observations(const struct wzp_discovery *d, struct wzp_nat_observation *out)
{
    size_t count = 0;
    for (size_t i = 0; i <= WZP_DISCOVERY_MAP_AQ; i++)
        if (!wzp_addr_is_none(&d->probes[i].mapped))
            out[count++] =
                (struct wzp_nat_observation){.destination = place(d, plans[i].to_b, plans[i].to_q),
                                             .mapped = d->probes[i].mapped};
    return count;
}

static bool answered(const struct wzp_discovery *d, enum wzp_discovery_question question)
{
    return !wzp_addr_is_none(&d->probes[question].mapped);
}

enum wzp_nat_filtering wzp_discovery_filtering(const struct wzp_discovery *d)
{
    const struct wzp_discovery_probe *control = &d->probes[WZP_DISCOVERY_CONTROL];
    if (d->state == WZP_DISCOVERY_OFF || !answered(d, WZP_DISCOVERY_CONTROL))
        return WZP_NAT_FILTERING_UNKNOWN;
    if (answered(d, WZP_DISCOVERY_FROM_BQ))
        return WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT;
    if (d->unwilling || control->answers < WZP_DISCOVERY_SENDS ||
        !answered(d, WZP_DISCOVERY_MAP_BQ))
        return WZP_NAT_FILTERING_UNKNOWN;
    if (answered(d, WZP_DISCOVERY_FROM_AQ))
        return WZP_NAT_FILTERING_ADDRESS_DEPENDENT;
    return answered(d, WZP_DISCOVERY_MAP_AQ) ? WZP_NAT_FILTERING_PORT_DEPENDENT
                                             : WZP_NAT_FILTERING_UNKNOWN;
}

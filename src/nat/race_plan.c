/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/race_plan.h"

#include <string.h>

#include "nat/scope.h"

/* After the target's `from`, ns (wzp-protocol(7), Punches, Race). */
static const uint64_t punch_schedule[WZP_RACE_PUNCHES] = {
    0,
    50 * WZP_MILLISECOND,
    150 * WZP_MILLISECOND,
    350 * WZP_MILLISECOND,
    750 * WZP_MILLISECOND,
    1500 * WZP_MILLISECOND,
};
#define HEADERS 28 /* of IPv4 and UDP */
/* An answered punch shows that the NAT is open; an Initial sent before may have been lost while it
 * was closed. */
#define REDIAL_MARGIN (20 * WZP_MILLISECOND)
#define REDIAL_WAIT (100 * WZP_MILLISECOND)
#define REDIAL_WAIT_MAX (500 * WZP_MILLISECOND)

static bool usable(const struct wzp_race *r, const struct wzp_addr *addr)
{
    return wzp_addr_is_v6(addr) ? r->config.has_v6 : r->config.has_v4;
}

bool wzp_race_has_usable(const struct wzp_race *r)
{
    for (size_t i = 0; i < r->target_count; i++)
        if (!r->targets[i].gone && usable(r, &r->targets[i].candidate.addr))
            return true;
    return false;
}

struct wzp_race_target *wzp_race_target_find(struct wzp_race *r, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < r->target_count; i++)
        if (wzp_addr_equal(&r->targets[i].candidate.addr, addr))
            return &r->targets[i];
    return NULL;
}

/* True when an attempt to this address is beyond its handshake. */
static bool has_connected(const struct wzp_race *r, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < r->attempt_count; i++) {
        const struct wzp_race_attempt *a = &r->attempts[i];
        if ((a->state == WZP_RACE_CONNECTED || a->state == WZP_RACE_PROVED) &&
            wzp_addr_equal(&a->remote, addr))
            return true;
    }
    return false;
}

/* A free entry, or that of a target that is gone. */
static struct wzp_race_target *place(struct wzp_race *r)
{
    if (r->target_count < WZP_CANDIDATES_MAX)
        return &r->targets[r->target_count++];
    for (size_t i = 0; i < r->target_count; i++)
        if (r->targets[i].gone && !r->targets[i].open)
            return &r->targets[i];
    return NULL;
}

struct wzp_race_target *wzp_race_target_add(struct wzp_race *r, enum wzp_candidate_kind kind,
                                            const struct wzp_addr *addr, uint64_t from)
{
    /* Updates with ever new addresses must not make us send to ever more hosts. */
    if (!usable(r, addr) || r->targets_ever == WZP_RACE_TARGETS_EVER)
        return NULL;
    struct wzp_race_target *target = place(r);
    if (!target)
        return NULL;
    r->targets_ever++;
    memset(target, 0, sizeof *target);
    target->candidate.kind = kind;
    target->candidate.addr = *addr;
    target->from = from;
    target->dial_at = target->dialled_at = WZP_NEVER;
    return target;
}

/* True when the address certainly is the peer's. */
static bool is_known(const struct wzp_race *r, const struct wzp_race_target *t)
{
    return t->open || wzp_addr_equal_ip(&t->candidate.addr, &r->config.peer_seen);
}

/* The index of an address in the memory, WZP_RACE_PROBED when there is no room. */
static size_t recall(struct wzp_race_memory *m, const struct wzp_addr *addr)
{
    size_t at = 0;
    while (at < m->count && !wzp_addr_equal(&m->probed[at].addr, addr))
        at++;
    if (at == m->count && at < WZP_RACE_PROBED) {
        memset(&m->probed[at], 0, sizeof m->probed[at]);
        m->probed[at].addr = *addr;
        m->count++;
    }
    return at;
}

/* Charges packets of so many bytes to an address that has not answered (and to the toll). False:
 * its limit, or this phone's, is used up. */
static bool spend(struct wzp_race *r, const struct wzp_race_target *t, unsigned packets,
                  size_t bytes, uint64_t now)
{
    struct wzp_race_memory *m = &r->memory;
    if (is_known(r, t))
        return true;
    size_t at = recall(m, &t->candidate.addr);
    if (at == WZP_RACE_PROBED)
        return false;
    if (m->probed[at].answered)
        return true;
    if (m->probed[at].packets + packets > WZP_RACE_PROBES)
        return false;
    if (r->config.toll && !wzp_addr_is_loopback(&t->candidate.addr) &&
        !wzp_toll_take(r->config.toll, &t->candidate.addr, packets * bytes, now))
        return false;
    m->probed[at].packets += packets;
    return true;
}

void wzp_race_answered(struct wzp_race *r, const struct wzp_addr *addr)
{
    size_t at = recall(&r->memory, addr);
    if (at < WZP_RACE_PROBED)
        r->memory.probed[at].answered = true;
    if (r->config.toll)
        wzp_toll_answered(r->config.toll, addr);
}

bool wzp_race_both_step(const struct wzp_race *r)
{
    return r->config.ours && wzp_nat_hint_steps(&r->config.own_nat) &&
           wzp_nat_hint_steps(&r->config.peer_nat);
}

/* True when nothing is let in at this address before a punch: at a predicted port, and, when both
 * NATs map per destination, at any address but a mapping that the router made on request. */
static bool is_shut(const struct wzp_race *r, const struct wzp_race_target *t)
{
    return t->candidate.kind == WZP_CANDIDATE_PREDICTED ||
           (t->candidate.kind != WZP_CANDIDATE_MAPPED && !t->on_link &&
            wzp_nat_hint_is_hard(&r->config.own_nat) && wzp_nat_hint_is_hard(&r->config.peer_nat));
}

/* Whether to dial at once. A dial sends large packets, so a peer of ours must first have sent a
 * punch from the address, unless that is on our link, or certainly the peer's and open. */
static bool dials(const struct wzp_race *r, const struct wzp_race_target *t)
{
    return r->config.role == WZP_ROLE_DIALER &&
           (!r->config.ours || (!is_shut(r, t) && (t->on_link || is_known(r, t))));
}

void wzp_race_plan(struct wzp_race *r, const struct wzp_candidate_list *peer,
                   const struct wzp_networks *networks, uint64_t now)
{
    for (size_t i = 0; i < r->target_count; i++)
        r->targets[i].gone = !wzp_candidate_find(peer, &r->targets[i].candidate.addr);
    /* True when both sides have the same public address. */
    bool same_site = !wzp_addr_is_none(&r->config.own_reflexive) &&
                     wzp_addr_equal_ip(&r->config.own_reflexive, &r->config.peer_reflexive);
    for (size_t i = 0; i < peer->count; i++) {
        const struct wzp_candidate *c = &peer->items[i];
        if (!usable(r, &c->addr) || wzp_race_target_find(r, &c->addr))
            continue;
        struct wzp_race_target *target = wzp_race_target_add(r, c->kind, &c->addr, now);
        if (!target)
            return;
        target->on_link = wzp_addr_is_loopback(&c->addr) || wzp_local_on_link(networks, &c->addr);
        if (wzp_scope_is_inner(&c->addr) && !target->on_link && !same_site)
            target->from = wzp_time_add(now, WZP_RACE_OTHER_SUBNET);
        if (wzp_race_both_step(r) && !target->on_link && !same_site &&
            c->kind != WZP_CANDIDATE_PREDICTED && c->kind != WZP_CANDIDATE_MAPPED)
            target->from = wzp_time_add(r->started, 2 * WZP_RACE_FORESEE);
        if (dials(r, target))
            target->dial_at = target->from;
    }
}

struct wzp_race_target *wzp_race_dial_due(struct wzp_race *r, uint64_t now)
{
    for (size_t i = 0; i < r->target_count; i++) {
        struct wzp_race_target *t = &r->targets[i];
        if (t->dial_at > now)
            continue;
        t->dial_at = WZP_NEVER;
        if (t->gone || t->dials == WZP_RACE_DIALS || has_connected(r, &t->candidate.addr) ||
            !spend(r, t, WZP_RACE_DIAL_COST, WZP_RACE_DIAL_BYTES, now))
            continue;
        t->dials++;
        t->dialled_at = now;
        return t;
    }
    return NULL;
}

static bool punches(const struct wzp_race *r, const struct wzp_race_target *t)
{
    bool role = r->config.role == WZP_ROLE_ACCEPTOR || r->config.ours;
    return role && !t->gone && t->punches < WZP_RACE_PUNCHES &&
           !has_connected(r, &t->candidate.addr);
}

static uint64_t punch_due(const struct wzp_race *r, const struct wzp_race_target *t)
{
    if (!punches(r, t))
        return WZP_NEVER;
    return wzp_time_add(t->from, punch_schedule[t->punches]);
}

uint64_t wzp_race_plan_expiry(const struct wzp_race *r)
{
    uint64_t soonest = WZP_NEVER;
    for (size_t i = 0; i < r->target_count; i++) {
        const struct wzp_race_target *t = &r->targets[i];
        if (t->answer_due)
            return r->started;
        soonest = wzp_time_min(soonest, wzp_time_min(punch_due(r, t), t->dial_at));
    }
    return soonest;
}

static int emit(struct wzp_race *r, struct wzp_packet *out, const struct wzp_race_target *t,
                const struct wzp_punch *punch)
{
    memset(&out->local, 0, sizeof out->local);
    out->remote = t->candidate.addr;
    out->ecn = 0;
    if (r->config.ours) {
        wzp_punch_write(out->data, &r->config.key, punch, r->config.role == WZP_ROLE_DIALER);
        out->length = WZP_PUNCH_SIZE;
    } else {
        out->data[0] = 0;
        out->length = WZP_PUNCH_BARE_SIZE;
    }
    out->segment = out->length;
    return 1;
}

static size_t punch_bytes(const struct wzp_race *r)
{
    return HEADERS + (size_t)(r->config.ours ? WZP_PUNCH_SIZE : WZP_PUNCH_BARE_SIZE);
}

int wzp_race_next_packet(struct wzp_race *r, struct wzp_packet *out, unsigned *ttl, uint64_t now)
{
    *ttl = 0;
    if (r->state != WZP_RACE_RUNNING && r->state != WZP_RACE_AGREEING)
        return 0;
    for (size_t i = 0; i < r->target_count; i++) {
        struct wzp_race_target *t = &r->targets[i];
        if (t->answer_due) {
            t->answer_due = false;
            t->answers++;
            return emit(r, out, t, &t->answer);
        }
        if (r->winner >= 0 || punch_due(r, t) > now)
            continue;
        if (!spend(r, t, 1, punch_bytes(r), now)) {
            t->punches = WZP_RACE_PUNCHES;
            continue;
        }
        struct wzp_punch punch = {.kind = WZP_PUNCH_QUESTION, .number = r->punch_number++};
        punch.clock = (uint32_t)((now - r->started) / WZP_MILLISECOND);
        /* The low TTL keeps these punches from reaching the peer's NAT before the peer's own packet
         * has left: the NAT could otherwise take the port pair that this packet needs. Our programs
         * punch at the same time anyway. */
        if (!r->config.ours && t->punches < 2 && !t->on_link)
            *ttl = WZP_RACE_PUNCH_TTL;
        t->punches++;
        return emit(r, out, t, &punch);
    }
    return 0;
}

/* How long a dial may take. As long as no answer has told the round trip, it is estimated: both
 * sides began at about the same time, so the peer's first punch took half a round trip. */
static uint64_t patience(const struct wzp_race *r, const struct wzp_race_target *t, uint64_t now)
{
    uint64_t rtt = t->rtt ? t->rtt : 2 * wzp_time_since(now, r->started);
    uint64_t wait = rtt + rtt / 2 + REDIAL_MARGIN;
    if (!t->rtt && wait < REDIAL_WAIT)
        return REDIAL_WAIT;
    return wait < REDIAL_WAIT_MAX ? wait : REDIAL_WAIT_MAX;
}

/* The NATs are open for this target: dials it, unless an earlier dial may still succeed. */
static void plan_redial(struct wzp_race *r, struct wzp_race_target *t, uint64_t now)
{
    if (r->config.role != WZP_ROLE_DIALER || t->dials == WZP_RACE_DIALS)
        return;
    uint64_t at = now;
    if (t->dialled_at != WZP_NEVER)
        at = wzp_time_add(t->dialled_at, patience(r, t, now));
    if (at < now)
        at = now;
    if (at < t->dial_at || t->dialled_at != WZP_NEVER)
        t->dial_at = at;
}

bool wzp_race_punched(struct wzp_race *r, const struct wzp_addr *remote, const uint8_t *data,
                      size_t length, uint64_t now)
{
    struct wzp_punch punch;
    if ((r->state != WZP_RACE_RUNNING && r->state != WZP_RACE_AGREEING) || !r->config.ours ||
        wzp_punch_parse(&punch, &r->config.key, data, length, r->config.role != WZP_ROLE_DIALER) <
            0) {
        r->punches_ignored++;
        return false;
    }
    struct wzp_race_target *t = wzp_race_target_find(r, remote);
    if (!t)
        t = wzp_race_target_add(r, WZP_CANDIDATE_PEER_REFLEXIVE, remote, now);
    if (!t) {
        r->punches_ignored++;
        return true;
    }
    bool first = !t->open;
    if (first)
        wzp_race_answered(r, remote);
    t->open = true;
    t->gone = false;
    if (punch.kind == WZP_PUNCH_QUESTION && t->answers < WZP_RACE_ANSWERS) {
        t->answer = punch;
        t->answer.kind = WZP_PUNCH_ANSWER;
        t->answer_due = true;
    }
    if (punch.kind == WZP_PUNCH_ANSWER) {
        uint64_t sent = (uint64_t)punch.clock * WZP_MILLISECOND;
        t->rtt = wzp_time_since(now - r->started, sent);
    }
    if (first || punch.kind == WZP_PUNCH_ANSWER)
        plan_redial(r, t, now);
    return true;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_pair.h"

#include <limits.h>
#include <string.h>

#include "tap.h"

static const uint64_t retransmits[] = {300 * WZP_MILLISECOND, 600 * WZP_MILLISECOND,
                                       1200 * WZP_MILLISECOND};

static struct wzp_addr ip4(unsigned a, unsigned b, unsigned c, unsigned d, uint16_t port)
{
    struct wzp_addr addr;
    uint8_t ip[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
    wzp_addr_from_ip4(&addr, ip, port);
    return addr;
}

static struct wzp_addr relay_addr(void)
{
    return ip4(203, 0, 113, 200, 4433);
}

void pair_init(struct pair *p, unsigned seed)
{
    memset(p, 0, sizeof *p);
    wzp_random_seeded_init(&p->seeded, seed);
    p->delay = 20 * WZP_MILLISECOND;
    p->relay_delay = 25 * WZP_MILLISECOND;
    for (unsigned i = 0; i < 2; i++) {
        struct pair_side *s = &p->sides[i];
        p->routers[i].filtering = PAIR_PORT;
        p->routers[i].outer = ip4(203, 0, 113, 10 + i, 0);
        p->routers[i].next_port = (uint16_t)(30000 + 1000 * i);
        s->router = &p->routers[i];
        s->inner = ip4(192, 168, 10 + i, 5, (uint16_t)(40000 + i));
        s->chosen = -1;
        struct wzp_race_config *c = &p->configs[i];
        c->ours = c->need_proof = c->has_v4 = true;
        static const uint8_t secret[WZP_PUNCH_KEY_SIZE] = {4, 2};
        wzp_punch_key_init(&c->key, "call", secret);
    }
}

static bool fits(enum pair_rule rule, const struct wzp_addr *known, const struct wzp_addr *addr)
{
    return rule == PAIR_ENDPOINT ||
           (rule == PAIR_ADDRESS ? wzp_addr_equal_ip(known, addr) : wzp_addr_equal(known, addr));
}

static bool taken(const struct pair_router *r, uint16_t port)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->mappings[i].port == port)
            return true;
    return false;
}

static uint16_t allocate(struct pair *p, struct pair_router *r, uint16_t wanted)
{
    struct wzp_random random = wzp_random_seeded_source(&p->seeded);
    if (r->step == 0 && !taken(r, wanted))
        return wanted;
    for (;;) {
        uint16_t port = r->next_port;
        if (r->step == INT_MIN || r->step == 0)
            port = (uint16_t)(1024 + wzp_random_below(&random, 64512));
        else
            r->next_port = (uint16_t)(r->next_port + r->step);
        if (port && !taken(r, port))
            return port;
    }
}

/* The source address that others see of a packet from inner to `to`; creates the mapping that lets
 * answers in. */
static struct wzp_addr pass_out(struct pair *p, struct pair_router *r, const struct wzp_addr *inner,
                                const struct wzp_addr *to)
{
    if (r->open)
        return *inner;
    size_t at = 0;
    while (at < r->count && !(wzp_addr_equal(&r->mappings[at].inner, inner) &&
                              fits(r->mapping, &r->mappings[at].to, to)))
        at++;
    if (at == r->count) {
        if (r->count == PAIR_MAPPINGS)
            bail("the router of the test is full");
        memset(&r->mappings[at], 0, sizeof r->mappings[at]);
        r->mappings[at].inner = *inner;
        r->mappings[at].to = *to;
        r->mappings[at].port = allocate(p, r, wzp_addr_port(inner));
        r->count++;
    }
    size_t known = 0;
    while (known < r->mappings[at].allowed_count &&
           !wzp_addr_equal(&r->mappings[at].allowed[known], to))
        known++;
    if (known == r->mappings[at].allowed_count && known < 24)
        r->mappings[at].allowed[r->mappings[at].allowed_count++] = *to;
    struct wzp_addr outer = r->outer;
    wzp_addr_set_port(&outer, r->mappings[at].port);
    return outer;
}

/* True when the router lets this through to inner. */
static bool pass_in(const struct pair_router *r, const struct wzp_addr *inner,
                    const struct wzp_addr *to, const struct wzp_addr *from)
{
    if (r->open)
        return wzp_addr_equal(inner, to);
    for (size_t i = 0; i < r->count; i++) {
        if (r->mappings[i].port != wzp_addr_port(to) ||
            !wzp_addr_equal(&r->mappings[i].inner, inner))
            continue;
        for (size_t k = 0; k < r->mappings[i].allowed_count; k++)
            if (fits(r->filtering, &r->mappings[i].allowed[k], from))
                return true;
    }
    return false;
}

/* The side that receives a packet to this address, -1 for none; from is rewritten to the source
 * that the receiver sees. */
static int route(struct pair *p, int side, const struct wzp_addr *to, struct wzp_addr *from)
{
    int other = 1 - side;
    struct pair_side *me = &p->sides[side], *peer = &p->sides[other];
    bool together = me->router == peer->router;
    if (together && wzp_addr_equal(to, &peer->inner)) {
        *from = me->inner;
        return other;
    }
    *from = pass_out(p, me->router, &me->inner, to);
    const struct wzp_addr *outer = peer->router->open ? &peer->inner : &peer->router->outer;
    if (!wzp_addr_equal_ip(to, outer) || (together && !me->router->hairpin))
        return -1;
    return pass_in(peer->router, &peer->inner, to, from) ? other : -1;
}

static void push(struct pair *p, int to, enum pair_packet kind, const struct wzp_addr *from,
                 int attempt, int peer, uint64_t at)
{
    if (p->queued == PAIR_PACKETS)
        bail("too many packets on the way");
    size_t i = p->queued++;
    memset(&p->queue[i], 0, sizeof p->queue[i]);
    p->queue[i].at = at;
    p->queue[i].to = to;
    p->queue[i].kind = kind;
    if (from)
        p->queue[i].from = *from;
    p->queue[i].attempt = attempt;
    p->queue[i].peer = peer;
}

static void transmit(struct pair *p, int side, enum pair_packet kind, const struct wzp_addr *to,
                     int attempt, int peer, const struct wzp_packet *packet)
{
    struct wzp_random random = wzp_random_seeded_source(&p->seeded);
    struct wzp_addr from;
    int other = route(p, side, to, &from);
    if (other < 0) {
        p->sides[side].strange++;
        return;
    }
    if (p->sides[other].deaf_direct || (p->loss > 0 && wzp_random_unit(&random) < p->loss))
        return;
    push(p, other, kind, &from, attempt, peer, p->now + p->delay);
    if (packet) {
        memcpy(p->queue[p->queued - 1].data, packet->data, packet->length);
        p->queue[p->queued - 1].length = packet->length;
    }
}

void pair_prepare(struct pair *p)
{
    char texts[2][WZP_ADDR_TEXT_MAX];
    struct wzp_addr seen[2], relay = relay_addr();
    for (int i = 0; i < 2; i++) {
        struct pair_side *s = &p->sides[i];
        seen[i] = pass_out(p, s->router, &s->inner, &relay);
        wzp_addr_format(texts[i], &seen[i]);
        if (p->lists[i].count == 0) {
            wzp_candidate_add(&p->lists[i], WZP_CANDIDATE_HOST, &s->inner, NULL);
            wzp_candidate_add(&p->lists[i], WZP_CANDIDATE_REFLEXIVE, &seen[i], NULL);
        }
    }
    for (int i = 0; i < 2; i++) {
        struct wzp_race_config *c = &p->configs[i];
        c->own_reflexive = seen[i];
        c->peer_reflexive = c->peer_seen = seen[1 - i];
        if (c->role == WZP_ROLE_NONE)
            c->role = wzp_role_choose(texts[i], texts[1 - i]);
        const struct pair_router *r = p->sides[i].router;
        struct wzp_nat_hint hint = {.known = true, .last_port = wzp_addr_port(&seen[i])};
        hint.mapping = r->mapping == PAIR_ENDPOINT  ? WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT
                       : r->mapping == PAIR_ADDRESS ? WZP_NAT_MAPPING_ADDRESS_DEPENDENT
                                                    : WZP_NAT_MAPPING_PORT_DEPENDENT;
        hint.allocation = r->step == 0         ? WZP_NAT_ALLOCATION_PRESERVING
                          : r->step == INT_MIN ? WZP_NAT_ALLOCATION_RANDOM
                                               : WZP_NAT_ALLOCATION_SEQUENTIAL;
        hint.delta = r->step == INT_MIN ? 0 : r->step;
        p->configs[i].own_nat = hint;
        p->configs[1 - i].peer_nat = hint;
    }
}

static void report(struct pair *p, int side, bool value)
{
    push(p, 1 - side, PAIR_REPORT, NULL, -1, -1, p->now + p->relay_delay);
    p->queue[p->queued - 1].value = value;
}

static void act(struct pair *p, int side, const struct wzp_race_action *a)
{
    struct pair_side *s = &p->sides[side];
    switch (a->kind) {
    case WZP_RACE_DO_DIAL_RELAY: s->relay_at = p->now; break;
    case WZP_RACE_DO_DIAL:
        memset(&s->connections[a->attempt], 0, sizeof s->connections[0]);
        s->connections[a->attempt].remote = a->remote;
        s->connections[a->attempt].peer = -1;
        s->connections[a->attempt].sent_at = p->now;
        s->connections[a->attempt].retry_at = p->now + retransmits[0];
        s->initials++;
        transmit(p, side, PAIR_INITIAL, &a->remote, a->attempt, -1, NULL);
        break;
    case WZP_RACE_DO_CLOSE:
        s->connections[a->attempt].dead = true;
        if (s->connections[a->attempt].peer >= 0)
            transmit(p, side, PAIR_CLOSE, &s->connections[a->attempt].remote, a->attempt,
                     s->connections[a->attempt].peer, NULL);
        break;
    case WZP_RACE_DO_REPORT: report(p, side, a->direct_ok); break;
    case WZP_RACE_DO_DECIDE:
        s->decided = a->direct_ok ? PAIR_DIRECT : PAIR_RELAY;
        s->decided_at = p->now;
        s->reason = a->reason;
        s->chosen = a->attempt;
        if (a->attempt >= 0)
            s->chosen_remote = s->race.attempts[a->attempt].remote;
        break;
    }
}

static void initial(struct pair *p, int side, const struct wzp_addr *from, int theirs)
{
    struct pair_side *s = &p->sides[side];
    for (int i = 0; i < WZP_RACE_ATTEMPTS; i++)
        if (s->connections[i].up && s->connections[i].peer == theirs)
            return; /* a retransmission */
    int mine = wzp_race_incoming(&s->race, from, p->now);
    if (mine < 0)
        return;
    memset(&s->connections[mine], 0, sizeof s->connections[0]);
    s->connections[mine].remote = *from;
    s->connections[mine].peer = theirs;
    s->connections[mine].up = true;
    transmit(p, side, PAIR_ANSWER, from, mine, theirs, NULL);
}

static void deliver_one(struct pair *p, size_t at)
{
    int side = p->queue[at].to;
    enum pair_packet kind = p->queue[at].kind;
    int mine = p->queue[at].peer, theirs = p->queue[at].attempt;
    struct wzp_addr from = p->queue[at].from;
    struct pair_side *s = &p->sides[side];
    if (!s->started)
        return;
    if (kind == PAIR_PUNCH) {
        wzp_race_punched(&s->race, &from, p->queue[at].data, p->queue[at].length, p->now);
    } else if (kind == PAIR_REPORT) {
        wzp_race_peer_report(&s->race, p->queue[at].value, p->now);
    } else if (kind == PAIR_INITIAL) {
        initial(p, side, &from, theirs);
    } else if (s->connections[mine].dead || !wzp_addr_equal(&s->connections[mine].remote, &from)) {
        return; /* QUIC clients drop packets from another address */
    } else if (kind == PAIR_ANSWER) {
        s->connections[mine].peer = theirs;
        s->connections[mine].up = true;
        wzp_race_connected(&s->race, mine, p->now - s->connections[mine].sent_at, p->now);
        transmit(p, side, PAIR_PROOF, &from, mine, theirs, NULL);
    } else if (kind == PAIR_PROOF) {
        wzp_race_connected(&s->race, mine, 2 * p->delay, p->now);
        if (p->sides[1 - side].cannot_prove)
            wzp_race_identity_failed(&s->race, mine, p->now);
        else
            wzp_race_proved(&s->race, mine, p->now);
        transmit(p, side, PAIR_PROVED, &from, mine, theirs, NULL);
    } else if (kind == PAIR_PROVED) {
        if (p->sides[1 - side].cannot_prove)
            wzp_race_identity_failed(&s->race, mine, p->now);
        else
            wzp_race_proved(&s->race, mine, p->now);
        s->proved_at = p->now;
    } else if (kind == PAIR_CLOSE) {
        s->connections[mine].dead = true;
        wzp_race_failed(&s->race, mine, p->now);
    }
}

static void deliver(struct pair *p)
{
    for (size_t i = 0; i < p->queued;) {
        if (p->queue[i].at > p->now) {
            i++;
            continue;
        }
        deliver_one(p, i);
        p->queue[i] = p->queue[--p->queued];
    }
}

static void retransmit(struct pair *p, int side)
{
    struct pair_side *s = &p->sides[side];
    for (int i = 0; i < WZP_RACE_ATTEMPTS; i++) {
        if (s->connections[i].retry_at == 0 || s->connections[i].retry_at > p->now)
            continue;
        s->connections[i].retry_at = 0;
        if (s->connections[i].up || s->connections[i].dead)
            continue;
        s->initials++;
        transmit(p, side, PAIR_INITIAL, &s->connections[i].remote, i, -1, NULL);
        if (++s->connections[i].flights < 3)
            s->connections[i].retry_at = p->now + retransmits[s->connections[i].flights];
    }
}

static void live(struct pair *p, int side)
{
    struct pair_side *s = &p->sides[side];
    struct wzp_race_action action;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    unsigned ttl;
    if (!s->started && p->now >= s->starts) {
        s->started = true;
        wzp_race_start(&s->race, &p->configs[side], &p->lists[1 - side], p->now);
    }
    if (!s->started)
        return;
    if (wzp_race_expiry(&s->race) <= p->now)
        wzp_race_handle_expiry(&s->race, p->now);
    while (wzp_race_next(&s->race, &action, p->now))
        act(p, side, &action);
    while (wzp_race_next_packet(&s->race, &packet, &ttl, p->now)) {
        s->punches++;
        if (ttl == 0)
            transmit(p, side, PAIR_PUNCH, &packet.remote, -1, -1, &packet);
        else
            route(p, side, &packet.remote, &(struct wzp_addr){0});
    }
    retransmit(p, side);
}

void pair_run(struct pair *p, uint64_t until)
{
    for (unsigned steps = 0;; steps++) {
        if (steps > 100000)
            bail("the race turns in circles");
        deliver(p);
        live(p, 0);
        live(p, 1);
        uint64_t next = WZP_NEVER;
        for (size_t i = 0; i < p->queued; i++)
            next = wzp_time_min(next, p->queue[i].at);
        for (int side = 0; side < 2; side++) {
            struct pair_side *s = &p->sides[side];
            next = wzp_time_min(next, s->started ? wzp_race_expiry(&s->race) : s->starts);
            for (int i = 0; i < WZP_RACE_ATTEMPTS; i++)
                if (s->connections[i].retry_at)
                    next = wzp_time_min(next, s->connections[i].retry_at);
        }
        if (next > until)
            break;
        if (next > p->now)
            p->now = next;
    }
    p->now = until;
}

bool pair_direct(const struct pair *p)
{
    const struct pair_side *a = &p->sides[0], *b = &p->sides[1];
    return a->decided == PAIR_DIRECT && b->decided == PAIR_DIRECT && a->chosen >= 0 &&
           b->chosen >= 0 && a->connections[a->chosen].peer == b->chosen &&
           b->connections[b->chosen].peer == a->chosen;
}

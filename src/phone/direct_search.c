/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct_search.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "nat/birthday.h"
#include "nat/scope.h"
#include "phone/ports.h"

/* A race has found by then what it finds without a search. Both sides begin their races when the
 * relay has passed the answer on. */
#define AFTER (600 * WZP_MILLISECOND)
#define MARGIN (1 * WZP_SECOND) /* for the handshake with an address found last */

struct wzp_search {
    struct wzp_birthday birthday;
    struct wzp_addr sockets[WZP_BIRTHDAY_SOCKETS]; /* of the hard side; none: not open (yet) */
};

/* The peer names the address that is asked at a thousand ports, and the peer may be malicious. So
 * it must be the IP address at which the peer's relay sees the peer, a global one, and one that
 * passed the candidates' filter (not the relay's, for example). */
static bool may_be_asked(const struct wzp_direct *d, const struct wzp_addr *peer)
{
    return !wzp_addr_is_none(peer) && !wzp_addr_is_v6(peer) && wzp_scope_is_global(peer) &&
           wzp_addr_equal_ip(&d->peer_seen, peer) && wzp_candidate_knows_ip(&d->peer.list, peer);
}

void wzp_search_plan(struct wzp_direct *d, struct wzp_race_config *config, uint64_t now)
{
    wzp_search_stop(d, now);
    if (d->searched || d->searches == WZP_DIRECT_SEARCHES || !d->ours ||
        !may_be_asked(d, &config->peer_reflexive) ||
        wzp_birthday_side_of(&config->own_nat, &config->peer_nat) == WZP_BIRTHDAY_NO)
        return;
    d->search_at = wzp_time_add(now, AFTER);
    config->limit = wzp_time_since(now, d->race_began) + AFTER + WZP_BIRTHDAY_TIME + MARGIN;
}

static void begin(struct wzp_direct *d, uint64_t now)
{
    const struct wzp_race_config *config = &d->race.config;

    d->search_at = WZP_NEVER;
    d->searched = true;
    d->searches++;
    d->search = wzp_calloc(1, sizeof *d->search);
    if (d->search)
        wzp_birthday_start(&d->search->birthday,
                           wzp_birthday_side_of(&config->own_nat, &config->peer_nat), &config->key,
                           config->role == WZP_ROLE_DIALER, &config->peer_reflexive,
                           &d->call->session.phone->config.random, now);
}

/* The socket with that number, opened when it is first needed; NULL when that failed. */
static const struct wzp_addr *socket_at(struct wzp_direct *d, unsigned number)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_addr *local = &d->search->sockets[number];

    if (d->search->birthday.side == WZP_BIRTHDAY_EASY)
        return &p->locals[0];
    if (wzp_addr_is_none(local) && wzp_ports_open(p, local) < 0)
        return NULL;
    return local;
}

void wzp_search_pump(struct wzp_direct *d, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    uint8_t data[WZP_PUNCH_SIZE];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    unsigned number;

    while (d->search && wzp_birthday_next_packet(&d->search->birthday, &packet, &number, now)) {
        const struct wzp_addr *local = socket_at(d, number);
        /* p is never NULL here. */
        if (local && p)
            (void)wzp_quic_endpoint_send_raw(p->endpoint, local, &packet.remote, data,
                                             packet.length);
    }
}

/* The number of the socket with this address, -1. */
static int number_of(const struct wzp_direct *d, const struct wzp_addr *local)
{
    for (int i = 0; i < WZP_BIRTHDAY_SOCKETS; i++)
        if (wzp_addr_port(&d->search->sockets[i]) == wzp_addr_port(local) &&
            !wzp_addr_is_none(&d->search->sockets[i]))
            return i;
    return -1;
}

bool wzp_search_receive(struct wzp_direct *d, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now)
{
    const struct wzp_race_target *target = wzp_race_target_find(&d->race, remote);

    if (!d->search)
        return false;
    struct wzp_birthday *b = &d->search->birthday;
    int number = 0;
    if (b->side == WZP_BIRTHDAY_HARD)
        number = number_of(d, local);
    else if (target && target->candidate.kind != WZP_CANDIDATE_FOUND)
        number = -1; /* a known target: the race handles it */
    bool before = b->state == WZP_BIRTHDAY_FOUND;
    if (number < 0 || !wzp_birthday_receive(b, (unsigned)number, remote, data, length, now))
        return false;
    if (!before && b->state == WZP_BIRTHDAY_FOUND)
        wzp_race_found(&d->race, remote,
                       b->side == WZP_BIRTHDAY_HARD ? &d->search->sockets[number] : NULL, now);
    return true;
}

void wzp_search_stop(struct wzp_direct *d, uint64_t now)
{
    d->search_at = WZP_NEVER;
    if (!d->search)
        return;
    wzp_birthday_stop(&d->search->birthday);
    wzp_free(d->search);
    d->search = NULL;
    wzp_ports_release(d->call->session.phone, now);
}

uint64_t wzp_search_expiry(const struct wzp_direct *d)
{
    return d->search ? wzp_birthday_expiry(&d->search->birthday) : d->search_at;
}

void wzp_search_expire(struct wzp_direct *d, uint64_t now)
{
    if (now < wzp_search_expiry(d))
        return;
    if (d->search)
        wzp_birthday_handle_expiry(&d->search->birthday, now);
    else
        begin(d, now);
}

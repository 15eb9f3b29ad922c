/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct_race.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/direct_path.h"
#include "phone/direct_proof.h"
#include "phone/direct_search.h"
#include "phone/ground.h"
#include "phone/leg.h"
#include "phone/link.h"
#include "phone/path.h"
#include "phone/ports.h"
#include "phone/step.h"
#include "phone/stream.h"

/* ---- the race ---- */

void wzp_direct_fail(struct wzp_direct *d, struct wzp_direct_link *l, uint64_t now)
{
    if (l->attempt >= 0)
        wzp_race_failed(&d->race, l->attempt, now);
}

static const struct wzp_link_calls link_calls;

static void write_sni(char out[WZP_SNI_MAX + 1], const struct wzp_direct *d)
{
    snprintf(out, WZP_SNI_MAX + 1, "%s%s%s", WZP_CALL_ROOM_PREFIX, WZP_CALL_ROOM_PREFIX,
             d->call->session.call_id);
}

static void dial(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_direct_link *l = wzp_direct_free_place(d, action->attempt);
    char sni[WZP_SNI_MAX + 1];

    write_sni(sni, d);
    const struct wzp_addr *local = wzp_addr_is_none(&action->local)
                                       ? &p->locals[wzp_addr_is_v6(&action->remote)]
                                       : &action->local;
    if (!l || wzp_link_open(&l->link, p, &link_calls, l, local, &action->remote, sni, now) < 0)
        wzp_race_failed(&d->race, action->attempt, now);
}

static void decide(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_direct_link *l =
        action->direct_ok ? wzp_direct_find_attempt(d, action->attempt) : NULL;
    struct wzp_path *active = wzp_path_active(&wzp_direct_leg(d)->paths);

    if (l) {
        wzp_direct_use(d, l, action->reason, now);
        /* The direct path was faster than the relay: media begins here. */
        if (!d->call->session.ended && !wzp_direct_leg(d)->stream.sender)
            wzp_direct_leg(d)->calls->up(&d->call->session, now);
        return;
    }
    /* A race that finds nothing does not touch a path that works. */
    const struct wzp_direct_link *in_use = NULL;
    for (size_t i = 0; active && i < WZP_DIRECT_LINKS_MAX; i++)
        if (d->links[i].link && d->links[i].link->known_as == active->conn)
            in_use = &d->links[i];
    if (!in_use)
        wzp_direct_tell_relay(d, wzp_race_reason_is_direct(action->reason) ? WZP_RACE_PATH_DIED
                                                                           : action->reason);
    else if (in_use->attempt >= 0)
        wzp_direct_use_relay(d, false, now);
}

static void act(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_direct_link *l = NULL;

    switch (action->kind) {
    case WZP_RACE_DO_DIAL_RELAY: break; /* the leg does that by itself, at once */
    case WZP_RACE_DO_DIAL: dial(d, action, now); break;
    case WZP_RACE_DO_CLOSE:
        l = wzp_direct_find_attempt(d, action->attempt);
        if (l)
            wzp_direct_drop(l, "not-selected", now);
        break;
    case WZP_RACE_DO_REPORT:
        (void)wzp_call_send_path_report(d->call, action->direct_ok, now);
        break;
    case WZP_RACE_DO_DECIDE: decide(d, action, now); break;
    }
}

bool wzp_direct_is_racing(const struct wzp_direct *d)
{
    return d->race.state == WZP_RACE_RUNNING || d->race.state == WZP_RACE_AGREEING;
}

void wzp_direct_count(struct wzp_direct *d)
{
    bool expects = wzp_race_expects(&d->race) && d->role == WZP_ROLE_ACCEPTOR && !d->stopped;

    if (expects && !d->counted)
        d->call->session.phone->racing++;
    else if (!expects && d->counted)
        d->call->session.phone->racing--;
    d->counted = expects;
}

void wzp_direct_pump(struct wzp_direct *d, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_race_action action;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    unsigned ttl;

    while (!d->stopped && wzp_race_next(&d->race, &action, now))
        act(d, &action, now);
    /* The shared socket cannot send with another TTL. A punch that should expire on its way must
     * not arrive, so it is not sent at all. */
    while (!d->stopped && wzp_race_next_packet(&d->race, &packet, &ttl, now))
        if (ttl == 0)
            (void)wzp_quic_endpoint_send_raw(p->endpoint,
                                             &p->locals[wzp_addr_is_v6(&packet.remote)],
                                             &packet.remote, packet.data, packet.length);
    if (d->race.state == WZP_RACE_DECIDED)
        wzp_search_stop(d, now);
    wzp_search_pump(d, now);
    wzp_direct_count(d);
}

/* ---- its beginning ---- */

static void parse(struct wzp_addr *out, const char *text)
{
    if (wzp_addr_parse(out, text, strlen(text)) < 0)
        memset(out, 0, sizeof *out);
}

static void make_key(struct wzp_punch_key *key, const struct wzp_call *c)
{
    const struct wzp_e2e_session *keys = wzp_direct_keys(c);
    const uint8_t *secret = NULL;

    /* The key of the caller's direction, so that both sides use the same. */
    if (keys)
        secret = c->session.outgoing ? keys->send.auth : keys->receive.auth;
    wzp_punch_key_init(key, c->session.call_id, secret);
}

void wzp_direct_race_learn(struct wzp_direct *d, uint64_t now)
{
    if (d->race.state != WZP_RACE_RUNNING)
        return;
    d->race.config.peer_nat = d->peer_nat;
    parse(&d->race.config.peer_reflexive, d->peer_reflexive);
    d->race.config.peer_seen = d->peer_seen;
    wzp_ground_hint(d->call->session.phone, &d->race.config.own_nat);
    if (!d->search && d->search_at == WZP_NEVER)
        wzp_search_plan(d, &d->race.config, now);
}

void wzp_direct_race(struct wzp_direct *d, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_race_config config = {.role = d->role,
                                     .ours = d->ours,
                                     .need_proof = d->ours,
                                     .has_v4 = !wzp_addr_is_none(&p->locals[0]),
                                     .has_v6 = !wzp_addr_is_none(&p->locals[1]),
                                     .allow_loopback =
                                         wzp_addr_is_loopback(&p->account.connected.remote),
                                     .peer_nat = d->peer_nat,
                                     .toll = &p->toll,
                                     .networks = &p->ground.networks};

    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        if (d->links[i].link &&
            !wzp_path_find(&wzp_direct_leg(d)->paths, d->links[i].link->known_as))
            wzp_direct_drop(&d->links[i], "not-selected", now);
        d->links[i].attempt = -1;
    }
    make_key(&config.key, d->call);
    parse(&config.own_reflexive, d->call->own_reflexive);
    parse(&config.peer_reflexive, d->peer_reflexive);
    config.peer_seen = d->peer_seen;
    wzp_ground_hint(p, &config.own_nat);
    d->race_began = now;
    if (d->ours)
        wzp_step_ask(p, now);
    wzp_search_plan(d, &config, now);
    wzp_race_start(&d->race, &config, &d->peer.list, now);
    wzp_punch_key_wipe(&config.key);
    wzp_direct_pump(d, now);
}

/* ---- connections ---- */

static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_direct_link *l = owner;
    struct wzp_direct *d = l->direct;
    struct wzp_quic_stats stats;

    if (l->attempt < 0)
        return;
    wzp_quic_conn_stats(link->conn, &stats);
    if (d->ours) {
        l->prove_by = wzp_time_add(now, WZP_DIRECT_PROOF_TIME);
        (void)wzp_direct_send_proof(d->call, link, now);
    }
    wzp_race_connected(&d->race, l->attempt, stats.rtt_latest, now);
    wzp_direct_pump(d, now);
}

static void on_signal(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                      uint64_t now)
{
    struct wzp_direct_link *l = owner;
    struct wzp_direct *d = l->direct;

    if (!d->ours || l->proved || l->attempt < 0)
        return;
    l->prove_by = WZP_NEVER;
    if (wzp_direct_check_proof(d->call, link, signal)) {
        l->proved = true;
        /* Received on from now on; used for sending when both sides have agreed. */
        (void)wzp_path_add(&wzp_direct_leg(d)->paths, WZP_PATH_DIRECT, link->conn, now);
        wzp_race_proved(&d->race, l->attempt, now);
    } else {
        wzp_quic_conn_close(link->conn, WZP_CLOSE_PEER_AUTH, "peer-auth", false, now);
        wzp_race_identity_failed(&d->race, l->attempt, now);
    }
    wzp_direct_pump(d, now);
}

static void on_datagram(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                        uint64_t now)
{
    struct wzp_direct_link *l = owner;
    struct wzp_direct *d = l->direct;
    struct wzp_session *s = &d->call->session;

    if (s->ended || !wzp_stream_receive(&s->leg, link->conn, data, length, now))
        return;
    if (l->attempt >= 0)
        wzp_race_heard(&d->race, l->attempt);
    wzp_direct_pump(d, now);
    if (!s->ended)
        s->leg.calls->heard(s, now);
}

/* A peer that hangs up closes its direct connections. A relay that has forgotten the call sends no
 * Hangup; one that knows the call sends it, with the reason, in a moment. */
static void peer_hung_up(struct wzp_direct *d, uint64_t now)
{
    if (wzp_direct_leg(d)->state == WZP_LEG_UP && wzp_phone_registered(d->call->session.phone))
        d->hung_up_at = now < d->hung_up_at ? now : d->hung_up_at;
    else
        wzp_call_end_by_peer(d->call, WZP_HANGUP_NORMAL, now);
}

bool wzp_direct_hung_up(const struct wzp_call *c)
{
    return c->direct && c->direct->hung_up_at != WZP_NEVER;
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_direct_link *l = owner;
    struct wzp_direct *d = l->direct;
    bool active = wzp_path_remove(&wzp_direct_leg(d)->paths, link->known_as);

    l->link = NULL;
    if (l->proved && why->kind == WZP_QUIC_CLOSE_PEER &&
        strcmp(why->reason, WZP_DIRECT_HANGUP) == 0) {
        peer_hung_up(d, now);
        if (d->call->session.ended)
            return;
    }
    wzp_direct_fail(d, l, now);
    wzp_direct_pump(d, now);
    if (active && !d->stopped && !wzp_path_active(&wzp_direct_leg(d)->paths))
        wzp_direct_use_relay(d, why->kind == WZP_QUIC_CLOSE_PEER, now);
}

static const struct wzp_link_calls link_calls = {.name = "direct",
                                                 .rtt_guess = WZP_RACE_INITIAL_RTT,
                                                 .connected = on_connected,
                                                 .signal = on_signal,
                                                 .datagram = on_datagram,
                                                 .closed = on_closed};

bool wzp_direct_admits(const struct wzp_call *c, const char *sni)
{
    const struct wzp_direct *d = c->direct;
    char wanted[WZP_SNI_MAX + 1];

    if (!d || !d->counted)
        return false;
    write_sni(wanted, d);
    return strcmp(sni, wanted) == 0;
}

bool wzp_direct_accept(struct wzp_call *c, struct wzp_quic_conn *conn, uint64_t now)
{
    struct wzp_direct *d = c->direct;
    struct wzp_addr local, remote;

    wzp_quic_conn_path(conn, &local, &remote);
    int attempt = wzp_race_incoming(&d->race, &remote, now);
    struct wzp_direct_link *l = attempt < 0 ? NULL : wzp_direct_free_place(d, attempt);
    if (!l || wzp_link_adopt(&l->link, c->session.phone, &link_calls, l, conn) < 0) {
        if (attempt >= 0)
            wzp_race_failed(&d->race, attempt, now);
        return false;
    }
    on_connected(l, l->link, now);
    return true;
}

bool wzp_direct_punched(struct wzp_call *c, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->stopped || !d->ours || wzp_punch_tag(data, length) != d->race.config.key.tag)
        return false;
    bool taken = wzp_search_receive(d, local, remote, data, length, now);
    /* A punch that came by a search's socket is not the race's: its answer would leave from another
     * one. */
    if (!taken && !wzp_ports_has(c->session.phone, local))
        taken = wzp_race_punched(&d->race, remote, data, length, now);
    wzp_direct_pump(d, now);
    return taken;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/text.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/direct_proof.h"
#include "phone/direct_state.h"
#include "phone/ground.h"
#include "phone/leg.h"
#include "phone/link.h"
#include "phone/path.h"
#include "phone/stream.h"

#define HANGUP "hangup"

static void pump(struct wzp_direct *d, uint64_t now);

static struct wzp_leg *leg_of(const struct wzp_direct *d)
{
    return &d->call->session.leg;
}

/* ---- places for connections ---- */

static struct wzp_direct_link *find_attempt(struct wzp_direct *d, int attempt)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++)
        if (d->links[i].link && d->links[i].attempt == attempt)
            return &d->links[i];
    return NULL;
}

static struct wzp_direct_link *free_place(struct wzp_direct *d, int attempt)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        if (d->links[i].link)
            continue;
        d->links[i] = (struct wzp_direct_link){
            .direct = d, .attempt = attempt, .prove_by = WZP_NEVER, .close_at = WZP_NEVER};
        return &d->links[i];
    }
    return NULL;
}

/* Takes a connection out of the paths and closes it. */
static void drop_link(struct wzp_direct_link *l, const char *reason, uint64_t now)
{
    if (!l->link)
        return;
    wzp_path_remove(&leg_of(l->direct)->paths, l->link->known_as);
    wzp_link_drop(&l->link, reason, false, now);
}

/* ---- which path carries the media ---- */

bool wzp_direct_carries(const struct wzp_call *c)
{
    struct wzp_path_set *set = &((struct wzp_call *)c)->session.leg.paths;
    const struct wzp_path *path = wzp_path_active(set);

    return path && path->kind == WZP_PATH_DIRECT;
}

bool wzp_direct_carries_proven(const struct wzp_call *c)
{
    return c->direct && c->direct->ours && wzp_direct_carries(c);
}

/* Why there is no direct path, once for each new answer. */
static void tell_relay(struct wzp_direct *d, enum wzp_race_reason reason, uint64_t now)
{
    if (d->told == reason || wzp_direct_carries(d->call))
        return;
    d->told = reason;
    wzp_leg_explain(leg_of(d), wzp_race_reason_text(reason), now);
}

/* The paths before it are heard on for a while. */
static void replace_others(struct wzp_direct *d, const struct wzp_direct_link *winner, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (l->link && l != winner && l->attempt < 0 && l->close_at == WZP_NEVER)
            l->close_at = wzp_time_add(now, WZP_DIRECT_DRAIN);
    }
}

static void use_direct(struct wzp_direct *d, struct wzp_direct_link *l, enum wzp_race_reason reason,
                       uint64_t now)
{
    struct wzp_leg *leg = leg_of(d);
    const struct wzp_path *before = wzp_path_active(&leg->paths);
    const struct wzp_quic_conn *old = before ? before->conn : NULL;

    if (!wzp_path_find(&leg->paths, l->link->conn) &&
        wzp_path_add(&leg->paths, WZP_PATH_DIRECT, WZP_PATH_STANDBY, l->link->conn, now) < 0)
        return;
    struct wzp_path *path = wzp_path_find(&leg->paths, l->link->conn);
    if (path == wzp_path_active(&leg->paths))
        return;
    if (d->ours && old)
        wzp_path_also(&leg->paths, old, wzp_time_add(now, WZP_DIRECT_BOTH));
    d->told = reason;
    d->active_since = d->packets_at = now;
    d->packets = 0;
    d->look_at = wzp_time_add(now, WZP_DIRECT_LOOK);
    wzp_retry_up(&d->retry, now);
    replace_others(d, l, now);
    wzp_leg_use(leg, path, wzp_race_reason_text(reason), now);
}

/* The direct path in use is no longer: the warm relay leg takes over at once, or, when it is away,
 * as soon as it is back. */
static void use_relay(struct wzp_direct *d, bool quietly, uint64_t now)
{
    struct wzp_leg *leg = leg_of(d);
    struct wzp_path *path = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);

    d->look_at = WZP_NEVER;
    d->told = WZP_RACE_PATH_DIED;
    d->tell_at = quietly ? wzp_time_add(now, WZP_DIRECT_TELL) : WZP_NEVER;
    wzp_retry_down(&d->retry, now);
    if (path && quietly)
        (void)wzp_path_activate(&leg->paths, path, wzp_race_reason_text(WZP_RACE_PATH_DIED));
    else if (path)
        wzp_leg_use(leg, path, wzp_race_reason_text(WZP_RACE_PATH_DIED), now);
    else if (leg->state == WZP_LEG_IDLE)
        wzp_leg_start(leg, now); /* the relay had refused us while nobody needed it */
}

/* ---- the race ---- */

static void fail(struct wzp_direct *d, struct wzp_direct_link *l, uint64_t now)
{
    if (l->attempt >= 0)
        wzp_race_failed(&d->race, l->attempt, now);
}

static void on_connected(void *owner, struct wzp_link *link, uint64_t now);
static void on_signal(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                      uint64_t now);
static void on_datagram(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                        uint64_t now);
static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now);
static const struct wzp_link_calls link_calls = {.name = "direct",
                                                 .connected = on_connected,
                                                 .signal = on_signal,
                                                 .datagram = on_datagram,
                                                 .closed = on_closed};

static void write_sni(char out[WZP_SNI_MAX + 1], const struct wzp_direct *d)
{
    snprintf(out, WZP_SNI_MAX + 1, "%s%s%s", WZP_CALL_ROOM_PREFIX, WZP_CALL_ROOM_PREFIX,
             d->call->session.call_id);
}

static void dial(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_direct_link *l = free_place(d, action->attempt);
    char sni[WZP_SNI_MAX + 1];

    write_sni(sni, d);
    const struct wzp_addr *local = &p->locals[wzp_addr_is_v6(&action->remote)];
    if (!l || wzp_link_open(&l->link, p, &link_calls, l, local, &action->remote, sni, now) < 0)
        wzp_race_failed(&d->race, action->attempt, now);
}

static void decide(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_direct_link *l = action->direct_ok ? find_attempt(d, action->attempt) : NULL;
    struct wzp_path *active = wzp_path_active(&leg_of(d)->paths);

    if (l) {
        use_direct(d, l, action->reason, now);
        /* Faster than the relay: the call begins here. */
        if (!d->call->session.ended && !leg_of(d)->stream.sender)
            leg_of(d)->calls->up(&d->call->session, now);
        return;
    }
    /* A race beside a path that works changes nothing. */
    const struct wzp_direct_link *in_use = NULL;
    for (size_t i = 0; active && i < WZP_DIRECT_LINKS_MAX; i++)
        if (d->links[i].link && d->links[i].link->known_as == active->conn)
            in_use = &d->links[i];
    if (!in_use)
        tell_relay(d, action->reason, now);
    else if (in_use->attempt >= 0)
        use_relay(d, false, now);
}

static void act(struct wzp_direct *d, const struct wzp_race_action *action, uint64_t now)
{
    struct wzp_direct_link *l = NULL;

    switch (action->kind) {
    case WZP_RACE_DO_DIAL_RELAY: break; /* the leg does that by itself, at once */
    case WZP_RACE_DO_DIAL: dial(d, action, now); break;
    case WZP_RACE_DO_CLOSE:
        l = find_attempt(d, action->attempt);
        if (l)
            drop_link(l, "not-selected", now);
        break;
    case WZP_RACE_DO_REPORT:
        (void)wzp_call_send_path_report(d->call, action->direct_ok, now);
        break;
    case WZP_RACE_DO_DECIDE: decide(d, action, now); break;
    }
}

static bool is_racing(const struct wzp_direct *d)
{
    return d->race.state == WZP_RACE_RUNNING || d->race.state == WZP_RACE_AGREEING;
}

/* Whether peers may connect is the phone's to know. */
static void count(struct wzp_direct *d)
{
    bool expects = is_racing(d) && d->role == WZP_ROLE_ACCEPTOR && !d->stopped;

    if (expects && !d->counted)
        d->call->session.phone->racing++;
    else if (!expects && d->counted)
        d->call->session.phone->racing--;
    d->counted = expects;
}

static void pump(struct wzp_direct *d, uint64_t now)
{
    struct wzp_phone *p = d->call->session.phone;
    struct wzp_race_action action;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    unsigned ttl;

    while (!d->stopped && wzp_race_next(&d->race, &action, now))
        act(d, &action, now);
    /* A socket that all share cannot send with another TTL; a punch that had to die on the way is
     * better not sent. */
    while (!d->stopped && wzp_race_next_packet(&d->race, &packet, &ttl, now))
        if (ttl == 0)
            (void)wzp_quic_endpoint_send_raw(p->endpoint,
                                             &p->locals[wzp_addr_is_v6(&packet.remote)],
                                             &packet.remote, packet.data, packet.length);
    count(d);
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
    pump(d, now);
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
        /* Heard from now on; used when both sides have agreed. */
        (void)wzp_path_add(&leg_of(d)->paths, WZP_PATH_DIRECT, WZP_PATH_STANDBY, link->conn, now);
        wzp_race_proved(&d->race, l->attempt, now);
    } else {
        wzp_quic_conn_close(link->conn, 1, "peer-auth", false, now);
        wzp_race_identity_failed(&d->race, l->attempt, now);
    }
    pump(d, now);
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
        wzp_race_heard(&d->race, l->attempt, now);
    pump(d, now);
    if (!s->ended)
        s->leg.calls->heard(s, now);
}

/* A peer who hangs up closes everything; a relay that has forgotten the call cannot tell. One that
 * knows it says why in a moment. */
static void peer_hung_up(struct wzp_direct *d, uint64_t now)
{
    if (leg_of(d)->state == WZP_LEG_UP && wzp_phone_registered(d->call->session.phone))
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
    bool active = wzp_path_remove(&leg_of(d)->paths, link->known_as);

    l->link = NULL;
    if (l->proved && why->kind == WZP_QUIC_CLOSE_PEER && strcmp(why->reason, HANGUP) == 0) {
        peer_hung_up(d, now);
        if (d->call->session.ended)
            return;
    }
    fail(d, l, now);
    pump(d, now);
    if (active && !d->stopped && !wzp_path_active(&leg_of(d)->paths))
        use_relay(d, why->kind == WZP_QUIC_CLOSE_PEER, now);
}

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
    struct wzp_direct_link *l = attempt < 0 ? NULL : free_place(d, attempt);
    if (!l || wzp_link_adopt(&l->link, c->session.phone, &link_calls, l, conn) < 0) {
        if (attempt >= 0)
            wzp_race_failed(&d->race, attempt, now);
        return false;
    }
    on_connected(l, l->link, now);
    return true;
}

bool wzp_direct_punched(struct wzp_call *c, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->stopped || !d->ours || wzp_punch_tag(data, length) != d->race.config.key.tag)
        return false;
    bool taken = wzp_race_punched(&d->race, remote, data, length, now);
    pump(d, now);
    return taken;
}

/* ---- beginning and end ---- */

static void make_filter(struct wzp_candidate_filter *out, struct wzp_addr relays[4],
                        const struct wzp_call *c)
{
    const struct wzp_phone *p = c->session.phone;
    const struct wzp_addr *home = &p->account.connected.remote;

    memset(out, 0, sizeof *out);
    out->allow_loopback = wzp_addr_is_loopback(home);
    out->relays = relays;
    if (!out->allow_loopback)
        relays[out->relay_count++] = *home;
    for (size_t i = 0; i < c->session.leg.place_count; i++)
        if (!wzp_addr_is_none(&c->session.leg.places[i].addresses[0]) &&
            !wzp_addr_is_loopback(&c->session.leg.places[i].addresses[0]))
            relays[out->relay_count++] = c->session.leg.places[i].addresses[0];
}

static void note_peer(struct wzp_direct *d, const char *reflexive,
                      const struct wzp_string_list *hosts)
{
    wzp_text_copy(d->peer_reflexive, sizeof d->peer_reflexive, reflexive ? reflexive : "");
    (void)wzp_nat_hint_find(&d->peer_nat, (const char *const *)hosts->items, hosts->count);
}

void wzp_direct_prepare(struct wzp_call *c, const struct wzp_signal *setup, uint64_t now)
{
    struct wzp_addr relays[4];
    struct wzp_candidate_filter filter;
    const struct wzp_candidate_texts texts = {
        .reflexive = setup->u.call_setup.peer_direct_addr,
        .mapped = setup->u.call_setup.peer_mapped_addr,
        .hosts = (const char *const *)setup->u.call_setup.peer_local_addrs.items,
        .host_count = setup->u.call_setup.peer_local_addrs.count};

    wzp_direct_stop(c, now);
    wzp_direct_free(c);
    c->session.leg.why_relay = NULL;
    if (c->session.phone->config.relay_only)
        c->session.leg.why_relay = wzp_race_reason_text(WZP_RACE_POLICY);
    else if (!c->session.outgoing && !c->trusted)
        c->session.leg.why_relay = wzp_race_reason_text(WZP_RACE_PRIVACY);
    if (c->session.leg.why_relay)
        return;
    c->direct = wzp_calloc(1, sizeof *c->direct);
    if (!c->direct)
        return;
    c->direct->call = c;
    c->direct->look_at = c->direct->hung_up_at = c->direct->tell_at = WZP_NEVER;
    wzp_retry_init(&c->direct->retry);
    make_filter(&filter, relays, c);
    wzp_candidate_list_read(&c->direct->peer.list, &texts, &filter);
    note_peer(c->direct, setup->u.call_setup.peer_direct_addr,
              &setup->u.call_setup.peer_local_addrs);
}

static enum wzp_role choose_role(const struct wzp_direct *d)
{
    const struct wzp_call *c = d->call;

    if (!d->ours)
        return wzp_role_choose(c->own_reflexive, d->peer_reflexive);
    return wzp_role_choose_or_break_tie(c->own_reflexive, d->peer_reflexive,
                                        c->session.phone->identity.fingerprint_text,
                                        c->session.peer);
}

static void parse(struct wzp_addr *out, const char *text)
{
    if (wzp_addr_parse(out, text, strlen(text)) < 0)
        memset(out, 0, sizeof *out);
}

static void make_key(struct wzp_punch_key *key, const struct wzp_call *c)
{
    const struct wzp_e2e_session *keys = wzp_direct_keys(c);
    const uint8_t *secret = NULL;

    /* Of the caller's direction, so that both sides have the same. */
    if (keys)
        secret = c->session.outgoing ? keys->send.auth : keys->receive.auth;
    wzp_punch_key_init(key, c->session.call_id, secret);
}

/* A race over what is known of both sides now. Connections of an earlier one that stand stay. */
static void start_race(struct wzp_direct *d, uint64_t now)
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
                                     .interfaces = p->ground.interfaces,
                                     .interface_count = p->ground.interface_count};

    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        if (d->links[i].link && !wzp_path_find(&leg_of(d)->paths, d->links[i].link->known_as))
            drop_link(&d->links[i], "not-selected", now);
        d->links[i].attempt = -1;
    }
    make_key(&config.key, d->call);
    parse(&config.own_reflexive, d->call->own_reflexive);
    parse(&config.peer_reflexive, d->peer_reflexive);
    wzp_ground_hint(p, &config.own_nat);
    d->race_began = now;
    wzp_race_start(&d->race, &config, &d->peer.list, now);
    wzp_punch_key_wipe(&config.key);
    pump(d, now);
}

void wzp_direct_begin(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->begun)
        return;
    d->begun = true;
    d->ours = c->outcome == WZP_POLICY_SEALED;
    d->role = choose_role(d);
    wzp_retry_change(&d->retry, now);
    (void)wzp_retry_due(&d->retry, now);
    start_race(d, now);
}

void wzp_direct_stop(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->stopped)
        return;
    d->stopped = true;
    wzp_race_fini(&d->race);
    count(d);
    /* This word ends the call at the other side, too: it is said of an end only. */
    const char *reason = c->session.ended ? HANGUP : "replaced";
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++)
        drop_link(&d->links[i], reason, now);
    d->look_at = WZP_NEVER;
}

void wzp_direct_free(struct wzp_call *c)
{
    if (c->direct)
        wzp_race_fini(&c->direct->race);
    wzp_free(c->direct);
    c->direct = NULL;
}

/* ---- signals ---- */

void wzp_direct_take_report(struct wzp_call *c, bool direct_ok, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || !d->begun || d->stopped)
        return;
    wzp_race_peer_report(&d->race, direct_ok, now);
    pump(d, now);
}

static bool same_list(const struct wzp_candidate_list *a, const struct wzp_candidate_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!wzp_candidate_find(b, &a->items[i].addr))
            return false;
    return a->count == b->count;
}

/* Tries of the peer, at most so often; and new rows of our own when its addresses are new. */
void wzp_direct_take_update(struct wzp_call *c, const struct wzp_signal *update, uint64_t now)
{
    struct wzp_direct *d = c->direct;
    struct wzp_addr relays[4];
    struct wzp_candidate_filter filter;

    if (!d || !d->begun || d->stopped)
        return;
    struct wzp_candidate_list before = d->peer.list;
    make_filter(&filter, relays, c);
    if (wzp_candidate_peer_update(&d->peer, c->session.call_id, update, &filter) != 1)
        return;
    note_peer(d, update->u.candidate_update.reflexive_addr,
              &update->u.candidate_update.local_addrs);
    bool changed = !same_list(&before, &d->peer.list);
    if (d->race.state == WZP_RACE_RUNNING) {
        wzp_race_update(&d->race, &d->peer.list, d->peer.generation,
                        c->session.phone->ground.interfaces,
                        c->session.phone->ground.interface_count, now);
        pump(d, now);
        return;
    }
    if (changed)
        wzp_retry_change(&d->retry, now);
    if (d->race.state == WZP_RACE_DECIDED && (changed || !wzp_direct_carries(c)) &&
        wzp_time_since(now, d->race_began) >= WZP_RETRY_SPACING) {
        (void)wzp_retry_due(&d->retry, now);
        start_race(d, now);
    }
}

void wzp_direct_announce(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || !d->begun || d->stopped || !d->ours)
        return;
    wzp_retry_change(&d->retry, now);
    (void)wzp_call_send_candidates(c, now);
    if (d->race.state == WZP_RACE_DECIDED &&
        wzp_time_since(now, d->race_began) >= WZP_RETRY_SPACING) {
        (void)wzp_retry_due(&d->retry, now);
        start_race(d, now);
    }
}

void wzp_direct_networks_changed(struct wzp_call *c, uint64_t now)
{
    struct wzp_leg *leg = &c->session.leg;
    const struct wzp_path *relay = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);

    if (c->direct && c->direct->ours && wzp_direct_carries(c) && relay)
        wzp_path_also(&leg->paths, relay->conn, wzp_time_add(now, WZP_DIRECT_BOTH_LONG));
}

/* ---- time ---- */

/* Media goes over the relay, too: when the direct path is silent, and when the peer does so. It
 * hears us badly, perhaps, although we hear it well. */
static void worry(struct wzp_direct *d, struct wzp_path *relay, uint64_t silence, uint64_t now)
{
    bool answer = relay->datagrams_received != d->relay_packets && now >= d->answer_after &&
                  wzp_time_since(now, d->active_since) >= WZP_DIRECT_SETTLED;

    d->relay_packets = relay->datagrams_received;
    if (answer)
        d->answer_after = wzp_time_add(now, WZP_DIRECT_ANSWER);
    if (answer || silence >= WZP_DIRECT_UNEASY)
        wzp_path_also(&leg_of(d)->paths, relay->conn, wzp_time_add(now, WZP_DIRECT_BOTH_LONG));
}

/* The connection in use has had its time. */
static void give_up(struct wzp_direct *d, const struct wzp_path *path, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (!l->link || l->link->known_as != path->conn)
            continue;
        fail(d, l, now);
        drop_link(l, "path-died", now);
        break;
    }
    use_relay(d, false, now);
    pump(d, now);
}

/* Is the path in use alive, and is the peer still on it? */
static void look(struct wzp_direct *d, uint64_t now)
{
    struct wzp_leg *leg = leg_of(d);
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_path *relay = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);
    struct wzp_quic_stats stats;

    d->look_at = WZP_NEVER;
    if (!path || path->kind != WZP_PATH_DIRECT)
        return;
    d->look_at = wzp_time_add(now, WZP_DIRECT_LOOK);
    wzp_quic_conn_stats(path->conn, &stats);
    if (stats.packets_received != d->packets)
        d->packets_at = now;
    d->packets = stats.packets_received;
    uint64_t silence = stats.bytes_in_flight > 0 ? wzp_time_since(now, d->packets_at) : 0;
    uint64_t heard = path->heard_at > d->active_since ? path->heard_at : d->active_since;
    uint64_t limit = leg->session->held ? WZP_DIRECT_SILENT_HELD : WZP_DIRECT_SILENT;
    bool left = d->ours && relay && wzp_time_since(now, d->active_since) >= WZP_DIRECT_SETTLED &&
                relay->heard_at > wzp_time_add(heard, WZP_DIRECT_LEFT);
    if (d->ours && relay && !leg->session->held)
        worry(d, relay, silence, now);
    if (left || silence >= limit)
        give_up(d, path, now);
}

static void expire_links(struct wzp_direct *d, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (!l->link)
            continue;
        if (now >= l->close_at) {
            drop_link(l, "not-selected", now);
        } else if (now >= l->prove_by) {
            l->prove_by = WZP_NEVER;
            wzp_race_identity_failed(&d->race, l->attempt, now);
        }
    }
}

static uint64_t retry_at(const struct wzp_direct *d)
{
    if (!d->begun || !d->ours || is_racing(d) || d->told == WZP_RACE_POLICY)
        return WZP_NEVER;
    return wzp_retry_expiry(&d->retry);
}

uint64_t wzp_direct_expiry(const struct wzp_call *c)
{
    const struct wzp_direct *d = c->direct;

    if (!d || d->stopped || !d->begun)
        return WZP_NEVER;
    uint64_t at = wzp_time_min(wzp_race_expiry(&d->race), wzp_time_min(d->look_at, retry_at(d)));
    at = wzp_time_min(at, wzp_time_min(d->tell_at, wzp_time_add(d->hung_up_at, WZP_DIRECT_WORD)));
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++)
        if (d->links[i].link)
            at = wzp_time_min(at, wzp_time_min(d->links[i].prove_by, d->links[i].close_at));
    return at;
}

void wzp_direct_expire(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->stopped || !d->begun)
        return;
    if (now >= wzp_time_add(d->hung_up_at, WZP_DIRECT_WORD)) {
        wzp_call_end_by_peer(c, WZP_HANGUP_NORMAL, now);
        return;
    }
    if (now >= d->tell_at) {
        d->tell_at = WZP_NEVER;
        if (!wzp_direct_carries(c))
            wzp_leg_explain(leg_of(d), wzp_race_reason_text(WZP_RACE_PATH_DIED), now);
    }
    if (now >= wzp_race_expiry(&d->race))
        wzp_race_handle_expiry(&d->race, now);
    expire_links(d, now);
    pump(d, now);
    if (!d->stopped && now >= d->look_at)
        look(d, now);
    if (!d->stopped && now >= retry_at(d) && wzp_retry_due(&d->retry, now)) {
        (void)wzp_call_send_candidates(c, now);
        start_race(d, now);
    }
}

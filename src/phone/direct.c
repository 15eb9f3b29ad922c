/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct.h"

#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/text.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/candidates.h"
#include "phone/direct_path.h"
#include "phone/direct_race.h"
#include "phone/direct_search.h"
#include "phone/direct_watch.h"
#include "phone/leg_path.h"
#include "phone/path.h"

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

/* seen: NULL when the peer's relay did not tell it this time; the last value stays. */
static void note_peer(struct wzp_direct *d, const char *reflexive, const char *seen,
                      const struct wzp_string_list *hosts)
{
    struct wzp_addr addr;

    wzp_text_copy(d->peer_reflexive, sizeof d->peer_reflexive, reflexive ? reflexive : "");
    if (seen && wzp_addr_parse(&addr, seen, strlen(seen)) == 0)
        d->peer_seen = addr;
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
    c->session.leg.why_relay = WZP_RACE_SEARCHING;
    if (c->session.phone->config.relay_only)
        c->session.leg.why_relay = WZP_RACE_POLICY;
    else if (!c->session.outgoing && !c->trusted)
        c->session.leg.why_relay = WZP_RACE_PRIVACY;
    if (c->session.leg.why_relay != WZP_RACE_SEARCHING)
        return;
    c->direct = wzp_calloc(1, sizeof *c->direct);
    if (!c->direct)
        return;
    c->direct->call = c;
    c->direct->look_at = c->direct->hung_up_at = c->direct->tell_at = WZP_NEVER;
    c->direct->search_at = WZP_NEVER;
    wzp_retry_init(&c->direct->retry);
    make_filter(&filter, relays, c);
    wzp_candidate_list_read(&c->direct->peer.list, &texts, &filter);
    note_peer(c->direct, setup->u.call_setup.peer_direct_addr, setup->u.call_setup.peer_seen_addr,
              &setup->u.call_setup.peer_local_addrs);
    wzp_candidates_tell_peer(c, &c->direct->peer, &c->direct->peer_nat);
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

void wzp_direct_begin(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->begun)
        return;
    d->begun = true;
    d->ours = c->outcome == WZP_POLICY_SEALED;
    d->role = choose_role(d);
    wzp_log(&c->session.phone->config.log, WZP_LOG_DEBUG,
            "phone: direct path: role %s, %zu candidates of the peer", wzp_role_name(d->role),
            d->peer.list.count);
    wzp_retry_change(&d->retry, now);
    (void)wzp_retry_due(&d->retry, now);
    wzp_direct_race(d, now);
}

void wzp_direct_stop(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || d->stopped)
        return;
    d->stopped = true;
    wzp_search_stop(d, now);
    wzp_race_fini(&d->race);
    wzp_direct_count(d);
    /* The peer takes this close reason for a hang-up, so it is given only at the end of the
     * call. */
    const char *reason = c->session.ended ? WZP_DIRECT_HANGUP : "replaced";
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++)
        wzp_direct_drop(&d->links[i], reason, now);
    d->look_at = WZP_NEVER;
}

void wzp_direct_free(struct wzp_call *c)
{
    if (c->direct) {
        wzp_search_stop(c->direct, c->session.phone->now);
        wzp_race_fini(&c->direct->race);
    }
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
    wzp_direct_pump(d, now);
}

static bool same_list(const struct wzp_candidate_list *a, const struct wzp_candidate_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!wzp_candidate_find(b, &a->items[i].addr))
            return false;
    return a->count == b->count;
}

/* An update may start a race for the peer, but at most so often; new addresses of the peer also
 * begin a new series of our own tries. */
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
    note_peer(d, update->u.candidate_update.reflexive_addr, update->u.candidate_update.seen_addr,
              &update->u.candidate_update.local_addrs);
    wzp_candidates_tell_peer(c, &d->peer, &d->peer_nat);
    bool changed = !same_list(&before, &d->peer.list);
    if (d->race.state == WZP_RACE_RUNNING) {
        wzp_direct_race_learn(d, now);
        wzp_race_update(&d->race, &d->peer.list, d->peer.generation,
                        &c->session.phone->ground.networks, now);
        wzp_direct_pump(d, now);
        return;
    }
    if (changed) {
        d->searched = false;
        wzp_retry_change(&d->retry, now);
    }
    if (d->race.state == WZP_RACE_DECIDED && (changed || !wzp_direct_carries(c)) &&
        wzp_time_since(now, d->race_began) >= WZP_RETRY_SPACING) {
        (void)wzp_retry_due(&d->retry, now);
        wzp_direct_race(d, now);
    }
}

void wzp_direct_announce(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (!d || !d->begun || d->stopped || !d->ours)
        return;
    d->searched = false;
    wzp_race_moved(&d->race);
    wzp_retry_change(&d->retry, now);
    (void)wzp_call_send_candidates(c, now);
    wzp_direct_race_learn(d, now);
    if (d->race.state == WZP_RACE_DECIDED &&
        wzp_time_since(now, d->race_began) >= WZP_RETRY_SPACING) {
        (void)wzp_retry_due(&d->retry, now);
        wzp_direct_race(d, now);
    }
}

void wzp_direct_stepped(struct wzp_call *c, uint64_t now)
{
    struct wzp_direct *d = c->direct;

    if (d && d->begun && !d->stopped && d->ours && d->race.state == WZP_RACE_RUNNING)
        (void)wzp_call_send_candidates(c, now);
}

void wzp_direct_networks_changed(struct wzp_call *c, uint64_t now)
{
    struct wzp_leg *leg = &c->session.leg;
    const struct wzp_path *relay = wzp_path_best_of(&leg->paths, WZP_PATH_RELAY);

    if (c->direct && c->direct->ours && wzp_direct_carries(c) && relay)
        wzp_path_also(&leg->paths, relay->conn, wzp_time_add(now, WZP_DIRECT_BOTH_LONG));
}

/* ---- time ---- */

static void expire_links(struct wzp_direct *d, uint64_t now)
{
    for (size_t i = 0; i < WZP_DIRECT_LINKS_MAX; i++) {
        struct wzp_direct_link *l = &d->links[i];
        if (!l->link)
            continue;
        if (now >= l->close_at) {
            wzp_direct_drop(l, "not-selected", now);
        } else if (now >= l->prove_by) {
            l->prove_by = WZP_NEVER;
            wzp_race_identity_failed(&d->race, l->attempt, now);
        }
    }
}

static uint64_t retry_at(const struct wzp_direct *d)
{
    if (!d->begun || !d->ours || wzp_direct_is_racing(d) || d->told == WZP_RACE_POLICY ||
        d->told == WZP_RACE_PEER_PRIVACY)
        return WZP_NEVER;
    return wzp_retry_expiry(&d->retry);
}

uint64_t wzp_direct_expiry(const struct wzp_call *c)
{
    const struct wzp_direct *d = c->direct;

    if (!d || d->stopped || !d->begun)
        return WZP_NEVER;
    uint64_t at = wzp_time_min(wzp_race_expiry(&d->race), wzp_time_min(d->look_at, retry_at(d)));
    at = wzp_time_min(at, wzp_search_expiry(d));
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
            wzp_leg_explain(wzp_direct_leg(d), WZP_RACE_PATH_DIED);
    }
    if (now >= wzp_race_expiry(&d->race))
        wzp_race_handle_expiry(&d->race, now);
    wzp_search_expire(d, now);
    expire_links(d, now);
    wzp_direct_pump(d, now);
    if (!d->stopped && now >= d->look_at)
        wzp_direct_look(d, now);
    if (!d->stopped && now >= retry_at(d) && wzp_retry_due(&d->retry, now)) {
        (void)wzp_call_send_candidates(c, now);
        wzp_direct_race(d, now);
    }
}

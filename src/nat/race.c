/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Decisions of the race. Source: wzp-protocol(7), Roles, Race. */
#include "nat/race.h"

#include <string.h>

#include "base/error.h"
#include "nat/race_judge.h"

static void decide(struct wzp_race *r, enum wzp_race_reason reason)
{
    r->state = WZP_RACE_DECIDED;
    r->reason = reason;
    r->told = false;
    for (size_t i = 0; i < r->attempt_count; i++) {
        struct wzp_race_attempt *a = &r->attempts[i];
        /* The acceptor keeps the other connections, too: the dialer may have chosen one of them,
         * and closes those that it does not want. */
        bool keep = (int)i == r->winner || r->config.role == WZP_ROLE_ACCEPTOR;
        if ((keep && wzp_race_reason_is_direct(reason)) || a->state == WZP_RACE_DEAD)
            continue;
        a->state = WZP_RACE_DEAD;
        a->close_due = true;
    }
}

/* The reason why there can be no race; SEARCHING when there can. */
static enum wzp_race_reason obstacle(const struct wzp_race *r,
                                     const struct wzp_candidate_list *peer)
{
    if (r->config.privacy)
        return WZP_RACE_PRIVACY;
    if (r->config.relay_only)
        return WZP_RACE_POLICY;
    if (peer->count == 0)
        return WZP_RACE_PEER_ADDRESSLESS;
    if (r->config.role == WZP_ROLE_NONE)
        return WZP_RACE_NO_ADDRESS;
    return wzp_race_has_usable(r) ? WZP_RACE_SEARCHING : WZP_RACE_NO_COMMON_FAMILY;
}

static void plan_all(struct wzp_race *r, const struct wzp_networks *networks, uint64_t now)
{
    struct wzp_candidate_list all = {.count = 0};
    const struct wzp_race_config *c = &r->config;
    bool both = wzp_race_both_step(r);
    if (both && (c->peer_nat.last_port != r->stale_port || now >= r->started + WZP_RACE_FORESEE)) {
        wzp_predict_pair(&all, &c->peer_nat, &c->peer_reflexive, c->role == WZP_ROLE_ACCEPTOR,
                         NULL);
        r->foresee_at = WZP_NEVER;
    } else if (both) {
        r->foresee_at = wzp_time_add(r->started, WZP_RACE_FORESEE);
    }
    for (size_t i = 0; i < r->peer.count; i++)
        (void)wzp_candidate_add(&all, r->peer.items[i].kind, &r->peer.items[i].addr, NULL);
    if (c->ours && !both)
        wzp_predict_candidates(&all, &c->peer_nat, &c->peer_reflexive, NULL);
    wzp_race_plan(r, &all, networks, now);
}

void wzp_race_start(struct wzp_race *r, const struct wzp_race_config *config,
                    const struct wzp_candidate_list *peer, uint64_t now)
{
    struct wzp_race_memory memory = r->memory;
    memset(r, 0, sizeof *r);
    r->memory = memory;
    r->config = *config;
    r->config.networks = NULL;
    r->started = now;
    r->winner = -1;
    r->first_proved_at = r->chosen_at = r->foresee_at = WZP_NEVER;
    r->state = WZP_RACE_RUNNING;
    r->peer = *peer;
    r->stale_port = config->peer_nat.last_port;
    if (!config->privacy && !config->relay_only)
        plan_all(r, config->networks, now);
    r->reason = obstacle(r, peer);
    if (r->reason == WZP_RACE_SEARCHING)
        return;
    /* In privacy mode not even the report that there is no direct path is sent. */
    r->report_due = r->reason != WZP_RACE_PRIVACY;
    decide(r, r->reason);
}

void wzp_race_update(struct wzp_race *r, const struct wzp_candidate_list *peer, uint32_t generation,
                     const struct wzp_networks *networks, uint64_t now)
{
    if (r->state != WZP_RACE_RUNNING || generation <= r->generation)
        return;
    r->generation = generation;
    r->peer = *peer;
    plan_all(r, networks, now);
}

void wzp_race_moved(struct wzp_race *r)
{
    r->memory.count = 0;
}

void wzp_race_fini(struct wzp_race *r)
{
    wzp_punch_key_wipe(&r->config.key);
    r->state = WZP_RACE_IDLE;
}

void wzp_race_found(struct wzp_race *r, const struct wzp_addr *remote, const struct wzp_addr *local,
                    uint64_t now)
{
    if (r->state != WZP_RACE_RUNNING)
        return;
    struct wzp_race_target *t = wzp_race_target_find(r, remote);
    if (!t)
        t = wzp_race_target_add(r, WZP_CANDIDATE_FOUND, remote, now);
    if (!t)
        return;
    t->open = true;
    t->gone = false;
    t->candidate.kind = WZP_CANDIDATE_FOUND;
    if (local)
        t->local = *local;
    if (r->config.role != WZP_ROLE_DIALER)
        return;
    t->dials = 0; /* the dials before used another socket, or the NAT was still closed */
    t->dial_at = now;
}

static uint64_t limit(const struct wzp_race *r)
{
    if (r->config.limit)
        return wzp_time_add(r->started, r->config.limit);
    return wzp_time_add(r->started, r->config.ours ? WZP_RACE_LIMIT_OURS : WZP_RACE_LIMIT_OLD);
}

static void report(struct wzp_race *r, bool direct_ok)
{
    if (r->reported)
        return;
    r->reported = true;
    r->report_due = true;
    r->report_value = direct_ok;
}

/* Ends without a direct path: the peer's report need not be waited for. */
static void give_up(struct wzp_race *r)
{
    report(r, false);
    decide(r, wzp_race_relay_reason(r));
}

static void agree(struct wzp_race *r)
{
    if (r->winner < 0)
        return;
    if (r->peer_reported)
        decide(r, r->peer_direct_ok ? wzp_race_direct_reason(r) : WZP_RACE_PEER_FAILED);
    else if (r->peer_proved)
        decide(r, wzp_race_direct_reason(r));
}

/* Chooses a winner among the proved connections. The dialer then closes the others; the acceptor
 * keeps them until the dialer has closed those that it does not want. */
static void choose(struct wzp_race *r, uint64_t now)
{
    if (r->state != WZP_RACE_RUNNING)
        return;
    int best = wzp_race_best_proved(r);
    if (best < 0) {
        r->first_proved_at = WZP_NEVER;
        return;
    }
    if (r->first_proved_at == WZP_NEVER)
        r->first_proved_at = now;
    bool waited = now >= wzp_time_add(r->first_proved_at, WZP_RACE_SETTLE);
    if (r->attempts[best].doubtful && now < limit(r))
        return; /* an old peer at an address it did not announce: a better one may still come */
    if (!waited && wzp_race_better_may_come(r, &r->attempts[best]))
        return;
    r->winner = best;
    r->state = WZP_RACE_AGREEING;
    r->chosen_at = now;
    if (r->config.ours && r->config.role == WZP_ROLE_ACCEPTOR)
        r->late_until = wzp_time_add(now, WZP_RACE_LATE);
    for (size_t i = 0; r->config.role == WZP_ROLE_DIALER && i < r->attempt_count; i++) {
        if ((int)i == best || r->attempts[i].state == WZP_RACE_DEAD)
            continue;
        r->attempts[i].state = WZP_RACE_DEAD;
        r->attempts[i].close_due = true;
    }
    report(r, true);
    agree(r);
}

static struct wzp_race_attempt *attempt_of(struct wzp_race *r, int attempt)
{
    if (attempt < 0 || (size_t)attempt >= r->attempt_count)
        return NULL;
    return r->attempts[attempt].state == WZP_RACE_DEAD ? NULL : &r->attempts[attempt];
}

static int new_attempt(struct wzp_race *r, const struct wzp_addr *remote, uint64_t now)
{
    if (r->attempt_count == WZP_RACE_ATTEMPTS)
        return -1;
    struct wzp_race_attempt *a = &r->attempts[r->attempt_count];
    struct wzp_race_target *t = wzp_race_target_find(r, remote);
    memset(a, 0, sizeof *a);
    a->remote = *remote;
    a->since = now;
    a->kind = t ? t->candidate.kind : WZP_CANDIDATE_PEER_REFLEXIVE;
    a->on_link = t && t->on_link;
    return (int)r->attempt_count++;
}

static bool knows_ip(const struct wzp_race *r, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < r->target_count; i++)
        if (wzp_addr_equal_ip(&r->targets[i].candidate.addr, addr))
            return true;
    return false;
}

bool wzp_race_expects(const struct wzp_race *r)
{
    switch (r->state) {
    case WZP_RACE_RUNNING: return true;
    case WZP_RACE_AGREEING: return r->config.role == WZP_ROLE_ACCEPTOR;
    case WZP_RACE_DECIDED: return r->late_until != 0 && wzp_race_reason_is_direct(r->reason);
    case WZP_RACE_IDLE: break;
    }
    return false;
}

int wzp_race_incoming(struct wzp_race *r, const struct wzp_addr *remote, uint64_t now)
{
    if (!wzp_race_expects(r) || r->incoming == WZP_RACE_INCOMING) {
        r->incoming_refused++;
        return WZP_E_REFUSED;
    }
    int attempt = new_attempt(r, remote, now);
    if (attempt < 0) {
        r->incoming_refused++;
        return WZP_E_REFUSED;
    }
    r->incoming++;
    r->attempts[attempt].incoming = true;
    r->attempts[attempt].doubtful = !r->config.need_proof && !knows_ip(r, remote);
    return attempt;
}

void wzp_race_connected(struct wzp_race *r, int attempt, uint64_t rtt, uint64_t now)
{
    struct wzp_race_attempt *a = attempt_of(r, attempt);
    if (!a || a->state != WZP_RACE_DIALLED)
        return;
    a->state = r->config.need_proof ? WZP_RACE_CONNECTED : WZP_RACE_PROVED;
    if (!a->incoming)
        wzp_race_answered(r, &a->remote);
    a->rtt = rtt;
    choose(r, now);
}

void wzp_race_proved(struct wzp_race *r, int attempt, uint64_t now)
{
    struct wzp_race_attempt *a = attempt_of(r, attempt);
    if (!a || a->state != WZP_RACE_CONNECTED)
        return;
    a->state = WZP_RACE_PROVED;
    /* A peer that proves itself on a connection has it: that counts as its report. */
    r->peer_proved = r->config.ours;
    if (r->state == WZP_RACE_DECIDED && r->reason == WZP_RACE_PATH_DIED && r->winner < 0) {
        r->winner = attempt; /* the dialer chose this one; the other died a moment before */
        r->reason = wzp_race_direct_reason(r);
        r->told = false;
    }
    choose(r, now);
}

static bool alive(const struct wzp_race *r)
{
    for (size_t i = 0; i < r->attempt_count; i++)
        if (r->attempts[i].state != WZP_RACE_DEAD)
            return true;
    return false;
}

/* A connection is lost. If it was the chosen one, another proved one takes its place: the dialer
 * must have preferred that one. */
static void lose(struct wzp_race *r, int attempt, uint64_t now)
{
    if (r->winner != attempt) {
        choose(r, now);
        return;
    }
    r->winner = wzp_race_best_proved(r);
    if (r->state == WZP_RACE_DECIDED) {
        if (r->winner < 0)
            r->reason = WZP_RACE_PATH_DIED;
        else
            r->reason = wzp_race_direct_reason(r);
        r->told = false;
    } else if (r->winner < 0 && alive(r) && now < limit(r)) {
        r->state = WZP_RACE_RUNNING;
        r->first_proved_at = WZP_NEVER;
    } else if (r->winner < 0) {
        decide(r, WZP_RACE_PATH_DIED);
    }
}

void wzp_race_failed(struct wzp_race *r, int attempt, uint64_t now)
{
    struct wzp_race_attempt *a = attempt_of(r, attempt);
    if (!a)
        return;
    a->state = WZP_RACE_DEAD;
    lose(r, attempt, now);
}

void wzp_race_identity_failed(struct wzp_race *r, int attempt, uint64_t now)
{
    struct wzp_race_attempt *a = attempt_of(r, attempt);
    if (!a)
        return;
    r->identity_failed = true;
    a->state = WZP_RACE_DEAD;
    a->close_due = true;
    lose(r, attempt, now);
}

void wzp_race_heard(struct wzp_race *r, int attempt)
{
    struct wzp_race_attempt *a = attempt_of(r, attempt);
    if (!a || a->state != WZP_RACE_PROVED || !r->config.ours)
        return;
    if (r->state == WZP_RACE_DECIDED &&
        (r->winner == attempt || !wzp_race_reason_is_direct(r->reason)))
        return;
    r->winner = attempt;
    report(r, true);
    decide(r, wzp_race_direct_reason(r));
}

void wzp_race_peer_report(struct wzp_race *r, bool direct_ok, uint64_t now)
{
    bool stale = r->config.ours && !direct_ok && wzp_time_since(now, r->started) < WZP_RACE_STALE;
    if (r->state == WZP_RACE_IDLE || r->peer_reported || stale)
        return;
    r->peer_reported = true;
    r->peer_direct_ok = direct_ok;
    if (r->state == WZP_RACE_DECIDED) {
        /* The peer proved itself, but did not receive our proof. */
        if (r->peer_proved && !direct_ok && wzp_race_reason_is_direct(r->reason))
            decide(r, WZP_RACE_PEER_FAILED);
        return;
    }
    if (r->state == WZP_RACE_AGREEING)
        agree(r);
    else if (!direct_ok) {
        /* Whatever we still find, the peer will not use it. */
        report(r, false);
        enum wzp_race_reason why = wzp_race_relay_reason(r);
        decide(r, why == WZP_RACE_UNREACHABLE ? WZP_RACE_PEER_FAILED : why);
    }
}

static bool relay_due(const struct wzp_race *r, uint64_t now)
{
    uint64_t delay = r->config.ours || r->state == WZP_RACE_DECIDED ? 0 : WZP_RACE_RELAY_DELAY_OLD;
    return !r->relay_dialled && r->state != WZP_RACE_IDLE && now >= wzp_time_add(r->started, delay);
}

bool wzp_race_next(struct wzp_race *r, struct wzp_race_action *out, uint64_t now)
{
    memset(out, 0, sizeof *out);
    out->attempt = -1;
    if (relay_due(r, now)) {
        r->relay_dialled = true;
        out->kind = WZP_RACE_DO_DIAL_RELAY;
        return true;
    }
    for (size_t i = 0; i < r->attempt_count; i++) {
        if (!r->attempts[i].close_due)
            continue;
        r->attempts[i].close_due = false;
        out->kind = WZP_RACE_DO_CLOSE;
        out->attempt = (int)i;
        return true;
    }
    if (r->report_due) {
        r->report_due = false;
        r->reported = true;
        out->kind = WZP_RACE_DO_REPORT;
        out->direct_ok = r->report_value;
        return true;
    }
    if (r->state == WZP_RACE_DECIDED && !r->told) {
        r->told = true;
        out->kind = WZP_RACE_DO_DECIDE;
        out->reason = r->reason;
        out->direct_ok = wzp_race_reason_is_direct(r->reason);
        out->attempt = out->direct_ok ? r->winner : -1;
        return true;
    }
    struct wzp_race_target *t = r->state == WZP_RACE_RUNNING ? wzp_race_dial_due(r, now) : NULL;
    int attempt = t ? new_attempt(r, &t->candidate.addr, now) : -1;
    if (attempt < 0)
        return false;
    out->kind = WZP_RACE_DO_DIAL;
    out->attempt = attempt;
    out->remote = t->candidate.addr;
    out->local = t->local;
    return true;
}

/* When the wait for a better connection ends. */
static uint64_t settle_at(const struct wzp_race *r)
{
    int best = wzp_race_best_proved(r);
    if (r->first_proved_at == WZP_NEVER || best < 0 || r->attempts[best].doubtful)
        return WZP_NEVER;
    return wzp_time_add(r->first_proved_at, WZP_RACE_SETTLE);
}

static uint64_t agree_at(const struct wzp_race *r)
{
    uint64_t end = wzp_time_add(r->started, WZP_RACE_AGREE);
    uint64_t confirmed = wzp_time_add(r->chosen_at, WZP_RACE_CONFIRM);
    return r->config.ours && confirmed > end ? confirmed : end;
}

uint64_t wzp_race_expiry(const struct wzp_race *r)
{
    uint64_t soonest = WZP_NEVER;
    if (r->state == WZP_RACE_IDLE)
        return soonest;
    if (!r->relay_dialled)
        soonest = wzp_time_add(r->started, r->config.ours ? 0 : WZP_RACE_RELAY_DELAY_OLD);
    if (r->state == WZP_RACE_RUNNING) {
        soonest = wzp_time_min(soonest, wzp_time_min(wzp_race_plan_expiry(r), limit(r)));
        soonest = wzp_time_min(soonest, wzp_time_min(settle_at(r), r->foresee_at));
    } else if (r->state == WZP_RACE_AGREEING) {
        soonest = wzp_time_min(soonest, agree_at(r));
    } else if (r->late_until != 0) {
        soonest = wzp_time_min(soonest, r->late_until);
    }
    return soonest;
}

void wzp_race_handle_expiry(struct wzp_race *r, uint64_t now)
{
    if (now >= r->late_until)
        r->late_until = 0;
    if (r->state == WZP_RACE_RUNNING && now >= r->foresee_at)
        plan_all(r, NULL, now);
    choose(r, now);
    if (r->state == WZP_RACE_RUNNING && now >= limit(r))
        give_up(r);
    else if (r->state == WZP_RACE_AGREEING && now >= agree_at(r))
        decide(r, WZP_RACE_PEER_SILENT);
}

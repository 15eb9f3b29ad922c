/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The decisions of the mapping service. Source: wzp-protocol(7), Addresses. */
#include "nat/portmap.h"

#include <string.h>

#include "nat/natpmp.h"
#include "nat/scope.h"

#define RENEW_MIN (2 * WZP_SECOND) /* so that a lifetime of a second does not make a busy loop */

void wzp_portmap_init(struct wzp_portmap *p, const struct wzp_random *random)
{
    memset(p, 0, sizeof *p);
    p->random = *random;
    p->protocol = WZP_PORTMAP_PROTOCOLS;
    p->renew_at = p->check_at = WZP_NEVER;
}

static void enter(struct wzp_portmap *p, enum wzp_portmap_state state, uint64_t now)
{
    p->state = state;
    p->state_since = now;
}

static void drop_mapping(struct wzp_portmap *p)
{
    if (!wzp_addr_is_none(&p->external))
        p->changed = true;
    p->doubted = p->map_next = false;
    memset(&p->external, 0, sizeof p->external);
    p->protocol = WZP_PORTMAP_PROTOCOLS;
    p->renew_at = p->check_at = WZP_NEVER;
    p->renewals_failed = 0;
}

/* The mapping is lost, not by our wish. The reason is mostly a restart of the router, which is over
 * soon. */
static void lose_mapping(struct wzp_portmap *p, uint64_t now)
{
    if (!wzp_addr_is_none(&p->external))
        p->soon_until = wzp_time_add(now, WZP_PORTMAP_AGAIN);
    drop_mapping(p);
}

/* Begins a new round, in which all services are asked at once. What the router may still hold of
 * ours is kept in mind. */
static void begin(struct wzp_portmap *p, uint64_t now)
{
    lose_mapping(p, now);
    p->work_conflicts = 0;
    p->work_permanent = false;
    if (p->wanted_port == 0)
        p->wanted_port = p->internal_port;
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++) {
        bool touched = p->services[i].touched;
        memset(&p->services[i], 0, sizeof p->services[i]);
        p->services[i].touched = touched;
    }
    if (wzp_addr_is_none(&p->gateway)) {
        p->verdict = WZP_PORTMAP_NO_GATEWAY;
        enter(p, WZP_PORTMAP_STATE_WAITING, now);
        return;
    }
    p->verdict = WZP_PORTMAP_WORKING;
    enter(p, WZP_PORTMAP_STATE_PROBING, now);
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        wzp_portmap_put(p, (enum wzp_portmap_protocol)i, WZP_PORTMAP_ASK_PROBE, now);
}

static void finish_release(struct wzp_portmap *p, uint64_t now)
{
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        if (p->services[i].ask != WZP_PORTMAP_ASK_NOTHING)
            return;
    if (!p->restart) {
        p->verdict = WZP_PORTMAP_RELEASED;
        enter(p, WZP_PORTMAP_STATE_IDLE, now);
        return;
    }
    p->restart = false;
    p->lan = p->next_lan;
    if (p->internal_port != p->next_port)
        p->wanted_port = p->next_port;
    p->internal_port = p->next_port;
    begin(p, now);
}

static void release(struct wzp_portmap *p, uint64_t now)
{
    drop_mapping(p);
    enter(p, WZP_PORTMAP_STATE_RELEASING, now);
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++) {
        p->services[i].ask = WZP_PORTMAP_ASK_NOTHING;
        if (p->services[i].touched)
            wzp_portmap_put(p, (enum wzp_portmap_protocol)i, WZP_PORTMAP_ASK_DELETE, now);
    }
    finish_release(p, now);
}

void wzp_portmap_start(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint16_t internal_port, uint64_t now)
{
    struct wzp_addr router = *gateway;
    wzp_addr_set_port(&router, WZP_NATPMP_PORT);
    bool idle = p->state == WZP_PORTMAP_STATE_IDLE;
    bool same_router = wzp_addr_equal(&router, &p->gateway);
    bool same = same_router && wzp_addr_equal_ip(lan, &p->lan) && internal_port == p->internal_port;
    if (same && !idle && p->state != WZP_PORTMAP_STATE_RELEASING)
        return;
    p->next_lan = *lan;
    p->next_port = internal_port;
    p->restart = true;
    p->probe_only = false;
    if (p->state == WZP_PORTMAP_STATE_RELEASING && same_router)
        return;
    if (!same_router) {
        /* The old router cannot be reached from the new network. */
        for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
            p->services[i].touched = false;
        p->gateway = router;
        p->wanted_port = 0;
        p->soon_until = 0;
        wzp_random_bytes(&p->random, p->nonce, sizeof p->nonce);
    }
    release(p, now);
}

void wzp_portmap_probe(struct wzp_portmap *p, const struct wzp_addr *gateway,
                       const struct wzp_addr *lan, uint64_t now)
{
    p->gateway = *gateway;
    wzp_addr_set_port(&p->gateway, WZP_NATPMP_PORT);
    p->lan = *lan;
    p->probe_only = true;
    begin(p, now);
}

void wzp_portmap_stop(struct wzp_portmap *p, uint64_t now)
{
    p->restart = false;
    if (p->state != WZP_PORTMAP_STATE_IDLE && p->state != WZP_PORTMAP_STATE_RELEASING)
        release(p, now);
}

bool wzp_portmap_stopped(const struct wzp_portmap *p)
{
    return p->state == WZP_PORTMAP_STATE_IDLE;
}

/* Asks the best available service that did not fail for a mapping; false when there is none. */
static bool create(struct wzp_portmap *p, uint64_t now)
{
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++) {
        struct wzp_portmap_service *s = &p->services[i];
        if (s->presence != WZP_PORTMAP_PRESENT || s->failed)
            continue;
        if (!wzp_addr_is_none(&s->external) && wzp_scope_refused_external(&s->external)) {
            s->failed = true;
            p->verdict = wzp_portmap_judge(&s->external);
            continue;
        }
        p->protocol = (enum wzp_portmap_protocol)i;
        enter(p, WZP_PORTMAP_STATE_CREATING, now);
        wzp_portmap_put(p, p->protocol, WZP_PORTMAP_ASK_MAP, now);
        return true;
    }
    return false;
}

static bool asking(const struct wzp_portmap *p)
{
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        if (p->services[i].ask != WZP_PORTMAP_ASK_NOTHING)
            return true;
    return false;
}

static void end_probe(struct wzp_portmap *p, uint64_t now)
{
    p->verdict = wzp_portmap_judge_probe(p);
    enter(p, WZP_PORTMAP_STATE_WAITING, now);
}

/* Leaves PROBING as soon as enough is known. */
static void advance(struct wzp_portmap *p, uint64_t now)
{
    if (p->state != WZP_PORTMAP_STATE_PROBING)
        return;
    bool over = !asking(p) || now >= wzp_time_add(p->state_since, WZP_PORTMAP_STOP);
    if (p->probe_only) {
        if (over)
            end_probe(p, now);
        return;
    }
    uint64_t since = p->state_since;
    const struct wzp_portmap_service *first = &p->services[WZP_PORTMAP_NATPMP];
    if ((first->presence == WZP_PORTMAP_PRESENT && !first->failed) || over ||
        now >= wzp_time_add(since, WZP_PORTMAP_DECIDE)) {
        if (create(p, now) || !over)
            return;
        if (p->verdict == WZP_PORTMAP_WORKING)
            p->verdict = WZP_PORTMAP_ABSENT;
        enter(p, WZP_PORTMAP_STATE_WAITING, now);
    }
}

/* This service failed: tries the next one, if there is time. */
static void try_next(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now)
{
    p->services[protocol].failed = true;
    if (p->state != WZP_PORTMAP_STATE_CREATING)
        return;
    drop_mapping(p);
    enter(p, WZP_PORTMAP_STATE_PROBING, now);
    advance(p, now);
}

static void present(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                    const struct wzp_addr *external, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[protocol];
    s->ask = WZP_PORTMAP_ASK_NOTHING;
    s->presence = WZP_PORTMAP_PRESENT;
    bool moved = !wzp_addr_is_none(external) && !wzp_addr_is_none(&s->external) &&
                 !wzp_addr_equal_ip(external, &s->external);
    if (!wzp_addr_is_none(external))
        s->external = *external;
    if (p->state == WZP_PORTMAP_STATE_PROBING) {
        advance(p, now);
    } else if (p->state == WZP_PORTMAP_STATE_KEEPING && moved && protocol == p->protocol) {
        begin(p, now); /* a new external address: the mapping leads nowhere */
    } else if (p->state == WZP_PORTMAP_STATE_WAITING && !p->probe_only && !s->failed) {
        /* A slow service was found after the decision that there is none. */
        (void)create(p, now);
    }
}

static void missing(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[protocol];
    if (s->ask != WZP_PORTMAP_ASK_PROBE) {
        p->ignored++;
        return;
    }
    s->ask = WZP_PORTMAP_ASK_NOTHING;
    if (p->state == WZP_PORTMAP_STATE_KEEPING && protocol == p->protocol) {
        begin(p, now);
        return;
    }
    s->presence = WZP_PORTMAP_MISSING;
    advance(p, now);
}

/* When to renew: half, three quarters, seven eighths of the granted life; then it has run out. */
static uint64_t renewal_time(const struct wzp_portmap *p)
{
    uint64_t life = p->granted * WZP_SECOND;
    if (p->granted == 0)
        return WZP_NEVER;
    uint64_t part = life / 2;
    if (p->renewals_failed == 1)
        part = life / 4 * 3;
    else if (p->renewals_failed == 2)
        part = life / 8 * 7;
    else if (p->renewals_failed > 2)
        part = life;
    return wzp_time_add(p->granted_at, part > RENEW_MIN ? part : RENEW_MIN);
}

static void denied(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                   enum wzp_portmap_verdict verdict, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[protocol];
    s->ask = WZP_PORTMAP_ASK_NOTHING;
    p->verdict = verdict;
    /* Granted but of no use: it must be removed. */
    if (verdict != WZP_PORTMAP_REFUSED)
        wzp_portmap_put(p, protocol, WZP_PORTMAP_ASK_DELETE, now);
    else
        s->touched = false;
    if (p->state == WZP_PORTMAP_STATE_KEEPING) {
        lose_mapping(p, now);
        enter(p, WZP_PORTMAP_STATE_WAITING, now);
    }
    try_next(p, protocol, now);
}

static void granted(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                    const struct wzp_addr *external, uint32_t lifetime, uint64_t now)
{
    p->services[protocol].ask = WZP_PORTMAP_ASK_NOTHING;
    enum wzp_portmap_verdict why;
    if (!wzp_portmap_is_usable(external, &why)) {
        denied(p, protocol, why, now);
        return;
    }
    if (!wzp_addr_equal(external, &p->external))
        p->changed = true;
    p->external = *external;
    p->wanted_port = wzp_addr_port(external);
    p->protocol = protocol;
    p->granted = lifetime;
    p->granted_at = now;
    p->renewals_failed = 0;
    p->doubted = false;
    p->renew_at = renewal_time(p);
    p->check_at = wzp_time_add(now, WZP_PORTMAP_CHECK);
    p->verdict = WZP_PORTMAP_MAPPED;
    if (p->state != WZP_PORTMAP_STATE_KEEPING)
        enter(p, WZP_PORTMAP_STATE_KEEPING, now);
    /* Probes of the other services need no answer any more. */
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        if (i != (unsigned)protocol && p->services[i].ask == WZP_PORTMAP_ASK_PROBE)
            p->services[i].ask = WZP_PORTMAP_ASK_NOTHING;
}

static void deleted(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now)
{
    p->services[protocol].ask = WZP_PORTMAP_ASK_NOTHING;
    p->services[protocol].touched = false;
    if (p->state == WZP_PORTMAP_STATE_RELEASING)
        finish_release(p, now);
    else
        advance(p, now);
}

/* Judges the epoch; false when the router has lost the mapping, after which a new round begins. */
static bool same_table(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint32_t epoch,
                       uint64_t now)
{
    enum wzp_portmap_table table = wzp_portmap_judge_clock(&p->services[protocol], epoch, now);
    if (p->state != WZP_PORTMAP_STATE_KEEPING || protocol != p->protocol)
        return true;
    if (table == WZP_PORTMAP_TABLE_NEW) {
        begin(p, now);
        return false;
    }
    if (table == WZP_PORTMAP_TABLE_YOUNG) {
        p->doubted = true;
        p->check_at = now;
    }
    return true;
}

static void apply(struct wzp_portmap *p, const struct wzp_portmap_news *news, uint64_t now)
{
    if (news->has_epoch && !same_table(p, news->protocol, news->epoch, now))
        return;
    switch (news->kind) {
    case WZP_PORTMAP_NEWS_NONE: break;
    case WZP_PORTMAP_NEWS_PRESENT: present(p, news->protocol, &news->external, now); break;
    case WZP_PORTMAP_NEWS_MISSING: missing(p, news->protocol, now); break;
    case WZP_PORTMAP_NEWS_GRANTED:
        granted(p, news->protocol, &news->external, news->lifetime, now);
        break;
    case WZP_PORTMAP_NEWS_DENIED: denied(p, news->protocol, news->verdict, now); break;
    case WZP_PORTMAP_NEWS_DELETED: deleted(p, news->protocol, now); break;
    case WZP_PORTMAP_NEWS_UNSURE: p->services[news->protocol].ask = WZP_PORTMAP_ASK_NOTHING; break;
    }
}

bool wzp_portmap_receive(struct wzp_portmap *p, const struct wzp_addr *remote, const uint8_t *data,
                         size_t length, uint64_t now)
{
    struct wzp_portmap_news news;
    if (wzp_addr_is_none(&p->gateway) || !wzp_addr_equal(remote, &p->gateway))
        return false;
    wzp_portmap_read(p, &news, data, length);
    apply(p, &news, now);
    return true;
}

void wzp_portmap_work_done(struct wzp_portmap *p, const struct wzp_portmap_work_result *done,
                           uint64_t now)
{
    struct wzp_portmap_news news;
    wzp_portmap_read_work(p, &news, done, now);
    apply(p, &news, now);
}

static void expire(struct wzp_portmap *p, enum wzp_portmap_protocol protocol, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[protocol];
    enum wzp_portmap_ask ask = s->ask;
    s->ask = WZP_PORTMAP_ASK_NOTHING;
    if (protocol == WZP_PORTMAP_UPNP)
        p->work_ready = false;
    if (ask == WZP_PORTMAP_ASK_DELETE) {
        if (p->state == WZP_PORTMAP_STATE_RELEASING)
            finish_release(p, now);
        return;
    }
    if (p->state == WZP_PORTMAP_STATE_KEEPING && protocol == p->protocol) {
        if (ask == WZP_PORTMAP_ASK_MAP && now >= p->renew_at) {
            p->renewals_failed++;
            p->renew_at = renewal_time(p);
        }
        return;
    }
    if (ask == WZP_PORTMAP_ASK_PROBE && protocol != WZP_PORTMAP_UPNP)
        s->presence = WZP_PORTMAP_MISSING;
    if (ask == WZP_PORTMAP_ASK_MAP)
        try_next(p, protocol, now);
    else
        advance(p, now);
}

/* What the next check asks for. A router that lost its rules while its service ran on shows the
 * expected clock: only another request for the mapping shows the loss, and repairs it at once.
 * Every second check asks for the external address instead. UPnP checks both at once. */
static enum wzp_portmap_ask next_look(struct wzp_portmap *p)
{
    bool again = p->doubted || (p->protocol != WZP_PORTMAP_UPNP && p->map_next);
    p->map_next = !again;
    return again ? WZP_PORTMAP_ASK_MAP : WZP_PORTMAP_ASK_PROBE;
}

static void keep(struct wzp_portmap *p, uint64_t now)
{
    if (p->services[p->protocol].ask != WZP_PORTMAP_ASK_NOTHING)
        return;
    if (now >= p->renew_at) {
        if (p->renewals_failed > 2)
            begin(p, now);
        else
            wzp_portmap_put(p, p->protocol, WZP_PORTMAP_ASK_MAP, now);
    } else if (now >= p->check_at) {
        p->check_at = wzp_time_add(now, WZP_PORTMAP_CHECK);
        wzp_portmap_put(p, p->protocol, next_look(p), now);
    }
}

/* When to ask again a router that gave no mapping. */
static uint64_t next_round(const struct wzp_portmap *p)
{
    bool soon = p->state_since < p->soon_until;
    return wzp_time_add(p->state_since, soon ? WZP_PORTMAP_CHECK : WZP_PORTMAP_AGAIN);
}

uint64_t wzp_portmap_expiry(const struct wzp_portmap *p)
{
    uint64_t soonest = WZP_NEVER;
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++) {
        enum wzp_portmap_protocol protocol = (enum wzp_portmap_protocol)i;
        soonest = wzp_time_min(soonest, wzp_portmap_send_due(p, protocol));
        soonest = wzp_time_min(soonest, wzp_portmap_deadline(p, protocol));
    }
    if (p->state == WZP_PORTMAP_STATE_PROBING) {
        bool waiting = false;
        for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
            waiting |= p->services[i].presence == WZP_PORTMAP_PRESENT && !p->services[i].failed;
        soonest = wzp_time_min(soonest, wzp_time_add(p->state_since, WZP_PORTMAP_STOP));
        if (waiting && !p->probe_only)
            soonest = wzp_time_min(soonest, wzp_time_add(p->state_since, WZP_PORTMAP_DECIDE));
    } else if (p->state == WZP_PORTMAP_STATE_WAITING && !p->probe_only &&
               p->verdict != WZP_PORTMAP_NO_GATEWAY) {
        soonest = wzp_time_min(soonest, next_round(p));
    } else if (p->state == WZP_PORTMAP_STATE_KEEPING &&
               p->services[p->protocol].ask == WZP_PORTMAP_ASK_NOTHING) {
        soonest = wzp_time_min(soonest, wzp_time_min(p->renew_at, p->check_at));
    }
    return soonest;
}

void wzp_portmap_handle_expiry(struct wzp_portmap *p, uint64_t now)
{
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        if (now >= wzp_portmap_deadline(p, (enum wzp_portmap_protocol)i))
            expire(p, (enum wzp_portmap_protocol)i, now);
    if (p->state == WZP_PORTMAP_STATE_PROBING)
        advance(p, now);
    else if (p->state == WZP_PORTMAP_STATE_KEEPING)
        keep(p, now);
    else if (p->state == WZP_PORTMAP_STATE_WAITING && !p->probe_only &&
             p->verdict != WZP_PORTMAP_NO_GATEWAY && now >= next_round(p))
        begin(p, now);
}

const struct wzp_addr *wzp_portmap_external(const struct wzp_portmap *p)
{
    return &p->external;
}

bool wzp_portmap_take_change(struct wzp_portmap *p)
{
    bool changed = p->changed;
    p->changed = false;
    return changed;
}

bool wzp_portmap_probed(const struct wzp_portmap *p, uint64_t now)
{
    return p->state != WZP_PORTMAP_STATE_PROBING ||
           now >= wzp_time_add(p->state_since, WZP_PORTMAP_STOP);
}

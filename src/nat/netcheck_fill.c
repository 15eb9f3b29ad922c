/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes the report from the measurements. Only what was observed from the shared socket goes into
 * the classification, one list per family. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "nat/netcheck.h"
#include "nat/scope.h"

#define OBSERVATIONS_MAX (WZP_STUN_PROBES_MAX + WZP_NETCHECK_RELAYS_MAX + 3)

static struct wzp_netcheck_number number(int64_t value)
{
    return (struct wzp_netcheck_number){.known = true, .value = value};
}

/* Rounded up, so that nothing seems nearer than it is. */
static struct wzp_netcheck_number milliseconds(uint64_t t)
{
    return number((int64_t)((t + WZP_MILLISECOND - 1) / WZP_MILLISECOND));
}

#define NO_NAME "name not resolved: no answer in time"

/* Adds the servers whose names are still being resolved. */
static void fill_unresolved(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    for (size_t i = 0; i < n->task_count && r->stun_count < WZP_NETCHECK_PROBES_MAX; i++) {
        const struct wzp_netcheck_task *task = &n->tasks[i];
        if (task->state == WZP_NETCHECK_TASK_OVER)
            continue;
        if (task->kind == WZP_NETCHECK_RESOLVE_RELAY)
            wzp_text_copy(n->relay_errors[task->index], WZP_NETCHECK_ERROR_MAX, NO_NAME);
        if (task->kind != WZP_NETCHECK_RESOLVE_STUN)
            continue;
        struct wzp_netcheck_stun *out = &r->stun[r->stun_count++];
        const char *name = n->stun_names[task->index];
        memcpy(out->name, "stun:", 6);
        wzp_text_filter(out->name + 5, sizeof out->name - 5, name, strlen(name));
        wzp_text_copy(out->addr, sizeof out->addr, out->name + 5);
        wzp_text_copy(out->error, sizeof out->error, NO_NAME);
    }
}

/* The source address and the interface (WZP_INTERFACE_NAME_MAX) of packets to this server. */
static void say_way(const struct wzp_netcheck *n, const struct wzp_addr *server,
                    struct wzp_addr *source, char *interface)
{
    bool v6 = wzp_addr_is_v6(server), loop = wzp_addr_is_loopback(server);
    const char *name = v6 ? n->interface6 : n->interface4;
    if (loop)
        *source = v6 ? n->loop6 : n->loop4;
    else
        *source = v6 ? n->local6 : n->local4;
    wzp_text_copy(interface, WZP_INTERFACE_NAME_MAX, loop ? n->interface_loop : name);
}

static void fill_stun(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    const struct wzp_stun_probe *best = wzp_stun_client_best(&n->stun);
    if (best)
        r->stun_latency_ms = milliseconds(best->rtt);
    for (size_t i = 0; i < n->stun.count && r->stun_count < WZP_NETCHECK_PROBES_MAX; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (n->stun_of_relay[i] && probe->state != WZP_STUN_ANSWERED)
            continue; /* most relays do not speak STUN */
        struct wzp_netcheck_stun *out = &r->stun[r->stun_count++];
        char text[WZP_ADDR_TEXT_MAX];
        memcpy(out->name, "stun:", 6);
        wzp_text_filter(out->name + 5, sizeof out->name - 5, probe->name, strlen(probe->name));
        wzp_addr_format(text, &probe->server);
        wzp_text_copy(out->addr, sizeof out->addr, text[0] ? text : out->name + 5);
        out->observed = probe->mapped;
        if (!wzp_addr_is_none(&probe->server))
            say_way(n, &probe->server, &out->source, out->interface);
        if (probe->state == WZP_STUN_ANSWERED) {
            out->latency_ms = milliseconds(probe->rtt);
            continue;
        }
        enum wzp_stun_error error =
            probe->state == WZP_STUN_FAILED ? probe->error : WZP_STUN_TIMEOUT;
        wzp_stun_error_text(out->error, sizeof out->error, error, probe->error_text,
                            probe->error_code);
    }
}

/* When the relay answered a series of STUN requests, that tells more than the connections do. */
static void fill_series(struct wzp_netcheck_relay *out, struct wzp_netcheck_trips *trips)
{
    const struct wzp_series *s = &trips->series;
    uint64_t least = wzp_series_least(s);
    uint64_t *mine = wzp_addr_is_v6(&s->server) ? &trips->least6 : &trips->least4;
    if (s->state != WZP_SERIES_OVER)
        return;
    if (least && (*mine == 0 || least < *mine))
        *mine = least;
    out->probes = s->sent;
    out->answers = s->answered;
    out->jitter_ms = wzp_series_jitter(s) / (double)WZP_MILLISECOND;
}

static void fill_relays(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    for (size_t i = 0; i < n->relay_count; i++) {
        struct wzp_netcheck_trips *trips = &n->trips[i];
        struct wzp_netcheck_relay *out = &r->relays[r->relay_count++];
        bool v6 = trips->v6_first;
        memcpy(out->name, n->relay_names[i], sizeof out->name);
        char text[WZP_ADDR_TEXT_MAX];
        wzp_addr_format(text, trips->v6_first ? &trips->addr6 : &trips->addr4);
        wzp_text_copy(out->addr, sizeof out->addr, text[0] ? text : n->relay_addrs[i]);
        out->probes = trips->asked;
        out->answers = trips->answered;
        out->jitter_ms = trips->jitter / (double)WZP_MILLISECOND;
        fill_series(out, trips);
        if (trips->least4)
            out->rtt_ms = out->rtt_v4_ms = milliseconds(trips->least4);
        if (trips->least6)
            out->rtt_v6_ms = milliseconds(trips->least6);
        if (trips->least6 && (!trips->least4 || trips->least6 < trips->least4))
            out->rtt_ms = out->rtt_v6_ms;
        if (out->probes)
            out->loss_percent = 100.0 * (out->probes - out->answers) / out->probes;
        if (text[0])
            say_way(n, v6 ? &trips->addr6 : &trips->addr4, &out->source, out->interface);
        if (out->rtt_ms.known)
            continue;
        wzp_text_copy(out->error, sizeof out->error,
                      n->relay_errors[i][0] ? n->relay_errors[i] : "no answer in time");
    }
}

/* True when the name is an address, with or without a port. */
static bool is_literal(const char *name)
{
    char host[WZP_NETCHECK_NAME_MAX];
    struct wzp_addr addr;
    uint16_t port;
    return wzp_addr_split(host, sizeof host, &port, name, 1) == 0 &&
           wzp_addr_parse_ip(&addr, host, port) == 0;
}

static uint32_t hash_of(const void *bytes, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
    return hash;
}

/* Servers are of one operator when their names differ only in the first label or, without names,
 * when they are in one subnet. */
static uint32_t operator_of(const char *name, const struct wzp_addr *addr)
{
    const char *dot = strchr(name, '.'), *end = name + strcspn(name, ":");
    if (!is_literal(name)) {
        const char *from = dot && dot < end ? dot : name;
        return hash_of(from, (size_t)(end - from));
    }
    if (wzp_addr_is_v6(addr))
        return hash_of(&addr->u.in6.sin6_addr, 6);
    return hash_of(&addr->u.in.sin_addr, 3);
}

/* The observations of the discovery's other addresses and ports, which belong to the same
 * operator. */
static size_t observe_discovery(const struct wzp_netcheck *n, struct wzp_nat_observation *out)
{
    uint32_t operator_id = 0;
    size_t count = wzp_discovery_observations(&n->discovery, out);
    for (size_t i = 0; i < n->stun.count; i++)
        if (wzp_addr_equal(&n->stun.probes[i].server, &n->discovery.server))
            operator_id = operator_of(n->stun.probes[i].name, &n->discovery.server);
    for (size_t i = 0; i < count; i++)
        out[i].operator_id = operator_id;
    return count;
}

/* Collects the observations. What a server on this machine sees is left out: it tells nothing of
 * the NAT. */
static size_t observe(const struct wzp_netcheck *n, struct wzp_nat_observation *out, bool v6)
{
    size_t count = 0;
    for (size_t i = 0; i < n->stun.count; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (probe->state != WZP_STUN_ANSWERED || wzp_addr_is_v6(&probe->mapped) != v6 ||
            wzp_addr_is_loopback(&probe->server))
            continue;
        out[count].destination = probe->server;
        out[count].mapped = probe->mapped;
        out[count++].operator_id = operator_of(probe->name, &probe->server);
    }
    for (size_t i = 0; i < n->relay_count; i++) {
        const struct wzp_netcheck_trips *trips = &n->trips[i];
        const struct wzp_addr *addr = v6 ? &trips->addr6 : &trips->addr4;
        if (wzp_addr_is_none(&trips->observed) || wzp_addr_is_v6(&trips->observed) != v6 ||
            wzp_addr_is_loopback(addr))
            continue;
        out[count].destination = *addr;
        out[count].mapped = trips->observed;
        out[count].operator_id = operator_of(n->relay_addrs[i], &out[count].destination);
        count++;
    }
    return v6 ? count : count + observe_discovery(n, out + count);
}

/* Counts equal addresses; the most frequent one goes to best. */
static size_t count_seen(struct wzp_netcheck_counter *counters, struct wzp_addr *best,
                         const struct wzp_nat_observation *seen, size_t seen_count)
{
    size_t count = 0;
    unsigned most = 0;
    for (size_t i = 0; i < seen_count; i++) {
        size_t at = 0;
        while (at < count && !wzp_addr_equal(&counters[at].addr, &seen[i].mapped))
            at++;
        if (at == WZP_NETCHECK_COUNTERS_MAX)
            continue;
        if (at == count) {
            counters[count].count = 0;
            counters[count++].addr = seen[i].mapped;
        }
        if (++counters[at].count > most) {
            most = counters[at].count;
            *best = counters[at].addr;
        }
    }
    return count;
}

static void fill_nat(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    struct wzp_nat_observation seen[OBSERVATIONS_MAX];
    struct wzp_addr mapped[OBSERVATIONS_MAX];
    size_t count = observe(n, seen, false);
    for (size_t i = 0; i < count; i++)
        mapped[i] = seen[i].mapped;
    r->nat_type = wzp_nat_classify(mapped, count, &r->reflexive_addr);
    struct wzp_nat_facts facts = {.observations = seen, .count = count, .local = n->local4};
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++)
        if (!wzp_addr_is_none(&n->portmap.services[i].external))
            facts.router_external = n->portmap.services[i].external;
    wzp_nat_judge(&r->nat4, &facts);
    /* A router without an external address, through which answers came nevertheless, is behind
     * another NAT. */
    if (r->portmap_verdict == WZP_PORTMAP_OFFLINE && r->nat4.behind_nat == WZP_TRI_YES) {
        r->portmap_verdict = WZP_PORTMAP_DOUBLE_NAT;
        r->nat4.cgnat = WZP_TRI_YES;
    }
    r->mapping_varies = r->nat4.varies;
    r->filtering = wzp_discovery_filtering(&n->discovery);
    r->counter4_count = count_seen(r->counters4, &r->global_v4, seen, count);
    count = observe(n, seen, true);
    facts = (struct wzp_nat_facts){.observations = seen, .count = count, .local = n->local6};
    wzp_nat_judge(&r->nat6, &facts);
    r->mapping_varies_v6 = r->nat6.varies;
    r->counter6_count = count_seen(r->counters6, &r->global_v6, seen, count);
}

static enum wzp_tri tri(bool yes)
{
    return yes ? WZP_TRI_YES : WZP_TRI_NO;
}

/* Yes with an answer, no when all requests were in vain, unknown when none was sent. */
static enum wzp_tri reachable(const struct wzp_netcheck *n, bool v6)
{
    bool asked = false;
    for (size_t i = 0; i < n->stun.count; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (wzp_addr_is_none(&probe->server) || wzp_addr_is_v6(&probe->server) != v6)
            continue;
        asked = true;
        if (probe->state == WZP_STUN_ANSWERED)
            return WZP_TRI_YES;
    }
    for (size_t i = 0; i < n->relay_count; i++) {
        if (v6 ? n->trips[i].least6 : n->trips[i].least4)
            return WZP_TRI_YES;
        asked |= n->trips[i].asked > 0 && n->trips[i].v6_first == v6;
    }
    return asked ? WZP_TRI_NO : WZP_TRI_UNKNOWN;
}

static void fill_reachability(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    if (n->test_ipv4) {
        r->ipv4_can_send = tri(!wzp_addr_is_none(&n->local4));
        r->ipv4_reachable = reachable(n, false);
    }
    if (n->test_ipv6) {
        r->ipv6_can_send = tri(!wzp_addr_is_none(&n->local6));
        r->ipv6_reachable = n->use_v6 ? reachable(n, true) : WZP_TRI_NO;
    }
    if (r->ipv4_reachable == WZP_TRI_YES || r->ipv6_reachable == WZP_TRI_YES)
        r->udp = WZP_TRI_YES;
    else if (n->stun.count > 0 || n->relay_count > 0)
        r->udp = WZP_TRI_NO;
}

static enum wzp_tri presence(const struct wzp_portmap_service *service)
{
    if (service->presence == WZP_PORTMAP_UNKNOWN)
        return WZP_TRI_UNKNOWN;
    return tri(service->presence == WZP_PORTMAP_PRESENT);
}

static void fill_portmap(struct wzp_netcheck *n)
{
    struct wzp_netcheck_report *r = &n->report;
    r->portmap_verdict = n->portmap.verdict;
    r->nat_pmp_available = presence(&n->portmap.services[WZP_PORTMAP_NATPMP]);
    r->pcp_available = presence(&n->portmap.services[WZP_PORTMAP_PCP]);
    r->upnp_available = presence(&n->portmap.services[WZP_PORTMAP_UPNP]);
}

/* How long a mapping certainly lives, in whole seconds. */
static void fill_lifetime(struct wzp_netcheck *n)
{
    const struct wzp_lifetime *l = &n->lifetime;
    if (!l->known)
        return;
    n->report.mapping_lifetime_s = number((int64_t)(l->low / WZP_SECOND));
    n->report.mapping_lifetime_longer = tri(l->high == WZP_NEVER);
}

void wzp_netcheck_fill(struct wzp_netcheck *n, uint64_t now)
{
    fill_lifetime(n);
    fill_stun(n);
    fill_unresolved(n);
    fill_relays(n);
    fill_portmap(n);
    fill_nat(n);
    fill_reachability(n);
    n->report.duration_ms = milliseconds(wzp_time_since(now, n->started));
    if (n->report.duration_ms.value == 0)
        n->report.duration_ms.value = 1;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The course of a check. */
#include "nat/netcheck.h"

#include <string.h>

/* How long to wait for the remaining servers when others have answered. */
#define STUN_ENOUGH 3
#define STUN_PATIENCE (100 * WZP_MILLISECOND)
#define STUN_LAST_SEND (300 * WZP_MILLISECOND)
#define STUN_SOME (1500 * WZP_MILLISECOND)
#define STUN_OF_RELAY (700 * WZP_MILLISECOND)
#define HAIRPIN_AGAIN (100 * WZP_MILLISECOND)

static void ask_others(struct wzp_netcheck *n)
{
    if (n->others_asked)
        return;
    n->others_asked = true;
    wzp_netcheck_add_task(n, WZP_NETCHECK_TCP, 0);
    wzp_netcheck_add_task(n, WZP_NETCHECK_ICMP, 0);
    wzp_netcheck_add_task(n, WZP_NETCHECK_CAPTIVE, 0);
}

void wzp_netcheck_start(struct wzp_netcheck *n, const struct wzp_netcheck_config *config,
                        const struct wzp_random *random, uint64_t now)
{
    memset(n, 0, sizeof *n);
    n->random = *random;
    n->running = true;
    n->started = now;
    n->limit_at = wzp_time_add(now, config->limit ? config->limit : WZP_NETCHECK_LIMIT);
    n->mapping_lifetime = config->has_second_socket ? config->mapping_lifetime : 0;
    n->report.now_ms = config->wall_ms;
    n->report.os_has_ipv6 = config->os_has_ipv6;
    n->report.gateway = config->gateway;
    wzp_netcheck_take_config(n, config);
    wzp_stun_client_init(&n->stun, random, WZP_STUN_DEADLINE);
    for (size_t i = 0; i < n->stun_count; i++)
        wzp_netcheck_add_task(n, WZP_NETCHECK_RESOLVE_STUN, (unsigned)i);
    for (size_t i = 0; i < n->relay_count; i++)
        wzp_netcheck_add_task(n, WZP_NETCHECK_RESOLVE_RELAY, (unsigned)i);
    n->hairpin = config->has_second_socket ? WZP_HAIRPIN_WAITING : WZP_HAIRPIN_OFF;
    wzp_portmap_init(&n->portmap, random);
    struct wzp_addr lan;
    wzp_local_lan_address(&lan, config->networks);
    if (config->test_port_mapping)
        wzp_portmap_probe(&n->portmap, &config->gateway, &lan, now);
    else
        n->portmap_over = true;
    if (n->report.interface_count > 0)
        wzp_netcheck_add_task(n, WZP_NETCHECK_METERED, 0);
    if (config->test_all)
        ask_others(n);
}

static int hairpin_packet(struct wzp_netcheck *n, struct wzp_packet *out, uint64_t now)
{
    if (n->hairpin != WZP_HAIRPIN_SENT || n->hairpin_sends == 2 ||
        now < wzp_time_add(n->hairpin_at, n->hairpin_sends * HAIRPIN_AGAIN))
        return 0;
    n->hairpin_sends++;
    wzp_stun_write_request(out->data, n->hairpin_id);
    memset(&out->local, 0, sizeof out->local);
    out->remote = n->hairpin_target;
    out->length = out->segment = WZP_STUN_HEADER_SIZE;
    out->ecn = 0;
    return 1;
}

int wzp_netcheck_next_packet(struct wzp_netcheck *n, struct wzp_packet *out, unsigned socket,
                             uint64_t now)
{
    if (!n->running)
        return 0;
    if (socket == 0 && wzp_stun_client_next_packet(&n->stun, out, now))
        return 1;
    if (socket == 0 && !n->portmap_over && wzp_portmap_next_packet(&n->portmap, out, now))
        return 1;
    for (size_t i = 0; socket == 0 && i < n->relay_count; i++)
        if (wzp_series_next_packet(&n->trips[i].series, out, now))
            return 1;
    if (socket == 1 && hairpin_packet(n, out, now))
        return 1;
    return wzp_discovery_next_packet(&n->discovery, out, socket, now) ||
           wzp_lifetime_next_packet(&n->lifetime, out, socket, now);
}

static bool series_receive(struct wzp_netcheck *n, const struct wzp_addr *remote,
                           const uint8_t *data, size_t length, uint64_t now)
{
    for (size_t i = 0; i < n->relay_count; i++)
        if (wzp_series_receive(&n->trips[i].series, remote, data, length, now))
            return true;
    return false;
}

bool wzp_netcheck_receive(struct wzp_netcheck *n, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now)
{
    uint8_t id[WZP_STUN_ID_SIZE];
    bool taken;
    if (!n->running)
        return false;
    if (n->hairpin == WZP_HAIRPIN_SENT && wzp_stun_is_request(data, length, id) &&
        memcmp(id, n->hairpin_id, sizeof id) == 0) {
        n->hairpin = WZP_HAIRPIN_OVER;
        n->report.hairpin_works = WZP_TRI_YES;
        taken = true;
    } else {
        taken = (!n->portmap_over && wzp_portmap_receive(&n->portmap, remote, data, length, now)) ||
                series_receive(n, remote, data, length, now) ||
                wzp_discovery_receive(&n->discovery, remote, data, length, now) ||
                wzp_lifetime_receive(&n->lifetime, socket, remote, data, length, now) ||
                wzp_stun_client_receive(&n->stun, remote, data, length, now);
    }
    wzp_netcheck_handle_expiry(n, now);
    return taken;
}

static bool resolving(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->task_count; i++)
        if ((n->tasks[i].kind == WZP_NETCHECK_RESOLVE_STUN ||
             n->tasks[i].kind == WZP_NETCHECK_RESOLVE_RELAY) &&
            n->tasks[i].state != WZP_NETCHECK_TASK_OVER)
            return true;
    return false;
}

static bool any_udp_answer(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->relay_count; i++)
        if (n->trips[i].answered > 0)
            return true;
    return wzp_stun_client_best(&n->stun) != NULL;
}

/* When STUN is over, even without all answers. Relays need not answer STUN: once UDP is known to
 * work, they get no more time than a distant relay needs. */
static uint64_t stun_over_at(const struct wzp_netcheck *n)
{
    unsigned answered = 0;
    uint64_t slowest = 0, begun = n->started;
    bool servers_over = true;
    for (size_t i = 0; i < n->stun.count; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (probe->begun != WZP_NEVER && probe->begun > begun)
            begun = probe->begun;
        servers_over &= probe->state != WZP_STUN_WAITING || n->stun_of_relay[i];
        if (probe->state != WZP_STUN_ANSWERED)
            continue;
        answered++;
        if (probe->rtt > slowest)
            slowest = probe->rtt;
    }
    if (resolving(n))
        return wzp_time_add(n->started, WZP_STUN_DEADLINE);
    if (wzp_stun_client_done(&n->stun))
        return n->started;
    if (answered >= STUN_ENOUGH)
        return wzp_time_add(begun, STUN_LAST_SEND + 2 * slowest + STUN_PATIENCE);
    if (!any_udp_answer(n))
        return n->stun.deadline;
    return wzp_time_add(begun, servers_over ? STUN_OF_RELAY : STUN_SOME);
}

static bool tasks_over(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->task_count; i++) {
        enum wzp_netcheck_work_kind kind = n->tasks[i].kind;
        /* The time for names counts as STUN's, and the time for UPnP as the mapping service's. */
        if (kind != WZP_NETCHECK_RESOLVE_STUN && kind != WZP_NETCHECK_UPNP &&
            n->tasks[i].state != WZP_NETCHECK_TASK_OVER)
            return false;
    }
    return true;
}

static void start_hairpin(struct wzp_netcheck *n, uint64_t now)
{
    for (size_t i = 0; i < n->stun.count; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (probe->state != WZP_STUN_ANSWERED || wzp_addr_is_v6(&probe->mapped))
            continue;
        n->hairpin = WZP_HAIRPIN_SENT;
        n->hairpin_target = probe->mapped;
        n->hairpin_at = now;
        wzp_stun_id(n->hairpin_id, &n->random);
        return;
    }
}

/* Starts it with the first server that has two addresses. */
static void start_discovery(struct wzp_netcheck *n, uint64_t now)
{
    for (size_t i = 0; i < n->stun.count && n->discovery.state == WZP_DISCOVERY_OFF; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (probe->state == WZP_STUN_ANSWERED && !wzp_addr_is_v6(&probe->server))
            wzp_discovery_start(&n->discovery, &n->random, &probe->server, &probe->other,
                                n->has_second_socket, probe->rtt, now);
    }
}

static uint64_t least(const struct wzp_netcheck_trips *trips, bool v6)
{
    return v6 ? trips->least6 : trips->least4;
}

/* The nearest relay so far, NULL for none; *addr gets its address. IPv6 counts only when no relay
 * answered over IPv4. */
static const struct wzp_netcheck_trips *nearest(const struct wzp_netcheck *n, struct wzp_addr *addr)
{
    const struct wzp_netcheck_trips *best = NULL;
    for (unsigned v6 = 0; v6 < 2 && !best; v6++) {
        for (size_t i = 0; i < n->relay_count; i++)
            if (least(&n->trips[i], v6) && (!best || least(&n->trips[i], v6) < least(best, v6)))
                best = &n->trips[i];
        if (best)
            *addr = v6 ? best->addr6 : best->addr4;
    }
    return best;
}

static void ask_mtu(struct wzp_netcheck *n)
{
    struct wzp_addr addr;
    if (n->mtu_asked || !tasks_over(n) || !nearest(n, &addr))
        return;
    n->mtu_asked = true;
    struct wzp_netcheck_task *task = wzp_netcheck_add_task(n, WZP_NETCHECK_MTU, 0);
    if (task)
        task->addr = addr;
}

static bool has_answered_stun(const struct wzp_netcheck *n, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < n->stun.count; i++)
        if (n->stun.probes[i].state == WZP_STUN_ANSWERED &&
            wzp_addr_equal(&n->stun.probes[i].server, addr))
            return true;
    return false;
}

/* Starts a series of requests to each relay that answers STUN. True while any series is under
 * way. */
static bool step_series(struct wzp_netcheck *n, uint64_t now)
{
    bool running = false;
    for (size_t i = 0; i < n->relay_count; i++) {
        struct wzp_netcheck_trips *trips = &n->trips[i];
        const struct wzp_addr *addr = trips->v6_first ? &trips->addr6 : &trips->addr4;
        for (size_t k = 0; k < n->stun.count && trips->series.state == WZP_SERIES_OFF; k++) {
            const struct wzp_stun_probe *probe = &n->stun.probes[k];
            if (probe->state == WZP_STUN_ANSWERED && wzp_addr_equal(&probe->server, addr))
                wzp_series_start(&trips->series, &n->random, addr, n->series_probes, probe->rtt,
                                 now);
        }
        wzp_series_handle_expiry(&trips->series, now);
        running |= trips->series.state == WZP_SERIES_RUNNING;
    }
    return running;
}

/* Asks for a Reflect: a relay of the existing kind tells a registered phone its address. */
static void ask_reflect(struct wzp_netcheck *n)
{
    struct wzp_addr addr;
    const struct wzp_netcheck_trips *best = nearest(n, &addr);
    if (n->reflect_asked || !n->stun_over || !best || !tasks_over(n))
        return;
    n->reflect_asked = true;
    if (has_answered_stun(n, &addr))
        return;
    struct wzp_netcheck_task *task =
        wzp_netcheck_add_task(n, WZP_NETCHECK_REFLECT, (unsigned)(best - n->trips));
    if (task)
        task->addr = addr;
}

/* Starts when all else is over. From then on the second socket is used for nothing else. */
static void start_lifetime(struct wzp_netcheck *n, uint64_t now)
{
    struct wzp_addr servers[WZP_STUN_PROBES_MAX];
    size_t count = 0;
    /* Servers with two addresses first: they support more of RFC 5780. */
    for (unsigned other = 0; other < 2; other++)
        for (size_t i = 0; i < n->stun.count; i++) {
            const struct wzp_stun_probe *probe = &n->stun.probes[i];
            if (probe->state == WZP_STUN_ANSWERED && !wzp_addr_is_v6(&probe->server) &&
                wzp_addr_is_none(&probe->other) == (other != 0))
                servers[count++] = probe->server;
        }
    wzp_lifetime_start(&n->lifetime, &n->random, servers, count, n->mapping_lifetime, now);
}

static void finish(struct wzp_netcheck *n, uint64_t now)
{
    n->running = false;
    n->finished = true;
    wzp_netcheck_fill(n, now);
    wzp_netcheck_conclude(&n->report);
}

void wzp_netcheck_stop(struct wzp_netcheck *n, uint64_t now)
{
    if (n->running)
        finish(n, now);
}

uint64_t wzp_netcheck_expiry(const struct wzp_netcheck *n)
{
    if (!n->running)
        return WZP_NEVER;
    if (n->lifetime.state != WZP_LIFETIME_OFF)
        return wzp_lifetime_expiry(&n->lifetime);
    uint64_t soonest = n->limit_at;
    if (!n->stun_over) {
        soonest = wzp_time_min(soonest, wzp_stun_client_expiry(&n->stun));
        soonest = wzp_time_min(soonest, stun_over_at(n));
    }
    soonest = wzp_time_min(soonest, wzp_discovery_expiry(&n->discovery));
    for (size_t i = 0; i < n->relay_count; i++)
        soonest = wzp_time_min(soonest, wzp_series_expiry(&n->trips[i].series));
    if (!n->portmap_over)
        soonest = wzp_time_min(soonest, wzp_portmap_expiry(&n->portmap));
    if (!n->others_asked)
        soonest = wzp_time_min(soonest, wzp_time_add(n->started, WZP_NETCHECK_OTHERS_AFTER));
    if (n->hairpin == WZP_HAIRPIN_SENT) {
        uint64_t at =
            n->hairpin_sends < 2 ? n->hairpin_sends * HAIRPIN_AGAIN : WZP_NETCHECK_HAIRPIN_TIME;
        soonest = wzp_time_min(soonest, wzp_time_add(n->hairpin_at, at));
    }
    return soonest;
}

static void step_hairpin(struct wzp_netcheck *n, uint64_t now)
{
    if (n->hairpin == WZP_HAIRPIN_WAITING)
        start_hairpin(n, now);
    if (n->hairpin == WZP_HAIRPIN_SENT &&
        now >= wzp_time_add(n->hairpin_at, WZP_NETCHECK_HAIRPIN_TIME)) {
        n->hairpin = WZP_HAIRPIN_OVER;
        n->report.hairpin_works = WZP_TRI_NO;
    }
}

/* All else is over, or out of time: measures the mapping's lifetime, if wanted, or ends. */
static void conclude(struct wzp_netcheck *n, uint64_t now)
{
    if (n->lifetime.state == WZP_LIFETIME_OFF && n->mapping_lifetime > 0)
        start_lifetime(n, now);
    wzp_lifetime_handle_expiry(&n->lifetime, now);
    if (!wzp_lifetime_running(&n->lifetime))
        finish(n, now);
}

void wzp_netcheck_handle_expiry(struct wzp_netcheck *n, uint64_t now)
{
    if (!n->running)
        return;
    if (n->lifetime.state != WZP_LIFETIME_OFF) {
        conclude(n, now);
        return;
    }
    wzp_stun_client_handle_expiry(&n->stun, now);
    if (!n->portmap_over) {
        wzp_portmap_handle_expiry(&n->portmap, now);
        n->portmap_over = wzp_portmap_probed(&n->portmap, now);
    }
    step_hairpin(n, now);
    start_discovery(n, now);
    bool counting = step_series(n, now);
    wzp_discovery_handle_expiry(&n->discovery, now);
    bool others_due =
        n->report.nobody_asked || now >= wzp_time_add(n->started, WZP_NETCHECK_OTHERS_AFTER);
    if (others_due && (any_udp_answer(n) || n->report.nobody_asked))
        n->others_asked = true; /* not needed */
    else if (others_due)
        ask_others(n);
    n->stun_over = n->stun_over || now >= stun_over_at(n);
    ask_reflect(n);
    ask_mtu(n);
    bool all = n->stun_over && n->portmap_over && tasks_over(n) && n->hairpin != WZP_HAIRPIN_SENT &&
               n->discovery.state != WZP_DISCOVERY_RUNNING && !counting &&
               (any_udp_answer(n) || others_due);
    if (all || now >= n->limit_at)
        conclude(n, now);
}

void wzp_netcheck_progress(const struct wzp_netcheck *n, unsigned *done, unsigned *total)
{
    *done = n->portmap_over;
    *total = 1;
    for (size_t i = 0; i < n->stun.count; i++) {
        *done += n->stun.probes[i].state != WZP_STUN_WAITING;
        *total += 1;
    }
    for (size_t i = 0; i < n->task_count; i++) {
        *done += n->tasks[i].state == WZP_NETCHECK_TASK_OVER;
        *total += 1;
    }
    if (n->mapping_lifetime > 0) {
        *done += n->lifetime.steps;
        *total += n->lifetime.steps + wzp_lifetime_steps_left(&n->lifetime);
    }
    if (n->finished)
        *done = *total;
}

const struct wzp_netcheck_report *wzp_netcheck_result(const struct wzp_netcheck *n)
{
    return n->finished ? &n->report : NULL;
}

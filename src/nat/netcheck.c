/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The course of a check. */
#include "nat/netcheck.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "nat/scope.h"

#define STUN_PORT 3478
#define RELAY_PORT 4433
/* Servers that have not answered are waited for only so long when others have. */
#define STUN_ENOUGH 3
#define STUN_PATIENCE (100 * WZP_MILLISECOND)
#define STUN_LAST_SEND (300 * WZP_MILLISECOND)
#define STUN_SOME (1500 * WZP_MILLISECOND)
#define HAIRPIN_AGAIN (100 * WZP_MILLISECOND)

void wzp_netcheck_config_default(struct wzp_netcheck_config *config)
{
    memset(config, 0, sizeof *config);
    config->stun = wzp_stun_servers;
    config->stun_count = WZP_STUN_SERVERS;
    config->test_port_mapping = config->test_ipv6 = true;
    config->relay_probes = WZP_NETCHECK_RELAY_PROBES;
    config->limit = WZP_NETCHECK_LIMIT;
}

static struct wzp_netcheck_task *add_task(struct wzp_netcheck *n, enum wzp_netcheck_work_kind kind,
                                          unsigned index)
{
    if (n->task_count == WZP_NETCHECK_TASKS_MAX)
        return NULL;
    struct wzp_netcheck_task *task = &n->tasks[n->task_count++];
    memset(task, 0, sizeof *task);
    task->kind = kind;
    task->index = index;
    return task;
}

/* The address a packet of this family leaves from, as far as the interfaces tell. */
static void find_local(struct wzp_addr *out, char *name, const struct wzp_netcheck_config *config,
                       bool v6)
{
    const struct wzp_addr *socket = v6 ? &config->socket6 : &config->socket4;
    memset(out, 0, sizeof *out);
    name[0] = '\0';
    if (wzp_addr_is_none(socket))
        return;
    for (size_t i = 0; i < config->local_count; i++) {
        const struct wzp_local_address *at = &config->locals[i];
        bool bound = wzp_addr_equal_ip(&at->addr, socket);
        if (wzp_addr_is_v6(&at->addr) != v6 || !at->up || (!at->default_route && !bound) ||
            (v6 && wzp_scope_of(&at->addr) == WZP_SCOPE_LINK_LOCAL))
            continue;
        *out = at->addr;
        wzp_addr_set_port(out, wzp_addr_port(socket));
        wzp_text_copy(name, WZP_LOCAL_NAME_MAX, at->name);
        if (bound)
            return;
    }
}

static void copy_config(struct wzp_netcheck *n, const struct wzp_netcheck_config *config)
{
    const char *const *stun = config->stun ? config->stun : wzp_stun_servers;
    size_t stun_count = config->stun ? config->stun_count : WZP_STUN_SERVERS;
    for (; n->stun_count < stun_count && n->stun_count < WZP_NETCHECK_STUN_MAX; n->stun_count++)
        wzp_text_copy(n->stun_names[n->stun_count], WZP_NETCHECK_NAME_MAX, stun[n->stun_count]);
    for (; n->relay_count < config->relay_count && n->relay_count < WZP_NETCHECK_RELAYS_MAX;
         n->relay_count++) {
        const struct wzp_netcheck_relay_config *relay = &config->relays[n->relay_count];
        wzp_text_filter(n->relay_names[n->relay_count], WZP_RELAY_MAP_NAME_MAX, relay->name,
                        strlen(relay->name));
        wzp_text_copy(n->relay_addrs[n->relay_count], WZP_NETCHECK_NAME_MAX, relay->addr);
    }
    n->relay_probes = config->relay_probes ? config->relay_probes : WZP_NETCHECK_RELAY_PROBES;
    if (n->relay_probes > WZP_NETCHECK_RELAY_PROBES_MAX)
        n->relay_probes = WZP_NETCHECK_RELAY_PROBES_MAX;
    n->socket4 = config->socket4;
    n->socket6 = config->socket6;
    n->test_ipv6 = config->test_ipv6;
    n->test_port_mapping = config->test_port_mapping;
    n->has_second_socket = config->has_second_socket;
    find_local(&n->local4, n->interface4, config, false);
    find_local(&n->local6, n->interface6, config, true);
    n->use_v6 = config->test_ipv6 && !wzp_addr_is_none(&n->local6);
}

static void list_interfaces(struct wzp_netcheck *n, const struct wzp_netcheck_config *config)
{
    struct wzp_netcheck_report *r = &n->report;
    for (size_t i = 0; i < config->local_count; i++) {
        const struct wzp_local_address *at = &config->locals[i];
        if (!at->up || at->loopback || r->interface_count == WZP_NETCHECK_INTERFACES_MAX)
            continue;
        struct wzp_netcheck_interface *out = &r->interfaces[r->interface_count++];
        wzp_text_copy(out->name, sizeof out->name, at->name);
        out->addr = at->addr;
        out->default_route = at->default_route;
        out->metered = at->metered;
    }
}

static void ask_others(struct wzp_netcheck *n)
{
    if (n->others_asked)
        return;
    n->others_asked = true;
    add_task(n, WZP_NETCHECK_TCP, 0);
    add_task(n, WZP_NETCHECK_ICMP, 0);
    add_task(n, WZP_NETCHECK_CAPTIVE, 0);
}

void wzp_netcheck_start(struct wzp_netcheck *n, const struct wzp_netcheck_config *config,
                        const struct wzp_random *random, uint64_t now)
{
    memset(n, 0, sizeof *n);
    n->random = *random;
    n->running = true;
    n->started = now;
    n->limit_at = wzp_time_add(now, config->limit ? config->limit : WZP_NETCHECK_LIMIT);
    n->report.now_ms = config->wall_ms;
    n->report.os_has_ipv6 = config->os_has_ipv6;
    n->report.gateway = config->gateway;
    copy_config(n, config);
    list_interfaces(n, config);
    wzp_stun_client_init(&n->stun, random, WZP_STUN_DEADLINE);
    for (size_t i = 0; i < n->stun_count; i++)
        add_task(n, WZP_NETCHECK_RESOLVE_STUN, (unsigned)i);
    for (size_t i = 0; i < n->relay_count; i++)
        add_task(n, WZP_NETCHECK_RESOLVE_RELAY, (unsigned)i);
    n->hairpin = config->has_second_socket ? WZP_HAIRPIN_WAITING : WZP_HAIRPIN_OFF;
    wzp_portmap_init(&n->portmap, random);
    struct wzp_addr lan;
    wzp_local_lan_address(&lan, config->locals, config->local_count);
    if (config->test_port_mapping)
        wzp_portmap_probe(&n->portmap, &config->gateway, &lan, now);
    else
        n->portmap_over = true;
    if (config->test_all)
        ask_others(n);
}

int wzp_netcheck_next_work(struct wzp_netcheck *n, struct wzp_netcheck_work *out)
{
    struct wzp_portmap_work upnp;
    if (!n->running)
        return 0;
    if (!n->portmap_over && wzp_portmap_next_work(&n->portmap, &upnp)) {
        struct wzp_netcheck_task *task = add_task(n, WZP_NETCHECK_UPNP, 0);
        if (task)
            task->portmap = upnp;
    }
    for (size_t i = 0; i < n->task_count; i++) {
        struct wzp_netcheck_task *task = &n->tasks[i];
        if (task->state != WZP_NETCHECK_TASK_READY)
            continue;
        task->state = WZP_NETCHECK_TASK_OUT;
        memset(out, 0, sizeof *out);
        out->id = (unsigned)i;
        out->kind = task->kind;
        out->addr = task->addr;
        out->portmap = task->portmap;
        if (task->kind == WZP_NETCHECK_RESOLVE_STUN) {
            out->text = n->stun_names[task->index];
            out->default_port = STUN_PORT;
        } else if (task->kind == WZP_NETCHECK_RESOLVE_RELAY) {
            out->text = n->relay_addrs[task->index];
            out->default_port = RELAY_PORT;
        } else if (task->kind == WZP_NETCHECK_PROBE_RELAY) {
            out->text = n->relay_names[task->index];
        }
        return 1;
    }
    return 0;
}

static bool family_wanted(const struct wzp_netcheck *n, const struct wzp_addr *addr)
{
    return wzp_addr_is_v6(addr) ? n->use_v6 : !wzp_addr_is_none(&n->socket4);
}

/* The first address of the family among those resolved, NULL. */
static const struct wzp_addr *pick(const struct wzp_netcheck *n,
                                   const struct wzp_netcheck_done *done, bool v6)
{
    for (size_t i = 0; i < done->addr_count && i < WZP_NETCHECK_ADDRS_MAX; i++)
        if (wzp_addr_is_v6(&done->addrs[i]) == v6 && family_wanted(n, &done->addrs[i]))
            return &done->addrs[i];
    return NULL;
}

static const char *words(const struct wzp_netcheck_done *done)
{
    if (done->error)
        return done->error;
    return done->result < 0 ? wzp_strerror(done->result) : "no usable address";
}

static void add_stun(struct wzp_netcheck *n, unsigned server, const struct wzp_addr *addr,
                     const char *error)
{
    size_t at = n->stun.count;
    /* Padded: relays answer nothing that is shorter than their answer. */
    if (wzp_stun_client_add(&n->stun, n->stun_names[server], addr, true, error) == 0)
        n->stun_server_of[at] = server;
}

static void stun_resolved(struct wzp_netcheck *n, unsigned server,
                          const struct wzp_netcheck_done *done, uint64_t now)
{
    const struct wzp_addr *addr4 = pick(n, done, false), *addr6 = pick(n, done, true);
    struct wzp_addr none = {0};
    if (addr4)
        add_stun(n, server, addr4, NULL);
    if (addr6)
        add_stun(n, server, addr6, NULL);
    if (!addr4 && !addr6)
        add_stun(n, server, &none, words(done));
    wzp_stun_client_start(&n->stun, now);
}

static void probe_relay(struct wzp_netcheck *n, unsigned relay, const struct wzp_addr *addr)
{
    struct wzp_netcheck_task *task = add_task(n, WZP_NETCHECK_PROBE_RELAY, relay);
    if (task)
        task->addr = *addr;
}

static void relay_resolved(struct wzp_netcheck *n, unsigned relay,
                           const struct wzp_netcheck_done *done)
{
    const struct wzp_addr *addr4 = pick(n, done, false), *addr6 = pick(n, done, true);
    struct wzp_netcheck_trips *trips = &n->trips[relay];
    if (addr4)
        trips->addr4 = *addr4;
    if (addr6)
        trips->addr6 = *addr6;
    trips->v6_first = !addr4;
    if (addr4)
        probe_relay(n, relay, addr4);
    if (addr6)
        probe_relay(n, relay, addr6);
    if (!addr4 && !addr6)
        wzp_text_filter(n->relay_errors[relay], WZP_NETCHECK_ERROR_MAX, words(done),
                        strlen(words(done)));
}

/* One round trip more; the next one follows when it is over, in the relay's first family only. A
 * relay that let the first one run out of time is silent. */
static void relay_probed(struct wzp_netcheck *n, const struct wzp_netcheck_task *task,
                         const struct wzp_netcheck_done *done)
{
    struct wzp_netcheck_trips *trips = &n->trips[task->index];
    struct wzp_addr addr = task->addr;
    bool v6 = wzp_addr_is_v6(&addr), first = v6 == trips->v6_first;
    if (first)
        trips->asked++;
    if (done->result < 0) {
        const char *text = words(done);
        wzp_text_filter(n->relay_errors[task->index], WZP_NETCHECK_ERROR_MAX, text, strlen(text));
    } else {
        uint64_t *least = v6 ? &trips->least6 : &trips->least4;
        uint64_t rtt = done->rtt ? done->rtt : 1;
        if (*least == 0 || rtt < *least)
            *least = rtt;
        if (first && trips->answered > 0) {
            uint64_t step = rtt > trips->last ? rtt - trips->last : trips->last - rtt;
            trips->jitter += ((double)step - trips->jitter) / trips->answered;
        }
        if (first) {
            trips->answered++;
            trips->last = rtt;
        }
        if (!wzp_addr_is_none(&done->observed))
            trips->observed = done->observed;
    }
    bool silent = done->result == WZP_E_TIMEOUT && trips->answered == 0;
    if (first && !silent && trips->asked < n->relay_probes)
        probe_relay(n, task->index, &addr);
}

static enum wzp_tri tri_of(const struct wzp_netcheck_done *done)
{
    if (done->result == WZP_E_UNSUPPORTED)
        return WZP_TRI_UNKNOWN;
    return done->result < 0 ? WZP_TRI_NO : WZP_TRI_YES;
}

void wzp_netcheck_work_done(struct wzp_netcheck *n, const struct wzp_netcheck_done *done,
                            uint64_t now)
{
    if (!n->running || done->id >= n->task_count ||
        n->tasks[done->id].state != WZP_NETCHECK_TASK_OUT) {
        n->ignored++;
        return;
    }
    struct wzp_netcheck_task *task = &n->tasks[done->id];
    task->state = WZP_NETCHECK_TASK_OVER;
    switch (task->kind) {
    case WZP_NETCHECK_RESOLVE_STUN: stun_resolved(n, task->index, done, now); break;
    case WZP_NETCHECK_RESOLVE_RELAY: relay_resolved(n, task->index, done); break;
    case WZP_NETCHECK_PROBE_RELAY: relay_probed(n, task, done); break;
    case WZP_NETCHECK_UPNP: wzp_portmap_work_done(&n->portmap, &done->portmap, now); break;
    case WZP_NETCHECK_TCP: n->report.tcp_443 = tri_of(done); break;
    case WZP_NETCHECK_ICMP: n->report.icmpv4 = tri_of(done); break;
    case WZP_NETCHECK_CAPTIVE: n->report.captive_portal = tri_of(done); break;
    case WZP_NETCHECK_MTU:
        n->report.mtu.known = done->result >= 0;
        n->report.mtu.value = done->value;
        break;
    }
    wzp_netcheck_handle_expiry(n, now);
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
    if (socket == 1 && hairpin_packet(n, out, now))
        return 1;
    return wzp_discovery_next_packet(&n->discovery, out, socket, now);
}

bool wzp_netcheck_receive(struct wzp_netcheck *n, const struct wzp_addr *remote,
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
                wzp_discovery_receive(&n->discovery, remote, data, length, now) ||
                wzp_stun_client_receive(&n->stun, remote, data, length, now);
    }
    wzp_netcheck_handle_expiry(n, now);
    return taken;
}

static bool resolving(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->task_count; i++)
        if (n->tasks[i].kind == WZP_NETCHECK_RESOLVE_STUN &&
            n->tasks[i].state != WZP_NETCHECK_TASK_OVER)
            return true;
    return false;
}

/* When STUN is over even without all answers; WZP_NEVER when that cannot be said yet. */
static uint64_t stun_over_at(const struct wzp_netcheck *n)
{
    unsigned answered = 0;
    uint64_t slowest = 0;
    for (size_t i = 0; i < n->stun.count; i++) {
        if (n->stun.probes[i].state != WZP_STUN_ANSWERED)
            continue;
        answered++;
        if (n->stun.probes[i].rtt > slowest)
            slowest = n->stun.probes[i].rtt;
    }
    if (resolving(n))
        return wzp_time_add(n->started, WZP_STUN_DEADLINE);
    if (wzp_stun_client_done(&n->stun))
        return n->started;
    if (answered >= STUN_ENOUGH)
        return wzp_time_add(n->stun.started, STUN_LAST_SEND + 2 * slowest + STUN_PATIENCE);
    return answered > 0 ? wzp_time_add(n->stun.started, STUN_SOME) : n->stun.deadline;
}

static bool tasks_over(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->task_count; i++) {
        enum wzp_netcheck_work_kind kind = n->tasks[i].kind;
        /* Names are part of STUN's time, the router's page of the mapping service's. */
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

/* With the first server that has two addresses. */
static void start_discovery(struct wzp_netcheck *n, uint64_t now)
{
    for (size_t i = 0; i < n->stun.count && n->discovery.state == WZP_DISCOVERY_OFF; i++) {
        const struct wzp_stun_probe *probe = &n->stun.probes[i];
        if (probe->state == WZP_STUN_ANSWERED && !wzp_addr_is_v6(&probe->server))
            wzp_discovery_start(&n->discovery, &n->random, &probe->server, &probe->other,
                                n->has_second_socket, probe->rtt, now);
    }
}

static bool any_udp_answer(const struct wzp_netcheck *n)
{
    for (size_t i = 0; i < n->relay_count; i++)
        if (n->trips[i].answered > 0)
            return true;
    return wzp_stun_client_best(&n->stun) != NULL;
}

/* The nearest relay so far, NULL. */
static const struct wzp_netcheck_trips *nearest(const struct wzp_netcheck *n)
{
    const struct wzp_netcheck_trips *best = NULL;
    for (size_t i = 0; i < n->relay_count; i++)
        if (n->trips[i].least4 && (!best || n->trips[i].least4 < best->least4))
            best = &n->trips[i];
    return best;
}

static void ask_mtu(struct wzp_netcheck *n)
{
    const struct wzp_netcheck_trips *best = nearest(n);
    if (n->mtu_asked || !best || !tasks_over(n))
        return;
    n->mtu_asked = true;
    struct wzp_netcheck_task *task = add_task(n, WZP_NETCHECK_MTU, 0);
    if (task)
        task->addr = best->addr4;
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
    uint64_t soonest = n->limit_at;
    if (!n->stun_over) {
        soonest = wzp_time_min(soonest, wzp_stun_client_expiry(&n->stun));
        soonest = wzp_time_min(soonest, stun_over_at(n));
    }
    soonest = wzp_time_min(soonest, wzp_discovery_expiry(&n->discovery));
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

void wzp_netcheck_handle_expiry(struct wzp_netcheck *n, uint64_t now)
{
    if (!n->running)
        return;
    wzp_stun_client_handle_expiry(&n->stun, now);
    if (!n->portmap_over) {
        wzp_portmap_handle_expiry(&n->portmap, now);
        n->portmap_over = wzp_portmap_probed(&n->portmap, now);
    }
    step_hairpin(n, now);
    start_discovery(n, now);
    wzp_discovery_handle_expiry(&n->discovery, now);
    bool others_due = now >= wzp_time_add(n->started, WZP_NETCHECK_OTHERS_AFTER);
    if (others_due && any_udp_answer(n))
        n->others_asked = true; /* not needed */
    else if (others_due)
        ask_others(n);
    ask_mtu(n);
    n->stun_over = n->stun_over || now >= stun_over_at(n);
    bool all = n->stun_over && n->portmap_over && tasks_over(n) && n->hairpin != WZP_HAIRPIN_SENT &&
               n->discovery.state != WZP_DISCOVERY_RUNNING && (any_udp_answer(n) || others_due);
    if (all || now >= n->limit_at)
        finish(n, now);
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
    if (n->finished)
        *done = *total;
}

const struct wzp_netcheck_report *wzp_netcheck_result(const struct wzp_netcheck *n)
{
    return n->finished ? &n->report : NULL;
}

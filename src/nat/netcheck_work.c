/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The work that a check leaves to its host: names, round trips to relays, inquiries. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "nat/netcheck.h"

#define STUN_PORT 3478
#define RELAY_PORT 4433

struct wzp_netcheck_task *wzp_netcheck_add_task(struct wzp_netcheck *n,
                                                enum wzp_netcheck_work_kind kind, unsigned index)
{
    if (n->task_count == WZP_NETCHECK_TASKS_MAX)
        return NULL;
    struct wzp_netcheck_task *task = &n->tasks[n->task_count++];
    memset(task, 0, sizeof *task);
    task->kind = kind;
    task->index = index;
    return task;
}

int wzp_netcheck_next_work(struct wzp_netcheck *n, struct wzp_netcheck_work *out)
{
    struct wzp_portmap_work upnp;
    if (!n->running)
        return 0;
    if (!n->portmap_over && wzp_portmap_next_work(&n->portmap, &upnp)) {
        struct wzp_netcheck_task *task = wzp_netcheck_add_task(n, WZP_NETCHECK_UPNP, 0);
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

/* Adds a STUN probe unless this address has one: a relay may also be named as a STUN server. */
static void add_stun(struct wzp_netcheck *n, const char *name, const struct wzp_addr *addr,
                     const char *error, bool relay)
{
    size_t at = n->stun.count;
    for (size_t i = 0; i < at; i++)
        if (!wzp_addr_is_none(addr) && wzp_addr_equal(&n->stun.probes[i].server, addr)) {
            n->stun_of_relay[i] &= relay;
            return;
        }
    /* Padded, because relays do not answer a request that is shorter than the answer. */
    if (wzp_stun_client_add(&n->stun, name, addr, true, error) == 0)
        n->stun_of_relay[at] = relay;
}

static void stun_resolved(struct wzp_netcheck *n, unsigned server,
                          const struct wzp_netcheck_done *done, uint64_t now)
{
    const struct wzp_addr *addr4 = pick(n, done, false), *addr6 = pick(n, done, true);
    struct wzp_addr none = {0};
    const char *name = n->stun_names[server];
    if (addr4)
        add_stun(n, name, addr4, NULL, false);
    if (addr6)
        add_stun(n, name, addr6, NULL, false);
    if (!addr4 && !addr6)
        add_stun(n, name, &none, words(done), false);
    wzp_stun_client_start(&n->stun, now);
}

static void probe_relay(struct wzp_netcheck *n, unsigned relay, const struct wzp_addr *addr)
{
    struct wzp_netcheck_task *task = wzp_netcheck_add_task(n, WZP_NETCHECK_PROBE_RELAY, relay);
    if (task)
        task->addr = *addr;
}

/* A relay's name was resolved: measures its round trips, and sends a STUN request to the same
 * port. */
static void relay_resolved(struct wzp_netcheck *n, unsigned relay,
                           const struct wzp_netcheck_done *done, uint64_t now)
{
    const struct wzp_addr *addr4 = pick(n, done, false), *addr6 = pick(n, done, true);
    struct wzp_netcheck_trips *trips = &n->trips[relay];
    if (addr4)
        trips->addr4 = *addr4;
    if (addr6)
        trips->addr6 = *addr6;
    trips->v6_first = !addr4;
    if (addr4) {
        probe_relay(n, relay, addr4);
        add_stun(n, n->relay_addrs[relay], addr4, NULL, true);
    }
    if (addr6) {
        probe_relay(n, relay, addr6);
        add_stun(n, n->relay_addrs[relay], addr6, NULL, true);
    }
    wzp_stun_client_start(&n->stun, now);
    if (!addr4 && !addr6)
        wzp_text_filter(n->relay_errors[relay], WZP_NETCHECK_ERROR_MAX, words(done),
                        strlen(words(done)));
}

/* A round trip to a relay is over; starts the next one, in the relay's first family only. A relay
 * that did not answer the first in time counts as silent. */
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
        n->report.relay_absent |= done->result == WZP_E_REFUSED;
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
    case WZP_NETCHECK_RESOLVE_RELAY: relay_resolved(n, task->index, done, now); break;
    case WZP_NETCHECK_PROBE_RELAY: relay_probed(n, task, done); break;
    case WZP_NETCHECK_REFLECT: n->trips[task->index].observed = done->observed; break;
    case WZP_NETCHECK_UPNP: wzp_portmap_work_done(&n->portmap, &done->portmap, now); break;
    case WZP_NETCHECK_TCP: n->report.tcp_443 = tri_of(done); break;
    case WZP_NETCHECK_ICMP: n->report.icmpv4 = tri_of(done); break;
    case WZP_NETCHECK_CAPTIVE: n->report.captive_portal = tri_of(done); break;
    case WZP_NETCHECK_METERED:
        for (size_t i = 0; i < n->report.interface_count; i++)
            if (n->report.interfaces[i].default_route)
                n->report.interfaces[i].metered = tri_of(done);
        break;
    case WZP_NETCHECK_MTU:
        n->report.mtu.known = done->result >= 0;
        n->report.mtu.value = done->value;
        break;
    }
    wzp_netcheck_handle_expiry(n, now);
}

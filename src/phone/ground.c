/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/ground.h"

#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "nat/demux.h"
#include "nat/scope.h"
#include "phone/account.h"
#include "phone/internal.h"
#include "phone/step.h"

/* How long a relay needs to validate our new address; the same in the worst case; and how long
 * after a change the relay's answer is not preferred. */
#define RELAY_SETTLE (150 * WZP_MILLISECOND)
#define RELAY_SETTLE_LONG (1500 * WZP_MILLISECOND)
#define PATIENCE (250 * WZP_MILLISECOND) /* wzp-protocol(7), Race */
#define RELAY_DOUBT (2 * WZP_SECOND)

void wzp_ground_init(struct wzp_phone *p)
{
    wzp_gather_init(&p->ground.gather, 0);
    p->ground.ask_relay_at[0] = p->ground.ask_relay_at[1] = WZP_NEVER;
    wzp_portmap_init(&p->ground.portmap, &p->config.random);
    wzp_stun_client_init(&p->ground.stun, &p->config.random, WZP_STUN_DEADLINE);
}

/* ---- what leaves ---- */

static void send_packet(struct wzp_phone *p, const struct wzp_packet *packet)
{
    const struct wzp_addr *local = &p->locals[wzp_addr_is_v6(&packet->remote)];

    (void)wzp_quic_endpoint_send_raw(p->endpoint, local, &packet->remote, packet->data,
                                     packet->length);
}

/* Sends everything that is due. */
static void pump(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    struct wzp_portmap_work work;

    while (g->asking && wzp_stun_client_next_packet(&g->stun, &packet, now))
        send_packet(p, &packet);
    while (wzp_portmap_next_packet(&g->portmap, &packet, now))
        send_packet(p, &packet);
    if (p->config.portmap_work && wzp_portmap_next_work(&g->portmap, &work))
        p->config.portmap_work(p->config.context, &work);
}

static void ask_relay(struct wzp_phone *p, uint64_t now)
{
    struct wzp_signal question;

    memset(&question, 0, sizeof question);
    question.type = WZP_SIGNAL_REFLECT;
    (void)wzp_account_send(p, &question, now);
}

static void ask_servers(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    wzp_stun_client_init(&g->stun, &p->config.random, WZP_STUN_DEADLINE);
    for (size_t i = 0; i < g->server_count; i++)
        if (!wzp_addr_is_none(&p->locals[wzp_addr_is_v6(&g->servers[i])]))
            (void)wzp_stun_client_add(&g->stun, "", &g->servers[i], true, NULL);
    g->asking = g->stun.count > 0;
    if (g->asking)
        wzp_stun_client_start(&g->stun, now);
    pump(p, now);
}

static void look_at_portmap(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    if (wzp_portmap_take_change(&g->portmap))
        wzp_gather_set_mapped(&g->gather, wzp_portmap_external(&g->portmap), now);
}

static void want_port(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    struct wzp_addr lan;

    /* A relay on this machine means a test setup: no router is needed. */
    if (wzp_addr_is_loopback(&p->account.connected.remote))
        return;
    /* Not while we register: some routers move existing flows to the newly mapped port. */
    if (!p->config.portmap || p->config.relay_only || p->parting || !wzp_phone_registered(p))
        return;
    (void)wzp_local_lan_address(&lan, &g->networks);
    wzp_portmap_start(&g->portmap, &g->gateway, &lan, wzp_addr_port(&p->locals[0]), now);
    look_at_portmap(p, now);
}

void wzp_ground_ask(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    if (!wzp_phone_registered(p) || p->config.relay_only)
        return;
    g->awaited_until = wzp_time_add(now, PATIENCE);
    wzp_step_forget(p, now);
    ask_relay(p, now);
    want_port(p, now);
    ask_servers(p, now);
}

uint64_t wzp_ground_awaited(const struct wzp_phone *p, uint64_t now)
{
    const struct wzp_ground *g = &p->ground;
    bool known =
        !wzp_addr_is_none(&g->gather.reflexive4) || !wzp_addr_is_none(&g->gather.reflexive6);

    return known || now >= g->awaited_until ? 0 : g->awaited_until;
}

void wzp_ground_moved(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    if (!wzp_phone_registered(p) || p->config.relay_only)
        return;
    memset(&g->seen_by_relay, 0, sizeof g->seen_by_relay);
    g->moved_at = now;
    wzp_step_forget(p, now);
    g->ask_relay_at[0] = wzp_time_add(now, RELAY_SETTLE);
    g->ask_relay_at[1] = wzp_time_add(now, RELAY_SETTLE_LONG);
    ask_servers(p, now);
}

/* ---- what is learnt ---- */

static void judge_router(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    struct wzp_nat_observation seen[WZP_PHONE_STUN_MAX + 1];
    struct wzp_nat_facts facts = {.observations = seen, .local = p->locals[0]};

    if (!wzp_addr_is_none(&g->seen_by_relay) && !wzp_addr_is_v6(&g->seen_by_relay))
        seen[facts.count++] = (struct wzp_nat_observation){g->relay, g->seen_by_relay, 0};
    for (size_t i = 0; i < g->stun.count; i++)
        if (g->stun.probes[i].state == WZP_STUN_ANSWERED &&
            !wzp_addr_is_v6(&g->stun.probes[i].mapped))
            seen[facts.count++] = (struct wzp_nat_observation){
                g->stun.probes[i].server, g->stun.probes[i].mapped, (uint32_t)i + 1};
    wzp_nat_judge(&g->nat, &facts);
    wzp_gather_set_hard(&g->gather, wzp_nat_is_hard(&g->nat), now);
}

/* Prefers the address that the relay sees, unless the relay is on our side of the NAT or our
 * network changed just now: then STUN's answer is better. */
static void choose_reflexive(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    for (int v6 = 0; v6 < 2; v6++) {
        struct wzp_addr chosen = {.length = 0};
        if (!wzp_addr_is_none(&g->seen_by_relay) && wzp_addr_is_v6(&g->seen_by_relay) == (v6 != 0))
            chosen = g->seen_by_relay;
        bool doubt = !wzp_scope_is_global(&chosen) ||
                     (g->moved_at != 0 && wzp_time_since(now, g->moved_at) < RELAY_DOUBT);
        for (size_t i = 0; i < g->stun.count && doubt; i++)
            if (g->stun.probes[i].state == WZP_STUN_ANSWERED &&
                wzp_addr_is_v6(&g->stun.probes[i].mapped) == (v6 != 0) &&
                (wzp_addr_is_none(&chosen) || wzp_scope_is_global(&g->stun.probes[i].mapped))) {
                chosen = g->stun.probes[i].mapped;
                break;
            }
        if (!wzp_addr_is_none(&chosen))
            wzp_gather_set_reflexive(&g->gather, &chosen, now);
    }
}

void wzp_ground_reflected(struct wzp_phone *p, const char *address, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    struct wzp_addr seen;

    if (p->config.relay_only || wzp_addr_parse(&seen, address, strlen(address)) < 0)
        return;
    g->seen_by_relay = seen;
    g->relay = p->account.connected.remote;
    choose_reflexive(p, now);
    judge_router(p, now);
}

bool wzp_ground_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    bool taken = wzp_portmap_receive(&g->portmap, remote, data, length, now);

    if (taken)
        look_at_portmap(p, now);
    else if (wzp_demux(data, length) == WZP_DATAGRAM_STUN)
        taken = wzp_stun_client_receive(&g->stun, remote, data, length, now);
    if (taken) {
        choose_reflexive(p, now);
        judge_router(p, now);
        pump(p, now);
    }
    return taken;
}

void wzp_ground_work_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                          uint64_t now)
{
    wzp_portmap_work_done(&p->ground.portmap, done, now);
    look_at_portmap(p, now);
    pump(p, now);
}

/* ---- the machine's networks ---- */

void wzp_ground_set_networks(struct wzp_phone *p, const struct wzp_networks *networks, uint64_t now)
{
    struct wzp_ground *g = &p->ground;
    struct wzp_addr hosts[WZP_HOST_CANDIDATES_MAX];

    g->gather.local_port = wzp_addr_port(&p->locals[0]);
    if (!networks)
        return;
    g->networks = *networks;
    g->gateway = networks->gateway;
    size_t count = wzp_local_candidates(hosts, &g->networks, wzp_addr_port(&p->locals[0]),
                                        wzp_addr_port(&p->locals[1]));
    wzp_gather_set_hosts(&g->gather, hosts, count, now);
    want_port(p, now);
    pump(p, now);
}

void wzp_ground_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                         uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    if (count > WZP_PHONE_STUN_MAX)
        count = WZP_PHONE_STUN_MAX;
    g->server_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!wzp_addr_is_none(&servers[i]) && wzp_addr_port(&servers[i]) != 0)
            g->servers[g->server_count++] = servers[i];
    wzp_ground_ask(p, now);
}

/* ---- what peers are told ---- */

void wzp_ground_hint(const struct wzp_phone *p, struct wzp_nat_hint *out)
{
    const struct wzp_ground *g = &p->ground;

    bool willing = p->config.port_search && p->config.port_more && !wzp_local_metered(&g->networks);
    wzp_nat_hint_from(out, &g->nat, willing);
    if (wzp_nat_hint_steps(out) && wzp_step_port(p))
        out->last_port = wzp_step_port(p);
}

void wzp_ground_take(const struct wzp_phone *p, struct wzp_gather_counter *counter,
                     struct wzp_ground_texts *out)
{
    struct wzp_gathered gathered;
    struct wzp_nat_hint hint;

    memset(out, 0, sizeof *out);
    wzp_gather_take(&p->ground.gather, counter, &gathered);
    out->generation = gathered.generation;
    if (p->config.relay_only)
        return;
    wzp_addr_format(out->reflexive, &gathered.reflexive);
    wzp_addr_format(out->mapped, &gathered.mapped);
    for (size_t i = 0; i < gathered.host_count; i++) {
        out->items[out->count] = out->hosts[out->count];
        wzp_addr_format(out->hosts[out->count++], &gathered.hosts[i]);
    }
    wzp_ground_hint(p, &hint);
    if (hint.known) {
        out->items[out->count] = out->hosts[out->count];
        wzp_nat_hint_format(out->hosts[out->count++], &hint);
    }
}

/* ---- time ---- */

void wzp_ground_stop(struct wzp_phone *p, uint64_t now)
{
    p->ground.asking = false;
    wzp_portmap_stop(&p->ground.portmap, now);
    pump(p, now);
}

bool wzp_ground_stopped(const struct wzp_phone *p)
{
    return wzp_portmap_stopped(&p->ground.portmap);
}

uint64_t wzp_ground_expiry(const struct wzp_phone *p)
{
    const struct wzp_ground *g = &p->ground;
    uint64_t at = wzp_time_min(wzp_gather_expiry(&g->gather), wzp_portmap_expiry(&g->portmap));

    at = wzp_time_min(at, wzp_time_min(g->ask_relay_at[0], g->ask_relay_at[1]));
    return g->asking ? wzp_time_min(at, wzp_stun_client_expiry(&g->stun)) : at;
}

bool wzp_ground_expire(struct wzp_phone *p, uint64_t now)
{
    struct wzp_ground *g = &p->ground;

    if (g->asking && now >= wzp_stun_client_expiry(&g->stun))
        wzp_stun_client_handle_expiry(&g->stun, now);
    if (g->asking && wzp_stun_client_done(&g->stun))
        g->asking = false;
    if (now >= wzp_portmap_expiry(&g->portmap)) {
        wzp_portmap_handle_expiry(&g->portmap, now);
        look_at_portmap(p, now);
    }
    for (int i = 0; i < 2; i++)
        if (now >= g->ask_relay_at[i]) {
            g->ask_relay_at[i] = WZP_NEVER;
            ask_relay(p, now);
        }
    pump(p, now);
    return wzp_gather_due(&g->gather, now);
}

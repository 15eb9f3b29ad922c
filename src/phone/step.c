/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/step.h"

#include "base/addr.h"
#include "phone/ports.h"

#define PATIENCE (700 * WZP_MILLISECOND) /* later nobody waits for the port: nat/race_state.h */

static void end(struct wzp_phone *p, uint64_t now)
{
    p->step.asking = false;
    wzp_ports_release(p, now);
}

static void pump(struct wzp_phone *p, uint64_t now)
{
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};

    while (p->step.asking && wzp_stun_client_next_packet(&p->step.stun, &packet, now))
        (void)wzp_quic_endpoint_send_raw(p->endpoint, &p->step.local, &packet.remote, data,
                                         packet.length);
}

void wzp_step_ask(struct wzp_phone *p, uint64_t now)
{
    const struct wzp_ground *g = &p->ground;
    struct wzp_nat_hint hint;
    size_t server = 0;

    wzp_nat_hint_from(&hint, &g->nat, false);
    while (server < g->server_count && wzp_addr_is_v6(&g->servers[server]))
        server++;
    if (p->step.asking || server == g->server_count || !wzp_nat_hint_steps(&hint) ||
        wzp_ports_open(p, &p->step.local) < 0)
        return;
    wzp_stun_client_init(&p->step.stun, &p->config.random, PATIENCE);
    (void)wzp_stun_client_add(&p->step.stun, "", &g->servers[server], true, NULL);
    wzp_stun_client_start(&p->step.stun, now);
    p->step.asking = true;
    pump(p, now);
}

bool wzp_step_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                      size_t length, uint64_t now)
{
    if (!p->step.asking || !wzp_stun_client_receive(&p->step.stun, remote, data, length, now))
        return false;
    const struct wzp_stun_probe *best = wzp_stun_client_best(&p->step.stun);
    if (best && !wzp_addr_is_v6(&best->mapped)) {
        p->step.port = wzp_addr_port(&best->mapped);
        p->step.changed = true;
    }
    if (wzp_stun_client_done(&p->step.stun))
        end(p, now);
    return true;
}

bool wzp_step_take_change(struct wzp_phone *p)
{
    bool changed = p->step.changed;

    p->step.changed = false;
    return changed;
}

uint16_t wzp_step_port(const struct wzp_phone *p)
{
    return p->step.port;
}

void wzp_step_forget(struct wzp_phone *p, uint64_t now)
{
    p->step.port = 0;
    p->step.changed = false;
    if (p->step.asking)
        end(p, now);
}

uint64_t wzp_step_expiry(const struct wzp_phone *p)
{
    return p->step.asking ? wzp_stun_client_expiry(&p->step.stun) : WZP_NEVER;
}

void wzp_step_expire(struct wzp_phone *p, uint64_t now)
{
    if (now < wzp_step_expiry(p))
        return;
    wzp_stun_client_handle_expiry(&p->step.stun, now);
    if (wzp_stun_client_done(&p->step.stun))
        end(p, now);
    pump(p, now);
}

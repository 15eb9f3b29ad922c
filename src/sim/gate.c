/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/gate.h"

#include "sim/internal.h"
#include "sim/ip.h"

static void on_receive(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now)
{
    struct wzp_sim_gate *gate = context;
    uint8_t packet[WZP_SIM_PAYLOAD_MAX + WZP_SIM_IP_HEADERS];
    const struct wzp_sim_ip fields = {
        .from = *remote, .to = *local, .ecn = ecn, .data = data, .length = length};
    (void)host;
    (void)now;
    size_t written = wzp_sim_ip_write(packet, sizeof packet, &fields);
    if (written == 0)
        return;
    gate->out++;
    gate->deliver(gate->context, packet, written);
}

int wzp_sim_gate_open(struct wzp_sim_gate *gate, struct wzp_sim_host *host,
                      void (*deliver)(void *context, const uint8_t *packet, size_t length),
                      void *context)
{
    *gate = (struct wzp_sim_gate){.deliver = deliver, .context = context};
    int result = wzp_sim_host_serve(host, 0, on_receive, gate); /* all ports */
    if (!result)
        gate->host = host;
    return result;
}

void wzp_sim_gate_close(struct wzp_sim_gate *gate)
{
    if (gate->host)
        wzp_sim_host_unbind(gate->host, 0);
    gate->host = NULL;
}

void wzp_sim_gate_receive(struct wzp_sim_gate *gate, const uint8_t *packet, size_t length)
{
    struct wzp_sim_ip fields;
    if (!gate->host || wzp_sim_ip_parse(&fields, packet, length) ||
        !wzp_sim_own_place(gate->host, &fields.from)) {
        gate->strange++;
        return;
    }
    gate->in++;
    wzp_sim_send(gate->host, &fields.from, 0, &fields.to, fields.ecn, fields.data, fields.length);
}

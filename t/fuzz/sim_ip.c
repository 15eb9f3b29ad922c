/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* IP packets of a machine behind a gate (sim/gate.h): a packet that is read can be written and read
 * again; the gate accepts any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/gate.h"
#include "sim/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void deliver(void *context, const uint8_t *packet, size_t length)
{
    struct wzp_sim_ip fields;
    (void)context;
    if (wzp_sim_ip_parse(&fields, packet, length))
        abort();
}

static void through_a_gate(const uint8_t *data, size_t size)
{
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_sim_gate gate = {0};
    if (wzp_sim_new(&sim, 1))
        return;
    if (!wzp_sim_host_add(sim, &host, "machine") &&
        !wzp_sim_host_address(host, wzp_sim_internet(sim), "10.0.0.2") &&
        !wzp_sim_host_address(host, wzp_sim_internet(sim), "2001:db8::2") &&
        !wzp_sim_gate_open(&gate, host, deliver, NULL)) {
        wzp_sim_gate_receive(&gate, data, size);
        wzp_sim_run(sim, 1);
        if (gate.in + gate.strange != 1)
            abort();
    }
    wzp_sim_gate_close(&gate);
    wzp_sim_free(sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_sim_ip fields, again;
    static uint8_t packet[65536];
    if (wzp_sim_ip_parse(&fields, data, size) == 0) {
        size_t length = wzp_sim_ip_write(packet, sizeof packet, &fields);
        bool same = wzp_addr_is_v6(&fields.from) == wzp_addr_is_v6(&fields.to);
        if ((length > 0) != same)
            abort();
        if (length > 0 &&
            (wzp_sim_ip_parse(&again, packet, length) || again.length != fields.length ||
             again.ecn != fields.ecn || !wzp_addr_equal(&again.from, &fields.from) ||
             !wzp_addr_equal(&again.to, &fields.to) ||
             memcmp(again.data, fields.data, fields.length)))
            abort();
    }
    through_a_gate(data, size);
    return 0;
}

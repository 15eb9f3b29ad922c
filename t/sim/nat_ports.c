/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which external ports a NAT gives, and what happens when there are no more. */
#include <stdio.h>

#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static uint16_t port_from(struct probe *who, unsigned inner, const char *server)
{
    char from[32];
    snprintf(from, sizeof from, "%s:%u", who == &h.alice ? "192.168.1.2" : "192.168.1.3", inner);
    struct wzp_addr seen = home_seen_from(&h, who, from, server);
    return wzp_addr_port(&seen);
}

static void preserving(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT};
    home_init(&h, &config);
    is_int(port_from(&h.alice, 5000, NAT_SERVER), 5000, "preserving: the inner port is kept");
    is_int(port_from(&h.bob, 5000, NAT_SERVER), 5001, "one that is taken becomes the next free");
    is_int(port_from(&h.alice, 80, NAT_SERVER), 1024, "one outside the range gets one inside");
    home_fini(&h);
}

static void sequential(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_SEQUENTIAL,
                                        .step = 4,
                                        .first_port = 50000,
                                        .last_port = 50009};
    home_init(&h, &config);
    is_int(port_from(&h.alice, 5000, NAT_SERVER), 50000, "sequential: it begins with the first");
    is_int(port_from(&h.alice, 5000, NAT_OTHER), 50004, "the next is a step on");
    is_int(port_from(&h.bob, 5000, NAT_SERVER), 50008, "whoever asks");
    is_int(port_from(&h.bob, 5000, NAT_OTHER), 50002, "past the end it goes on at the beginning");
    home_fini(&h);
}

static void at_random(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_RANDOM,
                                        .first_port = 20000,
                                        .last_port = 60000};
    unsigned outside = 0, near = 0;
    uint16_t last = 0;
    home_init(&h, &config);
    for (unsigned i = 0; i < 50; i++) {
        uint16_t port = port_from(&h.alice, 5000 + i, NAT_SERVER);
        outside += port < 20000 || port > 60000;
        near += port - last <= 10 && last - port <= 10;
        last = port;
    }
    is_int(outside, 0, "random: all ports are within the range");
    ok(near < 5, "and not near each other (%u of 50)", near);
    home_fini(&h);
}

static void overload(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .overload = true};
    home_init(&h, &config);
    is_int(port_from(&h.alice, 5000, NAT_SERVER), 5000, "overload: the inner port is kept");
    is_int(port_from(&h.alice, 5000, NAT_OTHER), 5000, "towards the next server too");
    is_int(port_from(&h.bob, 5000, "192.0.2.1:99"), 5000, "even for somebody else inside");
    is_int(port_from(&h.bob, 5000, NAT_OTHER), 5001, "unless they speak to the same peer");
    struct wzp_addr door = address_of(NAT_OUTSIDE ":5000");
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "an answer goes to whom it is for");
    ok(probe_reached(&h.bob, &h.server, "192.0.2.1:99", &door), "and the other to the other");
    home_fini(&h);
}

static void exhaustion(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .ports = WZP_SIM_PORTS_RANDOM,
                                        .lifetime = 60 * WZP_SECOND,
                                        .first_port = 3000,
                                        .last_port = 3009};
    unsigned got = 0;
    home_init(&h, &config);
    for (unsigned i = 0; i < 12; i++)
        got += port_from(&h.alice, 5000 + i, NAT_SERVER) > 0;
    is_int(got, 10, "ten ports serve ten endpoints");
    is_int(home_counters(&h).exhausted, 2, "the others do not get out");
    ok(port_from(&h.alice, 5003, NAT_OTHER) > 0, "those that have a port go on");
    wzp_sim_run(h.sim, 60 * WZP_SECOND);
    ok(port_from(&h.alice, 6000, NAT_SERVER) > 0, "ports come back when their time is over");
    config.max_mappings = 3;
    wzp_sim_nat_set(h.box, &config);
    wzp_sim_nat_forget(h.box);
    got = 0;
    for (unsigned i = 0; i < 5; i++)
        got += port_from(&h.bob, 5000 + i, NAT_SERVER) > 0;
    is_int(got, 3, "a box for three mappings holds three");
    is_int(wzp_sim_nat_mappings(h.box), 3, "and says so");
    home_fini(&h);
}

TAP_MAIN
{
    preserving();
    sequential();
    at_random();
    overload();
    exhaustion();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The lifetime of mappings, what renews them, and a NAT that restarts. */
#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static void silence(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .ports = WZP_SIM_PORTS_SEQUENTIAL,
                                        .lifetime = 30 * WZP_SECOND};
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    wzp_sim_run(h.sim, 28 * WZP_SECOND);
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "a mapping lives for its time");
    wzp_sim_run(h.sim, WZP_SECOND);
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &door),
       "traffic from outside does not prolong it");
    struct wzp_addr again = home_seen(&h, NAT_SERVER);
    ok(!wzp_addr_equal(&door, &again), "the next one has another port");
    for (int i = 0; i < 4; i++) {
        wzp_sim_run(h.sim, 20 * WZP_SECOND);
        home_seen(&h, NAT_SERVER);
    }
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &again), "traffic from inside does");
    is_int(wzp_sim_nat_mappings(h.box), 1, "one mapping is there");
    wzp_sim_run(h.sim, 31 * WZP_SECOND);
    is_int(wzp_sim_nat_mappings(h.box), 0, "and then none");
    home_fini(&h);
}

static void filters_too(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_DEPENDENT,
                                        .lifetime = 30 * WZP_SECOND};
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    home_seen(&h, NAT_OTHER);
    for (int i = 0; i < 3; i++) {
        wzp_sim_run(h.sim, 14 * WZP_SECOND);
        home_seen(&h, NAT_SERVER);
    }
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "who is spoken to stays let in");
    ok(!probe_reached(&h.alice, &h.other, NAT_OTHER, &door),
       "who is not any more does not, though the mapping lives");
    home_fini(&h);
}

static void refreshed(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .lifetime = 30 * WZP_SECOND,
                                        .refresh_inbound = true};
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    unsigned came = 0;
    for (int i = 0; i < 5; i++) {
        wzp_sim_run(h.sim, 20 * WZP_SECOND);
        came += probe_reached(&h.alice, &h.server, NAT_SERVER, &door);
    }
    is_int(came, 5, "a box that counts inbound traffic is kept open from outside");
    home_fini(&h);
}

static void restart(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT};
    struct wzp_addr alice = address_of(NAT_ALICE), outer;
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    is_int(wzp_sim_nat_open_port(h.box, &outer, &alice, 7000, WZP_NEVER), 0, "a port is open");
    wzp_sim_nat_forget(h.box);
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "a restart forgets mappings");
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &outer), "and open ports");
    home_seen(&h, NAT_SERVER);
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "the next packet makes a new one");
    home_fini(&h);
}

TAP_MAIN
{
    silence();
    filters_too();
    refreshed();
    restart();
}

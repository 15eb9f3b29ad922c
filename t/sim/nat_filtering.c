/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which packets a NAT lets in, for every kind of mapping and filtering; and NATs that block UDP. */
#include <stdio.h>

#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static const char *const names[] = {"none", "endpoint-independent", "address-dependent",
                                    "address- and port-dependent"};

static void filtering(enum wzp_sim_dependence mapping, enum wzp_sim_dependence filter)
{
    struct wzp_sim_nat_config config = {.mapping = mapping, .filtering = filter};
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    char name[80];
    snprintf(name, sizeof name, "%s mapping, %s filter", names[mapping], names[filter]);
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "%s: who was spoken to gets in",
       name);
    is_str(probe_from(&h.alice), NAT_SERVER, "%s: under its own address", name);
    ok(probe_reached(&h.alice, &h.server, "192.0.2.1:9", &door) ==
           (filter != WZP_SIM_ADDRESS_AND_PORT_DEPENDENT),
       "%s: another port of it %s", name,
       filter != WZP_SIM_ADDRESS_AND_PORT_DEPENDENT ? "too" : "does not");
    ok(probe_reached(&h.alice, &h.other, NAT_OTHER, &door) ==
           (filter == WZP_SIM_ENDPOINT_INDEPENDENT),
       "%s: a stranger %s", name, filter == WZP_SIM_ENDPOINT_INDEPENDENT ? "does too" : "does not");
    struct wzp_addr shut = door;
    wzp_addr_set_port(&shut, (uint16_t)(wzp_addr_port(&door) + 1));
    unsigned before = h.alice.count + h.bob.count;
    probe_say_to(&h.server, NAT_SERVER, &shut, "?");
    is_int(h.alice.count + h.bob.count, before, "%s: nobody gets in by another port", name);
    ok(home_counters(&h).filtered > 0, "%s: what did not pass is counted", name);
    home_fini(&h);
}

/* Both sides send at the same time: each box has seen its own side speak first. */
static void hole_punching(enum wzp_sim_dependence mapping, bool works)
{
    struct wzp_sim_nat_config config = {.mapping = mapping,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_RANDOM};
    struct home far;
    home_init(&h, &config);
    home_beside(&far, &h, h.net, "198.51.100.7", "192.168.1.", &config);
    struct wzp_addr here = home_seen(&h, NAT_SERVER);
    probe_say(&far.alice, NAT_ALICE, NAT_SERVER, "where am I?");
    struct wzp_addr there = h.server.remote;
    probe_say_to(&h.alice, NAT_ALICE, &there, "punch");
    ok(probe_reached(&h.alice, &far.alice, NAT_ALICE, &here) == works,
       "%s mappings on both sides: hole punching %s", names[mapping],
       works ? "works" : "does not work");
    ok(probe_reached(&far.alice, &h.alice, NAT_ALICE, &there) == works, "%s: the other way too",
       names[mapping]);
    home_fini(&h);
}

static void blocked(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT};
    home_init(&h, &config);
    struct wzp_addr door = home_seen(&h, NAT_SERVER);
    config.udp_blocked = true;
    wzp_sim_nat_set(h.box, &config);
    struct wzp_addr server = address_of(NAT_SERVER);
    ok(!probe_reached(&h.server, &h.alice, NAT_ALICE, &server), "UDP blocked: nothing gets out");
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &door), "and nothing in");
    is_int(home_counters(&h).blocked, 2, "both are counted");
    struct wzp_addr bob = address_of(NAT_BOB);
    ok(probe_reached(&h.bob, &h.alice, NAT_ALICE, &bob), "inside it goes on");
    home_fini(&h);
}

TAP_MAIN
{
    for (int mapping = WZP_SIM_ENDPOINT_INDEPENDENT; mapping <= WZP_SIM_ADDRESS_AND_PORT_DEPENDENT;
         mapping++)
        for (int filter = WZP_SIM_ENDPOINT_INDEPENDENT;
             filter <= WZP_SIM_ADDRESS_AND_PORT_DEPENDENT; filter++)
            filtering((enum wzp_sim_dependence)mapping, (enum wzp_sim_dependence)filter);
    hole_punching(WZP_SIM_ENDPOINT_INDEPENDENT, true);
    hole_punching(WZP_SIM_ADDRESS_AND_PORT_DEPENDENT, false);
    blocked();
}

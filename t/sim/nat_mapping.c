/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a NAT's mappings depend on, and which external ports they get. */
#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static const char *const names[] = {"none", "endpoint-independent", "address-dependent",
                                    "address- and port-dependent"};

/* The same inner endpoint towards two ports of one server and another server. */
static void dependence(enum wzp_sim_dependence mapping)
{
    struct wzp_sim_nat_config config = {.mapping = mapping,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_SEQUENTIAL,
                                        .first_port = 40000};
    home_init(&h, &config);
    struct wzp_addr one = home_seen(&h, NAT_SERVER), port = home_seen(&h, "192.0.2.1:3479"),
                    host = home_seen(&h, NAT_OTHER), again = home_seen(&h, NAT_SERVER);
    struct wzp_addr external = wzp_sim_nat_external(h.box);
    ok(wzp_addr_equal_ip(&one, &external), "%s: a server sees the box's address", names[mapping]);
    ok(wzp_addr_equal(&one, &again), "%s: and the same port the next time", names[mapping]);
    ok(wzp_addr_equal(&one, &port) == (mapping != WZP_SIM_ADDRESS_AND_PORT_DEPENDENT),
       "%s: its other port sees %s", names[mapping],
       mapping == WZP_SIM_ADDRESS_AND_PORT_DEPENDENT ? "another one" : "the same");
    ok(wzp_addr_equal(&one, &host) == (mapping == WZP_SIM_ENDPOINT_INDEPENDENT),
       "%s: another server sees %s", names[mapping],
       mapping == WZP_SIM_ENDPOINT_INDEPENDENT ? "the same" : "another one");
    struct wzp_addr bob = home_seen_from(&h, &h.bob, NAT_BOB, NAT_SERVER);
    ok(!wzp_addr_equal(&one, &bob) && wzp_addr_equal_ip(&one, &bob),
       "%s: somebody else inside has another port of the same address", names[mapping]);
    is_int(home_counters(&h).mapped,
           mapping == WZP_SIM_ENDPOINT_INDEPENDENT ? 2
           : mapping == WZP_SIM_ADDRESS_DEPENDENT  ? 3
                                                   : 4,
           "%s: mappings were made where they must be", names[mapping]);
    home_fini(&h);
}

static void answers(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    home_init(&h, &config);
    h.server.echo = true;
    probe_say(&h.alice, NAT_ALICE, NAT_SERVER, "ping");
    is_str(h.alice.text, "ping", "the answer finds the way back");
    is_str(probe_from(&h.alice), NAT_SERVER, "from the server's address");
    is_str(probe_to(&h.alice), NAT_ALICE, "to the inner one");
    home_fini(&h);
}

static void no_translation(void)
{
    struct wzp_sim_nat_config config = {0};
    home_init(&h, &config);
    struct wzp_addr seen = home_seen(&h, NAT_SERVER);
    ok(wzp_addr_port(&seen) == 5000 && !wzp_addr_is_none(&seen) && h.server.count == 1,
       "a box without translation lets packets out");
    is_str(probe_from(&h.server), NAT_ALICE, "as they are");
    struct wzp_addr alice = address_of(NAT_ALICE);
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &alice),
       "and nobody answers to a private address without a route");
    wzp_sim_network_route(h.net, "192.168.1.0/24", wzp_sim_nat_host(h.box));
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &alice), "with one they may");
    home_fini(&h);
}

static void new_address(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT};
    home_init(&h, &config);
    struct wzp_sim_host *box = wzp_sim_nat_host(h.box);
    struct wzp_addr before = home_seen(&h, NAT_SERVER);
    wzp_sim_host_address(box, h.net, "203.0.113.99");
    wzp_sim_host_drop_address(box, h.net, NAT_OUTSIDE);
    ok(!probe_reached(&h.alice, &h.server, NAT_SERVER, &before),
       "a box with a new address is not reached at the old one");
    struct wzp_addr after = home_seen(&h, NAT_SERVER);
    ok(!wzp_addr_is_none(&after) && !wzp_addr_equal_ip(&after, &before),
       "and sends from the new one");
    ok(probe_reached(&h.alice, &h.server, NAT_SERVER, &after), "where it is reached");
    home_fini(&h);
}

TAP_MAIN
{
    dependence(WZP_SIM_ENDPOINT_INDEPENDENT);
    dependence(WZP_SIM_ADDRESS_DEPENDENT);
    dependence(WZP_SIM_ADDRESS_AND_PORT_DEPENDENT);
    answers();
    no_translation();
    new_address();
}

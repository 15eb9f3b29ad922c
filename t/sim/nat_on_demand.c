/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ports that a service opens on demand (as NAT-PMP, PCP and UPnP do), and the firewall of IPv6. */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static void open_ports(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .ports = WZP_SIM_PORTS_RANDOM};
    struct wzp_addr alice = address_of(NAT_ALICE), bob = address_of(NAT_BOB), outer, other;
    struct wzp_sim_nat_port ports[4];
    char text[WZP_ADDR_TEXT_MAX];
    home_init(&h, &config);
    is_int(wzp_sim_nat_open_port(h.box, &outer, &alice, 7000, 60 * WZP_SECOND), 0,
           "a port is opened");
    is_str(wzp_addr_format(text, &outer), NAT_OUTSIDE ":7000", "the one that was wished for");
    ok(probe_reached(&h.alice, &h.other, NAT_OTHER, &outer), "everybody gets in by it");
    struct wzp_addr seen = home_seen(&h, NAT_SERVER);
    ok(wzp_addr_equal(&seen, &outer), "and what goes out uses it, whatever the box's kind");
    is_int(wzp_sim_nat_open_port(h.box, &other, &bob, 7000, 60 * WZP_SECOND), 0,
           "somebody else who wishes for it");
    is_int(wzp_addr_port(&other), 7001, "gets another one");
    is_int(wzp_sim_nat_open_ports(h.box, ports, 4), 2, "two ports are open");
    wzp_sim_run(h.sim, 50 * WZP_SECOND);
    is_int(wzp_sim_nat_open_port(h.box, &other, &alice, 0, 60 * WZP_SECOND), 0,
           "asking again before the end");
    ok(wzp_addr_equal(&outer, &other), "keeps the port");
    wzp_sim_run(h.sim, 50 * WZP_SECOND);
    ok(probe_reached(&h.alice, &h.other, NAT_OTHER, &outer), "and prolongs its time");
    is_int(wzp_sim_nat_open_ports(h.box, ports, 4), 1, "the other one is over");
    ok(wzp_addr_equal(&ports[0].inner, &alice), "this one is left");
    is_int(wzp_sim_nat_close_port(h.box, &alice), 0, "it is closed");
    ok(!probe_reached(&h.alice, &h.other, NAT_OTHER, &outer), "nobody gets in any more");
    is_int(wzp_sim_nat_close_port(h.box, &alice), WZP_E_NOT_FOUND, "it cannot be closed twice");
    home_fini(&h);
}

static void limits(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_DEPENDENT,
                                        .first_port = 6000,
                                        .last_port = 6000};
    struct wzp_addr alice = address_of(NAT_ALICE), bob = address_of(NAT_BOB), outer;
    home_init(&h, &config);
    home_seen(&h, NAT_SERVER);
    is_int(wzp_sim_nat_open_port(h.box, &outer, &bob, 0, WZP_NEVER), WZP_E_LIMIT,
           "without a free port none is opened");
    is_int(wzp_sim_nat_open_port(h.box, &outer, &alice, 0, WZP_NEVER), 0,
           "but for the endpoint that has the port");
    is_int(wzp_addr_port(&outer), 6000, "it is that one");
    ok(probe_reached(&h.alice, &h.other, NAT_OTHER, &outer), "and is open for all");
    wzp_sim_host_drop_address(wzp_sim_nat_host(h.box), h.net, NAT_OUTSIDE);
    is_int(wzp_sim_nat_open_port(h.box, &outer, &bob, 0, WZP_NEVER), WZP_E_STATE,
           "a box without an external address opens nothing");
    home_fini(&h);
}

#define SIX_ALICE "[2001:db8:1::2]:5000"
#define SIX_SERVER "[2001:db8:ffff::1]:3478"
#define SIX_OTHER "[2001:db8:ffff::2]:3478"

static void six_addresses(void)
{
    struct wzp_sim_host *box = wzp_sim_nat_host(h.box);
    if (wzp_sim_host_address(box, h.lan, "2001:db8:1::1") ||
        wzp_sim_host_address(box, h.net, "2001:db8:0:7::1") ||
        wzp_sim_network_route(h.net, "2001:db8:1::/48", box) ||
        wzp_sim_host_address(h.alice.host, h.lan, "2001:db8:1::2") ||
        wzp_sim_host_address(h.server.host, h.net, "2001:db8:ffff::1") ||
        wzp_sim_host_address(h.other.host, h.net, "2001:db8:ffff::2"))
        bail("no IPv6");
}

static void six(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .filtering6 = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                        .lifetime = 60 * WZP_SECOND};
    struct wzp_addr alice = address_of(SIX_ALICE), server = address_of(SIX_SERVER), outer;
    home_init(&h, &config);
    ok(!probe_reached(&h.server, &h.alice, NAT_ALICE, &server), "IPv4 does not reach IPv6");
    six_addresses();
    ok(!probe_reached(&h.alice, &h.server, SIX_SERVER, &alice),
       "IPv6: nobody gets in through the firewall unasked");
    ok(probe_reached(&h.server, &h.alice, SIX_ALICE, &server), "from inside one gets out");
    is_str(probe_from(&h.server), SIX_ALICE, "and keeps the address");
    ok(probe_reached(&h.alice, &h.server, SIX_SERVER, &alice), "then the answer gets in");
    ok(!probe_reached(&h.alice, &h.other, SIX_OTHER, &alice), "a stranger does not");
    wzp_sim_run(h.sim, 61 * WZP_SECOND);
    ok(!probe_reached(&h.alice, &h.server, SIX_SERVER, &alice), "nor the server, after a while");
    is_int(wzp_sim_nat_open_port(h.box, &outer, &alice, 0, WZP_NEVER), 0, "a hole on demand");
    ok(wzp_addr_equal(&outer, &alice) && probe_reached(&h.alice, &h.other, SIX_OTHER, &alice),
       "lets everybody in");
    config.filtering6 = WZP_SIM_NONE;
    wzp_sim_nat_set(h.box, &config);
    wzp_sim_nat_forget(h.box);
    ok(probe_reached(&h.alice, &h.other, SIX_OTHER, &alice), "without firewall anybody gets in");
    config.blocked6 = true;
    wzp_sim_nat_set(h.box, &config);
    ok(!probe_reached(&h.server, &h.alice, SIX_ALICE, &server), "IPv6 blocked: nothing gets out");
    struct wzp_addr seen = home_seen(&h, NAT_SERVER);
    ok(!wzp_addr_is_none(&seen), "while IPv4 does");
    home_fini(&h);
}

static void no_six(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT};
    struct wzp_addr server = address_of(SIX_SERVER);
    home_init(&h, &config);
    wzp_sim_host_address(h.alice.host, h.lan, "2001:db8:1::2");
    wzp_sim_host_address(h.server.host, h.net, "2001:db8:ffff::1");
    ok(!probe_reached(&h.server, &h.alice, SIX_ALICE, &server),
       "a box without IPv6 outside forwards none");
    home_fini(&h);
}

TAP_MAIN
{
    open_ports();
    limits();
    six();
    no_six();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two hosts behind one NAT that address each other by its external address (hairpinning); NATs
 * behind NATs. */
#include <string.h>

#include "base/time.h"
#include "sim/lib_nat.h"
#include "tap.h"

static struct home h;

static void hairpin(enum wzp_sim_dependence filtering, bool on)
{
    struct wzp_sim_nat_config config = {
        .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = filtering, .hairpin = on};
    home_init(&h, &config);
    struct wzp_addr alice = home_seen(&h, NAT_SERVER);
    struct wzp_addr bob = home_seen_from(&h, &h.bob, NAT_BOB, NAT_SERVER);
    probe_say_to(&h.alice, NAT_ALICE, &bob, "punch");
    ok(probe_reached(&h.alice, &h.bob, NAT_BOB, &alice) == on, "%s hairpin: they %s each other",
       on ? "with" : "without", on ? "reach" : "do not reach");
    if (on)
        ok(wzp_addr_equal(&h.alice.remote, &bob), "and see the external address");
    else
        is_int(home_counters(&h).hairpin_refused, 2, "which is counted");
    home_fini(&h);
}

/* The home's NAT is behind a provider's NAT. */
static void double_nat(void)
{
    struct wzp_sim_nat_config carrier = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                         .filtering = WZP_SIM_ENDPOINT_INDEPENDENT,
                                         .ports = WZP_SIM_PORTS_SEQUENTIAL,
                                         .hairpin = true},
                              box = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                     .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    struct home first, second;
    home_init(&h, &carrier); /* its "home" is the provider's network */
    home_beside(&first, &h, h.lan, "192.168.1.10", "10.0.0.", &box);
    home_beside(&second, &h, h.lan, "192.168.1.11", "10.0.0.", &box);
    struct wzp_addr server = address_of(NAT_SERVER);
    h.server.echo = true;
    ok(probe_reached(&h.server, &first.alice, "10.0.0.2:5000", &server),
       "a packet passes two boxes");
    struct wzp_addr here = h.server.remote, external = wzp_sim_nat_external(h.box);
    ok(wzp_addr_equal_ip(&here, &external), "the internet sees the outer one");
    is_str(first.alice.text, "knock", "and the answer comes back through both");
    struct wzp_addr inner = wzp_sim_nat_external(first.box);
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &inner), "192.168.1.10:0",
           "the box at home has a private address outside");
    probe_reached(&h.server, &second.alice, "10.0.0.2:5000", &server);
    struct wzp_addr there = h.server.remote;
    probe_say_to(&first.alice, "10.0.0.2:5000", &there, "punch");
    ok(probe_reached(&first.alice, &second.alice, "10.0.0.2:5000", &here),
       "neighbours behind the provider's hairpin punch holes");
    ok(!probe_reached(&first.alice, &h.other, NAT_OTHER, &here),
       "a stranger is stopped by the inner box though the outer one lets him in");
    home_fini(&h);
}

/* The NAT itself answers at its inner address, as for NAT-PMP. */
static void greet(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                  const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                  uint64_t now)
{
    unsigned *count = context;
    (void)ecn;
    (void)data;
    (void)length;
    (void)now;
    ++*count;
    wzp_sim_host_send(host, local, remote, (const uint8_t *)"hello", 5);
}

static void services(void)
{
    struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .filtering = WZP_SIM_ENDPOINT_INDEPENDENT,
                                        .udp_blocked = true};
    unsigned asked = 0;
    home_init(&h, &config);
    is_int(wzp_sim_host_serve(wzp_sim_nat_host(h.box), 5351, greet, &asked), 0,
           "a box may run a service");
    probe_say(&h.alice, NAT_ALICE, "192.168.1.1:5351", "map?");
    is_str(h.alice.text, "hello", "which is asked from inside, blocked UDP or not");
    is_str(probe_from(&h.alice), "192.168.1.1:5351", "and answers from where it was asked");
    probe_say(&h.server, NAT_SERVER, NAT_OUTSIDE ":5351", "map?");
    is_int(asked, 1, "but not from outside when UDP is blocked");
    home_fini(&h);
}

TAP_MAIN
{
    hairpin(WZP_SIM_ENDPOINT_INDEPENDENT, true);
    hairpin(WZP_SIM_ADDRESS_DEPENDENT, true);
    hairpin(WZP_SIM_ADDRESS_AND_PORT_DEPENDENT, true);
    hairpin(WZP_SIM_ENDPOINT_INDEPENDENT, false);
    double_nat();
    services();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One router assigns random ports, the other filters by address and port: the port search makes the
 * call direct, within its limits, while the relay carries the media. */
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "nat/birthday.h"
#include "nat/punch.h"
#include "phone/direct_search.h"
#include "phone/direct_state.h"
#include "phone/internal.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct wzp_sim_nat_config by_address = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                                     .filtering = WZP_SIM_ADDRESS_DEPENDENT};
static const struct wzp_sim_nat_config hard = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .ports = WZP_SIM_PORTS_RANDOM};

/* ---- what a search costs ---- */

struct cost {
    unsigned punches, longest;
    uint64_t first, last; /* 0: none */
};
static struct cost cost_a, cost_b;

static void count(struct cost *c, size_t length)
{
    c->punches++;
    if (length > c->longest)
        c->longest = (unsigned)length;
    c->last = wzp_sim_now(h.sim);
    if (c->first == 0)
        c->first = c->last;
}

static void watch(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                  const uint8_t *data, size_t length)
{
    struct wzp_addr a, b;
    (void)context;
    (void)to;
    if (!wzp_punch_is(data, length))
        return;
    wzp_addr_parse(&a, "192.168.1.2:1", 13);
    wzp_addr_parse(&b, "192.168.2.2:1", 13);
    if (wzp_addr_equal_ip(from, &a))
        count(&cost_a, length);
    else if (wzp_addr_equal_ip(from, &b))
        count(&cost_b, length);
}

static void is_cheap(const struct cost *c, const char *who)
{
    unsigned took = (unsigned)((c->last - c->first) / WZP_MILLISECOND);
    ok(c->punches > 0 && c->punches <= 1500 && c->longest <= 40 && took <= 10700,
       "%s sends at most 1500 packets of 40 bytes (%u of %u), in the race's 600 ms and 10 s (%u)",
       who, c->punches, c->longest, took);
}

static void begin(uint64_t seed, const struct wzp_sim_nat_config *a,
                  const struct wzp_sim_nat_config *b, bool unwilling)
{
    const struct home_plan here = {.nat = a, .delay = 20 * WZP_MILLISECOND},
                           there = {
                               .nat = b, .delay = 20 * WZP_MILLISECOND, .no_search = unwilling};
    homes_open(&h, seed, &here, &there, false);
    cost_a = cost_b = (struct cost){0};
    wzp_sim_set_tap(h.sim, watch, NULL);
    homes_call(&h);
}

static void found(uint64_t seed, const struct wzp_sim_nat_config *a,
                  const struct wzp_sim_nat_config *b, const char *who)
{
    const char *why;
    begin(seed, a, b, false);
    uint64_t took = homes_wait_direct(&h, 12 * WZP_SECOND);
    homes_is_direct(&h.a, &why);
    ok(took > 0, "the search makes the call direct after %u ms: %s",
       (unsigned)(took / WZP_MILLISECOND), who);
    is_str(why, "direct at a port that was found by a search", "which is told");
    homes_is_direct(&h.b, &why);
    is_str(why, "direct at a port that was found by a search", "at both ends");
    is_cheap(&cost_a, "the caller");
    is_cheap(&cost_b, "the callee");
    struct home_side *random = a == &hard ? &h.a : &h.b, *other = a == &hard ? &h.b : &h.a;
    ok(random->phone.most_ports > 1 && random->phone.most_ports <= 256 &&
           other->phone.most_ports == 0,
       "behind the hard router alone are ports opened, %u at most",
       (unsigned)random->phone.most_ports);
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    is_int(random->phone.more.count, 1, "of which the call keeps one");
    is_int(homes_stats(&h.a).heard.frames_concealed + homes_stats(&h.b).heard.frames_concealed, 0,
           "all the time nothing is lost");
    ok(homes_is_direct(&h.a, NULL) && homes_is_direct(&h.b, NULL), "and it stays direct");
    wzp_sim_phone_hangup(&h.a.phone, h.call);
    ok(wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND),
       "until somebody hangs up");
    wzp_sim_run(h.sim, 4 * WZP_SECOND);
    is_int(random->phone.more.count, 0, "then no port is left");
    homes_close(&h);
}

static void not_needed(void)
{
    begin(3, &hard, &by_address, false);
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    ok(took > 0 && took < 600 * WZP_MILLISECOND && h.a.phone.most_ports == 0,
       "where the other router looks at addresses only, nobody searches");
    homes_close(&h);
}

static void not_wanted(void)
{
    const char *why;
    begin(4, &hard, &restricted, true);
    is_int(homes_wait_direct(&h, 14 * WZP_SECOND), 0, "who does not want to, does not search");
    homes_is_direct(&h.a, &why);
    ok(strstr(why, "another port for every destination"), "and is told why it is the relay");
    ok(cost_a.punches < 150 && cost_b.punches < 150 && h.a.phone.most_ports == 0,
       "nor does the other (%u and %u packets)", cost_a.punches, cost_b.punches);
    homes_close(&h);
}

/* Drops all punches: the search must end by itself, and is not repeated. */
static bool eat(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    (void)context;
    (void)from;
    (void)to;
    return !wzp_punch_is(data, *length);
}

/* Drops the QUIC handshakes between the homes, too: now and then one would hit an open port by
 * chance. */
static bool eat_all(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                    size_t *length)
{
    return eat(context, from, to, data, length) && !homes_is_path(from, to) &&
           !homes_is_path(to, from);
}

static void in_vain(void)
{
    begin(5, &restricted, &hard, false);
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), eat_all, NULL);
    is_int(homes_wait_direct(&h, 35 * WZP_SECOND), 0, "a search that finds nothing");
    ok(cost_a.punches <= 1500 && cost_b.punches <= 1500, "costs no more (%u and %u packets)",
       cost_a.punches, cost_b.punches);
    ok(h.b.phone.most_ports == 256 && h.b.phone.more.count == 0, "and leaves no port open");
    is_int(homes_stats(&h.a).heard.frames_concealed + homes_stats(&h.b).heard.frames_concealed, 0,
           "the relay carries the call");
    homes_close(&h);
}

/* True when a search is planned: the peer signals `address`, its relay sees it at `seen`; known:
 * the address is among its candidates. */
static bool is_planned(const char *address, const char *seen, bool known)
{
    static const struct wzp_nat_hint easy = {.known = true, .birthday = true};
    struct wzp_race_config config = {.own_nat = easy, .peer_nat = easy};
    static struct wzp_direct d;
    d = (struct wzp_direct){.ours = true, .search_at = WZP_NEVER};
    config.peer_nat.mapping = WZP_NAT_MAPPING_PORT_DEPENDENT;
    wzp_addr_parse(&config.peer_reflexive, address, strlen(address));
    wzp_addr_parse(&d.peer_seen, seen, strlen(seen));
    if (known)
        (void)wzp_candidate_add(&d.peer.list, WZP_CANDIDATE_REFLEXIVE, &config.peer_reflexive,
                                NULL);
    wzp_search_plan(&d, &config, WZP_SECOND);
    return d.search_at != WZP_NEVER;
}

static bool is_planned_at(const char *address)
{
    return is_planned(address, address, true);
}

static void victims(void)
{
    ok(is_planned_at("203.0.113.5:4433"), "a peer that may be anywhere is searched");
    ok(!is_planned_at("192.168.1.1:4433") && !is_planned_at("10.0.0.1:4433") &&
           !is_planned_at("127.0.0.1:4433") && !is_planned_at("100.64.0.9:4433"),
       "hosts of the network inside are not asked at a thousand ports");
    ok(!is_planned_at("255.255.255.255:4433") && !is_planned_at("224.0.0.1:4433"),
       "nor is everybody at once");
    ok(!is_planned("203.0.113.5:4433", "203.0.113.5:4433", false),
       "nor an address that no peer may have, as the relay's");
    ok(is_planned("203.0.113.5:4433", "203.0.113.5:9", true) &&
           !is_planned("203.0.113.5:4433", "203.0.113.6:4433", true) &&
           !is_planned("203.0.113.5:4433", "", true),
       "nor one where the peer's relay does not see the peer");
}

/* ---- a friend who attacks a victim ---- */

#define VICTIM "203.0.113.66:53"
static unsigned at_victim, at_one_port[65536];

static void watch_victim(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                         const uint8_t *data, size_t length)
{
    struct wzp_addr victim, mallory;
    (void)context;
    (void)data;
    (void)length;
    wzp_addr_parse(&victim, VICTIM, strlen(VICTIM));
    wzp_addr_parse(&mallory, "192.168.1.2:1", 13);
    if (!wzp_addr_equal_ip(to, &victim) || wzp_addr_equal_ip(from, &mallory))
        return;
    at_victim++;
    at_one_port[wzp_addr_port(to)]++;
}

/* Makes Ann's phone signal the victim's address as its own from now on. */
static void lie(bool hard_router)
{
    struct wzp_ground *ground = &h.a.phone.phone->ground;
    struct wzp_addr victim;
    wzp_addr_parse(&victim, VICTIM, strlen(VICTIM));
    ground->server_count = 0;
    wzp_gather_set_reflexive(&ground->gather, &victim, wzp_sim_now(h.sim));
    ground->nat.mapping =
        hard_router ? WZP_NAT_MAPPING_PORT_DEPENDENT : WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT;
    ground->nat.allocation =
        hard_router ? WZP_NAT_ALLOCATION_RANDOM : WZP_NAT_ALLOCATION_PRESERVING;
    wzp_sim_phone_kick(&h.a.phone);
}

static void is_spared(const char *how, bool direct)
{
    unsigned most = 0;
    for (unsigned port = 0; port < 65536; port++)
        most = at_one_port[port] > most ? at_one_port[port] : most;
    ok(at_victim > 0 && at_victim <= 20 && most <= 10,
       "%s: who is named gets at most ten packets each time (%u, %u at one port)", how, at_victim,
       most);
    ok(wzp_phone_session(h.b.phone.phone, 0) != 0 && homes_is_direct(&h.b, NULL) == direct,
       "%s: and the call goes on %s", how, direct ? "as it was" : "over the relay");
}

static void turned(bool victim_searched, bool late)
{
    const struct home_plan here = {.nat = victim_searched ? &restricted : &hard,
                                   .delay = 20 * WZP_MILLISECOND},
                           there = {.nat = victim_searched ? &restricted : &hard,
                                    .delay = 20 * WZP_MILLISECOND};
    homes_open(&h, 6, &here, &there, false);
    at_victim = 0;
    memset(at_one_port, 0, sizeof at_one_port);
    wzp_sim_set_tap(h.sim, watch_victim, NULL);
    /* Her true address must not be reached, or there would be no search. */
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), eat, NULL);
    if (!late)
        lie(victim_searched);
    homes_call(&h);
    if (late) {
        wzp_sim_run(h.sim, 5 * WZP_SECOND);
        lie(victim_searched);
    }
    wzp_sim_run(h.sim, 40 * WZP_SECOND);
    is_spared(victim_searched ? late ? "an update that names another's address as random"
                                     : "a friend who names another's address as random"
                              : "a friend who names another's address to one behind random ports",
              late);
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    victims();
    turned(true, false);
    turned(true, true);
    turned(false, false);
    found(1, &hard, &restricted, "random at the caller, who accepts");
    found(2, &restricted, &hard, "random at the callee, who dials");
    not_needed();
    not_wanted();
    in_vain();
}

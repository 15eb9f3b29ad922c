/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between phones behind routers, over the whole stack in virtual time. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
    .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
    .filtering6 = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct wzp_sim_nat_config hard = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .filtering6 = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .ports = WZP_SIM_PORTS_RANDOM};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

static unsigned ms(uint64_t t)
{
    return (unsigned)(t / WZP_MILLISECOND);
}

static void is_whole(struct home_side *s, const char *who)
{
    struct wzp_session_stats stats = homes_stats(s);
    is_int(stats.heard.frames_concealed, 0, "%s: nothing was lost", who);
    is_int(stats.heard.jitter.duplicate, 0, "%s: nothing was heard twice", who);
}

static void hang_up(void)
{
    wzp_sim_phone_hangup(&h.a.phone, h.call);
    ok(wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND), "the call ends there");
    is_int(wzp_sim_phone_find(&h.b.phone, WZP_EVENT_ENDED, 0)->u.ended.reason, WZP_END_NORMAL,
           "normally");
}

static void usual_routers(void)
{
    const char *why;
    homes_open(&h, 1, &usual, &usual, false);
    homes_call(&h);
    bool heard = wzp_sim_run_for(h.sim, homes_both_heard, &h, 5 * WZP_SECOND);
    uint64_t took = wzp_sim_now(h.sim) - h.answered_at;
    ok(heard && took <= 3 * 80 / 2 * WZP_MILLISECOND + 50 * WZP_MILLISECOND,
       "both are heard over the relay within 1.5 round trips and 50 ms (%u ms)", ms(took));
    took = homes_wait_direct(&h, 5 * WZP_SECOND);
    ok(took > 0 && took <= 2 * 80 * WZP_MILLISECOND + 100 * WZP_MILLISECOND,
       "two phones behind usual routers talk directly within two round trips and 100 ms (%u ms)",
       ms(took));
    homes_is_direct(&h.a, &why);
    is_str(why, "direct: both sides opened their routers for each other", "and know why");
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    is_whole(&h.a, "the caller");
    is_whole(&h.b, "the callee");
    ok(homes_stats(&h.a).direct && homes_stats(&h.a).e2e_confirmed,
       "it is direct, sealed and proven");
    hang_up();
    homes_close(&h);
}

static void one_lan(void)
{
    const char *why;
    homes_open(&h, 2, &usual, &usual, true);
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    homes_is_direct(&h.a, &why);
    is_str(why, "direct over the local network", "two on one LAN use it");
    /* The reports of both sides go through the relay, which is a round trip away. */
    ok(took > 0 && took <= 100 * WZP_MILLISECOND, "within 100 ms of the answer (%u ms)", ms(took));
    hang_up();
    homes_close(&h);
}

static void only_ipv6_works(void)
{
    const struct home_plan plan = {.nat = &hard, .v6 = true, .delay = 20 * WZP_MILLISECOND};
    const char *why;
    homes_open(&h, 3, &plan, &plan, false);
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    homes_is_direct(&h.b, &why);
    is_str(why, "direct over IPv6", "where IPv4 is hard and IPv6 is not, it is IPv6 (%u ms)",
           ms(took));
    homes_close(&h);
}

static void no_way(void)
{
    const struct home_plan plan = {.nat = &hard, .delay = 20 * WZP_MILLISECOND};
    const char *why;
    homes_open(&h, 4, &plan, &plan, false);
    homes_call(&h);
    is_int(homes_wait_direct(&h, 6 * WZP_SECOND), 0, "two hard routers: no direct path");
    homes_is_direct(&h.a, &why);
    is_str(why, "over the relay: both routers use another port for every destination",
           "which is told");
    ok(homes_both_heard(&h), "and the relay carries the call");
    homes_close(&h);
}

/* ---- privacy ---- */

static struct wzp_addr peer_ip, second_ip;
static unsigned packets_to_peer;

static void watch_wire(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                       const uint8_t *data, size_t length)
{
    (void)context;
    (void)data;
    (void)length;
    struct wzp_addr inner;
    wzp_addr_parse(&inner, "192.168.2.2:1", 13);
    if (!wzp_addr_equal_ip(from, &inner))
        return; /* only packets of the private side count */
    packets_to_peer += wzp_addr_equal_ip(to, &peer_ip) || wzp_addr_equal_ip(to, &second_ip);
}

/* The callee does not give its addresses; the caller gives its own. */
static void privacy(bool by_answer)
{
    struct home_plan b = usual;
    const char *why;
    b.relay_only = !by_answer;
    homes_open(&h, 5, &usual, &b, false);
    wzp_addr_parse(&peer_ip, "203.0.113.10:1", 14);
    wzp_addr_parse(&second_ip, "192.168.1.2:1", 13);
    packets_to_peer = 0;
    wzp_sim_set_tap(h.sim, watch_wire, NULL);
    h.b.phone.auto_answer = !by_answer;
    wzp_sim_phone_call(&h.a.phone, &h.call, &h.b.phone);
    if (!wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_INCOMING, 1, 5 * WZP_SECOND))
        bail("it does not ring");
    if (by_answer) {
        wzp_phone_answer(h.b.phone.phone, h.b.phone.last_incoming, false, wzp_sim_now(h.sim), NULL);
        wzp_sim_phone_kick(&h.b.phone);
    }
    wzp_sim_run(h.sim, 15 * WZP_SECOND);
    ok(homes_both_heard(&h), "who %s talks over the relay",
       by_answer ? "answers so that nobody learns where" : "never shows where it is");
    ok(!homes_is_direct(&h.a, NULL) && !homes_is_direct(&h.b, &why), "not directly");
    is_str(why,
           by_answer ? "over the relay, so that the peer does not learn this address"
                     : "over the relay, because the settings say so",
           "and knows why");
    is_int(packets_to_peer, 0, "and not one packet goes to the peer");
    homes_is_direct(&h.a, &why);
    is_str(why,
           by_answer ? "over the relay: the peer answered without showing its address"
                     : "over the relay: the peer announced no address that can be used",
           "the caller knows that nothing is looked for any more");
    homes_close(&h);
}

/* ---- changes during the call ---- */

static bool on_relay(void *context)
{
    (void)context;
    return !homes_is_direct(&h.a, NULL) && !homes_is_direct(&h.b, NULL);
}

/* Cuts the direct path of a call: nothing passes the router any more. */
static void dying_path(bool both_ways)
{
    homes_open(&h, 6, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
    uint64_t from = wzp_sim_now(h.sim);
    uint64_t before_a = homes_stats(&h.a).heard.frames_concealed;
    uint64_t before_b = homes_stats(&h.b).heard.frames_concealed;
    homes_cut_path(&h, both_ways);
    bool switched = wzp_sim_run_for(h.sim, on_relay, NULL, 3 * WZP_SECOND);
    ok(switched, "%s: both are back on the relay after %u ms",
       both_ways ? "the direct path dies" : "the direct path works one way only",
       ms(wzp_sim_now(h.sim) - from));
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    uint64_t lost_a = (homes_stats(&h.a).heard.frames_concealed - before_a) * 20;
    uint64_t lost_b = (homes_stats(&h.b).heard.frames_concealed - before_b) * 20;
    ok(lost_a <= 300 && lost_b <= 300, "concealed: %u and %u ms", (unsigned)lost_a,
       (unsigned)lost_b);
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), NULL, NULL);
    h.answered_at = wzp_sim_now(h.sim);
    uint64_t took = homes_wait_direct(&h, 90 * WZP_SECOND);
    ok(took > 0, "and direct again when it works again (after %u s)", ms(took) / 1000);
    hang_up();
    homes_close(&h);
}

/* The direct path fails as soon as it is established, again and again. */
static void flapping(void)
{
    unsigned direct = 0;
    homes_open(&h, 9, &usual, &usual, false);
    homes_call(&h);
    uint64_t end = wzp_sim_now(h.sim) + 70 * WZP_SECOND;
    while (wzp_sim_now(h.sim) < end) {
        h.answered_at = wzp_sim_now(h.sim);
        if (homes_wait_direct(&h, end - wzp_sim_now(h.sim)) == 0)
            break;
        direct++;
        homes_cut_path(&h, true);
        wzp_sim_run(h.sim, 2 * WZP_SECOND);
        wzp_sim_network_set_filter(wzp_sim_internet(h.sim), NULL, NULL);
    }
    ok(direct == 2, "a path that comes and goes is tried at most once a minute (%u times in 70 s)",
       direct);
    hang_up();
    homes_close(&h);
}

/* ---- other places ---- */

/* Moves a phone from one network to another, as when it leaves the house; its host reports it. */
static void move(struct home_side *s, int number)
{
    static struct wzp_sim_network *other[3];
    struct wzp_sim_nat *box;
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    char name[32], inside[32], outside[32];
    snprintf(name, sizeof name, "elsewhere%d", number);
    snprintf(inside, sizeof inside, "192.168.%d.1", 40 + number);
    snprintf(outside, sizeof outside, "203.0.113.%d", 100 + number);
    if (wzp_sim_network_new(h.sim, &other[number], name) ||
        wzp_sim_nat_add(h.sim, &box, name, other[number], wzp_sim_internet(h.sim), &restricted) ||
        wzp_sim_host_address(wzp_sim_nat_host(box), other[number], inside) ||
        wzp_sim_host_address(wzp_sim_nat_host(box), wzp_sim_internet(h.sim), outside))
        bail("no other place");
    wzp_sim_host_link(wzp_sim_nat_host(box), wzp_sim_internet(h.sim), &line, &line);
    snprintf(inside, sizeof inside, "192.168.%d.2", 40 + number);
    wzp_sim_host_leave(s->host, s->lan);
    if (wzp_sim_host_address(s->host, other[number], inside))
        bail("no address there");
}

static void moving(bool a_moves, bool b_moves, const char *who)
{
    homes_open(&h, 8, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
    uint64_t before_a = homes_stats(&h.a).heard.frames_concealed;
    uint64_t before_b = homes_stats(&h.b).heard.frames_concealed;
    if (a_moves)
        move(&h.a, 1);
    if (b_moves)
        move(&h.b, 2);
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    uint64_t lost_a = (homes_stats(&h.a).heard.frames_concealed - before_a) * 20;
    uint64_t lost_b = (homes_stats(&h.b).heard.frames_concealed - before_b) * 20;
    ok(lost_a <= 300 && lost_b <= 300, "%s: concealed %u and %u ms", who, (unsigned)lost_a,
       (unsigned)lost_b);
    h.answered_at = wzp_sim_now(h.sim);
    bool direct = homes_is_direct(&h.a, NULL) && homes_is_direct(&h.b, NULL);
    uint64_t took = direct ? 0 : homes_wait_direct(&h, 70 * WZP_SECOND);
    ok(direct || took > 0, "and direct again (%u s later)", direct ? 0 : 5 + ms(took) / 1000);
    hang_up();
    homes_close(&h);
}

static void relay_dies(void)
{
    homes_open(&h, 7, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    uint64_t before = homes_stats(&h.a).heard.frames_concealed;
    wzp_sim_relay_crash(&h.relay);
    wzp_sim_run(h.sim, 60 * WZP_SECOND);
    ok(homes_is_direct(&h.a, NULL) && wzp_phone_session(h.a.phone.phone, 0) == h.call &&
           wzp_phone_session(h.b.phone.phone, 0) != 0,
       "a direct call outlives the relay");
    is_int(homes_stats(&h.a).heard.frames_concealed - before, 0, "without a gap");
    hang_up();
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls, over and over");
    usual_routers();
    one_lan();
    only_ipv6_works();
    no_way();
    privacy(true);
    privacy(false);
    dying_path(true);
    dying_path(false);
    flapping();
    relay_dies();
    moving(true, false, "the caller moves");
    moving(false, true, "the callee moves");
    moving(true, true, "both move at once");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The world as a graph: hosts with several addresses in several networks, routers between them,
 * ports, changes while it runs. */
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "sim/lib_probe.h"
#include "tap.h"

static struct wzp_sim *sim;

static void begin(void)
{
    if (wzp_sim_new(&sim, 1))
        bail("no world");
}

static struct wzp_sim_network *network(const char *name)
{
    struct wzp_sim_network *net;
    if (wzp_sim_network_new(sim, &net, name))
        bail("no network");
    return net;
}

static void addresses(void)
{
    struct probe a, b;
    begin();
    struct wzp_sim_network *net = wzp_sim_internet(sim), *other = network("other");
    probe_start(&a, sim, "a", net, "10.0.0.1");
    probe_start(&b, sim, "b", net, "10.0.0.2");
    is_int(wzp_sim_host_address(a.host, net, "10.0.0.3"), 0, "a host may have two addresses");
    is_int(wzp_sim_host_address(a.host, net, "2001:db8::1"), 0, "and one of version 6");
    is_int(wzp_sim_host_address(b.host, net, "2001:db8::2"), 0, "as may the other host");
    is_int(wzp_sim_host_address(a.host, net, "10.0.0.2"), WZP_E_DUPLICATE,
           "an address of somebody else is refused");
    is_int(wzp_sim_host_address(a.host, net, "10.0.0"), WZP_E_SYNTAX, "as is half an address");
    is_int(wzp_sim_host_address(b.host, other, "10.0.0.3"), 0,
           "the same address in another network is another one");
    probe_say(&a, "10.0.0.3:7", "10.0.0.2:80", "hi");
    is_str(b.text, "hi", "a payload arrives");
    is_str(probe_from(&b), "10.0.0.3:7", "from the address that it names");
    is_str(probe_to(&b), "10.0.0.2:80", "at the address that it was for");
    probe_say(&a, "0.0.0.0:9", "10.0.0.2:80", "any");
    is_str(probe_from(&b), "10.0.0.1:9", "without a name it leaves by the first address");
    probe_say(&a, "[2001:db8::1]:7", "[2001:db8::2]:80", "six");
    is_str(probe_from(&b), "[2001:db8::1]:7", "version 6 leaves by an address of version 6");
    unsigned before = b.count;
    probe_say(&a, "10.0.0.99:7", "10.0.0.2:80", "liar");
    probe_say(&a, "[2001:db8::1]:7", "10.0.0.2:80", "mixed");
    is_int(b.count, before, "a foreign or mixed source address sends nothing");
    struct wzp_sim_host_counters counters;
    wzp_sim_host_counters(a.host, &counters);
    is_int(counters.unreachable, 2, "and is counted");
    wzp_sim_free(sim);
}

static void ports(void)
{
    struct probe a, b, c;
    begin();
    struct wzp_sim_network *net = wzp_sim_internet(sim);
    probe_start(&a, sim, "a", net, "10.0.0.1:5000");
    probe_start(&b, sim, "b", net, "10.0.0.1:5001");
    probe_start(&c, sim, "c", net, "10.0.0.3");
    probe_say(&c, "10.0.0.3:1", "10.0.0.1:5001", "b");
    is_str(b.text, "b", "hosts that share an address by ports get what is for their port");
    is_int(a.count, 0, "and only that");
    probe_say(&b, "0.0.0.0:0", "10.0.0.3:8", "x");
    is_str(probe_from(&c), "10.0.0.1:5001", "and send from it");
    is_int(wzp_sim_host_serve(c.host, 0, NULL, NULL), WZP_E_DUPLICATE,
           "a port that is taken cannot be taken again");
    wzp_sim_host_unbind(c.host, 0);
    unsigned before = c.count;
    probe_say(&b, "0.0.0.0:0", "10.0.0.3:8", "x");
    is_int(c.count, before, "nobody is at a port that was given up");
    wzp_sim_free(sim);
}

static void routers(void)
{
    struct wzp_sim_host *router, *far_router;
    struct probe a, b, c;
    begin();
    struct wzp_sim_network *left = network("left"), *middle = network("middle"),
                           *right = network("right");
    if (wzp_sim_router_add(sim, &router, "near", NULL) ||
        wzp_sim_router_add(sim, &far_router, "far", NULL))
        bail("no routers");
    wzp_sim_host_address(router, left, "10.1.0.1");
    wzp_sim_host_address(router, middle, "10.9.0.1");
    wzp_sim_host_address(far_router, middle, "10.9.0.2");
    wzp_sim_host_address(far_router, right, "10.2.0.1");
    probe_start(&a, sim, "a", left, "10.1.0.2");
    probe_start(&b, sim, "b", right, "10.2.0.2");
    probe_start(&c, sim, "c", middle, "10.9.0.3");
    struct wzp_addr to_b = address_of("10.2.0.2:80");
    ok(!probe_reached(&b, &a, "10.1.0.2:7", &to_b), "without routes nothing leaves a network");
    is_int(wzp_sim_network_route(left, "0.0.0.0/0", router), 0, "left has a default route");
    is_int(wzp_sim_network_route(middle, "10.2.0.0/16", far_router), 0, "the middle knows right");
    ok(probe_reached(&b, &a, "10.1.0.2:7", &to_b), "two routers forward to the far end");
    is_str(probe_from(&b), "10.1.0.2:7", "and change no address");
    struct wzp_addr back = address_of("10.1.0.2:7");
    ok(!probe_reached(&a, &b, "10.2.0.2:80", &back), "the way back needs routes of its own");
    wzp_sim_network_route(right, "0.0.0.0/0", far_router);
    wzp_sim_network_route(middle, "10.1.0.0/16", router);
    ok(probe_reached(&a, &b, "10.2.0.2:80", &back), "and works with them");
    wzp_sim_network_route(left, "10.2.0.2/32", NULL);
    ok(!probe_reached(&b, &a, "10.1.0.2:7", &to_b), "the longest prefix wins: to nowhere here");
    is_int(wzp_sim_network_route(left, "10.2.0.0/33", router), WZP_E_SYNTAX, "33 bits are none");
    is_int(wzp_sim_network_route(left, "10.2.0.0", router), WZP_E_SYNTAX, "as is no length");
    /* A routing loop: each router sends unknown destinations to the other. */
    wzp_sim_network_route(middle, "10.8.0.0/16", far_router);
    wzp_sim_network_route(right, "10.8.0.0/16", router);
    wzp_sim_host_address(router, right, "10.2.0.9");
    probe_say(&a, "10.1.0.2:7", "10.8.0.1:80", "round");
    struct wzp_sim_host_counters counters;
    wzp_sim_host_counters(router, &counters);
    ok(counters.packets_out > 5, "a packet goes round in a circle of routes (%llu times)",
       (unsigned long long)counters.packets_out);
    is_int(counters.unreachable, 1, "but not for ever");
    wzp_sim_host_remove(far_router);
    struct wzp_addr to_c = address_of("10.9.0.3:1");
    ok(probe_reached(&c, &a, "10.1.0.2:7", &to_c), "a router that is gone leaves the others");
    ok(!probe_reached(&a, &b, "10.2.0.2:80", &back), "and what was behind it alone");
    wzp_sim_free(sim);
}

static void two_homes(void)
{
    struct wzp_sim_link slow = {.delay = 300 * WZP_MILLISECOND}, cut = {.down = true};
    struct probe phone, server;
    struct wzp_sim_host *masts;
    begin();
    struct wzp_sim_network *net = wzp_sim_internet(sim), *mobile = network("mobile");
    probe_start(&server, sim, "server", net, "192.0.2.1");
    probe_start(&phone, sim, "phone", net, "10.0.0.2");
    if (wzp_sim_router_add(sim, &masts, "masts", NULL) ||
        wzp_sim_host_address(masts, mobile, "100.64.0.1") ||
        wzp_sim_host_address(masts, net, "198.51.100.1") ||
        wzp_sim_network_route(mobile, "0.0.0.0/0", masts) ||
        wzp_sim_network_route(net, "100.64.0.0/10", masts) ||
        wzp_sim_host_address(phone.host, mobile, "100.64.0.2"))
        bail("no mobile network");
    wzp_sim_host_link(phone.host, mobile, &slow, NULL);
    server.echo = true;
    uint64_t began = wzp_sim_now(sim);
    struct wzp_addr local = address_of("100.64.0.2:5"), remote = address_of("192.0.2.1:80");
    wzp_sim_host_send(phone.host, &local, &remote, (const uint8_t *)"m", 1);
    wzp_sim_run(sim, 299 * WZP_MILLISECOND);
    is_int(server.count, 0, "what names the mobile address takes the mobile line");
    wzp_sim_run(sim, WZP_MILLISECOND);
    is_int(server.count, 1, "with its delay (%llu ms)",
           (unsigned long long)((wzp_sim_now(sim) - began) / WZP_MILLISECOND));
    wzp_sim_run(sim, WZP_SECOND);
    is_str(probe_to(&phone), "100.64.0.2:5", "and the answer comes back to it");
    wzp_sim_host_link(phone.host, net, &cut, &cut);
    probe_say(&phone, "10.0.0.2:5", "192.0.2.1:80", "w");
    is_int(server.count, 1, "a line that is cut carries nothing");
    probe_say(&phone, "100.64.0.2:5", "192.0.2.1:80", "m");
    is_int(server.count, 2, "while the other one does");
    wzp_sim_free(sim);
}

static unsigned told;

static void changed(void *context, uint64_t now)
{
    (void)context;
    (void)now;
    told++;
}

static void changes(void)
{
    struct wzp_sim_link cut = {.down = true};
    struct wzp_sim_host_view views[4] = {0};
    struct probe a, b;
    begin();
    struct wzp_sim_network *net = wzp_sim_internet(sim), *wifi = network("wifi");
    probe_start(&a, sim, "a", net, "10.0.0.1");
    probe_start(&b, sim, "b", net, "10.0.0.2");
    uint64_t first = wzp_sim_host_generation(a.host);
    wzp_sim_host_watch(a.host, changed, NULL);
    wzp_sim_host_address(a.host, wifi, "192.168.1.7");
    ok(wzp_sim_host_generation(a.host) > first, "a new interface is a new generation");
    is_int(told, 1, "and is told");
    is_int(wzp_sim_host_addresses(a.host, views, 4), 2, "the host sees two addresses");
    is_str(views[1].network, "wifi", "each with its network");
    ok(views[0].interface == 1 && views[1].interface == 2, "and interface");
    ok(views[0].leads_out && !views[1].leads_out, "and whether the world is behind it");
    wzp_sim_host_link(a.host, wifi, &cut, &cut);
    wzp_sim_host_addresses(a.host, views, 4);
    ok(told == 1 && views[1].cable_in, "a line that dies is not told");
    wzp_sim_host_plug(a.host, net, false);
    is_int(told, 2, "a pulled cable is");
    wzp_sim_host_addresses(a.host, views, 4);
    ok(!views[0].cable_in && views[1].cable_in, "and can be seen");
    struct wzp_addr first_address = address_of("10.0.0.1:1");
    ok(!probe_reached(&a, &b, "10.0.0.2:1", &first_address), "and carries nothing");
    wzp_sim_host_plug(a.host, net, true);
    ok(probe_reached(&a, &b, "10.0.0.2:1", &first_address), "until it is put in");
    wzp_sim_host_leave(a.host, wifi);
    is_int(told, 4, "leaving a network is told");
    is_int(wzp_sim_host_addresses(a.host, views, 4), 1, "and its address is gone");
    is_int(wzp_sim_host_drop_address(a.host, net, "10.0.0.9"), WZP_E_NOT_FOUND,
           "an address it has not cannot be taken");
    wzp_sim_host_address(a.host, net, "10.0.0.5");
    is_int(wzp_sim_host_drop_address(a.host, net, "10.0.0.1"), 0, "a network change");
    is_int(told, 6, "is told twice: the new address and the old one");
    struct wzp_addr old = address_of("10.0.0.1:1"), new = address_of("10.0.0.5:1");
    ok(!probe_reached(&a, &b, "10.0.0.2:1", &old), "nobody is at the old address");
    ok(probe_reached(&a, &b, "10.0.0.2:1", &new), "the host is at the new one");
    ok(!probe_reached(&b, &a, "10.0.0.1:1", &b.local), "and cannot send from the old one");
    wzp_sim_free(sim);
}

/* Drops payloads that say "no", and replaces the others by "yes". */
static bool censor(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                   size_t *length)
{
    (void)context;
    (void)from;
    (void)to;
    if (*length == 2 && memcmp(data, "no", 2) == 0)
        return false;
    memcpy(data, "yes", 3);
    *length = 3;
    return true;
}

static unsigned tapped;

static void tap(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length)
{
    (void)context;
    (void)from;
    (void)to;
    (void)data;
    (void)length;
    tapped++;
}

static void hooks(void)
{
    struct probe a, b;
    begin();
    struct wzp_sim_network *net = wzp_sim_internet(sim);
    probe_start(&a, sim, "a", net, "10.0.0.1");
    probe_start(&b, sim, "b", net, "10.0.0.2");
    wzp_sim_network_set_filter(net, censor, NULL);
    wzp_sim_set_tap(sim, tap, NULL);
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:1", "no");
    is_int(b.count, 0, "a filter may swallow a packet");
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:1", "maybe");
    is_str(b.text, "yes", "and change one");
    is_int(tapped, 2, "a tap sees all that hosts send");
    struct wzp_addr from = address_of("203.0.113.66:6"), to = address_of("10.0.0.2:1");
    wzp_sim_inject(sim, &from, &to, (const uint8_t *)"boo", 3);
    wzp_sim_run(sim, WZP_SECOND);
    is_str(b.text, "boo", "an injected packet arrives");
    is_str(probe_from(&b), "203.0.113.66:6", "from wherever it says");
    wzp_sim_inject(sim, &from, &to, (const uint8_t *)"late", 4);
    wzp_sim_host_remove(b.host);
    wzp_sim_run(sim, WZP_SECOND);
    is_str(b.text, "boo", "on the way to a host that is taken away it vanishes");
    wzp_sim_free(sim);
}

static uint64_t rung[4];
static unsigned rings;
static struct wzp_sim_timer timer;

static void ring(void *context, uint64_t now)
{
    (void)context;
    rung[rings++ % 4] = now;
    if (rings == 1)
        wzp_sim_timer_set(&timer, now + WZP_SECOND);
}

static bool three_times(void *context, uint64_t now)
{
    unsigned *count = context;
    (void)now;
    return ++*count < 3;
}

static void timers(void)
{
    unsigned ticks = 0;
    begin();
    is_int(wzp_sim_timer_init(&timer, sim, ring, NULL), 0, "a timer");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(rings, 0, "does not ring before it is set");
    wzp_sim_timer_set(&timer, wzp_sim_now(sim) + 500 * WZP_MILLISECOND);
    wzp_sim_timer_set(&timer, wzp_sim_now(sim) + 250 * WZP_MILLISECOND);
    uint64_t now = wzp_sim_now(sim);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    is_int(rings, 2, "rings once for each time that holds");
    is_int(rung[0] - now, 250 * WZP_MILLISECOND, "at that time");
    is_int(rung[1] - rung[0], WZP_SECOND, "and may be set again while it rings");
    wzp_sim_timer_set(&timer, wzp_sim_now(sim) + WZP_SECOND);
    wzp_sim_timer_fini(&timer);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    is_int(rings, 2, "one that is gone is silent");
    wzp_sim_every(sim, 0, WZP_SECOND, three_times, &ticks);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    is_int(ticks, 3, "a tick goes on until it says no");
    wzp_sim_free(sim);
}

/* A driver that is always due and never does anything. */
static void never_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                          uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    (void)object;
    (void)local;
    (void)remote;
    (void)ecn;
    (void)data;
    (void)length;
    (void)now;
}
static uint64_t always_due(const void *object)
{
    (void)object;
    return 0;
}
static void do_nothing(void *object, uint64_t now)
{
    (void)object;
    (void)now;
}
static int send_nothing(void *object, struct wzp_packet *out, uint64_t now)
{
    (void)object;
    (void)out;
    (void)now;
    return 0;
}

static void standing(void)
{
    const struct wzp_driver idler = {NULL, never_receive, always_due, do_nothing, send_nothing};
    struct probe a, b;
    begin();
    probe_start(&a, sim, "a", wzp_sim_internet(sim), "10.0.0.1");
    probe_start(&b, sim, "b", wzp_sim_internet(sim), "10.0.0.2");
    a.echo = b.echo = true;
    uint64_t began = wzp_sim_now(sim);
    struct wzp_addr from = address_of("10.0.0.1:1"), to = address_of("10.0.0.2:1");
    wzp_sim_host_send(a.host, &from, &to, (const uint8_t *)"x", 1);
    wzp_sim_run(sim, 100 * WZP_MICROSECOND);
    is_int(wzp_sim_now(sim) - began, 100 * WZP_MICROSECOND,
           "hosts that answer each other at once do not stop time");
    wzp_sim_host_remove(a.host);
    wzp_sim_host_bind(b.host, 9, &idler);
    began = wzp_sim_now(sim);
    wzp_sim_run(sim, WZP_MILLISECOND);
    is_int(wzp_sim_now(sim) - began, WZP_MILLISECOND, "nor does an object that is always due");
    wzp_sim_free(sim);
}

/* A driver that closes its port when "port" arrives, and removes its host when anything else does.
 */
static void give_up(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct probe *p = object;
    (void)remote;
    (void)ecn;
    (void)now;
    p->count++;
    if (length == 4 && memcmp(data, "port", 4) == 0)
        wzp_sim_host_unbind(p->host, wzp_addr_port(local));
    else
        wzp_sim_host_remove(p->host);
}
static uint64_t never_due(const void *object)
{
    (void)object;
    return WZP_NEVER;
}

static void from_inside(void)
{
    struct probe a, b;
    begin();
    probe_start(&a, sim, "a", wzp_sim_internet(sim), "10.0.0.1");
    probe_start(&b, sim, "b", wzp_sim_internet(sim), "10.0.0.2");
    const struct wzp_driver quitter = {&b, give_up, never_due, do_nothing, send_nothing};
    wzp_sim_host_unbind(b.host, 0);
    wzp_sim_host_bind(b.host, 7, &quitter);
    wzp_sim_host_bind(b.host, 8, &quitter);
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:7", "port");
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:7", "port");
    is_int(b.count, 1, "an object may give up its port from inside");
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:8", "host");
    probe_say(&a, "10.0.0.1:1", "10.0.0.2:8", "host");
    is_int(b.count, 2, "and remove its host");
    wzp_sim_free(sim);
}

TAP_MAIN
{
    addresses();
    ports();
    routers();
    two_homes();
    changes();
    hooks();
    timers();
    standing();
    from_inside();
}

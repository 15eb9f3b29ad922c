/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole network checks in a simulated environment, in virtual time. */
#include "nat/netcheck.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "lib_router.h"
#include "nat/lib_networks.h"
#include "tap.h"

enum world_nat { WORLD_OPEN, WORLD_CONE, WORLD_STEP, WORLD_RANDOM };

/* The simulated environment. */
struct world {
    enum world_nat nat;
    bool udp_blocked, tcp, ping, portal, hairpin, v6, dns_dead, silent_relay, no_relay;
    bool relay_stun, no_reflect; /* relays answer STUN; relays refuse Reflect */
    unsigned silent_stun;        /* that many of the servers do not answer */
    double loss;
    struct router router;
    uint64_t stun_rtt, relay_rtt;
    uint16_t next_port;
    struct wzp_random_seeded seeded;
    struct {
        uint64_t at;
        struct wzp_addr from;
        uint8_t data[64];
        size_t length;
    } packets[64];
    size_t packet_count;
    struct {
        uint64_t at;
        struct wzp_netcheck_work work;
    } works[32];
    size_t work_count;
    unsigned sent, relay_asked, reflected;
    int metered;
};

static struct wzp_netcheck check;
static struct wzp_netcheck_config config;
static struct world world;
static struct wzp_networks networks;
static const struct wzp_netcheck_relay_config relays[] = {{"us-east", "203.0.113.100:4433"},
                                                          {"eu-west", "relay.example:4433"}};

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static void fresh(enum world_nat nat)
{
    memset(&world, 0, sizeof world);
    world.nat = nat;
    world.stun_rtt = 30 * WZP_MILLISECOND;
    world.relay_rtt = 20 * WZP_MILLISECOND;
    world.next_port = 50000;
    world.tcp = true;
    router_init(&world.router, "203.0.113.5:0");
    wzp_random_seeded_init(&world.seeded, 9);
    wzp_netcheck_config_default(&config);
    config.relays = relays;
    config.relay_count = 2;
    memset(&networks, 0, sizeof networks);
    networks_add(&networks, "lo", "127.0.0.1", 8, WZP_INTERFACE_UP | WZP_INTERFACE_LOOPBACK);
    networks_add(&networks, "wlan0", nat == WORLD_OPEN ? "203.0.113.5" : "192.168.1.10", 24,
                 WZP_INTERFACE_UP | WZP_INTERFACE_DEFAULT_V4 | WZP_INTERFACE_DEFAULT_V6);
    config.networks = &networks;
    config.gateway = parse("192.168.1.1:0");
    config.socket4 = parse("0.0.0.0:40000");
    config.socket6 = parse("[::]:40001");
    config.has_second_socket = true;
    config.os_has_ipv6 = WZP_TRI_YES;
    config.wall_ms = 1700000000000;
}

static void add_v6(void)
{
    networks_add(&networks, "wlan0", "2001:db8::10", 64, 0);
    world.v6 = true;
}

/* The source address of a packet from the shared socket, as a server sees it. */
static struct wzp_addr seen_by(const struct wzp_addr *to)
{
    struct wzp_random random = wzp_random_seeded_source(&world.seeded);
    if (wzp_addr_is_v6(to))
        return parse("[2001:db8::10]:40001");
    if (wzp_addr_is_loopback(to))
        return parse("127.0.0.1:40000");
    struct wzp_addr addr = parse("203.0.113.5:40000");
    if (world.nat == WORLD_STEP)
        wzp_addr_set_port(&addr, world.next_port += 2);
    else if (world.nat == WORLD_RANDOM)
        wzp_addr_set_port(&addr, (uint16_t)(1024 + wzp_random_below(&random, 60000)));
    return addr;
}

static void put(const struct wzp_addr *from, const uint8_t *data, size_t length, uint64_t at)
{
    struct wzp_random random = wzp_random_seeded_source(&world.seeded);
    if (world.packet_count == 64 || length > 64)
        bail("the test's world is full");
    if (world.loss > 0 && wzp_random_unit(&random) < world.loss)
        return;
    size_t i = world.packet_count++;
    world.packets[i].at = at;
    world.packets[i].from = *from;
    memcpy(world.packets[i].data, data, length);
    world.packets[i].length = length;
}

static void carry(const struct wzp_packet *packet, unsigned socket, uint64_t now)
{
    uint8_t id[WZP_STUN_ID_SIZE], answer[WZP_STUN_RESPONSE_MAX];
    world.sent++;
    if (wzp_addr_port(&packet->remote) == 5351) {
        struct wzp_addr router = world.router.address;
        uint8_t out[16] = {0, 0x80};
        if (world.router.natpmp && packet->length == 2) {
            memcpy(out + 8, &world.router.external.u.in.sin_addr, 4);
            put(&router, out, 12, now + WZP_MILLISECOND);
        }
        world.router.asked++;
        return;
    }
    if (world.udp_blocked || !wzp_stun_is_request(packet->data, packet->length, id))
        return;
    if (socket == 1) { /* to our own external address */
        struct wzp_addr from = parse("203.0.113.5:40007");
        if (world.hairpin)
            put(&from, packet->data, packet->length, now + 2 * WZP_MILLISECOND);
        return;
    }
    if ((wzp_addr_is_v6(&packet->remote) && !world.v6) ||
        (wzp_addr_port(&packet->remote) == 4433 && !world.relay_stun))
        return;
    unsigned server = ((const uint8_t *)&packet->remote.u.in.sin_addr)[3];
    if (wzp_addr_is_v6(&packet->remote))
        server = 9;
    if (server <= world.silent_stun)
        return;
    struct wzp_addr seen = seen_by(&packet->remote);
    size_t length = wzp_stun_write_response(answer, sizeof answer, id, &seen);
    put(&packet->remote, answer, length, now + world.stun_rtt + server * WZP_MILLISECOND);
}

static void finish_work(const struct wzp_netcheck_work *work, uint64_t now)
{
    struct wzp_netcheck_done done = {.id = work->id};
    switch (work->kind) {
    case WZP_NETCHECK_RESOLVE_STUN:
    case WZP_NETCHECK_RESOLVE_RELAY:
        if (world.dns_dead) {
            done.result = WZP_E_NOT_FOUND;
            done.error = "name not known";
            break;
        }
        if (work->kind == WZP_NETCHECK_RESOLVE_STUN && strstr(work->text, ":4433")) {
            done.addrs[done.addr_count++] = parse(work->text);
        } else if (work->kind == WZP_NETCHECK_RESOLVE_STUN) {
            uint8_t ip[4] = {198, 51, 100, (uint8_t)(work->id + 1)};
            wzp_addr_from_ip4(&done.addrs[done.addr_count++], ip, 3478);
            if (world.v6)
                done.addrs[done.addr_count++] = parse("[2001:db8:5::1]:3478");
        } else {
            done.addrs[done.addr_count++] =
                parse(strstr(work->text, "example") ? "203.0.113.101:4433" : work->text);
        }
        break;
    case WZP_NETCHECK_PROBE_RELAY:
        world.relay_asked++;
        done.rtt = world.relay_rtt;
        if (world.udp_blocked ||
            (world.silent_relay && wzp_addr_port(&work->addr) && work->text[0] == 'e'))
            done.result = world.no_relay ? WZP_E_REFUSED : WZP_E_TIMEOUT;
        else if (work->text[0] == 'u')
            done.rtt += (world.relay_asked % 3) * 2 * WZP_MILLISECOND;
        else
            done.rtt *= 3;
        break;
    case WZP_NETCHECK_REFLECT:
        world.reflected++;
        if (world.no_reflect)
            done.result = WZP_E_REFUSED;
        else
            done.observed = seen_by(&work->addr);
        break;
    case WZP_NETCHECK_UPNP:
        done.portmap.id = work->portmap.id;
        done.portmap.result = world.router.upnp ? 0 : WZP_E_NOT_FOUND;
        done.portmap.external = world.router.external;
        break;
    case WZP_NETCHECK_TCP: done.result = world.tcp ? 0 : WZP_E_NETWORK; break;
    case WZP_NETCHECK_ICMP: done.result = world.ping ? 0 : WZP_E_UNSUPPORTED; break;
    case WZP_NETCHECK_CAPTIVE: done.result = world.portal ? 0 : WZP_E_REFUSED; break;
    case WZP_NETCHECK_METERED: done.result = world.metered; break;
    case WZP_NETCHECK_MTU: done.value = 1452; break;
    }
    wzp_netcheck_work_done(&check, &done, now);
}

static uint64_t work_time(const struct wzp_netcheck_work *work)
{
    switch (work->kind) {
    case WZP_NETCHECK_PROBE_RELAY:
        return world.udp_blocked ? 900 * WZP_MILLISECOND : world.relay_rtt;
    case WZP_NETCHECK_UPNP: return 150 * WZP_MILLISECOND;
    default: return 10 * WZP_MILLISECOND;
    }
}

static void deliver(uint64_t now)
{
    for (size_t i = 0; i < world.packet_count;) {
        if (world.packets[i].at > now) {
            i++;
            continue;
        }
        wzp_netcheck_receive(&check, 0, &world.packets[i].from, world.packets[i].data,
                             world.packets[i].length, now);
        world.packets[i] = world.packets[--world.packet_count];
    }
    for (size_t i = 0; i < world.work_count;) {
        if (world.works[i].at > now) {
            i++;
            continue;
        }
        struct wzp_netcheck_work work = world.works[i].work;
        world.works[i] = world.works[--world.work_count];
        finish_work(&work, now);
    }
}

/* Runs a whole check; returns how long it took, ms. */
static int run(void)
{
    struct wzp_random random = wzp_random_seeded_source(&world.seeded);
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    struct wzp_netcheck_work work;
    uint64_t start = 77 * WZP_SECOND, now = start;
    wzp_netcheck_start(&check, &config, &random, now);
    for (unsigned steps = 0; !wzp_netcheck_result(&check); steps++) {
        if (steps > 20000)
            bail("the check turns in circles");
        deliver(now);
        if (wzp_netcheck_expiry(&check) <= now)
            wzp_netcheck_handle_expiry(&check, now);
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_netcheck_next_packet(&check, &packet, socket, now))
                carry(&packet, socket, now);
        while (world.work_count < 32 && wzp_netcheck_next_work(&check, &work)) {
            world.works[world.work_count].at = now + work_time(&work);
            world.works[world.work_count++].work = work;
        }
        uint64_t next = wzp_netcheck_expiry(&check);
        for (size_t i = 0; i < world.packet_count; i++)
            next = wzp_time_min(next, world.packets[i].at);
        for (size_t i = 0; i < world.work_count; i++)
            next = wzp_time_min(next, world.works[i].at);
        if (next > now && next != WZP_NEVER)
            now = next;
    }
    return (int)((now - start) / WZP_MILLISECOND);
}

static void check_healthy(void)
{
    fresh(WORLD_CONE);
    world.router.natpmp = world.router.upnp = world.hairpin = true;
    int took = run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    ok(took <= 2000, "a healthy network takes at most 2 s: %d ms", took);
    is_str(wzp_nat_type_name(r->nat_type), "Cone", "one address for all is Cone");
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &r->reflexive_addr), "203.0.113.5:40000", "which one");
    ok(r->udp == WZP_TRI_YES && r->ipv4_reachable == WZP_TRI_YES, "UDP works over IPv4");
    is_int(r->ipv6_reachable, WZP_TRI_NO, "without an address IPv6 does not");
    is_int(r->ipv6_can_send, WZP_TRI_NO, "which is known apart from");
    is_int(r->os_has_ipv6, WZP_TRI_YES, "the system having it");
    is_int(r->hairpin_works, WZP_TRI_YES, "the hairpin is seen");
    ok(r->nat_pmp_available == WZP_TRI_YES && r->upnp_available == WZP_TRI_YES &&
           r->pcp_available == WZP_TRI_NO,
       "each service is told");
    is_int(wzp_netcheck_port_mapping(r), WZP_PORTMAP_NATPMP, "NAT-PMP is the best way");
    is_int(world.router.made, 0, "no port was opened");
    is_str(r->preferred_relay, "us-east", "the nearest relay is preferred");
    is_int(r->relays[0].probes, 3, "of three round trips");
    ok(r->relays[0].jitter_ms > 0 && r->relays[0].loss_percent == 0, "with jitter and loss");
    ok(r->mtu.known && r->mtu.value == 1452, "the MTU to it is known");
    is_int(r->tcp_443, WZP_TRI_UNKNOWN, "what does not matter when UDP works is not known");
    is_str(r->verdict_word, "port-mapping", "the verdict");
    is_int(r->exit_status, 0, "exit 0");
    is_int(r->nat4.port_preserved, WZP_TRI_YES, "the port is kept");
    is_str(r->stun[0].interface, "wlan0", "each probe names its interface");
    is_str(wzp_addr_format(text, &r->stun[0].source), "192.168.1.10:40000", "and its source");
    unsigned done, total;
    wzp_netcheck_progress(&check, &done, &total);
    ok(done == total && total > 5, "the progress ends at its end: %u of %u", done, total);
}

static void check_kinds(void)
{
    static const struct {
        enum world_nat nat;
        const char *type, *word, *allocation;
        enum wzp_tri varies;
    } rows[] = {
        {WORLD_OPEN, "Cone", "open", "preserving", WZP_TRI_NO},
        {WORLD_CONE, "Cone", "easy", "preserving", WZP_TRI_NO},
        {WORLD_STEP, "SymmetricPort", "hard", "sequential:2", WZP_TRI_YES},
        {WORLD_RANDOM, "SymmetricPort", "hard", "random", WZP_TRI_YES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(rows[i].nat);
        int took = run();
        const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
        char text[32];
        is_str(wzp_nat_type_name(r->nat_type), rows[i].type, "%s: the type", rows[i].word);
        is_str(r->verdict_word, rows[i].word, "%s: the verdict", rows[i].word);
        is_int(r->mapping_varies, rows[i].varies, "%s: varies by destination", rows[i].word);
        is_str(wzp_netcheck_allocation_text(text, &r->nat4), rows[i].allocation, "%s: allocation",
               rows[i].word);
        ok(took <= 2000, "%s: also with a silent router within 2 s: %d ms", rows[i].word, took);
        is_int(r->hairpin_works, WZP_TRI_NO, "%s: no hairpin", rows[i].word);
    }
    ok(strstr(wzp_netcheck_result(&check)->advice[0], "UPnP") != NULL,
       "who is hard is told what to do");
    fresh(WORLD_RANDOM);
    add_v6();
    run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    is_str(r->verdict_word, "hard-ipv6", "IPv6 helps a hard NAT");
    is_int(r->ipv6_reachable, WZP_TRI_YES, "when there was a real round trip");
    is_str(wzp_nat_type_name(r->nat_type), "SymmetricPort", "each family is judged by itself");
    fresh(WORLD_CONE);
    world.router.natpmp = true;
    wzp_addr_from_ip4(&world.router.external, (const uint8_t *)"\x64\x40\x01\x02", 0);
    run();
    r = wzp_netcheck_result(&check);
    is_int(r->nat4.cgnat, WZP_TRI_YES, "a router at 100.64/10 has another NAT behind it");
    is_str(wzp_portmap_verdict_word(r->portmap_verdict), "double-nat",
           "so its ports are of no use");
    is_int(wzp_netcheck_port_mapping(r), WZP_PORTMAP_PROTOCOLS, "and are not counted on");
    fresh(WORLD_CONE);
    world.router.natpmp = true;
    wzp_addr_from_ip4(&world.router.external, (const uint8_t *)"\0\0\0\0", 0);
    run();
    ok(r->nat4.cgnat == WZP_TRI_YES && r->portmap_verdict == WZP_PORTMAP_DOUBLE_NAT,
       "a router that has no address outside, though we get out, is behind another one");
}

static void check_sick(void)
{
    fresh(WORLD_CONE);
    world.udp_blocked = true;
    int took = run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    is_str(r->verdict_word, "udp-blocked", "no UDP but TCP");
    is_int(r->exit_status, 2, "exit 2");
    ok(took <= 5000, "within 5 s: %d ms", took);
    ok(r->udp == WZP_TRI_NO && r->tcp_443 == WZP_TRI_YES && r->icmpv4 == WZP_TRI_UNKNOWN,
       "what could not be tried is not known");
    is_int(r->mapping_varies, WZP_TRI_UNKNOWN, "nor is what nobody saw");
    is_str(r->relays[0].error, wzp_strerror(WZP_E_TIMEOUT), "relays say why not");
    fresh(WORLD_CONE);
    world.udp_blocked = world.no_relay = true;
    run();
    r = wzp_netcheck_result(&check);
    is_str(r->verdict_word, "no-relay", "a port where no relay listens is no network without UDP");
    ok(r->exit_status == 2 && r->advice_count == 1 && strstr(r->advice[0], "name and port"),
       "and what to look at is told: %s", r->advice_count ? r->advice[0] : "-");
    fresh(WORLD_CONE);
    world.udp_blocked = world.ping = true;
    world.tcp = false;
    run();
    r = wzp_netcheck_result(&check);
    ok(r->tcp_443 == WZP_TRI_NO && r->icmpv4 == WZP_TRI_YES && r->exit_status == 2 &&
           !strstr(r->verdict, "TCP works"),
       "where only a ping gets out nobody is told that TCP works: %s", r->verdict);
    fresh(WORLD_CONE);
    world.udp_blocked = world.portal = true;
    run();
    is_str(wzp_netcheck_result(&check)->verdict_word, "captive-portal", "a portal is seen");
    fresh(WORLD_CONE);
    world.udp_blocked = true;
    world.tcp = false;
    world.dns_dead = true;
    took = run();
    r = wzp_netcheck_result(&check);
    is_str(r->verdict_word, "no-network", "nothing at all");
    is_int(r->exit_status, 3, "exit 3");
    ok(took <= 5000, "also within 5 s: %d ms", took);
    ok(strstr(r->stun[0].error, "name not known") != NULL, "the reason is kept: %s",
       r->stun[0].error);
    fresh(WORLD_CONE);
    world.silent_stun = 2;
    world.silent_relay = world.no_reflect = true;
    took = run();
    r = wzp_netcheck_result(&check);
    ok(took <= 2000 && r->udp == WZP_TRI_YES,
       "with one server of three answering 2 s are enough: %d", took);
    is_str(r->verdict_word, "unknown", "but too little to judge");
    is_str(wzp_nat_type_name(r->nat_type), "Unknown", "by any rule");
    is_str(r->relays[1].name, "eu-west", "a dead relay stands last");
    ok(r->relays[1].loss_percent == 100, "with all its probes lost");
    fresh(WORLD_CONE);
    world.loss = 0.3;
    took = run();
    ok(took <= 5000 && wzp_netcheck_result(&check)->udp == WZP_TRI_YES,
       "30 %% loss is survived: %d ms", took);
}

/* Addresses that relays observe count as much as those that STUN servers observe. */
static void check_relays(void)
{
    fresh(WORLD_CONE);
    config.stun_count = 1;
    world.relay_stun = true;
    int took = run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    is_str(wzp_nat_type_name(r->nat_type), "Cone", "a server and relays that answer STUN agree");
    is_int(r->stun_count, 3, "the relays are among the probes");
    is_str(r->stun[1].name, "stun:203.0.113.100:4433", "by name");
    is_int(r->nat4.destinations, 3, "each is a destination");
    is_int(world.reflected, 0, "nobody has to register");
    ok(took <= 2000, "within 2 s: %d ms", took);
    fresh(WORLD_CONE);
    config.stun_count = 1;
    took = run();
    is_int(r->stun_count, 1, "relays that do not answer it are not shown as failures");
    is_int(world.reflected, 1, "the nearest one is asked by Reflect");
    is_str(wzp_nat_type_name(r->nat_type), "Cone", "and counts, so that two agree");
    is_int(r->nat4.destinations, 2, "as a destination");
    ok(took <= 2000, "also within 2 s: %d ms", took);
    fresh(WORLD_RANDOM);
    config.stun_count = 1;
    run();
    is_str(wzp_nat_type_name(r->nat_type), "SymmetricPort",
           "a server and a relay that see two ports make it SymmetricPort");
    fresh(WORLD_CONE);
    config.stun_count = 0;
    took = run();
    is_str(r->verdict_word, "unknown", "one relay alone says too little");
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &r->global_v4), "203.0.113.5:40000", "but where we come from");
    ok(took <= 2000, "and no server is missed: %d ms", took);
    fresh(WORLD_CONE);
    static const char *const both[] = {"203.0.113.100:4433"};
    config.stun = both;
    config.stun_count = 1;
    world.relay_stun = true;
    run();
    is_int(r->stun_count, 2, "who is named as relay and server is asked once");
}

/* A relay and a STUN server on this machine, with and without STUN at the relay. */
static void check_loopback(void)
{
    static const struct wzp_netcheck_relay_config here[] = {{"here", "127.0.0.1:4433"}};
    static const char *const server[] = {"127.0.0.2:4433"};
    char text[WZP_ADDR_TEXT_MAX];
    for (unsigned with = 0; with < 2; with++) {
        fresh(WORLD_CONE);
        config.relays = here;
        config.relay_count = 1;
        config.stun = server;
        config.stun_count = 1;
        world.relay_stun = with;
        run();
        const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
        ok(r->nat4.behind_nat == WZP_TRI_UNKNOWN && r->nat4.port_preserved == WZP_TRI_UNKNOWN &&
               r->nat4.destinations == 0 && wzp_addr_is_none(&r->global_v4),
           "what servers on this machine see tells nothing of a router");
        ok(r->udp == WZP_TRI_YES && r->relays[0].rtt_ms.known, "though they are reached");
        is_str(r->relays[0].interface, "lo", "over the interface that is for that");
        is_str(wzp_addr_format(text, &r->relays[0].source), "127.0.0.1:40000", "from its address");
        is_str(r->stun[0].interface, "lo", "as a STUN server there is");
    }
    fresh(WORLD_CONE);
    config.relays = here;
    config.relay_count = 1;
    config.socket4 = parse("192.168.1.10:40000");
    run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    is_str(wzp_addr_format(text, &r->relays[0].source), "192.168.1.10:40000",
           "a socket that is bound keeps its address towards this machine");
    is_str(wzp_nat_type_name(r->nat_type), "Cone", "and the servers outside are judged as ever");
    is_int(r->nat4.behind_nat, WZP_TRI_YES, "also beside a relay here");
}

static void check_metered(void)
{
    static const struct {
        int says;
        enum wzp_tri want;
        const char *name;
    } rows[] = {{0, WZP_TRI_YES, "metered"},
                {WZP_E_REFUSED, WZP_TRI_NO, "not metered"},
                {WZP_E_UNSUPPORTED, WZP_TRI_UNKNOWN, "unknown"}};
    for (size_t i = 0; i < 3; i++) {
        fresh(WORLD_CONE);
        world.metered = rows[i].says;
        networks_add(&networks, "eth9", "10.5.5.5", 24, WZP_INTERFACE_UP);
        run();
        const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
        ok(r->interface_count == 2 && r->interfaces[0].metered == rows[i].want &&
               r->interfaces[1].metered == WZP_TRI_UNKNOWN,
           "the network of the default route is %s, of another one nobody knows", rows[i].name);
    }
}

static void check_nobody(void)
{
    fresh(WORLD_CONE);
    config.stun_count = config.relay_count = 0;
    world.router.natpmp = true;
    int took = run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    is_str(r->verdict_word, "not-asked", "with nobody to ask that is the verdict");
    is_int(r->exit_status, 1, "exit 1");
    ok(r->advice_count == 1 && strstr(r->advice[0], "--relay") && strstr(r->advice[0], "--stun"),
       "it says what to give it: %s", r->advice[0]);
    ok(r->nat_pmp_available == WZP_TRI_YES && r->interface_count == 1 && !r->udp,
       "and what the router and the machine tell");
    ok(r->tcp_443 == WZP_TRI_UNKNOWN && r->captive_portal == WZP_TRI_UNKNOWN,
       "no third party is asked instead");
    ok(took <= 2000, "within 2 s: %d ms", took);
    is_int(world.sent, world.router.asked, "nobody but the router got a packet");
    fresh(WORLD_CONE);
    config.test_all = true;
    run();
    ok(r->tcp_443 == WZP_TRI_YES && r->captive_portal == WZP_TRI_NO && r->udp == WZP_TRI_YES,
       "all is tried when that was asked for");
}

static void check_edges(void)
{
    struct wzp_random random = wzp_random_seeded_source(&world.seeded);
    struct wzp_netcheck_work work;
    struct wzp_netcheck_done done = {.id = 5};
    fresh(WORLD_CONE);
    config.stun_count = 0;
    config.relay_count = 0;
    config.test_port_mapping = config.test_ipv6 = config.has_second_socket = false;
    config.os_has_ipv6 = WZP_TRI_UNKNOWN;
    int took = run();
    const struct wzp_netcheck_report *r = wzp_netcheck_result(&check);
    ok(took < 1000 && r->udp == WZP_TRI_UNKNOWN && r->ipv6_reachable == WZP_TRI_UNKNOWN &&
           r->upnp_available == WZP_TRI_UNKNOWN && r->hairpin_works == WZP_TRI_UNKNOWN,
       "who asks nobody knows nothing");
    wzp_netcheck_config_default(&config);
    ok(config.stun_count >= 3 && config.stun[0], "N1: the usual configuration has STUN servers");
    ok(config.test_port_mapping && config.limit > 0 && wzp_addr_is_none(&config.socket4) &&
           wzp_addr_is_none(&config.socket6),
       "I7: and mapping on, a limit, and no ports yet");
    fresh(WORLD_CONE);
    wzp_netcheck_start(&check, &config, &random, 1);
    ok(!wzp_netcheck_result(&check), "there is no result before the end");
    done.id = 3;
    wzp_netcheck_work_done(&check, &done, 1);
    is_int(check.ignored, 1, "an outcome of work that was not given out is ignored");
    wzp_netcheck_next_work(&check, &work);
    wzp_netcheck_stop(&check, 5);
    ok(wzp_netcheck_result(&check) && wzp_netcheck_result(&check)->duration_ms.value > 0,
       "N7: a check that is broken off has a report, and took some time");
    done.id = work.id;
    wzp_netcheck_work_done(&check, &done, 6);
    is_int(check.ignored, 2, "what comes later is ignored");
    is_int(wzp_netcheck_next_work(&check, &work), 0, "nothing more is to do");
    ok(wzp_netcheck_expiry(&check) == WZP_NEVER, "and nothing is due");
    fresh(WORLD_CONE);
    wzp_netcheck_start(&check, &config, &random, 0);
    wzp_netcheck_handle_expiry(&check, 10 * WZP_SECOND);
    r = wzp_netcheck_result(&check);
    ok(r != NULL, "a host that does no work at all ends it in 5 s");
    ok(r && r->stun_count == 3 && strstr(r->stun[0].error, "not resolved") &&
           strstr(r->relays[1].error, "not resolved"),
       "names that were not resolved in time are told as that");
}

TAP_MAIN
{
    check_healthy();
    check_kinds();
    check_sick();
    check_relays();
    check_loopback();
    check_metered();
    check_nobody();
    check_edges();
}

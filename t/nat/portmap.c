/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The port mapping client against routers of every kind. Source: wzp-protocol(7), Addresses. */
#include "nat/portmap.h"

#include <string.h>

#include "base/error.h"
#include "lib_router.h"
#include "nat/natpmp.h"
#include "tap.h"

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;
static struct wzp_addr lan;
static struct router router;
static struct wzp_portmap map;

static void check_codecs(void)
{
    uint8_t out[64], want[64];
    struct wzp_natpmp_answer answer;
    wzp_natpmp_write_external(out);
    is_bytes(out, 2, "\0\0", 2, "P1: the external request is two zero bytes");
    wzp_natpmp_write_map(out, 12345, 12345, 7200);
    tap_hex(want, sizeof want, "0001 0000 3039 3039 00001c20");
    is_bytes(out, 12, want, 12, "P2: the map request of port 12345");
    wzp_natpmp_write_map(out, 12345, 0, 0);
    tap_hex(want, sizeof want, "0001 0000 3039 0000 00000000");
    is_bytes(out, 12, want, 12, "the delete request");
    is_int(WZP_NATPMP_PORT, 5351, "P16: port of NAT-PMP");
    is_int(WZP_PCP_PORT, 5351, "P16: port of PCP");
    ok(WZP_NATPMP_VERSION == 0 && WZP_NATPMP_OPCODE_MAP_UDP == 1, "P16: NAT-PMP's numbers");
    ok(WZP_PCP_VERSION == 2 && WZP_PCP_OPCODE_MAP == 1, "P16: PCP's numbers");
    size_t length = tap_hex(out, sizeof out, "00 80 0000 00000e10 cb007105");
    is_int(wzp_natpmp_parse(&answer, out, length), 0, "an external answer");
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &answer.external), "203.0.113.5:0", "names the address");
    is_int(answer.epoch, 3600, "and the router's clock");
    is_int(wzp_natpmp_parse(&answer, out, 11), WZP_E_SHORT, "cut, it is refused");
    is_int(wzp_natpmp_parse(&answer, out, 7), WZP_E_SHORT, "cut in the head too");
    out[1] = 0;
    is_int(wzp_natpmp_parse(&answer, out, length), WZP_E_SYNTAX, "a question is no answer");
    out[1] = 0x82;
    is_int(wzp_natpmp_parse(&answer, out, length), WZP_E_SYNTAX, "nor is TCP asked for");
    out[0] = 2;
    is_int(wzp_natpmp_parse(&answer, out, length), WZP_E_UNSUPPORTED, "nor version 2");
    length = tap_hex(out, sizeof out, "00 81 0002 00000e10");
    is_int(wzp_natpmp_parse(&answer, out, length), 0, "a refusal may be short");
    is_int(answer.result, 2, "and says why");
}

static void check_pcp(void)
{
    uint8_t out[64], want[64];
    struct wzp_pcp_map m = {.client = lan, .internal_port = 12345, .external_port = 12345};
    struct wzp_pcp_answer answer;
    memset(m.nonce, 0xaa, sizeof m.nonce);
    m.lifetime = 7200;
    wzp_pcp_write_map(out, &m);
    tap_hex(
        want, sizeof want,
        "02 01 0000 00001c20 00000000000000000000ffffc0a8010a aaaaaaaaaaaaaaaaaaaaaaaa 11 000000 "
        "3039 3039 00000000000000000000ffff00000000");
    is_bytes(out, 60, want, 60, "a PCP map request asks for any IPv4 address");
    wzp_pcp_write_announce(out, &lan);
    tap_hex(want, sizeof want, "02 00 0000 00000000 00000000000000000000ffffc0a8010a");
    is_bytes(out, 24, want, 24, "a PCP announce request");
    size_t length = tap_hex(out, sizeof out,
                            "02 81 00 00 00000e10 00000064 000000000000000000000000 "
                            "aaaaaaaaaaaaaaaaaaaaaaaa 11 000000 3039 9c40 "
                            "00000000000000000000ffffcb007105");
    is_int(wzp_pcp_parse(&answer, &m, out, length), 0, "a PCP answer");
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &answer.external), "203.0.113.5:40000", "names address and port");
    ok(answer.lifetime == 3600 && answer.epoch == 100, "life and clock");
    for (size_t n = 0; n < length; n++)
        if (wzp_pcp_parse(&answer, &m, out, n) != WZP_E_SHORT)
            ok(false, "cut at %zu it is taken", n);
    ok(true, "cut anywhere it is refused");
    static const size_t checked[] = {24, 35, 36, 40, 41};
    for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
        out[checked[i]] ^= 1;
        is_int(wzp_pcp_parse(&answer, &m, out, length), WZP_E_NOT_FOUND,
               "with byte %zu changed it is somebody else's", checked[i]);
        out[checked[i]] ^= 1;
    }
    is_int(wzp_pcp_parse(&answer, NULL, out, length), WZP_E_NOT_FOUND, "unasked it is ignored");
    out[1] = 1;
    is_int(wzp_pcp_parse(&answer, &m, out, length), WZP_E_SYNTAX, "a question is no answer");
    out[1] = 0x82;
    is_int(wzp_pcp_parse(&answer, &m, out, length), WZP_E_SYNTAX, "nor is PEER asked for");
    out[0] = 0;
    is_int(wzp_pcp_parse(&answer, &m, out, length), WZP_E_UNSUPPORTED, "nor version 0");
}

static uint64_t start(uint64_t now)
{
    wzp_portmap_init(&map, &random_source);
    wzp_portmap_start(&map, &router.address, &lan, 12345, now);
    return now;
}

static void check_services(void)
{
    static const struct {
        bool natpmp, pcp, upnp;
        enum wzp_portmap_protocol protocol;
        uint64_t within; /* ms */
    } rows[] = {
        {true, false, false, WZP_PORTMAP_NATPMP, 20}, {false, true, false, WZP_PORTMAP_PCP, 260},
        {false, false, true, WZP_PORTMAP_UPNP, 500},  {true, true, true, WZP_PORTMAP_NATPMP, 20},
        {false, true, true, WZP_PORTMAP_PCP, 260},    {true, false, true, WZP_PORTMAP_NATPMP, 20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = wzp_portmap_protocol_name(rows[i].protocol);
        router_init(&router, "203.0.113.5:0");
        router.natpmp = rows[i].natpmp;
        router.pcp = rows[i].pcp;
        router.upnp = rows[i].upnp;
        uint64_t now = start(5 * WZP_SECOND);
        now = router_run(&router, &map, now, now + rows[i].within * WZP_MILLISECOND);
        is_int(map.verdict, WZP_PORTMAP_MAPPED, "%s maps within %d ms", name, (int)rows[i].within);
        is_int(map.protocol, rows[i].protocol, "%s is the one", name);
        char text[WZP_ADDR_TEXT_MAX];
        is_str(wzp_addr_format(text, wzp_portmap_external(&map)), "203.0.113.5:12345",
               "the candidate is the router's address");
        ok(wzp_portmap_take_change(&map) && !wzp_portmap_take_change(&map), "it is told once");
        now = router_run(&router, &map, now, now + 8 * 3600 * WZP_SECOND);
        is_int(router.count, 1, "%s: after eight hours the mapping is still there", name);
        ok(!wzp_portmap_take_change(&map), "and did not change");
        wzp_portmap_stop(&map, now);
        ok(wzp_addr_is_none(wzp_portmap_external(&map)), "it is no candidate while it is released");
        now = router_run(&router, &map, now, now + WZP_SECOND);
        is_int(router.count, 0, "%s: the router's table is as before", name);
        ok(wzp_portmap_stopped(&map), "and the service has stopped");
        is_int(map.verdict, WZP_PORTMAP_RELEASED, "given back");
        ok(wzp_portmap_expiry(&map) == WZP_NEVER, "nothing is due any more");
    }
}

static void check_absent(void)
{
    router_init(&router, "203.0.113.5:0");
    uint64_t now = start(0);
    now = router_run(&router, &map, now, 1490 * WZP_MILLISECOND);
    is_int(map.verdict, WZP_PORTMAP_WORKING, "a silent router is waited for");
    now = router_run(&router, &map, now, 1510 * WZP_MILLISECOND);
    is_int(map.verdict, WZP_PORTMAP_ABSENT, "for a second and a half");
    is_int(router.asked, 6, "with three packets of each protocol");
    now = router_run(&router, &map, now, 300 * WZP_SECOND);
    is_int(router.asked, 6, "and is left alone");
    router.pcp = true;
    now = router_run(&router, &map, now, 610 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_MAPPED, "for ten minutes");
    struct wzp_addr none = {0};
    wzp_portmap_init(&map, &random_source);
    wzp_portmap_start(&map, &none, &lan, 12345, 0);
    is_int(map.verdict, WZP_PORTMAP_NO_GATEWAY, "no gateway is said at once");
    ok(strstr(wzp_portmap_verdict_text(map.verdict), "gateway") != NULL, "P12: in words");
    ok(wzp_portmap_expiry(&map) == WZP_NEVER, "and nothing is tried");
    is_str(wzp_portmap_protocol_name(WZP_PORTMAP_NATPMP), "NatPmp", "P13: NatPmp");
    is_str(wzp_portmap_protocol_name(WZP_PORTMAP_UPNP), "UPnP", "P13: UPnP");
    is_str(wzp_portmap_protocol_name(WZP_PORTMAP_PCP), "Pcp", "P13: Pcp");
    ok(!wzp_portmap_protocol_name(WZP_PORTMAP_PROTOCOLS), "none has no name");
}

static void check_loss(void)
{
    unsigned mapped = 0, clean = 0;
    for (unsigned seed = 0; seed < 50; seed++) {
        router_init(&router, "203.0.113.5:0");
        wzp_random_seeded_init(&router.seeded, seed);
        router.natpmp = seed % 2;
        router.pcp = !router.natpmp;
        router.loss = 0.3;
        uint64_t now = start(0);
        now = router_run(&router, &map, now, 4 * WZP_SECOND);
        mapped += map.verdict == WZP_PORTMAP_MAPPED;
        router.loss = 0;
        wzp_portmap_stop(&map, now);
        router_run(&router, &map, now, now + 2 * WZP_SECOND);
        clean += router.count == 0 && wzp_portmap_stopped(&map);
    }
    ok(mapped >= 30, "at 30 %% loss each way %u of 50 get their mapping at once", mapped);
    is_int(clean, 50, "and no router keeps one, also when only the answer was lost");
}

static void check_renewal(void)
{
    router_init(&router, "203.0.113.5:0");
    router.natpmp = true;
    router.grant = 48;
    const uint64_t began = 3600 * WZP_SECOND;
    uint64_t now = start(began);
    now = router_run(&router, &map, now, began + 23 * WZP_SECOND);
    ok(router.mappings[0].expires <= began + 49 * WZP_SECOND,
       "before half of its life it is not renewed");
    now = router_run(&router, &map, now, began + 25 * WZP_SECOND);
    ok(router.mappings[0].expires >= began + 72 * WZP_SECOND, "at half of the granted life it is");
    unsigned before = router.asked;
    router.deaf = true;
    now = router_run(&router, &map, now, began + 71 * WZP_SECOND);
    is_int(map.renewals_failed, 3, "unanswered, it is tried at 1/2, 3/4 and 7/8 of its life");
    ok(router.asked > before && !wzp_addr_is_none(wzp_portmap_external(&map)),
       "and stays a candidate as long as it lives");
    wzp_portmap_take_change(&map);
    now = router_run(&router, &map, now, began + 73 * WZP_SECOND);
    ok(wzp_portmap_take_change(&map) && wzp_addr_is_none(wzp_portmap_external(&map)),
       "then it is none any more, and that is told");
    router.deaf = false;
    router.grant = 7200;
    now = start(now);
    now = router_run(&router, &map, now, now + 100 * WZP_SECOND);
    router.deaf_to_maps = true;
    now = router_run(&router, &map, now, now + 3600 * WZP_SECOND);
    ok(map.verdict == WZP_PORTMAP_MAPPED && map.renewals_failed == 1,
       "a look that is not answered is no renewal that failed");
    router.deaf_to_maps = false;
    router.grant = 1;
    now = start(now);
    before = router.asked;
    now = router_run(&router, &map, now, now + 100 * WZP_SECOND);
    ok(router.asked - before < 200, "a router that grants a second is not asked in a busy loop");
}

static void check_forgetful(void)
{
    static const enum wzp_portmap_protocol kinds[] = {WZP_PORTMAP_NATPMP, WZP_PORTMAP_PCP,
                                                      WZP_PORTMAP_UPNP};
    for (size_t i = 0; i < 3; i++) {
        router_init(&router, "203.0.113.5:0");
        router.natpmp = kinds[i] == WZP_PORTMAP_NATPMP;
        router.pcp = kinds[i] == WZP_PORTMAP_PCP;
        router.upnp = kinds[i] == WZP_PORTMAP_UPNP;
        uint64_t now = start(0);
        now = router_run(&router, &map, now, 1000 * WZP_SECOND);
        router_reboot(&router, now);
        is_int(router.count, 0, "the router forgot");
        now = router_run(&router, &map, now, now + 60 * WZP_SECOND);
        is_int(router.count, 1, "%s: within a minute the mapping is there again",
               wzp_portmap_protocol_name(kinds[i]));
        is_int(wzp_addr_port(wzp_portmap_external(&map)), 12345, "on the same port");
    }
    router_init(&router, "203.0.113.5:0");
    router.natpmp = true;
    uint64_t now = start(0);
    now = router_run(&router, &map, now, 100 * WZP_SECOND);
    wzp_portmap_take_change(&map);
    wzp_addr_from_ip4(&router.external, (const uint8_t *)"\xcb\x00\x71\x63", 0);
    now = router_run(&router, &map, now, now + 60 * WZP_SECOND);
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, wzp_portmap_external(&map)), "203.0.113.99:12345",
           "a new address outside is noticed within a minute");
    ok(wzp_portmap_take_change(&map), "and told");
}

static void check_liars(void)
{
    static const struct {
        const char *external;
        enum wzp_portmap_verdict verdict;
    } rows[] = {
        {"100.64.1.2:0", WZP_PORTMAP_DOUBLE_NAT}, {"192.168.0.5:0", WZP_PORTMAP_DOUBLE_NAT},
        {"10.1.1.1:0", WZP_PORTMAP_DOUBLE_NAT},   {"172.20.1.1:0", WZP_PORTMAP_DOUBLE_NAT},
        {"0.0.0.0:0", WZP_PORTMAP_OFFLINE},       {"127.0.0.1:0", WZP_PORTMAP_LYING},
        {"169.254.1.1:0", WZP_PORTMAP_LYING},     {"224.0.0.1:0", WZP_PORTMAP_LYING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned kind = 0; kind < WZP_PORTMAP_PROTOCOLS; kind++) {
            router_init(&router, rows[i].external);
            router.natpmp = kind == WZP_PORTMAP_NATPMP;
            router.pcp = kind == WZP_PORTMAP_PCP;
            router.upnp = kind == WZP_PORTMAP_UPNP;
            uint64_t now = start(0);
            router_run(&router, &map, now, 5 * WZP_SECOND);
            is_str(wzp_portmap_verdict_word(map.verdict), wzp_portmap_verdict_word(rows[i].verdict),
                   "lie: %s says it is %s",
                   wzp_portmap_protocol_name((enum wzp_portmap_protocol)kind), rows[i].external);
            ok(wzp_addr_is_none(wzp_portmap_external(&map)), "that is never a candidate");
            is_int(router.count, 0, "and no mapping stays");
        }
    }
    router_init(&router, "203.0.113.5:0");
    router.pcp = true;
    router.result = WZP_PCP_ADDRESS_MISMATCH;
    start(0);
    router_run(&router, &map, 0, 3 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_DOUBLE_NAT, "PCP's own word for two routers is understood");
    router.result = WZP_PCP_NOT_AUTHORIZED;
    router.upnp = true;
    start(0);
    router_run(&router, &map, 0, 3 * WZP_SECOND);
    is_int(map.protocol, WZP_PORTMAP_UPNP, "what one service refuses the next one grants");
    router.upnp = false;
    start(0);
    router_run(&router, &map, 0, 3 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_REFUSED, "and without a next one it is refused");
}

static void check_forgery(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        router_init(&router, "203.0.113.5:0");
        router.natpmp = kind == 0 || kind == 1;
        router.pcp = !router.natpmp;
        router.wrong_source = kind == 0;
        router.wrong_port = kind == 1 || kind == 2;
        router.wrong_nonce = kind == 3;
        start(0);
        router_run(&router, &map, 0, 4 * WZP_SECOND);
        static const char *const whats[] = {"NAT-PMP from another address",
                                            "NAT-PMP for another inner port",
                                            "PCP for another inner port", "PCP with another nonce"};
        ok(wzp_addr_is_none(wzp_portmap_external(&map)), "forged: %s maps nothing", whats[kind]);
        is_int(map.verdict, WZP_PORTMAP_ABSENT, "forged: %s is no answer", whats[kind]);
    }
    router_init(&router, "203.0.113.5:0");
    router.natpmp = true;
    router.port_zero = true;
    start(0);
    router_run(&router, &map, 0, 4 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_LYING, "lie: port 0 is none");
    is_int(router.count, 0, "and is given back");
    uint8_t big[1500] = {0};
    ok(wzp_portmap_receive(&map, &router.address, big, sizeof big, WZP_SECOND * 5),
       "oversized: 1500 bytes from the gateway are its own");
    big[0] = 2;
    wzp_portmap_receive(&map, &router.address, big, sizeof big, WZP_SECOND * 5);
    big[0] = 9;
    wzp_portmap_receive(&map, &router.address, big, sizeof big, WZP_SECOND * 5);
    wzp_portmap_receive(&map, &router.address, big, 0, WZP_SECOND * 5);
    ok(map.ignored >= 4, "counted and ignored");
    ok(!wzp_portmap_receive(&map, &lan, big, 12, WZP_SECOND * 5), "who is no gateway is not heard");
}

static void check_upnp(void)
{
    router_init(&router, "203.0.113.5:0");
    router.upnp = router.permanent_only = true;
    uint64_t now = start(0);
    now = router_run(&router, &map, now, 3 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_MAPPED, "a router of permanent leases only is asked for one");
    ok(router.mappings[0].expires == WZP_NEVER, "and gives it");
    wzp_portmap_stop(&map, now);
    now = router_run(&router, &map, now, now + WZP_SECOND);
    is_int(router.count, 0, "which is given back at the end");
    router_init(&router, "203.0.113.5:0");
    router.upnp = true;
    router.conflicts = 2;
    now = start(0);
    now = router_run(&router, &map, now, 3 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_MAPPED, "a port that is taken is not the only one");
    ok(wzp_addr_port(wzp_portmap_external(&map)) != 12345, "another is asked for");
    ok(wzp_addr_port(wzp_portmap_external(&map)) >= 1024, "above 1023");
    router.conflicts = 99;
    now = start(0);
    now = router_run(&router, &map, now, 5 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_REFUSED, "but only so often");
    is_int(router.conflicts, 95, "four times");
    /* A discovery that takes longer than the limit, and a mapping that is made after it was given
     * up. */
    router_init(&router, "203.0.113.5:0");
    router.upnp = true;
    router.work_delay = 4 * WZP_SECOND;
    now = start(0);
    now = router_run(&router, &map, now, 2 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_ABSENT, "a slow router is given up for the moment");
    now = router_run(&router, &map, now, 10 * WZP_SECOND);
    is_int(map.verdict, WZP_PORTMAP_MAPPED, "and taken when it answers after all");
    router.work_delay = 30 * WZP_SECOND;
    now = start(0);
    now = router_run(&router, &map, now, 5 * WZP_SECOND);
    struct wzp_portmap_work_result late = {.id = 1, .external_port = 12345, .lifetime = 7200};
    late.external = router.external;
    router.work_delay = 80 * WZP_MILLISECOND;
    router.working = false;
    now = router_run(&router, &map, now, 20 * WZP_SECOND);
    is_int(map.services[WZP_PORTMAP_UPNP].ask, WZP_PORTMAP_ASK_NOTHING, "work that hangs ends");
    wzp_portmap_work_done(&map, &late, now);
    is_int(map.services[WZP_PORTMAP_UPNP].ask, WZP_PORTMAP_ASK_DELETE,
           "what hanging work made after all is given back");
}

static void check_changes(void)
{
    router_init(&router, "203.0.113.5:0");
    router.natpmp = true;
    uint64_t now = start(0);
    now = router_run(&router, &map, now, WZP_SECOND);
    wzp_portmap_start(&map, &router.address, &lan, 12345, now);
    is_int(map.verdict, WZP_PORTMAP_MAPPED, "the same network again changes nothing");
    wzp_portmap_start(&map, &router.address, &lan, 54321, now);
    now = router_run(&router, &map, now, now + WZP_SECOND);
    is_int(router.count, 1, "with another port inside the old mapping is given back");
    is_int(router.mappings[0].internal, 54321, "and the new one made");
    struct router other;
    router_init(&other, "203.0.113.77:0");
    wzp_addr_from_ip4(&other.address, (const uint8_t *)"\x0a\x00\x00\x01", 5351);
    other.pcp = true;
    unsigned asked = router.asked;
    struct wzp_addr lan2;
    wzp_addr_from_ip4(&lan2, (const uint8_t *)"\x0a\x00\x00\x09", 0);
    wzp_portmap_start(&map, &other.address, &lan2, 54321, now);
    ok(wzp_addr_is_none(wzp_portmap_external(&map)), "in another network the old address is gone");
    now = router_run(&other, &map, now, now + WZP_SECOND);
    is_int(map.protocol, WZP_PORTMAP_PCP, "the new router is asked");
    is_int(router.asked, asked, "the old one is not");
    router_init(&router, "203.0.113.5:0");
    router.natpmp = router.pcp = true;
    wzp_portmap_init(&map, &random_source);
    wzp_portmap_probe(&map, &router.address, &lan, now);
    now = router_run(&router, &map, now, now + 1600 * WZP_MILLISECOND);
    is_int(map.verdict, WZP_PORTMAP_AVAILABLE, "a mere look finds the services");
    is_int(router.made, 0, "and makes no mapping");
    ok(map.services[0].presence == WZP_PORTMAP_PRESENT &&
           map.services[1].presence == WZP_PORTMAP_PRESENT &&
           map.services[2].presence == WZP_PORTMAP_MISSING,
       "each of the three is told");
    ok(wzp_portmap_probed(&map, now), "and it ends");
    static const struct {
        const char *external;
        bool natpmp, pcp, upnp;
        enum wzp_portmap_verdict verdict;
    } looks[] = {
        {"0.0.0.0:0", true, true, false, WZP_PORTMAP_OFFLINE},
        {"0.0.0.0:0", true, true, true, WZP_PORTMAP_OFFLINE},
        {"0.0.0.0:0", false, true, false, WZP_PORTMAP_AVAILABLE},
        {"100.64.0.2:0", true, true, true, WZP_PORTMAP_DOUBLE_NAT},
        {"192.168.0.2:0", false, true, true, WZP_PORTMAP_DOUBLE_NAT},
        {"203.0.113.5:0", true, true, true, WZP_PORTMAP_AVAILABLE},
    };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        router_init(&router, looks[i].external);
        router.natpmp = looks[i].natpmp;
        router.pcp = looks[i].pcp;
        router.upnp = looks[i].upnp;
        wzp_portmap_init(&map, &random_source);
        wzp_portmap_probe(&map, &router.address, &lan, now);
        now = router_run(&router, &map, now, now + 1600 * WZP_MILLISECOND);
        is_str(wzp_portmap_verdict_word(map.verdict), wzp_portmap_verdict_word(looks[i].verdict),
               "a look at a router at %s: what one service says of it holds for all",
               looks[i].external);
    }
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 5);
    random_source = wzp_random_seeded_source(&seeded);
    wzp_addr_from_ip4(&lan, (const uint8_t *)"\xc0\xa8\x01\x0a", 0);
    check_codecs();
    check_pcp();
    check_services();
    check_absent();
    check_loss();
    check_renewal();
    check_forgetful();
    check_liars();
    check_forgery();
    check_upnp();
    check_changes();
}

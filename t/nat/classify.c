/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The classifier of the existing network, with exactly the same results, and ours beside it. */
#include "nat/classify.h"

#include <string.h>

#include "tap.h"

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static void check_items(void)
{
    static const struct {
        const char *what;
        const char *observed[4]; /* "" = a failed probe */
        const char *type, *consensus;
    } rows[] = {
        {"R1: no probes", {NULL}, "Unknown", ""},
        {"R2: one", {"203.0.113.5:4000"}, "Unknown", ""},
        {"R3: two equal", {"203.0.113.5:4000", "203.0.113.5:4000"}, "Cone", "203.0.113.5:4000"},
        {"R4: two ports", {"203.0.113.5:4000", "203.0.113.5:4001"}, "SymmetricPort", ""},
        {"R5: two addresses", {"203.0.113.5:4000", "203.0.113.6:4000"}, "Multiple", ""},
        {"R6: private and public", {"192.168.1.1:4000", "203.0.113.5:4000"}, "Unknown", ""},
        {"R7: loopback and two equal public",
         {"127.0.0.1:4000", "203.0.113.5:4000", "203.0.113.5:4000"},
         "Cone",
         "203.0.113.5:4000"},
        {"R8: 100.64.0.42 and two public ports",
         {"100.64.0.42:1", "203.0.113.5:4000", "203.0.113.5:4001"},
         "SymmetricPort",
         ""},
        {"R9: two equal private", {"10.0.0.1:4000", "10.0.0.1:4000"}, "Unknown", ""},
        {"R10: success, failure, same success",
         {"203.0.113.5:4000", "", "203.0.113.5:4000"},
         "Cone",
         "203.0.113.5:4000"},
        {"30, R11: success, failure", {"203.0.113.5:4000", ""}, "Unknown", ""},
        {"29, X5: two loopback relays", {"127.0.0.1:4000", "127.0.0.1:4000"}, "Unknown", ""},
        {"a v4 and a v6 observation", {"203.0.113.5:4000", "[2001:db8::1]:4000"}, "Multiple", ""},
        {"unique local counts as public", {"[fd00::1]:1", "[fd00::1]:1"}, "Cone", "[fd00::1]:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_addr observed[4] = {0}, consensus;
        char text[WZP_ADDR_TEXT_MAX];
        size_t count = 0;
        for (; count < 4 && rows[i].observed[count]; count++)
            if (rows[i].observed[count][0])
                observed[count] = parse(rows[i].observed[count]);
        enum wzp_nat_type type = wzp_nat_classify(observed, count, &consensus);
        is_str(wzp_nat_type_name(type), rows[i].type, "%s: type", rows[i].what);
        is_str(wzp_addr_format(text, &consensus), rows[i].consensus, "%s: consensus", rows[i].what);
    }
}

static struct wzp_nat_observation saw(const char *destination, const char *mapped, uint32_t who)
{
    struct wzp_nat_observation o = {.operator_id = who};
    o.destination = parse(destination);
    o.mapped = parse(mapped);
    return o;
}

static void check_easy(void)
{
    struct wzp_nat_observation seen[] = {
        saw("198.51.100.1:3478", "203.0.113.5:4000", 1),
        saw("198.51.100.2:3478", "203.0.113.5:4000", 1),
        saw("198.51.100.3:3478", "203.0.113.5:4000", 2),
        saw("198.51.100.4:4433", "203.0.113.5:4000", 3),
    };
    struct wzp_nat_facts facts = {.observations = seen, .count = 4};
    struct wzp_nat_behaviour b;
    facts.local = parse("192.168.1.10:4000");
    facts.router_external = parse("203.0.113.5:0");
    wzp_nat_judge(&b, &facts);
    is_str(wzp_nat_mapping_name(b.mapping), "endpoint-independent", "four see one address");
    ok(b.mapping_proved, "which proves it");
    ok(b.varies == WZP_TRI_NO && !wzp_nat_is_hard(&b), "it does not vary");
    is_int(b.port_preserved, WZP_TRI_YES, "the port is kept");
    is_int(b.behind_nat, WZP_TRI_YES, "there is a NAT");
    is_int(b.cgnat, WZP_TRI_NO, "and no second one");
    is_str(wzp_nat_confidence_name(b.confidence), "high", "of that four make sure");
    is_str(wzp_nat_allocation_name(b.allocation), "preserving", "one port for all");
    facts.count = 3;
    wzp_nat_judge(&b, &facts);
    is_str(wzp_nat_confidence_name(b.confidence), "medium", "three less");
    facts.count = 2;
    wzp_nat_judge(&b, &facts);
    is_str(wzp_nat_confidence_name(b.confidence), "none", "two of one operator not at all");
    seen[1].operator_id = 9;
    wzp_nat_judge(&b, &facts);
    is_str(wzp_nat_confidence_name(b.confidence), "low", "two of two operators a little");
    facts.count = 1;
    wzp_nat_judge(&b, &facts);
    ok(b.mapping == WZP_NAT_MAPPING_UNKNOWN && b.varies == WZP_TRI_UNKNOWN,
       "one answer tells nothing of the mapping");
    facts.count = 0;
    wzp_nat_judge(&b, &facts);
    ok(b.behind_nat == WZP_TRI_UNKNOWN && b.port_preserved == WZP_TRI_UNKNOWN &&
           b.cgnat == WZP_TRI_UNKNOWN,
       "no answer tells nothing at all");
    facts.count = 4;
    facts.router_external = parse("100.64.3.4:0");
    wzp_nat_judge(&b, &facts);
    is_int(b.cgnat, WZP_TRI_YES, "a router at 100.64/10 has another NAT behind it");
    facts.router_external = parse("10.3.3.4:0");
    wzp_nat_judge(&b, &facts);
    is_int(b.cgnat, WZP_TRI_YES, "so has one whose address nobody outside sees");
    facts.local = parse("203.0.113.5:4000");
    facts.router_external = (struct wzp_addr){0};
    wzp_nat_judge(&b, &facts);
    ok(b.behind_nat == WZP_TRI_NO && b.cgnat == WZP_TRI_UNKNOWN, "a public host has no NAT");
}

static void check_hard(void)
{
    struct wzp_nat_observation seen[] = {
        saw("198.51.100.1:3478", "203.0.113.5:4000", 1),
        saw("198.51.100.2:3478", "203.0.113.5:4003", 2),
        saw("198.51.100.3:3478", "203.0.113.5:4006", 3),
        saw("198.51.100.3:3479", "203.0.113.5:4006", 3),
    };
    struct wzp_nat_facts facts = {.observations = seen, .count = 3};
    struct wzp_nat_behaviour b;
    facts.local = parse("192.168.1.10:4000");
    wzp_nat_judge(&b, &facts);
    ok(wzp_nat_is_hard(&b) && b.varies == WZP_TRI_YES, "each sees another port");
    is_str(wzp_nat_mapping_name(b.mapping), "address-dependent", "by address as far as is known");
    ok(!b.mapping_proved, "which is no proof: it may be by port");
    is_str(wzp_nat_allocation_name(b.allocation), "sequential", "the ports go up");
    is_int(b.delta, 3, "by three");
    is_int(b.last_port, 4006, "the newest is known");
    is_int(b.port_preserved, WZP_TRI_NO, "none is the inner one always");
    is_str(wzp_nat_confidence_name(b.confidence), "medium", "three agree on that");
    seen[3].mapped = parse("203.0.113.5:4009");
    facts.count = 4;
    wzp_nat_judge(&b, &facts);
    is_str(wzp_nat_mapping_name(b.mapping), "port-dependent",
           "one address with two ports that sees two is the proof");
    ok(b.mapping_proved, "of mappings by port");
    seen[3].mapped = seen[2].mapped;
    wzp_nat_judge(&b, &facts);
    ok(b.mapping == WZP_NAT_MAPPING_ADDRESS_DEPENDENT && b.mapping_proved,
       "and one with two ports that sees one, while others see others, of mappings by address");
}

static void check_allocation(void)
{
    static const struct {
        const char *what;
        uint16_t ports[10];
        size_t count;
        const char *kind;
        int delta;
    } rows[] = {
        {"none", {0}, 0, "unknown", 0},
        {"one", {5}, 1, "unknown", 0},
        {"two equal", {5, 5}, 2, "preserving", 0},
        {"two different", {5, 6}, 2, "unknown", 0},
        {"by one", {5, 6, 7}, 3, "sequential", 1},
        {"by two, once three", {10, 12, 15, 17}, 4, "sequential", 2},
        {"downwards", {50, 48, 46}, 3, "sequential", -2},
        {"over the edge", {65534, 0, 2}, 3, "sequential", 2},
        {"first step 0", {5, 5, 9}, 3, "random", 0},
        {"three of five steps", {100, 104, 108, 112, 500, 900}, 6, "sequential", 4},
        {"two of five steps", {100, 104, 108, 500, 900, 3}, 6, "random", 0},
        {"anything", {5000, 123, 60000, 777}, 4, "random", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int delta = 99;
        is_str(
            wzp_nat_allocation_name(wzp_nat_allocation_judge(rows[i].ports, rows[i].count, &delta)),
            rows[i].kind, "%s", rows[i].what);
        is_int(delta, rows[i].delta, "%s: step", rows[i].what);
    }
}

TAP_MAIN
{
    check_items();
    check_easy();
    check_hard();
    check_allocation();
}

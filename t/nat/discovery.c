/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Detection of mapping and filtering (RFC 5780) with one server that has two addresses, in virtual
 * time: what is proved, what is not, and what a lying server can make us do. */
#include "nat/discovery.h"

#include <string.h>

#include "tap.h"

/* What the simulated filter lets through to socket 1, and how the server behaves. */
struct scene {
    const char *what;
    bool from_aq, from_bq; /* the filter lets answers from these addresses in */
    bool dead_b;           /* the server's other address does not answer */
    bool unwilling;        /* CHANGE-REQUEST is ignored */
    bool refuses;          /* CHANGE-REQUEST is answered with an error */
    unsigned lost;         /* how many answers to the control request are lost */
    enum wzp_nat_filtering filtering;
};

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;
static struct wzp_discovery d;

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static bool begin(const char *server, const char *other, uint64_t now)
{
    struct wzp_addr a = parse(server), b = other[0] ? parse(other) : (struct wzp_addr){0};
    memset(&d, 0, sizeof d);
    return wzp_discovery_start(&d, &random_source, &a, &b, true, 20 * WZP_MILLISECOND, now);
}

/* The value of a request's CHANGE-REQUEST, 0 for none. */
static unsigned wish(const struct wzp_packet *p)
{
    return p->data[21] == 3 ? p->data[27] : 0;
}

static void answer(const struct wzp_packet *question, const struct wzp_addr *from, uint64_t now)
{
    struct wzp_addr seen = parse("203.0.113.9:4000");
    uint8_t out[WZP_STUN_RESPONSE_MAX];
    size_t length = wzp_stun_write_response(out, sizeof out, question->data + 8, &seen);
    ok(wzp_discovery_receive(&d, from, out, length, now), "an answer is taken");
}

static void serve(struct scene *s, const struct wzp_packet *p, uint64_t now)
{
    struct wzp_addr from = p->remote, bq = parse("198.51.100.2:3479");
    unsigned change = wish(p);
    bool to_b = wzp_addr_equal_ip(&p->remote, &bq);
    if (s->dead_b && to_b)
        return;
    if (s->lost > 0 && !change && wzp_addr_port(&p->remote) == 3478 && !to_b) {
        s->lost--;
        return;
    }
    if (s->refuses && change) {
        uint8_t out[20] = {1, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
        memcpy(out + 8, p->data + 8, WZP_STUN_ID_SIZE);
        wzp_discovery_receive(&d, &from, out, sizeof out, now);
        return;
    }
    if (change && !s->unwilling) {
        if (!(change & WZP_STUN_CHANGE_IP ? s->from_bq && !s->dead_b : s->from_aq))
            return;
        if (change & WZP_STUN_CHANGE_IP)
            from = bq;
        wzp_addr_set_port(&from, 3479);
    }
    answer(p, &from, now);
}

static uint64_t run(struct scene *s)
{
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    uint64_t start = 5 * WZP_SECOND, now = start;
    if (!begin("198.51.100.1:3478", "198.51.100.2:3479", now))
        bail("it does not begin");
    for (unsigned steps = 0; d.state == WZP_DISCOVERY_RUNNING; steps++) {
        if (steps > 100)
            bail("it turns in circles");
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_discovery_next_packet(&d, &packet, socket, now))
                serve(s, &packet, now);
        uint64_t next = wzp_discovery_expiry(&d);
        if (next != WZP_NEVER && next > now)
            now = next;
        wzp_discovery_handle_expiry(&d, now);
    }
    return now - start;
}

static void check_filters(void)
{
    struct scene scenes[] = {
        {"everybody is let in", .from_aq = true, .from_bq = true,
         .filtering = WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT},
        {"addresses are", .from_aq = true, .filtering = WZP_NAT_FILTERING_ADDRESS_DEPENDENT},
        {"only ports are", .filtering = WZP_NAT_FILTERING_PORT_DEPENDENT},
        {"the other address is dead", .from_aq = true, .dead_b = true,
         .filtering = WZP_NAT_FILTERING_UNKNOWN},
        {"wishes are not heeded", .unwilling = true, .filtering = WZP_NAT_FILTERING_UNKNOWN},
        {"wishes are refused", .refuses = true, .filtering = WZP_NAT_FILTERING_UNKNOWN},
        {"a packet was lost", .lost = 1, .filtering = WZP_NAT_FILTERING_UNKNOWN},
        {"all were", .lost = 9, .filtering = WZP_NAT_FILTERING_UNKNOWN},
        {"loss does not spoil what came", .from_aq = true, .from_bq = true, .lost = 1,
         .filtering = WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        uint64_t took = run(&scenes[i]);
        is_str(wzp_nat_filtering_name(wzp_discovery_filtering(&d)),
               wzp_nat_filtering_name(scenes[i].filtering), "%s", scenes[i].what);
        ok(took <= 600 * WZP_MILLISECOND, "%s: within 600 ms", scenes[i].what);
        struct wzp_nat_observation seen[3];
        is_int(wzp_discovery_observations(&d, seen), scenes[i].dead_b ? 1 : 3,
               "%s: what was seen counts", scenes[i].what);
        ok(wzp_discovery_expiry(&d) == WZP_NEVER, "%s: it ends", scenes[i].what);
    }
}

/* A server that gives a victim's address as its other one cannot make us send there. */
static void check_other(void)
{
    static const struct {
        const char *server, *other;
        bool begins;
    } rows[] = {
        {"198.51.100.1:3478", "198.51.100.2:3479", true},
        {"198.51.100.1:3478", "", false},
        {"198.51.100.1:3478", "198.51.100.1:3479", false},
        {"198.51.100.1:3478", "198.51.100.2:3478", false},
        {"198.51.100.1:3478", "198.51.100.2:0", false},
        {"198.51.100.1:3478", "127.0.0.1:3479", false},
        {"198.51.100.1:3478", "192.168.1.1:5351", false},
        {"198.51.100.1:3478", "224.0.0.1:3479", false},
        {"198.51.100.1:3478", "255.255.255.255:3479", false},
        {"198.51.100.1:3478", "0.0.0.0:3479", false},
        {"198.51.100.1:3478", "240.0.0.1:3479", false},
        {"198.51.100.1:3478", "[2001:db8::1]:3479", false},
        {"192.168.1.1:3478", "192.168.1.2:3479", true},
    };
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        is_int(begin(rows[i].server, rows[i].other, 0), rows[i].begins, "%s may name %s: %s",
               rows[i].server, rows[i].other[0] ? rows[i].other : "nobody",
               rows[i].begins ? "yes" : "no");
        is_int(wzp_discovery_next_packet(&d, &packet, 0, 0), rows[i].begins, "and is believed");
    }
    begin("198.51.100.1:3478", "198.51.100.2:3479", 0);
    struct wzp_addr a = parse("198.51.100.1:3478"), c = parse("198.51.100.8:9");
    ok(!wzp_discovery_start(&d, &random_source, &a, &c, true, 0, 1), "it begins once");
    unsigned sent = 0;
    for (uint64_t now = 0; now < 2 * WZP_SECOND; now += 10 * WZP_MILLISECOND) {
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_discovery_next_packet(&d, &packet, socket, now))
                sent++;
        wzp_discovery_handle_expiry(&d, now);
    }
    is_int(sent, 18, "unanswered, each question is put three times");
}

static void check_forgery(void)
{
    uint8_t data[WZP_PACKET_MAX], big[1400] = {1, 1, 5, 0x64, 0x21, 0x12, 0xa4, 0x42};
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    struct wzp_addr stranger = parse("192.0.2.66:3478"), bp = parse("198.51.100.2:3478");
    begin("198.51.100.1:3478", "198.51.100.2:3479", 0);
    wzp_discovery_next_packet(&d, &packet, 0, 0);
    answer(&packet, &stranger, 1);
    ok(wzp_addr_is_none(&d.probes[WZP_DISCOVERY_MAP_BP].mapped) && d.ignored == 1,
       "forged: from elsewhere it counts for nothing");
    memcpy(big + 8, data + 8, WZP_STUN_ID_SIZE);
    wzp_discovery_receive(&d, &bp, big, sizeof big, 2);
    ok(wzp_addr_is_none(&d.probes[WZP_DISCOVERY_MAP_BP].mapped) && d.ignored == 2,
       "oversized: without an address it counts for nothing");
    big[2] = 0xff;
    wzp_discovery_receive(&d, &bp, big, sizeof big, 2);
    is_int(d.ignored, 3, "nor does one that ends before its end");
    answer(&packet, &bp, 3);
    answer(&packet, &bp, 3);
    is_int(d.probes[WZP_DISCOVERY_MAP_BP].answers, 2, "duplicated: the same answer twice is one");
    data[8] ^= 1;
    ok(!wzp_discovery_receive(&d, &bp, data, 44, 4), "another transaction is somebody else's");
    data[8] ^= 1;
    wzp_discovery_handle_expiry(&d, 5 * WZP_SECOND);
    memset(&d.probes[WZP_DISCOVERY_MAP_BP].mapped, 0, sizeof d.probes[0].mapped);
    answer(&packet, &bp, 6 * WZP_SECOND);
    ok(wzp_addr_is_none(&d.probes[WZP_DISCOVERY_MAP_BP].mapped), "late: it counts for nothing");
    ok(!wzp_discovery_receive(&d, &bp, data, 19, 7), "19 bytes are no message");
    is_int(wzp_discovery_filtering(&d), WZP_NAT_FILTERING_UNKNOWN, "and nothing is concluded");
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 11);
    random_source = wzp_random_seeded_source(&seeded);
    check_filters();
    check_other();
    check_forgery();
}

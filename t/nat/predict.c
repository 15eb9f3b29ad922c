/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Port prediction, and the port search where prediction is impossible. Source: wzp-protocol(7),
 * Addresses. */
#include "nat/predict.h"

#include <string.h>

#include "base/error.h"
#include "nat/birthday.h"
#include "tap.h"

static void check_ports(void)
{
    static const struct {
        uint16_t last;
        int delta;
        unsigned offset, spread;
        size_t count;
        uint16_t want[7];
    } rows[] = {
        {1000, 2, 0, 0, 1, {1002}},
        {1000, 2, 1, 1, 3, {1002, 1004, 1006}},
        {65534, 1, 0, 3, 6, {1, 2, 65532, 65533, 65534, 65535}},
        {1, -1, 0, 1, 2, {1, 65535}},
        {5000, 0, 3, 2, 1, {5000}},
        {100, 32768, 0, 2, 2, {100, 32868}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t out[WZP_PREDICT_MAX];
        size_t count =
            wzp_predict_ports(out, rows[i].last, rows[i].delta, rows[i].offset, rows[i].spread);
        is_bytes(out, count * sizeof out[0], rows[i].want, rows[i].count * sizeof out[0],
                 "from %u by %d, %u on, %u around", rows[i].last, rows[i].delta, rows[i].offset,
                 rows[i].spread);
    }
    uint16_t out[WZP_PREDICT_MAX];
    is_int(wzp_predict_ports(out, 1000, 1, 0, 100), WZP_PREDICT_MAX, "never more than fit");
}

static void check_hints(void)
{
    static const char *const bad[] = {
        "",
        "x-nat=1:",
        "x-nat=2:port-dependent:random:0:0:1",
        "x-nat=1:port-dependent:random:0:0",
        "x-nat=1:port-dependent:random:0:0:2",
        "x-nat=1:port-dependent:random:0:70000:1",
        "x-nat=1:port-dependent:random:99999:0:1",
        "x-nat=1:port-dependent:random:-:0:1",
        "x-nat=1:sideways:random:0:0:1",
        "x-nat=1:port-dependent:odd:0:0:1",
        "x-nat=1:port-dependent:random:0:0:1:",
        "x-nat=1:port-dependent:random:0:0:1:5",
        "x-nat=1:port-dependent::0:0:1",
        "203.0.113.5:4000",
    };
    struct wzp_nat_hint hint, again;
    struct wzp_nat_behaviour behaviour = {.mapping = WZP_NAT_MAPPING_PORT_DEPENDENT,
                                          .allocation = WZP_NAT_ALLOCATION_SEQUENTIAL,
                                          .delta = -3,
                                          .last_port = 50123};
    char text[WZP_PREDICT_HINT_MAX];
    wzp_nat_hint_from(&hint, &behaviour, true);
    is_str(wzp_nat_hint_format(text, &hint), "x-nat=1:port-dependent:sequential:-3:50123:1",
           "the text of a hint");
    is_int(wzp_nat_hint_parse(&again, text, strlen(text)), 0, "is read");
    is_bytes(&again, sizeof again, &hint, sizeof hint, "as it was");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_int(wzp_nat_hint_parse(&again, bad[i], strlen(bad[i])), WZP_E_SYNTAX, "\"%s\" is none",
               bad[i]);
    const char *const hosts[] = {"192.168.1.1:1", text};
    ok(wzp_nat_hint_find(&again, hosts, 2) && again.last_port == 50123, "it is found among hosts");
    ok(!wzp_nat_hint_find(&again, hosts, 1) && !again.known, "or not");
    struct wzp_candidate_list list = {0};
    struct wzp_addr reflexive;
    wzp_addr_from_ip4(&reflexive, (const uint8_t *)"\xcb\x00\x71\x05", 50123);
    is_int(wzp_predict_candidates(&list, &hint, &reflexive, NULL), 9, "nine ports are guessed");
    is_int(wzp_addr_port(&list.items[8].addr), 50120, "the next one among them");
    is_int(list.items[0].kind, WZP_CANDIDATE_PREDICTED, "as predictions");
    hint.allocation = WZP_NAT_ALLOCATION_RANDOM;
    is_int(wzp_predict_candidates(&list, &hint, &reflexive, NULL), 0, "random ones are not");
    hint.allocation = WZP_NAT_ALLOCATION_SEQUENTIAL;
    hint.mapping = WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT;
    is_int(wzp_predict_candidates(&list, &hint, &reflexive, NULL), 0,
           "nor where one port serves all");
}

static struct wzp_nat_hint hint_of(enum wzp_nat_mapping mapping, enum wzp_nat_allocation allocation,
                                   bool birthday)
{
    return (struct wzp_nat_hint){
        .known = true, .mapping = mapping, .allocation = allocation, .birthday = birthday};
}

static void check_sides(void)
{
    struct wzp_nat_hint easy =
        hint_of(WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT, WZP_NAT_ALLOCATION_PRESERVING, true);
    struct wzp_nat_hint hard =
        hint_of(WZP_NAT_MAPPING_PORT_DEPENDENT, WZP_NAT_ALLOCATION_RANDOM, true);
    struct wzp_nat_hint stepping =
        hint_of(WZP_NAT_MAPPING_PORT_DEPENDENT, WZP_NAT_ALLOCATION_SEQUENTIAL, true);
    is_int(wzp_birthday_side_of(&hard, &easy), WZP_BIRTHDAY_HARD,
           "hard against easy opens sockets");
    is_int(wzp_birthday_side_of(&easy, &hard), WZP_BIRTHDAY_EASY, "easy against hard asks ports");
    is_int(wzp_birthday_side_of(&hard, &hard), WZP_BIRTHDAY_NO, "two hard ones do not search");
    is_int(wzp_birthday_side_of(&easy, &easy), WZP_BIRTHDAY_NO, "two easy ones need not");
    is_int(wzp_birthday_side_of(&easy, &stepping), WZP_BIRTHDAY_NO, "steps are predicted instead");
    easy.birthday = false;
    is_int(wzp_birthday_side_of(&hard, &easy), WZP_BIRTHDAY_NO,
           "who does not want to is left alone");
    easy.birthday = true;
    easy.known = false;
    is_int(wzp_birthday_side_of(&hard, &easy), WZP_BIRTHDAY_NO, "so is who does not know");
}

/* A port search: towards the easy side, socket i of the hard side has the external port ports[i].
 * The easy side's router lets in packets only from where it has sent to. */
struct meeting {
    struct wzp_birthday hard, easy;
    uint16_t ports[WZP_BIRTHDAY_SOCKETS];
    bool sent_to[65536]; /* ports of the hard side that the easy side has sent to */
    unsigned packets, biggest;
    uint64_t ended;
};

static void carry(struct meeting *m, bool from_hard, unsigned socket, const struct wzp_packet *p,
                  const struct wzp_addr *hard_ip, const struct wzp_addr *easy, uint64_t now)
{
    m->packets++;
    if (p->length > m->biggest)
        m->biggest = (unsigned)p->length;
    if (from_hard) {
        struct wzp_addr source = *hard_ip;
        wzp_addr_set_port(&source, m->ports[socket]);
        if (wzp_addr_equal(&p->remote, easy) && m->sent_to[m->ports[socket]])
            wzp_birthday_receive(&m->easy, 0, &source, p->data, p->length, now);
        return;
    }
    m->sent_to[wzp_addr_port(&p->remote)] = true;
    for (unsigned i = 0; i < m->hard.sent && i < WZP_BIRTHDAY_SOCKETS; i++)
        if (m->ports[i] == wzp_addr_port(&p->remote))
            wzp_birthday_receive(&m->hard, i, easy, p->data, p->length, now);
}

static void meet(struct meeting *m, unsigned seed)
{
    static const uint8_t secret[WZP_PUNCH_KEY_SIZE] = {9};
    struct wzp_random_seeded seeded;
    wzp_random_seeded_init(&seeded, seed);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    struct wzp_punch_key key;
    struct wzp_addr hard_ip, easy;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    memset(m, 0, sizeof *m);
    wzp_punch_key_init(&key, "call", secret);
    wzp_addr_from_ip4(&hard_ip, (const uint8_t *)"\xcb\x00\x71\x05", 40000);
    wzp_addr_from_ip4(&easy, (const uint8_t *)"\xc6\x33\x64\x07", 50000);
    for (unsigned i = 0; i < WZP_BIRTHDAY_SOCKETS; i++)
        m->ports[i] = (uint16_t)(1024 + wzp_random_below(&random, 64512));
    wzp_birthday_start(&m->hard, WZP_BIRTHDAY_HARD, &key, true, &easy, &random, 0);
    wzp_birthday_start(&m->easy, WZP_BIRTHDAY_EASY, &key, false, &hard_ip, &random, 0);
    uint64_t now = 0;
    while (now != WZP_NEVER) {
        unsigned socket;
        wzp_birthday_handle_expiry(&m->hard, now);
        wzp_birthday_handle_expiry(&m->easy, now);
        while (wzp_birthday_next_packet(&m->hard, &packet, &socket, now))
            carry(m, true, socket, &packet, &hard_ip, &easy, now);
        while (wzp_birthday_next_packet(&m->easy, &packet, &socket, now))
            carry(m, false, socket, &packet, &hard_ip, &easy, now);
        m->ended = now;
        if (m->hard.reply_due || m->easy.reply_due)
            continue;
        now = wzp_time_min(wzp_birthday_expiry(&m->hard), wzp_birthday_expiry(&m->easy));
    }
}

static void check_birthday(void)
{
    static struct meeting m;
    unsigned met = 0, most = 0, right = 0;
    uint64_t longest = 0, total = 0;
    for (unsigned seed = 1; seed <= 200; seed++) {
        meet(&m, seed);
        bool both = m.hard.state == WZP_BIRTHDAY_FOUND && m.easy.state == WZP_BIRTHDAY_FOUND;
        met += both;
        right += both && wzp_addr_port(&m.easy.found) == m.ports[m.hard.found_socket];
        most = m.packets > most ? m.packets : most;
        longest = m.ended > longest ? m.ended : longest;
        total += m.ended;
    }
    note("%u of 200 met, %u packets at most, %u ms on average", met, most,
         (unsigned)(total / 200 / WZP_MILLISECOND));
    ok(met >= 194, "at least 97 of 100 searches succeed: %u of 200", met);
    is_int(right, met, "and both know the same pair");
    ok(most <= 1500, "with at most 1500 packets: %u", most);
    ok(m.biggest <= 40, "of at most 40 bytes: %u", m.biggest);
    ok(longest <= WZP_BIRTHDAY_TIME, "in at most ten seconds");
    struct wzp_addr stranger;
    uint8_t noise[WZP_PUNCH_SIZE] = {0, 'W', 'Z', 'P'};
    wzp_addr_from_ip4(&stranger, (const uint8_t *)"\x01\x02\x03\x04", 5);
    meet(&m, 1);
    ok(!wzp_birthday_receive(&m.easy, 0, &stranger, noise, sizeof noise, 1), "noise is not heard");
    wzp_birthday_start(&m.easy, WZP_BIRTHDAY_EASY, &m.hard.key, false, &stranger, &m.easy.random,
                       0);
    wzp_birthday_stop(&m.easy);
    is_int(m.easy.state, WZP_BIRTHDAY_GIVEN_UP, "a stopped search has given up");
    unsigned socket;
    struct wzp_packet packet = {.data = noise, .capacity = sizeof noise};
    is_int(wzp_birthday_next_packet(&m.easy, &packet, &socket, 1), 0, "and is silent");
    ok(wzp_birthday_expiry(&m.easy) == WZP_NEVER, "for ever");
}

/* ---- two routers that assign ports in steps ---- */

struct stepper {
    struct wzp_nat_hint hint;        /* its port when its side measured */
    struct wzp_candidate_list tried; /* candidates that its side tries, in order */
    unsigned taken;                  /* ports taken by others since */
    bool by_address;                 /* one port for all ports of an address */
};

static uint16_t port_of(const struct stepper *s, size_t i)
{
    size_t ahead = s->taken + 1 + (s->by_address ? 0 : i);
    return (uint16_t)(s->hint.last_port + s->hint.delta * (int)ahead);
}

/* True when an attempt of one side comes from the port that an attempt of the other side goes to,
 * and vice versa. */
static bool steppers_meet(const struct stepper *a, const struct stepper *b)
{
    for (size_t i = 0; i < a->tried.count; i++)
        for (size_t k = 0; k < b->tried.count; k++)
            if (wzp_addr_port(&a->tried.items[i].addr) == port_of(b, k) &&
                wzp_addr_port(&b->tried.items[k].addr) == port_of(a, i))
                return true;
    return false;
}

static void aim(struct stepper *s, const struct stepper *at, bool in_order)
{
    struct wzp_addr place;
    wzp_addr_from_ip4(&place, (const uint8_t *)"\xc6\x33\x64\x09", 1);
    memset(&s->tried, 0, sizeof s->tried);
    wzp_predict_pair(&s->tried, &at->hint, &place, in_order, NULL);
}

static void check_steppers(void)
{
    static const int steps[] = {1, 2, -1, 7, -300};
    unsigned met = 0, all = 0, tries = 0;
    for (unsigned kind = 0; kind < 4 * 5 * 5; kind++) {
        struct stepper a = {.by_address = kind % 2}, b = {.by_address = kind / 2 % 2};
        a.hint = b.hint = (struct wzp_nat_hint){.known = true,
                                                .mapping = WZP_NAT_MAPPING_PORT_DEPENDENT,
                                                .allocation = WZP_NAT_ALLOCATION_SEQUENTIAL};
        a.hint.delta = steps[kind / 4 % 5];
        b.hint.delta = steps[kind / 20];
        a.hint.last_port = 60000;
        b.hint.last_port = 40000;
        aim(&a, &b, true);
        aim(&b, &a, false);
        tries = (unsigned)(a.tried.count > b.tried.count ? a.tried.count : b.tried.count);
        for (a.taken = 0; a.taken <= 5; a.taken++)
            for (b.taken = 0; a.taken + b.taken <= 5; b.taken++, all++)
                met += steppers_meet(&a, &b);
    }
    is_int(met, all, "two routers that step meet, whoever took up to five ports of both meanwhile");
    ok(tries <= WZP_PREDICT_PAIR, "with at most %d tries", WZP_PREDICT_PAIR);
    struct stepper random = {.hint = {.known = true, .mapping = WZP_NAT_MAPPING_PORT_DEPENDENT}};
    aim(&random, &random, true);
    is_int(random.tried.count, 0, "who does not step is not guessed at");
}

TAP_MAIN
{
    check_steppers();
    check_ports();
    check_hints();
    check_sides();
    check_birthday();
}

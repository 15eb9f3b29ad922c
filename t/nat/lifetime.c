/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measuring the lifetime of a mapping, with a simulated router in virtual time. RFC 5780 4.6. */
#include "nat/lifetime.h"

#include <string.h>

#include "tap.h"

/* A router, and the servers on the internet. */
static struct {
    uint64_t life;     /* of a mapping, ns */
    uint64_t used;     /* when socket 1 sent last */
    unsigned silent;   /* so many of the servers do not answer */
    unsigned unable;   /* so many after them ignore RESPONSE-PORT and answer to the source */
    unsigned refusing; /* so many after them answer with an error */
    bool dies;         /* all servers are silent after the first wait */
    unsigned lost;     /* so many answers are lost */
    unsigned sent[2];
} world;

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;
static struct wzp_lifetime l;

static struct wzp_addr server(unsigned n)
{
    struct wzp_addr addr;
    const uint8_t ip[4] = {198, 51, 100, (uint8_t)(n + 1)};
    wzp_addr_from_ip4(&addr, ip, 3478);
    return addr;
}

static void answer(unsigned socket, const struct wzp_packet *question, uint64_t now)
{
    struct wzp_addr seen;
    uint8_t out[WZP_STUN_RESPONSE_MAX];
    wzp_addr_from_ip4(&seen, (const uint8_t *)"\xcb\x00\x71\x05", socket ? 41000 : 40000);
    size_t length = wzp_stun_write_response(out, sizeof out, question->data + 8, &seen);
    ok(wzp_lifetime_receive(&l, socket, &question->remote, out, length, now), "an answer is taken");
}

static void refuse(const struct wzp_packet *question, uint64_t now)
{
    uint8_t out[20] = {1, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    memcpy(out + 8, question->data + 8, WZP_STUN_ID_SIZE);
    wzp_lifetime_receive(&l, 0, &question->remote, out, sizeof out, now);
}

static void carry(unsigned socket, const struct wzp_packet *p, uint64_t now)
{
    unsigned n = ((const uint8_t *)&p->remote.u.in.sin_addr)[3] - 1u;
    uint16_t port = wzp_stun_response_port(p->data, p->length);
    world.sent[socket]++;
    if (socket == 1)
        world.used = now;
    if (n < world.silent || (world.dies && l.steps > 0))
        return;
    if (world.lost > 0) {
        world.lost--;
        return;
    }
    n -= world.silent;
    if (socket == 1 || (n < world.unable && port))
        answer(socket, p, now);
    else if (n < world.unable + world.refusing)
        refuse(p, now);
    else if (port == 41000 && now < world.used + world.life)
        answer(1, p, now);
}

/* Runs to the end; returns how long it took, s. */
static unsigned run(unsigned servers, unsigned limit)
{
    struct wzp_addr list[4] = {server(0), server(1), server(2), server(3)};
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    uint64_t now = 9 * WZP_SECOND;
    wzp_lifetime_start(&l, &random_source, list, servers, limit * WZP_SECOND, now);
    for (unsigned turns = 0; wzp_lifetime_running(&l); turns++) {
        if (turns > 1000)
            bail("it turns in circles");
        for (unsigned socket = 0; socket < 2; socket++)
            while (wzp_lifetime_next_packet(&l, &packet, socket, now))
                carry(socket, &packet, now);
        uint64_t next = wzp_lifetime_expiry(&l);
        if (next != WZP_NEVER && next > now)
            now = next;
        wzp_lifetime_handle_expiry(&l, now);
    }
    ok(wzp_lifetime_expiry(&l) == WZP_NEVER, "then nothing is due");
    return (unsigned)((now - 9 * WZP_SECOND) / WZP_SECOND);
}

static void fresh(unsigned life)
{
    memset(&world, 0, sizeof world);
    world.life = life * WZP_SECOND;
}

static void check_search(void)
{
    static const struct {
        unsigned life, limit, least, most;
        bool longer;
    } rows[] = {
        {30, 120, 26, 30, false}, {119, 120, 112, 119, false},    {500, 120, 120, 120, true},
        {1, 60, 0, 1, false},     {180, 3600, 174, 180, false},   {59, 60, 57, 59, false},
        {7, 0, 5, 5, true},       {9999, 9999, 3600, 3600, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(rows[i].life);
        unsigned took = run(1, rows[i].limit), found = (unsigned)(l.low / WZP_SECOND);
        ok(l.known && found >= rows[i].least && found <= rows[i].most,
           "%u s, up to %u: %u s is found after %u s", rows[i].life, rows[i].limit, found, took);
        is_int(l.high == WZP_NEVER, rows[i].longer, "%u s, up to %u: may it be longer",
               rows[i].life, rows[i].limit);
        ok(l.steps <= 12, "in %u waits", l.steps);
        is_int(wzp_lifetime_steps_left(&l), 0, "none is left");
    }
}

static void check_servers(void)
{
    fresh(30);
    world.silent = world.unable = world.refusing = 1;
    run(4, 60);
    ok(l.known && l.server == 3, "the server that can is found behind others");
    fresh(30);
    world.unable = 3;
    unsigned took = run(3, 60);
    ok(!l.known && took < 5, "where none can nothing is known, soon");
    run(0, 60);
    ok(!l.known && l.state == WZP_LIFETIME_OVER, "nor without a server");
    fresh(30);
    world.dies = true;
    run(2, 60);
    ok(!l.known, "a server that dies on the way says nothing about the router");
    fresh(30);
    world.lost = 2;
    run(1, 20);
    ok(l.known && l.low == 20 * WZP_SECOND, "two lost packets do no harm");
}

static void check_forgery(void)
{
    struct wzp_addr list = server(0), stranger = server(9);
    uint8_t data[WZP_PACKET_MAX], out[WZP_STUN_RESPONSE_MAX], big[1500] = {1, 1, 5, 0xc8};
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    wzp_lifetime_start(&l, &random_source, &list, 1, 20 * WZP_SECOND, 0);
    wzp_lifetime_next_packet(&l, &packet, 1, 0);
    size_t length = wzp_stun_write_response(out, sizeof out, data + 8, &stranger);
    wzp_lifetime_receive(&l, 1, &stranger, out, length, 1);
    ok(l.state == WZP_LIFETIME_OPENING && l.ignored == 1, "forged: from elsewhere it is ignored");
    memcpy(big + 4, out + 4, 16);
    wzp_lifetime_receive(&l, 1, &list, big, 100, 1);
    ok(l.state == WZP_LIFETIME_OPENING && l.ignored == 2, "cut short: it is ignored");
    out[9] ^= 1;
    ok(!wzp_lifetime_receive(&l, 1, &list, out, length, 1), "another number is somebody else's");
    out[9] ^= 1;
    wzp_lifetime_receive(&l, 1, &list, out, length, 1);
    is_int(l.state, WZP_LIFETIME_TRYING, "the true one counts");
    ok(!wzp_lifetime_receive(&l, 1, &list, out, length, 1), "duplicated: the second does not");
    wzp_lifetime_next_packet(&l, &packet, 0, 1);
    is_int(packet.length, WZP_STUN_RESPONSE_MAX, "questions are as long as the answers");
    wzp_lifetime_handle_expiry(&l, 2 * WZP_SECOND);
    ok(!wzp_lifetime_receive(&l, 1, &list, out, length, 3 * WZP_SECOND),
       "late: after the end nothing counts");
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 21);
    random_source = wzp_random_seeded_source(&seeded);
    check_search();
    check_servers();
    check_forgery();
}

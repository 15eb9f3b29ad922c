/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests to several STUN servers at once, in virtual time: loss, late answers, forgery. Source:
 * wzp-protocol(7), STUN. */
#include "nat/stun_client.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;

static struct wzp_addr server_addr(unsigned n)
{
    struct wzp_addr addr;
    uint8_t ip[4] = {198, 51, 100, (uint8_t)(n + 1)};
    wzp_addr_from_ip4(&addr, ip, 3478);
    return addr;
}

static struct wzp_addr outside(uint16_t port)
{
    struct wzp_addr addr;
    wzp_addr_from_ip4(&addr, (const uint8_t *)"\xcb\x00\x71\x05", port);
    return addr;
}

static struct wzp_stun_client *fresh(unsigned servers)
{
    static struct wzp_stun_client client;
    wzp_stun_client_init(&client, &random_source, WZP_STUN_DEADLINE);
    for (unsigned i = 0; i < servers; i++) {
        char name[32];
        struct wzp_addr addr = server_addr(i);
        snprintf(name, sizeof name, "stun%u.example:3478", i);
        wzp_stun_client_add(&client, name, &addr, i % 2, NULL);
    }
    return &client;
}

static size_t answer_to(uint8_t *out, const uint8_t *question, const struct wzp_addr *mapped)
{
    return wzp_stun_write_response(out, WZP_STUN_RESPONSE_MAX, question + 8, mapped);
}

static void check_parallel(void)
{
    struct wzp_stun_client *c = fresh(4);
    uint8_t data[WZP_PACKET_MAX], answers[4][WZP_STUN_RESPONSE_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    uint64_t now = 10 * WZP_SECOND;
    ok(wzp_stun_client_expiry(c) == WZP_NEVER, "nothing happens before the start");
    is_int(wzp_stun_client_next_packet(c, &packet, now), 0, "and nothing is sent");
    wzp_stun_client_start(c, now);
    size_t lengths[4];
    for (unsigned i = 0; i < 4; i++) {
        is_int(wzp_stun_client_next_packet(c, &packet, now), 1, "server %u is asked at once", i);
        is_int(packet.length, i % 2 ? 44 : 20, "with the form it wants");
        struct wzp_addr mapped = outside((uint16_t)(40000 + i));
        lengths[i] = answer_to(answers[i], data, &mapped);
    }
    is_int(wzp_stun_client_next_packet(c, &packet, now), 0, "and no one twice");
    is_int(wzp_stun_client_expiry(c) - now, 100 * WZP_MILLISECOND, "again after 100 ms");
    for (unsigned i = 0; i < 4; i++) {
        struct wzp_addr from = server_addr(i);
        ok(wzp_stun_client_receive(c, &from, answers[i], lengths[i],
                                   now + (20 - i) * WZP_MILLISECOND),
           "the answer of %u is taken", i);
        is_int(c->probes[i].rtt, (20 - i) * WZP_MILLISECOND, "its round trip is known");
        is_int(wzp_addr_port(&c->probes[i].mapped), 40000 + i, "and what it saw");
    }
    ok(wzp_stun_client_done(c), "then all is done");
    ok(wzp_stun_client_best(c) == &c->probes[3], "the fastest is the best");
    ok(wzp_stun_client_expiry(c) == WZP_NEVER, "and nothing more is due");
}

static void check_loss(void)
{
    struct wzp_stun_client *c = fresh(2);
    uint8_t data[WZP_PACKET_MAX], late[WZP_STUN_RESPONSE_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    uint64_t start = WZP_SECOND, now = start, sends[8];
    unsigned count = 0;
    size_t length = 0;
    struct wzp_addr first = server_addr(0), second = server_addr(1), mapped = outside(7);
    wzp_stun_client_start(c, now);
    while (!wzp_stun_client_done(c)) {
        wzp_stun_client_handle_expiry(c, now);
        while (wzp_stun_client_next_packet(c, &packet, now) && count < 8) {
            if (wzp_addr_equal(&packet.remote, &second)) {
                sends[count++] = now - start;
                length = answer_to(late, data, &mapped);
                if (count == 3) /* two losses: the third request is answered 30 ms later */
                    ok(wzp_stun_client_receive(c, &second, late, length,
                                               now + 30 * WZP_MILLISECOND),
                       "the answer to the third question counts");
            }
        }
        uint64_t next = wzp_stun_client_expiry(c);
        if (next == WZP_NEVER)
            break;
        if (next < now || now - start > 10 * WZP_SECOND)
            bail("time stands still");
        now = next;
    }
    is_int(count, 3, "three questions at most");
    ok(sends[0] == 0 && sends[1] == 100 * WZP_MILLISECOND && sends[2] == 300 * WZP_MILLISECOND,
       "at 0, 100 and 300 ms");
    is_int(c->probes[1].rtt, 30 * WZP_MILLISECOND, "measured from the question that was answered");
    is_int(now - start, WZP_STUN_DEADLINE, "who does not answer has failed at the deadline");
    is_int(c->probes[0].error, WZP_STUN_TIMEOUT, "with a time-out");
    ok(wzp_stun_client_best(c) == &c->probes[1], "the one answer is there");
    uint32_t ignored = c->ignored;
    wzp_stun_client_receive(c, &first, late, length, now);
    is_int(c->ignored, ignored + 1, "late: an answer after the deadline is counted and ignored");
    wzp_stun_client_receive(c, &second, late, length, now);
    is_int(c->ignored, ignored + 2, "duplicated: so is a second one to what was answered");
    is_int(c->probes[1].rtt, 30 * WZP_MILLISECOND, "which changes nothing");
}

static void check_forgery(void)
{
    struct wzp_stun_client *c = fresh(1);
    uint8_t data[WZP_PACKET_MAX], forged[WZP_STUN_RESPONSE_MAX], good[WZP_STUN_RESPONSE_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    struct wzp_addr server = server_addr(0), stranger = server_addr(9), mapped = outside(7);
    wzp_stun_client_start(c, 0);
    wzp_stun_client_next_packet(c, &packet, 0);
    size_t length = answer_to(good, data, &mapped);
    ok(!wzp_stun_client_receive(c, &stranger, good, length, 1),
       "forged: another address is not the server");
    struct wzp_addr other_port = server;
    wzp_addr_set_port(&other_port, 9999);
    ok(!wzp_stun_client_receive(c, &other_port, good, length, 1), "forged: nor is another port");
    memcpy(forged, good, length);
    forged[8] ^= 1;
    ok(!wzp_stun_client_receive(c, &server, forged, length, 1),
       "forged: another number is no answer");
    memcpy(forged, good, length);
    forged[19] ^= 2; /* the transaction ID of a request that was not sent yet */
    ok(!wzp_stun_client_receive(c, &server, forged, length, 1),
       "forged: nor one to a question to come");
    memcpy(forged, good, length);
    forged[4] ^= 1;
    wzp_stun_client_receive(c, &server, forged, length, 1);
    forged[4] ^= 1;
    forged[0] = 0x7f;
    wzp_stun_client_receive(c, &server, forged, length, 1);
    wzp_stun_client_receive(c, &server, good, 5, 1);
    wzp_stun_client_receive(c, &server, good, length - 1, 1);
    is_int(c->probes[0].state, WZP_STUN_WAITING, "broken ones do not end the wait");
    ok(c->ignored >= 6, "they are counted");
    uint8_t big[1500] = {1, 1, 5, 0xc8};
    memcpy(big + 4, good + 4, 16);
    big[22] = 5; /* an unknown attribute of 1280 bytes */
    wzp_stun_client_receive(c, &server, big, sizeof big, 1);
    big[2] = 0xff;
    wzp_stun_client_receive(c, &server, big, sizeof big, 1);
    is_int(c->probes[0].state, WZP_STUN_FAILED,
           "oversized: 1500 bytes without an address in them are an answer without one");
    c = fresh(1);
    wzp_stun_client_start(c, 0);
    wzp_stun_client_next_packet(c, &packet, 0);
    length = answer_to(good, data, &mapped);
    memcpy(big, good, length);
    wzp_stun_client_receive(c, &server, big, sizeof big, 2);
    is_int(wzp_addr_port(&c->probes[0].mapped), 7, "oversized: what follows a message is ignored");
    c = fresh(1);
    wzp_stun_client_start(c, 0);
    wzp_stun_client_next_packet(c, &packet, 0);
    length = answer_to(good, data, &mapped);
    ok(wzp_stun_client_receive(c, &server, good, length, 2), "the good one still counts");
    is_int(c->probes[0].state, WZP_STUN_ANSWERED, "and answers");
}

static void check_failures(void)
{
    struct wzp_stun_client *c = fresh(0);
    wzp_stun_client_start(c, 0);
    ok(wzp_stun_client_done(c) && !wzp_stun_client_best(c),
       "S22: with no server all is done at once, without an answer");
    struct wzp_addr none = {0};
    wzp_stun_client_init(c, &random_source, WZP_STUN_FAST_DEADLINE);
    is_int(wzp_stun_client_add(c, "nowhere.invalid:1", &none, false, "no such name"), 0,
           "a name that does not resolve is a failed probe");
    wzp_stun_client_start(c, 0);
    is_int(c->probes[0].error, WZP_STUN_DNS, "of the kind DNS");
    is_str(c->probes[0].error_text, "no such name", "S20: in the resolver's words");
    ok(wzp_stun_client_best(c) == NULL && wzp_stun_client_done(c), "without an answer");
    struct wzp_addr addr = server_addr(1);
    for (unsigned i = 1; i < WZP_STUN_PROBES_MAX; i++)
        wzp_stun_client_add(c, "x", &addr, false, NULL);
    is_int(wzp_stun_client_add(c, "x", &addr, false, NULL), WZP_E_LIMIT, "no more than sixteen");
    c = fresh(1);
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    wzp_stun_client_start(c, 0);
    wzp_stun_client_next_packet(c, &packet, 0);
    uint8_t refusal[28];
    memcpy(refusal, data, 20);
    tap_hex(refusal, 4, "0111 0008");
    tap_hex(refusal + 20, 8, "0009 0004 00000414");
    addr = server_addr(0);
    wzp_stun_client_receive(c, &addr, refusal, sizeof refusal, 5);
    is_int(c->probes[0].error_code, 420, "an error response ends the probe with its number");
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 3);
    random_source = wzp_random_seeded_source(&seeded);
    check_parallel();
    check_loss();
    check_forgery();
    check_failures();
}

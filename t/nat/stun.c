/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN messages with the vectors of wzp-protocol(7), STUN; the server's rules; and telling packet
 * types apart by the first byte. */
#include "nat/stun.h"

#include <string.h>

#include "base/time.h"
#include "nat/demux.h"
#include "nat/stun_server.h"
#include "tap.h"

static const uint8_t zero_id[WZP_STUN_ID_SIZE];

static struct wzp_random source(struct wzp_random_seeded *seeded)
{
    wzp_random_seeded_init(seeded, 7);
    return wzp_random_seeded_source(seeded);
}

/* Header of a response with this type, body length and id byte, then the attributes. */
static size_t message(uint8_t *out, unsigned type, unsigned body, uint8_t id,
                      const char *attributes)
{
    out[0] = (uint8_t)(type >> 8);
    out[1] = (uint8_t)type;
    out[2] = (uint8_t)(body >> 8);
    out[3] = (uint8_t)body;
    tap_hex(out + 4, 4, "2112a442");
    memset(out + 8, id, WZP_STUN_ID_SIZE);
    return 20 + tap_hex(out + 20, 200, attributes);
}

static void check_answers(void)
{
    static const struct {
        const char *what;
        unsigned type, body;
        uint8_t id;
        const char *attributes;
        enum wzp_stun_error error;
        const char *addr;
    } rows[] = {
        {"S2: XOR-MAPPED v4", 0x101, 12, 0, "0020 0008 0001112b ea12d547", WZP_STUN_OK,
         "203.0.113.5:12345"},
        {"S3: XOR-MAPPED v6", 0x101, 24, 0xab,
         "0020 0014 0002f523 0113a9fa abababababababababababaa", WZP_STUN_OK,
         "[2001:db8::1]:54321"},
        {"S4: MAPPED alone", 0x101, 12, 0, "0001 0008 00011f90 c633642a", WZP_STUN_OK,
         "198.51.100.42:8080"},
        {"S8: no attributes", 0x101, 0, 0, "", WZP_STUN_NO_ADDRESS, ""},
        {"S9: XOR-MAPPED wins", 0x101, 24, 0,
         "0001 0008 0001270f 0a000001 0020 0008 0001061d ea12d547", WZP_STUN_OK,
         "203.0.113.5:9999"},
        {"S11: error response", 0x111, 0, 0, "", WZP_STUN_ERROR_RESPONSE, ""},
        {"S12: type 0x0042", 0x42, 0, 0, "", WZP_STUN_MALFORMED, ""},
        {"S13: an attribute that claims 100 bytes", 0x101, 4, 0, "0001 0064", WZP_STUN_NO_ADDRESS,
         ""},
        {"S14: unknown attribute first", 0x101, 20, 0,
         "8000 0004 deadbeef 0020 0008 0001329a e112a621", WZP_STUN_OK, "192.0.2.99:5000"},
        {"S15: length 500 without a body", 0x101, 500, 0, "", WZP_STUN_MALFORMED, ""},
        {"S16: all ones", 0x101, 12, 0xff, "0020 0008 0001deed deed5bbd", WZP_STUN_OK,
         "255.255.255.255:65535"},
        {"S17: MAPPED v6", 0x101, 24, 0, "0001 0014 00020d96 20010db8000000000000000000000042",
         WZP_STUN_OK, "[2001:db8::42]:3478"},
        {"S18: family 3", 0x101, 12, 0, "0001 0008 00031f90 c633642a", WZP_STUN_NO_ADDRESS, ""},
        {"S19: padding", 0x101, 24, 0, "8022 0005 7465737431000000 0020 0008 00013f73 2b13a641",
         WZP_STUN_OK, "10.1.2.3:7777"},
        {"a later broken one erases an earlier good one", 0x101, 24, 0,
         "0020 0008 0001112b ea12d547 0020 0008 0003112b ea12d547", WZP_STUN_NO_ADDRESS, ""},
        {"bytes behind the message are ignored", 0x101, 12, 0,
         "0020 0008 0001112b ea12d547 ffffffffffff", WZP_STUN_OK, "203.0.113.5:12345"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t data[256], id[WZP_STUN_ID_SIZE];
        char text[WZP_ADDR_TEXT_MAX];
        struct wzp_stun_answer answer;
        size_t length = message(data, rows[i].type, rows[i].body, rows[i].id, rows[i].attributes);
        memset(id, rows[i].id, sizeof id);
        is_int(wzp_stun_parse(&answer, data, length, id), rows[i].error, "%s: outcome",
               rows[i].what);
        is_str(wzp_addr_format(text, &answer.mapped), rows[i].addr, "%s: address", rows[i].what);
    }
}

static void check_refusals(void)
{
    uint8_t data[256], id[WZP_STUN_ID_SIZE];
    struct wzp_stun_answer answer;
    char text[128];
    memset(id, 1, sizeof id);
    size_t length = message(data, 0x101, 12, 2, "0020 0008 0001112b ea12d547");
    is_int(wzp_stun_parse(&answer, data, length, id), WZP_STUN_MISMATCH, "S5: another transaction");
    is_int(wzp_stun_parse(&answer, data, 10, id), WZP_STUN_MALFORMED, "S6: 10 bytes");
    ok(answer.malformed != NULL, "S6: with words");
    tap_hex(data + 4, 4, "deadbeef");
    is_int(wzp_stun_parse(&answer, data, length, id), WZP_STUN_MALFORMED, "S7: cookie DEADBEEF");
    length = message(data, 0x111, 12, 1, "0009 0005 00000414 7800 0000");
    is_int(wzp_stun_parse(&answer, data, length, id), WZP_STUN_ERROR_RESPONSE, "S11: again");
    is_int(answer.error_code, 420, "the number is read");
    length = message(data, 0x111, 200, 1, "0009 0004 00000250");
    wzp_stun_parse(&answer, data, length, id);
    is_int(answer.error_code, 0, "a number that is none is not");
    wzp_stun_error_text(text, sizeof text, WZP_STUN_TIMEOUT, "", 0);
    ok(strstr(text, "timeout") != NULL, "S20: %s", text);
    wzp_stun_error_text(text, sizeof text, WZP_STUN_MISMATCH, "", 0);
    ok(strstr(text, "mismatch") != NULL, "S20: %s", text);
    wzp_stun_error_text(text, sizeof text, WZP_STUN_NO_ADDRESS, "", 0);
    ok(strstr(text, "MAPPED") != NULL, "S20: %s", text);
    wzp_stun_error_text(text, sizeof text, WZP_STUN_ERROR_RESPONSE, "", 420);
    ok(strstr(text, "420") != NULL, "S20: %s", text);
    static const enum wzp_stun_error inner[] = {WZP_STUN_IO, WZP_STUN_DNS, WZP_STUN_MALFORMED};
    for (size_t i = 0; i < 3; i++) {
        wzp_stun_error_text(text, sizeof text, inner[i], "inner words", 0);
        ok(strstr(text, "inner words") != NULL, "S20: %s", text);
    }
    wzp_stun_error_text(text, sizeof text, WZP_STUN_OK, "", 0);
    is_str(text, "ok", "no error has words too");
}

static void check_requests(void)
{
    uint8_t out[WZP_STUN_RESPONSE_MAX], want[20], id[WZP_STUN_ID_SIZE], other[WZP_STUN_ID_SIZE];
    struct wzp_random_seeded seeded;
    struct wzp_random random = source(&seeded);
    memset(id, 1, sizeof id);
    wzp_stun_write_request(out, id);
    tap_hex(want, sizeof want, "0001 0000 2112a442 010101010101010101010101");
    is_bytes(out, 20, want, 20, "S1: a request is 20 bytes without attributes");
    ok(wzp_stun_is_request(out, 20, other) && !memcmp(id, other, sizeof id), "and is seen as one");
    wzp_stun_id(id, &random);
    wzp_stun_id(other, &random);
    ok(memcmp(id, other, sizeof id) != 0, "S10: two transactions differ");
    ok(WZP_STUN_SERVERS >= 3 && wzp_stun_servers[2] != NULL, "S21: at least three servers");
    wzp_stun_write_padded_request(out, id);
    ok(wzp_stun_is_request(out, sizeof out, other), "the padded form is a request too");
    ok(!wzp_stun_is_request(out, sizeof out - 1, other), "but not when cut");
    is_int(wzp_stun_write_response(out, 32, id, &(struct wzp_addr){0}), 0,
           "no address, no response");
}

static void check_server(void)
{
    static struct wzp_stun_server server;
    uint8_t request[WZP_STUN_RESPONSE_MAX], out[64];
    struct wzp_random_seeded seeded;
    struct wzp_random random = source(&seeded);
    struct wzp_addr asker, asker6, to;
    struct wzp_stun_answer answer;
    uint64_t now = WZP_SECOND;
    wzp_addr_from_ip4(&asker, (const uint8_t *)"\xcb\x00\x71\x05", 12345);
    wzp_addr_from_ip6(&asker6, (const uint8_t *)"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 54321);
    wzp_stun_server_init(&server, &random);
    wzp_stun_write_padded_request(request, zero_id);
    size_t length =
        wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request, sizeof request, now);
    ok(wzp_addr_equal(&to, &asker), "and goes to where the question came from");
    uint8_t want[32];
    tap_hex(want, sizeof want,
            "0101 000c 2112a442 000000000000000000000000 0020 0008 0001112b ea12d547");
    is_bytes(out, length, want, sizeof want, "the answer is the vector of wzp-protocol(7), STUN");
    length = wzp_stun_server_answer(&server, out, sizeof out, &to, &asker6, request, sizeof request,
                                    now);
    is_int(length, 44, "for IPv6 it is as long as the longest question");
    is_int(wzp_stun_parse(&answer, out, length, zero_id), WZP_STUN_OK, "and is read");
    ok(wzp_addr_equal(&answer.mapped, &asker6), "as the asker's address");
    wzp_stun_write_request(request, zero_id);
    is_int(wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request, 20, now), 0,
           "a question shorter than its answer gets none");
    is_int(server.too_short, 1, "and is counted");
    wzp_stun_write_padded_request(request, zero_id);
    request[1] = 0x11;
    is_int(
        wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request, sizeof request, now),
        0, "an indication gets no answer");
    request[1] = 1;
    unsigned answers = 0;
    for (unsigned i = 0; i < 1000; i++)
        answers += wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request,
                                          sizeof request, now + i * WZP_MILLISECOND) > 0;
    ok(answers >= 100 && answers <= 121, "of 1000 questions in a second %u are answered", answers);
    ok(server.limited >= 879, "the others are counted");
    ok(wzp_stun_server_answer(&server, out, sizeof out, &to, &asker6, request, sizeof request,
                              now) > 0,
       "another address is not held up");
    ok(wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request, sizeof request,
                              now + 3 * WZP_SECOND) > 0,
       "and the first is answered again later");
    static const uint16_t wished[] = {40000, 1024, 1023, 53, 0};
    for (size_t i = 0; i < sizeof wished / sizeof wished[0]; i++) {
        wzp_stun_write_wish(request, zero_id, 0, wished[i]);
        length = wzp_stun_server_answer(&server, out, sizeof out, &to, &asker, request,
                                        sizeof request, now + 5 * WZP_SECOND);
        ok(length > 0 && wzp_addr_equal_ip(&to, &asker) &&
               wzp_addr_port(&to) == (wished[i] >= 1024 ? wished[i] : 12345),
           "an answer wished to port %u goes to port %u", wished[i], wzp_addr_port(&to));
    }
}

static void check_demux(void)
{
    uint8_t data[64];
    is_int(wzp_demux(NULL, 0), WZP_DATAGRAM_UNKNOWN, "nothing is nothing");
    wzp_stun_write_request(data, zero_id);
    is_int(wzp_demux(data, 20), WZP_DATAGRAM_STUN, "a STUN request");
    is_int(wzp_demux(data, 19), WZP_DATAGRAM_UNKNOWN, "without its last byte it is none");
    data[4] ^= 1;
    is_int(wzp_demux(data, 20), WZP_DATAGRAM_UNKNOWN, "nor with another cookie");
    is_int(wzp_demux((const uint8_t *)"", 1), WZP_DATAGRAM_PUNCH, "one zero byte is a punch");
    for (unsigned first = 4; first < 256; first++) {
        memset(data, 0, sizeof data);
        data[0] = (uint8_t)first;
        bool quic = (first >= 64 && first < 128) || first >= 192;
        if (wzp_demux(data, sizeof data) != (quic ? WZP_DATAGRAM_QUIC : WZP_DATAGRAM_UNKNOWN))
            ok(false, "first byte %u", first);
    }
    ok(true, "64..127 and 192..255 are QUIC, the rest is dropped");
}

TAP_MAIN
{
    check_answers();
    check_refusals();
    check_requests();
    check_server();
    check_demux();
}

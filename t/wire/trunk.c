/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trunk and compact frames: worked examples F and G, and what is refused. Source: wzp-protocol(7),
 * Trunk, Media header, Compact frames. */
#include "wire/trunk.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static void check_trunk(void)
{
    uint8_t bytes[64], out[64];
    struct wzp_trunk_reader r;
    struct wzp_trunk_entry entries[2];
    size_t length = tap_hex(bytes, sizeof bytes,
                            "00 02 abcd 000d 00 00 12 34 00 01 e2 40 00 00 00 00 78 abcd 0001 78");
    is_int(wzp_trunk_parse(&r, bytes, length), 0, "F: read");
    is_int(wzp_trunk_next(&r, &entries[0]), 1, "one");
    is_int(wzp_trunk_next(&r, &entries[1]), 1, "two");
    struct wzp_trunk_entry none;
    is_int(wzp_trunk_next(&r, &none), 0, "no more");
    is_bytes(entries[0].session, 2, "\xab\xcd", 2, "session");
    is_int(entries[0].length, 13, "13 bytes");
    is_bytes(entries[1].data, entries[1].length, "x", 1, "one byte");
    struct wzp_media_packet packet;
    is_int(wzp_media_parse(&packet, entries[0].data, entries[0].length), 0, "99: the media packet");
    is_int(packet.header.sequence, 0x1234, "is the one");
    is_int(wzp_trunk_write(out, sizeof out, entries, 2), (int)length, "written");
    is_bytes(out, length, bytes, length, "the same");
    is_int(wzp_trunk_write(out, length - 1, entries, 2), WZP_E_TOO_BIG, "too little room");
    for (size_t n = 0; n < length; n++)
        is_int(wzp_trunk_parse(&r, bytes, n), WZP_E_SHORT, "cut at %zu is refused whole", n);
    is_int(wzp_trunk_next(&r, &none), 0, "and gives nothing");
    bytes[length] = 0xff;
    is_int(wzp_trunk_parse(&r, bytes, length + 1), 0, "bytes behind are ignored");
    is_int(wzp_trunk_parse(&r, (const uint8_t *)"\0\0", 2), 0, "none is legal");
    is_int(wzp_trunk_next(&r, &none), 0, "and gives nothing");
    is_int(wzp_trunk_parse(&r, (const uint8_t *)"\xff\xff", 2), WZP_E_SHORT, "a lie");
    is_int(wzp_trunk_write(out, 2, NULL, 0), 2, "an empty frame");
    is_int(wzp_trunk_write(out, 1, NULL, 0), WZP_E_TOO_BIG, "needs two bytes");
    is_int(wzp_trunk_write(out, sizeof out, entries, 65536), WZP_E_RANGE, "too many");
    entries[0].length = 65536;
    is_int(wzp_trunk_write(out, sizeof out, entries, 1), WZP_E_RANGE, "too long");
}

static void check_mini_example(void)
{
    static const struct {
        const char *hex;
        int sequence, timestamp;
        const char *payload;
    } frames[] = {
        {"00 00 00 00 64 00 00 07 d0 00 00 00 00 c0 ff", 100, 2000, "\xc0\xff"},
        {"01 00 14 00 02 c1 ff", 101, 2020, "\xc1\xff"},
        {"01 00 14 00 02 c2 ff", 102, 2040, "\xc2\xff"},
    };
    struct wzp_mini_context reader = {0}, writer = {0};
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[32], out[32];
        struct wzp_media_packet packet;
        size_t length = tap_hex(bytes, sizeof bytes, frames[i].hex);
        is_int(wzp_mini_parse(&reader, &packet, bytes, length), 0, "G: frame %zu", i);
        is_int(packet.header.sequence, frames[i].sequence, "sequence");
        is_int(packet.header.timestamp, frames[i].timestamp, "timestamp");
        is_bytes(packet.payload, packet.payload_length, frames[i].payload, 2, "payload");
        is_int(wzp_mini_write(&writer, out, sizeof out, &packet), (int)length, "written");
        is_bytes(out, length, bytes, length, "the same");
        is_int(reader.since_full, (int)i, "counted");
    }
}

static void check_mini_refused(void)
{
    struct wzp_mini_context c = {0};
    struct wzp_media_packet packet;
    uint8_t bytes[32];
    size_t length = tap_hex(bytes, sizeof bytes, "01 0014 0002 c1ff");
    is_int(wzp_mini_parse(&c, &packet, bytes, length), WZP_E_STATE, "a mini without context");
    for (size_t n = 0; n < length; n++)
        is_int(wzp_mini_parse(&c, &packet, bytes, n), WZP_E_SHORT, "cut at %zu", n);
    bytes[0] = 2;
    is_int(wzp_mini_parse(&c, &packet, bytes, length), WZP_E_SYNTAX, "another tag");
    bytes[0] = 0;
    is_int(wzp_mini_parse(&c, &packet, bytes, length), WZP_E_SHORT, "a full one that is short");
    is_int(c.valid, 0, "no context from it");
}

/* What goes full and what mini. */
static void check_mini_rhythm(void)
{
    struct wzp_mini_context writer = {0}, reader = {0};
    struct wzp_media_packet packet = {0}, read;
    uint8_t out[64];
    packet.payload = (const uint8_t *)"abc";
    packet.payload_length = 3;
    packet.header.sequence = 65530; /* over the wrap */
    packet.header.timestamp = 0xffffff00U;
    bool rhythm = true, same = true;
    for (int i = 0; i < 120; i++) {
        int n = wzp_mini_write(&writer, out, sizeof out, &packet);
        rhythm = rhythm && n == (i % 50 == 0 ? 16 : 8);
        same = same && wzp_mini_parse(&reader, &read, out, (size_t)n) == 0 &&
               read.header.sequence == packet.header.sequence &&
               read.header.timestamp == packet.header.timestamp && read.payload_length == 3;
        packet.header.sequence++;
        packet.header.timestamp += 20;
    }
    ok(rhythm, "one full and 49 minis");
    ok(same, "all read back");

    struct wzp_media_packet next = packet;
    struct wzp_mini_context c;
#define GOES_FULL(change, what)                                                                    \
    next = packet;                                                                                 \
    c = writer;                                                                                    \
    change;                                                                                        \
    wzp_mini_write(&c, out, sizeof out, &next);                                                    \
    is_int(out[0], 0, what " goes full")
    c = writer;
    wzp_mini_write(&c, out, sizeof out, &next);
    is_int(out[0], 1, "the next one goes mini");
    GOES_FULL(next.header.sequence++, "a gap");
    GOES_FULL(next.header.timestamp += 65536, "a long pause");
    GOES_FULL(next.header.has_report = true, "a report");
    GOES_FULL(next.header.is_repair = true, "a repair");
    GOES_FULL(next.header.codec = 5, "another codec");
    GOES_FULL(next.header.fec_ratio = 5, "another ratio");
    GOES_FULL(next.header.fec_block = 5, "another block");
    GOES_FULL(next.header.fec_symbol = 5, "another symbol");
    GOES_FULL(next.header.sender = 5, "another sender");
    GOES_FULL(next.header.version = true, "another version");
    GOES_FULL(next.header.csrc_count = 1, "another count");
    GOES_FULL(next.header.unused_bits = 1, "another bit");

    c = writer;
    is_int(wzp_mini_write(&c, out, 7, &packet), WZP_E_TOO_BIG, "too little room for a mini");
    c.valid = 0;
    is_int(wzp_mini_write(&c, out, 15, &packet), WZP_E_TOO_BIG, "too little room for a full one");
    is_int(wzp_mini_write(&c, out, 0, &packet), WZP_E_TOO_BIG, "no room");

    /* After a full frame with a report the minis have none. */
    c = (struct wzp_mini_context){0};
    reader = c;
    next = packet;
    next.header.has_report = true;
    int n = wzp_mini_write(&c, out, sizeof out, &next);
    is_int(wzp_mini_parse(&reader, &read, out, (size_t)n), 0, "full with report");
    ok(read.header.has_report, "it has one");
    next.header.has_report = false;
    next.header.sequence++;
    n = wzp_mini_write(&c, out, sizeof out, &next);
    is_int(out[0], 1, "then a mini");
    is_int(wzp_mini_parse(&reader, &read, out, (size_t)n), 0, "is read");
    ok(!read.header.has_report, "without one");
}

TAP_MAIN
{
    check_trunk();
    check_mini_example();
    check_mini_refused();
    check_mini_rhythm();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Capture files: what is written is read back, what others write is read or skipped, and no length
 * in a file is believed. */
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "tap.h"
#include "wire/capture.h"
#include "wire/pcapng.h"

static uint8_t file[8192];
static size_t length;

static void add(int written)
{
    if (ok(written > 0 && written % 4 == 0, "a piece is written, %d bytes", written))
        length += (size_t)written;
}

static void begin(enum wzp_capture_kind kind)
{
    length = 0;
    add(wzp_capture_write_head(file, sizeof file, "wzp 9.9"));
    add(wzp_capture_write_interface(file + length, sizeof file - length, kind, "lounge"));
}

static void add_record(const struct wzp_capture_record *record)
{
    add(wzp_capture_write(file + length, sizeof file - length, record));
}

static struct wzp_addr address(const char *text)
{
    struct wzp_addr out;
    if (wzp_addr_parse(&out, text, strlen(text)))
        bail("%s is no address", text);
    return out;
}

static void round_trip(void)
{
    static const uint8_t media[] = "\x00\x00\x00\x07....abcdefghi";
    struct wzp_capture_reader r;
    struct wzp_capture_record in = {.type = WZP_CAPTURE_PACKET,
                                    .at = UINT64_C(1700000000123456789),
                                    .local = address("10.0.0.2:5000"),
                                    .remote = address("192.0.2.1:4433"),
                                    .data = media,
                                    .length = sizeof media - 1};
    struct wzp_capture_record out;
    begin(WZP_CAPTURE_ROOM);
    add_record(&in);
    in.outgoing = true;
    in.local = address("[2001:db8::1]:5000");
    in.remote = address("[2001:db8::2]:4433");
    in.length--;
    add_record(&in);
    struct wzp_capture_record pull = {.type = WZP_CAPTURE_PULL, .at = 5, .samples = 960};
    add_record(&pull);
    struct wzp_capture_record counts = {.type = WZP_CAPTURE_COUNTS, .at = 6};
    for (size_t i = 0; i < WZP_CAPTURE_COUNT_KINDS; i++)
        counts.counts[i] = (uint32_t)(1000 + i);
    add_record(&counts);
    is_int(wzp_capture_open(&r, file, length), 0, "it is a capture");
    is_int(wzp_capture_next(&r, &out), 1, "with a packet");
    ok(out.at == in.at && !out.outgoing && out.length == in.length + 1 &&
           memcmp(out.data, media, out.length) == 0,
       "of that time, that came, and with those bytes");
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &out.local), "10.0.0.2:5000", "to there");
    is_str(wzp_addr_format(text, &out.remote), "192.0.2.1:4433", "from there");
    ok(r.interfaces[out.interface].kind == WZP_CAPTURE_ROOM &&
           strcmp(r.interfaces[out.interface].name, "lounge") == 0,
       "in that room");
    is_int(wzp_capture_next(&r, &out), 1, "and a second one");
    ok(out.outgoing && out.length == in.length, "that was sent");
    is_str(wzp_addr_format(text, &out.local), "[2001:db8::1]:5000", "from here");
    is_str(wzp_addr_format(text, &out.remote), "[2001:db8::2]:4433", "to there");
    is_int(wzp_capture_next(&r, &out), 1, "a pull");
    ok(out.type == WZP_CAPTURE_PULL && out.at == 5 && out.samples == 960, "of 960 samples");
    is_int(wzp_capture_next(&r, &out), 1, "counters");
    ok(out.type == WZP_CAPTURE_COUNTS && out.at == 6 &&
           memcmp(out.counts, counts.counts, sizeof out.counts) == 0,
       "with their values");
    is_int(wzp_capture_next(&r, &out), 0, "and that is all");
    ok(!r.is_cut && r.foreign == 0, "whole, and all of it ours");
    for (size_t size = 0; size < 60; size += 4)
        if (wzp_capture_write(file, size, &in) != WZP_E_TOO_BIG)
            ok(false, "%zu bytes are enough for a packet?", size);
    in.length = WZP_CAPTURE_PACKET_MAX + 1;
    is_int(wzp_capture_write(file, sizeof file, &in), WZP_E_TOO_BIG, "no packet is that long");
}

/* What another program writes: big-endian, microseconds, another link type, blocks of its own. */
static void put32(uint32_t value)
{
    wzp_put_be32(file + length, value);
    length += 4;
}

static void foreign_packet(unsigned interface, uint32_t low)
{
    static const uint8_t data[] = {0, 12, 0, 4, 'w', 'z', 'p', 0, 0, 0, 0, 0, 'h', 'i', 0, 0};
    put32(WZP_PCAPNG_PACKET);
    put32(48);
    put32(interface);
    put32(0);
    put32(low);
    put32(14);
    put32(14);
    memcpy(file + length, data, sizeof data);
    length += sizeof data;
    put32(48);
}

static void interface(uint16_t link)
{
    put32(WZP_PCAPNG_INTERFACE);
    put32(20);
    put32((uint32_t)link << 16);
    put32(0);
    put32(20);
}

static void others(void)
{
    struct wzp_capture_reader r;
    struct wzp_capture_record out;
    length = 0;
    const uint32_t head[] = {WZP_PCAPNG_SECTION, 28, WZP_PCAPNG_MAGIC, 1u << 16, UINT32_MAX,
                             UINT32_MAX,         28};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        put32(head[i]);
    interface(1);
    interface(252);
    foreign_packet(0, 1);
    foreign_packet(7, 1);
    foreign_packet(1, 2000000);
    put32(0x00000bad); /* somebody's own */
    put32(16);
    put32(1);
    put32(16);
    foreign_packet(1, 2000001);
    is_int(wzp_capture_open(&r, file, length), 0, "a big-endian file is one, too");
    is_int(wzp_capture_next(&r, &out), 1, "its packet is found");
    ok(out.at == UINT64_C(2000000000) && out.length == 2 && memcmp(out.data, "hi", 2) == 0,
       "2 s in microseconds, with what follows the tags");
    is_int(r.foreign, 2, "those of other interfaces are left out");
    is_int(wzp_capture_next(&r, &out), 1, "unknown blocks are skipped");
    is_int(wzp_capture_next(&r, &out), 0, "to the end");
    for (size_t cut = length - 1; cut > length - 48; cut--) {
        wzp_capture_open(&r, file, cut);
        (void)wzp_capture_next(&r, &out);
        if (wzp_capture_next(&r, &out) != 0 || !r.is_cut)
            ok(false, "cut at %zu", cut);
    }
    for (int i = 0; i < 100; i++)
        interface(252);
    foreign_packet(WZP_CAPTURE_INTERFACES_MAX + 3, 1);
    wzp_capture_open(&r, file, length);
    while (wzp_capture_next(&r, &out) == 1)
        ;
    is_int(r.interface_count, WZP_CAPTURE_INTERFACES_MAX, "interfaces have a cap");
    is_int(r.foreign, 3, "those beyond are nobody's");
}

static void lies(void)
{
    struct wzp_capture_reader r;
    struct wzp_capture_record out;
    static const uint8_t media[20];
    const struct wzp_capture_record in = {
        .type = WZP_CAPTURE_PACKET, .at = 1, .data = media, .length = sizeof media};
    begin(WZP_CAPTURE_CALL);
    size_t packet = length;
    add_record(&in);
    static const struct {
        size_t at;
        uint8_t value;
        int want;
        const char *what;
    } table[] = {{7, 0x7f, WZP_E_SYNTAX, "a block of a gibibyte"},
                 {4, 0x02, WZP_E_SYNTAX, "a block of two bytes"},
                 {23, 0x40, 0, "a packet longer than its block"},
                 {8, 0x44, 0, "an interface that is not there"},
                 {31, 0xff, 0, "a tag longer than the packet"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint8_t before = file[packet + table[i].at];
        file[packet + table[i].at] = table[i].value;
        wzp_capture_open(&r, file, length);
        is_int(wzp_capture_next(&r, &out), table[i].want, "%s is not believed", table[i].what);
        file[packet + table[i].at] = before;
    }
    is_int(wzp_capture_open(&r, file, 0), WZP_E_SYNTAX, "nothing is no capture");
    is_int(wzp_capture_open(&r, file + packet, length - packet), WZP_E_SYNTAX,
           "nor is one without its head");
}

TAP_MAIN
{
    round_trip();
    others();
    lies();
}

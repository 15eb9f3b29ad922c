/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Media datagrams: the worked examples and what is refused. Source: wzp-protocol(7), Media header,
 * Federation tag, Codecs, Quality report, Relay rules. */
#include "wire/media.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static const struct {
    const char *what, *hex;
    struct wzp_media_header header;
    const char *payload;
    struct wzp_quality_report report;
} examples[] = {
    {"A: Opus source with report",
     "02 00 12 34 00 01 e2 40 00 00 00 00 78 aa bb 19 19 14 c8",
     {.has_report = true, .codec = 0, .sequence = 0x1234, .timestamp = 123456},
     "78 aa bb",
     {25, 25, 20, 200}},
    {"B: Codec2 repair",
     "51 00 00 29 00 00 06 68 03 08 00 00 01 02 03 04",
     {.is_repair = true,
      .codec = 4,
      .fec_ratio = 64,
      .sequence = 41,
      .timestamp = 1640,
      .fec_block = 3,
      .fec_symbol = 8},
     "01 02 03 04",
     {0, 0, 0, 0}},
    {"C: Codec2 source",
     "0c 80 00 02 00 00 00 28 01 02 00 00 01 02 03 04 05 06 07 08",
     {.codec = 3, .fec_ratio = 32, .sequence = 2, .timestamp = 40, .fec_block = 1, .fec_symbol = 2},
     "01 02 03 04 05 06 07 08",
     {0, 0, 0, 0}},
    {"D: comfort noise",
     "14 00 00 07 00 00 00 c8 00 00 00 00 32",
     {.codec = 5, .sequence = 7, .timestamp = 200},
     "32",
     {0, 0, 0, 0}},
    {"H: a report and no payload",
     "02 00 00 00 00 00 00 00 00 00 00 00 01 02 03 04",
     {.has_report = true},
     "",
     {1, 2, 3, 4}},
    {"every bit",
     "e3 ff ff ff ff ff ff ff ff ff ff ff aa 01 02 03 04",
     {.version = true,
      .is_repair = true,
      .has_report = true,
      .codec = 8,
      .fec_ratio = 127,
      .unused_bits = 3,
      .sequence = 0xffff,
      .timestamp = 0xffffffffU,
      .fec_block = 255,
      .fec_symbol = 255,
      .sender = 255,
      .csrc_count = 255},
     "aa",
     {1, 2, 3, 4}},
    {"header only", "00 00 00 00 00 00 00 00 00 00 00 00", {0}, "", {0, 0, 0, 0}},
};

static bool same_header(const struct wzp_media_header *a, const struct wzp_media_header *b)
{
    return a->version == b->version && a->is_repair == b->is_repair &&
           a->has_report == b->has_report && a->codec == b->codec && a->fec_ratio == b->fec_ratio &&
           a->unused_bits == b->unused_bits && a->sequence == b->sequence &&
           a->timestamp == b->timestamp && a->fec_block == b->fec_block &&
           a->fec_symbol == b->fec_symbol && a->sender == b->sender &&
           a->csrc_count == b->csrc_count;
}

static void check_examples(void)
{
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        uint8_t bytes[64], payload[64], out[64];
        struct wzp_media_packet packet;
        size_t length = tap_hex(bytes, sizeof bytes, examples[i].hex);
        size_t payload_length = tap_hex(payload, sizeof payload, examples[i].payload);
        is_int(wzp_media_parse(&packet, bytes, length), 0, "%s: read", examples[i].what);
        ok(same_header(&packet.header, &examples[i].header), "its header");
        is_bytes(packet.payload, packet.payload_length, payload, payload_length, "its payload");
        ok(memcmp(&packet.report, &examples[i].report, sizeof packet.report) == 0, "its report");
        int n = wzp_media_write(out, sizeof out, &packet);
        is_bytes(out, n > 0 ? (size_t)n : 0, bytes, length, "and written again");
        is_int(wzp_media_write(out, length, &packet), (int)length, "into just enough room");
        is_int(wzp_media_write(out, length - 1, &packet), WZP_E_TOO_BIG, "not into less");
        wzp_media_write_header(out, &examples[i].header);
        is_bytes(out, WZP_MEDIA_HEADER_SIZE, bytes, WZP_MEDIA_HEADER_SIZE, "the header alone");
    }
}

static void check_refused(void)
{
    uint8_t bytes[16] = {0};
    uint8_t out[64];
    struct wzp_media_packet packet;
    for (size_t n = 0; n < 12; n++)
        is_int(wzp_media_parse(&packet, bytes, n), WZP_E_SHORT, "%zu bytes", n);
    bytes[0] = 0x02;
    for (size_t n = 12; n < 16; n++)
        is_int(wzp_media_parse(&packet, bytes, n), WZP_E_SHORT, "a report in %zu bytes", n);
    for (unsigned codec = 0; codec < 16; codec++) {
        bytes[0] = (uint8_t)(codec << 2);
        is_int(wzp_media_parse(&packet, bytes, 12), codec < 9 ? 0 : WZP_E_RANGE, "codec %u", codec);
    }
    bytes[0] = 0x80;
    is_int(wzp_media_parse(&packet, bytes, 12), 0, "the version bit is not looked at");
    ok(packet.header.version, "but kept");

    struct wzp_media_packet bad = {0};
    bad.header.codec = 9;
    is_int(wzp_media_write(out, sizeof out, &bad), WZP_E_RANGE, "a codec that is none");
    bad.header.codec = 0;
    bad.header.fec_ratio = 128;
    is_int(wzp_media_write(out, sizeof out, &bad), WZP_E_RANGE, "a ratio of 8 bits");
    bad.header.fec_ratio = 0;
    bad.payload = bytes;
    bad.payload_length = SIZE_MAX;
    is_int(wzp_media_write(out, sizeof out, &bad), WZP_E_TOO_BIG, "a huge payload");
    is_int(wzp_media_write(out, SIZE_MAX, &bad), WZP_E_TOO_BIG, "in huge room");
    bad.payload_length = 65536 - 12;
    is_int(wzp_media_write(out, SIZE_MAX, &bad), WZP_E_TOO_BIG, "no datagram is that large");
    is_int(wzp_media_write(out, 0, &bad), WZP_E_TOO_BIG, "no room");
}

static void check_reports(void)
{
    static const struct {
        double loss;
        uint32_t rtt, jitter;
        struct wzp_quality_report report;
    } table[] = {
        {10, 100, 20, {25, 25, 20, 200}},
        {0, 0, 0, {0, 0, 0, 200}},
        {100, 1020, 255, {255, 255, 255, 200}},
        {99.99, 1023, 256, {254, 255, 255, 200}},
        {250, UINT32_MAX, UINT32_MAX, {255, 255, 255, 200}},
        {-3, 3, 1, {0, 0, 1, 200}},
        {(double)NAN, 7, 1, {0, 1, 1, 200}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct wzp_quality_report r;
        wzp_quality_report_make(&r, table[i].loss, table[i].rtt, table[i].jitter, 200);
        ok(memcmp(&r, &table[i].report, sizeof r) == 0, "report of %g %%", table[i].loss);
    }
    struct wzp_quality_report half = {51, 0, 0, 0};
    is_near(wzp_quality_report_loss_percent(&half), 20, 1e-9, "51 is 20 %%");
}

static void check_federation(void)
{
    uint8_t bytes[64], out[64];
    const uint8_t *tag = NULL;
    struct wzp_media_packet packet;
    size_t length = tap_hex(bytes, sizeof bytes,
                            "0feae16d55365acf 00 00 12 34 00 01 e2 40 00 00 00 00 78 aa bb");
    is_int(length, 23, "E: 23 bytes");
    is_int(wzp_federation_parse(&tag, &packet, bytes, length), 0, "read");
    ok(tag == bytes, "the tag");
    is_int(packet.header.sequence, 0x1234, "the packet");
    is_bytes(packet.payload, packet.payload_length, "\x78\xaa\xbb", 3, "its payload");
    is_int(wzp_federation_write(out, sizeof out, bytes, bytes + 8, length - 8), 23, "written");
    is_bytes(out, 23, bytes, 23, "the same");
    is_int(wzp_federation_parse(&tag, &packet, bytes, 20), 0, "20 bytes are enough");
    is_int(wzp_federation_parse(&tag, &packet, bytes, 19), WZP_E_SHORT, "19 are not");
    ok(!tag, "no tag then");
    is_int(wzp_federation_parse(&tag, &packet, bytes, 0), WZP_E_SHORT, "nothing");
    bytes[8] = 0x3c;
    is_int(wzp_federation_parse(&tag, &packet, bytes, length), WZP_E_RANGE, "a bad packet");
    is_int(wzp_federation_write(out, 22, bytes, bytes, 15), WZP_E_TOO_BIG, "too little room");
    is_int(wzp_federation_write(out, 7, bytes, bytes, 0), WZP_E_TOO_BIG, "none for the tag");
    is_int(wzp_federation_write(out, SIZE_MAX, bytes, bytes, 65535), WZP_E_TOO_BIG, "too large");
}

TAP_MAIN
{
    check_examples();
    check_refused();
    check_reports();
    check_federation();
}

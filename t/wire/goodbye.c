/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The goodbye of a sealed call: its bytes, and what is none. */
#include "wire/goodbye.h"

#include <string.h>

#include "tap.h"

static bool read_bytes(enum wzp_hangup_reason *reason, const void *bytes, size_t length,
                       enum wzp_codec codec, bool is_repair)
{
    const struct wzp_media_packet packet = {
        .header = {.codec = (uint8_t)codec, .is_repair = is_repair},
        .payload = bytes,
        .payload_length = length};

    return wzp_goodbye_read(reason, &packet);
}

TAP_MAIN
{
    static const enum wzp_hangup_reason all[] = {WZP_HANGUP_NORMAL, WZP_HANGUP_BUSY,
                                                 WZP_HANGUP_DECLINED, WZP_HANGUP_TIMEOUT,
                                                 WZP_HANGUP_ERROR};
    enum wzp_hangup_reason reason;
    uint8_t bytes[WZP_GOODBYE_SIZE];

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        wzp_goodbye_write(bytes, all[i]);
        ok(memcmp(bytes, "WZP bye", 7) == 0 && bytes[7] == i, "reason %zu is byte %zu", i, i);
        ok(read_bytes(&reason, bytes, sizeof bytes, WZP_CODEC_OPUS_64K, true) &&
               reason == all[i],
           "and is read as it was written");
    }
    bytes[7] = 77;
    ok(read_bytes(&reason, bytes, sizeof bytes, WZP_CODEC_OPUS_64K, true) &&
           reason == WZP_HANGUP_NORMAL,
       "a reason of a later program is Normal");
    wzp_goodbye_write(bytes, WZP_HANGUP_VERSION);
    is_int(bytes[7], 0, "one that is no end of a call is not written");
    ok(!read_bytes(&reason, bytes, sizeof bytes, WZP_CODEC_OPUS_64K, false),
       "a source packet is none");
    ok(!read_bytes(&reason, bytes, sizeof bytes, WZP_CODEC_OPUS_24K, true), "nor other repair");
    ok(read_bytes(&reason, bytes, WZP_GOODBYE_WORDS, WZP_CODEC_OPUS_64K, true),
       "the zeros behind it are not needed");
    ok(!read_bytes(&reason, bytes, WZP_GOODBYE_WORDS - 1, WZP_CODEC_OPUS_64K, true),
       "the words are");
    bytes[0] ^= 1;
    ok(!read_bytes(&reason, bytes, sizeof bytes, WZP_CODEC_OPUS_64K, true), "nor other words");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wire/goodbye.h"

#include <string.h>

static const uint8_t mark[WZP_GOODBYE_WORDS - 1] = {'W', 'Z', 'P', ' ', 'b', 'y', 'e'};

/* The last byte, by reason. */
static const enum wzp_hangup_reason reasons[] = {WZP_HANGUP_NORMAL, WZP_HANGUP_BUSY,
                                                 WZP_HANGUP_DECLINED, WZP_HANGUP_TIMEOUT,
                                                 WZP_HANGUP_ERROR};
#define REASONS (sizeof reasons / sizeof reasons[0])

void wzp_goodbye_write(uint8_t out[WZP_GOODBYE_SIZE], enum wzp_hangup_reason reason)
{
    memset(out, 0, WZP_GOODBYE_SIZE);
    memcpy(out, mark, sizeof mark);
    for (size_t i = 0; i < REASONS; i++)
        if (reasons[i] == reason)
            out[sizeof mark] = (uint8_t)i;
}

bool wzp_goodbye_read(enum wzp_hangup_reason *reason, const struct wzp_media_packet *packet)
{
    if (!packet->header.is_repair || packet->header.codec != WZP_CODEC_OPUS_64K ||
        packet->payload_length < WZP_GOODBYE_WORDS ||
        memcmp(packet->payload, mark, sizeof mark) != 0)
        return false;
    uint8_t said = packet->payload[sizeof mark];
    *reason = said < REASONS ? reasons[said] : WZP_HANGUP_NORMAL;
    return true;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/meter.h"

#include "wire/codec.h"
#include "wire/media.h"

/* Codec2 with repair packets of 256 bytes takes 60 to 105 kbit/s, and headers 10. Opus with repair
 * is sent twice, each with inner redundancy: three times its rate is legitimate. */
#define OPUS_BASE_KBIT 64
#define OTHER_BASE_KBIT 128
#define RATE_FACTOR 3
#define BURST_SECONDS 2 /* a path that stalled delivers everything at once */
#define FRAME_BASE 300  /* repair packets, sealing, a report */
#define FRAME_FACTOR 4

unsigned wzp_relay_meter_kbit(unsigned codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    if (!info)
        return OTHER_BASE_KBIT + RATE_FACTOR * 64;
    return (info->is_opus ? OPUS_BASE_KBIT : OTHER_BASE_KBIT) + RATE_FACTOR * info->bitrate / 1000;
}

/* Longest frame that this codec may produce. */
static size_t frame_max(unsigned codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    if (!info)
        return WZP_MEDIA_DATAGRAM_MAX;
    return WZP_MEDIA_HEADER_SIZE + FRAME_BASE +
           FRAME_FACTOR * (size_t)info->bitrate / 8 * info->frame_ms / 1000;
}

/* True when the frame is within what this codec can need. */
static bool take_codec(struct wzp_relay_meter *meter, unsigned codec, size_t length, uint64_t now)
{
    uint64_t bytes_a_second = wzp_relay_meter_kbit(codec) * UINT64_C(125);
    if (codec >= WZP_CODEC_COUNT)
        return true;
    return length <= frame_max(codec) &&
           wzp_bucket_take(&meter->codec, length, WZP_SECOND / bytes_a_second,
                           BURST_SECONDS * bytes_a_second, now);
}

/* Notes an excess frame. A pause ends the run of them; a long run is no accident. */
static void note_excess(struct wzp_relay_meter *meter, uint64_t now)
{
    if (!meter->over_since || wzp_time_since(now, meter->over_at) > WZP_RELAY_METER_PAUSE) {
        meter->over_since = now ? now : 1;
        meter->gross_bytes = meter->gross_frames = 0;
    }
    meter->over_at = now;
}

enum wzp_relay_verdict wzp_relay_meter_frame(struct wzp_relay_meter *meter,
                                             const struct wzp_relay_meter_limits *limits,
                                             unsigned codec, size_t length, uint64_t now)
{
    bool gross = !wzp_bucket_take(&meter->frames, 1, limits->frame_ns, limits->frame_burst, now) ||
                 !wzp_bucket_take(&meter->bytes, length, limits->byte_ns, limits->byte_burst, now);
    /* Without the operator's limit on bytes the codec's limit does not apply either. */
    if (!gross && (!limits->byte_ns || take_codec(meter, codec, length, now)))
        return WZP_RELAY_FRAME_FINE;
    note_excess(meter, now);
    if (gross) {
        meter->gross_bytes += length;
        meter->gross_frames++;
    }
    if (meter->gross_bytes > WZP_RELAY_METER_GROSS || meter->gross_frames > WZP_RELAY_METER_FRAMES)
        return WZP_RELAY_FRAME_FLOOD;
    if (wzp_time_since(now, meter->over_since) >= WZP_RELAY_METER_PATIENCE)
        return WZP_RELAY_FRAME_NO_SPEECH;
    return WZP_RELAY_FRAME_TOO_MUCH;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Detects members that do not send speech. Each frame is compared with the rate that its codec can
 * need, redundancy included. A member that keeps exceeding it is disconnected: gross floods within
 * a second, a stream that merely imitates speech within five. Pure state. */
#ifndef WZP_RELAY_METER_H
#define WZP_RELAY_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/time.h"

#define WZP_RELAY_METER_PATIENCE (3 * WZP_SECOND) /* of excess, tolerated unless a pause ... */
#define WZP_RELAY_METER_PAUSE WZP_SECOND          /* ... of this length interrupts it */
#define WZP_RELAY_METER_GROSS (192 * 1024)        /* excess bytes in one run that are a flood */
#define WZP_RELAY_METER_FRAMES 2000               /* excess frames in one run that are a flood */

/* Limits set by the operator: the time in ns in which the bucket refills by one frame or byte; 0:
 * no limit. Without a limit on bytes the limit of the codec does not apply either. */
struct wzp_relay_meter_limits {
    uint64_t frame_ns, byte_ns;
    uint64_t frame_burst, byte_burst;
};

struct wzp_relay_meter {
    struct wzp_bucket frames, bytes, codec;
    uint64_t over_since, over_at; /* first and last excess frame of the current run; 0: none */
    uint64_t gross_bytes, gross_frames;
};

enum wzp_relay_verdict {
    WZP_RELAY_FRAME_FINE,
    WZP_RELAY_FRAME_TOO_MUCH, /* not forwarded */
    WZP_RELAY_FRAME_FLOOD,    /* disconnect the sender: too much for any codec */
    WZP_RELAY_FRAME_NO_SPEECH /* disconnect the sender: too much for its codec */
};

/* Judges one frame of `length` bytes with that codec id (WZP_CODEC_COUNT: the codec is unknown,
 * only the operator's limits apply). */
enum wzp_relay_verdict wzp_relay_meter_frame(struct wzp_relay_meter *meter,
                                             const struct wzp_relay_meter_limits *limits,
                                             unsigned codec, size_t length, uint64_t now);
/* The average rate in kbit/s that this codec may reach. */
unsigned wzp_relay_meter_kbit(unsigned codec);

#endif

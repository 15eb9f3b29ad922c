/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Does a member send speech? Each frame is compared with what its codec can need, redundancy
 * included; whoever keeps sending more is not speaking and is cut off: gross floods within a
 * second, a stream that only pretends to be speech within five. Pure state. */
#ifndef WZP_RELAY_METER_H
#define WZP_RELAY_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/time.h"

#define WZP_RELAY_METER_PATIENCE (3 * WZP_SECOND) /* of frames over the limit without a pause ... */
#define WZP_RELAY_METER_PAUSE WZP_SECOND          /* ... of this length */
#define WZP_RELAY_METER_GROSS (192 * 1024)        /* bytes too many in one go */
#define WZP_RELAY_METER_FRAMES 2000               /* frames too many in one go */

/* What the operator allows; ns that one frame or byte takes to refill, 0: no limit. Without a limit
 * on bytes frames are not held against their codec either. */
struct wzp_relay_meter_limits {
    uint64_t frame_ns, byte_ns;
    uint64_t frame_burst, byte_burst;
};

struct wzp_relay_meter {
    struct wzp_bucket frames, bytes, codec;
    uint64_t over_since, over_at; /* the first and the last frame too many of a row; 0: none */
    uint64_t gross_bytes, gross_frames;
};

enum wzp_relay_verdict {
    WZP_RELAY_FRAME_FINE,
    WZP_RELAY_FRAME_TOO_MUCH, /* not to be forwarded */
    WZP_RELAY_FRAME_FLOOD,    /* the sender is to be cut off: too much for anybody */
    WZP_RELAY_FRAME_NO_SPEECH /* the sender is to be cut off: too much for its codec */
};

/* One frame of `length` bytes under that codec id (WZP_CODEC_COUNT: the codec is not known, only
 * the operator's limits count). */
enum wzp_relay_verdict wzp_relay_meter_frame(struct wzp_relay_meter *meter,
                                             const struct wzp_relay_meter_limits *limits,
                                             unsigned codec, size_t length, uint64_t now);
/* kbit/s over seconds that this codec is good for. */
unsigned wzp_relay_meter_kbit(unsigned codec);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The existing programs' rule for redundancy, exactly: path measurements in, DRED duration and
 * expected loss out. Kept beside our own (control.h) because it says what those programs send.
 * Pure, single precision as there. */
#ifndef WZP_MEDIA_TUNER_H
#define WZP_MEDIA_TUNER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"

struct wzp_tuning {
    unsigned dred_units;    /* 10 ms */
    unsigned expected_loss; /* percent; an encoder raises it to 15 */
};
struct wzp_tuner {
    enum wzp_codec codec;
    struct wzp_tuning last;
    float jitter; /* average, ms */
    unsigned cooldown;
    bool started;
};

/* Baseline of the codec and 15 %. */
void wzp_tuner_init(struct wzp_tuner *t, enum wzp_codec codec);
/* Another codec: a spike is over, the rest stays. */
void wzp_tuner_set_codec(struct wzp_tuner *t, enum wzp_codec codec);
/* Every 25 frames. True when *out differs from what was said before; never on a codec other than
 * Opus. */
bool wzp_tuner_update(struct wzp_tuner *t, struct wzp_tuning *out, float loss_percent,
                      uint32_t rtt_ms, uint32_t jitter_ms);
/* Does a jitter spike hold the duration at its most? */
bool wzp_tuner_boosted(const struct wzp_tuner *t);

#endif

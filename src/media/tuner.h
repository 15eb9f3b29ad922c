/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The existing programs' rule for redundancy, reproduced exactly: path measurements in, DRED
 * duration and expected loss out. It exists beside our own rule (control.h) for peers that
 * understand nothing else. Pure, single precision as there. */
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
/* Sets another codec. This ends a jitter spike; the rest of the state stays. */
void wzp_tuner_set_codec(struct wzp_tuner *t, enum wzp_codec codec);
/* Call it every 25 frames. True when *out differs from the last result; always false for a codec
 * other than Opus. */
bool wzp_tuner_update(struct wzp_tuner *t, struct wzp_tuning *out, float loss_percent,
                      uint32_t rtt_ms, uint32_t jitter_ms);
/* Does a jitter spike hold the DRED duration at its maximum? */
bool wzp_tuner_boosted(const struct wzp_tuner *t);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Estimates the quality of a call from measurements: the E-model, R and MOS per codec. Source:
 * ITU-T G.107 (2015) 7.2 and Annex B. */
#ifndef WZP_MEDIA_EMODEL_H
#define WZP_MEDIA_EMODEL_H

#include <stdint.h>

#include "wire/codec.h"

struct wzp_emodel_input {
    enum wzp_codec codec;
    uint32_t bitrate;    /* bit/s of Opus; 0 = the codec's nominal one */
    double delay_ms;     /* mouth to ear: half the round trip, buffer, frame, coder */
    double lost_percent; /* frames concealed, after all recovery */
    double run;          /* mean run of frames lost in a row; 0 or 1 = random loss */
};
/* 0..93.2. */
double wzp_emodel_r(const struct wzp_emodel_input *in);
/* The MOS (1..4.5) of an R. */
double wzp_emodel_mos(double r);
/* Delay that the coder adds: its look-ahead and frame, ms. */
double wzp_emodel_codec_delay_ms(enum wzp_codec codec, unsigned frame_ms);

#endif

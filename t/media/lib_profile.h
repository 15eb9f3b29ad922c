/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measures what a profile does in the state that it is for. */
#ifndef WZP_T_MEDIA_LIB_PROFILE_H
#define WZP_T_MEDIA_LIB_PROFILE_H

#include "media/profile.h"

struct profile_measured {
    double span_ms, recovered_percent, payload_kbps;
};
/* 10 seconds of made-up speech without pauses, over a line of two states (Gilbert-Elliott)
 * that loses as much and in such runs as the profile says. The same at each run. False: no
 * memory. */
bool profile_measure(struct profile_measured *out, const struct wzp_line_profile *profile);

#endif

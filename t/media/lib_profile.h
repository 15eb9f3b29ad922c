/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measures what a line profile achieves in the network state that it is made for. */
#ifndef WZP_T_MEDIA_LIB_PROFILE_H
#define WZP_T_MEDIA_LIB_PROFILE_H

#include "media/profile.h"

struct profile_measured {
    double span_ms, recovered_percent, payload_kbps;
};
/* Sends 10 seconds of synthetic speech without pauses over a Gilbert-Elliott line with the loss and
 * the burst length of the profile. Deterministic. False: no memory. */
bool profile_measure(struct profile_measured *out, const struct wzp_line_profile *profile);

#endif

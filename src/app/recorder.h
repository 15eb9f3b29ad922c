/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Records both sides of one session into a stereo file, our side on the left: FLAC or Opus where
 * the suffix says so (.flac, .opus, .ogg), else WAV. Samples are placed by their time, so that gaps
 * (hold, a lost device) remain in the file. Writing is done in pieces of one second. */
#ifndef WZP_APP_RECORDER_H
#define WZP_APP_RECORDER_H

#include "wzp/host.h"

struct wzp_recorder;
/* Creates the file, readable by its owner only. WZP_E_DUPLICATE when it exists: nothing is ever
 * overwritten, so that the file that is being played is safe too. WZP_E_UNSUPPORTED: this build can
 * write WAV only. Freed with wzp_recorder_free. */
int wzp_recorder_new(struct wzp_recorder **out, const struct wzp_host *host, const char *path,
                     uint64_t now, struct wzp_error *err);
/* Frees it. Samples that were not written are lost: call wzp_recorder_finish first. */
void wzp_recorder_free(struct wzp_recorder *r);
/* Adds one side's next samples, 48 kHz mono. Allocates no memory. True: it is time to write. */
bool wzp_recorder_add(struct wzp_recorder *r, bool heard, const int16_t *pcm, size_t samples,
                      uint64_t now);
/* Writes the samples that are due, and the sizes in a WAV header, so that a crash loses a second at
 * most (in the other formats also what the encoder holds back). Errors of the host's file_extend;
 * WZP_E_TOO_BIG: 6 hours, the limit of a WAV file. */
int wzp_recorder_write(struct wzp_recorder *r, struct wzp_error *err);
/* Writes all remaining samples. */
int wzp_recorder_finish(struct wzp_recorder *r, struct wzp_error *err);
/* Seconds recorded. */
unsigned wzp_recorder_seconds(const struct wzp_recorder *r);
const char *wzp_recorder_path(const struct wzp_recorder *r);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Records both sides of one session into a stereo file, our side on the left: FLAC or Opus where
 * the suffix says so (.flac, .opus, .ogg), else WAV. Samples are placed by their time, so that gaps
 * (hold, a lost device) stay gaps, and are written one second at a time. */
#ifndef WZP_APP_RECORDER_H
#define WZP_APP_RECORDER_H

#include "wzp/host.h"

struct wzp_recorder;
/* Makes the file, readable by its owner only. WZP_E_DUPLICATE when there is one: nothing is ever
 * overwritten, what is being played least of all. WZP_E_UNSUPPORTED: only WAV can be written here.
 * Freed with wzp_recorder_free. */
int wzp_recorder_new(struct wzp_recorder **out, const struct wzp_host *host, const char *path,
                     uint64_t now, struct wzp_error *err);
/* What was not written is lost: first finish. */
void wzp_recorder_free(struct wzp_recorder *r);
/* One side's next samples, 48 kHz mono. Takes no memory. True: it is time to write. */
bool wzp_recorder_add(struct wzp_recorder *r, bool heard, const int16_t *pcm, size_t samples,
                      uint64_t now);
/* Writes what is due, and the sizes in the header of WAV, so that a crash costs a second at most
 * (of the others what their coder still holds). Errors of the host's file_extend; WZP_E_TOO_BIG: 6
 * hours, no WAV file holds more. */
int wzp_recorder_write(struct wzp_recorder *r, struct wzp_error *err);
/* Writes the rest. */
int wzp_recorder_finish(struct wzp_recorder *r, struct wzp_error *err);
/* Seconds recorded. */
unsigned wzp_recorder_seconds(const struct wzp_recorder *r);
const char *wzp_recorder_path(const struct wzp_recorder *r);

#endif

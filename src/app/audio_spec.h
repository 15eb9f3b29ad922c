/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound sources and sinks as people type them (SRC and DST of the commands): `alsa:NAME`,
 * `file:x.wav`, `tone:440`, `silence`; `alsa:NAME`, `file:x.wav`, `null`. */
#ifndef WZP_APP_AUDIO_SPEC_H
#define WZP_APP_AUDIO_SPEC_H

#include "wzp/host.h"

/* WZP_E_SYNTAX / WZP_E_RANGE with a sentence that lists what is possible. is_source tells SRC from
 * DST. */
int wzp_audio_spec_parse(struct wzp_audio_spec *out, const char *text, bool is_source,
                         struct wzp_error *err);
/* Does it name hardware, or nothing at all, and no file or program? Names of ALSA take arguments,
 * by which some of its plugins write files ("tee:...") and run programs: what is known to be a card
 * may have some, others may not. */
bool wzp_audio_spec_is_device(const char *text);
/* Do both name one file, in one way? */
bool wzp_audio_spec_same_file(const struct wzp_audio_spec *a, const struct wzp_audio_spec *b);

#endif

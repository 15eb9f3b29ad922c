/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound sources and sinks as people type them (SRC and DST of the commands): `alsa:NAME`,
 * `file:x.wav`, `tone:440`, `silence`; `alsa:NAME`, `file:x.wav`, `null`. */
#ifndef WZP_APP_AUDIO_SPEC_H
#define WZP_APP_AUDIO_SPEC_H

#include "wzp/host.h"

/* WZP_E_SYNTAX / WZP_E_RANGE with a sentence that lists the possible forms. is_source: SRC, else
 * DST. */
int wzp_audio_spec_parse(struct wzp_audio_spec *out, const char *text, bool is_source,
                         struct wzp_error *err);
/* Does the text name a sound device or nothing, but no file and no program? Names of ALSA can take
 * arguments, by which some of its plugins write files ("tee:...") and run programs. Arguments are
 * therefore accepted only for names that are known to be sound cards. */
bool wzp_audio_spec_is_device(const char *text);

#endif

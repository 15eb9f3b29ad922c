/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages about sound devices that are lost and come back. */
#include <string.h>

#include "app/internal.h"
#include "app/audio_spec.h"
#include "tap.h"

static void says(const char *text, bool is_source, bool was, bool is, int code, const char *want)
{
    struct wzp_audio_spec spec;
    struct wzp_error err = {0};
    if (wzp_audio_spec_parse(&spec, text, is_source, NULL))
        bail("%s is no device", text);
    bool told = wzp_sound_news(&err, &spec, is_source, was, is);
    ok(told == (want != NULL), "%s, lost %d -> %d: %s", text, was, is, told ? "told" : "silent");
    if (want) {
        is_str(err.text, want, "the sentence");
        is_int(err.code, code, "the code");
    }
}

TAP_MAIN
{
    says("alsa:hw:1", true, false, false, 0, NULL);
    says("alsa:hw:1", true, false, true, WZP_E_DEVICE,
         "the microphone alsa:hw:1 is lost; trying again each second");
    says("alsa:hw:1", true, true, true, 0, NULL);
    says("alsa:hw:1", true, true, false, 0, "the microphone alsa:hw:1 is back");
    says("alsa:hw:1", false, false, true, WZP_E_DEVICE,
         "the loudspeaker alsa:hw:1 is lost; trying again each second");
    says("alsa:hw:1", false, true, false, 0, "the loudspeaker alsa:hw:1 is back");
    says("file:x.wav", false, false, true, WZP_E_IO,
         "nothing more is written to file:x.wav (disk full, or nobody reads it?)");
    says("file:x.wav", false, true, true, 0, NULL);
    says("-", false, false, true, WZP_E_IO,
         "nothing more is written to standard output: nobody reads it");
    says("-", true, false, true, WZP_E_SYNTAX,
         "standard input holds no WAV, which is all that a pipe may hold: nothing is said");
    says("file:fifo", true, false, true, WZP_E_SYNTAX,
         "fifo holds no WAV, which is all that a pipe may hold: nothing is said");
}

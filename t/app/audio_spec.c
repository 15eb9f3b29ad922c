/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Specifications of sound sources and destinations, valid and invalid. */
#include "app/audio_spec.h"

#include <string.h>

#include "tap.h"

static void parses(const char *text, bool is_source, enum wzp_audio_kind kind, const char *name)
{
    struct wzp_audio_spec s;
    struct wzp_error err = {0, ""};
    is_int(wzp_audio_spec_parse(&s, text, is_source, &err), 0, "%s%s", text, err.text);
    is_int(s.kind, kind, "its kind");
    is_str(s.name, name, "its name");
}

static void fails(const char *text, bool is_source, int code)
{
    struct wzp_audio_spec s;
    struct wzp_error err = {0, ""};
    is_int(wzp_audio_spec_parse(&s, text, is_source, &err), code, "refused: %s", err.text);
    ok(strstr(err.text, is_source ? "silence" : "null") != NULL, "with what is possible");
}

TAP_MAIN
{
    struct wzp_audio_spec s;
    static char big[2000];
    parses("alsa:default", true, WZP_AUDIO_ALSA, "default");
    parses("alsa:hw:0,0", false, WZP_AUDIO_ALSA, "hw:0,0");
    parses("file:a b.wav", true, WZP_AUDIO_FILE, "a b.wav");
    parses("file:/x/y.wav", false, WZP_AUDIO_FILE, "/x/y.wav");
    parses("silence", true, WZP_AUDIO_SILENCE, "");
    parses("null", false, WZP_AUDIO_NULL, "");
    is_int(wzp_audio_spec_parse(&s, "tone:440", true, NULL), 0, "tone:440");
    is_near(s.frequency, 440, 0, "440 Hz");
    is_int(wzp_audio_spec_parse(&s, "tone:1000.25", true, NULL), 0, "tone:1000.25");
    is_near(s.frequency, 1000.25, 1e-9, "with its fraction");
    static const char *const bad[] = {"",         "alsa",     "alsa:",      "file:",    "tone",
                                      "tone:",    "tone:x",   "tone:-5",    "tone:1e3", "tone:nan",
                                      "tone:0x9", "tone:4,4", "tone:1.2.3", "tone:.",   "null",
                                      "Silence",  "silence ", "x\x1b[2J"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        fails(bad[i], true, WZP_E_SYNTAX);
    static const char *const far[] = {"tone:0", "tone:19.9", "tone:20001",
                                      "tone:99999999999999999999"};
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++)
        fails(far[i], true, WZP_E_RANGE);
    fails("silence", false, WZP_E_SYNTAX);
    fails("tone:440", false, WZP_E_SYNTAX);
    memset(big, 'x', sizeof big - 1);
    memcpy(big, "file:", 5);
    fails(big, true, WZP_E_RANGE);
    struct wzp_error err;
    wzp_audio_spec_parse(&s, "x\x1b[2J", true, &err);
    ok(strchr(err.text, 0x1b) == NULL, "hostile bytes do not reach the sentence");
    static const char *const devices[] = {"",
                                          "silence",
                                          "null",
                                          "tone:440",
                                          "alsa:default",
                                          "alsa:my_headset-2",
                                          "alsa:hw:1,0",
                                          "alsa:plughw:CARD=PCH,DEV=0",
                                          "alsa:sysdefault:CARD=PCH"};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        ok(wzp_audio_spec_is_device(devices[i]), "\"%s\" is a device, or nothing", devices[i]);
    static const char *const reaching[] = {"-",
                                           "file:x.wav",
                                           "file:-",
                                           "alsa:",
                                           "alsa:file:x",
                                           "alsa:tee:default,x,raw",
                                           "alsa:tee:default,'|id',raw",
                                           "alsa:plug:tee:x",
                                           "alsa:hw:'|id'",
                                           "alsa:hw:{ type file }",
                                           "alsa:hw/x:1",
                                           "alsa:default;x"};
    for (size_t i = 0; i < sizeof reaching / sizeof reaching[0]; i++)
        ok(!wzp_audio_spec_is_device(reaching[i]), "\"%s\" may be more than that", reaching[i]);
}

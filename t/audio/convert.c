/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sample formats of devices, and the sentences for what they refuse. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "audio/internal.h"
#include "tap.h"

static void test_convert(void)
{
    const int16_t stereo[] = {100, 300, -32768, -32768, 32767, 32767, 1, -1};
    const int32_t wide[] = {INT32_MAX, INT32_MIN, 65536 * 5};
    const float floats[] = {0.5f, -2.0f, NAN, INFINITY, -0.25f, -INFINITY};
    int16_t out[8];
    struct wzp_downmix mix = {0};
    wzp_frames_to_mono(&mix, out, stereo, 4, 2, WZP_SAMPLE_S16);
    ok(out[0] == 200 && out[1] == -32768 && out[2] == 32767 && out[3] == 0, "stereo is averaged");
    wzp_frames_to_mono(&mix, out, wide, 3, 1, WZP_SAMPLE_S32);
    ok(out[0] == 32767 && out[1] == -32768 && out[2] == 5, "32 bit are cut to 16");
    wzp_frames_to_mono(&mix, out, floats, 6, 1, WZP_SAMPLE_FLOAT);
    ok(out[0] == 16384 && out[1] == -32768 && out[2] == 0 && out[3] == 32767 && out[4] == -8192 &&
           out[5] == -32768,
       "floats are bounded, NaN is silence");
    static const enum wzp_sample_format formats[] = {WZP_SAMPLE_S16, WZP_SAMPLE_S32,
                                                     WZP_SAMPLE_FLOAT};
    const int16_t samples[] = {0, 1, -1, 32767, -32768, 12345};
    for (size_t f = 0; f < 3; f++) {
        for (unsigned channels = 1; channels <= 8; channels += 7) {
            uint8_t frames[6 * 8 * 4 + 1];
            memset(frames, 0x5a, sizeof frames);
            size_t end = 6 * channels * wzp_sample_bytes(formats[f]);
            wzp_mono_to_frames(frames, samples, 6, channels, formats[f]);
            wzp_frames_to_mono(&mix, out, frames, 6, channels, formats[f]);
            is_bytes(out, sizeof samples, samples, sizeof samples,
                     "format %zu, %u channels: there and back", f, channels);
            is_int(frames[end], 0x5a, "and nothing behind");
        }
    }
}

/* A second of stereo, in pieces of 10 ms as from a device; how loud the last half of it is. */
static double downmixed(double left, double right, double phase)
{
    static int16_t mono[48000], frames[2 * 48000];
    struct wzp_downmix mix = {0};
    for (size_t i = 0; i < 48000; i++) {
        double at = 2 * 3.14159265 * 300 * (double)i / 48000;
        frames[2 * i] = (int16_t)lrint(left * sin(at));
        frames[2 * i + 1] = (int16_t)lrint(right * sin(at + phase));
    }
    for (size_t i = 0; i < 48000; i += 480)
        wzp_frames_to_mono(&mix, mono + i, frames + 2 * i, 480, 2, WZP_SAMPLE_S16);
    return wzp_level_rms_dbfs(mono + 24000, 24000);
}

static void test_phase(void)
{
    double one = downmixed(8000, 8000, 0), half = 3.14159265;
    is_near(downmixed(8000, 8000, half), one, 0.1, "opposite channels do not cancel each other");
    is_near(downmixed(8000, 6000, half), one, 0.1, "the louder of the two is heard");
    is_near(downmixed(0, 8000, 0), one, 0.1, "one channel alone is as loud as both");
    is_near(downmixed(8000, 8000, half / 2), one - 3, 0.1, "strangers are averaged");
    ok(downmixed(0, 0, 0) < -120, "silence stays silence");
}

static void test_sentences(void)
{
    static const struct {
        int error, code;
        const char *words;
    } rows[] = {
        {-EBUSY, WZP_E_DEVICE, "busy: another program"},  {-ENOENT, WZP_E_DEVICE, "no such device"},
        {-ENODEV, WZP_E_DEVICE, "no such device"},        {-EACCES, WZP_E_DEVICE, "group audio"},
        {-ECONNREFUSED, WZP_E_DEVICE, "does not answer"}, {-ENOMEM, WZP_E_MEMORY, "memory"},
        {-EINVAL, WZP_E_DEVICE, "mistake in ~/.asoundrc"}};
    struct wzp_alsa s;
    memset(&s, 0, sizeof s);
    s.name = "hw:3";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_error err = {0, ""};
        s.is_playback = i % 2 == 0;
        is_int(wzp_alsa_explain(&err, &s, rows[i].error), rows[i].code, "%s",
               strerror(-rows[i].error));
        ok(strstr(err.text, rows[i].words) != NULL, "in words: %s", err.text);
        ok(rows[i].code == WZP_E_MEMORY ||
               (strstr(err.text, "hw:3") != NULL &&
                strstr(err.text, s.is_playback ? "loudspeaker" : "microphone") != NULL),
           "which device");
    }
}

TAP_MAIN
{
    test_convert();
    test_phase();
    test_sentences();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "lib_room.h"
#include "lib_speech.h"
#include "media/dsp.h"
#include "media/level.h"

#define SECONDS 8
#define SAMPLES (SECONDS * 48000)

static int16_t far[SAMPLES];
static int16_t microphone[SAMPLES];
static int16_t cleaned[SAMPLES];

static struct wzp_dsp *new_dsp(bool echo, bool gain, bool denoise)
{
    struct wzp_dsp_options options = {.echo_cancel = echo, .gain = gain, .denoise = denoise};
    struct wzp_dsp *d;

    if (wzp_dsp_new(&d, &options) != 0)
        bail("no dsp");
    return d;
}

static void process(struct wzp_dsp *d, bool playback)
{
    uint64_t calls = wzp_alloc_calls();

    for (size_t at = 0; at + WZP_DSP_BLOCK <= SAMPLES; at += WZP_DSP_BLOCK) {
        if (playback)
            wzp_dsp_playback(d, far + at);
        memcpy(cleaned + at, microphone + at, WZP_DSP_BLOCK * sizeof *cleaned);
        wzp_dsp_capture(d, cleaned + at);
    }
    is_int(wzp_alloc_calls(), calls, "processing does not allocate");
}

/* All parts together, in order; t/media/echo.c tests rooms. */
static void test_echo(void)
{
    struct wzp_dsp *d = new_dsp(true, true, true);
    double before, after;

    speech_fill(far, SAMPLES, 3, 0);
    for (size_t i = 0; i < SAMPLES; i++)
        microphone[i] = (int16_t)(i < 1920 ? 0 : far[i - 1920] / 2);
    process(d, true);
    before = wzp_level_rms_dbfs(microphone + SAMPLES / 2, SAMPLES / 2);
    after = wzp_level_rms_dbfs(cleaned + SAMPLES / 2, SAMPLES / 2);
    ok(before - after > 25, "echo is %.1f dB quieter, and what is left is not turned up",
       before - after);
    wzp_dsp_free(d);
}

static void test_gain(void)
{
    static const double factors[] = {0.1, 0.5, 2.5};

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        struct wzp_dsp *d = new_dsp(false, true, false);
        double rms;

        speech_fill(microphone, SAMPLES, 5, 0);
        for (size_t k = 0; k < SAMPLES; k++) {
            double value = factors[i] * microphone[k];

            microphone[k] = (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
        }
        process(d, false);
        rms = 32768 * pow(10, wzp_level_rms_dbfs(cleaned + SAMPLES / 2, SAMPLES / 2) / 20);
        ok(rms > 2000 && rms < 4500, "speech of RMS %.0f comes to RMS %.0f (gain %.1f dB)",
           32768 * pow(10, wzp_level_rms_dbfs(microphone + SAMPLES / 2, SAMPLES / 2) / 20), rms,
           wzp_dsp_gain_db(d));
        ok(wzp_level_peak_dbfs(cleaned, SAMPLES) < -0.4, "and is not clipped");
        wzp_dsp_free(d);
    }
    struct wzp_dsp *d = new_dsp(false, true, false);
    srand(1);
    for (size_t k = 0; k < SAMPLES; k++)
        microphone[k] = (int16_t)(rand() % 60 - 30);
    process(d, false);
    ok(fabs(wzp_dsp_gain_db(d)) < 1, "a quiet room is not turned up");
    wzp_dsp_free(d);
}

static void add_noise(double rms)
{
    srand(2);
    for (size_t k = 0; k < SAMPLES; k++)
        microphone[k] = (int16_t)(microphone[k] + rms * 3.46 * (rand() / (double)RAND_MAX - 0.5));
}

static void test_noise(void)
{
    struct wzp_dsp *d = new_dsp(false, false, true);
    double before;
    double after;

    memset(microphone, 0, sizeof microphone);
    add_noise(350);
    process(d, false);
    before = wzp_level_rms_dbfs(microphone + SAMPLES / 2, SAMPLES / 2);
    after = wzp_level_rms_dbfs(cleaned + SAMPLES / 2, SAMPLES / 2);
    ok(before - after > 8, "noise goes down by %.1f dB", before - after);
    wzp_dsp_free(d);
}

static void test_clean(void)
{
    struct wzp_dsp *d = new_dsp(false, true, true);

    room_voice(microphone, SAMPLES, 0);
    process(d, false);
    ok(!wzp_dsp_denoises(d) && memcmp(cleaned, microphone, sizeof cleaned) == 0,
       "clean speech at the right level goes through as it is");
    wzp_dsp_free(d);
}

/* A fan is switched on and off again behind a talker. */
static void test_switching(void)
{
    struct wzp_dsp *d = new_dsp(false, false, true);
    size_t blocks = SAMPLES / WZP_DSP_BLOCK, changes = 0, on_blocks = 0;
    bool was = false;

    room_voice(microphone, SAMPLES, 0);
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            add_noise(250);
        else
            room_voice(microphone, SAMPLES, 0);
        for (size_t i = 0; i < blocks; i++) {
            int16_t *block = cleaned + i * WZP_DSP_BLOCK;

            memcpy(block, microphone + i * WZP_DSP_BLOCK, WZP_DSP_BLOCK * sizeof *block);
            wzp_dsp_capture(d, block);
            changes += wzp_dsp_denoises(d) != was;
            was = wzp_dsp_denoises(d);
            on_blocks += round == 1 && was;
        }
        ok(was == (round == 1), "%s: suppression is %s",
           round == 1 ? "a fan behind the talker" : "a quiet room", was ? "on" : "off");
    }
    is_int(changes, 2, "it was switched twice, and did not flap");
    ok(on_blocks > blocks / 2, "within %.1f s", (double)(blocks - on_blocks) / 100);
    wzp_dsp_free(d);
}

static void test_resampler(void)
{
    static const unsigned rates[] = {8000, 16000, 44100, 96000};
    struct wzp_resampler *r;

    is_int(wzp_resampler_new(&r, 0, 48000), WZP_E_ARGUMENT, "no rate");
    is_int(wzp_resampler_new(&r, 48000, 500000), WZP_E_ARGUMENT, "too high a rate");
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        static int16_t in[96000];
        static int16_t out[60000];
        size_t used = 0;
        size_t made = 0;
        size_t at = 0;

        if (wzp_resampler_new(&r, rates[i], 48000) != 0)
            bail("no resampler");
        for (size_t k = 0; k < rates[i]; k++)
            in[k] = (int16_t)(8000 * sin(6.283185307 * 1000 * (double)k / rates[i]));
        /* In pieces, into small buffers, as a device callback would. */
        while (at < rates[i]) {
            size_t piece = rates[i] - at < 333 ? rates[i] - at : 333;

            made += wzp_resampler_process(r, out + made, 200, in + at, piece, &used);
            at += used;
        }
        ok(made > 47500 && made <= 48010, "%u Hz: a second gives %zu samples", rates[i], made);
        ok(wzp_level_tone_share(out + 4800, 40000, 1000) > 0.99, "%u Hz: the tone is still one",
           rates[i]);
        is_near(wzp_level_rms_dbfs(out + 4800, 40000), wzp_level_rms_dbfs(in, rates[i]), 0.5,
                "%u Hz: as loud", rates[i]);
        wzp_resampler_free(r);
    }
}

TAP_MAIN
{
    test_echo();
    test_gain();
    test_noise();
    test_clean();
    test_switching();
    test_resampler();
}

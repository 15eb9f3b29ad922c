/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_room.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/dsp.h"
#include "media/wav.h"
#include "tap.h"

#define NARROW 16000
#define WIDE 48000
#define TAIL_FROM (NARROW * 3 / 1000)
#define TOGETHER 16 /* taps that a compiler can vectorize */

static void *need(void *block)
{
    if (!block)
        bail("no memory");
    return block;
}

static struct wzp_resampler *need_resampler(unsigned from, unsigned to)
{
    struct wzp_resampler *r;

    if (wzp_resampler_new(&r, from, to) != 0)
        bail("no resampler");
    return r;
}

void room_voice(int16_t *pcm, size_t samples, unsigned from_ms)
{
    size_t length, used;
    uint8_t *file = tap_read_file(tap_source_path("t/vectors/speech.wav"), &length);
    struct wzp_wav_format format;

    if (wzp_wav_parse(&format, file, length, length, NULL) || format.rate != NARROW)
        bail("speech.wav is not 16 kHz");
    size_t frames = (size_t)format.data_length / 2;
    int16_t *narrow = need(malloc(frames * sizeof *narrow));
    int16_t *wide = need(malloc((frames * 3 + 16) * sizeof *wide));
    struct wzp_resampler *r = need_resampler(NARROW, WIDE);

    frames = wzp_wav_to_mono(&(struct wzp_downmix){0}, narrow, frames, &format,
                             file + format.data_offset, (size_t)format.data_length);
    size_t made = wzp_resampler_process(r, wide, frames * 3, narrow, frames, &used);
    for (size_t i = 0; i < samples; i++)
        pcm[i] = wide[(i + (size_t)from_ms * 48) % made];
    wzp_resampler_free(r);
    free(wide);
    free(narrow);
    free(file);
}

/* Uniform in -1 .. 1. */
static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state / 2147483648.0f;
}

/* An impulse response of energy 1, zero beyond `length`. */
static float *make_room(size_t length, size_t whole, uint32_t seed)
{
    float *room = need(calloc(whole, sizeof *room));
    double energy = 1;

    room[0] = 1;
    for (size_t i = TAIL_FROM; i < length; i++) {
        room[i] = 0.15f * expf(-6.908f * (float)i / (float)length) * noise(&seed);
        energy += (double)room[i] * (double)room[i];
    }
    for (size_t i = 0; i < length; i++)
        room[i] /= (float)sqrt(energy);
    return room;
}

/* sum += value * room, for that many taps, a multiple of TOGETHER. */
static void add_taps(float *restrict sum, const float *restrict room, size_t taps, float value)
{
    for (size_t k = 0; k < taps; k += TOGETHER)
        for (size_t i = 0; i < TOGETHER; i++)
            sum[k + i] += value * room[k + i];
}

void room_echo(float *echo, const int16_t *far, size_t samples, size_t from, size_t to,
               unsigned delay_ms, unsigned tail_ms, double gain_db, uint32_t seed)
{
    size_t count = (to - from) / 3, taps = (size_t)NARROW * tail_ms / 1000, used;
    size_t out = count + taps, whole = (taps + TOGETHER - 1) / TOGETHER * TOGETHER;
    float *room = make_room(taps, whole, seed);
    float *sum = need(calloc(count + whole, sizeof *sum));
    int16_t *narrow = need(calloc(out, sizeof *narrow));
    int16_t *wide = need(calloc(out * 3 + 16, sizeof *wide));
    struct wzp_resampler *down = need_resampler(WIDE, NARROW), *up = need_resampler(NARROW, WIDE);
    float gain = (float)pow(10, gain_db / 20);
    size_t got = wzp_resampler_process(down, narrow, count, far + from, to - from, &used);

    for (size_t i = 0; i < got; i++)
        if (narrow[i] != 0)
            add_taps(sum + i, room, whole, gain * (float)narrow[i]);
    for (size_t i = 0; i < out; i++)
        narrow[i] = (int16_t)lrintf(fmaxf(-32768, fminf(32767, sum[i])));
    got = wzp_resampler_process(up, wide, out * 3, narrow, out, &used);
    for (size_t i = 0, at = from + (size_t)delay_ms * 48; i < got && at < samples; i++, at++)
        echo[at] += wide[i];
    wzp_resampler_free(down);
    wzp_resampler_free(up);
    free(room);
    free(sum);
    free(narrow);
    free(wide);
}

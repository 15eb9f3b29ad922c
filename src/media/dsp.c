/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/dsp.h"

#include <math.h>
#include <speex/speex_resampler.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "media/denoise.h"
#include "media/echo.h"
#include "media/level.h"

#define RESAMPLER_QUALITY 5

/* The talker and the room he is in, per block of 10 ms. */
#define TALKS_RMS 40.0f /* quieter blocks are not speech */
#define TALKS_OVER_ROOM 3.0f
#define LEVEL_RISE 0.20f
#define LEVEL_FALL 0.004f
#define ROOM_PARTS 5 /* of 500 ms: no talker goes on longer without a breath */
#define ROOM_PART_BLOCKS 50

/* Gain control. */
#define GAIN_TARGET_RMS 3000.0f
#define GAIN_MIN 0.25f
#define GAIN_MAX 20.0f
#define GAIN_FAR_OFF 1.41f /* within +-3 dB of the target the gain is not changed */
#define GAIN_DOWN 0.20f
#define GAIN_UP 0.02f
#define GAIN_UP_AFTER 50 /* blocks of talk: first words are often quiet */
#define LIMIT 31000.0f

struct wzp_dsp {
    struct wzp_dsp_options options;
    struct wzp_echo *echo;
    struct wzp_denoise *denoise;
    float level;                /* RMS of the talker, 0 = not heard yet */
    float room;                 /* RMS of what is there when he is silent, 0 = nothing was heard */
    float quietest[ROOM_PARTS]; /* blocks of the last seconds, [0]: of the running part */
    unsigned blocks;            /* of the running part */
    unsigned talked;            /* blocks, up to GAIN_UP_AFTER */
    float gain;
    bool adjusting;
};

int wzp_dsp_new(struct wzp_dsp **out, const struct wzp_dsp_options *options)
{
    struct wzp_dsp *d = wzp_calloc(1, sizeof *d);
    int result = 0;

    *out = NULL;
    if (!d)
        return WZP_E_MEMORY;
    d->options = *options;
    d->gain = 1;
    if (options->echo_cancel)
        result = wzp_echo_new(&d->echo);
    if (!result && options->denoise)
        result = wzp_denoise_new(&d->denoise);
    if (result) {
        wzp_dsp_free(d);
        return result;
    }
    *out = d;
    return 0;
}

void wzp_dsp_free(struct wzp_dsp *d)
{
    if (!d)
        return;
    wzp_denoise_free(d->denoise);
    wzp_echo_free(d->echo);
    wzp_free(d);
}

void wzp_dsp_playback(struct wzp_dsp *d, const int16_t pcm[WZP_DSP_BLOCK])
{
    if (d->echo)
        wzp_echo_playback(d->echo, pcm);
}

/* The quietest block of the last seconds. */
static void follow_room(struct wzp_dsp *d, float rms)
{
    if (d->blocks == 0) {
        memmove(d->quietest + 1, d->quietest, sizeof d->quietest - sizeof *d->quietest);
        d->quietest[0] = rms;
    }
    d->blocks = (d->blocks + 1) % ROOM_PART_BLOCKS;
    if (rms < d->quietest[0])
        d->quietest[0] = rms;
    d->room = d->quietest[0];
    for (int i = 1; i < ROOM_PARTS; i++)
        if (d->quietest[i] > 0 && d->quietest[i] < d->room)
            d->room = d->quietest[i];
}

/* Does the talker speak in this block? Nothing is learnt from blocks that are mostly echo. */
static bool follow_levels(struct wzp_dsp *d, float rms, bool is_echo)
{
    if (is_echo)
        return false;
    follow_room(d, rms + 0.1f);
    if (rms <= TALKS_RMS || rms <= TALKS_OVER_ROOM * d->room)
        return false;
    if (d->level <= 0)
        d->level = rms;
    d->level += (rms > d->level ? LEVEL_RISE : LEVEL_FALL) * (rms - d->level);
    return true;
}

/* The gain changes only for a talker who is clearly too loud or too quiet, and then until the level
 * is right. */
static void adjust_gain(struct wzp_dsp *d)
{
    /* The follower sits on the loud parts; the mean of speech is about 3 dB below. */
    float wanted = 1.41f * GAIN_TARGET_RMS / d->level;
    float off;

    if (d->talked < GAIN_UP_AFTER)
        d->talked++;
    wanted = wanted < GAIN_MIN ? GAIN_MIN : wanted > GAIN_MAX ? GAIN_MAX : wanted;
    off = wanted > d->gain ? wanted / d->gain : d->gain / wanted;
    if (off > GAIN_FAR_OFF && (d->talked == GAIN_UP_AFTER || wanted < d->gain))
        d->adjusting = true;
    else if (off < 1.05f)
        d->adjusting = false;
    if (d->adjusting)
        d->gain += (wanted < d->gain ? GAIN_DOWN : GAIN_UP) * (wanted - d->gain);
}

static void apply_gain(int16_t pcm[WZP_DSP_BLOCK], float from, float to)
{
    for (size_t i = 0; i < WZP_DSP_BLOCK; i++) {
        float share = (float)(i + 1) / WZP_DSP_BLOCK;
        float value = (float)pcm[i] * (from + (to - from) * share);

        pcm[i] = (int16_t)(value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : value);
    }
}

void wzp_dsp_capture(struct wzp_dsp *d, int16_t pcm[WZP_DSP_BLOCK])
{
    float before = d->gain;
    bool is_echo = d->echo && wzp_echo_capture(d->echo, pcm);
    float rms = sqrtf((float)wzp_level_mean_square(pcm, WZP_DSP_BLOCK));
    bool talks = follow_levels(d, rms, is_echo);

    if (d->denoise)
        wzp_denoise_run(d->denoise, pcm, d->level, d->room);
    if (!d->options.gain)
        return;
    if (talks)
        adjust_gain(d);
    apply_gain(pcm, before, d->gain);
}

double wzp_dsp_gain_db(const struct wzp_dsp *d)
{
    return 20 * log10((double)d->gain);
}

bool wzp_dsp_denoises(const struct wzp_dsp *d)
{
    return d->denoise && wzp_denoise_works(d->denoise);
}

struct wzp_resampler {
    SpeexResamplerState *speex;
};

int wzp_resampler_new(struct wzp_resampler **out, unsigned from_rate, unsigned to_rate)
{
    struct wzp_resampler *r;

    *out = NULL;
    if (from_rate < 4000 || from_rate > 384000 || to_rate < 4000 || to_rate > 384000)
        return WZP_E_ARGUMENT;
    r = wzp_calloc(1, sizeof *r);
    if (!r)
        return WZP_E_MEMORY;
    r->speex = speex_resampler_init(1, from_rate, to_rate, RESAMPLER_QUALITY, NULL);
    if (!r->speex) {
        wzp_free(r);
        return WZP_E_MEMORY;
    }
    *out = r;
    return 0;
}

void wzp_resampler_free(struct wzp_resampler *r)
{
    if (!r)
        return;
    speex_resampler_destroy(r->speex);
    wzp_free(r);
}

size_t wzp_resampler_process(struct wzp_resampler *r, int16_t *out, size_t out_capacity,
                             const int16_t *in, size_t in_count, size_t *in_used)
{
    spx_uint32_t taken = in_count > UINT32_MAX ? UINT32_MAX : (spx_uint32_t)in_count;
    spx_uint32_t made = out_capacity > UINT32_MAX ? UINT32_MAX : (spx_uint32_t)out_capacity;

    if (speex_resampler_process_int(r->speex, 0, in, &taken, out, &made) != RESAMPLER_ERR_SUCCESS)
        taken = made = 0;
    if (in_used)
        *in_used = taken;
    return made;
}

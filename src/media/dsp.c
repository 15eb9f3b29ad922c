/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/dsp.h"

#include <math.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <speex/speex_resampler.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

#define RATE 48000
#define ECHO_TAIL_MS 200
#define ECHO_TAIL_MAX_MS 500
#define PLAYBACK_QUEUE 8 /* blocks */
#define NOISE_SUPPRESS_DB (-18)
#define ECHO_SUPPRESS_DB (-40)
#define RESAMPLER_QUALITY 5

/* Gain control, per block of 10 ms. */
#define GAIN_TARGET_RMS 3000.0f
#define GAIN_MIN 0.25f
#define GAIN_MAX 20.0f
#define GAIN_GATE_RMS 40.0f /* quieter blocks say nothing about the talker */
#define GAIN_OVER_NOISE 3.0f
#define LEVEL_RISE 0.20f
#define LEVEL_FALL 0.008f
#define GAIN_DOWN 0.20f
#define GAIN_UP 0.02f
#define LIMIT 31000.0f

struct gain {
    float level; /* RMS of the talker, 0 = not heard yet */
    float noise; /* RMS of the room */
    float gain;
};

struct wzp_dsp {
    struct wzp_dsp_options options;
    SpeexEchoState *echo;
    SpeexPreprocessState *preprocess;
    struct gain gain;
    int16_t queue[PLAYBACK_QUEUE][WZP_DSP_BLOCK];
    unsigned queued, queue_at;
};

static int new_speex(struct wzp_dsp *d)
{
    int rate = RATE;
    int on = 1;
    int off = 0;
    int noise_db = NOISE_SUPPRESS_DB;
    int echo_db = ECHO_SUPPRESS_DB;
    unsigned tail = d->options.echo_tail_ms ? d->options.echo_tail_ms : ECHO_TAIL_MS;

    if (tail > ECHO_TAIL_MAX_MS)
        tail = ECHO_TAIL_MAX_MS;
    if (d->options.echo_cancel) {
        d->echo = speex_echo_state_init(WZP_DSP_BLOCK, (int)tail * RATE / 1000);
        if (!d->echo)
            return WZP_E_MEMORY;
        speex_echo_ctl(d->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    }
    if (!d->options.echo_cancel && !d->options.denoise)
        return 0;
    d->preprocess = speex_preprocess_state_init(WZP_DSP_BLOCK, RATE);
    if (!d->preprocess)
        return WZP_E_MEMORY;
    speex_preprocess_ctl(d->preprocess, SPEEX_PREPROCESS_SET_DENOISE,
                         d->options.denoise ? &on : &off);
    speex_preprocess_ctl(d->preprocess, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &noise_db);
    speex_preprocess_ctl(d->preprocess, SPEEX_PREPROCESS_SET_AGC, &off);
    if (d->echo) {
        /* What the linear filter leaves of the echo is suppressed like noise. */
        speex_preprocess_ctl(d->preprocess, SPEEX_PREPROCESS_SET_ECHO_STATE, d->echo);
        speex_preprocess_ctl(d->preprocess, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &echo_db);
    }
    return 0;
}

int wzp_dsp_new(struct wzp_dsp **out, const struct wzp_dsp_options *options)
{
    struct wzp_dsp *d = wzp_calloc(1, sizeof *d);

    *out = NULL;
    if (!d)
        return WZP_E_MEMORY;
    d->options = *options;
    d->gain.gain = 1;
    if (new_speex(d) != 0) {
        wzp_dsp_free(d);
        return WZP_E_MEMORY;
    }
    *out = d;
    return 0;
}

void wzp_dsp_free(struct wzp_dsp *d)
{
    if (!d)
        return;
    if (d->preprocess)
        speex_preprocess_state_destroy(d->preprocess);
    if (d->echo)
        speex_echo_state_destroy(d->echo);
    wzp_free(d);
}

void wzp_dsp_playback(struct wzp_dsp *d, const int16_t pcm[WZP_DSP_BLOCK])
{
    if (!d->echo)
        return;
    /* The capture side has stopped asking: the oldest blocks are no echo any more. */
    if (d->queued == PLAYBACK_QUEUE) {
        d->queue_at = (d->queue_at + 1) % PLAYBACK_QUEUE;
        d->queued--;
    }
    memcpy(d->queue[(d->queue_at + d->queued) % PLAYBACK_QUEUE], pcm, sizeof d->queue[0]);
    d->queued++;
}

static void cancel_echo(struct wzp_dsp *d, int16_t pcm[WZP_DSP_BLOCK])
{
    static const int16_t silence[WZP_DSP_BLOCK];
    const int16_t *played = silence;
    int16_t clean[WZP_DSP_BLOCK];

    if (d->queued > 0) {
        played = d->queue[d->queue_at];
        d->queue_at = (d->queue_at + 1) % PLAYBACK_QUEUE;
        d->queued--;
    }
    speex_echo_cancellation(d->echo, pcm, played, clean);
    memcpy(pcm, clean, sizeof clean);
}

static void control_gain(struct gain *g, int16_t pcm[WZP_DSP_BLOCK])
{
    float sum = 0;
    float rms;
    float before = g->gain;
    float wanted;

    for (size_t i = 0; i < WZP_DSP_BLOCK; i++)
        sum += (float)pcm[i] * (float)pcm[i];
    rms = sqrtf(sum / WZP_DSP_BLOCK);
    /* The room: falls at once, rises 1 dB a second. */
    g->noise = g->noise <= 0 || rms < g->noise ? rms + 0.1f : g->noise * 1.0012f;
    if (rms > GAIN_GATE_RMS && rms > GAIN_OVER_NOISE * g->noise) {
        if (g->level <= 0)
            g->level = rms;
        g->level += (rms > g->level ? LEVEL_RISE : LEVEL_FALL) * (rms - g->level);
        /* The follower sits on the loud parts; the mean of speech is about 3 dB below. */
        wanted = 1.41f * GAIN_TARGET_RMS / g->level;
        wanted = wanted < GAIN_MIN ? GAIN_MIN : wanted > GAIN_MAX ? GAIN_MAX : wanted;
        g->gain += (wanted < g->gain ? GAIN_DOWN : GAIN_UP) * (wanted - g->gain);
    }
    for (size_t i = 0; i < WZP_DSP_BLOCK; i++) {
        float share = (float)(i + 1) / WZP_DSP_BLOCK;
        float value = (float)pcm[i] * (before + (g->gain - before) * share);

        pcm[i] = (int16_t)(value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : value);
    }
}

void wzp_dsp_capture(struct wzp_dsp *d, int16_t pcm[WZP_DSP_BLOCK])
{
    if (d->echo)
        cancel_echo(d, pcm);
    if (d->preprocess)
        speex_preprocess_run(d->preprocess, pcm);
    if (d->options.gain)
        control_gain(&d->gain, pcm);
}

double wzp_dsp_gain_db(const struct wzp_dsp *d)
{
    return 20 * log10((double)d->gain.gain);
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

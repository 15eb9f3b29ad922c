/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/echo.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "media/echo_delay.h"
#include "media/echo_filter.h"
#include "media/sample.h"

#define HOP WZP_ECHO_HOP
#define LATE (WZP_RESIDUE_DELAY * WZP_SPLIT_RATIO) /* samples of 48 kHz */
#define HISTORY 128                                /* hops of what was played */
#define APART_MAX 30 /* hops by which playback and capture may be apart before they are realigned */
#define APART_KEPT 2 /* and by which they may remain apart */
#define LOOK_HOPS 64
#define AHEAD 3             /* hops that the filter begins before the echo */
#define LATEST 8            /* hops into the filter at which the echo may begin */
#define FAR_SPEAKS 900.0f   /* mean square over a hop: -61 dBFS */
#define WORKS 1.5f          /* power ratio: a filter this good is kept */
#define WORKS_WELL 8.0f     /* and the estimate of a filter this good is trusted */
#define FAILS_FOR 15        /* hops in which it adds more than it takes */
#define STRENGTH_FIRST 0.2f /* power of an echo for what is played, before it is known */
#define STRENGTH_RATE 0.02f
#define STRENGTH_LEAST 0.01f
#define STRENGTH_MOST 4.0f
#define ECHO_LEAVES 0.25f /* of the power of a block that was mostly echo */
#define RATIO_KEEP 0.97f
/* Above the band. */
#define RINGING 0.7f     /* per hop */
#define ABOVE_RATE 0.4f  /* of its power */
#define ABOVE_OVER 2.0f  /* overestimation factor of the echo */
#define ABOVE_LEAST 0.1f /* gain */

struct wzp_echo {
    struct wzp_fft fft;
    struct wzp_split far_split, near_split;
    struct wzp_spectrum history[HISTORY], silence;
    float high_history[HISTORY]; /* power above the band */
    float far_loud[HISTORY];
    float far_last[WZP_FFT_SIZE], near_last[WZP_FFT_SIZE];
    uint64_t played, heard;      /* hops */
    int ahead_least, ahead_most; /* by how much playback was ahead, in the running window */
    unsigned looks;              /* hops of it */
    unsigned lag;                /* hops: delay at which the filter begins */
    struct wzp_echo_filter filter;
    struct wzp_echo_delay delay;
    struct wzp_echo_residue residue;
    float near_power, error_power; /* while the far end speaks */
    float strength;                /* of the echo, as power for what is played */
    float guess_power, far_power;  /* for it */
    unsigned fails;
    bool delay_known;
    unsigned delay_hops;
    struct {
        float cross, square; /* how the microphone's power goes with what was played */
        float ringing;       /* power of it that may still be in the room */
        float near;          /* power of the microphone */
        float gain;
        float late[LATE]; /* waits for the band below */
    } above;              /* the band */
};

int wzp_echo_new(struct wzp_echo **out)
{
    struct wzp_echo *e = wzp_calloc(1, sizeof *e);

    *out = e;
    if (!e)
        return WZP_E_MEMORY;
    wzp_fft_init(&e->fft);
    e->strength = STRENGTH_FIRST;
    wzp_echo_filter_init(&e->filter, e->strength);
    e->above.gain = 1;
    return 0;
}

void wzp_echo_free(struct wzp_echo *e)
{
    wzp_free(e);
}

static void to_floats(float out[WZP_ECHO_BLOCK], const int16_t pcm[WZP_ECHO_BLOCK])
{
    for (int i = 0; i < WZP_ECHO_BLOCK; i++)
        out[i] = pcm[i];
}

static float mean_square(const float *samples, unsigned count)
{
    float sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return sum / (float)count;
}

static void append(float last[WZP_FFT_SIZE], const float hop[HOP])
{
    memmove(last, last + HOP, (WZP_FFT_SIZE - HOP) * sizeof *last);
    memcpy(last + WZP_FFT_SIZE - HOP, hop, HOP * sizeof *last);
}

void wzp_echo_playback(struct wzp_echo *e, const int16_t pcm[WZP_ECHO_BLOCK])
{
    float in[WZP_ECHO_BLOCK], high[WZP_ECHO_BLOCK], low[HOP];
    unsigned place = e->played++ % HISTORY;

    to_floats(in, pcm);
    wzp_split_take(&e->far_split, low, high, in);
    append(e->far_last, low);
    wzp_fft_forward(&e->fft, &e->history[place], e->far_last);
    e->high_history[place] = mean_square(high, WZP_ECHO_BLOCK);
    e->far_loud[place] = mean_square(low, HOP);
}

/* Place in the history of the hop that was played `back` hops before the one that belongs to the
 * newest of the microphone; negative: not played yet, or too long ago. */
static int place_of(const struct wzp_echo *e, unsigned back)
{
    uint64_t at = e->heard - 1 - back;

    if (e->heard < 1 + (uint64_t)back || at >= e->played || e->played - at > HISTORY)
        return -1;
    return (int)(at % HISTORY);
}

static const struct wzp_spectrum *far_at(const struct wzp_echo *e, unsigned back)
{
    int place = place_of(e, back);

    return place < 0 ? &e->silence : &e->history[place];
}

static bool far_speaks(const struct wzp_echo *e)
{
    for (unsigned i = 0; i < WZP_ECHO_PARTS; i++) {
        int place = place_of(e, e->lag + AHEAD + i);

        if (place >= 0 && e->far_loud[place] > FAR_SPEAKS)
            return true;
    }
    return false;
}

/* ---- the two sides together ---- */

/* Realigns the two sides when one began earlier, or went on while the other stood still, since an
 * echo cannot come before its sound. What was learnt about the delay moves along. */
static void keep_together(struct wzp_echo *e)
{
    int ahead = (int)(e->played - e->heard), move = 0;

    if (e->looks == 0 || ahead < e->ahead_least)
        e->ahead_least = ahead;
    if (e->looks == 0 || ahead > e->ahead_most)
        e->ahead_most = ahead;
    if (++e->looks < LOOK_HOPS)
        return;
    e->looks = 0;
    if (e->ahead_least > APART_KEPT)
        move = e->ahead_least;
    else if (e->ahead_most < -APART_KEPT)
        move = e->ahead_most;
    if (move == 0)
        return;
    e->heard += (uint64_t)(int64_t)move;
    e->lag = (int)e->lag + move > 0 ? (unsigned)((int)e->lag + move) : 0;
    e->delay_known = false;
    memset(&e->delay, 0, sizeof e->delay);
}

/* ---- where the echo begins ---- */

static void begin_anew(struct wzp_echo *e)
{
    wzp_echo_filter_init(&e->filter, e->strength);
    e->near_power = e->error_power = 0;
    e->fails = 0;
}

static void follow_delay(struct wzp_echo *e, const struct wzp_spectrum *near)
{
    const struct wzp_spectrum *far[WZP_ECHO_LAGS];
    unsigned found;

    for (unsigned i = 0; i < WZP_ECHO_LAGS; i++)
        far[i] = far_at(e, i);
    wzp_echo_delay_feed(&e->delay, near, far);
    if (!wzp_echo_delay_known(&e->delay, &found))
        return;
    e->delay_known = true;
    e->delay_hops = found;
    if (found >= e->lag + (e->lag > 0) && found <= e->lag + LATEST)
        return;
    unsigned lag = found > AHEAD ? found - AHEAD : 0;
    /* By whole parts, so that what was learnt can move along. */
    int parts = ((int)lag - (int)e->lag) / WZP_ECHO_PART_HOPS;
    e->lag = (unsigned)((int)e->lag + parts * WZP_ECHO_PART_HOPS);
    if (e->near_power > WORKS * e->error_power)
        wzp_echo_filter_shift(&e->filter, parts, e->strength * e->error_power / e->near_power);
    else
        begin_anew(e);
}

/* ---- one hop ---- */

/* A filter that adds more power than it removes belongs to another room: resets it. */
static void judge(struct wzp_echo *e, float near, float error, float guess)
{
    int place = place_of(e, e->delay_known ? e->delay_hops : e->lag);

    e->guess_power += STRENGTH_RATE * (guess - e->guess_power);
    e->far_power += STRENGTH_RATE * ((place < 0 ? 0 : e->far_loud[place]) - e->far_power);
    if (e->near_power > WORKS_WELL * e->error_power && e->far_power > FAR_SPEAKS)
        e->strength = fminf(fmaxf(e->guess_power / e->far_power, STRENGTH_LEAST), STRENGTH_MOST);
    e->near_power = RATIO_KEEP * e->near_power + (1 - RATIO_KEEP) * near;
    e->error_power = RATIO_KEEP * e->error_power + (1 - RATIO_KEEP) * error;
    if (error < near)
        e->fails -= e->fails > 0;
    else if (++e->fails > FAILS_FOR) {
        begin_anew(e);
        memset(&e->delay, 0, sizeof e->delay);
    }
}

/* Above the band there is no filter: what is probably echo is turned down as a whole. */
static float gain_above(struct wzp_echo *e, float high, bool speaks)
{
    int place = place_of(e, e->delay_known ? e->delay_hops : e->lag);
    float played = place < 0 ? 0 : e->high_history[place];
    float gain;

    e->above.ringing = fmaxf(played, RINGING * e->above.ringing);
    e->above.near += ABOVE_RATE * (high - e->above.near);
    if (speaks) {
        e->above.cross += STRENGTH_RATE * (high * e->above.ringing - e->above.cross);
        e->above.square += STRENGTH_RATE * (e->above.ringing * e->above.ringing - e->above.square);
    }
    float way = e->above.cross / (e->above.square + 1);
    gain = 1 - ABOVE_OVER * way * e->above.ringing / (e->above.near + 1);
    return gain < ABOVE_LEAST ? ABOVE_LEAST : gain;
}

/* True: there was little in it but echo. */
static bool cancel(struct wzp_echo *e, float low[HOP])
{
    const struct wzp_spectrum *far[WZP_ECHO_PARTS];
    struct wzp_spectrum near, error_spectrum, echo_spectrum;
    float echo[WZP_FFT_SIZE] = {0}, error[WZP_FFT_SIZE] = {0}, doubt[WZP_FFT_BINS];
    float *newest = error + WZP_FFT_SIZE - HOP, *guess = echo + WZP_FFT_SIZE - HOP;
    bool speaks = far_speaks(e);

    append(e->near_last, low);
    if (speaks) {
        wzp_fft_forward(&e->fft, &near, e->near_last);
        follow_delay(e, &near);
    }
    for (unsigned p = 0; p < WZP_ECHO_PARTS; p++)
        far[p] = far_at(e, e->lag + p * WZP_ECHO_PART_HOPS);
    wzp_echo_filter_guess(&e->filter, &e->fft, guess, far);
    for (int i = 0; i < HOP; i++)
        newest[i] = low[i] - guess[i];
    wzp_fft_forward(&e->fft, &error_spectrum, error);
    wzp_fft_forward(&e->fft, &echo_spectrum, echo);
    wzp_echo_filter_learn(&e->filter, &e->fft, doubt, &error_spectrum, far, e->residue.leak);
    float near_power = mean_square(low, HOP), error_power = mean_square(newest, HOP);
    if (error_power < near_power)
        memcpy(low, newest, HOP * sizeof *low);
    if (speaks)
        judge(e, near_power, error_power, mean_square(guess, HOP));
    wzp_echo_residue_run(&e->residue, &e->fft, low, &error_spectrum, &echo_spectrum, doubt, speaks);
    return speaks && mean_square(low, HOP) < ECHO_LEAVES * near_power;
}

bool wzp_echo_capture(struct wzp_echo *e, int16_t pcm[WZP_ECHO_BLOCK])
{
    float in[WZP_ECHO_BLOCK], high[WZP_ECHO_BLOCK], low[HOP];
    float late[WZP_ECHO_BLOCK + LATE];
    float before = e->above.gain;

    /* The devices stood still on one side. */
    if (++e->heard > e->played + APART_MAX || e->heard + APART_MAX < e->played)
        e->heard = e->played;
    keep_together(e);
    to_floats(in, pcm);
    wzp_split_take(&e->near_split, low, high, in);
    e->above.gain = gain_above(e, mean_square(high, WZP_ECHO_BLOCK), far_speaks(e));
    bool is_echo = cancel(e, low);
    memcpy(late, e->above.late, sizeof e->above.late);
    memcpy(late + LATE, high, sizeof high);
    memcpy(e->above.late, late + WZP_ECHO_BLOCK, sizeof e->above.late);
    for (int i = 0; i < WZP_ECHO_BLOCK; i++)
        late[i] *= before + (e->above.gain - before) * (float)i / WZP_ECHO_BLOCK;
    wzp_split_join(&e->near_split, in, low, late);
    for (int i = 0; i < WZP_ECHO_BLOCK; i++)
        pcm[i] = wzp_sample_of(in[i]);
    return is_echo;
}

void wzp_echo_state(const struct wzp_echo *e, struct wzp_echo_state *out)
{
    out->delay_known = e->delay_known;
    out->delay_ms = e->delay_hops * 10;
    out->erle_db = e->error_power > 0 && e->near_power > 0
                       ? 10 * log10((double)(e->near_power / e->error_power))
                       : 0;
}

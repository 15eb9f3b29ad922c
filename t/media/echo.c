/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Acoustic echo: real speech from a loudspeaker returns through devices and walls. */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_room.h"
#include "lib_speech.h"
#include "media/echo.h"
#include "media/level.h"

#define RATE 48000
#define SECONDS 12
#define SAMPLES (SECONDS * RATE)
#define BLOCK WZP_ECHO_BLOCK
#define ROOM_NOISE 6.0f /* of the microphone, amplitude */
#define SPOKEN_DBFS (-45.0)

static int16_t far[SAMPLES], near[SAMPLES], microphone[SAMPLES], cleaned[SAMPLES];
static float echo[SAMPLES];

static struct wzp_echo *need_echo(void)
{
    struct wzp_echo *e;

    if (wzp_echo_new(&e) != 0)
        bail("no memory");
    return e;
}

/* The microphone receives the echo, a little noise, and the near talker if with_near. */
static void mix(bool with_near)
{
    uint32_t state = 99;

    for (size_t i = 0; i < SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        float value = echo[i] + (with_near ? near[i] : 0) +
                      ROOM_NOISE * (float)(int32_t)state / 2147483648.0f;
        microphone[i] = (int16_t)lrintf(fmaxf(-32768, fminf(32767, value)));
    }
}

/* burst: how many blocks of one side come before as many of the other. */
static void run(struct wzp_echo *e, size_t from, size_t to, unsigned burst)
{
    size_t piece = (size_t)burst * BLOCK;

    for (size_t at = from; at + piece <= to; at += piece) {
        for (size_t i = 0; i < piece; i += BLOCK) {
            memcpy(cleaned + at + i, microphone + at + i, BLOCK * sizeof *cleaned);
            wzp_echo_capture(e, cleaned + at + i);
        }
        for (size_t i = 0; i < piece; i += BLOCK)
            wzp_echo_playback(e, far + at + i);
    }
}

/* Echo return loss enhancement in the worst half second with speech, dB. */
static double erle(size_t from, size_t to)
{
    double worst = 99;

    for (size_t at = from; at + RATE / 2 <= to; at += RATE / 2) {
        double before = wzp_level_rms_dbfs(microphone + at, RATE / 2);

        if (before > SPOKEN_DBFS)
            worst = fmin(worst, before - wzp_level_rms_dbfs(cleaned + at, RATE / 2));
    }
    return worst;
}

/* Gain of the near talker, dB: the part of the output that correlates with their voice. */
static double near_gain(size_t from, size_t to)
{
    double with = 0, alone = 0;

    for (size_t i = from; i + WZP_ECHO_LATE < to; i++) {
        with += (double)cleaned[i + WZP_ECHO_LATE] * near[i];
        alone += (double)near[i] * near[i];
    }
    return with > 0 ? 20 * log10(with / alone) : -99;
}

static void test_rooms(void)
{
    static const struct {
        unsigned delay_ms, tail_ms;
        double gain_db;
    } rows[] = {{20, 250, 0}, {60, 200, -6}, {120, 300, -6}, {200, 250, -12}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wzp_echo *e = need_echo();
        struct wzp_echo_state state;
        uint64_t calls = wzp_alloc_calls();

        memset(echo, 0, sizeof echo);
        room_echo(echo, far, SAMPLES, 0, SAMPLES, rows[i].delay_ms, rows[i].tail_ms,
                  rows[i].gain_db, (uint32_t)i + 1);
        mix(false);
        calls = wzp_alloc_calls();
        run(e, 0, SAMPLES, i % 2 ? 4 : 1);
        is_int(wzp_alloc_calls() - calls, 0, "nothing is allocated meanwhile");
        wzp_echo_state(e, &state);
        double worst = erle(2 * (size_t)RATE, SAMPLES);
        ok(worst >= 25,
           "%u ms late, a room of %u ms, %.0f dB: %.1f dB at least are taken off from 2 s on "
           "(%.1f dB in the second before)",
           rows[i].delay_ms, rows[i].tail_ms, rows[i].gain_db, worst, erle(RATE, 2 * RATE));
        ok(state.delay_known && abs((int)state.delay_ms - (int)rows[i].delay_ms) <= 20,
           "the delay is found: %u ms, for %u", state.delay_ms, rows[i].delay_ms);
        wzp_echo_free(e);
    }
}

static void test_change(unsigned from_ms, unsigned to_ms)
{
    struct wzp_echo *e = need_echo();
    struct wzp_echo_state state;
    size_t change = 5 * (size_t)RATE;

    memset(echo, 0, sizeof echo);
    room_echo(echo, far, SAMPLES, 0, change, from_ms, 250, -6, 7);
    room_echo(echo, far, SAMPLES, change, SAMPLES, to_ms, 250, -6, 8);
    mix(false);
    run(e, 0, SAMPLES, 1);
    wzp_echo_state(e, &state);
    ok(abs((int)state.delay_ms - (int)to_ms) <= 20,
       "another device, %u ms late instead of %u: %u are found", to_ms, from_ms, state.delay_ms);
    double worst = erle(change + 3 * RATE, SAMPLES);
    ok(worst >= 25, "and %.1f dB are taken off again from 3 s on", worst);
    wzp_echo_free(e);
}

static void test_double_talk(unsigned delay_ms, double gain_db)
{
    struct wzp_echo *e = need_echo();
    size_t both = 4 * (size_t)RATE, alone = 10 * (size_t)RATE;

    memset(echo, 0, sizeof echo);
    room_echo(echo, far, SAMPLES, 0, alone, delay_ms, 250, gain_db, 3);
    memset(near, 0, both * sizeof *near);
    mix(true);
    memset(far + alone, 0, (SAMPLES - alone) * sizeof *far);
    run(e, 0, SAMPLES, 1);
    double together = near_gain(both, alone), single = near_gain(alone + RATE / 2, SAMPLES);
    ok(together >= -3, "both talk, echo at %.0f dB: the near one loses %.1f dB", gain_db,
       -together);
    ok(single >= -0.5, "he talks alone: %.2f dB", -single);
    wzp_echo_free(e);
    room_voice(far, SAMPLES, 0);
    room_voice(near, SAMPLES, 2900);
}

static void test_near_alone(void)
{
    struct wzp_echo *e = need_echo();
    double worst = 0;

    memset(far, 0, sizeof far);
    memset(echo, 0, sizeof echo);
    speech_fill(near, SAMPLES, 4, 0);
    memcpy(microphone, near, sizeof microphone);
    run(e, 0, SAMPLES, 1);
    for (size_t i = RATE; i + WZP_ECHO_LATE < SAMPLES; i++)
        worst = fmax(worst, abs(cleaned[i + WZP_ECHO_LATE] - near[i]));
    ok(worst <= 4, "without a far talker nothing is changed, up to 24 kHz: %.0f of 32768", worst);
    wzp_echo_free(e);
    room_voice(far, SAMPLES, 0);
    room_voice(near, SAMPLES, 2900);
}

/* Echo of hissing above 8 kHz, where the filter does not work. */
static void test_above_the_band(void)
{
    struct wzp_echo *e = need_echo();
    uint32_t state = 5;
    float before = 0;

    memset(echo, 0, sizeof echo);
    for (size_t i = 0; i < SAMPLES; i++) {
        state = state * 1664525u + 1013904223u;
        float now = (float)(int32_t)state / 2147483648.0f * (i / 12000 % 3 == 0 ? 20.0f : 3000.0f);

        far[i] = (int16_t)(now - before); /* mostly high frequencies */
        before = now;
        if (i >= 2880)
            echo[i] = 0.5f * far[i - 2880];
    }
    mix(false);
    run(e, 0, SAMPLES, 1);
    double worst = erle(2 * (size_t)RATE, SAMPLES);
    ok(worst >= 15, "hissing is turned down by %.1f dB", worst);
    wzp_echo_free(e);
    room_voice(far, SAMPLES, 0);
}

/* Playback stopped for a second, or capture did. */
static void test_standstill(void)
{
    struct wzp_echo *e = need_echo();
    size_t second = RATE;
    int16_t block[BLOCK] = {0};

    memset(echo, 0, sizeof echo);
    room_echo(echo, far, SAMPLES, 0, SAMPLES, 80, 200, -6, 2);
    mix(false);
    run(e, 0, 3 * second, 1);
    for (int i = 0; i < 100; i++)
        wzp_echo_capture(e, block);
    run(e, 3 * second, 6 * second, 1);
    memset(block, 0, sizeof block);
    for (int i = 0; i < 100; i++)
        wzp_echo_playback(e, block);
    run(e, 6 * second, SAMPLES, 1);
    double worst = erle(9 * second, SAMPLES);
    ok(worst >= 25, "after a standstill of either side: %.1f dB", worst);
    wzp_echo_free(e);
}

/* Two devices with different clocks: the microphone's is fast. */
static void test_drift(double ppm, double least)
{
    static float steady[SAMPLES];
    struct wzp_echo *e = need_echo();
    double sum = 0;
    int spoken = 0;

    memset(steady, 0, sizeof steady);
    room_echo(steady, far, SAMPLES, 0, SAMPLES, 60, 200, -6, 2);
    for (size_t i = 0; i < SAMPLES; i++) {
        double at = (double)i * (1 - ppm / 1e6);
        size_t whole = (size_t)at;
        float part = (float)(at - (double)whole);

        echo[i] =
            steady[whole] * (1 - part) + steady[whole < SAMPLES - 1 ? whole + 1 : whole] * part;
    }
    mix(false);
    run(e, 0, SAMPLES, 1);
    for (size_t at = 2 * (size_t)RATE; at < SAMPLES; at += RATE / 2) {
        double one = erle(at, at + RATE / 2);

        sum += one < 99 ? one : 0;
        spoken += one < 99;
    }
    ok(sum / spoken >= least, "clocks that differ by %.0f ppm: %.1f dB in the mean", ppm,
       sum / spoken);
    wzp_echo_free(e);
}

/* The loudspeaker began a quarter of a second before the microphone, or after it. */
static void test_lead(bool loudspeaker)
{
    struct wzp_echo *e = need_echo();
    int16_t block[BLOCK] = {0};
    struct wzp_echo_state state;

    memset(echo, 0, sizeof echo);
    room_echo(echo, far, SAMPLES, 0, SAMPLES, 40, 200, -6, 2);
    mix(false);
    for (int i = 0; i < 25; i++)
        if (loudspeaker)
            wzp_echo_playback(e, block);
        else
            wzp_echo_capture(e, block);
    memset(block, 0, sizeof block);
    run(e, 0, SAMPLES, 1);
    wzp_echo_state(e, &state);
    double worst = erle(3 * (size_t)RATE, SAMPLES);
    ok(worst >= 25 && state.delay_ms >= 30 && state.delay_ms <= 80,
       "%s began first: %u ms of delay, %.1f dB",
       loudspeaker ? "the loudspeaker" : "the microphone", state.delay_ms, worst);
    wzp_echo_free(e);
}

TAP_MAIN
{
    room_voice(far, SAMPLES, 0);
    room_voice(near, SAMPLES, 2900);
    test_rooms();
    test_change(60, 180);
    test_change(200, 30);
    test_double_talk(60, -6);
    test_double_talk(150, 0);
    test_near_alone();
    test_above_the_band();
    test_standstill();
    test_drift(50, 25);
    test_drift(100, 20);
    test_lead(true);
    test_lead(false);
}

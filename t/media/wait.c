/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When it is worth waiting for redundancy, for several lines. */
#include "tap.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "media/wait.h"

static struct wzp_random_seeded seeded;
static struct wzp_random source;

/* A burst of `length` lost frames that the packet behind it can rebuild. */
static void burst(struct wzp_wait *w, unsigned length)
{
    wzp_wait_frames(w, length);
    for (unsigned i = 1; i <= length; i++)
        wzp_wait_rescue(w, length * WZP_WAIT_STEP_MS, WZP_WAIT_LIKENESS);
}

/* Random single losses of this share over so many frames; the mean wait of the second half. */
static double random_loss(struct wzp_wait *w, double share, unsigned frames)
{
    unsigned run = 0;
    double sum = 0;

    for (unsigned i = 0; i < frames; i++) {
        if (wzp_random_unit(&source) < share) {
            run++;
            continue;
        }
        if (run > 0)
            burst(w, run);
        run = 0;
        wzp_wait_frames(w, 1);
        if (i >= frames / 2)
            sum += wzp_wait_ms(w);
    }
    return sum / (frames / 2 * (1 - share));
}

static void test_steady(void)
{
    static const struct {
        double loss, least, most;
    } rows[] = {{0, 0, 0}, {0.01, 8, 25}, {0.10, 20, 45}, {0.20, 38, 65}, {0.30, 55, 85}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wzp_wait w = {0};
        double mean = random_loss(&w, rows[i].loss, 6000);

        ok(mean >= rows[i].least && mean <= rows[i].most, "%.0f %% random loss: wait %.0f ms",
           100 * rows[i].loss, mean);
    }
}

static void test_rare(void)
{
    struct wzp_wait w = {0};
    unsigned longest = 0;

    for (unsigned i = 0; i < 3000; i++) {
        if (i % 200 == 150)
            burst(&w, 5);
        else
            wzp_wait_frames(&w, 1);
        if (wzp_wait_ms(&w) > longest)
            longest = wzp_wait_ms(&w);
    }
    is_int(longest, 0, "100 ms lost every four seconds are no reason to talk later all the time");
    wzp_wait_rescue(&w, 5000, WZP_WAIT_WHOLE);
    wzp_wait_rescue(&w, 0, WZP_WAIT_WHOLE);
    is_int(wzp_wait_ms(&w), 0, "what no buffer could wait for does not count");
}

static void test_speed(void)
{
    struct wzp_wait w = {0};
    unsigned frames = 0;

    wzp_wait_frames(&w, 3000);
    while (wzp_wait_ms(&w) < 40 && frames < 1000) {
        burst(&w, frames % 20 == 0 ? 2 : 1);
        wzp_wait_frames(&w, 4);
        frames += 5;
    }
    ok(frames <= 100, "a fifth lost after a clean minute: answered in %u frames", frames);
    frames = 0;
    while (wzp_wait_ms(&w) > 0 && frames < 5000) {
        wzp_wait_frames(&w, 1);
        frames++;
    }
    ok(frames > 100 && frames < 1500, "and forgotten in %u", frames);
}

/* Frames until the wait reaches four steps, when one frame of twenty is lost and could be rebuilt
 * with that wait. */
static unsigned frames_until(enum wzp_wait_worth worth)
{
    struct wzp_wait w = {0};
    unsigned frames = 0;

    while (wzp_wait_ms(&w) < 80 && frames < 3000) {
        wzp_wait_rescue(&w, 80, worth);
        wzp_wait_frames(&w, 20);
        frames += 20;
    }
    return frames;
}

static void test_whole(void)
{
    unsigned whole = frames_until(WZP_WAIT_WHOLE);
    unsigned likeness = frames_until(WZP_WAIT_LIKENESS);

    ok(whole < 200 && likeness >= 2 * whole,
       "frames that can be had whole are waited for after %u frames, likenesses after %u", whole,
       likeness);
}

/* The wait after so many outages, four seconds apart, whose last six frames could each be rebuilt
 * with a wait of six steps. */
static unsigned wait_after_outages(unsigned outages, enum wzp_wait_worth worth)
{
    struct wzp_wait w = {0};

    for (unsigned i = 0; i < outages; i++) {
        wzp_wait_frames(&w, 200);
        for (unsigned f = 0; f < 6; f++)
            wzp_wait_rescue(&w, 120, worth);
    }
    wzp_wait_frames(&w, 190);
    return wzp_wait_ms(&w);
}

static void test_outages(void)
{
    is_int(wait_after_outages(1, WZP_WAIT_SPEECH), 120,
           "speech that would be silence is waited for from the first time on");
    is_int(wait_after_outages(8, WZP_WAIT_SPEECH), 120, "and as long as it is so");
    is_int(wait_after_outages(8, WZP_WAIT_WHOLE), 0, "what concealment can fill is not, that far");
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 5);
    source = wzp_random_seeded_source(&seeded);
    test_steady();
    test_rare();
    test_speed();
    test_whole();
    test_outages();
}

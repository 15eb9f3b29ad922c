/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The audio when a call changes its path, checked on the samples: both sides send a ladder of
 * tones, and the other loudspeaker must play the same ladder with no step missing or repeated. Gaps
 * are measured over many calls. */
#include <math.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

#define CALLS 8
#define RATE 48000
#define STEPS 20    /* tones, 100 Hz apart from 500 Hz on */
#define STEP_MS 100 /* each */
#define LOOK_MS 10  /* between two looks at what was heard */
#define WINDOW 960  /* samples looked at */
#define QUIET 200.0 /* mean square below which nothing is heard */

static struct homes h;
static int16_t ladder[STEPS * RATE / 1000 * STEP_MS];

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

static double frequency(unsigned step)
{
    return 500 + 100.0 * step;
}

static void make_ladder(void)
{
    for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++) {
        unsigned step = (unsigned)(i / (RATE / 1000 * STEP_MS));
        ladder[i] =
            (int16_t)(9000 * sin(2 * 3.14159265358979 * frequency(step) * (double)i / RATE));
    }
}

/* ---- reading it ---- */

/* How much of this tone is in the window (Goertzel). */
static double power(const int16_t *pcm, double hertz)
{
    double k = 2 * cos(2 * 3.14159265358979 * hertz / RATE), a = 0, b = 0;
    for (size_t i = 0; i < WINDOW; i++) {
        double c = pcm[i] + k * a - b;
        b = a;
        a = c;
    }
    return a * a + b * b - k * a * b;
}

/* The step (tone) in this window, -1: silence. */
static int step_at(const int16_t *pcm)
{
    double sum = 0, best = 0;
    int step = -1;
    for (size_t i = 0; i < WINDOW; i++)
        sum += (double)pcm[i] * pcm[i];
    if (sum / WINDOW < QUIET)
        return -1;
    for (unsigned i = 0; i < STEPS; i++) {
        double p = power(pcm, frequency(i));
        if (p > best) {
            best = p;
            step = (int)i;
        }
    }
    return step;
}

struct reading {
    unsigned steps, missing, twice; /* steps heard whole; left out; begun again */
    unsigned shortest, longest;     /* ms, of a step */
};

/* Groups windows in a row with the same step. Single windows at the border of two tones are not
 * counted. */
static void read_heard(struct reading *out, const struct wzp_sim_phone *p, size_t from)
{
    int current = -1, candidate = -1;
    unsigned length = 0, looks = 0;
    *out = (struct reading){.shortest = 9999};
    for (size_t at = from; at + WINDOW < p->card.heard.samples; at += RATE / 1000 * LOOK_MS) {
        int step = step_at(p->card.heard.pcm + at);
        length += LOOK_MS;
        if (step == current || step < 0) {
            candidate = -1;
            continue;
        }
        looks = step == candidate ? looks + 1 : 1;
        candidate = step;
        if (looks < 2)
            continue;
        if (current >= 0 && out->steps++ > 0) { /* the first step may have begun earlier */
            unsigned whole = length - looks * LOOK_MS;
            out->shortest = whole < out->shortest ? whole : out->shortest;
            out->longest = whole > out->longest ? whole : out->longest;
        }
        if (current >= 0)
            out->missing += (unsigned)((step - current + STEPS) % STEPS) - 1;
        out->twice += current >= 0 && step == (current + STEPS - 1) % STEPS;
        current = step;
        length = looks * LOOK_MS;
        candidate = -1;
    }
}

/* ---- calls ---- */

static void begin(uint64_t seed)
{
    const struct home_plan usual = {.nat = &restricted,
                                    .delay = (10 + seed % 30) * WZP_MILLISECOND};
    homes_open(&h, seed, &usual, &usual, false);
    for (int i = 0; i < 2; i++) {
        struct wzp_sim_phone *p = i ? &h.b.phone : &h.a.phone;
        p->card.voice = ladder;
        p->card.voice_samples = sizeof ladder / sizeof ladder[0];
        p->recording = true;
    }
    homes_call(&h);
}

static uint64_t concealed(const struct home_side *s)
{
    return homes_stats(s).heard.frames_concealed;
}

static unsigned whole_steps, wrong_steps, odd_lengths, shortest = 9999, longest;

static void is_whole(const struct wzp_sim_phone *p, size_t from)
{
    struct reading r;
    read_heard(&r, p, from);
    whole_steps += r.steps;
    wrong_steps += r.missing + r.twice;
    /* After the change to the shorter path the jitter buffer plays a little faster for a while. */
    odd_lengths += r.shortest < STEP_MS / 2 || r.longest > STEP_MS * 3 / 2;
    shortest = r.shortest < shortest ? r.shortest : shortest;
    longest = r.longest > longest ? r.longest : longest;
}

/* Changes from the relay to a direct path while both work. Returns the longer gap of the two sides,
 * ms. */
static double upgrade(unsigned i)
{
    begin(900 + i);
    if (!wzp_sim_phone_wait(&h.a.phone, WZP_EVENT_MEDIA, 1, 2 * WZP_SECOND) ||
        !wzp_sim_phone_wait(&h.b.phone, WZP_EVENT_MEDIA, 1, 2 * WZP_SECOND))
        bail("not heard");
    size_t from_a = h.a.phone.card.heard.samples, from_b = h.b.phone.card.heard.samples;
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
    is_whole(&h.a.phone, from_a);
    is_whole(&h.b.phone, from_b);
    uint64_t worse = concealed(&h.a) > concealed(&h.b) ? concealed(&h.a) : concealed(&h.b);
    return (double)worse * 20;
}

static unsigned steps_twice, steps_missing;

/* The direct path fails in the same call. */
static double death(void)
{
    uint64_t before_a = concealed(&h.a), before_b = concealed(&h.b);
    size_t from_a = h.a.phone.card.heard.samples, from_b = h.b.phone.card.heard.samples;
    struct reading a, b;
    homes_cut_path(&h, true);
    wzp_sim_run(h.sim, 2 * WZP_SECOND);
    read_heard(&a, &h.a.phone, from_a);
    read_heard(&b, &h.b.phone, from_b);
    steps_twice += a.twice + b.twice;
    steps_missing += a.missing + b.missing;
    uint64_t lost_a = concealed(&h.a) - before_a, lost_b = concealed(&h.b) - before_b;
    return (double)(lost_a > lost_b ? lost_a : lost_b) * 20;
}

TAP_MAIN
{
    static double lived[CALLS], died[CALLS];
    if (tap_oom_mode())
        skip_all("whole calls, over and over");
    make_ladder();
    for (unsigned i = 0; i < CALLS; i++) {
        lived[i] = upgrade(i);
        died[i] = death();
        homes_close(&h);
    }
    note("gap where the old path lives: p50 %.0f ms, p95 %.0f ms; where it died: p50 %.0f ms, "
         "p95 %.0f ms",
         homes_part(lived, CALLS, 0.5), homes_part(lived, CALLS, 0.95),
         homes_part(died, CALLS, 0.5), homes_part(died, CALLS, 0.95));
    note("%u steps of the ladder were heard, of %u to %u ms", whole_steps, shortest, longest);
    ok(homes_part(lived, CALLS, 0.95) <= 60,
       "a swap while the old path lives: at most 60 ms, 95 in 100");
    ok(whole_steps > CALLS * 40, "of what was said meanwhile");
    is_int(wrong_steps, 0, "nothing is missing in the samples, and nothing comes twice");
    is_int(odd_lengths, 0, "nor is anything cut or drawn out by half");
    ok(homes_part(died, CALLS, 0.95) <= 300, "a swap when it has died: at most 300 ms, 95 in 100");
    is_int(steps_twice, 0, "and nothing comes twice then");
    ok(steps_missing > 0, "that something is missing then shows in the samples (%u steps)",
       steps_missing);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/profile.h"

#include "media/lossrun.h"

#define RUNS 1.25 /* times the mean run of random losses: from here on losses are bursty */
#define MUCH 25.0 /* percent: at this loss even random losses come in runs */

/* Where bits are to be had, lost frames are sent again, whole: nothing rebuilds as well. Losses at
 * random need the nearest frames, runs those just beyond the run; each further copy takes a delay.
 * Otherwise LBRR rebuilds one frame for little; DRED what lies before it, where losses come in runs
 * that playout can wait for; with both, LBRR costs DRED some of its reach. Long runs that are rare
 * are not worth a delay; of outages, which leave silence, the end is. The last row that fits
 * counts. */
static const struct wzp_line_profile table[] = {
    /* state: name, wide, loss from, run from, loss to, together;
     * plan: plain, bitrate, frame, LBRR, expected loss, DRED, copies; measured: at loss and run,
     * DRED's reach, rebuilt, payload */
    {"clean", false, 0, 0, 0, false,
     false, 32000, 20, false, 0, 0, 0, 0, 1, 0, 0, 26.8},
    {"single losses", false, 0.3, 0, 0, false,
     false, 32000, 20, true, 8, 0, 0, 1, 1, 0, 71, 29.0},
    {"some loss", false, 4, 0, 0, false,
     false, 40000, 20, true, 15, 0, 0, 10, 1.1, 0, 88, 35.8},
    {"much loss", false, 15, 0, 0, false,
     false, 40000, 20, true, 25, 0, 0, 20, 1.25, 0, 82, 36.3},
    {"short runs", false, 4, 0, 0, true,
     false, 48000, 20, true, 20, 30, 0, 30, 1.43, 251, 90, 46.7},
    {"runs of two", false, 4, 1.9, 0, true,
     false, 48000, 20, true, 20, 36, 0, 15, 2, 251, 73, 46.7},
    {"runs of three", false, 4, 2.5, 0, true,
     false, 48000, 20, true, 24, 48, 0, 20, 3, 405, 58, 47.9},
    {"long runs", false, 4, 4, 0, true,
     false, 48000, 20, false, 40, 60, 0, 30, 5, 519, 53, 48.3},
    {"long runs, rare", false, 0.3, 3, 6, true,
     false, 32000, 20, false, 0, 0, 0, 2.5, 5, 0, 0, 26.8},
    {"clean, wide", true, 0, 0, 0, false,
     false, 32000, 20, false, 0, 0, 0, 0, 1, 0, 0, 26.8},
    {"single losses, wide", true, 0.5, 0, 0, false,
     false, 32000, 20, false, 0, 0, 1, 1, 1, 0, 100, 57.2},
    {"some loss, wide", true, 4, 0, 0, false,
     true, 32000, 20, false, 0, 0, 1, 10, 1.1, 0, 94, 57.2},
    {"much loss, wide", true, 15, 0, 0, false,
     true, 20000, 20, false, 0, 0, 1 | 2, 20, 1.25, 0, 99, 56.5},
    {"very much loss, wide", true, 25, 0, 0, false,
     true, 20000, 20, false, 0, 0, 1 | 2 | 4, 30, 1.43, 0, 94, 74.8},
    {"runs of two, wide", true, 4, 1.9, 0, true,
     true, 20000, 20, false, 0, 0, 1 | 4, 15, 2, 0, 73, 56.4},
    {"runs of three, wide", true, 4, 2.2, 0, true,
     true, 20000, 20, false, 0, 0, 2 | 8, 20, 3, 0, 72, 56.4},
    {"long runs, wide", true, 4, 4, 0, true,
     true, 20000, 20, false, 0, 0, 16, 30, 5, 0, 52, 37.9},
    {"outages, wide", true, 4, 9, 0, true,
     false, 32000, 20, false, 0, 0, 32, 10, 15, 0, 28, 57.2},
    {"long runs, rare, wide", true, 0.3, 3, 6, true,
     false, 32000, 20, false, 0, 0, 0, 2.5, 5, 0, 0, 26.8}};

const struct wzp_line_profile *wzp_line_profiles(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

const struct wzp_line_profile *wzp_line_profile_for(double loss_percent, double run, bool wide)
{
    bool together = run > RUNS * wzp_lossrun_at_random(loss_percent) || loss_percent >= MUCH;
    const struct wzp_line_profile *best = &table[0];

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct wzp_line_profile *p = &table[i];

        if (p->wide != wide || loss_percent < p->loss_from ||
            (p->loss_to > 0 && loss_percent >= p->loss_to))
            continue;
        if (p->together && (!together || run < p->run_from))
            continue;
        best = p;
    }
    return best;
}

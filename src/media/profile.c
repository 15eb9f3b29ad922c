/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/profile.h"

#include "media/lossrun.h"

#define RUNS 1.25 /* times the mean run of as many losses at random: they lie together */
#define MUCH 25.0 /* percent: at random, too, many lie together */

/* LBRR rebuilds one frame for little; DRED what lies before it, where losses come in runs that
 * playout can wait for; with both, LBRR costs DRED some of its reach. Long runs that are rare are
 * not worth a delay, and of them LBRR would only rebuild the end. The last row that fits counts. */
static const struct wzp_line_profile table[] = {
    /* state: name, loss from, run from, loss to, together; plan: raises, bitrate, frame, LBRR,
     * expected loss, DRED; measured: at loss and run, DRED's reach, rebuilt, payload */
    {"clean", 0, 0, 0, false, false, 32000, 20, false, 0, 0, 0, 1, 0, 0, 26.8},
    {"single losses", 0.3, 0, 0, false, false, 32000, 20, true, 8, 0, 1, 1, 0, 71, 29.0},
    {"some loss", 4, 0, 0, false, true, 40000, 20, true, 15, 0, 10, 1.1, 0, 88, 35.8},
    {"much loss", 15, 0, 0, false, true, 40000, 20, true, 25, 0, 20, 1.25, 0, 82, 36.3},
    {"short runs", 4, 0, 0, true, true, 48000, 20, true, 20, 30, 30, 1.43, 251, 90, 46.7},
    {"runs of two", 4, 1.9, 0, true, true, 48000, 20, true, 20, 36, 15, 2, 251, 73, 46.7},
    {"runs of three", 4, 2.5, 0, true, true, 48000, 20, true, 24, 48, 20, 3, 405, 58, 47.9},
    {"long runs", 4, 4, 0, true, true, 48000, 20, false, 40, 60, 30, 5, 519, 53, 48.3},
    {"long runs, rare", 0.3, 3, 6, true, false, 32000, 20, false, 0, 0, 2.5, 5, 0, 0, 26.8}};

const struct wzp_line_profile *wzp_line_profiles(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

const struct wzp_line_profile *wzp_line_profile_for(double loss_percent, double run)
{
    bool together = run > RUNS * wzp_lossrun_at_random(loss_percent) || loss_percent >= MUCH;
    const struct wzp_line_profile *best = &table[0];

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct wzp_line_profile *p = &table[i];

        if (loss_percent < p->loss_from || (p->loss_to > 0 && loss_percent >= p->loss_to))
            continue;
        if (p->together && (!together || run < p->run_from))
            continue;
        best = p;
    }
    return best;
}

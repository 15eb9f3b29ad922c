/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/protection.h"

#include <math.h>
#include <string.h>

#include "media/profile.h"

#define FORGET 0.6 /* share of the distance to a lower loss, per report */
#define START_LOSS 2.0
#define FEC_FROM 16000  /* bit/s: below it redundancy costs more than it gives */
#define DRED_FROM 24000 /* bit/s */
#define ALONE_LOSS 24.0 /* percent at random, for which LBRR alone is best */

void wzp_protection_init(struct wzp_protection *p, enum wzp_codec best)
{
    memset(p, 0, sizeof *p);
    p->loss = START_LOSS;
    p->run = 1;
    wzp_tuner_init(&p->tuner, best);
    p->tuning = p->tuner.last;
}

void wzp_protection_report(struct wzp_protection *p, double loss, double run, bool congested)
{
    if (loss >= p->loss) {
        if (!congested)
            p->loss = loss;
    } else
        p->loss += FORGET * (loss - p->loss);
    if (loss < 0.2 && p->loss < 0.3)
        p->loss = 0;
    if (run > 0)
        p->run += 0.5 * (run - p->run);
}

static void tune(const struct wzp_protection *p, struct wzp_encoder_plan *plan)
{
    unsigned expected = p->tuning.expected_loss;

    plan->expected_loss =
        (uint8_t)(expected > WZP_EXPECTED_LOSS_FLOOR ? expected : WZP_EXPECTED_LOSS_FLOOR);
    plan->dred_units = (uint8_t)p->tuning.dred_units;
}

void wzp_protection_apply(struct wzp_protection *p, struct wzp_encoder_plan *plan,
                          const struct wzp_encoder_plan *before, struct wzp_headroom_line line,
                          uint64_t now)
{
    unsigned copies = (unsigned)__builtin_popcount(before->copies);

    line.full |= p->tuned;
    line.with_kbps = line.without_kbps + 0.9 * fmin(plan->bitrate, before->bitrate) / 1000 * copies;
    bool wide = wzp_headroom_look(&p->headroom, &line, now);
    if (p->tuned) {
        tune(p, plan);
        return;
    }
    if (plan->bitrate < FEC_FROM)
        return;
    const struct wzp_line_profile *profile = wzp_line_profile_for(p->loss, p->run, wide);
    if (profile->plain && plan->bitrate > profile->bitrate)
        plan->bitrate = profile->bitrate;
    if (profile->dred_units > 0 && plan->bitrate < DRED_FROM)
        profile = wzp_line_profile_for(fmin(p->loss, ALONE_LOSS), 1, wide);
    plan->fec = profile->fec;
    plan->expected_loss = profile->expected_loss;
    plan->dred_units = profile->dred_units;
    plan->copies = profile->copies;
}

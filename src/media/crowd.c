/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/crowd.h"

#include <math.h>
#include <string.h>

#include "base/time.h"
#include "media/lossrun.h"

#define FRESH (5 * WZP_SECOND)
#define APART (200 * WZP_MILLISECOND) /* well-behaved programs report at most twice a second */
/* percent: enough for one copy of each frame where there is room, else for LBRR; keeps the rate */
#define ALONE_LOSS 3.0

bool wzp_crowd_report(struct wzp_crowd *c, uint8_t sender, const struct wzp_feedback *said,
                      uint64_t now)
{
    struct wzp_crowd_report *place = &c->reports[0];

    for (unsigned i = 0; i < WZP_CROWD_MAX; i++) {
        struct wzp_crowd_report *r = &c->reports[i];
        if (r->at != 0 && r->sender == sender) {
            place = r;
            break;
        }
        if (r->at < place->at)
            place = r;
    }
    if (place->at != 0 && place->sender == sender && wzp_time_since(now, place->at) < APART)
        return false;
    *place = (struct wzp_crowd_report){.sender = sender, .at = now, .said = *said};
    return true;
}

static bool is_fresh(const struct wzp_crowd_report *r, uint64_t now)
{
    return r->at != 0 && wzp_time_since(now, r->at) < FRESH;
}

unsigned wzp_crowd_senders(const struct wzp_crowd *c, uint64_t now)
{
    unsigned count = 0;

    for (unsigned i = 0; i < WZP_CROWD_MAX; i++)
        count += is_fresh(&c->reports[i], now);
    return count;
}

/* Puts a value where it belongs, the worst first. */
static void insert(double *values, unsigned count, double value)
{
    unsigned at = count;

    for (; at > 0 && values[at - 1] < value; at--)
        values[at] = values[at - 1];
    values[at] = value;
}

void wzp_crowd_sum(const struct wzp_crowd *c, unsigned others, bool extended,
                   struct wzp_feedback *out, unsigned *least_kbps, uint64_t now)
{
    /* Of lines, how narrow they are: the least limit is the worst. */
    double losses[WZP_CROWD_MAX], runs[WZP_CROWD_MAX], narrow[WZP_CROWD_MAX];
    unsigned nexts[256] = {0}, count = 0;

    memset(out, 0, sizeof *out);
    out->extended = extended;
    for (unsigned i = 0; i < WZP_CROWD_MAX; i++) {
        const struct wzp_crowd_report *r = &c->reports[i];
        if (!is_fresh(r, now) || r->said.extended != extended)
            continue;
        insert(losses, count, r->said.loss_percent);
        insert(runs, count, r->said.run);
        insert(narrow, count, r->said.limit_kbps > 0 ? 1.0 / r->said.limit_kbps : 0);
        nexts[r->said.limit_kbps & 255] = r->said.limit_next;
        count++;
    }
    unsigned middle = (others > count ? others : count) / 2;
    if (middle < count) {
        out->loss_percent = losses[middle];
        out->run = runs[middle];
        out->limit_kbps = narrow[middle] > 0 ? (unsigned)lround(1 / narrow[middle]) : 0;
        out->limit_next = nexts[out->limit_kbps & 255];
    }
    double alone = count > 0 ? fmin(losses[0], ALONE_LOSS) : 0;
    if (alone > out->loss_percent) {
        out->loss_percent = alone;
        out->run = wzp_lossrun_at_random(alone);
    }
    *least_kbps = count > 0 && narrow[0] > 0 ? (unsigned)lround(1 / narrow[0]) : 0;
}

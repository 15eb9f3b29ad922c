/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/effort.h"

#include <string.h>

#include "base/time.h"
#include "media/decoder.h"

#define LOOK WZP_SECOND
#define STRAIN 0.35   /* share of real time: the same thread also serves the network */
#define OVERLOAD 0.70 /* two steps at once */
#define EASE 0.12     /* room for three times as much, which is what a step costs at most */
#define PATIENCE_MIN (10 * WZP_SECOND)
#define PATIENCE_MAX (300 * WZP_SECOND)
#define TRY_TIME (30 * WZP_SECOND) /* overload within it means that the last step up was too much */

static const uint8_t complexities[] = {WZP_DECODER_FULL, 6, WZP_DECODER_LOW, 0};
#define LOW_STEP 2
#define LAST (sizeof complexities - 1)

void wzp_effort_init(struct wzp_effort *e, bool low)
{
    memset(e, 0, sizeof *e);
    e->least = e->step = low ? LOW_STEP : 0;
    e->patience = PATIENCE_MIN;
    e->since_more = TRY_TIME;
}

unsigned wzp_effort_complexity(const struct wzp_effort *e)
{
    return complexities[e->step];
}

static void less(struct wzp_effort *e, bool much)
{
    if (e->step == LAST)
        return;
    if (e->since_more < TRY_TIME)
        e->patience = e->patience * 2 < PATIENCE_MAX ? e->patience * 2 : PATIENCE_MAX;
    e->since_more = TRY_TIME;
    e->step += much && e->step + 1 < LAST ? 2 : 1;
}

static void judge(struct wzp_effort *e)
{
    double share = (double)e->spent / (double)e->played;

    if (e->since_more < TRY_TIME)
        e->since_more += e->played;
    e->ease = share <= EASE ? e->ease + e->played : 0;
    if (share > STRAIN)
        less(e, share > OVERLOAD);
    if (e->ease < e->patience || e->step == e->least)
        return;
    e->step--;
    e->ease = e->since_more = 0;
}

unsigned wzp_effort_spent(struct wzp_effort *e, uint64_t spent, uint64_t played)
{
    if (played <= LOOK) { /* more is nobody's block */
        e->spent += spent < 60 * WZP_SECOND ? spent : 60 * WZP_SECOND;
        e->played += played;
    }
    if (e->played >= LOOK) {
        judge(e);
        e->spent = e->played = 0;
    }
    return complexities[e->step];
}

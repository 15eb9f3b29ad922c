/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the first packets of a jittering network say about all that follow, and how a target that is
 * known moves. */
#include "media/delay.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tap.h"

#define STREAMS 40
#define FIRST 25
#define ALL 1500

static struct wzp_random_seeded seeded;
static struct wzp_random source;

/* Heavy tail: one of twenty packets is later than 60 ms, one of 500 than 243. */
static double pareto(void)
{
    return 60 / (cbrt(20) - 1) * (pow(1 - wzp_random_unit(&source), -1.0 / 3) - 1);
}

static double even(void)
{
    return 60 * wzp_random_unit(&source);
}

struct seen {
    double first, greatest; /* target after FIRST packets; greatest until there is a quiet memory */
    unsigned falls;         /* times it was lowered after that */
};

static void stream(struct seen *s, double (*delay)(void))
{
    struct wzp_delay d;
    double before = 0;

    memset(&d, 0, sizeof d);
    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < ALL; i++) {
        wzp_delay_packet(&d, 20.0 * i + delay(), 20.0 * i, true);
        double target = wzp_delay_target(&d, 20.0 * i);
        if (i + 1 == FIRST)
            s->first = target;
        if (i < 200)
            s->greatest = fmax(s->greatest, target);
        else
            s->falls += target < before;
        before = target;
    }
}

TAP_MAIN
{
    double first = 0, greatest = 0;
    unsigned falls = 0;
    struct seen s;

    wzp_random_seeded_init(&seeded, 1);
    source = wzp_random_seeded_source(&seeded);
    for (unsigned i = 0; i < STREAMS; i++) {
        stream(&s, pareto);
        first += s.first / STREAMS;
        greatest += s.greatest / STREAMS;
        falls += s.falls;
    }
    ok(first > 135, "half a second of a heavy tail tells most of what it needs (%.0f ms)", first);
    ok(greatest < 260, "and its farthest packet does not rule (%.0f ms)", greatest);
    ok(falls < STREAMS, "a target that is known falls less than once in half a minute (%u in %u)",
       falls, STREAMS);
    greatest = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        stream(&s, even);
        greatest += s.greatest / STREAMS;
    }
    ok(greatest < 90, "delays without a tail are not taken for one (%.0f ms)", greatest);
}

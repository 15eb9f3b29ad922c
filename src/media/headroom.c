/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/headroom.h"

#include "base/time.h"

#define PAUSE_MIN (40 * WZP_SECOND)
#define PAUSE_MAX (320 * WZP_SECOND)
#define LASTED (120 * WZP_SECOND) /* after this time with copies, earlier failures are forgotten */
#define CHECK_TIME (3 * WZP_SECOND)
#define HIGH_REPORTS 2
#define MORE 5.0 /* percent; less is chance */

static void stop(struct wzp_headroom *h, uint64_t now)
{
    if (h->pause == 0 || wzp_time_since(now, h->since) > LASTED)
        h->pause = PAUSE_MIN;
    else if (h->pause < PAUSE_MAX)
        h->pause *= 2;
    h->from = wzp_time_add(now, h->pause);
    h->used = h->checking = false;
    h->high = 0;
}

/* What would be lost at the rate `to`, if what gets through at the rate `from` were all that the
 * line takes. */
static double capped(double lost, double from_kbps, double to_kbps)
{
    double more = 100 - (100 - lost) * from_kbps / to_kbps;

    return more > 0 ? more : 0;
}

/* More was lost since copies are sent, as if as much came through as before? */
static void watch(struct wzp_headroom *h, const struct wzp_headroom_line *line, uint64_t now)
{
    double cap = capped(h->lost_without, line->without_kbps, line->with_kbps);
    bool high = line->lost > (h->lost_without + cap) / 2 && line->lost > h->lost_without + MORE;

    h->high = high ? h->high + 1 : 0;
    if (h->high < HIGH_REPORTS)
        return;
    h->used = false;
    h->checking = true;
    h->lost_with = line->lost;
    h->high = 0;
    h->from = wzp_time_add(now, CHECK_TIME);
}

/* Copies are paused: did the loss fall, so that the line was full? */
static void conclude(struct wzp_headroom *h, const struct wzp_headroom_line *line, uint64_t now)
{
    double cap = capped(h->lost_with, line->with_kbps, line->without_kbps);

    h->checking = false;
    if (line->lost < (h->lost_with + cap) / 2 && line->lost < h->lost_with - MORE)
        stop(h, now);
}

bool wzp_headroom_look(struct wzp_headroom *h, const struct wzp_headroom_line *line, uint64_t now)
{
    bool fresh = line->report_at != 0 && line->report_at != h->report_at;

    if (line->full) {
        if (h->used || h->checking)
            stop(h, now);
        return false;
    }
    h->report_at = line->report_at;
    if (fresh && line->lost > 0)
        h->has_lost = true;
    if (fresh && h->used)
        watch(h, line, now);
    if (!h->has_lost || now < h->from)
        return false;
    if (h->checking)
        conclude(h, line, now);
    if (now < h->from)
        return false;
    if (!h->used) {
        h->used = true;
        h->since = now;
        h->lost_without = line->lost;
    }
    return true;
}

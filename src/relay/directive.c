/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/directive.h"

#include <string.h>

#include "base/time.h"

#define DOWN_REPORTS 3
#define UP_REPORTS_BELOW_GOOD 5
#define UP_REPORTS_FROM_GOOD 10
#define PROBE_STABLE (30 * WZP_SECOND)
#define PROBE_LENGTH (5 * WZP_SECOND)
#define PROBE_BAD_ALLOWED 1
#define PROBE_COOL_DOWN (60 * WZP_SECOND)

void wzp_relay_quality_init(struct wzp_relay_quality *quality)
{
    memset(quality, 0, sizeof *quality);
    quality->tier = WZP_TIER_GOOD;
}

enum wzp_tier wzp_relay_quality_classify(const struct wzp_quality_report *report)
{
    /* First row that fits, from the worst; loss in percent, round trip in ms. */
    static const struct {
        unsigned loss, rtt;
        enum wzp_tier tier;
    } rows[] = {
        {15, 200, WZP_TIER_CATASTROPHIC},
        {5, 100, WZP_TIER_DEGRADED},
        {2, 80, WZP_TIER_GOOD},
        {1, 50, WZP_TIER_STUDIO_32K},
    };
    unsigned rtt = report->rtt_4ms * 4u;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (report->loss * 100u >= rows[i].loss * 255u || rtt >= rows[i].rtt)
            return rows[i].tier;
    return rtt >= 30 ? WZP_TIER_STUDIO_48K : WZP_TIER_STUDIO_64K;
}

static void move_to(struct wzp_relay_quality *quality, enum wzp_tier tier)
{
    quality->tier = tier;
    quality->down = quality->up = 0;
    quality->probing = quality->stable = false;
}

/* Counts consecutive reports. True when they changed the tier. */
static bool count_report(struct wzp_relay_quality *quality, enum wzp_tier seen)
{
    if (seen == quality->tier) {
        quality->down = quality->up = 0;
    } else if (seen < quality->tier) {
        quality->up = 0;
        if (++quality->down >= DOWN_REPORTS) {
            move_to(quality, seen);
            return true;
        }
    } else {
        quality->down = 0;
        quality->up++;
        if (quality->up >=
            (quality->tier < WZP_TIER_GOOD ? UP_REPORTS_BELOW_GOOD : UP_REPORTS_FROM_GOOD)) {
            move_to(quality, quality->tier + 1);
            return true;
        }
    }
    return false;
}

/* Slow upward step for reports that stay at the present tier. True when a probe succeeded. */
static bool probe_upwards(struct wzp_relay_quality *quality, enum wzp_tier seen, uint64_t now)
{
    if (quality->tier == WZP_TIER_STUDIO_64K)
        return false;
    if (quality->probing) {
        if (seen < quality->tier + 1 && ++quality->probe_bad > PROBE_BAD_ALLOWED) {
            quality->probing = quality->stable = false;
            quality->quiet_until = wzp_time_add(now, PROBE_COOL_DOWN);
        } else if (now >= quality->probe_end) {
            move_to(quality, quality->tier + 1);
            return true;
        }
        return false;
    }
    if (seen < quality->tier || now < quality->quiet_until) {
        quality->stable = false;
        return false;
    }
    if (!quality->stable) {
        quality->stable = true;
        quality->stable_since = now;
    } else if (wzp_time_since(now, quality->stable_since) >= PROBE_STABLE) {
        quality->probing = true;
        quality->probe_bad = 0;
        quality->probe_end = wzp_time_add(now, PROBE_LENGTH);
    }
    return false;
}

bool wzp_relay_quality_report(struct wzp_relay_quality *quality,
                              const struct wzp_quality_report *report, uint64_t now)
{
    enum wzp_tier seen = wzp_relay_quality_classify(report);

    return count_report(quality, seen) || probe_upwards(quality, seen, now);
}

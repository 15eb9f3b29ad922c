/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tier decisions from quality reports: classification and hysteresis of one participant, as relays
 * do it. Source: relay.md 3.5. */
#ifndef WZP_MEDIA_QUALITY_H
#define WZP_MEDIA_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"
#include "wire/media.h"

/* Tier of one report, first match from the top of relay.md 3.5's table. */
enum wzp_tier wzp_quality_classify(const struct wzp_quality_report *report);

struct wzp_quality {
    enum wzp_tier tier;
    unsigned worse, better; /* reports in a row */
    uint64_t stable_since;  /* at or above the current tier since; 0 = not */
    uint64_t probe_until;   /* upward probe running; 0 = none */
    unsigned probe_bad;
    uint64_t probe_not_before;
};
void wzp_quality_init(struct wzp_quality *q, uint64_t now);
/* Feeds a report; true when the tier changed. */
bool wzp_quality_feed(struct wzp_quality *q, const struct wzp_quality_report *report, uint64_t now);

#endif

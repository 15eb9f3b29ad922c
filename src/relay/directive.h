/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Quality logic of a room: each member's reports move that member's tier with hysteresis and
 * careful upward probes; the room's tier is the worst of its members. Pure state, no sending.
 * Source: wzp-protocol(7), Quality directive. */
#ifndef WZP_RELAY_DIRECTIVE_H
#define WZP_RELAY_DIRECTIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/codec.h"
#include "wire/media.h"

/* One member's controller. */
struct wzp_relay_quality {
    enum wzp_tier tier;
    uint16_t down, up;     /* consecutive reports below / above the tier */
    bool probing;          /* the next tier is being tried */
    bool stable;           /* stable_since is valid */
    uint8_t probe_bad;     /* reports below the probed tier during this probe */
    uint64_t stable_since; /* reports have been at or above the tier since then */
    uint64_t probe_end;
    uint64_t quiet_until; /* no new probe before this */
};

/* Starts at tier Good. */
void wzp_relay_quality_init(struct wzp_relay_quality *quality);
/* Tier that one report stands for (table of wzp-protocol(7), Quality directive). */
enum wzp_tier wzp_relay_quality_classify(const struct wzp_quality_report *report);
/* Takes one report in. True when the member's tier changed. */
bool wzp_relay_quality_report(struct wzp_relay_quality *quality,
                              const struct wzp_quality_report *report, uint64_t now);

#endif

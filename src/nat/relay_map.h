/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Round-trip times and reachability of relays, by address, and which relay should be home (the one
 * to register at). */
#ifndef WZP_NAT_RELAY_MAP_H
#define WZP_NAT_RELAY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

#define WZP_RELAY_MAP_MAX 64
#define WZP_RELAY_SAMPLES 3
#define WZP_RELAY_AGE (600 * WZP_SECOND) /* older round trips are ignored */
#define WZP_RELAY_BETTER_MS 10           /* a new home must be nearer by this */
/* Home counts as alive this long after a packet from it. */
#define WZP_RELAY_HEARD (8 * WZP_SECOND)

struct wzp_relay_map_entry {
    struct wzp_addr addr;                /* the key */
    bool reachable;                      /* it answered the last probe */
    uint32_t rtt_ms;                     /* of the last answer; kept when it answers no more */
    uint64_t last_probed;                /* when it answered last, or was found not to */
    uint32_t samples[WZP_RELAY_SAMPLES]; /* ms, newest first */
    unsigned sample_count;
};
/* All zero is empty. */
struct wzp_relay_map {
    struct wzp_relay_map_entry entries[WZP_RELAY_MAP_MAX];
    size_t count;
};

/* The relay answered after rtt_ms; a new address is added. WZP_E_LIMIT, WZP_E_ARGUMENT (no
 * address). */
int wzp_relay_map_update_rtt(struct wzp_relay_map *m, const struct wzp_addr *addr, uint32_t rtt_ms,
                             uint64_t now);
/* The relay did not answer. An address that never did is not added. */
void wzp_relay_map_mark_unreachable(struct wzp_relay_map *m, const struct wzp_addr *addr,
                                    uint64_t now);
/* NULL when it never answered. */
const struct wzp_relay_map_entry *wzp_relay_map_find(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *addr);

/* Which relay should be home now. It is the current one (may be none), unless that is gone (not
 * heard from lately and without a fresh answer), or another one is at least 10 ms nearer and has at
 * most two thirds of the round trip. The least of three samples counts; of equal relays the one
 * known longest. heard_at: when anything came from home; 0 = never. NULL when none is known to
 * answer. */
const struct wzp_relay_map_entry *wzp_relay_map_home(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *current,
                                                     uint64_t heard_at, uint64_t now);

#endif

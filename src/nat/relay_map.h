/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relays that are known, nearest first, and which of them should be home. */
#ifndef WZP_NAT_RELAY_MAP_H
#define WZP_NAT_RELAY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"

#define WZP_RELAY_MAP_MAX 64
#define WZP_RELAY_MAP_NAME_MAX 64
#define WZP_RELAY_REGION_MAX 32
#define WZP_RELAY_SAMPLES 3
#define WZP_RELAY_AGE (600 * WZP_SECOND)         /* older round trips say nothing */
#define WZP_RELAY_REPROBE (300 * WZP_SECOND)     /* all */
#define WZP_RELAY_REPROBE_NEAR (60 * WZP_SECOND) /* the best three, and home */
#define WZP_RELAY_NEAR 3
#define WZP_RELAY_BETTER_MS 10           /* a new home must be that much nearer */
#define WZP_RELAY_HEARD (8 * WZP_SECOND) /* home lives while it was heard from */

struct wzp_relay_map_entry {
    char name[WZP_RELAY_MAP_NAME_MAX];
    char region[WZP_RELAY_REGION_MAX]; /* "" = none */
    struct wzp_addr addr;              /* the key */
    bool reachable, has_rtt, probed;
    uint32_t rtt_ms;                     /* the last */
    uint64_t last_probed;                /* when probed */
    uint32_t samples[WZP_RELAY_SAMPLES]; /* ms, newest first */
    unsigned sample_count;
};
/* All zero is empty. */
struct wzp_relay_map {
    struct wzp_relay_map_entry entries[WZP_RELAY_MAP_MAX];
    size_t count;
};

/* A known address: name replaced, region only when given (NULL, "" = not). New: at the end. Texts
 * are filtered and cut. WZP_E_LIMIT, WZP_E_ARGUMENT (no address). */
int wzp_relay_map_upsert(struct wzp_relay_map *m, const char *name, const struct wzp_addr *addr,
                         const char *region);
/* A round trip in ms, or none; unknown addresses do nothing. Both sort, stable, ascending, those
 * without a round trip last. */
void wzp_relay_map_update_rtt(struct wzp_relay_map *m, const struct wzp_addr *addr, uint32_t rtt_ms,
                              uint64_t now);
void wzp_relay_map_mark_unreachable(struct wzp_relay_map *m, const struct wzp_addr *addr,
                                    uint64_t now);
/* The first that is reachable and has a round trip; NULL. */
const struct wzp_relay_map_entry *wzp_relay_map_preferred(const struct wzp_relay_map *m);
const struct wzp_relay_map_entry *wzp_relay_map_find(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *addr);
/* Any entry never probed, or longer ago than age. Empty: false. */
bool wzp_relay_map_needs_reprobe(const struct wzp_relay_map *m, uint64_t age, uint64_t now);
/* Those entries in list order into out; returns how many (at most capacity). */
size_t wzp_relay_map_stale(const struct wzp_relay_map *m, const struct wzp_relay_map_entry **out,
                           size_t capacity, uint64_t age, uint64_t now);
/* From RegisterPresenceAck: "name|addr" texts. Returns how many were taken; others are skipped. */
size_t wzp_relay_map_populate(struct wzp_relay_map *m, const char *const *items, size_t count);
/* Splits an item at its first '|': the name, and what may be a host name to resolve. WZP_E_SYNTAX
 * without '|', WZP_E_TOO_BIG. */
int wzp_relay_map_split(const char *item, char *name, size_t name_capacity, char *host,
                        size_t host_capacity);

/* Which relay should be home now: the current one (may be none), unless it is gone (not heard from
 * lately and without a fresh answer), or another is at least 10 ms nearer and at most two thirds as
 * far; of three samples the least counts. heard_at: when anything came from home; 0 = never. NULL
 * when none is known to answer. */
const struct wzp_relay_map_entry *wzp_relay_map_home(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *current,
                                                     uint64_t heard_at, uint64_t now);
/* The entry whose probe is due now, longest overdue first; NULL. expiry: when the next one is. */
const struct wzp_relay_map_entry *wzp_relay_map_due(const struct wzp_relay_map *m,
                                                    const struct wzp_addr *home, uint64_t now);
uint64_t wzp_relay_map_expiry(const struct wzp_relay_map *m, const struct wzp_addr *home);

#endif

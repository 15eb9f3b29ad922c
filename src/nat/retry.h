/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When a call that goes over the relay tries for a direct path again: at once, 10 s and 30 s after
 * something changed, and at most once a minute with a path that comes and goes (flaps). If this
 * call had a direct path before, the tries go on, with pauses that grow from one minute to five.
 * Source: wzp-protocol(7), Moving. */
#ifndef WZP_NAT_RETRY_H
#define WZP_NAT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define WZP_RETRY_TRIES 3
#define WZP_RETRY_FLAPPING (60 * WZP_SECOND)
#define WZP_RETRY_SPACING (2 * WZP_SECOND) /* between two tries, whatever changes */
#define WZP_RETRY_PAUSE (60 * WZP_SECOND)  /* after these tries, doubled with every further one */
#define WZP_RETRY_PAUSE_MAX (300 * WZP_SECOND)

struct wzp_retry {
    uint64_t since;      /* when the change happened that began this series of tries */
    unsigned tries;      /* made in it */
    uint64_t last_try;   /* WZP_NEVER = none yet */
    uint64_t up_since;   /* WZP_NEVER = no direct path */
    bool was_up;         /* there was a direct path in this call */
    bool flapping;       /* the last path did not live for a minute */
    uint64_t not_before; /* while flapping */
};

/* Nothing to try yet. */
void wzp_retry_init(struct wzp_retry *r);
/* Something changed: own or peer's addresses, the network. A new series of tries begins. */
void wzp_retry_change(struct wzp_retry *r, uint64_t now);
/* The direct path is in use; it is lost. */
void wzp_retry_up(struct wzp_retry *r, uint64_t now);
void wzp_retry_down(struct wzp_retry *r, uint64_t now);
/* When to try next. WZP_NEVER while the path is up, and when the tries are used up and this call
 * never had a direct path. */
uint64_t wzp_retry_expiry(const struct wzp_retry *r);
/* True when a try is due, which then counts as made. */
bool wzp_retry_due(struct wzp_retry *r, uint64_t now);

#endif

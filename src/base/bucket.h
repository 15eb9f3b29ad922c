/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An allowance that refills at a steady rate (the generic cell rate algorithm, ITU-T I.371): one
 * time stamp, no timer, no clock. */
#ifndef WZP_BASE_BUCKET_H
#define WZP_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is a full bucket. */
struct wzp_bucket {
    uint64_t empty_until_ns; /* when everything spent so far will have refilled */
};

/* Spends `cost` units at now_ns if they are there: each unit refills in refill_ns, and at most
 * burst_units are saved up. refill_ns 0: no limit. False: nothing was spent. */
bool wzp_bucket_take(struct wzp_bucket *bucket, uint64_t cost_units, uint64_t refill_ns,
                     uint64_t burst_units, uint64_t now_ns);

#endif

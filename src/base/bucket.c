/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/bucket.h"

#include "base/time.h"

/* units * refill, held at WZP_NEVER. */
static uint64_t span(uint64_t units, uint64_t refill_ns)
{
    return units && refill_ns > WZP_NEVER / units ? WZP_NEVER : units * refill_ns;
}

static uint64_t after(const struct wzp_bucket *bucket, uint64_t cost_units, uint64_t refill_ns,
                      uint64_t now_ns)
{
    uint64_t from = bucket->empty_until_ns > now_ns ? bucket->empty_until_ns : now_ns;

    return wzp_time_add(from, span(cost_units, refill_ns));
}

bool wzp_bucket_take(struct wzp_bucket *bucket, uint64_t cost_units, uint64_t refill_ns,
                     uint64_t burst_units, uint64_t now_ns)
{
    uint64_t empty_until_ns = after(bucket, cost_units, refill_ns, now_ns);

    if (!refill_ns)
        return true;
    if (cost_units > burst_units ||
        empty_until_ns > wzp_time_add(now_ns, span(burst_units, refill_ns)))
        return false;
    bucket->empty_until_ns = empty_until_ns;
    return true;
}

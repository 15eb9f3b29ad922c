/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The allowance that refills. */
#include "base/bucket.h"

#include "base/time.h"
#include "tap.h"

TAP_MAIN
{
    struct wzp_bucket bucket = {0}, huge = {0};
    unsigned passed = 0;

    for (unsigned i = 0; i < 8; i++)
        passed += wzp_bucket_take(&bucket, 1, 10, 5, 1000);
    is_int(passed, 5, "a fresh bucket gives its burst at once");
    ok(!wzp_bucket_take(&bucket, 1, 10, 5, 1009), "then nothing while no unit has refilled");
    ok(wzp_bucket_take(&bucket, 1, 10, 5, 1010), "one unit passes after the time of one");
    ok(wzp_bucket_take(&bucket, 5, 10, 5, 99999), "all that was saved up can be spent at once");
    ok(!wzp_bucket_take(&bucket, 6, 10, 5, 999999), "more than the burst never passes");
    ok(wzp_bucket_take(&bucket, 5, 10, 5, 999999), "and costs nothing when it is refused");
    ok(wzp_bucket_take(&bucket, 1000, 0, 0, 0), "without a refill time there is no limit");

    passed = 0;
    for (uint64_t now = 0; now < WZP_SECOND; now += WZP_MILLISECOND)
        passed += wzp_bucket_take(&huge, 1, WZP_SECOND / 20, 60, now);
    is_int(passed, 79, "over time the rate holds: the burst and what refilled, not more");

    ok(!wzp_bucket_take(&huge, UINT64_MAX, UINT64_MAX, 3, 5), "enormous costs do not wrap around");
}

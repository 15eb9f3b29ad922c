/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arithmetic on nanoseconds. */
#include "base/time.h"

#include "tap.h"

TAP_MAIN
{
    is_int(wzp_time_add(5, 7), 12, "a sum");
    ok(wzp_time_add(5, WZP_NEVER) == WZP_NEVER, "never stays never");
    ok(wzp_time_add(WZP_NEVER, 1) == WZP_NEVER, "either way");
    ok(wzp_time_add(WZP_NEVER - 2, 1) == WZP_NEVER - 1, "just before");
    ok(wzp_time_add(WZP_NEVER - 2, 3) == WZP_NEVER, "no wrap");
    is_int(wzp_time_since(12, 5), 7, "since");
    is_int(wzp_time_since(5, 12), 0, "not before");
    is_int(wzp_time_since(5, 5), 0, "just now");
    is_int(wzp_time_min(3, WZP_NEVER), 3, "the earlier");
    is_int(wzp_time_min(4, 3), 3, "of two");
    ok(1000 * WZP_MICROSECOND == WZP_MILLISECOND && 1000 * WZP_MILLISECOND == WZP_SECOND, "units");
}

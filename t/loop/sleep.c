/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/sleep.h"

#include "base/time.h"
#include "tap.h"

TAP_MAIN
{
    struct wzp_sleep s = {0};
    const uint64_t second = WZP_SECOND;
    ok(!wzp_sleep_woke(&s, 900 * second, 100 * second), "the first look knows nothing");
    ok(!wzp_sleep_woke(&s, 901 * second, 101 * second), "while both clocks go nobody sleeps");
    ok(wzp_sleep_woke(&s, 4502 * second, 102 * second), "an hour that one of them missed is sleep");
    ok(!wzp_sleep_woke(&s, 4503 * second, 103 * second), "which is told once");
    ok(!wzp_sleep_woke(&s, 4504 * second + second / 4, 104 * second), "a moment does not count");
    ok(wzp_sleep_woke(&s, 4505 * second + second / 2, 105 * second), "two do");
    ok(!wzp_sleep_woke(&s, 1 * second, 106 * second), "a clock that goes back is no sleep");
}

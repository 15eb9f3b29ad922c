/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compares the connections of a race, and tells why the race ends as it does. Changes nothing.
 * Source: wzp-protocol(7), Race. */
#ifndef WZP_NAT_RACE_JUDGE_H
#define WZP_NAT_RACE_JUDGE_H

#include <stdbool.h>

#include "nat/race_state.h"

/* The best connection that reaches the right peer, -1 for none. */
int wzp_race_best_proved(const struct wzp_race *r);
/* True when a connection to another address is still about to prove itself; a second connection to
 * the same address is not waited for. */
bool wzp_race_better_may_come(const struct wzp_race *r, const struct wzp_race_attempt *best);
/* The reason to report for the direct path that won. */
enum wzp_race_reason wzp_race_direct_reason(const struct wzp_race *r);
/* The reason to report when there is no direct path, as far as the NATs explain it. */
enum wzp_race_reason wzp_race_relay_reason(const struct wzp_race *r);

#endif

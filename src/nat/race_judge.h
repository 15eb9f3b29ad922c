/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the connections of a race are worth, and why it ends as it does. Nothing is changed here.
 * Source: wzp-protocol(7), Race. */
#ifndef WZP_NAT_RACE_JUDGE_H
#define WZP_NAT_RACE_JUDGE_H

#include <stdbool.h>

#include "nat/race_state.h"

/* The best connection that reaches the right peer, -1 for none. */
int wzp_race_best_proved(const struct wzp_race *r);
/* Another address is about to prove itself; one more connection to the same is not waited for. */
bool wzp_race_better_may_come(const struct wzp_race *r, const struct wzp_race_attempt *best);
/* What made the winner possible. */
enum wzp_race_reason wzp_race_direct_reason(const struct wzp_race *r);
/* Why there is none, as far as the routers tell. */
enum wzp_race_reason wzp_race_relay_reason(const struct wzp_race *r);

#endif

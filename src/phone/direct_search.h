/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The search for a port beside a race, where one side's router gives random ones (nat/birthday.h):
 * it begins when the usual ways had their time, opens sockets on the hard side, and hands what it
 * finds to the race. The call goes over the relay meanwhile. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_SEARCH_H
#define WZP_PHONE_DIRECT_SEARCH_H

#include "phone/direct_state.h"

/* Whether a search is to follow the race that begins now: if so, gives the race the time for it.
 * One for each change of addresses, and only so many in a call. */
void wzp_search_plan(struct wzp_direct *d, struct wzp_race_config *config, uint64_t now);
/* Sends what is due. */
void wzp_search_pump(struct wzp_direct *d, uint64_t now);
/* A punch that came to this address of ours; true when the search took it. */
bool wzp_search_receive(struct wzp_direct *d, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now);
/* Nothing is sent any more, and sockets that nobody needs are closed. Nothing when none runs. */
void wzp_search_stop(struct wzp_direct *d, uint64_t now);

/* When its time comes. */
uint64_t wzp_search_expiry(const struct wzp_direct *d);
void wzp_search_expire(struct wzp_direct *d, uint64_t now);

#endif

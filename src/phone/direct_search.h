/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The birthday search (nat/birthday.h) for a port, beside a race, when the NAT of one side takes
 * random ports. It begins after the usual candidates have had their time, opens sockets on the side
 * of that NAT (the hard side), and hands what it finds to the race. The call goes over the relay
 * meanwhile. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_SEARCH_H
#define WZP_PHONE_DIRECT_SEARCH_H

#include "phone/direct_state.h"

/* Decides whether a search follows the race that begins now; if so, extends the race's time limit.
 * One search for each change of addresses, and WZP_DIRECT_SEARCHES in a call. */
void wzp_search_plan(struct wzp_direct *d, struct wzp_race_config *config, uint64_t now);
/* Sends what is due. */
void wzp_search_pump(struct wzp_direct *d, uint64_t now);
/* Takes a punch that arrived at the address local; true when it belongs to the search. */
bool wzp_search_receive(struct wzp_direct *d, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now);
/* Stops the search and closes the sockets that no connection uses. Does nothing when none runs. */
void wzp_search_stop(struct wzp_direct *d, uint64_t now);

/* The next deadline, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_search_expiry(const struct wzp_direct *d);
void wzp_search_expire(struct wzp_direct *d, uint64_t now);

#endif

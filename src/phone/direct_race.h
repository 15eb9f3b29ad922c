/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries out what a call's race (nat/race.h) decides - to dial, punch, close and report - on real
 * connections, and tells the race the outcomes. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_RACE_H
#define WZP_PHONE_DIRECT_RACE_H

#include "phone/direct_state.h"

/* Begins a race over what is known of both sides now. Established connections of an earlier one
 * stay. */
void wzp_direct_race(struct wzp_direct *d, uint64_t now);
/* True until it is decided. */
bool wzp_direct_is_racing(const struct wzp_direct *d);
/* Passes on what was learnt of NATs and addresses while the race runs. */
void wzp_direct_race_learn(struct wzp_direct *d, uint64_t now);
/* Does all that the race wants done now. */
void wzp_direct_pump(struct wzp_direct *d, uint64_t now);
/* Keeps the phone's count of calls in which a peer may connect to us. */
void wzp_direct_count(struct wzp_direct *d);
/* The connection is of no use any more: tells the race, if it is one of the current race. */
void wzp_direct_fail(struct wzp_direct *d, struct wzp_direct_link *l, uint64_t now);

/* Does this call expect a peer with this server name? */
bool wzp_direct_admits(const struct wzp_call *c, const char *sni);
/* Takes the connection of a peer whose server name was admitted. False: no call wants it any
 * more. */
bool wzp_direct_accept(struct wzp_call *c, struct wzp_quic_conn *conn, uint64_t now);
/* Takes a punch (nat/punch.h); true when it was this call's. */
bool wzp_direct_punched(struct wzp_call *c, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now);
/* True when the peer closed a proven connection with the reason of a hang-up: the call is over,
 * whatever the relay knows of it. */
bool wzp_direct_hung_up(const struct wzp_call *c);

#endif

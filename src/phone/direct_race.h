/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One race of a call, and the connections that come of it: what the race wants is done, what
 * becomes of it is told to the race. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_RACE_H
#define WZP_PHONE_DIRECT_RACE_H

#include "phone/direct_state.h"

/* A race over what is known of both sides now. Connections of an earlier one that stand stay. */
void wzp_direct_race(struct wzp_direct *d, uint64_t now);
/* True until it is decided. */
bool wzp_direct_is_racing(const struct wzp_direct *d);
/* What is known of routers and addresses has changed while it runs. */
void wzp_direct_race_learn(struct wzp_direct *d, uint64_t now);
/* Does all that the race wants done now. */
void wzp_direct_pump(struct wzp_direct *d, uint64_t now);
/* Whether peers may connect is the phone's to know: keeps its number of races. */
void wzp_direct_count(struct wzp_direct *d);
/* The connection is of no use any more: the race, if it is one of its own, is told. */
void wzp_direct_fail(struct wzp_direct *d, struct wzp_direct_link *l, uint64_t now);

/* Does this call expect a peer with this server name? */
bool wzp_direct_admits(const struct wzp_call *c, const char *sni);
/* A peer connected under a name that is admitted. False: nobody wants it any more. */
bool wzp_direct_accept(struct wzp_call *c, struct wzp_quic_conn *conn, uint64_t now);
/* A punch; true when it was this call's. */
bool wzp_direct_punched(struct wzp_call *c, const struct wzp_addr *local,
                        const struct wzp_addr *remote, const uint8_t *data, size_t length,
                        uint64_t now);
/* The peer has closed its proven end as who hangs up does: the call is over, whatever the relay
 * knows of it. */
bool wzp_direct_hung_up(const struct wzp_call *c);

#endif

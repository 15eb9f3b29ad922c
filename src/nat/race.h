/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The race looks for a direct path beside the relay's, as the connectivity checks of ICE do (RFC
 * 8445), but with QUIC handshakes: which of the peer's addresses is dialled when, which are
 * punched, which incoming connections are accepted, which connection wins after it proved the
 * peer's identity, and what both sides agree on. It holds no connection and sends nothing: its
 * owner does what next() and next_packet() say and reports the outcomes. Source: wzp-protocol(7),
 * Roles, Race.
 *
 * Begun only after the call was accepted. In privacy mode it emits nothing at all. A peer's list
 * makes us send to at most WZP_CANDIDATES_MAX targets, and at most ten packets to each in all races
 * of a call, small ones when the peer is ours. The address where the peer's relay sees the peer is
 * the peer's own, and not limited so. */
#ifndef WZP_NAT_RACE_H
#define WZP_NAT_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/race_plan.h"
#include "nat/race_state.h"

enum wzp_race_action_kind {
    WZP_RACE_DO_DIAL_RELAY,
    WZP_RACE_DO_DIAL,   /* attempt, remote, local; initial RTT WZP_RACE_INITIAL_RTT */
    WZP_RACE_DO_CLOSE,  /* attempt: code 0, "not-selected" */
    WZP_RACE_DO_REPORT, /* MediaPathReport with direct_ok */
    WZP_RACE_DO_DECIDE, /* use direct (attempt) or relay, reason; repeated when that changes */
};
struct wzp_race_action {
    enum wzp_race_action_kind kind;
    int attempt;
    struct wzp_addr remote;
    struct wzp_addr local; /* the socket to dial from; none: the usual one */
    bool direct_ok;        /* of REPORT and DECIDE */
    enum wzp_race_reason reason;
};

/* Begins; r is all zero, or was another race of the same call. peer: its candidates, from offer,
 * answer or setup (kept as a copy). */
void wzp_race_start(struct wzp_race *r, const struct wzp_race_config *config,
                    const struct wzp_candidate_list *peer, uint64_t now);
/* A newer list of the peer during the race; an older or equal generation changes nothing. */
void wzp_race_update(struct wzp_race *r, const struct wzp_candidate_list *peer, uint32_t generation,
                     const struct wzp_networks *networks, uint64_t now);
/* A birthday search has found this address of the peer: we dial it, or expect the peer from it.
 * local: the socket that found it, NULL: the usual one. */
void wzp_race_found(struct wzp_race *r, const struct wzp_addr *remote, const struct wzp_addr *local,
                    uint64_t now);
/* Our network changed: addresses that did not answer before may answer now. */
void wzp_race_moved(struct wzp_race *r);
/* Wipes the key. */
void wzp_race_fini(struct wzp_race *r);

/* True with something to do now; called until false after every event and expiry. */
bool wzp_race_next(struct wzp_race *r, struct wzp_race_action *out, uint64_t now);
/* For punches to send and to receive see nat/race_plan.h. */
uint64_t wzp_race_expiry(const struct wzp_race *r);
void wzp_race_handle_expiry(struct wzp_race *r, uint64_t now);

/* True when connections may come in. */
bool wzp_race_expects(const struct wzp_race *r);
/* A connection with the right SNI came in: its attempt number, or WZP_E_REFUSED: close it (also
 * while no race runs). */
int wzp_race_incoming(struct wzp_race *r, const struct wzp_addr *remote, uint64_t now);
/* The outcome of an attempt; unknown numbers do nothing. rtt in ns, 0 = not known. */
void wzp_race_connected(struct wzp_race *r, int attempt, uint64_t rtt, uint64_t now);
/* The proof counts as the peer's report. */
void wzp_race_proved(struct wzp_race *r, int attempt, uint64_t now);
void wzp_race_identity_failed(struct wzp_race *r, int attempt, uint64_t now);
void wzp_race_failed(struct wzp_race *r, int attempt, uint64_t now); /* or closed by the peer */
/* Media of the peer arrived on it: the peer has chosen it. */
void wzp_race_heard(struct wzp_race *r, int attempt);
/* The peer's MediaPathReport of this call. */
void wzp_race_peer_report(struct wzp_race *r, bool direct_ok, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of a call's peer-to-peer part (direct.h) share. Source: wzp-protocol(7), Race. */
#ifndef WZP_PHONE_DIRECT_STATE_H
#define WZP_PHONE_DIRECT_STATE_H

#include "nat/candidate.h"
#include "nat/race.h"
#include "nat/retry.h"
#include "nat/role.h"
#include "phone/internal.h"

#define WZP_DIRECT_LINKS_MAX 56
#define WZP_DIRECT_PROOF_TIME (1 * WZP_SECOND) /* wzp-protocol(7), Race */
#define WZP_DIRECT_LOOK (50 * WZP_MILLISECOND) /* between two looks at the path in use */
#define WZP_DIRECT_SILENT (600 * WZP_MILLISECOND)
#define WZP_DIRECT_SILENT_HELD (1500 * WZP_MILLISECOND) /* 2.5 packets a second each way */
#define WZP_DIRECT_UNEASY (150 * WZP_MILLISECOND)       /* of silence: media takes the relay, too */
/* Between two times of following a peer that sends over both paths. */
#define WZP_DIRECT_ANSWER (10 * WZP_SECOND)
#define WZP_DIRECT_LEFT (300 * WZP_MILLISECOND) /* heard over the relay only: the peer went there */
/* Plus a round trip: how long after a switch WZP_DIRECT_LEFT does not count yet. */
#define WZP_DIRECT_SETTLED (500 * WZP_MILLISECOND)
#define WZP_DIRECT_BOTH (200 * WZP_MILLISECOND) /* media over both paths at a switch */
#define WZP_DIRECT_BOTH_LONG (1 * WZP_SECOND)   /* the same when a path is in doubt */
/* Before the switch is told: the peer may have hung up. */
#define WZP_DIRECT_TELL (300 * WZP_MILLISECOND)
#define WZP_DIRECT_WORD (1 * WZP_SECOND)  /* for the peer's Hangup to come over the relay */
#define WZP_DIRECT_DRAIN (2 * WZP_SECOND) /* a replaced path is still received on */

#define WZP_DIRECT_SEARCHES 3 /* birthday searches in one call */

#define WZP_DIRECT_HANGUP "hangup" /* the close reason of a side that hangs up */

/* A connection to the peer, or to a host that has not proved to be the peer. */
struct wzp_direct_link {
    struct wzp_direct *direct;
    struct wzp_link *link; /* NULL: this place is free */
    int attempt;           /* its number in the race, -1: of an earlier race */
    bool proved;
    uint64_t prove_by; /* WZP_NEVER: nothing to prove */
    uint64_t close_at; /* WZP_NEVER: not replaced */
};

struct wzp_search;
struct wzp_direct {
    struct wzp_call *call;
    bool begun, ours, stopped;
    struct wzp_race race;
    uint64_t race_began;
    bool counted; /* in the phone's count `racing` */
    struct wzp_retry retry;
    struct wzp_candidate_peer peer;
    struct wzp_nat_hint peer_nat;
    char peer_reflexive[WZP_ADDR_TEXT_MAX];
    /* Its reflexive address, if the peer's relay sees it there; else none. */
    struct wzp_addr peer_seen;
    enum wzp_role role; /* of the first race, for all of them */
    enum wzp_race_reason told;
    struct wzp_search *search; /* for a port, NULL: none runs */
    uint64_t search_at;        /* when one begins, WZP_NEVER */
    bool searched;             /* since the addresses changed last */
    unsigned searches;         /* in this call */
    struct wzp_direct_link links[WZP_DIRECT_LINKS_MAX];
    /* When to tell that the relay has taken over, unless the call ends first. */
    uint64_t tell_at;
    uint64_t hung_up_at;                  /* the peer closed its end; its Hangup may still follow */
    uint64_t look_at, active_since;       /* of the path in use; WZP_NEVER = none */
    uint64_t settled_at;                  /* by then both sides have switched */
    uint64_t packets, packets_at;         /* received on it, and when the number grew last */
    uint64_t relay_packets, answer_after; /* the peer sends over both paths: so do we, once */
};

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a race consists of: settings, targets, attempts. Source: wzp-protocol(7), Race. */
#ifndef WZP_NAT_RACE_STATE_H
#define WZP_NAT_RACE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/time.h"
#include "nat/candidate.h"
#include "nat/local.h"
#include "nat/predict.h"
#include "nat/punch.h"
#include "nat/race_reason.h"
#include "nat/role.h"
#include "nat/toll.h"

#define WZP_RACE_LIMIT_OLD (2 * WZP_SECOND) /* against programs of the existing network */
#define WZP_RACE_LIMIT_OURS                                                                        \
    (4 * WZP_SECOND)                    /* in the background of a call that the relay carries      \
                                         */
#define WZP_RACE_AGREE (4 * WZP_SECOND) /* until the peer's report must have come */
#define WZP_RACE_RELAY_DELAY_OLD (100 * WZP_MILLISECOND)
#define WZP_RACE_OTHER_SUBNET                                                                      \
    (100 * WZP_MILLISECOND) /* later: a private address not our own net's */
/* When both NATs are sequential: how long to wait for the two sides' newest ports
 * (phone/step.h). */
#define WZP_RACE_FORESEE (800 * WZP_MILLISECOND)
#define WZP_RACE_SETTLE (100 * WZP_MILLISECOND)      /* wait for a better one after the first */
#define WZP_RACE_INITIAL_RTT (100 * WZP_MILLISECOND) /* assumed for direct dials */
#define WZP_RACE_PUNCHES 6
#define WZP_RACE_ANSWERS 4
/* Passes our router, not the peer's; first two punches to old peers. */
#define WZP_RACE_PUNCH_TTL 3
#define WZP_RACE_DIALS 3    /* per address */
#define WZP_RACE_INCOMING 8 /* incoming connections accepted for a look */
#define WZP_RACE_ATTEMPTS 48
#define WZP_RACE_TARGETS_EVER 40 /* over all updates of one race */
/* Packets to an address that never answered, in all races of a call. */
#define WZP_RACE_PROBES 10
#define WZP_RACE_PROBED 64       /* such addresses remembered */
#define WZP_RACE_DIAL_COST 4     /* packets of a dial that nobody answers */
#define WZP_RACE_DIAL_BYTES 1228 /* of each, headers included */
/* A negative report this early is about an earlier race. */
#define WZP_RACE_STALE (1 * WZP_SECOND)
/* How long the dialer may still connect and choose that. */
#define WZP_RACE_LATE (500 * WZP_MILLISECOND)
/* After our own choice: wait for the report of a peer of ours. */
#define WZP_RACE_CONFIRM (2 * WZP_SECOND)

struct wzp_race_config {
    enum wzp_role role;
    bool ours;                /* the peer runs our program */
    bool privacy;             /* one side does not disclose its addresses */
    bool relay_only;          /* by the settings */
    bool need_proof;          /* a connection counts only after proved(); else when connected */
    bool has_v4, has_v6;      /* sockets */
    uint64_t limit;           /* ns, 0 = the usual; longer with a birthday search */
    bool allow_loopback;      /* a laboratory on one machine */
    struct wzp_punch_key key; /* ours */
    struct wzp_addr own_reflexive; /* none = not known */
    struct wzp_addr peer_reflexive;
    /* The IP address at which the peer's relay sees it; none: not known. */
    struct wzp_addr peer_seen;
    struct wzp_nat_hint own_nat, peer_nat;
    struct wzp_toll *toll;               /* send budget of all calls, the owner's; NULL: no limit */
    const struct wzp_networks *networks; /* used during start and update only; NULL: none */
};

/* One of the peer's addresses. */
struct wzp_race_target {
    struct wzp_candidate candidate;
    struct wzp_addr local; /* the socket that a search found it with; none: the usual one */
    bool on_link;          /* in our own subnet */
    bool gone;             /* not in the newest list any more */
    bool open;             /* a proved packet came from there */
    uint64_t from;         /* not punched or dialled before */
    unsigned punches, answers, dials;
    uint64_t dial_at, dialled_at; /* WZP_NEVER = none planned; never dialled */
    bool answer_due;
    struct wzp_punch answer;
    uint64_t rtt; /* of the punch, 0 = not known */
};

enum wzp_race_attempt_state {
    WZP_RACE_DIALLED, /* or incoming: its handshake runs */
    WZP_RACE_CONNECTED,
    WZP_RACE_PROVED,
    WZP_RACE_DEAD,
};
/* One connection; its number is its place. */
struct wzp_race_attempt {
    enum wzp_race_attempt_state state;
    struct wzp_addr remote;
    enum wzp_candidate_kind kind;
    bool incoming, on_link;
    bool doubtful;  /* came from an address the peer did not announce */
    bool close_due; /* the owner must still close it */
    uint64_t since, rtt;
};

/* How many packets unverified addresses were sent in all races of a call. The peer named them, and
 * may have named somebody else's. */
struct wzp_race_memory {
    struct {
        struct wzp_addr addr;
        unsigned packets;
        bool answered; /* the peer proved to be there */
    } probed[WZP_RACE_PROBED];
    size_t count;
};

enum wzp_race_state { WZP_RACE_IDLE, WZP_RACE_RUNNING, WZP_RACE_AGREEING, WZP_RACE_DECIDED };

struct wzp_race {
    struct wzp_race_config config;
    enum wzp_race_state state;
    enum wzp_race_reason reason;
    uint64_t started;
    uint32_t generation; /* of the peer's list */
    struct wzp_candidate_list peer;
    uint16_t stale_port; /* the newest port of the peer's NAT before the race */
    uint64_t foresee_at; /* when the ports are predicted, whatever is known by then; WZP_NEVER */
    struct wzp_race_target targets[WZP_CANDIDATES_MAX];
    size_t target_count, targets_ever;
    struct wzp_race_attempt attempts[WZP_RACE_ATTEMPTS];
    size_t attempt_count;
    unsigned incoming;
    int winner;                          /* attempt, -1 = none */
    uint64_t first_proved_at, chosen_at; /* WZP_NEVER */
    uint64_t late_until; /* until then an acceptor that has decided takes connections; 0: not */
    bool relay_dialled, reported, report_due, report_value, told;
    bool peer_reported, peer_direct_ok, identity_failed;
    bool peer_proved; /* which counts as its report until that comes */
    uint32_t punch_number;
    uint32_t punches_ignored, incoming_refused;
    struct wzp_race_memory memory; /* outlives the race */
};

#endif

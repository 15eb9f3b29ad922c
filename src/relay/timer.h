/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's timers. Nearly every kind has one fixed delay, so each kind is a queue that stays
 * sorted by itself: arming, disarming and asking for the next one cost O(1) and never allocate.
 * Source: wzp-protocol(7), A direct call, Relay rules. */
#ifndef WZP_RELAY_TIMER_H
#define WZP_RELAY_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

enum wzp_relay_timer_kind {
    WZP_RELAY_TIMER_FIRST,         /* client: its first message is due */
    WZP_RELAY_TIMER_HELLO,         /* client: another relay has yet to say who it is */
    WZP_RELAY_TIMER_AUTH,          /* client: the token service's answer is due */
    WZP_RELAY_TIMER_ASK,           /* client: is the older registration alive? */
    WZP_RELAY_TIMER_GUEST,         /* client: a NAT probe has had its time */
    WZP_RELAY_TIMER_LINGER,        /* client: the answer to "version" had its time to travel */
    WZP_RELAY_TIMER_RING,          /* call: nobody answered */
    WZP_RELAY_TIMER_WATCH,         /* call: are both sides still there? */
    WZP_RELAY_TIMER_GRACE,         /* party of a call: did not register again */
    WZP_RELAY_TIMER_UPDATE,        /* room: a RoomUpdate that was held back */
    WZP_RELAY_TIMER_QUESTION,      /* directory: nobody answered */
    WZP_RELAY_TIMER_RETRY,         /* neighbour: to be dialled */
    WZP_RELAY_TIMER_DIAL,          /* client: a relay that was dialled does not answer */
    WZP_RELAY_TIMER_RENEW,         /* neighbour: to be dialled anew, though its link is up */
    WZP_RELAY_TIMER_TRY,           /* neighbour: may what it says of its people be believed? */
    WZP_RELAY_TIMER_UPSTREAM,      /* client: the remote relay has not let it in */
    WZP_RELAY_TIMER_PROBE,         /* prober: to be connected, or to Ping */
    WZP_RELAY_TIMER_TELL,          /* neighbour: who is here is to be told */
    WZP_RELAY_TIMER_LINK,          /* neighbour: does its link still carry anything? */
    WZP_RELAY_TIMER_TICK,          /* federation: lists that changed are to be told */
    WZP_RELAY_TIMER_ASKED,         /* call: no neighbour said that it rings */
    WZP_RELAY_TIMER_EARLY,         /* call: what was said too early is to be said now */
    WZP_RELAY_TIMER_NEWS,          /* client: people whom it watches came or went */
    WZP_RELAY_TIMER_PLACE,         /* client: the first thread did not answer */
    WZP_RELAY_TIMER_COUNTS,        /* relay: the first thread is to be told what was counted */
    WZP_RELAY_TIMER_POOL_WAIT,     /* pool: the directory's answer is due */
    WZP_RELAY_TIMER_POOL_INQUIRED, /* pool: another relay's answer is due */
    WZP_RELAY_TIMER_POOL_BEAT,     /* pool: time to say that we live */
    WZP_RELAY_TIMER_POOL_TELL,     /* pool: who came and went is to be told */
    WZP_RELAY_TIMER_POOL_RECORD,   /* pool: what is here is to be written again */
    WZP_RELAY_TIMER_POOL_RETRY,    /* pool: the same, since it failed */
    WZP_RELAY_TIMER_POOL_ALIVE,    /* pool: is somebody here alive? */
    WZP_RELAY_TIMER_DRAIN,         /* relay: the end */
    WZP_RELAY_TIMER_KINDS
};

/* Lives inside its owner; all zero is "not armed". */
struct wzp_relay_timer {
    struct wzp_relay_timer *next, *previous;
    void *owner;
    uint64_t at;
    enum wzp_relay_timer_kind kind;
    bool armed;
};

struct wzp_relay_timers {
    struct wzp_relay_timer *first[WZP_RELAY_TIMER_KINDS], *last[WZP_RELAY_TIMER_KINDS];
    uint64_t delay[WZP_RELAY_TIMER_KINDS]; /* ns, set by the owner before the first arm */
};

/* (Re)starts timer with the kind's delay from now. */
void wzp_relay_timer_arm(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer,
                         enum wzp_relay_timer_kind kind, void *owner, uint64_t now);
/* The same for a moment of one's own. */
void wzp_relay_timer_arm_at(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer,
                            enum wzp_relay_timer_kind kind, void *owner, uint64_t at);
/* Harmless on a timer that is not armed. */
void wzp_relay_timer_disarm(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer);
/* Time of the earliest appointment, WZP_NEVER without one. */
uint64_t wzp_relay_timers_expiry(const struct wzp_relay_timers *timers);
/* Takes one that is due at now out of its queue; NULL when none is. */
struct wzp_relay_timer *wzp_relay_timers_due(struct wzp_relay_timers *timers, uint64_t now);

#endif

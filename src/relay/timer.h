/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's timers. Nearly every kind has one fixed delay, so each kind is a queue that stays
 * sorted when a timer is appended: arming, disarming and finding the next one take O(1) and never
 * allocate. Source: wzp-protocol(7), A direct call, Relay rules. */
#ifndef WZP_RELAY_TIMER_H
#define WZP_RELAY_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

enum wzp_relay_timer_kind {
    WZP_RELAY_TIMER_FIRST,         /* client: its first message is due */
    WZP_RELAY_TIMER_HELLO,         /* client: another relay has not identified itself */
    WZP_RELAY_TIMER_AUTH,          /* client: the token service's answer is due */
    WZP_RELAY_TIMER_ASK,           /* client: is the older registration still alive? */
    WZP_RELAY_TIMER_GUEST,         /* client: the time of a NAT probe is over */
    WZP_RELAY_TIMER_LINGER,        /* client: the answer to "version" has had time to arrive */
    WZP_RELAY_TIMER_RING,          /* call: not answered in time */
    WZP_RELAY_TIMER_WATCH,         /* call: are both sides still there? */
    WZP_RELAY_TIMER_GRACE,         /* party of a call: has not registered again in time */
    WZP_RELAY_TIMER_UPDATE,        /* room: a RoomUpdate that was held back */
    WZP_RELAY_TIMER_QUESTION,      /* directory: no answer in time */
    WZP_RELAY_TIMER_RETRY,         /* neighbour: to be dialled */
    WZP_RELAY_TIMER_DIAL,          /* client: a dialled relay does not answer */
    WZP_RELAY_TIMER_RENEW,         /* neighbour: to be dialled anew, though its link is up */
    WZP_RELAY_TIMER_TRY,           /* neighbour: test whether its answers can be trusted */
    WZP_RELAY_TIMER_UPSTREAM,      /* client: the remote relay has not admitted it */
    WZP_RELAY_TIMER_PROBE,         /* prober: time to connect, or to send a Ping */
    WZP_RELAY_TIMER_TELL,          /* neighbour: time to send who is registered here */
    WZP_RELAY_TIMER_LINK,          /* neighbour: does its link still carry anything? */
    WZP_RELAY_TIMER_TICK,          /* federation: time to send lists that changed */
    WZP_RELAY_TIMER_ASKED,         /* call: no neighbour reported that it rings */
    WZP_RELAY_TIMER_EARLY,         /* call: time to handle a message that came too early */
    WZP_RELAY_TIMER_NEWS,          /* client: time to send presence changes */
    WZP_RELAY_TIMER_PLACE,         /* client: the first thread did not answer */
    WZP_RELAY_TIMER_COUNTS,        /* relay: time to send counters to the first thread */
    WZP_RELAY_TIMER_POOL_WAIT,     /* pool: the directory has not answered */
    WZP_RELAY_TIMER_POOL_INQUIRED, /* pool: another relay has not answered an inquiry */
    WZP_RELAY_TIMER_POOL_BEAT,     /* pool: time to send a beat */
    WZP_RELAY_TIMER_POOL_TELL,     /* pool: time to send presence changes */
    WZP_RELAY_TIMER_POOL_RECORD,   /* pool: time to write a record again */
    WZP_RELAY_TIMER_POOL_RETRY,    /* pool: time to write a record again after a failure */
    WZP_RELAY_TIMER_POOL_ALIVE,    /* pool: time to check a client that a sibling asked about */
    WZP_RELAY_TIMER_DRAIN,         /* relay: draining is over */
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
/* The same at a given time instead of a delay. */
void wzp_relay_timer_arm_at(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer,
                            enum wzp_relay_timer_kind kind, void *owner, uint64_t at);
/* No effect on a timer that is not armed. */
void wzp_relay_timer_disarm(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer);
/* The earliest time at which a timer is due; WZP_NEVER without one. */
uint64_t wzp_relay_timers_expiry(const struct wzp_relay_timers *timers);
/* Takes a timer that is due at `now` out of its queue; NULL when none is. */
struct wzp_relay_timer *wzp_relay_timers_due(struct wzp_relay_timers *timers, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a person is reached: by a connection of their own, by another relay, later by another thread
 * or process. Direct calls know routes only. Source: wzp-protocol(7), A direct call. */
#ifndef WZP_RELAY_ROUTE_H
#define WZP_RELAY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/handshake.h"
#include "relay/presence.h"

struct wzp_relay;
struct wzp_relay_addresses;
struct wzp_relay_call;
struct wzp_relay_route;

/* What became of an offer that was passed on. */
enum wzp_relay_offered {
    WZP_RELAY_OFFERED_NOBODY,  /* nobody is there */
    WZP_RELAY_OFFERED_WAIT,    /* on its way; ringing is told later, if it does */
    WZP_RELAY_OFFERED_RINGING, /* it rings */
};

/* A kind of way. Every function only queues; whoever does not take it is the way's affair. */
struct wzp_relay_way {
    const char *name; /* for the log */
    /* Passes a new call's offer on to its callee. */
    enum wzp_relay_offered (*offer)(struct wzp_relay *r, struct wzp_relay_call *call,
                                    const char *text, size_t length, uint64_t now);
    /* Passes the text of another message about a call on. False: nobody is there now. */
    bool (*send)(struct wzp_relay *r, const struct wzp_relay_route *route, const char *text,
                 size_t length, uint64_t now);
    /* Says that the call is over. is_caller: the person at the end of this route began it. */
    void (*hang_up)(struct wzp_relay *r, const struct wzp_relay_route *route,
                    const struct wzp_signal *hangup, bool is_caller, uint64_t now);
    /* Says that the call stands: where media meet, and the addresses of the other side. NULL: their
     * own relay says so. */
    void (*set_up)(struct wzp_relay *r, const struct wzp_relay_route *route, const char *call_id,
                   const struct wzp_relay_addresses *peer, uint64_t now);
    /* True when somebody would hear what is sent now. */
    bool (*is_present)(const struct wzp_relay *r, const struct wzp_relay_route *route);
};

struct wzp_relay_route {
    const struct wzp_relay_way *way;
    struct wzp_relay_name name;           /* the person */
    enum wzp_registration_class standing; /* what they proved; a connection that speaks for them
                                             must prove as much */
    void *at;                             /* the way's own; what it points to outlives the route */
    /* Federation, while at is NULL: the neighbours (by index) that may have the person and have not
     * said no, and those that were ever asked. */
    uint64_t asked[2], was_asked[2];
    bool awaits_old; /* an existing one, asked whether it has them, may still say so or no */
    bool may_ring;   /* one did not say no, and so the caller was told that it rings */
    bool rings;      /* one of ours said so */
    uint64_t relay;  /* of the pool, where the person is registered */
};

/* The way to people registered here: always to their newest registration, whose connection may
 * change while the route stands. */
extern const struct wzp_relay_way wzp_relay_way_local;
/* True when the person is reached here. */
static inline bool wzp_relay_route_is_local(const struct wzp_relay_route *route)
{
    return !route->way || route->way == &wzp_relay_way_local;
}
/* A route to the person that client is registered as. */
void wzp_relay_route_local(struct wzp_relay_route *route, const struct wzp_relay_client *client);
/* The connection at its end, NULL when there is none now or it is not a local one. */
struct wzp_relay_client *wzp_relay_route_client(const struct wzp_relay *r,
                                                const struct wzp_relay_route *route);

#endif

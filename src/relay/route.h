/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a person is reached: by their own connection, or by another relay. A way is a kind of
 * transport, a table of functions; a route is a way with its destination. Direct calls use routes
 * only. Source: wzp-protocol(7), A direct call. */
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

/* The immediate result of passing an offer on. */
enum wzp_relay_offered {
    WZP_RELAY_OFFERED_NOBODY,  /* nobody is there */
    WZP_RELAY_OFFERED_WAIT,    /* sent on; ringing may be reported later */
    WZP_RELAY_OFFERED_RINGING, /* it rings */
};

/* A way. Its functions only queue; a failure of delivery is handled by the way. */
struct wzp_relay_way {
    const char *name; /* for the log */
    /* Passes a new call's offer on to its callee. */
    enum wzp_relay_offered (*offer)(struct wzp_relay *r, struct wzp_relay_call *call,
                                    const char *text, size_t length, uint64_t now);
    /* Sends another message about a call. False: the person is not reachable now. */
    bool (*send)(struct wzp_relay *r, const struct wzp_relay_route *route, const char *text,
                 size_t length, uint64_t now);
    /* Sends that the call is over. is_caller: the person at the end of this route is the caller. */
    void (*hang_up)(struct wzp_relay *r, const struct wzp_relay_route *route,
                    const struct wzp_signal *hangup, bool is_caller, uint64_t now);
    /* Sends the CallSetup: where media meet, and the addresses of the other side. NULL: the
     * person's own relay sends it. */
    void (*set_up)(struct wzp_relay *r, const struct wzp_relay_route *route, const char *call_id,
                   const struct wzp_relay_addresses *peer, uint64_t now);
    /* True when a message sent now would reach somebody. */
    bool (*is_present)(const struct wzp_relay *r, const struct wzp_relay_route *route);
};

struct wzp_relay_route {
    const struct wzp_relay_way *way;
    struct wzp_relay_name name;           /* the person at its end */
    enum wzp_registration_class standing; /* what they proved; a connection that speaks for them
                                             must prove as much */
    void *at; /* private to the way; what it points to outlives the route */
    /* Federation, while `at` is NULL: the neighbours (bits by index) that may have the person and
     * have not said no, and all that were ever asked. */
    uint64_t asked[2], was_asked[2];
    bool awaits_old; /* an existing relay was asked (old_query.h) and may still answer */
    bool may_ring;   /* an existing relay did not say no: the caller was told it rings */
    bool rings;      /* a relay of our own kind reported ringing */
    uint64_t relay;  /* of the pool: where the person is registered */
};

/* The way to people registered here. It always uses their newest registration, which may change
 * while the route exists. */
extern const struct wzp_relay_way wzp_relay_way_local;
/* True when the person is reached here. */
static inline bool wzp_relay_route_is_local(const struct wzp_relay_route *route)
{
    return !route->way || route->way == &wzp_relay_way_local;
}
/* Makes a route to the person as whom client is registered. */
void wzp_relay_route_local(struct wzp_relay_route *route, const struct wzp_relay_client *client);
/* The connection at the route's end. NULL when there is none now, or the route is not local. */
struct wzp_relay_client *wzp_relay_route_client(const struct wzp_relay *r,
                                                const struct wzp_relay_route *route);

#endif

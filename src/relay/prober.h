/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* This relay's health checks of other relays: a connection to each of probe_targets, one Ping per
 * second, and with every tenth the list of who is registered here. The results appear in /metrics,
 * /mesh and /peers. The targets may be existing relays; these support no more than this. Source:
 * wzp-protocol(7), Probes. */
#ifndef WZP_RELAY_PROBER_H
#define WZP_RELAY_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "relay/timer.h"
#include "relay/window.h"

#define WZP_RELAY_PROBE_STEP WZP_SECOND        /* between Pings */
#define WZP_RELAY_PROBE_RETRY (5 * WZP_SECOND) /* after a connection that failed or ended */
#define WZP_RELAY_PROBE_DEAD (10 * WZP_SECOND) /* without a Pong: the connection is dead */
#define WZP_RELAY_PROBE_GOSSIP 10              /* every so many Pings the list is sent */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_signal;

struct wzp_relay_prober {
    size_t target; /* in probe_targets */
    struct wzp_addr address;
    struct wzp_relay_client *client; /* NULL: not connected */
    struct wzp_relay_timer timer;    /* to send a Ping, or to connect */
    struct wzp_relay_window window;  /* of this connection */
    bool is_up;                      /* the last event was a sign of life */
    bool told_down;                  /* already logged, until it is up */
    uint64_t pinged, heard_at;
};
struct wzp_relay_probers {
    struct wzp_relay_prober *items; /* owned */
    size_t count;
};

/* Makes one for each different address of probe_targets, on the first thread only; dialling begins
 * at `now`. WZP_E_MEMORY. */
int wzp_relay_probers_init(struct wzp_relay *r, uint64_t now);
void wzp_relay_probers_fini(struct wzp_relay *r);
/* The prober of that target. NULL: none (the address is listed twice, or this is another
 * thread). */
const struct wzp_relay_prober *wzp_relay_prober_of(const struct wzp_relay *r, size_t target);
/* The target's address as it is configured. */
const char *wzp_relay_prober_name(const struct wzp_relay *r, const struct wzp_relay_prober *p);
/* Time to connect, or to Ping. */
void wzp_relay_prober_due(struct wzp_relay *r, struct wzp_relay_prober *p, uint64_t now);
/* The connection is established, or gone. No effect for a client that is no prober's. */
void wzp_relay_prober_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
void wzp_relay_prober_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif

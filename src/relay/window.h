/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Round trip, loss and jitter of a path, from its latest Pings. A Ping that may still be answered
 * counts neither as answered nor as lost. Source: wzp-protocol(7), Probes. */
#ifndef WZP_RELAY_WINDOW_H
#define WZP_RELAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define WZP_RELAY_WINDOW_MAX 60
#define WZP_RELAY_PONG_TIME (3 * WZP_SECOND) /* a later Pong counts as lost */

/* Caller owned; all zero but capacity, 1 to WZP_RELAY_WINDOW_MAX pings. */
struct wzp_relay_window {
    size_t capacity, count, next;
    struct wzp_relay_sent {
        uint64_t stamp; /* what is in the Ping, and comes back */
        uint64_t at, rtt;
        bool answered;
    } items[WZP_RELAY_WINDOW_MAX];
    bool has_rtt;
    uint64_t rtt; /* the latest, ns */
};
/* Notes a Ping with that stamp that is sent now. If the window is full, it replaces the oldest
 * one. */
void wzp_relay_window_ping(struct wzp_relay_window *w, uint64_t stamp, uint64_t now);
/* Notes a Pong. False when no Ping with that stamp waits for one. */
bool wzp_relay_window_pong(struct wzp_relay_window *w, uint64_t stamp, uint64_t now);
/* Share of Pings that were not answered in time among those that are decided, in percent; 0 without
 * any. */
double wzp_relay_window_loss(const struct wzp_relay_window *w, uint64_t now);
/* Standard deviation of the round trips, ms; 0 with fewer than two. */
double wzp_relay_window_jitter(const struct wzp_relay_window *w);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A row of the table of metrics, and what rows say that are no plain counter of the totals. */
#ifndef WZP_RELAY_METRICS_FEED_H
#define WZP_RELAY_METRICS_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/metrics.h"

struct wzp_relay_metric {
    const char *name, *type, *help;
    size_t offset; /* of a counter in the totals; with a feed, what that one makes of it */
    const char *label;
    void (*feed)(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                 const struct wzp_relay *r, uint64_t now);
    bool compat; /* only with metrics_compat */
};

/* Values of one member; the row's offset says which. */
enum { SESSION_LOSS, SESSION_RTT, SESSION_JITTER, SESSION_DRED, SESSION_PLC, SESSION_FRAMES };
/* One line per neighbour; there are as many as the configuration names. */
enum { PEER_STATUS, PEER_RTT, PEER_FRAMES };
/* One line per probed relay. */
enum { PROBE_RTT, PROBE_LOSS, PROBE_JITTER, PROBE_UP };

/* One line: the row's name and label, and that number. */
void wzp_relay_metric_value(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                            uint64_t number);
/* Feeds of the table: each adds its lines. What row->offset is to it stands in the table. */
void wzp_relay_feed_size(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                         const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_handshake(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                              const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_reported(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                             const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_sessions(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                             const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_members(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                            const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_connections(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                                const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_quic(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                         const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_peers(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                          const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_probes(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                           const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_global_rooms(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                                 const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_pool_up(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                            const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_bridge(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                           const struct wzp_relay *r, uint64_t now);
void wzp_relay_feed_suppressed(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                               const struct wzp_relay *r, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A row of the table of metrics, and the readers of rows that are not plain counters of the
 * totals. */
#ifndef WZP_RELAY_METRICS_FEED_H
#define WZP_RELAY_METRICS_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/metrics.h"

struct wzp_relay;
struct wzp_relay_metric;
/* Reads the single number of a row. `which` is interpreted by the reader: for a reader of a struct
 * of counters it is the offset in the struct. */
typedef uint64_t wzp_relay_reader(const struct wzp_relay *r, size_t which);
/* Adds the lines of a row that has several values, or fractions. */
typedef void wzp_relay_feed(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                            const struct wzp_relay *r, uint64_t now);

struct wzp_relay_metric {
    const char *name, *type, *help;
    struct {
        wzp_relay_reader *number; /* one of these two is set */
        wzp_relay_feed *lines;
        size_t which;
    } source;
    const char *label; /* of the number; NULL: none */
    bool compat;       /* only with metrics_compat */
};

/* Values of one member. */
enum { SESSION_LOSS, SESSION_RTT, SESSION_JITTER, SESSION_DRED, SESSION_PLC, SESSION_FRAMES };
/* One line per neighbour; there are as many as the configuration names. */
enum { PEER_STATUS, PEER_RTT, PEER_FRAMES };
/* One line per probed relay. */
enum { PROBE_RTT, PROBE_LOSS, PROBE_JITTER, PROBE_UP };

/* Each reads at an offset in a struct: the totals, the relay itself (sizes), the counters of all
 * threads, QUIC's counters, the bridge's. */
wzp_relay_reader wzp_relay_read_total, wzp_relay_read_size, wzp_relay_read_counters,
    wzp_relay_read_quic, wzp_relay_read_bridge;
wzp_relay_reader wzp_relay_read_connections, wzp_relay_read_global_rooms,
    wzp_relay_read_directory_up, wzp_relay_read_log_suppressed;
wzp_relay_feed wzp_relay_feed_handshake, wzp_relay_feed_reported, wzp_relay_feed_sessions,
    wzp_relay_feed_peers, wzp_relay_feed_probes;

#endif

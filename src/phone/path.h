/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The media paths of one session and which of them carries it now. A relay's connection is one
 * path; direct connections join the set while the call runs, and the better path takes over
 * without a gap: the old one stays in the set, and is heard, until it is removed. Source:
 * design.md 3 (a packet's way), 6. */
#ifndef WZP_PHONE_PATH_H
#define WZP_PHONE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quic/quic.h"

#define WZP_PATHS_MAX 4

/* In order of preference, worst first. */
enum wzp_path_kind { WZP_PATH_RELAY, WZP_PATH_DIRECT };

struct wzp_path {
    enum wzp_path_kind kind;
    struct wzp_quic_conn *conn; /* not owned */
    uint64_t since;             /* when it joined the set */
    uint64_t datagrams_sent, datagrams_received, send_failed;
    /* Packets of the connection at the last sample, and the loss in between, smoothed. */
    uint64_t sampled_sent, sampled_lost;
    double loss_percent;
};
/* All zero is an empty set. */
struct wzp_path_set {
    struct wzp_path paths[WZP_PATHS_MAX];
    size_t count;
    int active; /* index + 1, 0 = none */
};

/* Adds a connection that is ready to carry media. 1 when it became the active path (it is of a
 * better kind than the others, or newer of the same kind), 0 when it stands by, WZP_E_LIMIT. */
int wzp_path_add(struct wzp_path_set *set, enum wzp_path_kind kind, struct wzp_quic_conn *conn,
                 uint64_t now);
/* Takes a connection out. True when it was the active one; the best of the rest is active then. */
bool wzp_path_remove(struct wzp_path_set *set, const struct wzp_quic_conn *conn);
/* The active path, NULL when there is none. */
struct wzp_path *wzp_path_active(struct wzp_path_set *set);
/* The path of a connection, NULL when it is not in the set. */
struct wzp_path *wzp_path_find(struct wzp_path_set *set, const struct wzp_quic_conn *conn);
/* Sends one datagram on the active path. WZP_E_STATE without one, else as
 * wzp_quic_conn_send_datagram; no allocation. */
int wzp_path_send(struct wzp_path_set *set, const void *data, size_t length, uint64_t now);
/* Feeds the connection's counters, once a second: updates loss_percent (new packets only). */
void wzp_path_sample(struct wzp_path *path, const struct wzp_quic_stats *stats);

#endif

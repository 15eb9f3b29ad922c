/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The media paths of one session, the state of each, and which of them carries the media now. A
 * relay's connection is one path; direct connections join the set while the call runs. The set
 * never switches by itself: whoever knows why tells it to. A path that was active stays in the set,
 * and is heard, until it is removed, so that a switch costs no packet. */
#ifndef WZP_PHONE_PATH_H
#define WZP_PHONE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/race_reason.h"
#include "quic/quic.h"

#define WZP_PATHS_MAX 4

enum wzp_path_kind { WZP_PATH_RELAY, WZP_PATH_DIRECT };

struct wzp_path {
    enum wzp_path_kind kind;
    bool told;                  /* the user was told that it is active */
    struct wzp_quic_conn *conn; /* not owned */
    uint64_t since;             /* when it joined the set */
    uint64_t heard_at;          /* when media came on it last, 0 = never */
    uint64_t datagrams_received;
    /* Packets of the connection at the last sample, and the loss in between, smoothed. */
    uint64_t sampled_sent, sampled_lost;
    double loss_percent;
};
/* All zero is an empty set. */
struct wzp_path_set {
    struct wzp_path paths[WZP_PATHS_MAX];
    size_t count;
    int active;                         /* index + 1, 0 = none */
    enum wzp_race_reason why, told_why; /* why the active one was chosen, and what was told of it */
    /* During a switch, everything sent goes over this connection, too. */
    const struct wzp_quic_conn *also;
    uint64_t also_until;
};

/* Adds a connection that is known to reach the right peer; it is not active yet. WZP_E_LIMIT. */
int wzp_path_add(struct wzp_path_set *set, enum wzp_path_kind kind, struct wzp_quic_conn *conn,
                 uint64_t now);
/* Makes it the active path, the one before stands by; why is kept. Nothing changes (not even why)
 * when it is active already. */
void wzp_path_activate(struct wzp_path_set *set, const struct wzp_path *path,
                       enum wzp_race_reason why);
/* Takes a connection out. True when it was the active one: none is active then, until the owner
 * chooses (wzp_path_best_of). */
bool wzp_path_remove(struct wzp_path_set *set, const struct wzp_quic_conn *conn);
/* The newest of a kind, because a newer connection was made for a reason; NULL. */
struct wzp_path *wzp_path_best_of(struct wzp_path_set *set, enum wzp_path_kind kind);
/* The active path, NULL when there is none. */
struct wzp_path *wzp_path_active(struct wzp_path_set *set);
/* The path of a connection, NULL when it is not in the set. */
struct wzp_path *wzp_path_find(struct wzp_path_set *set, const struct wzp_quic_conn *conn);
/* True when the active path, or why it is this one, is not what it was at the last true answer. */
bool wzp_path_news(struct wzp_path_set *set);
/* Sends one datagram on the active path. WZP_E_STATE without one, else as
 * wzp_quic_conn_send_datagram; no allocation. */
int wzp_path_send(struct wzp_path_set *set, const void *data, size_t length, uint64_t now);
/* Up to that time every datagram goes over this connection, too, as long as it is in the set. */
void wzp_path_also(struct wzp_path_set *set, const struct wzp_quic_conn *conn, uint64_t until);
/* Feeds the connection's counters, once a second: updates loss_percent (new packets only). */
void wzp_path_sample(struct wzp_path *path, const struct wzp_quic_stats *stats);

#endif

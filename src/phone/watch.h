/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Liveness of a path and of the peer: watches the packets of both, and reports when either falls
 * silent, counts as lost, or comes back. Every program sends all the time (50 packets a second, on
 * hold 2.5), so that a second of silence means something. Pure arithmetic. Source: wzp-protocol(7),
 * A direct call. */
#ifndef WZP_PHONE_WATCH_H
#define WZP_PHONE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define WZP_WATCH_SILENT (1 * WZP_SECOND)
#define WZP_WATCH_DEAD (3 * WZP_SECOND)

enum wzp_watch_news {
    WZP_WATCH_NOTHING,
    WZP_WATCH_PATH_SILENT, /* not even acknowledgements */
    WZP_WATCH_PATH_DEAD,   /* for WZP_WATCH_DEAD: dial anew; reported once */
    WZP_WATCH_PATH_BACK,
    WZP_WATCH_PEER_SILENT, /* while the path is alive */
    WZP_WATCH_PEER_GONE,   /* for WZP_WATCH_DEAD; reported once */
    WZP_WATCH_PEER_BACK,
    WZP_WATCH_PEER_UNHEARD, /* not heard at all since the stream began; reported once */
    WZP_WATCH_PEER_HEARD    /* the first time, after UNHEARD */
};

/* All zero: nothing is watched yet. */
struct wzp_watch {
    uint64_t packets;            /* received on the path, at the last look */
    uint64_t path_at;            /* when they grew last, 0 = never */
    bool path_silent, path_dead; /* reported */
    uint64_t peer_from;          /* the peer's silence counts from here at the earliest */
    bool peer_silent, peer_gone, peer_unheard; /* reported */
};

/* Another path is active now: it is watched from here. */
void wzp_watch_path(struct wzp_watch *w, uint64_t packets, uint64_t now);
/* This process got no time to look for a while. What arrived meanwhile is still to be read, so
 * silence counts from now. */
void wzp_watch_absent(struct wzp_watch *w, uint64_t now);
/* packets: received on the active path, of any kind; waiting: something we sent there is not
 * acknowledged yet (a path on which nothing is sent may be silent). */
enum wzp_watch_news wzp_watch_look_at_path(struct wzp_watch *w, uint64_t packets, bool waiting,
                                           uint64_t now);
/* begun: when the stream began, 0 = not yet; heard_at: when the peer was heard last, on whatever
 * path, 0 = never; due: somebody is there who should be sending. Reports nothing of the peer while
 * the path itself is silent. */
enum wzp_watch_news wzp_watch_look_at_peer(struct wzp_watch *w, uint64_t begun, uint64_t heard_at,
                                           bool due, uint64_t now);

#endif

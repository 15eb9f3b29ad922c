/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Is anybody there? Watches the packets of a path and those of the other side, and says when
 * either falls silent, is given up, and comes back. Everybody sends all the time (50 packets a
 * second, on hold 2.5), so that a second of silence is news. Pure arithmetic. Source:
 * wzp-protocol(7), A direct call. */
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
    WZP_WATCH_PATH_DEAD,   /* still: worth a new connection; said once */
    WZP_WATCH_PATH_BACK,
    WZP_WATCH_PEER_SILENT, /* the path lives */
    WZP_WATCH_PEER_GONE,   /* still; said once */
    WZP_WATCH_PEER_BACK,
    WZP_WATCH_PEER_UNHEARD, /* it never spoke since the stream began; said once */
    WZP_WATCH_PEER_HEARD    /* then it does */
};

/* All zero: nothing is watched yet. */
struct wzp_watch {
    uint64_t packets;            /* of the path, at the last look */
    uint64_t path_at;            /* when they grew last, 0 = never */
    bool path_silent, path_dead; /* said */
    uint64_t peer_from;          /* silence of the other side before that is not its own */
    bool peer_silent, peer_gone, peer_unheard; /* said */
};

/* The path is another one now: it is watched from here. */
void wzp_watch_path(struct wzp_watch *w, uint64_t packets, uint64_t now);
/* Nobody looked for a while, because this machine had no time for us: what came meanwhile waits to
 * be read, and silence counts from here. */
void wzp_watch_absent(struct wzp_watch *w, uint64_t now);
/* packets: received on the active path, of any kind; waiting: something we sent there is not
 * acknowledged yet (a path on which nothing is sent may be silent). */
enum wzp_watch_news wzp_watch_look_at_path(struct wzp_watch *w, uint64_t packets, bool waiting,
                                           uint64_t now);
/* begun: when its stream did, 0 = not yet; heard_at: when the other side was heard last, on
 * whatever path, 0 = never; due: somebody is there who should be sending. Of a path that is silent
 * itself nothing more is said here. */
enum wzp_watch_news wzp_watch_look_at_peer(struct wzp_watch *w, uint64_t begun, uint64_t heard_at,
                                           bool due, uint64_t now);

#endif

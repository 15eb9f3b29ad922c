/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/watch.h"

void wzp_watch_path(struct wzp_watch *w, uint64_t packets, uint64_t now)
{
    w->packets = packets;
    w->path_at = now;
    w->path_dead = false; /* the new path has its own three seconds */
}

void wzp_watch_absent(struct wzp_watch *w, uint64_t now)
{
    if (w->path_at != 0 && !w->path_silent)
        w->path_at = now;
    w->peer_from = now;
}

enum wzp_watch_news wzp_watch_look_at_path(struct wzp_watch *w, uint64_t packets, bool waiting,
                                           uint64_t now)
{
    if (packets != w->packets || w->path_at == 0) {
        bool was_silent = w->path_silent;
        w->packets = packets;
        w->path_at = now;
        w->path_silent = w->path_dead = false;
        if (was_silent)
            w->peer_from = now;
        return was_silent ? WZP_WATCH_PATH_BACK : WZP_WATCH_NOTHING;
    }
    if (!waiting && !w->path_silent)
        w->path_at = now;
    uint64_t silence = wzp_time_since(now, w->path_at);
    if (silence >= WZP_WATCH_DEAD && w->path_silent && !w->path_dead) {
        w->path_dead = true;
        return WZP_WATCH_PATH_DEAD;
    }
    if (silence >= WZP_WATCH_SILENT && !w->path_silent) {
        w->path_silent = true;
        return WZP_WATCH_PATH_SILENT;
    }
    return WZP_WATCH_NOTHING;
}

/* The peer may take its time to join the call. */
static enum wzp_watch_news look_at_unheard(struct wzp_watch *w, uint64_t begun, uint64_t now)
{
    uint64_t from = begun > w->peer_from ? begun : w->peer_from;

    if (begun == 0 || w->path_silent || w->peer_silent || w->peer_unheard ||
        wzp_time_since(now, from) < WZP_WATCH_DEAD)
        return WZP_WATCH_NOTHING;
    w->peer_unheard = true;
    return WZP_WATCH_PEER_UNHEARD;
}

enum wzp_watch_news wzp_watch_look_at_peer(struct wzp_watch *w, uint64_t begun, uint64_t heard_at,
                                           bool due, uint64_t now)
{
    bool was_silent = w->peer_silent, was_unheard = w->peer_unheard;
    uint64_t from = heard_at > w->peer_from ? heard_at : w->peer_from;

    if (!due) {
        w->peer_silent = w->peer_gone = w->peer_unheard = false;
        return WZP_WATCH_NOTHING;
    }
    if (heard_at == 0)
        return look_at_unheard(w, begun, now);
    if (wzp_time_since(now, heard_at) < WZP_WATCH_SILENT) {
        w->peer_silent = w->peer_gone = w->peer_unheard = false;
        return was_silent    ? WZP_WATCH_PEER_BACK
               : was_unheard ? WZP_WATCH_PEER_HEARD
                             : WZP_WATCH_NOTHING;
    }
    /* A silent path was reported already: then nothing is reported of the peer. */
    if (w->path_silent || wzp_time_since(now, from) < WZP_WATCH_SILENT)
        return WZP_WATCH_NOTHING;
    if (!was_silent) {
        w->peer_silent = true;
        return WZP_WATCH_PEER_SILENT;
    }
    if (wzp_time_since(now, from) >= WZP_WATCH_DEAD && !w->peer_gone) {
        w->peer_gone = true;
        return WZP_WATCH_PEER_GONE;
    }
    return WZP_WATCH_NOTHING;
}

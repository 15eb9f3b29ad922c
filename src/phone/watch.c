/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/watch.h"

void wzp_watch_path(struct wzp_watch *w, uint64_t packets, uint64_t now)
{
    w->packets = packets;
    w->path_at = now;
    w->path_dead = false; /* the new one has its own three seconds */
}

static enum wzp_watch_news look_at_path(struct wzp_watch *w, uint64_t packets, bool waiting,
                                        uint64_t now)
{
    if (packets != w->packets || w->path_at == 0) {
        bool was_silent = w->path_silent;
        w->packets = packets;
        w->path_at = now;
        w->path_silent = w->path_dead = false;
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

static enum wzp_watch_news look_at_peer(struct wzp_watch *w, uint64_t taken, bool due, uint64_t now)
{
    if (taken != w->taken) {
        bool was_silent = w->peer_silent;
        w->taken = taken;
        w->peer_at = now;
        w->peer_silent = false;
        return was_silent ? WZP_WATCH_PEER_BACK : WZP_WATCH_NOTHING;
    }
    if (w->path_silent || w->peer_silent || wzp_watch_silence(w, due, now) < WZP_WATCH_SILENT)
        return WZP_WATCH_NOTHING; /* what is told of the path need not be told of the peer */
    w->peer_silent = true;
    return WZP_WATCH_PEER_SILENT;
}

enum wzp_watch_news wzp_watch_look(struct wzp_watch *w, uint64_t packets, bool waiting,
                                   uint64_t taken, bool peer_due, uint64_t now)
{
    enum wzp_watch_news path = look_at_path(w, packets, waiting, now);
    enum wzp_watch_news peer = look_at_peer(w, taken, peer_due, now);

    return path != WZP_WATCH_NOTHING ? path : peer;
}

uint64_t wzp_watch_silence(const struct wzp_watch *w, bool peer_due, uint64_t now)
{
    return peer_due && w->peer_at != 0 ? wzp_time_since(now, w->peer_at) : 0;
}

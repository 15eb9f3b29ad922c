/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One path per frame. In a ring of relays each frame would reach most of them twice, and be
 * discarded the second time. Each relay reports guests to its neighbours, except to the neighbour
 * that is its own shortest path to their home. So if a neighbour reports guests of a home relay to
 * us, it receives that relay's frames by another path, and we need not forward them to it. Along
 * that path each hop is closer to the home relay, so that every relay gets the frames.
 *
 * A dead path is detected only when its link times out. Until then one frame in fifty (the canary)
 * is forwarded all the same. If a canary arrives first, and nothing came by the proper path for a
 * while, the relay that sent it becomes the helper: it is no longer told of these guests, and so
 * forwards all frames until the proper path works again. Source: wzp-protocol(7), Rooms of several
 * relays. */
#include <string.h>

#include "relay/dispatch.h"
#include "relay/federation.h"

/* True when that neighbour reports guests whose home is this origin. origin: WZP_RELAY_ORIGIN_SIZE
 * bytes. */
static bool knows(const struct wzp_relay_remote *remote, const uint8_t *origin)
{
    for (size_t i = 0; i < remote->home_count; i++)
        if (memcmp(remote->homes[i], origin, WZP_RELAY_ORIGIN_SIZE) == 0)
            return true;
    return false;
}

void wzp_relay_spare_told(struct wzp_relay_remote *remote)
{
    remote->home_count = 0;
    for (size_t i = 0; i < remote->count; i++) {
        const uint8_t *home = remote->guests[i].home;
        if (remote->guests[i].by->is_ours && !knows(remote, home) &&
            remote->home_count < WZP_RELAY_HOMES_MAX)
            memcpy(remote->homes[remote->home_count++], home, WZP_RELAY_ORIGIN_SIZE);
    }
}

bool wzp_relay_spare(struct wzp_relay_remote *remote, const uint8_t *origin)
{
    return knows(remote, origin) && ++remote->spared % WZP_RELAY_CANARY != 0;
}

static struct wzp_relay_proper *proper_of(struct wzp_relay_global *global, const uint8_t *origin)
{
    for (size_t i = 0; i < WZP_RELAY_HOMES_MAX; i++)
        if (global->proper[i].by &&
            memcmp(global->proper[i].origin, origin, WZP_RELAY_ORIGIN_SIZE) == 0)
            return &global->proper[i];
    return NULL;
}

void wzp_relay_spare_choose(struct wzp_relay_global *global, uint64_t now)
{
    struct wzp_relay_proper old[WZP_RELAY_HOMES_MAX];
    struct wzp_map_cursor cursor = {0};
    size_t count = 0;
    memcpy(old, global->proper, sizeof old);
    memset(global->proper, 0, sizeof global->proper);
    while (count < WZP_RELAY_HOMES_MAX && wzp_map_next(&global->best, &cursor)) {
        const struct wzp_relay_guest *guest = cursor.value;
        if (proper_of(global, guest->home))
            continue;
        struct wzp_relay_proper *p = &global->proper[count++];
        *p = (struct wzp_relay_proper){.by = guest->by, .at = now};
        memcpy(p->origin, guest->home, WZP_RELAY_ORIGIN_SIZE);
        for (size_t i = 0; i < WZP_RELAY_HOMES_MAX; i++)
            if (old[i].by == p->by && memcmp(old[i].origin, p->origin, WZP_RELAY_ORIGIN_SIZE) == 0)
                *p = old[i];
    }
}

void wzp_relay_spare_came(struct wzp_relay *r, struct wzp_relay_global *global,
                          const struct wzp_relay_neighbour *from, const uint8_t *origin, bool again,
                          uint64_t now)
{
    struct wzp_relay_proper *p = proper_of(global, origin);
    if (!p)
        return;
    if (p->by == from) {
        p->at = now;
        if (p->helper)
            wzp_relay_global_changed(r, global, now);
        p->helper = NULL;
    } else if (!again && from->is_ours && !p->helper &&
               wzp_time_since(now, p->at) > WZP_RELAY_PROPER_TIME) {
        p->helper = from;
        wzp_relay_global_changed(r, global, now);
    }
}

bool wzp_relay_spare_helps(const struct wzp_relay_global *global,
                           const struct wzp_relay_neighbour *n, const uint8_t *home)
{
    for (size_t i = 0; i < WZP_RELAY_HOMES_MAX; i++)
        if (global->proper[i].helper == n && global->proper[i].by &&
            memcmp(global->proper[i].origin, home, WZP_RELAY_ORIGIN_SIZE) == 0)
            return true;
    return false;
}

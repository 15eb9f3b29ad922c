/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ghosts: members who left, but whom a mesh with existing relays would list for ever. Existing
 * relays pass on lists without saying where an entry began, even entries that they got from us.
 * Each of them then keeps reporting such a member because another one does. An entry without a home
 * relay is hearsay. When the home relay says that a member left, hearsay about that member is
 * removed, and for a short time not accepted again. Source: wzp-protocol(7), Rooms of several
 * relays. */
#include <string.h>

#include "base/text.h"
#include "relay/federation.h"
#include "relay/state.h"

static const uint8_t nowhere[8];

static bool is_hearsay(const struct wzp_relay_guest *guest)
{
    return memcmp(guest->home, nowhere, sizeof nowhere) == 0;
}

static bool is_among(const struct wzp_relay_guest *guests, size_t count, const char *fingerprint)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(guests[i].fingerprint, fingerprint) == 0)
            return true;
    return false;
}

static size_t drop_hearsay(struct wzp_relay_guest *guests, size_t count, const char *fingerprint)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_hearsay(&guests[i]) || strcmp(guests[i].fingerprint, fingerprint) != 0)
            guests[kept++] = guests[i];
    return kept;
}

static void note(struct wzp_relay *r, struct wzp_relay_global *global, const char *fingerprint,
                 uint64_t now)
{
    struct wzp_relay_ghost *ghost = global->ghosts;
    for (size_t i = 1; i < WZP_RELAY_GHOSTS_MAX; i++)
        if (global->ghosts[i].at < ghost->at)
            ghost = &global->ghosts[i];
    (void)wzp_text_copy(ghost->fingerprint, sizeof ghost->fingerprint, fingerprint);
    ghost->at = now ? now : 1;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_remote *remote = &global->remotes[i];
        remote->count = drop_hearsay(remote->guests, remote->count, fingerprint);
    }
}

void wzp_relay_ghost_left(struct wzp_relay *r, struct wzp_relay_global *global,
                          const char *fingerprint, uint64_t now)
{
    note(r, global, fingerprint, now);
    wzp_relay_global_choose(r, global);
}

void wzp_relay_ghost_compare(struct wzp_relay *r, struct wzp_relay_global *global,
                             const struct wzp_relay_guest *before, size_t before_count,
                             const struct wzp_relay_guest *after, size_t after_count, uint64_t now)
{
    bool has_left = false;
    for (size_t i = 0; i < before_count; i++) {
        if (is_hearsay(&before[i]) || is_among(after, after_count, before[i].fingerprint))
            continue;
        note(r, global, before[i].fingerprint, now);
        has_left = true;
    }
    if (has_left)
        wzp_relay_global_choose(r, global);
}

size_t wzp_relay_ghost_filter(const struct wzp_relay_global *global, struct wzp_relay_guest *guests,
                              size_t count, uint64_t now)
{
    for (size_t i = 0; i < WZP_RELAY_GHOSTS_MAX; i++)
        if (global->ghosts[i].at &&
            wzp_time_since(now, global->ghosts[i].at) < WZP_RELAY_GHOST_TIME)
            count = drop_hearsay(guests, count, global->ghosts[i].fingerprint);
    return count;
}

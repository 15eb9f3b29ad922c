/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/share.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "relay/state.h"

void wzp_relay_origin_of_address(struct wzp_relay_origin *out, const struct wzp_addr *addr)
{
    memset(out, 0, sizeof *out);
    if (wzp_addr_is_v6(addr)) {
        out->length = 8;
        memcpy(out->bytes, &addr->u.in6.sin6_addr, 8);
    } else {
        out->length = 4;
        memcpy(out->bytes, &addr->u.in.sin_addr, 4);
    }
}

void wzp_relay_origin_of(struct wzp_relay_origin *out, const struct wzp_relay_client *client)
{
    struct wzp_addr local, remote;
    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    wzp_relay_origin_of_address(out, &remote);
}

void wzp_relay_shares_init(struct wzp_relay_shares *shares, size_t limit,
                           const struct wzp_random *random)
{
    wzp_map_init(&shares->counts, limit, random);
}

void wzp_relay_shares_fini(struct wzp_relay_shares *shares)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&shares->counts, &cursor))
        wzp_free(cursor.value);
    wzp_map_fini(&shares->counts);
}

/* Counts one more place for that origin, unless it has `most` already (0: no limit): then *is_over
 * and WZP_E_LIMIT. Also WZP_E_LIMIT (too many origins), WZP_E_MEMORY. */
static int take(bool *is_over, struct wzp_relay_shares *shares,
                const struct wzp_relay_origin *origin, unsigned most)
{
    unsigned *count = wzp_map_get(&shares->counts, origin->bytes, origin->length);
    *is_over = false;
    if (!count) {
        count = wzp_calloc(1, sizeof *count);
        int result = count ? wzp_map_put(&shares->counts, origin->bytes, origin->length, count)
                           : WZP_E_MEMORY;
        if (result) {
            wzp_free(count);
            return result;
        }
    }
    *is_over = most && *count >= most;
    if (*is_over)
        return WZP_E_LIMIT;
    ++*count;
    return 0;
}

static void give(struct wzp_relay_shares *shares, const struct wzp_relay_origin *origin)
{
    unsigned *count = wzp_map_get(&shares->counts, origin->bytes, origin->length);
    if (count && --*count == 0) {
        wzp_map_remove(&shares->counts, origin->bytes, origin->length);
        wzp_free(count);
    }
}

/* ---- places ---- */

static unsigned share_of(const struct wzp_relay *r)
{
    unsigned share = r->config.max_sessions / WZP_RELAY_SHARE_DIVISOR;
    if (!r->config.max_per_address)
        return 0;
    return share > WZP_RELAY_SHARE_MIN ? share : WZP_RELAY_SHARE_MIN;
}

/* The unproven member that has been silent longest; NULL when none is idle. */
static struct wzp_relay_client *find_idle(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_client *found = NULL;
    uint64_t longest = WZP_RELAY_IDLE_TIME;
    for (struct wzp_relay_client *c = r->clients; c; c = c->next) {
        if (!c->member.room || c->member.room->is_call || c->bound)
            continue;
        uint64_t silent = wzp_time_since(now, c->member.heard_at);
        if (silent >= longest) {
            longest = silent;
            found = c;
        }
    }
    return found;
}

size_t wzp_relay_places(const struct wzp_relay *r, bool is_call)
{
    size_t reserve = r->config.max_sessions / WZP_RELAY_RESERVE_DIVISOR;
    return r->config.max_sessions - (is_call ? 0 : reserve);
}

const char *wzp_relay_place_refusal(int result)
{
    return result == WZP_E_LIMIT ? "relay is full" : wzp_strerror(result);
}

int wzp_relay_place_take(struct wzp_relay_client **idle, struct wzp_relay *r,
                         struct wzp_relay_client *client, size_t leaving, const char **reason,
                         uint64_t now)
{
    bool is_call = client->purpose == WZP_PURPOSE_CALL_ROOM;
    bool is_over_share;
    *idle = NULL;
    wzp_relay_origin_of(&client->origin, client);
    int result = take(&is_over_share, &r->places, &client->origin, is_call ? 0 : share_of(r));
    if (result) {
        *reason = is_over_share ? "too many room members from this address"
                                : wzp_relay_place_refusal(result);
        r->total.joins_over_share += is_over_share;
        return result;
    }
    if (r->members + r->threads.visitors - leaving < wzp_relay_places(r, is_call))
        return 0;
    *idle = client->bound ? find_idle(r, now) : NULL;
    if (*idle)
        return 0;
    give(&r->places, &client->origin);
    *reason = wzp_relay_place_refusal(WZP_E_LIMIT);
    return WZP_E_LIMIT;
}

void wzp_relay_place_give(struct wzp_relay *r, struct wzp_relay_client *client)
{
    give(&r->places, &client->origin);
}

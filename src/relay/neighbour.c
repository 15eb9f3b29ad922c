/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/neighbour.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/federation.h"
#include "relay/old_query.h"
#include "relay/state.h"

/* ---- the table ---- */

struct wzp_relay_neighbour *wzp_relay_neighbour_find(const struct wzp_relay *r,
                                                     const uint8_t sha256[32])
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (memcmp(r->neighbours.items[i].sha256, sha256, 32) == 0)
            return &r->neighbours.items[i];
    return NULL;
}

struct wzp_relay_neighbour *wzp_relay_neighbour_by_home(const struct wzp_relay *r,
                                                        const uint8_t home[8])
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (memcmp(r->neighbours.items[i].sha256, home, 8) == 0)
            return &r->neighbours.items[i];
    return NULL;
}

/* One entry of [[peers]] or [[trusted]]; a relay may be in both. */
static void add(struct wzp_relay *r, const struct wzp_relay_peer *peer, bool dial)
{
    uint8_t sha256[32];
    if (wzp_tls_fingerprint_parse(sha256, peer->fingerprint, strlen(peer->fingerprint)) < 0 ||
        memcmp(sha256, r->certificate.sha256, sizeof sha256) == 0)
        return; /* logged when the file was read; or ourselves */
    struct wzp_relay_neighbour *n = wzp_relay_neighbour_find(r, sha256);
    if (!n) {
        n = &r->neighbours.items[r->neighbours.count];
        n->index = r->neighbours.count++;
        memcpy(n->sha256, sha256, sizeof sha256);
        wzp_tls_fingerprint_format(n->fingerprint, sha256);
        n->dials_first = memcmp(r->certificate.sha256, sha256, sizeof sha256) < 0;
    }
    if (dial && !n->url)
        n->url = peer->url;
    n->allow_unproven |= peer->allow_unproven;
    if (!n->label[0])
        wzp_text_filter(n->label, sizeof n->label, peer->label[0] ? peer->label : peer->url,
                        strlen(peer->label[0] ? peer->label : peer->url));
    if (!n->label[0])
        snprintf(n->label, sizeof n->label, "%.16s", n->fingerprint);
}

int wzp_relay_neighbours_init(struct wzp_relay *r, uint64_t now)
{
    size_t count = r->config.peer_count + r->config.trusted_count;
    if (!count)
        return 0;
    r->neighbours.since = now;
    r->neighbours.instance = wzp_random_u64(&r->random) | 1; /* 0 means unknown */
    r->neighbours.items = wzp_calloc(count, sizeof *r->neighbours.items);
    if (!r->neighbours.items)
        return WZP_E_MEMORY;
    for (size_t i = 0; i < r->config.peer_count; i++)
        add(r, &r->config.peers[i], true);
    for (size_t i = 0; i < r->config.trusted_count; i++)
        add(r, &r->config.trusted[i], false);
    for (size_t i = 0; i < r->neighbours.count; i++)
        if (r->neighbours.items[i].url)
            wzp_relay_timer_arm_at(&r->timers, &r->neighbours.items[i].retry, WZP_RELAY_TIMER_RETRY,
                                   &r->neighbours.items[i], now);
    return 0;
}

void wzp_relay_neighbours_fini(struct wzp_relay *r)
{
    for (size_t i = 0; i < r->neighbours.count; i++)
        wzp_free(r->neighbours.items[i].people);
    wzp_free(r->neighbours.items);
    memset(&r->neighbours, 0, sizeof r->neighbours);
}

/* ---- the link ---- */

static bool is_usable(const struct wzp_relay_client *client)
{
    return client && client->stage == WZP_RELAY_STAGE_LINK;
}

/* Both ends choose the same connection: the one dialled by the relay with the smaller
 * fingerprint. */
struct wzp_relay_client *wzp_relay_neighbour_link(const struct wzp_relay_neighbour *neighbour)
{
    size_t preferred = neighbour->dials_first ? WZP_RELAY_DIALLED : WZP_RELAY_ACCEPTED;
    for (size_t i = 0; i < 2; i++) {
        struct wzp_relay_client *link = neighbour->links[i ? 1 - preferred : preferred];
        if (is_usable(link))
            return link;
    }
    return NULL;
}

uint64_t wzp_relay_neighbour_rtt(const struct wzp_relay_neighbour *neighbour)
{
    const struct wzp_relay_client *link = wzp_relay_neighbour_link(neighbour);
    struct wzp_quic_stats stats;
    if (!link || !link->conn)
        return 0;
    wzp_quic_conn_stats(link->conn, &stats);
    return stats.rtt_smoothed;
}

bool wzp_relay_neighbour_send(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                              const struct wzp_signal *signal, uint64_t now)
{
    struct wzp_relay_client *link = wzp_relay_neighbour_link(neighbour);
    return link && wzp_relay_client_send(r, link, signal, now) == 0;
}

static void go_up(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    n->is_up = true;
    n->up_since = now;
    n->told_down = n->told_pin = false;
    wzp_relay_timer_arm(&r->timers, &n->watch, WZP_RELAY_TIMER_LINK, n, now);
    wzp_relay_timer_arm(&r->timers, &n->try, WZP_RELAY_TIMER_TRY, n, now);
    wzp_relay_log(r, now, WZP_LOG_INFO, "federation link to %s is up", n->label);
    wzp_relay_federation_up(r, n, now);
}

static void go_down(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    n->is_up = n->is_ours = false;
    n->instance = 0;
    wzp_relay_timer_disarm(&r->timers, &n->watch);
    wzp_relay_timer_disarm(&r->timers, &n->try);
    wzp_relay_old_forget(r, n, now);
    if (wzp_time_since(now, n->up_since) >= WZP_RELAY_STEADY_TIME)
        n->failures = 0;
    if (!n->told_down)
        wzp_relay_log(r, now, WZP_LOG_WARN, "federation link to %s is down", n->label);
    n->told_down = true;
    wzp_relay_federation_down(r, n, now);
}

/* One connection is gone. The link goes down with the last one. If another remains, everything is
 * sent again over it, because data on the lost one may not have arrived. */
static void link_lost(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    if (!n->is_up)
        return;
    if (wzp_relay_neighbour_link(n))
        wzp_relay_federation_up(r, n, now);
    else
        go_down(r, n, now);
}

void wzp_relay_neighbour_cut(struct wzp_relay *r, struct wzp_relay_neighbour *n, size_t side,
                             const char *why, uint64_t now)
{
    struct wzp_relay_client *client = n->links[side];
    if (!client)
        return;
    n->links[side] = NULL;
    client->neighbour = NULL;
    wzp_relay_client_cut(r, client, why, now);
    if (side == WZP_RELAY_DIALLED)
        wzp_relay_neighbour_redial(r, n, now);
}

void wzp_relay_link_attach(struct wzp_relay *r, struct wzp_relay_client *client,
                           struct wzp_relay_neighbour *n, uint64_t now)
{
    size_t side = client->is_dialled ? WZP_RELAY_DIALLED : WZP_RELAY_ACCEPTED;
    if (n->links[side] != client) {
        /* The relay connects again only if it lost the previous connection, and the data in flight
         * there. */
        bool was_up = is_usable(n->links[side]);
        wzp_relay_neighbour_cut(r, n, side, "replaced by a newer connection", now);
        if (was_up)
            link_lost(r, n, now);
    }
    n->links[side] = client;
    n->heard[side] = 0;
    n->heard_at[side] = now;
    client->neighbour = n;
    client->stage = WZP_RELAY_STAGE_LINK;
    if (client->conn)
        wzp_quic_conn_set_budget(client->conn, WZP_QUIC_BUDGET_LINK);
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    if (n->is_up)
        wzp_relay_federation_up(r, n, now);
    else
        go_up(r, n, now);
}

void wzp_relay_neighbour_restarted(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                                   const struct wzp_relay_client *link, uint64_t now)
{
    for (size_t i = 0; i < 2; i++)
        if (n->links[i] != link)
            wzp_relay_neighbour_cut(r, n, i, "it was started anew", now);
    if (!n->is_up)
        return;
    go_down(r, n, now);
    if (wzp_relay_neighbour_link(n))
        go_up(r, n, now);
}

void wzp_relay_neighbour_watch(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    bool lost = false;
    for (size_t i = 0; i < 2; i++) {
        uint64_t heard = is_usable(n->links[i]) ? n->links[i]->link->heard(n->links[i]->at) : 0;
        if (!is_usable(n->links[i]) || heard != n->heard[i]) {
            n->heard[i] = heard;
            n->heard_at[i] = now;
        } else if (wzp_time_since(now, n->heard_at[i]) >= WZP_RELAY_LINK_SILENCE) {
            /* Its people are removed now, not only when QUIC's idle timeout expires. */
            wzp_relay_neighbour_cut(r, n, i, "nothing came for 4 s", now);
            lost = true;
        }
    }
    if (lost)
        link_lost(r, n, now);
    if (n->is_up)
        wzp_relay_timer_arm(&r->timers, &n->watch, WZP_RELAY_TIMER_LINK, n, now);
}

/* The address at which clients reach this neighbour; clients need addresses, not names. */
static void text_of(const struct wzp_relay_neighbour *n, char *out, size_t capacity)
{
    const struct wzp_relay_client *link = wzp_relay_neighbour_link(n);
    char label[WZP_RELAY_NAME_MAX];
    bool plain = !strchr(n->label, '|') && !strchr(n->region, '|');
    snprintf(label, sizeof label, "%.120s%s%.60s%s", plain ? n->label : "peer",
             plain && n->region[0] ? " (" : "", plain ? n->region : "",
             plain && n->region[0] ? ")" : "");
    struct wzp_addr local, remote;
    char address[WZP_ADDR_TEXT_MAX];
    memset(&remote, 0, sizeof remote);
    if (link) {
        link->link->path(link->at, &local, &remote); /* relays dial from their listening port */
        snprintf(out, capacity, "%s|%s", label, wzp_addr_format(address, &remote));
    } else {
        snprintf(out, capacity, "%s|%s", label, n->url);
    }
}

void wzp_relay_neighbours_list(const struct wzp_relay *r, struct wzp_relay_available *out)
{
    uint64_t rtts[WZP_RELAY_LIST_MAX];
    out->count = 0;
    for (size_t i = 0; i < r->neighbours.count && out->count < WZP_RELAY_LIST_MAX; i++) {
        const struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        uint64_t rtt = n->is_up ? wzp_relay_neighbour_rtt(n) : WZP_NEVER;
        size_t at = out->count;
        if (!n->is_up && !n->url)
            continue;
        for (; at > 0 && rtts[at - 1] > rtt; at--) {
            rtts[at] = rtts[at - 1];
            memcpy(out->texts[at], out->texts[at - 1], sizeof out->texts[at]);
        }
        rtts[at] = rtt;
        text_of(n, out->texts[at], sizeof out->texts[at]);
        out->count++;
    }
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = out->texts[i];
}

void wzp_relay_link_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->neighbour;
    if (!n)
        return;
    client->neighbour = NULL;
    for (size_t i = 0; i < 2; i++)
        if (n->links[i] == client)
            n->links[i] = NULL;
    link_lost(r, n, now);
    if (client->is_dialled)
        wzp_relay_neighbour_redial(r, n, now);
}

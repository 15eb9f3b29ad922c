/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dials other relays, and retries for ever. Source: wzp-protocol(7), Links. */
#include <string.h>

#include "relay/neighbour.h"
#include "relay/state.h"

/* How long the neighbour could not be reached. */
static uint64_t failing_time(const struct wzp_relay_neighbour *n, uint64_t now)
{
    return n->failures ? wzp_time_since(now, n->failing_since) : 0;
}

void wzp_relay_neighbour_redial(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    uint64_t delay = WZP_RELAY_RETRY_FIRST;
    /* A relay that answers but makes no link is dialled less often than one that does not
     * answer. */
    uint64_t most = n->answered ? WZP_RELAY_RETRY_REFUSED : WZP_RELAY_RETRY_QUICK;
    if (!n->url || n->retry.armed || r->draining)
        return;
    if (!n->failures)
        n->failing_since = now;
    if (failing_time(n, now) / WZP_RELAY_RETRY_PART > most)
        most = failing_time(n, now) / WZP_RELAY_RETRY_PART;
    if (most > WZP_RELAY_RETRY_MAX)
        most = WZP_RELAY_RETRY_MAX;
    for (unsigned i = 0; i < n->failures && delay < most; i++)
        delay *= 2;
    if (n->failures < 32)
        n->failures++;
    wzp_relay_timer_arm_at(&r->timers, &n->retry, WZP_RELAY_TIMER_RETRY, n,
                           wzp_time_add(now, delay < most ? delay : most));
}

static void dial(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    const struct wzp_addr *to = &n->addresses[n->address_next++ % n->address_count];
    struct wzp_relay_client *client;
    if (wzp_relay_client_dial(&client, r, to, WZP_SNI_FEDERATION, now) < 0) {
        wzp_relay_neighbour_redial(r, n, now);
        return;
    }
    client->neighbour = n;
    n->answered = false;
    n->links[WZP_RELAY_DIALLED] = client;
    /* QUIC repeats its first packet at growing intervals: a new dial reaches the relay sooner. */
    if (failing_time(n, now) < WZP_RELAY_DIAL_MINUTE)
        wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_DIAL, client, now);
}

void wzp_relay_neighbour_retry(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    struct wzp_addr address;
    if (n->links[WZP_RELAY_DIALLED] || r->draining || n->resolving)
        return;
    if (wzp_addr_parse(&address, n->url, strlen(n->url)) == 0) {
        n->addresses[0] = address;
        n->address_count = 1;
        dial(r, n, now);
    } else if (r->host.resolve) {
        /* The name is resolved each time, because its addresses may change. */
        n->resolving = ++r->next_request;
        r->host.resolve(r->host.context, n->resolving, n->url);
    } else {
        wzp_relay_neighbour_redial(r, n, now);
    }
}

void wzp_relay_resolved(struct wzp_relay *r, uint64_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now)
{
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        if (!request || n->resolving != request)
            continue;
        n->resolving = 0;
        if (count > WZP_RELAY_RESOLVED_MAX)
            count = WZP_RELAY_RESOLVED_MAX;
        if (count) {
            memcpy(n->addresses, addresses, count * sizeof *addresses);
            n->address_count = (unsigned)count;
        }
        if (n->links[WZP_RELAY_DIALLED] || r->draining)
            return;
        if (count) {
            dial(r, n, now);
            return;
        }
        if (!n->told_down)
            wzp_relay_log(r, now, WZP_LOG_WARN, "federation: the name %s has no address", n->url);
        n->told_down = true;
        wzp_relay_neighbour_redial(r, n, now);
        return;
    }
}

/* A workaround for existing relays that we dial. Such a relay writes to our latest connection, but
 * when an older connection of ours ends, it forgets the latest one as well: our link stays up and
 * receives nothing. It has an older connection if this relay was restarted. That one ends when our
 * stateless reset reaches it, or by its idle timeout. So after that time the link is closed and
 * dialled again; the old link must be gone before the new one comes. */
void wzp_relay_neighbour_stray(struct wzp_relay *r, const struct wzp_addr *remote, uint64_t now)
{
    if (wzp_time_since(now, r->neighbours.since) >= WZP_RELAY_STRAY_TIME)
        return;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        bool is_its = false;
        for (unsigned a = 0; a < n->address_count; a++)
            is_its |= wzp_addr_equal(&n->addresses[a], remote);
        if (!is_its || n->is_ours || n->renew.armed || n->renewals >= WZP_RELAY_RENEWALS_MAX)
            continue;
        uint64_t at = wzp_time_add(now, WZP_RELAY_STRAY_WAIT);
        n->renewals++;
        /* After so many resets they evidently do not reach it: waits for its idle timeout. */
        if (n->renewals == WZP_RELAY_RENEWALS_MAX)
            at = wzp_time_add(r->neighbours.since, WZP_RELAY_STRAY_TIME);
        wzp_relay_timer_arm_at(&r->timers, &n->renew, WZP_RELAY_TIMER_RENEW, n, at);
    }
}

void wzp_relay_neighbour_renew(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    const struct wzp_relay_client *link = n->links[WZP_RELAY_DIALLED];
    /* The neighbour's guests stay listed during one dial. */
    if (!link || link->stage != WZP_RELAY_STAGE_LINK || n->is_ours || r->draining)
        return;
    n->failures = 0; /* this is no failed dial */
    wzp_relay_neighbour_cut(r, n, WZP_RELAY_DIALLED, "to be dialled anew", now);
}

void wzp_relay_link_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->neighbour;
    uint8_t sha256[32];
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    if (!n || client->stage == WZP_RELAY_STAGE_CLOSING)
        return;
    n->answered = true;
    if (wzp_quic_conn_peer_certificate(client->conn, sha256) < 0 ||
        memcmp(sha256, n->sha256, sizeof sha256) != 0) {
        if (!n->told_pin) {
            wzp_tls_fingerprint_format(text, sha256);
            wzp_relay_log(r, now, WZP_LOG_ERROR,
                          "federation: %s shows the certificate %s, not the configured one: "
                          "refused until it does",
                          n->url, text);
        }
        n->told_pin = true;
        r->total.links_refused++;
        wzp_relay_client_close(r, client, "this is not the configured relay", now);
        return;
    }
    wzp_relay_neighbour_hello(r, client, now);
    if (client->stage != WZP_RELAY_STAGE_CLOSING)
        wzp_relay_link_attach(r, client, n, now);
}

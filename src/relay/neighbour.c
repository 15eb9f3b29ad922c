/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/neighbour.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "crypto/federation.h"
#include "relay/dispatch.h"
#include "relay/federation.h"
#include "relay/state.h"

/* ---- the table ---- */

static struct wzp_relay_neighbour *find(struct wzp_relay *r, const uint8_t sha256[32])
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
        return; /* said when the file was read; or ourselves */
    struct wzp_relay_neighbour *n = find(r, sha256);
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

/* Both ends choose alike: the connection that the relay with the smaller fingerprint dialled. */
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

void wzp_relay_neighbour_hello(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal hello = {0};
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char *capability = (char *)(uintptr_t)WZP_RELAY_CAPABILITY;
    uint8_t exporter[WZP_EXPORTER_SIZE];
    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_FEDERATION) < 0) {
        wzp_relay_client_close(r, client, "no key material", now);
        return;
    }
    wzp_federation_hello_make(&hello, text, &r->certificate, exporter);
    hello.u.federation_hello.build = r->build;
    hello.u.federation_hello.capabilities.items = &capability;
    hello.u.federation_hello.capabilities.count = 1;
    if (r->config.region[0])
        hello.u.federation_hello.region = r->config.region;
    (void)wzp_relay_client_send(r, client, &hello, now);
}

/* No connection is left that could be written to: the link is down. */
static void link_lost(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    if (!n->is_up || wzp_relay_neighbour_link(n))
        return;
    n->is_up = n->is_ours = false;
    wzp_relay_timer_disarm(&r->timers, &n->watch);
    if (wzp_time_since(now, n->up_since) >= WZP_RELAY_STEADY_TIME)
        n->failures = 0;
    if (!n->told_down)
        wzp_relay_log(r, now, WZP_LOG_WARN, "federation link to %s is down", n->label);
    n->told_down = true;
    wzp_relay_federation_down(r, n, now);
}

static void attach(struct wzp_relay *r, struct wzp_relay_client *client,
                   struct wzp_relay_neighbour *n, uint64_t now)
{
    size_t side = client->is_dialled ? WZP_RELAY_DIALLED : WZP_RELAY_ACCEPTED;
    struct wzp_relay_client *older = n->links[side];
    client->neighbour = n;
    client->stage = WZP_RELAY_STAGE_LINK;
    wzp_relay_timer_disarm(&r->timers, &client->timer);
    n->links[side] = client;
    if (older && older != client) {
        older->neighbour = NULL;
        wzp_relay_client_close(r, older, "replaced by a newer connection", now);
    }
    if (n->is_up)
        return;
    n->is_up = true;
    n->up_since = now;
    n->told_down = n->told_pin = false;
    n->heard_at = now;
    wzp_relay_timer_arm(&r->timers, &n->watch, WZP_RELAY_TIMER_LINK, n, now);
    wzp_relay_log(r, now, WZP_LOG_INFO, "federation link to %s is up", n->label);
    wzp_relay_federation_up(r, n, now);
}

void wzp_relay_neighbour_watch(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    uint64_t heard = 0;
    for (size_t i = 0; i < 2; i++)
        heard += n->links[i] ? n->links[i]->link->heard(n->links[i]->at) : 0;
    if (heard != n->heard) {
        n->heard = heard;
        n->heard_at = now;
    }
    if (wzp_time_since(now, n->heard_at) < WZP_RELAY_LINK_SILENCE) {
        wzp_relay_timer_arm(&r->timers, &n->watch, WZP_RELAY_TIMER_LINK, n, now);
        return;
    }
    /* Nothing comes through any more: its people are gone now, not when QUIC gives up. */
    for (size_t i = 0; i < 2; i++)
        if (n->links[i])
            wzp_relay_client_close(r, n->links[i], "nothing came for 11 s", now);
    link_lost(r, n, now);
}

/* Where clients reach this neighbour; clients want addresses, not names. */
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
        link->link->path(link->at, &local, &remote); /* they dial from where they listen */
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

/* ---- dialling ---- */

static void fail(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    uint64_t delay = WZP_RELAY_RETRY_FIRST;
    if (!n->url || n->retry.armed || r->draining)
        return;
    if (!n->failures)
        n->failing_since = now;
    uint64_t most = wzp_time_since(now, n->failing_since) < WZP_RELAY_RETRY_MINUTE
                        ? WZP_RELAY_RETRY_QUICK
                        : WZP_RELAY_RETRY_MAX;
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
    struct wzp_relay_client *client = wzp_relay_client_dial(r, to, WZP_SNI_FEDERATION, now);
    if (!client) {
        fail(r, n, now);
        return;
    }
    client->neighbour = n;
    n->links[WZP_RELAY_DIALLED] = client;
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
        /* Asked anew each time: names move. */
        n->resolving = ++r->next_request;
        r->host.resolve(r->host.context, n->resolving, n->url);
    } else {
        fail(r, n, now);
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
        fail(r, n, now);
        return;
    }
}

void wzp_relay_link_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->neighbour;
    uint8_t sha256[32];
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    if (!n || client->stage == WZP_RELAY_STAGE_CLOSING)
        return;
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
        attach(r, client, n, now);
}

/* ---- being dialled ---- */

/* True when the log should name this refused relay; it is named now and then, with how often it
 * came, however often that is. */
static uint64_t refused_before(struct wzp_relay *r, const struct wzp_relay_client *client,
                               bool *tell, uint64_t now)
{
    struct wzp_addr local, remote;
    size_t oldest = 0;
    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    for (size_t i = 0; i < WZP_RELAY_REFUSED_MAX; i++) {
        if (r->neighbours.refused[i].count &&
            wzp_addr_equal_ip(&r->neighbours.refused[i].address, &remote)) {
            uint64_t count = r->neighbours.refused[i].count++;
            *tell = wzp_time_since(now, r->neighbours.refused[i].told_at) >= WZP_RELAY_REFUSED_TIME;
            if (*tell)
                r->neighbours.refused[i].told_at = now;
            return count;
        }
        if (r->neighbours.refused[i].told_at < r->neighbours.refused[oldest].told_at)
            oldest = i;
    }
    r->neighbours.refused[oldest].address = remote;
    r->neighbours.refused[oldest].told_at = now;
    r->neighbours.refused[oldest].count = 1;
    *tell = true;
    return 0;
}

void wzp_relay_link_refuse(struct wzp_relay *r, struct wzp_relay_client *client, const char *why,
                           const char *claim, uint64_t now)
{
    char who[WZP_RELAY_WHO_MAX], shown[WZP_TLS_FINGERPRINT_TEXT_MAX];
    bool tell;
    uint64_t before = refused_before(r, client, &tell, now);
    r->total.links_refused++;
    wzp_text_filter(shown, sizeof shown, claim, strlen(claim));
    if (tell && before)
        wzp_relay_log(r, now, WZP_LOG_WARN, "federation link from %s refused %llu times: %s",
                      wzp_relay_who(who, client), (unsigned long long)before + 1, why);
    else if (tell)
        wzp_relay_log(r, now, WZP_LOG_WARN, "federation link from %s refused: %s%s%s%s",
                      wzp_relay_who(who, client), why,
                      shown[0] ? "; to let it in: [[trusted]] fingerprint = \"" : "", shown,
                      shown[0] ? "\"" : "");
    wzp_relay_client_close(r, client, why, now);
}

static bool comes_from(const struct wzp_relay_neighbour *n, const struct wzp_relay_client *client)
{
    struct wzp_addr local, remote, address;
    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    if (n->url && wzp_addr_parse(&address, n->url, strlen(n->url)) == 0)
        return wzp_addr_equal_ip(&address, &remote);
    for (unsigned i = 0; i < n->address_count; i++)
        if (wzp_addr_equal_ip(&n->addresses[i], &remote))
            return true;
    return false;
}

/* Reads what the other side says about itself; the neighbour it is, or NULL and why not. */
static struct wzp_relay_neighbour *recognise(struct wzp_relay *r, struct wzp_relay_client *client,
                                             const struct wzp_signal *hello, int *proven,
                                             const char **why)
{
    uint8_t exporter[WZP_EXPORTER_SIZE], sha256[32];
    struct wzp_error err = {0};
    *why = "the proof in its hello is wrong";
    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_FEDERATION) < 0 ||
        wzp_federation_hello_check(proven, sha256, hello, exporter, &err) < 0)
        return NULL;
    *why = "that is this relay's own fingerprint";
    if (memcmp(sha256, r->certificate.sha256, sizeof sha256) == 0)
        return NULL;
    struct wzp_relay_neighbour *n = find(r, sha256);
    *why = "its fingerprint is not configured";
    if (!n)
        return NULL;
    *why = "it proves nothing and comes from another address (allow_unproven lets it in)";
    if (!*proven && !n->allow_unproven && !comes_from(n, client))
        return NULL;
    return n;
}

static void learn(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                  const struct wzp_signal *hello, bool proven, uint64_t now)
{
    const struct wzp_string_list *list = &hello->u.federation_hello.capabilities;
    bool is_ours = false;
    for (size_t i = 0; i < list->count && proven; i++)
        is_ours |= strcmp(list->items[i], WZP_RELAY_CAPABILITY) == 0;
    if (hello->u.federation_hello.region)
        wzp_text_filter(n->region, sizeof n->region, hello->u.federation_hello.region,
                        strlen(hello->u.federation_hello.region));
    if (is_ours == n->is_ours)
        return;
    n->is_ours = is_ours;
    if (n->is_up)
        wzp_relay_federation_up(r, n, now);
}

void wzp_relay_on_hello(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *hello = message->signal;
    const char *why;
    int proven = 0;
    struct wzp_relay_neighbour *n = recognise(r, client, hello, &proven, &why);
    if (client->stage == WZP_RELAY_STAGE_LINK) {
        /* The acceptor's hello to us, or one more, which existing relays ignore. */
        if (n && n == client->neighbour && proven)
            learn(r, n, hello, true, now);
        return;
    }
    if (!n) {
        wzp_relay_link_refuse(r, client, why, hello->u.federation_hello.tls_fingerprint, now);
        return;
    }
    learn(r, n, hello, proven, now);
    wzp_relay_neighbour_hello(r, client, now);
    if (client->stage != WZP_RELAY_STAGE_CLOSING)
        attach(r, client, n, now);
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
        fail(r, n, now);
}

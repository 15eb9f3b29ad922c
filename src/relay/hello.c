/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Hello between relays, and the decision which relay to trust. Source: wzp-protocol(7),
 * Links. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/federation.h"
#include "relay/dispatch.h"
#include "relay/neighbour.h"
#include "relay/state.h"

void wzp_relay_neighbour_hello(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_signal hello = {0};
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char *capability = (char *)(uintptr_t)WZP_RELAY_CAPABILITY;
    char instance[17];
    uint8_t exporter[WZP_EXPORTER_SIZE];
    if (client->link->export_key(client->at, exporter, WZP_EXPORTER_FEDERATION) < 0) {
        wzp_relay_client_close(r, client, "no key material", now);
        return;
    }
    wzp_federation_hello_make(&hello, text, &r->certificate, exporter);
    hello.u.federation_hello.build = r->build;
    hello.u.federation_hello.capabilities.items = &capability;
    hello.u.federation_hello.capabilities.count = 1;
    snprintf(instance, sizeof instance, "%016llx", (unsigned long long)r->neighbours.instance);
    hello.u.federation_hello.instance = instance;
    if (r->config.region[0])
        hello.u.federation_hello.region = r->config.region;
    (void)wzp_relay_client_send(r, client, &hello, now);
}

/* Counts a refused relay and returns its earlier refusals. *tell is true when the log should
 * mention it, which is at a limited rate. */
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

/* Reads the other side's Hello. Returns the neighbour that it is, or NULL with the reason. */
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
    struct wzp_relay_neighbour *n = wzp_relay_neighbour_find(r, sha256);
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

/* Detects a restart: the relay then knows nothing of its older connections or what was sent
 * there. */
static void check_instance(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                           const struct wzp_signal *hello, const struct wzp_relay_client *client,
                           uint64_t now)
{
    uint8_t bytes[8];
    const char *text = hello->u.federation_hello.instance;
    if (!text || wzp_hex_decode(bytes, sizeof bytes, text, strlen(text)) < 0)
        return;
    uint64_t instance = wzp_get_be64(bytes);
    if (n->instance && n->instance != instance)
        wzp_relay_neighbour_restarted(r, n, client, now);
    n->instance = instance;
}

void wzp_relay_on_hello(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_signal *hello = message->signal;
    const char *why;
    int proven = 0;
    /* Verifying a proof is expensive: it is done once per connection, which belongs to one run of
     * the relay. */
    if (client->hellos >= WZP_RELAY_HELLOS_MAX)
        return;
    client->hellos++;
    struct wzp_relay_neighbour *n = recognise(r, client, hello, &proven, &why);
    if (client->stage == WZP_RELAY_STAGE_LINK) {
        /* The acceptor's Hello to us, or a repeated one, which existing relays ignore. */
        if (n && n == client->neighbour && proven) {
            check_instance(r, n, hello, client, now);
            client->hellos = WZP_RELAY_HELLOS_MAX;
            learn(r, n, hello, true, now);
        }
        return;
    }
    if (!n) {
        wzp_relay_link_refuse(r, client, why, hello->u.federation_hello.tls_fingerprint, now);
        return;
    }
    if (proven) {
        check_instance(r, n, hello, client, now);
        client->hellos = WZP_RELAY_HELLOS_MAX;
    }
    learn(r, n, hello, proven, now);
    wzp_relay_neighbour_hello(r, client, now);
    if (client->stage != WZP_RELAY_STAGE_CLOSING)
        wzp_relay_link_attach(r, client, n, now);
}

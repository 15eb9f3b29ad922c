/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/old_query.h"

#include <string.h>

#include "relay/dispatch.h"
#include "relay/federation.h"

/* Dials the address that the link leads to, because an existing relay dials from its listening
 * port. NULL: it cannot be dialled. */
static struct wzp_relay_client *dial(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                                     const char *sni, uint64_t now)
{
    const struct wzp_relay_client *link = wzp_relay_neighbour_link(n);
    struct wzp_relay_client *client;
    struct wzp_addr local, remote;
    if (!link || !link->conn || r->draining)
        return NULL;
    link->link->path(link->at, &local, &remote);
    if (wzp_relay_client_dial(&client, r, &remote, sni, now) < 0)
        return NULL;
    client->questioned = n;
    wzp_relay_timer_arm(&r->timers, &client->timer, WZP_RELAY_TIMER_DIAL, client, now);
    return client;
}

void wzp_relay_old_try(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    if (n->is_up && !n->is_ours && n->word == WZP_RELAY_WORD_UNKNOWN && !n->trial) {
        n->is_tried = false;
        n->trial = dial(r, n, WZP_SNI_SIGNAL, now);
    }
}

static void query(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *fingerprint,
                  uint64_t now)
{
    struct wzp_signal question = {.type = WZP_SIGNAL_ROUTE_QUERY};
    question.u.route_query.fingerprint = (char *)(uintptr_t)fingerprint;
    (void)wzp_relay_client_send(r, n->query, &question, now);
    wzp_relay_timer_arm(&r->timers, &n->query->timer, WZP_RELAY_TIMER_DIAL, n->query, now);
    n->questions++;
}

bool wzp_relay_old_ask(struct wzp_relay *r, struct wzp_relay_neighbour *n, const char *fingerprint,
                       uint64_t now)
{
    wzp_relay_old_try(r, n, now);
    if (n->is_ours || n->word != WZP_RELAY_WORD_TRUE)
        return false;
    if (!n->query) {
        n->questions = 0;
        n->query = dial(r, n, WZP_SNI_PROBE, now);
    } else if (n->query->stage == WZP_RELAY_STAGE_QUERY) {
        query(r, n, fingerprint, now);
    }
    return n->query != NULL;
}

static void cut(struct wzp_relay *r, struct wzp_relay_client **at, uint64_t now)
{
    struct wzp_relay_client *client = *at;
    *at = NULL;
    if (client)
        wzp_relay_client_cut(r, client, "", now);
}

void wzp_relay_old_forget(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    n->word = WZP_RELAY_WORD_UNKNOWN;
    cut(r, &n->trial, now);
    cut(r, &n->query, now);
}

/* ---- the connections' events ---- */

/* Registers as NAT probes do, under a key that nobody calls. */
static void register_nobody(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    const struct wzp_signal message = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    client->questioned->is_tried = true;
    (void)wzp_relay_client_send(r, client, &message, now);
}

/* Sends the queries that waited for the connection. */
static void query_all(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->calls.by_id, &cursor)) {
        const struct wzp_relay_call *call = cursor.value;
        const struct wzp_relay_route *callee = &call->party[WZP_RELAY_CALLEE].route;
        if (call->state == WZP_RELAY_CALL_PENDING && callee->way == &wzp_relay_way_federation &&
            !callee->at && wzp_relay_federation_leads_to(callee, n))
            query(r, n, callee->name.text, now);
    }
}

void wzp_relay_old_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->questioned;
    uint8_t sha256[32];
    if (!n || client->stage != WZP_RELAY_STAGE_DIALLING)
        return;
    if (wzp_quic_conn_peer_certificate(client->conn, sha256) < 0 ||
        memcmp(sha256, n->sha256, sizeof sha256) != 0) {
        wzp_relay_client_close(r, client, "this is not the linked relay", now);
        return;
    }
    client->stage = WZP_RELAY_STAGE_QUERY;
    if (client == n->trial)
        register_nobody(r, client, now);
    else if (client == n->query)
        query_all(r, n, now);
}

static void judge(struct wzp_relay *r, struct wzp_relay_neighbour *n, bool is_true, uint64_t now)
{
    n->word = is_true ? WZP_RELAY_WORD_TRUE : WZP_RELAY_WORD_DOUBTFUL;
    wzp_relay_log(r, now, WZP_LOG_DEBUG, "federation: %s can%s be asked whom it has", n->label,
                  is_true ? "" : "not");
}

void wzp_relay_old_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->questioned;
    if (!n)
        return;
    if (client == n->trial) {
        n->trial = NULL;
        if (n->is_tried) /* without an answer */
            judge(r, n, false, now);
    }
    if (client == n->query)
        n->query = NULL;
}

/* ---- its answers ---- */

/* The result of the test. An acknowledgement with an identity key or a watch limit comes from a
 * relay of our own kind that was taken for an existing one; it answers no queries of strangers. */
void wzp_relay_on_trial(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->questioned;
    const struct wzp_signal *ack = message->signal;
    if (client != n->trial)
        return;
    n->trial = NULL;
    judge(r, n,
          ack->u.register_presence_ack.success && !ack->u.register_presence_ack.has_identity_pub &&
              !ack->u.register_presence_ack.has_watch_limit,
          now);
    wzp_relay_client_close(r, client, "", now);
}

/* A person whom the existing relay knows to be at a third relay counts as absent, because it passes
 * no offer on. The connection is closed after the last answer: if it outlived this process, the
 * relay would take it for an older link (dial.c). */
void wzp_relay_on_old_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                             const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_neighbour *n = client->questioned;
    const struct wzp_signal *said = message->signal;
    if (client != n->query || n->is_ours || !n->questions)
        return;
    if (!--n->questions) {
        n->query = NULL;
        wzp_relay_client_close(r, client, "", now);
    }
    wzp_relay_federation_said(
        r, n, said, said->u.route_response.found && said->u.route_response.relay_chain.count < 2,
        now);
}

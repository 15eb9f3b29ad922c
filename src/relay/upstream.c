/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/upstream.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/handshake.h"
#include "relay/dispatch.h"
#include "wire/media.h"

bool wzp_relay_upstream_has(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    return !wzp_addr_is_none(&r->remote) && client->purpose != WZP_PURPOSE_CALL_ROOM;
}

int wzp_relay_upstream_open(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now)
{
    const char *room = member->sni[0] ? member->sni : WZP_ROOM_DEFAULT;
    struct wzp_relay_client *up;
    int result = wzp_relay_client_dial(&up, r, &r->remote, room, now);
    if (result < 0)
        return result;
    up->downstream = member;
    member->upstream = up;
    wzp_relay_timer_arm(&r->timers, &up->timer, WZP_RELAY_TIMER_UPSTREAM, up, now);
    r->upstreams++;
    return 0;
}

/* The identity that represents a member at the remote relay. It is derived from our key and the
 * member's name, so it is constant, and lists of the remote relay can name it. A client that names
 * that person without a proof gets another one. */
static void identity_of(struct wzp_identity *out, const struct wzp_relay *r,
                        const struct wzp_relay_client *member)
{
    char label[WZP_RELAY_KEY_MAX + 32];
    uint8_t seed[WZP_SEED_SIZE];
    snprintf(label, sizeof label, "wzp-forward-%s%s", member->bound ? "" : "unproven-",
             member->name.key);
    wzp_identity_derive(seed, &r->identity, label);
    wzp_identity_from_seed(out, seed);
    wzp_wipe(seed, sizeof seed);
}

void wzp_relay_upstream_connected(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now)
{
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    struct wzp_identity identity;
    uint8_t exporter[WZP_EXPORTER_SIZE], signature[WZP_SIGNATURE_SIZE];
    if (!up->downstream || up->stage != WZP_RELAY_STAGE_DIALLING)
        return;
    if (up->link->export_key(up->at, exporter, WZP_EXPORTER_HANDSHAKE) < 0) {
        wzp_relay_client_close(r, up, "no key material", now);
        return;
    }
    up->stage = WZP_RELAY_STAGE_UPSTREAM;
    identity_of(&identity, r, up->downstream);
    if (up->downstream->alias[0])
        offer.u.call_offer.alias = up->downstream->alias;
    wzp_handshake_offer(&state, &offer, signature, &identity, exporter, up->sni, &r->random);
    offer.u.call_offer.binding.present = up->downstream->bound; /* no more than was proven here */
    offer.u.call_offer.protocol_version = up->downstream->version;
    (void)wzp_relay_client_send(r, up, &offer, now);
    wzp_handshake_wipe(&state);
    wzp_identity_wipe(&identity);
}

/* The remote relay admitted the member. */
void wzp_relay_on_upstream_answer(struct wzp_relay *r, struct wzp_relay_client *up,
                                  const struct wzp_relay_message *message, uint64_t now)
{
    (void)message;
    (void)now;
    up->is_let_in = true;
    wzp_relay_timer_disarm(&r->timers, &up->timer);
}

void wzp_relay_on_upstream_word(struct wzp_relay *r, struct wzp_relay_client *up,
                                const struct wzp_relay_message *message, uint64_t now)
{
    if (up->downstream)
        wzp_relay_client_send_text(r, up->downstream, message->text, message->length, now);
}

/* Separates a member and its connection to the remote relay: neither may refer to the other any
 * more. */
static struct wzp_relay_client *part(struct wzp_relay *r, struct wzp_relay_client *up)
{
    struct wzp_relay_client *member = up->downstream;
    if (!member)
        return NULL;
    up->downstream = NULL;
    member->upstream = NULL;
    r->upstreams--;
    return member;
}

void wzp_relay_upstream_ended(struct wzp_relay *r, struct wzp_relay_client *up,
                              const struct wzp_quic_close *why, uint64_t now)
{
    bool was_let_in = up->is_let_in;
    struct wzp_relay_client *member = part(r, up);
    char reason[160], safe[96];
    if (!member)
        return;
    wzp_text_filter(safe, sizeof safe, why->reason, strlen(why->reason));
    bool is_word = why->kind == WZP_QUIC_CLOSE_PEER && safe[0];
    snprintf(reason, sizeof reason, "the remote relay %s%s",
             is_word      ? "says: "
             : was_let_in ? "is lost"
                          : "cannot be reached",
             is_word ? safe : "");
    r->total.upstreams_lost++;
    wzp_relay_client_close_with(r, member,
                                why->kind == WZP_QUIC_CLOSE_PEER ? (enum wzp_close_code)why->code
                                                                 : WZP_CLOSE_PLAIN,
                                reason, now);
}

void wzp_relay_upstream_gone(struct wzp_relay *r, struct wzp_relay_client *up, uint64_t now)
{
    struct wzp_relay_client *member = part(r, up);
    if (member)
        wzp_relay_client_close(r, member, "the remote relay is lost", now);
}

void wzp_relay_upstream_close(struct wzp_relay *r, struct wzp_relay_client *member, uint64_t now)
{
    struct wzp_relay_client *up = member->upstream;
    if (!up)
        return;
    (void)part(r, up);
    wzp_relay_client_close(r, up, "hangup", now);
}

/* Sends a datagram to one connection, if a buffer is available. */
static bool pass(struct wzp_relay *r, struct wzp_relay_client *to, const uint8_t *data,
                 size_t length, bool clear_sender, uint64_t now)
{
    struct wzp_quic_buffer *buffer =
        to->conn && r->endpoint ? wzp_quic_buffer_new(r->endpoint, data, length) : NULL;
    if (!buffer)
        return false;
    if (clear_sender)
        buffer->data[WZP_MEDIA_SENDER_OFFSET] = 0; /* the remote relay sets the number */
    int result = wzp_quic_conn_send_buffer(to->conn, buffer, 0, 0, now);
    wzp_quic_buffer_unref(r->endpoint, buffer);
    return result == 0;
}

void wzp_relay_upstream_send(struct wzp_relay *r, struct wzp_relay_client *member,
                             const uint8_t *data, size_t length, bool is_later, uint64_t now)
{
    struct wzp_relay_client *up = member->upstream;
    if (!up || !up->is_let_in)
        r->total.frames_early++;
    else if (!pass(r, up, data, length, !is_later && length > WZP_MEDIA_SENDER_OFFSET, now))
        r->total.frames_refused++;
}

void wzp_relay_upstream_receive(struct wzp_relay *r, struct wzp_relay_client *up,
                                const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_relay_client *member = up->downstream;
    if (!member || member->stage != WZP_RELAY_STAGE_MEMBER)
        return;
    if (!pass(r, member, data, length, false, now)) {
        r->total.frames_refused++;
        return;
    }
    member->member.frames_out++;
    r->total.frames_out++;
    r->total.bytes_out += length;
}

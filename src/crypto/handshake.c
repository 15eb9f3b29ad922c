/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Media handshake, Registration. */
#include "crypto/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/name.h"

#define OFFER_LABEL "WZP-HS/2 offer"
#define ANSWER_LABEL "WZP-HS/2 answer"
#define REGISTER_LABEL "WZP-REG/2"
#define ACK_LABEL "WZP-REG/2 ack"
/* A label with its final 0 byte, which the tbs of all new signatures starts with. */
#define ADD_LABEL(w, label) wzp_writer_bytes((w), (label), sizeof(label))

/* v1: ephemeral_pub || "call-offer" or "call-answer". Returns the length. */
static size_t v1_signed(uint8_t out[64], const uint8_t ephemeral[32], const char *label)
{
    struct wzp_writer w;
    wzp_writer_init(&w, out, 64);
    wzp_writer_bytes(&w, ephemeral, 32);
    wzp_writer_bytes(&w, label, strlen(label));
    return w.length;
}

/* hs_offer of wzp-protocol(7), Registration, Media handshake, and its hash. */
struct bound_offer {
    uint8_t data[sizeof OFFER_LABEL + 32 + 32 + WZP_EXPORTER_SIZE + 2 + WZP_SNI_MAX];
    size_t length;
};

static void bound_offer_make(struct bound_offer *out, const uint8_t identity[32],
                             const uint8_t ephemeral[32], const uint8_t *exporter, const char *sni)
{
    char name[WZP_SNI_MAX + 1];
    size_t length = strnlen(sni, WZP_SNI_MAX);
    memcpy(name, sni, length);
    name[length] = 0;
    wzp_sni_lower(name);
    struct wzp_writer w;
    wzp_writer_init(&w, out->data, sizeof out->data);
    ADD_LABEL(&w, OFFER_LABEL);
    wzp_writer_bytes(&w, identity, 32);
    wzp_writer_bytes(&w, ephemeral, 32);
    wzp_writer_bytes(&w, exporter, WZP_EXPORTER_SIZE);
    wzp_writer_be16(&w, (uint16_t)length);
    wzp_writer_bytes(&w, name, length);
    out->length = w.length;
}

/* hs_answer of wzp-protocol(7), Registration, Media handshake. */
#define BOUND_ANSWER_SIZE (sizeof ANSWER_LABEL + 32 + 32 + 32 + WZP_EXPORTER_SIZE)

static void bound_answer_make(uint8_t out[BOUND_ANSWER_SIZE], const uint8_t offer_hash[32],
                              const uint8_t identity[32], const uint8_t ephemeral[32],
                              const uint8_t *exporter)
{
    struct wzp_writer w;
    wzp_writer_init(&w, out, BOUND_ANSWER_SIZE);
    ADD_LABEL(&w, ANSWER_LABEL);
    wzp_writer_bytes(&w, offer_hash, 32);
    wzp_writer_bytes(&w, identity, 32);
    wzp_writer_bytes(&w, ephemeral, 32);
    wzp_writer_bytes(&w, exporter, WZP_EXPORTER_SIZE);
}

static void sign(uint8_t signature[64], const struct wzp_identity *identity, const void *data,
                 size_t length)
{
    wzp_ed25519_sign(signature, identity->public_key, identity->secret, data, length);
}

static bool binding_counts(const struct wzp_binding *binding)
{
    return binding->present && binding->version == WZP_BINDING_VERSION;
}

static void binding_make(struct wzp_binding *out, const struct wzp_identity *identity,
                         const void *data, size_t length)
{
    out->present = true;
    out->version = WZP_BINDING_VERSION;
    sign(out->signature, identity, data, length);
}

static int binding_check(const struct wzp_binding *binding, const uint8_t key[32], const void *data,
                         size_t length)
{
    return wzp_ed25519_verify(key, binding->signature, sizeof binding->signature, data, length);
}

void wzp_handshake_offer(struct wzp_handshake *state, struct wzp_signal *offer,
                         uint8_t signature_out[64], const struct wzp_identity *identity,
                         const uint8_t exporter[WZP_EXPORTER_SIZE], const char *sni,
                         const struct wzp_random *random)
{
    uint8_t tbs[64];
    struct bound_offer bound;
    wzp_x25519_new(state->ephemeral_secret, state->ephemeral_public, random);
    static const uint8_t versions[] = {1};
    offer->type = WZP_SIGNAL_CALL_OFFER;
    offer->u.call_offer.has_protocol_version = true;
    offer->u.call_offer.protocol_version = versions[0];
    offer->u.call_offer.supported_versions.data = (uint8_t *)(uintptr_t)versions;
    offer->u.call_offer.supported_versions.length = sizeof versions;
    memcpy(offer->u.call_offer.identity_pub, identity->public_key, 32);
    memcpy(offer->u.call_offer.ephemeral_pub, state->ephemeral_public, 32);
    sign(signature_out, identity, tbs, v1_signed(tbs, state->ephemeral_public, "call-offer"));
    offer->u.call_offer.signature.data = signature_out;
    offer->u.call_offer.signature.length = WZP_SIGNATURE_SIZE;
    bound_offer_make(&bound, identity->public_key, state->ephemeral_public, exporter, sni);
    binding_make(&offer->u.call_offer.binding, identity, bound.data, bound.length);
    wzp_sha256(state->offer_hash, bound.data, bound.length);
}

/* What both sides ask of keys and v1 signature (wzp-protocol(7), Media handshake). */
static int check_v1(const uint8_t identity[32], const uint8_t ephemeral[32],
                    const struct wzp_bytes *signature, const char *label, struct wzp_error *err)
{
    uint8_t tbs[64];
    size_t length = v1_signed(tbs, ephemeral, label);
    if (wzp_key_is_small_order(identity))
        return wzp_error_set(err, WZP_E_CRYPTO, "%s: the identity key is of small order", label);
    if (wzp_x25519_is_small_order(ephemeral))
        return wzp_error_set(err, WZP_E_CRYPTO, "%s: the ephemeral key is of small order", label);
    if (wzp_ed25519_verify(identity, signature->data, signature->length, tbs, length) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO, "%s: the signature is not valid", label);
    return 0;
}

int wzp_handshake_check_offer(int *bound, uint8_t offer_hash[32], const struct wzp_signal *offer,
                              const uint8_t exporter[WZP_EXPORTER_SIZE], const char *sni,
                              struct wzp_error *err)
{
    *bound = 0;
    if (offer->type != WZP_SIGNAL_CALL_OFFER)
        return wzp_error_set(err, WZP_E_PROTOCOL, "a CallOffer was expected");
    int result = check_v1(offer->u.call_offer.identity_pub, offer->u.call_offer.ephemeral_pub,
                          &offer->u.call_offer.signature, "call-offer", err);
    if (result < 0)
        return result;
    struct bound_offer tbs;
    bound_offer_make(&tbs, offer->u.call_offer.identity_pub, offer->u.call_offer.ephemeral_pub,
                     exporter, sni);
    wzp_sha256(offer_hash, tbs.data, tbs.length);
    if (!binding_counts(&offer->u.call_offer.binding))
        return 0;
    if (binding_check(&offer->u.call_offer.binding, offer->u.call_offer.identity_pub, tbs.data,
                      tbs.length) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "call-offer: the binding belongs to another connection or room");
    *bound = 1;
    return 0;
}

void wzp_handshake_answer(struct wzp_signal *answer, uint8_t signature_out[64],
                          const struct wzp_identity *relay, const uint8_t offer_hash[32],
                          const uint8_t exporter[WZP_EXPORTER_SIZE], int with_binding,
                          const struct wzp_random *random)
{
    uint8_t secret[32], tbs[64], bound[BOUND_ANSWER_SIZE];
    memset(answer, 0, sizeof *answer);
    answer->type = WZP_SIGNAL_CALL_ANSWER;
    uint8_t *ephemeral = answer->u.call_answer.ephemeral_pub;
    wzp_x25519_new(secret, ephemeral, random);
    wzp_wipe(secret, sizeof secret);
    memcpy(answer->u.call_answer.identity_pub, relay->public_key, 32);
    sign(signature_out, relay, tbs, v1_signed(tbs, ephemeral, "call-answer"));
    answer->u.call_answer.signature.data = signature_out;
    answer->u.call_answer.signature.length = WZP_SIGNATURE_SIZE;
    answer->u.call_answer.chosen_profile = *wzp_tier_profile(WZP_TIER_GOOD);
    if (!with_binding)
        return;
    bound_answer_make(bound, offer_hash, relay->public_key, ephemeral, exporter);
    binding_make(&answer->u.call_answer.binding, relay, bound, sizeof bound);
}

int wzp_handshake_check_answer(int *proven, const struct wzp_handshake *state,
                               const struct wzp_signal *answer,
                               const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err)
{
    *proven = 0;
    if (answer->type != WZP_SIGNAL_CALL_ANSWER)
        return wzp_error_set(err, WZP_E_PROTOCOL, "a CallAnswer was expected");
    int result = check_v1(answer->u.call_answer.identity_pub, answer->u.call_answer.ephemeral_pub,
                          &answer->u.call_answer.signature, "call-answer", err);
    if (result < 0 || !binding_counts(&answer->u.call_answer.binding))
        return result;
    uint8_t bound[BOUND_ANSWER_SIZE];
    bound_answer_make(bound, state->offer_hash, answer->u.call_answer.identity_pub,
                      answer->u.call_answer.ephemeral_pub, exporter);
    if (binding_check(&answer->u.call_answer.binding, answer->u.call_answer.identity_pub, bound,
                      sizeof bound) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "call-answer: the binding belongs to another connection");
    *proven = 1;
    return 0;
}

void wzp_handshake_wipe(struct wzp_handshake *state)
{
    wzp_wipe(state, sizeof *state);
}

#define REGISTER_V1_LABEL "register-presence"
#define REGISTER_SIZE (sizeof REGISTER_LABEL + 32 + WZP_EXPORTER_SIZE)
#define ACK_SIZE (sizeof ACK_LABEL + 32 + WZP_EXPORTER_SIZE)

/* "register-presence" || identity_pub (wzp-protocol(7), Registration). Returns the length. */
static size_t register_v1(uint8_t out[64], const uint8_t key[32])
{
    memcpy(out, REGISTER_V1_LABEL, sizeof REGISTER_V1_LABEL - 1);
    memcpy(out + sizeof REGISTER_V1_LABEL - 1, key, 32);
    return sizeof REGISTER_V1_LABEL - 1 + 32;
}

/* label with its 0 || key || exporter, in exactly size bytes. */
static void register_v2(uint8_t *out, size_t size, const char *label, const uint8_t key[32],
                        const uint8_t *exporter)
{
    struct wzp_writer w;
    wzp_writer_init(&w, out, size);
    wzp_writer_bytes(&w, label, strlen(label) + 1);
    wzp_writer_bytes(&w, key, 32);
    wzp_writer_bytes(&w, exporter, WZP_EXPORTER_SIZE);
}

void wzp_register_make(struct wzp_signal *out, uint8_t signature_out[64],
                       const struct wzp_identity *identity,
                       const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    uint8_t tbs[64], bound[REGISTER_SIZE];
    out->type = WZP_SIGNAL_REGISTER_PRESENCE;
    memcpy(out->u.register_presence.identity_pub, identity->public_key, 32);
    sign(signature_out, identity, tbs, register_v1(tbs, identity->public_key));
    out->u.register_presence.signature.data = signature_out;
    out->u.register_presence.signature.length = WZP_SIGNATURE_SIZE;
    register_v2(bound, sizeof bound, REGISTER_LABEL, identity->public_key, exporter);
    binding_make(&out->u.register_presence.binding, identity, bound, sizeof bound);
}

int wzp_register_check(enum wzp_registration_class *out, const struct wzp_signal *message,
                       const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err)
{
    uint8_t tbs[64], bound[REGISTER_SIZE];
    *out = WZP_REGISTRATION_ANONYMOUS;
    if (message->type != WZP_SIGNAL_REGISTER_PRESENCE)
        return wzp_error_set(err, WZP_E_PROTOCOL, "a RegisterPresence was expected");
    const uint8_t *key = message->u.register_presence.identity_pub;
    const struct wzp_bytes *signature = &message->u.register_presence.signature;
    const struct wzp_binding *binding = &message->u.register_presence.binding;
    if (wzp_key_is_small_order(key))
        return 0;
    enum wzp_registration_class class = WZP_REGISTRATION_PLAIN;
    if (signature->length > 0) {
        size_t length = register_v1(tbs, key);
        if (wzp_ed25519_verify(key, signature->data, signature->length, tbs, length) < 0)
            return wzp_error_set(err, WZP_E_CRYPTO, "registration: the signature is not valid");
        class = WZP_REGISTRATION_SIGNED;
    }
    if (binding_counts(binding)) {
        register_v2(bound, sizeof bound, REGISTER_LABEL, key, exporter);
        if (binding_check(binding, key, bound, sizeof bound) < 0)
            return wzp_error_set(err, WZP_E_CRYPTO,
                                 "registration: the binding belongs to another connection");
        class = WZP_REGISTRATION_PROVEN;
    }
    *out = class;
    return 0;
}

void wzp_register_ack_make(struct wzp_signal *ack, const struct wzp_identity *relay,
                           const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    uint8_t bound[ACK_SIZE];
    ack->u.register_presence_ack.has_identity_pub = true;
    memcpy(ack->u.register_presence_ack.identity_pub, relay->public_key, 32);
    register_v2(bound, sizeof bound, ACK_LABEL, relay->public_key, exporter);
    binding_make(&ack->u.register_presence_ack.binding, relay, bound, sizeof bound);
}

int wzp_register_ack_check(int *proven, const struct wzp_signal *ack,
                           const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err)
{
    uint8_t bound[ACK_SIZE];
    *proven = 0;
    if (ack->type != WZP_SIGNAL_REGISTER_PRESENCE_ACK)
        return wzp_error_set(err, WZP_E_PROTOCOL, "a RegisterPresenceAck was expected");
    if (!ack->u.register_presence_ack.has_identity_pub ||
        !binding_counts(&ack->u.register_presence_ack.binding))
        return 0;
    const uint8_t *key = ack->u.register_presence_ack.identity_pub;
    register_v2(bound, sizeof bound, ACK_LABEL, key, exporter);
    if (binding_check(&ack->u.register_presence_ack.binding, key, bound, sizeof bound) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO, "the relay's proof of identity is not valid");
    *proven = 1;
    return 0;
}

void wzp_room_hash(char out[33], const char *name)
{
    static const char prefix[] = "featherchat-group:";
    struct wzp_sha256_state state;
    uint8_t hash[WZP_SHA256_SIZE];
    wzp_sha256_begin(&state);
    wzp_sha256_add(&state, prefix, sizeof prefix - 1);
    wzp_sha256_add(&state, name, strlen(name));
    wzp_sha256_end(&state, hash);
    wzp_hex_encode(out, hash, 16);
}

void wzp_room_tag(uint8_t out[8], const char *canonical_name)
{
    uint8_t hash[WZP_SHA256_SIZE];
    wzp_sha256(hash, canonical_name, strlen(canonical_name));
    memcpy(out, hash, 8);
}

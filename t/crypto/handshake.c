/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Room handshake and registration: vectors of v1 and of the bindings, and every way to be refused.
 */
#include "crypto/handshake.h"

#include <string.h>

#include "base/bytes.h"
#include "lib_crypto.h"
#include "tap.h"

static struct wzp_identity caller, callee;
static uint8_t exporter[32], other_exporter[32];

/* The keys that existing programs derive in their handshake and use for nothing: our primitives
 * make the same. */
static void derived(json_t *row, const uint8_t shared[32])
{
    uint8_t prk[32], key[32], hash[32], sas[4];
    wzp_hkdf_extract(prk, NULL, 0, shared, 32);
    wzp_hkdf_expand(key, 32, prk, "warzone-session-key");
    is_member(key, 32, row, "session_key");
    wzp_sha256(hash, key, 32);
    is_member(hash, 4, row, "session_id");
    wzp_hkdf_expand(sas, 4, prk, "warzone-sas-code");
    is_int(wzp_get_be32(sas) % 10000, json_integer_value(at(row, "sas_code", NULL)), "sas_code");
}

static void primitives(json_t *vectors)
{
    json_t *h = at(vectors, "handshake_v1", NULL), *zero = at(vectors, "zero_dh_v1", NULL);
    uint8_t a[32], b[32], public_a[32], public_b[32], shared[32], again[32];
    bytes_of(a, 32, h, "caller_ephemeral_secret");
    bytes_of(b, 32, h, "callee_ephemeral_secret");
    wzp_x25519_public(public_a, a);
    wzp_x25519_public(public_b, b);
    is_member(public_b, 32, h, "callee_ephemeral_public");
    is_int(wzp_x25519_shared(shared, a, public_b), 0, "the caller has a secret");
    is_member(shared, 32, h, "dh_shared");
    is_int(wzp_x25519_shared(again, b, public_a), 0, "the callee, too");
    is_bytes(again, 32, shared, 32, "the same");
    derived(h, shared);
    memset(shared, 0, sizeof shared);
    is_int(wzp_x25519_shared(again, a, shared), WZP_E_CRYPTO, "an all-zero secret is refused");
    derived(zero, shared);
}

static void rooms(json_t *vectors)
{
    const char *name;
    json_t *value;
    char hash[33], tag_text[17];
    uint8_t tag[8];
    json_object_foreach(at(vectors, "room_hash", NULL), name, value)
    {
        wzp_room_hash(hash, name);
        is_str(hash, json_string_value(value), "room hash of '%s'", name);
    }
    json_object_foreach(at(vectors, "federation_room_hash", NULL), name, value)
    {
        wzp_room_tag(tag, name);
        wzp_hex_encode(tag_text, tag, 8);
        is_str(tag_text, json_string_value(value), "federation tag of '%s'", name);
    }
}

/* One offer and its answer from the vectors' ephemeral keys. */
struct exchange {
    struct wzp_handshake state;
    struct wzp_signal offer, answer;
    uint8_t offer_signature[64], answer_signature[64], offer_hash[32];
};

static void exchange_make(struct exchange *x, json_t *vectors)
{
    struct known_bytes known;
    json_t *h = at(vectors, "handshake_v1", NULL);
    memset(x, 0, sizeof *x);
    struct wzp_random random = known_source(&known, text_of(h, "caller_ephemeral_secret"));
    wzp_handshake_offer(&x->state, &x->offer, x->offer_signature, &caller, exporter, "General",
                        &random);
    random = known_source(&known, text_of(h, "callee_ephemeral_secret"));
    wzp_handshake_answer(&x->answer, x->answer_signature, &callee, x->state.offer_hash, exporter, 1,
                         &random);
}

static void exchange_vectors(json_t *vectors)
{
    struct exchange x;
    struct wzp_error err = {0};
    int bound = -1, proven = -1;
    uint8_t tbs[256], hash[32];
    json_t *h = at(vectors, "handshake_v1", NULL);
    json_t *hs = at(vectors, "extension_e2e1", "handshake_binding_v2", NULL);
    exchange_make(&x, vectors);
    is_int(x.offer.type, WZP_SIGNAL_CALL_OFFER, "an offer");
    is_member(x.offer.u.call_offer.ephemeral_pub, 32, h, "caller_ephemeral_public");
    is_member(x.offer.u.call_offer.signature.data, 64, h, "offer_signature");
    memcpy(tbs, x.offer.u.call_offer.ephemeral_pub, 32);
    memcpy(tbs + 32, "call-offer", 10);
    is_member(tbs, 42, h, "offer_signed_bytes");
    is_bytes(x.offer.u.call_offer.identity_pub, 32, caller.public_key, 32, "identity");
    is_member(x.offer.u.call_offer.binding.signature, 64, hs, "offer_signature");
    is_int(x.offer.u.call_offer.binding.version, 2, "binding version");
    wzp_sha256(hash, tbs, bytes_of(tbs, sizeof tbs, hs, "offer_tbs"));
    is_bytes(x.state.offer_hash, 32, hash, 32, "hash of offer_tbs");
    is_int(wzp_handshake_check_offer(&bound, x.offer_hash, &x.offer, exporter, "general", &err), 0,
           "the relay accepts it %s", err.text);
    is_int(bound, 1, "as bound to this connection");
    is_bytes(x.offer_hash, 32, hash, 32, "and has the same hash");

    is_member(x.answer.u.call_answer.ephemeral_pub, 32, h, "callee_ephemeral_public");
    is_member(x.answer.u.call_answer.signature.data, 64, h, "answer_signature");
    memcpy(tbs, x.answer.u.call_answer.ephemeral_pub, 32);
    memcpy(tbs + 32, "call-answer", 11);
    is_member(tbs, 43, h, "answer_signed_bytes");
    is_member(x.answer.u.call_answer.binding.signature, 64, hs, "answer_signature");
    bytes_of(tbs, sizeof tbs, hs, "answer_tbs");
    is_bytes(tbs + 16, 32, hash, 32, "answer_tbs holds the hash of the offer");
    is_int(x.answer.u.call_answer.chosen_profile.codec, WZP_CODEC_OPUS_24K,
           "12, 13: the profile is GOOD, whatever is offered");
    is_int(wzp_handshake_check_answer(&proven, &x.state, &x.answer, exporter, &err), 0,
           "the client accepts the answer %s", err.text);
    is_int(proven, 1, "and knows who the relay is");
    wzp_handshake_wipe(&x.state);
    ok(wzp_is_zero_constant_time(&x.state, sizeof x.state), "wiped");
}

static void offer_refused(json_t *vectors)
{
    struct exchange x;
    struct wzp_error err = {0};
    uint8_t hash[32];
    int bound = -1;
#define CHECK(sni, ex) wzp_handshake_check_offer(&bound, hash, &x.offer, ex, sni, &err)
    exchange_make(&x, vectors);
    is_int(CHECK("general", other_exporter), WZP_E_CRYPTO, "replayed to another connection");
    ok(bound == 0 && strstr(err.text, "another connection") != NULL, "it says so: %s", err.text);
    is_int(CHECK("alpha", exporter), WZP_E_CRYPTO, "for another room");
    is_int(CHECK("", exporter), WZP_E_CRYPTO, "without a room");
    x.offer.u.call_offer.binding.present = false;
    is_int(CHECK("alpha", other_exporter), 0, "an old client has no binding");
    is_int(bound, 0, "and is not bound");
    x.offer.u.call_offer.binding.present = true;
    x.offer.u.call_offer.binding.version = 3;
    is_int(CHECK("general", exporter), 0, "a binding of another version is not ours to judge");
    is_int(bound, 0, "and binds nothing");
    x.offer.u.call_offer.binding.version = 2;
    x.offer.u.call_offer.binding.signature[5] ^= 1;
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "changed binding");
    exchange_make(&x, vectors);
    x.offer_signature[3] ^= 1;
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "changed signature");
    ok(strstr(err.text, "signature") != NULL, "it says so: %s", err.text);
    exchange_make(&x, vectors);
    x.offer.u.call_offer.signature.length = 0;
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "empty signature");
    exchange_make(&x, vectors);
    x.offer.u.call_offer.ephemeral_pub[0] ^= 1;
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "changed ephemeral key");
    exchange_make(&x, vectors);
    memset(x.offer.u.call_offer.identity_pub, 0, 32);
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "all-zero identity");
    ok(strstr(err.text, "small order") != NULL, "it says so: %s", err.text);
    exchange_make(&x, vectors);
    uint8_t tbs[42] = {0};
    memcpy(tbs + 32, "call-offer", 10);
    memset(x.offer.u.call_offer.ephemeral_pub, 0, 32);
    wzp_ed25519_sign(x.offer_signature, caller.public_key, caller.secret, tbs, sizeof tbs);
    x.offer.u.call_offer.binding.present = false;
    is_int(CHECK("general", exporter), WZP_E_CRYPTO, "all-zero ephemeral key, well signed");
    ok(strstr(err.text, "ephemeral") != NULL, "it says so: %s", err.text);
    x.offer.type = WZP_SIGNAL_PING;
    is_int(CHECK("general", exporter), WZP_E_PROTOCOL, "another message");
#undef CHECK
}

static void answer_refused(json_t *vectors)
{
    struct exchange x;
    struct wzp_error err = {0};
    int proven = -1;
#define CHECK(ex) wzp_handshake_check_answer(&proven, &x.state, &x.answer, ex, &err)
    exchange_make(&x, vectors);
    is_int(CHECK(other_exporter), WZP_E_CRYPTO, "answer from another connection");
    is_int(proven, 0, "proves nothing");
    x.state.offer_hash[0] ^= 1;
    is_int(CHECK(exporter), WZP_E_CRYPTO, "answer to another offer");
    x.answer.u.call_answer.binding.present = false;
    is_int(CHECK(other_exporter), 0, "an old relay has no binding");
    is_int(proven, 0, "and has proven nothing");
    x.answer_signature[63] ^= 1;
    is_int(CHECK(exporter), WZP_E_CRYPTO, "changed signature");
    exchange_make(&x, vectors);
    memcpy(x.answer.u.call_answer.identity_pub, caller.public_key, 32);
    is_int(CHECK(exporter), WZP_E_CRYPTO, "another relay's key");
    exchange_make(&x, vectors);
    /* An offer's signature must not pass for an answer's. */
    memcpy(x.answer.u.call_answer.identity_pub, caller.public_key, 32);
    memcpy(x.answer.u.call_answer.ephemeral_pub, x.offer.u.call_offer.ephemeral_pub, 32);
    memcpy(x.answer_signature, x.offer_signature, 64);
    is_int(CHECK(exporter), WZP_E_CRYPTO, "reflected offer");
    is_int(wzp_handshake_check_answer(&proven, &x.state, &x.offer, exporter, &err), WZP_E_PROTOCOL,
           "another message");
#undef CHECK
}

static void registration(json_t *vectors)
{
    struct wzp_signal message = {0};
    struct wzp_error err = {0};
    uint8_t signature[64], tbs[128], want[128];
    enum wzp_registration_class class;
    json_t *r = at(vectors, "extension_e2e1", "register_binding_v2", NULL);
    wzp_register_make(&message, signature, &caller, exporter);
    is_member(signature, 64, json_array_get(at(vectors, "identities", NULL), 1),
              "register_presence_signature");
    is_member(message.u.register_presence.binding.signature, 64, r, "signature");
    memcpy(tbs, "WZP-REG/2", 10);
    memcpy(tbs + 10, caller.public_key, 32);
    memcpy(tbs + 42, exporter, 32);
    is_bytes(tbs, 74, want, bytes_of(want, sizeof want, r, "tbs"), "tbs");
#define CHECK(ex) wzp_register_check(&class, &message, ex, &err)
    is_int(CHECK(exporter), 0, "accepted");
    is_int(class, WZP_REGISTRATION_PROVEN, "proven");
    is_int(CHECK(other_exporter), WZP_E_CRYPTO, "refused on another connection: %s", err.text);
    message.u.register_presence.binding.present = false;
    is_int(CHECK(other_exporter), 0, "without binding accepted");
    is_int(class, WZP_REGISTRATION_SIGNED, "as signed");
    signature[1] ^= 1;
    is_int(CHECK(exporter), WZP_E_CRYPTO, "changed signature refused: %s", err.text);
    message.u.register_presence.signature.length = 63;
    is_int(CHECK(exporter), WZP_E_CRYPTO, "short signature refused");
    message.u.register_presence.signature.length = 0;
    is_int(CHECK(exporter), 0, "without signature accepted");
    is_int(class, WZP_REGISTRATION_PLAIN, "as plain");
    message.u.register_presence.binding.present = true;
    is_int(CHECK(exporter), 0, "with the binding alone accepted");
    is_int(class, WZP_REGISTRATION_PROVEN, "as proven");
    memset(message.u.register_presence.identity_pub, 0, 32);
    is_int(CHECK(exporter), 0, "the probe's all-zero key is accepted");
    is_int(class, WZP_REGISTRATION_ANONYMOUS, "as anonymous, whatever it signs");
    message.type = WZP_SIGNAL_PONG;
    is_int(CHECK(exporter), WZP_E_PROTOCOL, "another message");
#undef CHECK
}

static void acknowledgement(void)
{
    struct wzp_signal ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};
    struct wzp_error err = {0};
    int proven = -1;
    is_int(wzp_register_ack_check(&proven, &ack, exporter, &err), 0, "an old relay's ack");
    is_int(proven, 0, "proves nothing");
    wzp_register_ack_make(&ack, &callee, exporter);
    is_int(wzp_register_ack_check(&proven, &ack, exporter, &err), 0, "ours");
    is_int(proven, 1, "proves");
    is_bytes(ack.u.register_presence_ack.identity_pub, 32, callee.public_key, 32, "this identity");
    is_int(wzp_register_ack_check(&proven, &ack, other_exporter, &err), WZP_E_CRYPTO,
           "not on another connection: %s", err.text);
    ack.u.register_presence_ack.has_identity_pub = false;
    is_int(wzp_register_ack_check(&proven, &ack, exporter, &err), 0, "without a key");
    is_int(proven, 0, "nothing is proven");
    /* A client's own binding must not come back as a relay's proof. */
    struct wzp_signal message = {0};
    uint8_t signature[64];
    wzp_register_make(&message, signature, &callee, exporter);
    ack.u.register_presence_ack.has_identity_pub = true;
    ack.u.register_presence_ack.binding = message.u.register_presence.binding;
    is_int(wzp_register_ack_check(&proven, &ack, exporter, &err), WZP_E_CRYPTO, "nor reflected");
    is_int(wzp_register_ack_check(&proven, &message, exporter, &err), WZP_E_PROTOCOL,
           "nor another");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    identity_named(&caller, vectors, "counting_00_1f");
    identity_named(&callee, vectors, "all_ff");
    bytes_of(exporter, 32, at(vectors, "extension_e2e1", "p2p_peer_auth", NULL),
             "exporter_example");
    memcpy(other_exporter, exporter, 32);
    other_exporter[31] ^= 1;
    primitives(vectors);
    rooms(vectors);
    exchange_vectors(vectors);
    offer_refused(vectors);
    answer_refused(vectors);
    registration(vectors);
    acknowledgement();
    json_decref(vectors);
}

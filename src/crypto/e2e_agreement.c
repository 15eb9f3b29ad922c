/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Offer and answer of E2E/1: what is signed, how it is judged, the transcript. Source:
 * wzp-protocol(7), Agreement. */
#include <string.h>

#include "base/bytes.h"
#include "crypto/e2e.h"

#define OFFER_LABEL "WZP-E2E/1 offer"
#define ANSWER_LABEL "WZP-E2E/1 answer"
#define TRANSCRIPT_LABEL "WZP-E2E/1 transcript"

static const uint8_t zero_key[32];

static void add_call_id(struct wzp_writer *w, const char *call_id)
{
    size_t length = strlen(call_id);
    wzp_writer_be16(w, (uint16_t)length);
    wzp_writer_bytes(w, call_id, length);
}

/* offer_tbs for the given keys (the real ones, or zeros for the stripped offer). Returns its
 * length. */
static size_t offer_tbs(uint8_t out[WZP_E2E_TBS_MAX], const struct wzp_e2e_agreement *a,
                        const uint8_t identity[32], const uint8_t ephemeral[32])
{
    struct wzp_writer w;
    wzp_writer_init(&w, out, WZP_E2E_TBS_MAX);
    wzp_writer_bytes(&w, OFFER_LABEL, sizeof OFFER_LABEL);
    wzp_writer_bytes(&w, identity, 32);
    wzp_writer_bytes(&w, ephemeral, 32);
    wzp_writer_bytes(&w, a->target_fingerprint, WZP_FINGERPRINT_SIZE);
    add_call_id(&w, a->call_id);
    return w.length;
}

/* SHA-256(offer_tbs || u16be(length) || signature). */
static void offer_hash(uint8_t out[32], const uint8_t *tbs, size_t tbs_length,
                       const uint8_t *signature, size_t signature_length)
{
    struct wzp_sha256_state state;
    uint8_t length[2];
    wzp_put_be16(length, (uint16_t)signature_length);
    wzp_sha256_begin(&state);
    wzp_sha256_add(&state, tbs, tbs_length);
    wzp_sha256_add(&state, length, sizeof length);
    wzp_sha256_add(&state, signature, signature_length);
    wzp_sha256_end(&state, out);
}

/* answer_tbs. Returns its length. */
static size_t answer_tbs(uint8_t out[WZP_E2E_TBS_MAX], const uint8_t hash_of_offer[32],
                         const uint8_t identity[32], const uint8_t ephemeral[32],
                         const uint8_t caller_fingerprint[16], enum wzp_accept_mode mode,
                         const char *call_id)
{
    struct wzp_writer w;
    wzp_writer_init(&w, out, WZP_E2E_TBS_MAX);
    wzp_writer_bytes(&w, ANSWER_LABEL, sizeof ANSWER_LABEL);
    wzp_writer_bytes(&w, hash_of_offer, 32);
    wzp_writer_bytes(&w, identity, 32);
    wzp_writer_bytes(&w, ephemeral, 32);
    wzp_writer_bytes(&w, caller_fingerprint, WZP_FINGERPRINT_SIZE);
    wzp_writer_u8(&w, mode == WZP_ACCEPT_TRUSTED ? 1 : 2);
    add_call_id(&w, call_id);
    return w.length;
}

static int parse_fingerprint(uint8_t out[16], const char *text)
{
    return !text ? WZP_E_SYNTAX : wzp_fingerprint_parse(out, text, strlen(text));
}

/* Takes over the parts of an offer that both sides need. WZP_E_SYNTAX for a call id that is none.
 */
static int take_call_id(struct wzp_e2e_agreement *a, const char *call_id)
{
    size_t length = !call_id ? 0 : strnlen(call_id, sizeof a->call_id);
    if (!call_id || length >= sizeof a->call_id || !wzp_call_id_valid(call_id, length))
        return WZP_E_SYNTAX;
    memcpy(a->call_id, call_id, length + 1);
    return 0;
}

static void seal_offer(struct wzp_e2e_agreement *a, const uint8_t *signature, size_t length)
{
    if (length == sizeof a->offer_signature) {
        memcpy(a->offer_signature, signature, length);
        a->offer_signature_length = length;
    }
    offer_hash(a->offer_hash, a->offer_tbs, a->offer_tbs_length, signature, length);
}

int wzp_e2e_make_offer(struct wzp_e2e_agreement *a, struct wzp_signal *offer,
                       uint8_t signature_out[64], const struct wzp_identity *identity,
                       const struct wzp_random *random)
{
    memset(a, 0, sizeof *a);
    a->is_caller = true;
    if (offer->type != WZP_SIGNAL_DIRECT_CALL_OFFER)
        return WZP_E_ARGUMENT;
    if (take_call_id(a, offer->u.direct_call_offer.call_id) < 0 ||
        parse_fingerprint(a->target_fingerprint, offer->u.direct_call_offer.target_fingerprint) < 0)
        return WZP_E_SYNTAX;
    a->usable = true;
    wzp_x25519_new(a->ephemeral_secret, a->ephemeral_public, random);
    memcpy(a->caller_fingerprint, identity->fingerprint, WZP_FINGERPRINT_SIZE);
    memcpy(a->offer_identity, identity->public_key, 32);
    memcpy(a->offer_ephemeral, a->ephemeral_public, 32);
    a->offer_tbs_length = offer_tbs(a->offer_tbs, a, a->offer_identity, a->offer_ephemeral);
    wzp_ed25519_sign(signature_out, identity->public_key, identity->secret, a->offer_tbs,
                     a->offer_tbs_length);
    seal_offer(a, signature_out, WZP_SIGNATURE_SIZE);
    memcpy(offer->u.direct_call_offer.identity_pub, a->offer_identity, 32);
    memcpy(offer->u.direct_call_offer.ephemeral_pub, a->offer_ephemeral, 32);
    offer->u.direct_call_offer.signature.data = signature_out;
    offer->u.direct_call_offer.signature.length = WZP_SIGNATURE_SIZE;
    return 0;
}

enum wzp_e2e_verdict wzp_e2e_check_offer(struct wzp_e2e_agreement *a,
                                         const struct wzp_signal *offer,
                                         const struct wzp_identity *own)
{
    memset(a, 0, sizeof *a);
    if (offer->type != WZP_SIGNAL_DIRECT_CALL_OFFER)
        return WZP_E2E_INVALID;
    const uint8_t *identity = offer->u.direct_call_offer.identity_pub;
    const uint8_t *ephemeral = offer->u.direct_call_offer.ephemeral_pub;
    const struct wzp_bytes *signature = &offer->u.direct_call_offer.signature;
    /* Existing programs send an empty signature and 32 zero bytes; some fill identity_pub. */
    bool legacy = signature->length == 0 && memcmp(ephemeral, zero_key, sizeof zero_key) == 0;
    enum wzp_e2e_verdict refused = legacy ? WZP_E2E_LEGACY : WZP_E2E_INVALID;
    if (take_call_id(a, offer->u.direct_call_offer.call_id) < 0 || signature->length > UINT16_MAX)
        return refused;
    a->usable = true;
    /* Zeros stand for a text that is no fingerprint: our answer then verifies for nobody, and a
     * caller that does speak E2E/1 learns that something on the way changed its offer. */
    bool named = parse_fingerprint(a->caller_fingerprint,
                                   offer->u.direct_call_offer.caller_fingerprint) == 0;
    bool ours = parse_fingerprint(a->target_fingerprint,
                                  offer->u.direct_call_offer.target_fingerprint) == 0 &&
                memcmp(a->target_fingerprint, own->fingerprint, WZP_FINGERPRINT_SIZE) == 0;
    memcpy(a->offer_identity, identity, 32);
    memcpy(a->offer_ephemeral, ephemeral, 32);
    a->offer_tbs_length = offer_tbs(a->offer_tbs, a, identity, ephemeral);
    seal_offer(a, signature->data, signature->length);

    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    wzp_fingerprint_of_key(fingerprint, identity);
    if (legacy || !named || !ours ||
        memcmp(fingerprint, a->caller_fingerprint, sizeof fingerprint) != 0 ||
        wzp_ed25519_verify(identity, signature->data, signature->length, a->offer_tbs,
                           a->offer_tbs_length) < 0 ||
        wzp_x25519_is_small_order(ephemeral))
        return refused;
    return WZP_E2E_VALID;
}

/* th, dh and the keys that follow. WZP_E_CRYPTO on an all-zero secret; session is then untouched.
 */
static int agree(struct wzp_e2e_session *session, const struct wzp_e2e_agreement *a,
                 const uint8_t peer_ephemeral[32], const uint8_t *tbs, size_t tbs_length,
                 const uint8_t signature[64])
{
    struct wzp_sha256_state state;
    uint8_t transcript[32], shared[32];
    wzp_sha256_begin(&state);
    wzp_sha256_add(&state, TRANSCRIPT_LABEL, sizeof TRANSCRIPT_LABEL);
    wzp_sha256_add(&state, a->offer_tbs, a->offer_tbs_length);
    wzp_sha256_add(&state, a->offer_signature, a->offer_signature_length);
    wzp_sha256_add(&state, tbs, tbs_length);
    wzp_sha256_add(&state, signature, WZP_SIGNATURE_SIZE);
    wzp_sha256_end(&state, transcript);
    int result = wzp_x25519_shared(shared, a->ephemeral_secret, peer_ephemeral);
    if (result == 0)
        wzp_e2e_session_derive(session, a->is_caller, transcript, shared);
    wzp_wipe(shared, sizeof shared);
    return result;
}

int wzp_e2e_make_answer(struct wzp_e2e_agreement *a, struct wzp_e2e_session *session,
                        struct wzp_signal *answer, uint8_t signature_out[64], bool offer_valid,
                        const struct wzp_identity *own, const struct wzp_random *random)
{
    enum wzp_accept_mode mode = answer->u.direct_call_answer.accept_mode;
    if (answer->type != WZP_SIGNAL_DIRECT_CALL_ANSWER || mode == WZP_ACCEPT_REJECT)
        return WZP_E_ARGUMENT;
    if (!a->usable || a->is_caller)
        return WZP_E_STATE;
    const char *call_id = answer->u.direct_call_answer.call_id;
    if (!call_id || strcmp(call_id, a->call_id) != 0)
        return WZP_E_ARGUMENT;
    uint8_t tbs[WZP_E2E_TBS_MAX];
    wzp_x25519_new(a->ephemeral_secret, a->ephemeral_public, random);
    size_t length = answer_tbs(tbs, a->offer_hash, own->public_key, a->ephemeral_public,
                               a->caller_fingerprint, mode, a->call_id);
    wzp_ed25519_sign(signature_out, own->public_key, own->secret, tbs, length);
    int result = 0;
    if (offer_valid)
        result = agree(session, a, a->offer_ephemeral, tbs, length, signature_out);
    wzp_wipe(a->ephemeral_secret, sizeof a->ephemeral_secret);
    if (result < 0)
        return result;
    answer->u.direct_call_answer.has_identity_pub = true;
    memcpy(answer->u.direct_call_answer.identity_pub, own->public_key, 32);
    answer->u.direct_call_answer.has_ephemeral_pub = true;
    memcpy(answer->u.direct_call_answer.ephemeral_pub, a->ephemeral_public, 32);
    answer->u.direct_call_answer.has_signature = true;
    answer->u.direct_call_answer.signature.data = signature_out;
    answer->u.direct_call_answer.signature.length = WZP_SIGNATURE_SIZE;
    return 0;
}

/* Whether the callee signed for an offer with this hash. tbs and *length are left as signed. */
static bool answer_signed(uint8_t tbs[WZP_E2E_TBS_MAX], size_t *length,
                          const struct wzp_e2e_agreement *a, const uint8_t hash_of_offer[32],
                          const struct wzp_signal *answer)
{
    const uint8_t *identity = answer->u.direct_call_answer.identity_pub;
    const struct wzp_bytes *signature = &answer->u.direct_call_answer.signature;
    *length =
        answer_tbs(tbs, hash_of_offer, identity, answer->u.direct_call_answer.ephemeral_pub,
                   a->caller_fingerprint, answer->u.direct_call_answer.accept_mode, a->call_id);
    return wzp_ed25519_verify(identity, signature->data, signature->length, tbs, *length) == 0;
}

/* An answer whose signature is good: the first one makes the session. */
static enum wzp_e2e_verdict take_answer(struct wzp_e2e_agreement *a,
                                        struct wzp_e2e_session *session,
                                        const struct wzp_signal *answer, const uint8_t *tbs,
                                        size_t tbs_length)
{
    const uint8_t *signature = answer->u.direct_call_answer.signature.data;
    if (a->agreed)
        return memcmp(signature, a->answer_signature, WZP_SIGNATURE_SIZE) == 0 ? WZP_E2E_VALID
                                                                               : WZP_E2E_INVALID;
    if (agree(session, a, answer->u.direct_call_answer.ephemeral_pub, tbs, tbs_length, signature) <
        0)
        return WZP_E2E_INVALID;
    a->agreed = true;
    memcpy(a->answer_signature, signature, WZP_SIGNATURE_SIZE);
    wzp_wipe(a->ephemeral_secret, sizeof a->ephemeral_secret);
    return WZP_E2E_VALID;
}

enum wzp_e2e_verdict wzp_e2e_check_answer(struct wzp_e2e_agreement *a,
                                          struct wzp_e2e_session *session,
                                          const struct wzp_signal *answer)
{
    if (answer->type != WZP_SIGNAL_DIRECT_CALL_ANSWER || !a->is_caller || !a->usable)
        return WZP_E2E_INVALID;
    if (!answer->u.direct_call_answer.has_identity_pub ||
        !answer->u.direct_call_answer.has_ephemeral_pub ||
        !answer->u.direct_call_answer.has_signature ||
        answer->u.direct_call_answer.signature.length == 0)
        return WZP_E2E_LEGACY;
    const char *call_id = answer->u.direct_call_answer.call_id;
    if (!call_id || strcmp(call_id, a->call_id) != 0 ||
        answer->u.direct_call_answer.accept_mode == WZP_ACCEPT_REJECT)
        return WZP_E2E_INVALID;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE], tbs[WZP_E2E_TBS_MAX], hash[32];
    size_t length;
    wzp_fingerprint_of_key(fingerprint, answer->u.direct_call_answer.identity_pub);
    if (memcmp(fingerprint, a->target_fingerprint, sizeof fingerprint) != 0)
        return WZP_E2E_INVALID;
    if (answer_signed(tbs, &length, a, a->offer_hash, answer))
        return take_answer(a, session, answer, tbs, length);
    /* What the callee would have signed if a relay had emptied our fields. */
    length = offer_tbs(tbs, a, zero_key, zero_key);
    offer_hash(hash, tbs, length, NULL, 0);
    return answer_signed(tbs, &length, a, hash, answer) ? WZP_E2E_STRIPPED : WZP_E2E_INVALID;
}

void wzp_e2e_agreement_wipe(struct wzp_e2e_agreement *a)
{
    wzp_wipe(a, sizeof *a);
}

bool wzp_e2e_offer_seen(struct wzp_e2e_offer_memory *m, const struct wzp_e2e_agreement *a)
{
    for (unsigned i = 0; i < m->count; i++)
        if (memcmp(m->hashes[i], a->offer_hash, sizeof a->offer_hash) == 0)
            return true;
    memcpy(m->hashes[m->next], a->offer_hash, sizeof a->offer_hash);
    m->next = (m->next + 1) % WZP_E2E_OFFERS_REMEMBERED;
    if (m->count < WZP_E2E_OFFERS_REMEMBERED)
        m->count++;
    return false;
}

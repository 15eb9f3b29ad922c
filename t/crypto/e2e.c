/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* E2E/1 agreement: vectors, every verdict, stripping, legacy peers, PeerAuth, offer memory. */
#include "crypto/e2e.h"

#include <string.h>

#include "base/bytes.h"
#include "lib_call.h"
#include "tap.h"

static json_t *vectors;

static void one_direction(const struct wzp_e2e_direction *send,
                          const struct wzp_e2e_direction *receive, const char *name)
{
    json_t *d = at(vectors, "extension_e2e1", "directions", name, NULL);
    uint8_t chain[32], key[32];
    note("%s", name);
    is_member(send->chain, 32, d, "chain0");
    is_member(send->key[0], 32, d, "key0");
    is_member(send->iv, 12, d, "iv");
    is_member(send->auth, 32, d, "auth");
    ok(memcmp(send, receive, sizeof *send) == 0, "the other side has the same");
    wzp_hkdf_expand(chain, 32, send->chain, "WZP-E2E/1 next");
    is_member(chain, 32, d, "chain1");
    wzp_hkdf_expand(key, 32, chain, "WZP-E2E/1 key");
    is_member(key, 32, d, "key1");
}

static void agreement_vectors(void)
{
    struct call c;
    json_t *e = at(vectors, "extension_e2e1", NULL);
    uint8_t th[32], shared[32], prk[32], sas[8], secret[32], tbs[512], want[256];
    call_agree(&c, vectors);
    is_member(c.at_caller.offer_tbs, c.at_caller.offer_tbs_length, e, "offer_tbs");
    is_member(c.at_callee.offer_tbs, c.at_callee.offer_tbs_length, e, "offer_tbs");
    is_member(c.offer_signature, 64, e, "offer_signature");
    is_member(c.answer_signature, 64, e, "answer_signature");
    size_t length = bytes_of(want, sizeof want, e, "answer_tbs");
    is_int(wzp_ed25519_verify(c.callee.public_key, c.answer_signature, 64, want, length), 0,
           "answer_tbs is what was signed");
    is_bytes(want + 17, 32, c.at_callee.offer_hash, 32, "it holds the hash of the offer");
    is_int(want[17 + 32 + 64 + 16], json_integer_value(at(e, "accept_mode_byte", NULL)), "mode");

    memcpy(tbs, "WZP-E2E/1 transcript", 21);
    size_t n = 21 + bytes_of(tbs + 21, sizeof tbs - 21, e, "offer_tbs");
    n += bytes_of(tbs + n, sizeof tbs - n, e, "offer_signature");
    n += bytes_of(tbs + n, sizeof tbs - n, e, "answer_tbs");
    n += bytes_of(tbs + n, sizeof tbs - n, e, "answer_signature");
    wzp_sha256(th, tbs, n);
    is_member(th, 32, e, "transcript_hash");
    bytes_of(secret, 32, at(vectors, "handshake_v1", NULL), "caller_ephemeral_secret");
    wzp_x25519_shared(shared, secret, c.answer.u.direct_call_answer.ephemeral_pub);
    is_member(shared, 32, e, "dh_shared");
    wzp_hkdf_extract(prk, th, 32, shared, 32);
    is_member(prk, 32, e, "prk");
    wzp_hkdf_expand(sas, 8, prk, "WZP-E2E/1 sas");
    is_member(sas, 8, e, "sas_raw");
    is_str(c.caller_session.sas, text_of(e, "sas_display"), "sas_display");
    is_str(c.callee_session.sas, text_of(e, "sas_display"), "the same on both screens");
    one_direction(&c.caller_session.send, &c.callee_session.receive, "caller->callee");
    one_direction(&c.callee_session.send, &c.caller_session.receive, "callee->caller");
    ok(wzp_is_zero_constant_time(c.at_callee.ephemeral_secret, 32), "the callee forgot its secret");
    wzp_e2e_agreement_wipe(&c.at_caller);
    wzp_e2e_session_wipe(&c.caller_session);
    ok(wzp_is_zero_constant_time(&c.at_caller, sizeof c.at_caller) &&
           wzp_is_zero_constant_time(&c.caller_session, sizeof c.caller_session),
       "wiped");
}

static void peer_mac(void)
{
    struct call c;
    json_t *p = at(vectors, "extension_e2e1", "p2p_peer_auth", NULL);
    uint8_t exporter[32], mac[32], expected[32], tbs[128];
    call_agree(&c, vectors);
    bytes_of(exporter, 32, p, "exporter_example");
    wzp_e2e_peer_mac(mac, &c.caller_session, true, exporter, c.call_id);
    is_member(mac, 32, p, "mac_caller_to_callee");
    wzp_hmac_sha256(expected, c.caller_session.send.auth, tbs, bytes_of(tbs, sizeof tbs, p, "tbs"));
    is_bytes(mac, 32, expected, 32, "over tbs");
    wzp_e2e_peer_mac(expected, &c.callee_session, false, exporter, c.call_id);
    is_bytes(mac, 32, expected, 32, "the callee expects it");
    wzp_e2e_peer_mac(mac, &c.callee_session, true, exporter, c.call_id);
    is_member(mac, 32, p, "mac_callee_to_caller");
    ok(memcmp(mac, expected, 32) != 0, "a reflected value is not accepted");
    exporter[0] ^= 1;
    wzp_e2e_peer_mac(mac, &c.caller_session, true, exporter, c.call_id);
    ok(memcmp(mac, expected, 32) != 0, "nor one from another connection");
}

/* What a relay or a stranger can do to an offer. */
static void offers(void)
{
    struct call c;
    uint8_t other[64];
#define VERDICT(want, ...)                                                                         \
    is_int(wzp_e2e_check_offer(&c.at_callee, &c.offer, &c.callee), want, __VA_ARGS__)
#define AGAIN() (call_init(&c, vectors), call_offer(&c, vectors))
    AGAIN();
    VERDICT(WZP_E2E_VALID, "as sent");
    memcpy(c.caller_text, "687112110E91ECB309F66F51D257CCAA", 33);
    VERDICT(WZP_E2E_VALID, "the caller's fingerprint in another spelling");
    memcpy(c.caller_text, c.callee.fingerprint_text, 40);
    VERDICT(WZP_E2E_INVALID, "in somebody else's name");
    memcpy(c.caller_text, "manwe", 6);
    VERDICT(WZP_E2E_INVALID, "in the name of no fingerprint");
    ok(c.at_callee.usable, "which can still be answered");
    AGAIN();
    c.offer.u.direct_call_offer.caller_fingerprint = NULL;
    VERDICT(WZP_E2E_INVALID, "in no name");
    AGAIN();
    memcpy(c.target_text, c.caller.fingerprint_text, 40);
    VERDICT(WZP_E2E_INVALID, "to somebody else");
    call_offer(&c, vectors);
    VERDICT(WZP_E2E_INVALID, "and also when it was signed so");
    AGAIN();
    c.call_id[3] ^= 1;
    VERDICT(WZP_E2E_INVALID, "for another call");
    memcpy(c.call_id, "Capitals", 9);
    VERDICT(WZP_E2E_INVALID, "for something that is no call id");
    ok(!c.at_callee.usable, "which cannot be answered");
    is_int(wzp_e2e_make_answer(&c.at_callee, &c.callee_session, &c.answer, other, false, &c.callee,
                               NULL),
           WZP_E_STATE, "really not");
    memset(c.call_id, 'a', sizeof c.call_id - 1);
    VERDICT(WZP_E2E_INVALID, "nor with a long call id");
    c.offer.u.direct_call_offer.call_id = NULL;
    VERDICT(WZP_E2E_INVALID, "nor without one");
}

/* Fields there but wrong, or not there. */
static void offer_fields(void)
{
    struct call c;
    AGAIN();
    for (size_t i = 0; i < 64; i += 9) {
        c.offer_signature[i] ^= 4;
        VERDICT(WZP_E2E_INVALID, "signature byte %zu changed", i);
        c.offer_signature[i] ^= 4;
    }
    c.offer.u.direct_call_offer.signature.length = 63;
    VERDICT(WZP_E2E_INVALID, "short signature");
    c.offer.u.direct_call_offer.signature.length = 0;
    VERDICT(WZP_E2E_INVALID, "empty signature with an ephemeral key");
    memset(c.offer.u.direct_call_offer.ephemeral_pub, 0, 32);
    VERDICT(WZP_E2E_LEGACY, "the command line sends its identity key and nothing else");
    memset(c.offer.u.direct_call_offer.identity_pub, 0, 32);
    VERDICT(WZP_E2E_LEGACY, "the desktop sends nothing");
    AGAIN();
    memset(c.offer.u.direct_call_offer.identity_pub, 0, 32);
    VERDICT(WZP_E2E_INVALID, "all-zero identity");
    AGAIN();
    c.offer.u.direct_call_offer.ephemeral_pub[0] ^= 1;
    VERDICT(WZP_E2E_INVALID, "another ephemeral key");
    AGAIN();
    /* A caller that signs an ephemeral key of small order itself. */
    memset(c.at_caller.offer_tbs + 16 + 32, 0, 32);
    memset(c.offer.u.direct_call_offer.ephemeral_pub, 0, 32);
    wzp_ed25519_sign(c.offer_signature, c.caller.public_key, c.caller.secret, c.at_caller.offer_tbs,
                     c.at_caller.offer_tbs_length);
    VERDICT(WZP_E2E_INVALID, "all-zero ephemeral key, well signed");
    AGAIN();
    c.offer.type = WZP_SIGNAL_PING;
    VERDICT(WZP_E2E_INVALID, "another message");
}
#undef VERDICT

static void own_offers(void)
{
    struct call c;
    uint8_t other[64];
    struct wzp_random random = test_random(1);
    AGAIN();
    memcpy(c.call_id, "Capitals", 9);
    is_int(wzp_e2e_make_offer(&c.at_caller, &c.offer, other, &c.caller, &random), WZP_E_SYNTAX,
           "our own offers have good call ids");
    AGAIN();
    c.target_text[5] = 'x';
    is_int(wzp_e2e_make_offer(&c.at_caller, &c.offer, other, &c.caller, &random), WZP_E_SYNTAX,
           "and good targets");
    c.offer.type = WZP_SIGNAL_PING;
    is_int(wzp_e2e_make_offer(&c.at_caller, &c.offer, other, &c.caller, &random), WZP_E_ARGUMENT,
           "and are offers");
}

/* The caller's verdict; nothing but a valid answer touches the session. */
static void judge(struct call *c, enum wzp_e2e_verdict want, const char *what)
{
    struct wzp_e2e_session before = c->caller_session;
    is_int(wzp_e2e_check_answer(&c->at_caller, &c->caller_session, &c->answer), want, "%s", what);
    if (want != WZP_E2E_VALID)
        ok(memcmp(&c->caller_session, &before, sizeof before) == 0, "and no session comes of it");
}
#define VERDICT(want, what) judge(&c, want, what)
/* Offer and answer made, the answer not judged yet. */
#define AGREE() (call_init(&c, vectors), call_offer(&c, vectors), call_answer_unjudged(&c, vectors))
static char other_id[] = "18a4c0ffee123457";

/* What a relay can do to an answer. */
static void answers(void)
{
    struct call c;
    AGREE();
    c.answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_GENERIC;
    VERDICT(WZP_E2E_INVALID, "another mode");
    c.answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    VERDICT(WZP_E2E_INVALID, "no acceptance");
    AGREE();
    c.answer.u.direct_call_answer.ephemeral_pub[9] ^= 1;
    VERDICT(WZP_E2E_INVALID, "another ephemeral key");
    AGREE();
    c.answer_signature[9] ^= 1;
    VERDICT(WZP_E2E_INVALID, "changed signature");
    AGREE();
    c.answer.u.direct_call_answer.signature.length = 12;
    VERDICT(WZP_E2E_INVALID, "short signature");
    c.answer.u.direct_call_answer.signature.length = 0;
    VERDICT(WZP_E2E_LEGACY, "empty signature");
    AGREE();
    c.answer.u.direct_call_answer.has_signature = false;
    VERDICT(WZP_E2E_LEGACY, "no signature");
    AGREE();
    c.answer.u.direct_call_answer.has_ephemeral_pub = false;
    VERDICT(WZP_E2E_LEGACY, "the command line answers with its identity key only");
    AGREE();
    c.answer.u.direct_call_answer.has_identity_pub = false;
    VERDICT(WZP_E2E_LEGACY, "no identity");
    AGREE();
    c.answer.u.direct_call_answer.call_id = other_id;
    VERDICT(WZP_E2E_INVALID, "another call");
    AGREE();
    c.at_caller.target_fingerprint[0] ^= 1;
    VERDICT(WZP_E2E_INVALID, "from somebody who was not dialled");
}

/* Several answers to one offer: the first valid one counts, once. */
static void many_answers(void)
{
    struct call c;
    struct wzp_random random = test_random(2);
    AGREE();
    c.answer_signature[9] ^= 1;
    VERDICT(WZP_E2E_INVALID, "a bad answer");
    c.answer_signature[9] ^= 1;
    VERDICT(WZP_E2E_VALID, "a good one after it still counts");
    ok(wzp_is_zero_constant_time(c.at_caller.ephemeral_secret, 32), "the caller forgot its secret");
    ok(memcmp(&c.caller_session.send, &c.callee_session.receive, sizeof c.caller_session.send) == 0,
       "and has the callee's keys");
    c.caller_session.started = true;
    c.caller_session.last_sequence = 500;
    VERDICT(WZP_E2E_VALID, "the same answer replayed");
    is_int(c.caller_session.last_sequence, 500, "does not set the counters back");
    uint8_t second[64];
    struct wzp_e2e_session other_session;
    struct wzp_signal other_answer = c.answer;
    is_int(wzp_e2e_make_answer(&c.at_callee, &other_session, &other_answer, second, true, &c.callee,
                               &random),
           0, "another answer to the same offer");
    is_int(wzp_e2e_check_answer(&c.at_caller, &c.caller_session, &other_answer), WZP_E2E_INVALID,
           "comes too late");
    is_int(c.caller_session.last_sequence, 500, "and changes nothing");
}

static void strangers_answers(void)
{
    struct call c;
    struct wzp_random random = test_random(4);
    /* A stranger answers under its own key. */
    call_init(&c, vectors);
    call_offer(&c, vectors);
    struct wzp_identity stranger;
    identity_named(&stranger, vectors, "zero");
    wzp_e2e_check_offer(&c.at_callee, &c.offer, &c.callee);
    wzp_e2e_make_answer(&c.at_callee, &c.callee_session, &c.answer, c.answer_signature, true,
                        &stranger, &random);
    VERDICT(WZP_E2E_INVALID, "a stranger's answer");

    /* An answer to another offer of the same caller, target and call id. */
    call_init(&c, vectors);
    call_offer(&c, vectors);
    call_answer(&c, vectors);
    wzp_e2e_make_offer(&c.at_caller, &c.offer, c.offer_signature, &c.caller, &random);
    VERDICT(WZP_E2E_INVALID, "a replayed answer");

    /* A callee that signs an ephemeral key of small order itself. */
    uint8_t tbs[256];
    AGREE();
    size_t length = bytes_of(tbs, sizeof tbs, at(vectors, "extension_e2e1", NULL), "answer_tbs");
    memset(tbs + 17 + 32 + 32, 0, 32);
    memset(c.answer.u.direct_call_answer.ephemeral_pub, 0, 32);
    wzp_ed25519_sign(c.answer_signature, c.callee.public_key, c.callee.secret, tbs, length);
    VERDICT(WZP_E2E_INVALID, "all-zero ephemeral key, well signed");
    ok(!c.at_caller.agreed, "a better answer may still come");
}

/* What the callee signs and what not. */
static void answers_made(void)
{
    struct call c;
    struct wzp_random random = test_random(6);
    call_init(&c, vectors);
    call_offer(&c, vectors);
    wzp_e2e_check_offer(&c.at_callee, &c.offer, &c.callee);
#define ANSWER()                                                                                   \
    wzp_e2e_make_answer(&c.at_callee, &c.callee_session, &c.answer, c.answer_signature, true,      \
                        &c.callee, &random)
    c.answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_REJECT;
    is_int(ANSWER(), WZP_E_ARGUMENT, "a refusal is not signed");
    c.answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_GENERIC;
    c.answer.u.direct_call_answer.call_id = other_id;
    is_int(ANSWER(), WZP_E_ARGUMENT, "nor an answer to another call");
    c.answer.u.direct_call_answer.call_id = c.call_id;
    is_int(ANSWER(), 0, "generic acceptance");
    is_int(wzp_e2e_check_answer(&c.at_caller, &c.caller_session, &c.answer), WZP_E2E_VALID,
           "is valid too");
    is_int(wzp_e2e_check_answer(&c.at_callee, &c.caller_session, &c.answer), WZP_E2E_INVALID,
           "a callee judges no answers");
    c.at_callee.is_caller = true;
    is_int(ANSWER(), WZP_E_STATE, "and a caller gives none");
}
#undef VERDICT

static void stripped(void)
{
    struct call c;
    static const struct wzp_e2e_session untouched;
    call_init(&c, vectors);
    call_offer(&c, vectors);
    memset(c.offer.u.direct_call_offer.identity_pub, 0, 32);
    memset(c.offer.u.direct_call_offer.ephemeral_pub, 0, 32);
    c.offer.u.direct_call_offer.signature.length = 0;
    is_int(call_answer(&c, vectors), 0, "the callee answers the emptied offer");
    is_int(c.offer_verdict, WZP_E2E_LEGACY, "which looks legacy");
    is_int(c.answer_verdict, WZP_E2E_STRIPPED, "the caller sees that a relay emptied it");
    ok(memcmp(&c.caller_session, &untouched, sizeof untouched) == 0 &&
           memcmp(&c.callee_session, &untouched, sizeof untouched) == 0,
       "no session on either side");
    c.answer_signature[0] ^= 1;
    is_int(wzp_e2e_check_answer(&c.at_caller, &c.caller_session, &c.answer), WZP_E2E_INVALID,
           "but not from a changed signature");

    /* Signature cut to another length: the callee answers what it saw, the caller recognises
     * nothing. */
    call_init(&c, vectors);
    call_offer(&c, vectors);
    c.offer.u.direct_call_offer.signature.length = 50;
    call_answer(&c, vectors);
    is_int(c.offer_verdict, WZP_E2E_INVALID, "a cut signature is invalid");
    is_int(c.answer_verdict, WZP_E2E_INVALID, "and so is the answer to it");
}

static void memory(void)
{
    struct wzp_e2e_offer_memory m = {.count = 0};
    struct wzp_e2e_agreement a = {.is_caller = false};
    for (uint8_t i = 0; i < WZP_E2E_OFFERS_REMEMBERED; i++) {
        a.offer_hash[0] = i;
        ok(!wzp_e2e_offer_seen(&m, &a), "offer %u is new", i);
    }
    a.offer_hash[0] = 0;
    ok(wzp_e2e_offer_seen(&m, &a), "the first is remembered");
    a.offer_hash[0] = 200;
    ok(!wzp_e2e_offer_seen(&m, &a), "one more takes the oldest's place");
    ok(wzp_e2e_offer_seen(&m, &a), "and is remembered");
    a.offer_hash[0] = 1;
    ok(wzp_e2e_offer_seen(&m, &a), "the second is still there");
    a.offer_hash[0] = 0;
    ok(!wzp_e2e_offer_seen(&m, &a), "the first is not");
    struct call c;
    call_init(&c, vectors);
    call_offer(&c, vectors);
    memset(&m, 0, sizeof m);
    wzp_e2e_check_offer(&c.at_callee, &c.offer, &c.callee);
    ok(!wzp_e2e_offer_seen(&m, &c.at_callee), "a real offer");
    wzp_e2e_check_offer(&c.at_callee, &c.offer, &c.callee);
    ok(wzp_e2e_offer_seen(&m, &c.at_callee), "replayed");
}

TAP_MAIN
{
    vectors = vectors_load();
    agreement_vectors();
    peer_mac();
    offers();
    offer_fields();
    own_offers();
    answers();
    many_answers();
    strangers_answers();
    answers_made();
    stripped();
    memory();
    json_decref(vectors);
}

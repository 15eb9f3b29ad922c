/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The signed messages as they travel: exact JSON of the vectors, and every proof after a trip
 * through text. */
#include <string.h>

#include "base/alloc.h"
#include "crypto/federation.h"
#include "lib_call.h"
#include "tap.h"
#include "wire/signal.h"

static json_t *vectors;
static struct wzp_identity caller, callee;
static uint8_t exporter[32];

/* Writes and reads a message; the caller releases *out with wzp_signal_fini. */
static void travel(struct wzp_signal *out, const struct wzp_signal *message, const char *exactly)
{
    struct wzp_error err = {0};
    char *text = NULL;
    size_t length = 0;
    int result = wzp_signal_write(&text, &length, message);
    if (result < 0)
        bail("cannot write: %s", wzp_strerror(result));
    if (exactly != NULL)
        is_str(text, exactly, "exact text");
    result = wzp_signal_parse(out, text, length, &err);
    wzp_free(text);
    if (result < 0)
        bail("cannot read back: %s", err.text);
}

static void room_handshake(void)
{
    struct wzp_handshake state;
    struct wzp_signal offer = {0}, answer, got;
    struct wzp_profile profiles[6];
    struct wzp_error err = {0};
    struct known_bytes known;
    uint8_t offer_signature[64], answer_signature[64], hash[32];
    int bound = -1, proven = -1;
    json_t *h = at(vectors, "handshake_v1", NULL);
    for (int i = 0; i < 6; i++)
        profiles[i] = *wzp_tier_profile((enum wzp_tier)(WZP_TIER_STUDIO_64K - i));
    offer.u.call_offer.supported_profiles.items = profiles;
    offer.u.call_offer.supported_profiles.count = 6;
    struct wzp_random random = known_source(&known, text_of(h, "caller_ephemeral_secret"));
    wzp_handshake_offer(&state, &offer, offer_signature, &caller, exporter, "general", &random);
    struct wzp_binding binding = offer.u.call_offer.binding;
    offer.u.call_offer.binding.present = false;
    offer.u.call_offer.has_protocol_version = false; /* which the vectors do not know */
    offer.u.call_offer.supported_versions.length = 0;
    travel(&got, &offer, text_of(h, "call_offer_json"));
    is_int(wzp_handshake_check_offer(&bound, hash, &got, exporter, "general", &err), 0,
           "v1 offer verifies %s", err.text);
    is_int(bound, 0, "unbound");
    wzp_signal_fini(&got);
    offer.u.call_offer.binding = binding;
    travel(&got, &offer, NULL);
    is_int(wzp_handshake_check_offer(&bound, hash, &got, exporter, "general", &err), 0,
           "our offer verifies %s", err.text);
    is_int(bound, 1, "bound");
    wzp_signal_fini(&got);

    random = known_source(&known, text_of(h, "callee_ephemeral_secret"));
    wzp_handshake_answer(&answer, answer_signature, &callee, hash, exporter, 0, &random);
    travel(&got, &answer, text_of(h, "call_answer_json"));
    is_int(wzp_handshake_check_answer(&proven, &state, &got, exporter, &err), 0,
           "v1 answer verifies %s", err.text);
    is_int(proven, 0, "unproven");
    wzp_signal_fini(&got);
    wzp_handshake_answer(&answer, answer_signature, &callee, hash, exporter, 1, &random);
    travel(&got, &answer, NULL);
    is_int(wzp_handshake_check_answer(&proven, &state, &got, exporter, &err), 0,
           "our answer verifies %s", err.text);
    is_int(proven, 1, "proven");
    wzp_signal_fini(&got);
}

static void registration(void)
{
    struct wzp_signal message = {0}, got, ack = {.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK};
    struct wzp_error err = {0};
    uint8_t signature[64];
    enum wzp_registration_class class;
    int proven = -1;
    wzp_register_make(&message, signature, &caller, exporter);
    travel(&got, &message, NULL);
    is_int(wzp_register_check(&class, &got, exporter, &err), 0, "registration %s", err.text);
    is_int(class, WZP_REGISTRATION_PROVEN, "proven");
    wzp_signal_fini(&got);
    ack.u.register_presence_ack.success = true;
    wzp_register_ack_make(&ack, &callee, exporter);
    travel(&got, &ack, NULL);
    is_int(wzp_register_ack_check(&proven, &got, exporter, &err), 0, "ack %s", err.text);
    is_int(proven, 1, "proven");
    wzp_signal_fini(&got);
}

static void federation(void)
{
    struct wzp_signal hello = {0}, got;
    struct wzp_certificate certificate;
    struct wzp_error err = {0};
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    uint8_t sha256[32];
    int proven = -1;
    wzp_certificate_of_relay(&certificate, &caller);
    wzp_federation_hello_make(&hello, text, &certificate, exporter);
    travel(&got, &hello, NULL);
    is_int(wzp_federation_hello_check(&proven, sha256, &got, exporter, &err), 0, "hello %s",
           err.text);
    is_int(proven, 1, "proven");
    wzp_signal_fini(&got);
}

static void direct_call(void)
{
    struct call c;
    struct wzp_signal offer, answer;
    struct known_bytes known;
    call_init(&c, vectors);
    call_offer(&c, vectors);
    travel(&offer, &c.offer, NULL);
    is_int(wzp_e2e_check_offer(&c.at_callee, &offer, &c.callee), WZP_E2E_VALID, "offer valid");
    wzp_signal_fini(&offer);
    struct wzp_random random =
        known_source(&known, text_of(at(vectors, "handshake_v1", NULL), "callee_ephemeral_secret"));
    is_int(wzp_e2e_make_answer(&c.at_callee, &c.callee_session, &c.answer, c.answer_signature, true,
                               &c.callee, &random),
           0, "answer");
    travel(&answer, &c.answer, NULL);
    is_int(wzp_e2e_check_answer(&c.at_caller, &c.caller_session, &answer), WZP_E2E_VALID,
           "answer valid");
    wzp_signal_fini(&answer);
    is_str(c.caller_session.sas, "0547-1281-1633", "the same code");
}

/* Offers and answers of existing programs (wzp-protocol(7), Old peers). */
static void legacy(void)
{
    static const char desktop[] =
        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa\","
        "\"caller_alias\":null,\"target_fingerprint\":\"4399:b94b:95f4:e3ff:7c70:ffaf:edbc:9096\","
        "\"call_id\":\"18a4c0ffee123456\",\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,"
        "0,0,0,0,0,0,0,0,0,0,0],\"ephemeral_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,"
        "0,0,0,0,0,0,0],\"signature\":[],\"supported_profiles\":[]}}";
    static const char plain[] = "{\"DirectCallAnswer\":{\"call_id\":\"18a4c0ffee123456\","
                                "\"accept_mode\":\"AcceptGeneric\"}}";
    struct wzp_signal got;
    struct wzp_error err = {0};
    struct call c;
    call_init(&c, vectors);
    if (wzp_signal_parse(&got, desktop, sizeof desktop - 1, &err) < 0)
        bail("%s", err.text);
    is_int(wzp_e2e_check_offer(&c.at_callee, &got, &c.callee), WZP_E2E_LEGACY, "desktop's offer");
    wzp_signal_fini(&got);
    ok(c.at_callee.usable && c.at_callee.offer_signature_length == 0, "which we answer signed");
    call_offer(&c, vectors);
    if (wzp_signal_parse(&got, plain, sizeof plain - 1, &err) < 0)
        bail("%s", err.text);
    is_int(wzp_e2e_check_answer(&c.at_caller, &c.caller_session, &got), WZP_E2E_LEGACY,
           "desktop's answer");
    wzp_signal_fini(&got);
}

TAP_MAIN
{
    vectors = vectors_load();
    identity_named(&caller, vectors, "counting_00_1f");
    identity_named(&callee, vectors, "all_ff");
    bytes_of(exporter, 32, at(vectors, "extension_e2e1", "p2p_peer_auth", NULL),
             "exporter_example");
    room_handshake();
    registration();
    federation();
    direct_call();
    legacy();
    json_decref(vectors);
}

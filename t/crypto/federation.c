/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The federation hello's proof: vector, and every way to be refused. */
#include "crypto/federation.h"

#include <string.h>

#include "lib_crypto.h"
#include "tap.h"

#define CHECK(h) wzp_federation_hello_check(&proven, sha256, h, exporter, &err)

static void without_proof(const struct wzp_certificate *certificate, const uint8_t *exporter)
{
    struct wzp_signal plain = {.type = WZP_SIGNAL_FEDERATION_HELLO};
    struct wzp_error err = {0};
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX], no_fingerprint[] = "0c:62";
    uint8_t sha256[32];
    int proven = -1;
    wzp_tls_fingerprint_format(text, certificate->sha256);
    plain.u.federation_hello.tls_fingerprint = text;
    is_int(CHECK(&plain), 0, "an existing relay brings no proof");
    is_int(proven, 0, "and has proven nothing");
    is_bytes(sha256, 32, certificate->sha256, 32, "its claim is known");
    plain.u.federation_hello.tls_fingerprint = no_fingerprint;
    is_int(CHECK(&plain), WZP_E_SYNTAX, "no fingerprint: %s", err.text);
    plain.u.federation_hello.tls_fingerprint = NULL;
    is_int(CHECK(&plain), WZP_E_SYNTAX, "nothing claimed");
    plain.type = WZP_SIGNAL_PING;
    is_int(CHECK(&plain), WZP_E_PROTOCOL, "another message");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    json_t *f = at(vectors, "extension_e2e1", "federation_proof_v1", NULL);
    struct wzp_identity relay, other;
    struct wzp_certificate certificate, second;
    struct wzp_signal hello = {0};
    struct wzp_error err = {0};
    uint8_t exporter[32], tbs[WZP_FEDERATION_TBS_SIZE], sha256[32];
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    int proven = -1;
    identity_named(&relay, vectors, text_of(f, "tls_key_of_identity"));
    identity_named(&other, vectors, "zero");
    bytes_of(exporter, 32, at(vectors, "extension_e2e1", "p2p_peer_auth", NULL),
             "exporter_example");
    wzp_certificate_of_relay(&certificate, &relay);
    wzp_certificate_of_relay(&second, &other);
    wzp_federation_tbs(tbs, certificate.sha256, exporter);
    is_member(tbs, sizeof tbs, f, "tbs");

#define MAKE() wzp_federation_hello_make(&hello, text, &certificate, exporter)
    MAKE();
    is_member(hello.u.federation_hello.proof.signature, 64, f, "signature");
    is_int(CHECK(&hello), 0, "accepted %s", err.text);
    is_int(proven, 1, "as proven");
    is_bytes(sha256, 32, certificate.sha256, 32, "with this fingerprint");

    hello.u.federation_hello.proof.signature[0] ^= 1;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "changed signature: %s", err.text);
    is_int(proven, 0, "proves nothing");
    MAKE();
    exporter[0] ^= 1;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "replayed to another connection: %s", err.text);
    exporter[0] ^= 1;
    hello.u.federation_hello.proof.certificate.data = second.der;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "another certificate: %s", err.text);
    MAKE();
    wzp_tls_fingerprint_format(text, second.sha256);
    hello.u.federation_hello.proof.certificate.data = second.der;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "another relay's certificate and name, our signature");
    wzp_federation_hello_make(&hello, text, &second, exporter);
    wzp_tls_fingerprint_format(text, certificate.sha256);
    is_int(CHECK(&hello), WZP_E_CRYPTO, "a good proof of another relay under the claimed name");
    MAKE();
    hello.u.federation_hello.proof.certificate.length = 0;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "no certificate");
    uint8_t junk[3] = {0x30, 0x01, 0x00};
    wzp_sha256(sha256, junk, sizeof junk);
    wzp_tls_fingerprint_format(text, sha256);
    hello.u.federation_hello.proof.certificate.data = junk;
    hello.u.federation_hello.proof.certificate.length = sizeof junk;
    is_int(CHECK(&hello), WZP_E_CRYPTO, "something that is no certificate: %s", err.text);

    without_proof(&certificate, exporter);
    json_decref(vectors);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Links. */
#include "crypto/federation.h"

#include <string.h>

#include "base/bytes.h"

void wzp_federation_tbs(uint8_t out[WZP_FEDERATION_TBS_SIZE], const uint8_t sha256[32],
                        const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    static const char label[16] = "WZP-FED/1 hello"; /* with its 0 */
    memcpy(out, label, sizeof label);
    memcpy(out + sizeof label, sha256, 32);
    memcpy(out + sizeof label + 32, exporter, WZP_EXPORTER_SIZE);
}

void wzp_federation_hello_make(struct wzp_signal *hello, char text[WZP_TLS_FINGERPRINT_TEXT_MAX],
                               struct wzp_certificate *certificate,
                               const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    uint8_t tbs[WZP_FEDERATION_TBS_SIZE], public_key[32];
    hello->type = WZP_SIGNAL_FEDERATION_HELLO;
    wzp_tls_fingerprint_format(text, certificate->sha256);
    hello->u.federation_hello.tls_fingerprint = text;
    struct wzp_hello_proof *proof = &hello->u.federation_hello.proof;
    proof->present = true;
    proof->certificate.data = certificate->der;
    proof->certificate.length = certificate->der_length;
    wzp_federation_tbs(tbs, certificate->sha256, exporter);
    wzp_ed25519_public(public_key, certificate->secret);
    wzp_ed25519_sign(proof->signature, public_key, certificate->secret, tbs, sizeof tbs);
}

int wzp_federation_hello_check(int *proven, uint8_t sha256[32], const struct wzp_signal *hello,
                               const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err)
{
    *proven = 0;
    if (hello->type != WZP_SIGNAL_FEDERATION_HELLO)
        return wzp_error_set(err, WZP_E_PROTOCOL, "a FederationHello was expected");
    const char *claim = hello->u.federation_hello.tls_fingerprint;
    if (!claim || wzp_tls_fingerprint_parse(sha256, claim, strlen(claim)) < 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "federation hello: not a TLS fingerprint");
    const struct wzp_hello_proof *proof = &hello->u.federation_hello.proof;
    if (!proof->present)
        return 0;
    uint8_t hash[32], key[32], tbs[WZP_FEDERATION_TBS_SIZE];
    wzp_sha256(hash, proof->certificate.data, proof->certificate.length);
    if (memcmp(hash, sha256, sizeof hash) != 0)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "federation hello: the certificate is not the claimed one");
    if (wzp_certificate_public_key(key, proof->certificate.data, proof->certificate.length) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "federation hello: the certificate holds no Ed25519 key");
    wzp_federation_tbs(tbs, hash, exporter);
    if (wzp_ed25519_verify(key, proof->signature, sizeof proof->signature, tbs, sizeof tbs) < 0)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "federation hello: the proof belongs to another connection");
    *proven = 1;
    return 0;
}

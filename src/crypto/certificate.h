/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's deterministic self-signed certificate, byte for byte as the existing relay makes it,
 * so that a relay can take over an identity without changing its TLS fingerprint; and a throw-away
 * one for clients that accept direct calls. Source: wzp-protocol(7), Certificate. */
#ifndef WZP_CRYPTO_CERTIFICATE_H
#define WZP_CRYPTO_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/identity.h"

#define WZP_CERTIFICATE_MAX 320

/* An Ed25519 key and its certificate. Secret; wipe with wzp_certificate_wipe. */
struct wzp_certificate {
    uint8_t secret[32]; /* Ed25519 private seed */
    uint8_t der[WZP_CERTIFICATE_MAX];
    size_t der_length;
    uint8_t sha256[32]; /* the TLS fingerprint */
};
/* From any 32-byte Ed25519 secret. */
void wzp_certificate_make(struct wzp_certificate *out, const uint8_t secret[32]);
/* From a relay identity: secret = HKDF label "wzp-tls-ed25519". */
void wzp_certificate_of_relay(struct wzp_certificate *out, const struct wzp_identity *relay);
/* Overwrites all of it. */
void wzp_certificate_wipe(struct wzp_certificate *certificate);

/* The raw Ed25519 key inside an X.509 certificate from outside. Walks the DER down to the
 * subjectPublicKeyInfo and checks nothing else. WZP_E_SYNTAX, WZP_E_UNSUPPORTED (another kind of
 * key). */
int wzp_certificate_public_key(uint8_t out[32], const uint8_t *der, size_t length);

/* "0c:62:..." of a SHA-256, and back from any spelling (colons optional between digits, either
 * case; WZP_E_SYNTAX, out is then unchanged). */
void wzp_tls_fingerprint_format(char out[WZP_TLS_FINGERPRINT_TEXT_MAX], const uint8_t sha256[32]);
int wzp_tls_fingerprint_parse(uint8_t out[32], const char *text, size_t length);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay certificate: byte for byte the vectors', and well-formed in the eyes of GnuTLS for any
 * key. */
#include "crypto/certificate.h"

#include <gnutls/x509.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_crypto.h"
#include "tap.h"

static void vectors_of(json_t *row)
{
    struct wzp_identity relay;
    struct wzp_certificate certificate;
    uint8_t seed[32], key[32], sha256[32];
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    json_t *tls = at(row, "relay_tls", NULL);
    bytes_of(seed, 32, row, "seed");
    wzp_identity_from_seed(&relay, seed);
    wzp_certificate_of_relay(&certificate, &relay);
    is_member(certificate.secret, 32, tls, "tls_ed25519_secret_seed");
    is_member(certificate.der, certificate.der_length, tls, "certificate_der");
    is_int(wzp_certificate_public_key(key, certificate.der, certificate.der_length), 0,
           "has a key");
    is_member(key, 32, tls, "tls_ed25519_public");
    wzp_tls_fingerprint_format(text, certificate.sha256);
    is_str(text, text_of(tls, "tls_fingerprint"), "tls_fingerprint");
    is_int(wzp_tls_fingerprint_parse(sha256, text, strlen(text)), 0, "reads back");
    is_bytes(sha256, 32, certificate.sha256, 32, "as the same");
    wzp_certificate_wipe(&certificate);
    ok(wzp_is_zero_constant_time(&certificate, sizeof certificate), "wiped");
}

/* What another library makes of it. */
static void judged(const struct wzp_certificate *c, const uint8_t key[32])
{
    gnutls_x509_crt_t x;
    gnutls_datum_t der = {(unsigned char *)(uintptr_t)c->der, (unsigned)c->der_length};
    gnutls_datum_t point = {NULL, 0};
    gnutls_ecc_curve_t curve;
    unsigned char serial[32];
    size_t serial_length = sizeof serial;
    unsigned verified = 1;
    if (gnutls_x509_crt_init(&x) < 0)
        bail("no memory for a certificate");
    ok(gnutls_x509_crt_import(x, &der, GNUTLS_X509_FMT_DER) == 0, "GnuTLS reads it");
    ok(gnutls_x509_crt_get_pk_ecc_raw(x, &curve, &point, NULL) == 0, "and its key");
    is_bytes(point.data, point.size, key, 32, "the right one");
    gnutls_free(point.data);
    ok(gnutls_x509_crt_get_serial(x, serial, &serial_length) == 0 && serial[0] < 0x80 &&
           (serial_length == 1 || serial[0] != 0 || serial[1] >= 0x80),
       "the serial number is positive and short");
    ok(gnutls_x509_crt_list_verify(&x, 1, &x, 1, NULL, 0,
                                   GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                       GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT,
                                   &verified) == 0,
       "it can be verified");
    ok((verified & GNUTLS_CERT_SIGNATURE_FAILURE) == 0, "and signs itself");
    ok(gnutls_x509_crt_check_hostname(x, "localhost") != 0, "for localhost");
    gnutls_x509_crt_deinit(x);
}

/* Serial numbers whose first byte is zero are one byte shorter, unless the next byte's top bit is
 * set. */
static void serials(void)
{
    struct wzp_certificate c;
    struct wzp_random random = test_random(5);
    int shorter = 0, padded = 0;
    for (int i = 0; i < 1500 && (shorter == 0 || padded == 0); i++) {
        uint8_t secret[32], key[32], hash[32];
        wzp_random_bytes(&random, secret, 32);
        wzp_ed25519_public(key, secret);
        wzp_sha256(hash, key, 32);
        if ((hash[0] & 0x7f) != 0 || (hash[1] < 0x80 ? shorter : padded) != 0)
            continue;
        wzp_certificate_make(&c, secret);
        is_int(c.der_length, hash[1] < 0x80 ? 288 : 289, "serial 00 %02x: length", hash[1]);
        judged(&c, key);
        if (hash[1] < 0x80)
            shorter++;
        else
            padded++;
    }
    ok(shorter > 0 && padded > 0, "both kinds of serial were met");
}

static void hostile(void)
{
    struct wzp_certificate c;
    uint8_t secret[32] = {9}, key[32], copy[WZP_CERTIFICATE_MAX];
    wzp_certificate_make(&c, secret);
    wzp_ed25519_public(key, secret);
    judged(&c, key);
    for (size_t n = 0; n < c.der_length; n++)
        if (wzp_certificate_public_key(key, c.der, n) != WZP_E_SYNTAX)
            ok(false, "cut at %zu it was accepted", n);
    int accepted = 0;
    for (size_t n = 0; n < c.der_length; n++) {
        memcpy(copy, c.der, c.der_length);
        copy[n] ^= 0x84;
        accepted += wzp_certificate_public_key(key, copy, c.der_length) == 0;
    }
    ok(accepted > 100, "changed values elsewhere do not matter (%d)", accepted);
    memcpy(copy, c.der, c.der_length);
    uint8_t *oid = memmem(copy + 140, c.der_length - 140, "\x2b\x65\x70", 3);
    if (!oid)
        bail("no key algorithm");
    oid[2] = 0x71; /* Ed448 */
    is_int(wzp_certificate_public_key(key, copy, c.der_length), WZP_E_UNSUPPORTED, "another key");
    static const uint8_t endless[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff};
    is_int(wzp_certificate_public_key(key, endless, sizeof endless), WZP_E_SYNTAX, "huge length");
}

static void fingerprints(void)
{
    uint8_t sha256[32];
    char text[80];
    memset(text, 'A', sizeof text);
    is_int(wzp_tls_fingerprint_parse(sha256, text, 64), 0, "no colons, capitals");
    is_int(sha256[31], 0xaa, "right value");
    is_int(wzp_tls_fingerprint_parse(sha256, text, 63), WZP_E_SYNTAX, "too short");
    is_int(wzp_tls_fingerprint_parse(sha256, text, 65), WZP_E_SYNTAX, "too long");
    is_int(wzp_tls_fingerprint_parse(sha256, text, 0), WZP_E_SYNTAX, "empty");
    text[10] = 'g';
    is_int(wzp_tls_fingerprint_parse(sha256, text, 64), WZP_E_SYNTAX, "no digit");
    text[10] = ':';
    is_int(wzp_tls_fingerprint_parse(sha256, text, 65), 0, "one colon");
    text[64] = ':';
    is_int(wzp_tls_fingerprint_parse(sha256, text, 65), WZP_E_SYNTAX, "colon at the end");
    text[0] = ':';
    is_int(wzp_tls_fingerprint_parse(sha256, text, 66), WZP_E_SYNTAX, "colon at the start");
}

/* wzp-protocol(7), Certificate has a second worked example. */
static void example(void)
{
    struct wzp_identity relay;
    struct wzp_certificate c;
    uint8_t seed[32];
    char text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    memset(seed, 0x2a, sizeof seed);
    wzp_identity_from_seed(&relay, seed);
    wzp_certificate_of_relay(&c, &relay);
    wzp_tls_fingerprint_format(text, c.sha256);
    is_str(text,
           "89:05:77:d6:af:c6:12:5e:67:9c:3c:7a:11:b2:3d:6b:aa:31:35:73:47:ad:f0:98:67:d0:07:e8:b0:"
           "d5:be:55",
           "fingerprint of seed 2a..2a");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    json_t *row;
    size_t i;
    json_array_foreach(at(vectors, "identities", NULL), i, row) vectors_of(row);
    example();
    serials();
    hostile();
    fingerprints();
    json_decref(vectors);
}

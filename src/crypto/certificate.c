/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Certificate. */
#include "crypto/certificate.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

/* DER is written from its end to its start, so that every length is known when it is due. */
struct der {
    uint8_t data[WZP_CERTIFICATE_MAX];
    size_t start; /* data[start..] is written */
};

static void der_bytes(struct der *d, const void *bytes, size_t length)
{
    /* The largest certificate has 289 + 1 bytes: the template is fixed, only the serial varies. */
    d->start -= length;
    memcpy(d->data + d->start, bytes, length);
}

static void der_u8(struct der *d, uint8_t value)
{
    der_bytes(d, &value, 1);
}

/* Tag and length before everything written since `end` (the value of start at that time). */
static void der_wrap(struct der *d, uint8_t tag, size_t end)
{
    size_t length = end - d->start;
    if (length < 0x80) {
        der_u8(d, (uint8_t)length);
    } else if (length < 0x100) {
        der_u8(d, (uint8_t)length);
        der_u8(d, 0x81);
    } else {
        der_u8(d, (uint8_t)length);
        der_u8(d, (uint8_t)(length >> 8));
        der_u8(d, 0x82);
    }
    der_u8(d, tag);
}

static void der_tagged(struct der *d, uint8_t tag, const void *bytes, size_t length)
{
    size_t end = d->start;
    der_bytes(d, bytes, length);
    der_wrap(d, tag, end);
}

static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};
static const uint8_t oid_alt_name[] = {0x55, 0x1d, 0x11};

static void der_algorithm(struct der *d)
{
    size_t end = d->start;
    der_tagged(d, 0x06, oid_ed25519, sizeof oid_ed25519);
    der_wrap(d, 0x30, end);
}

static void der_bit_string(struct der *d, const void *bytes, size_t length)
{
    size_t end = d->start;
    der_bytes(d, bytes, length);
    der_u8(d, 0); /* no unused bits */
    der_wrap(d, 0x03, end);
}

/* Issuer and subject alike: one RDN with the common name rcgen gives by default. */
static void der_name(struct der *d)
{
    static const char name[] = "rcgen self signed cert";
    static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
    size_t end = d->start;
    der_tagged(d, 0x0c, name, sizeof name - 1);
    der_tagged(d, 0x06, oid_common_name, sizeof oid_common_name);
    der_wrap(d, 0x30, end);
    der_wrap(d, 0x31, end);
    der_wrap(d, 0x30, end);
}

static void der_extensions(struct der *d)
{
    static const char host[] = "localhost";
    size_t end = d->start;
    der_tagged(d, 0x82, host, sizeof host - 1);
    der_wrap(d, 0x30, end);
    der_wrap(d, 0x04, end);
    der_tagged(d, 0x06, oid_alt_name, sizeof oid_alt_name);
    der_wrap(d, 0x30, end);
    der_wrap(d, 0x30, end);
    der_wrap(d, 0xa3, end);
}

static void der_validity(struct der *d)
{
    static const char before[] = "750101000000Z";
    static const char after[] = "40960101000000Z";
    size_t end = d->start;
    der_tagged(d, 0x18, after, sizeof after - 1);
    der_tagged(d, 0x17, before, sizeof before - 1);
    der_wrap(d, 0x30, end);
}

/* First 20 bytes of SHA-256(key), top bit cleared, as the shortest positive INTEGER. */
static void der_serial(struct der *d, const uint8_t public_key[32])
{
    uint8_t hash[WZP_SHA256_SIZE];
    wzp_sha256(hash, public_key, 32);
    hash[0] &= 0x7f;
    size_t skip = 0;
    while (skip < 19 && hash[skip] == 0 && hash[skip + 1] < 0x80)
        skip++;
    der_tagged(d, 0x02, hash + skip, 20 - skip);
}

static void der_tbs(struct der *d, const uint8_t public_key[32])
{
    static const uint8_t version_3 = 2;
    size_t end = d->start;
    der_extensions(d);
    size_t key_end = d->start;
    der_bit_string(d, public_key, 32);
    der_algorithm(d);
    der_wrap(d, 0x30, key_end);
    der_name(d);
    der_validity(d);
    der_name(d);
    der_algorithm(d);
    der_serial(d, public_key);
    size_t version_end = d->start;
    der_tagged(d, 0x02, &version_3, 1);
    der_wrap(d, 0xa0, version_end);
    der_wrap(d, 0x30, end);
}

void wzp_certificate_make(struct wzp_certificate *out, const uint8_t secret[32])
{
    struct der tbs = {.start = WZP_CERTIFICATE_MAX}, all = {.start = WZP_CERTIFICATE_MAX};
    uint8_t public_key[32], signature[WZP_SIGNATURE_SIZE];
    wzp_ed25519_public(public_key, secret);
    der_tbs(&tbs, public_key);
    const uint8_t *tbs_data = tbs.data + tbs.start;
    size_t tbs_length = WZP_CERTIFICATE_MAX - tbs.start;
    wzp_ed25519_sign(signature, public_key, secret, tbs_data, tbs_length);

    der_bit_string(&all, signature, sizeof signature);
    der_algorithm(&all);
    der_bytes(&all, tbs_data, tbs_length);
    der_wrap(&all, 0x30, WZP_CERTIFICATE_MAX);

    memset(out, 0, sizeof *out);
    memcpy(out->secret, secret, 32);
    out->der_length = WZP_CERTIFICATE_MAX - all.start;
    memcpy(out->der, all.data + all.start, out->der_length);
    wzp_sha256(out->sha256, out->der, out->der_length);
}

void wzp_certificate_of_relay(struct wzp_certificate *out, const struct wzp_identity *relay)
{
    uint8_t secret[32];
    wzp_identity_derive(secret, relay, "wzp-tls-ed25519");
    wzp_certificate_make(out, secret);
    wzp_wipe(secret, sizeof secret);
}

void wzp_certificate_wipe(struct wzp_certificate *certificate)
{
    wzp_wipe(certificate, sizeof *certificate);
}

/* Takes one element off the reader: *content is its value. False when it is not well formed. */
static bool der_read(struct wzp_reader *r, uint8_t tag, struct wzp_reader *content)
{
    if (wzp_reader_u8(r) != tag || r->failed)
        return false;
    size_t length = wzp_reader_u8(r);
    if (length == 0x81) {
        length = wzp_reader_u8(r);
    } else if (length == 0x82) {
        length = wzp_reader_be16(r);
    } else if (length >= 0x80) {
        return false; /* no certificate of ours needs more than 64 KiB */
    }
    const uint8_t *bytes = wzp_reader_bytes(r, length);
    if (r->failed)
        return false;
    wzp_reader_init(content, bytes, length);
    return true;
}

int wzp_certificate_public_key(uint8_t out[32], const uint8_t *der, size_t length)
{
    struct wzp_reader whole, certificate, tbs, key, algorithm, part;
    wzp_reader_init(&whole, der, length);
    if (!der_read(&whole, 0x30, &certificate) || wzp_reader_left(&whole) != 0 ||
        !der_read(&certificate, 0x30, &tbs))
        return WZP_E_SYNTAX;
    /* version, serial, signature algorithm, issuer, validity, subject */
    static const uint8_t before_key[] = {0xa0, 0x02, 0x30, 0x30, 0x30, 0x30};
    for (size_t i = 0; i < sizeof before_key; i++)
        if (!der_read(&tbs, before_key[i], &part))
            return WZP_E_SYNTAX;
    if (!der_read(&tbs, 0x30, &key) || !der_read(&key, 0x30, &algorithm) ||
        !der_read(&algorithm, 0x06, &part))
        return WZP_E_SYNTAX;
    if (part.length != sizeof oid_ed25519 ||
        memcmp(part.data, oid_ed25519, sizeof oid_ed25519) != 0)
        return WZP_E_UNSUPPORTED;
    if (!der_read(&key, 0x03, &part) || part.length != 33 || part.data[0] != 0)
        return WZP_E_SYNTAX;
    memcpy(out, part.data + 1, 32);
    return 0;
}

void wzp_tls_fingerprint_format(char out[WZP_TLS_FINGERPRINT_TEXT_MAX], const uint8_t sha256[32])
{
    char pair[3];
    for (size_t i = 0; i < 32; i++) {
        wzp_hex_encode(pair, sha256 + i, 1);
        memcpy(out + 3 * i, pair, 2);
        out[3 * i + 2] = ':';
    }
    out[WZP_TLS_FINGERPRINT_TEXT_MAX - 1] = 0;
}

int wzp_tls_fingerprint_parse(uint8_t out[32], const char *text, size_t length)
{
    char digits[64];
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == ':') {
            if (count == 0 || i + 1 == length)
                return WZP_E_SYNTAX;
            continue;
        }
        if (count == sizeof digits)
            return WZP_E_SYNTAX;
        digits[count++] = text[i];
    }
    uint8_t value[32];
    if (wzp_hex_decode(value, sizeof value, digits, count) < 0)
        return WZP_E_SYNTAX;
    memcpy(out, value, sizeof value);
    return 0;
}

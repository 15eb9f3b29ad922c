/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Thin layer over nettle and hogweed, with the checks they leave to us. */
#include "crypto/primitives.h"

#include <nettle/base64.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/curve25519.h>
#include <nettle/eddsa.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

_Static_assert(ED25519_KEY_SIZE == 32 && ED25519_SIGNATURE_SIZE == 64, "RFC 8032 sizes");
_Static_assert(CURVE25519_SIZE == 32, "RFC 7748 sizes");
_Static_assert(CHACHA_POLY1305_DIGEST_SIZE == WZP_AEAD_TAG_SIZE, "RFC 8439 tag");

void wzp_sha256(uint8_t out[WZP_SHA256_SIZE], const void *data, size_t length)
{
    struct wzp_sha256_state state;
    wzp_sha256_begin(&state);
    wzp_sha256_add(&state, data, length);
    wzp_sha256_end(&state, out);
}

void wzp_sha1(uint8_t out[WZP_SHA1_SIZE], const void *data, size_t length)
{
    struct sha1_ctx context;
    sha1_init(&context);
    sha1_update(&context, length, data);
    sha1_digest(&context, WZP_SHA1_SIZE, out);
}

void wzp_base64(char *out, const void *data, size_t length)
{
    base64_encode_raw(out, length, data);
    out[BASE64_ENCODE_RAW_LENGTH(length)] = '\0';
}

void wzp_sha256_begin(struct wzp_sha256_state *state)
{
    sha256_init(&state->context);
}

void wzp_sha256_add(struct wzp_sha256_state *state, const void *data, size_t length)
{
    if (length > 0)
        sha256_update(&state->context, length, data);
}

void wzp_sha256_end(struct wzp_sha256_state *state, uint8_t out[WZP_SHA256_SIZE])
{
    sha256_digest(&state->context, WZP_SHA256_SIZE, out);
    wzp_wipe(state, sizeof *state);
}

void wzp_hmac_sha256(uint8_t out[32], const uint8_t key[32], const void *data, size_t length)
{
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, 32, key);
    if (length > 0)
        hmac_sha256_update(&context, length, data);
    hmac_sha256_digest(&context, 32, out);
    wzp_wipe(&context, sizeof context);
}

void wzp_pbkdf2_sha256(void *out, size_t out_length, const void *secret, size_t secret_length,
                       const void *salt, size_t salt_length, unsigned rounds)
{
    pbkdf2_hmac_sha256(secret_length, secret, rounds, salt_length, salt, out_length, out);
}

/* nettle's HKDF is generic over the MAC; these two have exactly the types it calls. */
static void mac_update(void *context, size_t length, const uint8_t *data)
{
    hmac_sha256_update(context, length, data);
}

static void mac_digest(void *context, size_t length, uint8_t *digest)
{
    hmac_sha256_digest(context, length, digest);
}

void wzp_hkdf_extract(uint8_t prk[32], const uint8_t *salt, size_t salt_length, const void *ikm,
                      size_t ikm_length)
{
    static const uint8_t no_salt[32];
    struct hmac_sha256_ctx context;
    if (!salt) {
        salt = no_salt;
        salt_length = sizeof no_salt;
    }
    hmac_sha256_set_key(&context, salt_length, salt);
    hkdf_extract(&context, mac_update, mac_digest, WZP_SHA256_SIZE, ikm_length, ikm, prk);
    wzp_wipe(&context, sizeof context);
}

void wzp_hkdf_expand(void *out, size_t out_length, const uint8_t prk[32], const char *info)
{
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, 32, prk);
    hkdf_expand(&context, mac_update, mac_digest, WZP_SHA256_SIZE, strlen(info),
                (const uint8_t *)info, out_length, out);
    wzp_wipe(&context, sizeof context);
}

void wzp_ed25519_public(uint8_t public_key[32], const uint8_t secret[32])
{
    ed25519_sha512_public_key(public_key, secret);
}

void wzp_ed25519_sign(uint8_t signature[64], const uint8_t public_key[32], const uint8_t secret[32],
                      const void *data, size_t length)
{
    ed25519_sha512_sign(public_key, secret, length, data, signature);
}

int wzp_ed25519_verify(const uint8_t public_key[32], const uint8_t *signature,
                       size_t signature_length, const void *data, size_t length)
{
    if (signature_length != ED25519_SIGNATURE_SIZE || wzp_key_is_small_order(public_key))
        return WZP_E_CRYPTO;
    return ed25519_sha512_verify(public_key, length, data, signature) ? 0 : WZP_E_CRYPTO;
}

bool wzp_key_is_small_order(const uint8_t key[32])
{
    /* y coordinates of the points whose order divides 8, as 255-bit numbers; 0 and 1 have a second
     * spelling (p and p + 1), no other one of them does below 2^255. The sign bit is free. */
    static const uint8_t small[7][32] = {
        {0},
        {1},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
    uint8_t y[32];
    memcpy(y, key, sizeof y);
    y[31] &= 0x7f;
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
        if (memcmp(y, small[i], sizeof y) == 0)
            return true;
    return false;
}

void wzp_x25519_new(uint8_t secret[32], uint8_t public_key[32], const struct wzp_random *random)
{
    wzp_random_bytes(random, secret, 32);
    wzp_x25519_public(public_key, secret);
}

void wzp_x25519_public(uint8_t public_key[32], const uint8_t secret[32])
{
    curve25519_mul_g(public_key, secret);
}

int wzp_x25519_shared(uint8_t out[32], const uint8_t secret[32], const uint8_t peer_public[32])
{
    curve25519_mul(out, secret, peer_public);
    return wzp_is_zero_constant_time(out, 32) ? WZP_E_CRYPTO : 0;
}

bool wzp_x25519_is_small_order(const uint8_t public_key[32])
{
    /* Clamping makes every scalar a multiple of 8, so one scalar shows it as well as any other. */
    static const uint8_t scalar[32] = {8};
    uint8_t result[32];
    return wzp_x25519_shared(result, scalar, public_key) < 0;
}

void wzp_aead_seal(uint8_t *out, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                   size_t aad_length, const uint8_t *data, size_t length)
{
    struct chacha_poly1305_ctx context;
    chacha_poly1305_set_key(&context, key);
    chacha_poly1305_set_nonce(&context, nonce);
    chacha_poly1305_update(&context, aad_length, aad);
    chacha_poly1305_encrypt(&context, length, out, data);
    chacha_poly1305_digest(&context, WZP_AEAD_TAG_SIZE, out + length);
    wzp_wipe(&context, sizeof context);
}

int wzp_aead_open(uint8_t *out, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                  size_t aad_length, const uint8_t *data, size_t length)
{
    if (length < WZP_AEAD_TAG_SIZE)
        return WZP_E_CRYPTO;
    struct chacha_poly1305_ctx context;
    uint8_t tag[WZP_AEAD_TAG_SIZE];
    size_t plain = length - WZP_AEAD_TAG_SIZE;
    chacha_poly1305_set_key(&context, key);
    chacha_poly1305_set_nonce(&context, nonce);
    chacha_poly1305_update(&context, aad_length, aad);
    chacha_poly1305_decrypt(&context, plain, out, data);
    chacha_poly1305_digest(&context, sizeof tag, tag);
    wzp_wipe(&context, sizeof context);
    /* The tag lies behind the ciphertext, so opening in place has not touched it. */
    bool same = wzp_equal_constant_time(tag, data + plain, sizeof tag);
    wzp_wipe(tag, sizeof tag);
    if (same)
        return 0;
    wzp_wipe(out, plain);
    return WZP_E_CRYPTO;
}

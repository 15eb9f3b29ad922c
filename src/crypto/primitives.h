/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The few primitives the protocol needs, over nettle: SHA-256, HMAC, HKDF (RFC 5869), Ed25519
 * (RFC 8032), X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439). No state beyond the caller's, no
 * allocation of ours. */
#ifndef WZP_CRYPTO_PRIMITIVES_H
#define WZP_CRYPTO_PRIMITIVES_H

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

#define WZP_SHA256_SIZE 32
#define WZP_SHA1_SIZE 20
#define WZP_AEAD_TAG_SIZE 16

/* SHA-256 of one block; data may be NULL when length is 0. */
void wzp_sha256(uint8_t out[WZP_SHA256_SIZE], const void *data, size_t length);

/* SHA-1, for the handshake of WebSocket, which wants it; it secures nothing. */
void wzp_sha1(uint8_t out[WZP_SHA1_SIZE], const void *data, size_t length);

/* Text of bytes, RFC 4648 4, with its final 0: WZP_BASE64_SIZE of their number. */
#define WZP_BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)
void wzp_base64(char *out, const void *data, size_t length);

/* SHA-256 in pieces: begin, add any number of times, end (which also wipes the state). */
struct wzp_sha256_state {
    struct sha256_ctx context;
};
void wzp_sha256_begin(struct wzp_sha256_state *state);
void wzp_sha256_add(struct wzp_sha256_state *state, const void *data, size_t length);
void wzp_sha256_end(struct wzp_sha256_state *state, uint8_t out[WZP_SHA256_SIZE]);

/* HMAC-SHA-256 under a 32-byte key. */
void wzp_hmac_sha256(uint8_t out[32], const uint8_t key[32], const void *data, size_t length);
/* PBKDF2-HMAC-SHA256 of RFC 8018: a key of what people can remember. rounds > 0. */
void wzp_pbkdf2_sha256(void *out, size_t out_length, const void *secret, size_t secret_length,
                       const void *salt, size_t salt_length, unsigned rounds);

/* salt NULL = 32 zero bytes. */
void wzp_hkdf_extract(uint8_t prk[32], const uint8_t *salt, size_t salt_length, const void *ikm,
                      size_t ikm_length);
/* info is the 0-terminated label, without its final 0. out_length at most 255 * 32. */
void wzp_hkdf_expand(void *out, size_t out_length, const uint8_t prk[32], const char *info);

/* The public key of a 32-byte RFC 8032 secret. */
void wzp_ed25519_public(uint8_t public_key[32], const uint8_t secret[32]);
/* Deterministic signature (RFC 8032); public_key must belong to secret. */
void wzp_ed25519_sign(uint8_t signature[64], const uint8_t public_key[32], const uint8_t secret[32],
                      const void *data, size_t length);
/* 0 or WZP_E_CRYPTO: bad signature, small-order key, or a length that is not 64. */
int wzp_ed25519_verify(const uint8_t public_key[32], const uint8_t *signature,
                       size_t signature_length, const void *data, size_t length);
/* True for the 14 encodings of Ed25519 points of small order, under which anybody can sign.
 * They are all: every other encoding below 2^256 reduces to none of these points.
 */
bool wzp_key_is_small_order(const uint8_t key[32]);

/* Fresh X25519 pair. The secret is stored unclamped and clamped in use. */
void wzp_x25519_new(uint8_t secret[32], uint8_t public_key[32], const struct wzp_random *random);
/* The public key of a secret, which is clamped in use. */
void wzp_x25519_public(uint8_t public_key[32], const uint8_t secret[32]);
/* WZP_E_CRYPTO when the result is all zero (constant-time check). */
int wzp_x25519_shared(uint8_t out[32], const uint8_t secret[32], const uint8_t peer_public[32]);
/* True when every shared secret with this public key is all zero. */
bool wzp_x25519_is_small_order(const uint8_t public_key[32]);

/* out gets length + 16 bytes. In place (out == data) is allowed. */
void wzp_aead_seal(uint8_t *out, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                   size_t aad_length, const uint8_t *data, size_t length);
/* data holds ciphertext and tag (length >= 16), out gets length - 16 bytes; in place is allowed.
 * WZP_E_CRYPTO: out is wiped. */
int wzp_aead_open(uint8_t *out, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                  size_t aad_length, const uint8_t *data, size_t length);

#endif

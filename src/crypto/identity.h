/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An identity: a 32-byte seed and what is derived from it: Ed25519 identity key, fingerprint,
 * derived alias, relay TLS key. Source: wzp-protocol(7), Identity. The caller reads and writes the
 * file; its text form is made here. */
#ifndef WZP_CRYPTO_IDENTITY_H
#define WZP_CRYPTO_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "crypto/primitives.h"

#define WZP_KEY_SIZE 32
#define WZP_SIGNATURE_SIZE 64
#define WZP_FINGERPRINT_SIZE 16
#define WZP_SEED_TEXT_SIZE 64 /* hex digits of the identity file */

/* Secret: wipe with wzp_identity_wipe. Caller owned, no pointers. */
struct wzp_identity {
    uint8_t seed[WZP_SEED_SIZE];
    uint8_t secret[WZP_KEY_SIZE]; /* RFC 8032 private seed, HKDF "warzone-ed25519" */
    uint8_t public_key[WZP_KEY_SIZE];
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    char fingerprint_text[WZP_FINGERPRINT_TEXT_MAX];
};

/* Derives everything from the seed (wzp-protocol(7), Identity). */
void wzp_identity_from_seed(struct wzp_identity *out, const uint8_t seed[WZP_SEED_SIZE]);
/* A fresh identity from 32 random bytes. */
void wzp_identity_new(struct wzp_identity *out, const struct wzp_random *random);
/* Reads the file's contents: 64 hex digits of either case, white space around them allowed.
 * WZP_E_SYNTAX with a sentence that says what is wrong without showing the contents. */
int wzp_identity_parse(struct wzp_identity *out, const char *text, size_t length,
                       struct wzp_error *err);
/* Writes the 64 digits and a final 0 (WZP_SEED_TEXT_SIZE + 1 bytes): secret text, wipe it. */
void wzp_identity_format(char *out, const struct wzp_identity *identity);
/* Overwrites all of it. */
void wzp_identity_wipe(struct wzp_identity *identity);

/* SHA-256(public key)[0..16] and its colon form "xxxx:xxxx:..." (lower case). */
void wzp_fingerprint_of_key(uint8_t out[WZP_FINGERPRINT_SIZE], const uint8_t key[WZP_KEY_SIZE]);
void wzp_fingerprint_format(char out[WZP_FINGERPRINT_TEXT_MAX],
                            const uint8_t fingerprint[WZP_FINGERPRINT_SIZE]);
/* Reads any spelling of exactly 32 hex digits (either case; ':' '-' ' ' allowed between digits).
 * WZP_E_SYNTAX; out is then unchanged. */
int wzp_fingerprint_parse(uint8_t out[WZP_FINGERPRINT_SIZE], const char *text, size_t length);

/* "Swift Wolf": the default alias of wzp-protocol(7), Identity. out holds WZP_ALIAS_MAX. */
void wzp_identity_alias(char *out, const struct wzp_identity *identity);

/* HKDF-Expand of the seed with another label, 32 bytes: "warzone-x25519", "wzp-tls-ed25519".
 * Secret: wipe it. */
void wzp_identity_derive(uint8_t out[32], const struct wzp_identity *identity, const char *label);

#endif

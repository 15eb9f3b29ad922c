/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the tests of this room share: the published vectors, and a source of known "random" bytes.
 */
#ifndef WZP_T_LIB_CRYPTO_H
#define WZP_T_LIB_CRYPTO_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "crypto/identity.h"

/* t/vectors/crypto-vectors.json; json_decref it. Bails when it cannot be read. */
json_t *vectors_load(void);
/* A member by path of names, e.g. at(v, "handshake_v1", NULL); bails when absent. */
json_t *at(json_t *object, ...);
/* A string member; bails when absent. */
const char *text_of(json_t *object, const char *name);
/* A member of hexadecimal digits as bytes; returns how many. */
size_t bytes_of(void *out, size_t room, json_t *object, const char *name);
/* Compares bytes with a member of hexadecimal digits. */
void is_member(const void *got, size_t length, json_t *object, const char *name);
/* The identity with that name in the vectors. */
void identity_named(struct wzp_identity *out, json_t *vectors, const char *name);

/* Gives the bytes of text (hexadecimal), again and again. */
struct known_bytes {
    uint8_t data[256];
    size_t length, offset;
};
struct wzp_random known_source(struct known_bytes *k, const char *hex);
/* Seeded source in static memory. */
struct wzp_random test_random(uint64_t seed);

#endif

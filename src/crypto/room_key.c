/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "crypto/room_key.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/primitives.h"
#include "wire/name.h"

#define KEY_LABEL "WZP-ROOM/1 key"
#define PROOF_LABEL "WZP-ROOM/1 proof"

void wzp_room_key(uint8_t out[WZP_ROOM_KEY_SIZE], const char *room, const char *password)
{
    char salt[sizeof KEY_LABEL + WZP_SNI_MAX + 1] = KEY_LABEL;
    size_t length = strnlen(room, WZP_SNI_MAX);
    memcpy(salt + sizeof KEY_LABEL, room, length);
    salt[sizeof KEY_LABEL + length] = 0;
    wzp_sni_lower(salt + sizeof KEY_LABEL);
    wzp_pbkdf2_sha256(out, WZP_ROOM_KEY_SIZE, password, strlen(password), salt,
                      sizeof KEY_LABEL + length, WZP_ROOM_KEY_ROUNDS);
}

void wzp_room_proof(uint8_t out[WZP_ROOM_PROOF_SIZE], const uint8_t key[WZP_ROOM_KEY_SIZE],
                    const uint8_t exporter[WZP_EXPORTER_SIZE], const uint8_t identity[32])
{
    uint8_t data[sizeof PROOF_LABEL + WZP_EXPORTER_SIZE + 32];
    struct wzp_writer w;
    wzp_writer_init(&w, data, sizeof data);
    wzp_writer_bytes(&w, PROOF_LABEL, sizeof PROOF_LABEL);
    wzp_writer_bytes(&w, exporter, WZP_EXPORTER_SIZE);
    wzp_writer_bytes(&w, identity, 32);
    wzp_hmac_sha256(out, key, data, sizeof data);
}

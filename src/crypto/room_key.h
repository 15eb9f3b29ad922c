/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Passwords of rooms. The password itself is never sent: a slow hash derives a key from it, once,
 * and a client proves with a MAC over its connection's TLS exporter that it has that key. So a
 * recorded proof is useless on another connection; the relay's operator can still try guesses
 * offline, as with any password. Source: wzp-protocol(7), Media handshake. */
#ifndef WZP_CRYPTO_ROOM_KEY_H
#define WZP_CRYPTO_ROOM_KEY_H

#include <stdint.h>

#include "crypto/handshake.h"

#define WZP_ROOM_KEY_SIZE 32
#define WZP_ROOM_PROOF_SIZE 32
#define WZP_ROOM_KEY_ROUNDS 20000 /* of PBKDF2: some milliseconds */
#define WZP_ROOM_PASSWORD_MAX 128 /* bytes, with the final 0 */

/* The key of a room's password; room in letters of either case, at most WZP_SNI_MAX. Secret. */
void wzp_room_key(uint8_t out[WZP_ROOM_KEY_SIZE], const char *room, const char *password);
/* Computes CallOffer.room_proof for the connection with that exporter value
 * (WZP_EXPORTER_HANDSHAKE) and the client with that identity. */
void wzp_room_proof(uint8_t out[WZP_ROOM_PROOF_SIZE], const uint8_t key[WZP_ROOM_KEY_SIZE],
                    const uint8_t exporter[WZP_EXPORTER_SIZE], const uint8_t identity[32]);

#endif

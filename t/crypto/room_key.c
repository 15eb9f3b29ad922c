/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Passwords of rooms: the slow hash against RFC 7914, the key, and what the proof depends on. */
#include "crypto/room_key.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/primitives.h"
#include "tap.h"

TAP_MAIN
{
    uint8_t out[64], wanted[64], key[32], other[32], proof[32], again[32];
    uint8_t exporter[32] = {1}, identity[32] = {2};
    wzp_pbkdf2_sha256(out, 64, "passwd", 6, "salt", 4, 1);
    wzp_hex_decode(wanted, 64,
                   "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                   "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
                   128);
    is_bytes(out, 64, wanted, 64, "PBKDF2-HMAC-SHA256 gives the vector of RFC 7914, section 11");
    wzp_room_key(key, "board", "tea");
    wzp_hex_decode(wanted, 32, "03c316fa35f36fb5b07f8365535a0aaaafdd11ec74e283caf4cfe7429ab4db91",
                   64);
    is_bytes(key, 32, wanted, 32, "the key is what another program makes of name and password");
    wzp_room_key(other, "BOARD", "tea");
    is_bytes(other, 32, key, 32, "in letters of either case");
    wzp_room_key(other, "board2", "tea");
    ok(memcmp(other, key, 32) != 0, "another room has another key");
    wzp_room_key(other, "board", "teas");
    ok(memcmp(other, key, 32) != 0, "another password, too");
    wzp_room_proof(proof, key, exporter, identity);
    wzp_room_proof(again, other, exporter, identity);
    ok(memcmp(proof, again, 32) != 0, "the proof depends on the key,");
    exporter[31] ^= 1;
    wzp_room_proof(again, key, exporter, identity);
    ok(memcmp(proof, again, 32) != 0, "on the connection,");
    exporter[31] ^= 1;
    identity[31] ^= 1;
    wzp_room_proof(again, key, exporter, identity);
    ok(memcmp(proof, again, 32) != 0, "and on who shows it");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The primitives against the RFCs' own vectors and ours. */
#include "crypto/primitives.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "lib_crypto.h"
#include "tap.h"

static void hashes(void)
{
    uint8_t out[32], want[64], key[32], prk[32], okm[42], salt[13], ikm[22];
    wzp_sha256(out, "abc", 3);
    tap_hex(want, sizeof want, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    is_bytes(out, 32, want, 32, "SHA-256 of abc");
    struct wzp_sha256_state state;
    wzp_sha256_begin(&state);
    wzp_sha256_add(&state, "a", 1);
    wzp_sha256_add(&state, NULL, 0);
    wzp_sha256_add(&state, "bc", 2);
    wzp_sha256_end(&state, out);
    is_bytes(out, 32, want, 32, "SHA-256 in pieces");

    memset(key, 0, sizeof key); /* a shorter key is the same as one padded with zeros */
    memcpy(key, "Jefe", 4);
    wzp_hmac_sha256(out, key, "what do ya want for nothing?", 28);
    tap_hex(want, sizeof want, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    is_bytes(out, 32, want, 32, "HMAC-SHA-256, RFC 4231 test 2");

    memset(ikm, 0x0b, sizeof ikm);
    tap_hex(salt, sizeof salt, "000102030405060708090a0b0c");
    wzp_hkdf_extract(prk, salt, sizeof salt, ikm, sizeof ikm);
    tap_hex(want, sizeof want, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    is_bytes(prk, 32, want, 32, "HKDF-Extract, RFC 5869 test 1");
    wzp_hkdf_expand(okm, sizeof okm, prk, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9");
    tap_hex(want, sizeof want,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    is_bytes(okm, sizeof okm, want, 42, "HKDF-Expand, RFC 5869 test 1");
    wzp_hkdf_extract(prk, NULL, 0, ikm, sizeof ikm);
    tap_hex(want, sizeof want, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    is_bytes(prk, 32, want, 32, "HKDF-Extract without salt, RFC 5869 test 3");
}

static void signatures(void)
{
    uint8_t secret[32], public_key[32], want[64], signature[64], message[2] = {0xaf, 0x82};
    tap_hex(secret, 32, "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    wzp_ed25519_public(public_key, secret);
    tap_hex(want, 64, "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    is_bytes(public_key, 32, want, 32, "Ed25519 public key, RFC 8032 test 3");
    wzp_ed25519_sign(signature, public_key, secret, message, 2);
    tap_hex(want, 64,
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
    is_bytes(signature, 64, want, 64, "Ed25519 signature, RFC 8032 test 3");
    is_int(wzp_ed25519_verify(public_key, signature, 64, message, 2), 0, "and it verifies");
    is_int(wzp_ed25519_verify(public_key, signature, 63, message, 2), WZP_E_CRYPTO,
           "not with 63 bytes");
    is_int(wzp_ed25519_verify(public_key, NULL, 0, message, 2), WZP_E_CRYPTO, "not with none");
    is_int(wzp_ed25519_verify(public_key, signature, 64, message, 1), WZP_E_CRYPTO,
           "not for another message");
    for (size_t i = 0; i < 64; i += 7) {
        signature[i] ^= 1;
        is_int(wzp_ed25519_verify(public_key, signature, 64, message, 2), WZP_E_CRYPTO,
               "not with byte %zu changed", i);
        signature[i] ^= 1;
    }
    /* S + L is the same number modulo the group order, and must not count as a second signature. */
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    is_int(wzp_ed25519_verify(public_key, signature, 64, message, 2), WZP_E_CRYPTO,
           "not with S above the group order");
}

static void small_order(json_t *vectors)
{
    size_t i;
    json_t *row;
    uint8_t key[32], signature[64] = {1}; /* R = neutral element, S = 0: valid under such keys */
    json_array_foreach(at(vectors, "ed25519_small_order", NULL), i, row)
    {
        bytes_of(key, sizeof key, row, "encoding");
        ok(wzp_key_is_small_order(key), "small order: %s", text_of(row, "encoding"));
        is_int(wzp_ed25519_verify(key, signature, 64, "x", 1), WZP_E_CRYPTO,
               "nothing verifies under it");
        key[0] ^= 0x10;
        ok(!wzp_key_is_small_order(key), "its neighbour is not of small order");
    }
    is_int(i, 14, "all 14 encodings");
}

static void agreement(json_t *vectors)
{
    uint8_t secret[32], peer[32], shared[32], want[32], public_key[32];
    tap_hex(secret, 32, "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    tap_hex(peer, 32, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    tap_hex(want, 32, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    is_int(wzp_x25519_shared(shared, secret, peer), 0, "X25519 works");
    is_bytes(shared, 32, want, 32, "X25519, RFC 7748 5.2");
    peer[31] |= 0x80;
    wzp_x25519_shared(shared, secret, peer);
    is_bytes(shared, 32, want, 32, "the top bit of a public key is masked");
    tap_hex(secret, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    tap_hex(want, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    wzp_x25519_public(public_key, secret);
    is_bytes(public_key, 32, want, 32, "X25519 public key, RFC 7748 6.1");

    /* The other points of order 1, 2, 4 and 8 on the curve and its twist. */
    static const char *const small[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        tap_hex(peer, 32, small[i]);
        is_int(wzp_x25519_shared(shared, secret, peer), WZP_E_CRYPTO, "all zero: %s", small[i]);
        ok(wzp_x25519_is_small_order(peer), "and recognised");
    }
    ok(!wzp_x25519_is_small_order(public_key), "a real key is not of small order");

    struct known_bytes known;
    json_t *h = at(vectors, "handshake_v1", NULL);
    struct wzp_random random = known_source(&known, text_of(h, "caller_ephemeral_secret"));
    wzp_x25519_new(secret, public_key, &random);
    is_member(secret, 32, h, "caller_ephemeral_secret");
    is_member(public_key, 32, h, "caller_ephemeral_public");
}

static void rekey(json_t *vectors)
{
    uint8_t old_key[32], own[32], peer[32], public_key[32], shared[32], prk[32], key[32], hash[32];
    json_t *r = at(vectors, "rekey_v1", NULL);
    bytes_of(old_key, 32, r, "old_key");
    bytes_of(own, 32, r, "own_secret");
    bytes_of(peer, 32, r, "peer_secret");
    wzp_x25519_public(public_key, own);
    is_member(public_key, 32, r, "own_public");
    wzp_x25519_public(public_key, peer);
    is_member(public_key, 32, r, "peer_public");
    wzp_x25519_shared(shared, own, public_key);
    is_member(shared, 32, r, "dh_shared");
    wzp_hkdf_extract(prk, old_key, sizeof old_key, shared, 32);
    wzp_hkdf_expand(key, 32, prk, "warzone-rekey");
    is_member(key, 32, r, "new_key");
    wzp_sha256(hash, key, 32);
    is_member(hash, 4, r, "new_session_id");
}

static void v1_nonce(uint8_t out[12], json_t *row, uint8_t direction)
{
    memset(out, 0, 12);
    bytes_of(out, 4, row, "session_id");
    wzp_put_be32(out + 4, (uint32_t)json_integer_value(at(row, "counter", NULL)));
    out[8] = direction;
}

static void aead(json_t *vectors)
{
    size_t i;
    json_t *row;
    uint8_t key[32], nonce[12], aad[16], data[64], sealed[160], opened[160], want[64];
    json_array_foreach(at(vectors, "nonces_v1", NULL), i, row)
    {
        v1_nonce(nonce, row, (uint8_t)json_integer_value(at(row, "direction", NULL)));
        is_member(nonce, sizeof nonce, row, "nonce");
    }
    json_array_foreach(at(vectors, "aead_v1", NULL), i, row)
    {
        v1_nonce(nonce, row, 0);
        is_member(nonce, sizeof nonce, row, "nonce");
        bytes_of(key, sizeof key, row, "key");
        size_t aad_length = bytes_of(aad, sizeof aad, row, "aad");
        size_t length = bytes_of(data, sizeof data, row, "plaintext");
        wzp_aead_seal(sealed, key, nonce, aad, aad_length, data, length);
        is_member(sealed, length + WZP_AEAD_TAG_SIZE, row, "ciphertext_and_tag");
        is_int(wzp_aead_open(opened, key, nonce, aad, aad_length, sealed, length + 16), 0, "opens");
        is_bytes(opened, length, data, length, "to the plaintext");
        memcpy(opened, sealed, length + 16);
        is_int(wzp_aead_open(opened, key, nonce, aad, aad_length, opened, length + 16), 0,
               "opens in place");
        is_bytes(opened, length, data, length, "to the plaintext");
        wzp_aead_seal(opened, key, nonce, aad, aad_length, opened, length);
        is_bytes(opened, length + 16, sealed, length + 16, "and seals in place");
        for (size_t k = 0; k < length + 16; k += 3) {
            sealed[k] ^= 0x80;
            is_int(wzp_aead_open(opened, key, nonce, aad, aad_length, sealed, length + 16),
                   WZP_E_CRYPTO, "not with byte %zu changed", k);
            ok(wzp_is_zero_constant_time(opened, length), "and nothing is given out");
            sealed[k] ^= 0x80;
        }
        is_int(wzp_aead_open(opened, key, nonce, aad, aad_length - 1, sealed, length + 16),
               WZP_E_CRYPTO, "not with less associated data");
        is_int(wzp_aead_open(opened, key, nonce, aad, aad_length, sealed, 15), WZP_E_CRYPTO,
               "not without a whole tag");
    }
    static const char plain[] =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    for (i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x80 + i);
    tap_hex(nonce, sizeof nonce, "070000004041424344454647");
    size_t aad_length = tap_hex(aad, sizeof aad, "50515253c0c1c2c3c4c5c6c7");
    wzp_aead_seal(sealed, key, nonce, aad, aad_length, (const uint8_t *)plain, sizeof plain - 1);
    tap_hex(want, sizeof want, "1ae10b594f09e26a7e902ecbd0600691");
    is_bytes(sealed + sizeof plain - 1, 16, want, 16, "tag of RFC 8439 2.8.2");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    hashes();
    signatures();
    small_order(vectors);
    agreement(vectors);
    rekey(vectors);
    aead(vectors);
    json_decref(vectors);
}

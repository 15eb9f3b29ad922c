/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Identities: everything that follows from a seed, and its spellings. */
#include "crypto/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_crypto.h"
#include "tap.h"

static void one_identity(json_t *row)
{
    struct wzp_identity identity, again;
    struct wzp_error err = {0};
    uint8_t seed[32], prk[32], secret[32], public_key[32], signature[64], tbs[49];
    char text[WZP_SEED_TEXT_SIZE + 1], alias[WZP_ALIAS_MAX];
    bytes_of(seed, sizeof seed, row, "seed");
    wzp_identity_from_seed(&identity, seed);
    wzp_hkdf_extract(prk, NULL, 0, seed, sizeof seed);
    is_member(prk, 32, row, "hkdf_prk");
    is_member(identity.seed, 32, row, "seed");
    is_member(identity.secret, 32, row, "ed25519_secret_seed");
    is_member(identity.public_key, 32, row, "ed25519_public");
    wzp_identity_derive(secret, &identity, "warzone-x25519");
    is_member(secret, 32, row, "x25519_secret_unclamped");
    wzp_x25519_public(public_key, secret);
    is_member(public_key, 32, row, "x25519_public");
    is_member(identity.fingerprint, 16, row, "fingerprint_hex");
    is_str(identity.fingerprint_text, text_of(row, "fingerprint_colon"), "fingerprint_colon");
    wzp_identity_alias(alias, &identity);
    is_str(alias, text_of(row, "derived_alias"), "derived_alias");
    memcpy(tbs, "register-presence", 17);
    memcpy(tbs + 17, identity.public_key, 32);
    wzp_ed25519_sign(signature, identity.public_key, identity.secret, tbs, sizeof tbs);
    is_member(signature, 64, row, "register_presence_signature");

    wzp_identity_format(text, &identity);
    is_str(text, text_of(row, "seed"), "the text form is the seed");
    is_int(wzp_identity_parse(&again, text, strlen(text), &err), 0, "and reads back");
    ok(memcmp(&again, &identity, sizeof again) == 0, "as the same identity");
    wzp_identity_wipe(&again);
    ok(wzp_is_zero_constant_time(&again, sizeof again), "wiped");
}

static void files(void)
{
    struct wzp_identity identity;
    struct wzp_error err;
    char text[100];
    static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
    snprintf(text, sizeof text, "\t \r\n%s \n\v\f", digits);
    is_int(wzp_identity_parse(&identity, text, strlen(text), NULL), 0, "blanks and capitals");
    is_str(identity.fingerprint_text, "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa", "right one");
    static const struct {
        const char *text;
        size_t length;
    } bad[] = {{"", 0},
               {" \n", 2},
               {"00", 2},
               {digits, 63},
               {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", 64},
               {"000102030405060708090a0b0c0d0e0f 01112131415161718191a1b1c1d1e1f", 64},
               {"0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 64},
               {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00", 66},
               {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\0f", 64}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(&err, 0, sizeof err);
        is_int(wzp_identity_parse(&identity, bad[i].text, bad[i].length, &err), WZP_E_SYNTAX,
               "bad identity %zu", i);
        ok(err.text[0] != 0, "with a sentence: %s", err.text);
        ok(!strstr(err.text, "0001020304"), "that does not show the secret");
    }
    struct wzp_random random = test_random(7);
    struct wzp_identity other;
    wzp_identity_new(&identity, &random);
    wzp_identity_new(&other, &random);
    ok(memcmp(identity.seed, other.seed, 32) != 0, "new identities differ");
}

static void fingerprints(json_t *vectors)
{
    uint8_t key[32] = {0}, fingerprint[16], parsed[16];
    char text[WZP_FINGERPRINT_TEXT_MAX];
    wzp_fingerprint_of_key(fingerprint, key);
    wzp_fingerprint_format(text, fingerprint);
    is_str(text, text_of(vectors, "zero_identity_fingerprint"), "fingerprint of 32 zeros");
    for (size_t i = 0; i < 32; i++)
        key[i] = (uint8_t)i;
    wzp_fingerprint_of_key(fingerprint, key);
    wzp_fingerprint_format(text, fingerprint);
    is_str(text, "630d:cd29:66c4:3366:9112:5448:bbb2:5b4f", "fingerprint of key 00..1f");
    static const char *const spellings[] = {"630d:cd29:66c4:3366:9112:5448:bbb2:5b4f",
                                            "630DCD2966C4336691125448BBB25B4F",
                                            "630d cd29 66c4 3366 9112 5448 bbb2 5b4f",
                                            "63-0d-cd-29-66-c4-33-66-91-12-54-48-bb-b2-5b-4f"};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        is_int(wzp_fingerprint_parse(parsed, spellings[i], strlen(spellings[i])), 0, "reads %s",
               spellings[i]);
        is_bytes(parsed, 16, fingerprint, 16, "as the same bytes");
    }
    static const char *const bad[] = {"",
                                      ":",
                                      "630d",
                                      "630d:cd29:66c4:3366:9112:5448:bbb2:5b4",
                                      "630d:cd29:66c4:3366:9112:5448:bbb2:5b4f0",
                                      "630d:cd29:66c4:3366:9112:5448:bbb2:5b4g",
                                      ":630dcd2966c4336691125448bbb25b4f",
                                      "630dcd2966c4336691125448bbb25b4f ",
                                      "630dcd2966c4336691125448bbb25b4f\n",
                                      "630d_cd29_66c4_3366_9112_5448_bbb2_5b4f"};
    memset(parsed, 0xaa, sizeof parsed);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_int(wzp_fingerprint_parse(parsed, bad[i], strlen(bad[i])), WZP_E_SYNTAX, "refuses '%s'",
               bad[i]);
    is_int(wzp_fingerprint_parse(parsed, "630d\0d2966c4336691125448bbb25b4f", 32), WZP_E_SYNTAX,
           "refuses an inner 0");
    is_int(parsed[0], 0xaa, "and leaves the result alone");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    json_t *row;
    size_t i;
    json_array_foreach(at(vectors, "identities", NULL), i, row)
    {
        note("identity %s", text_of(row, "name"));
        one_identity(row);
    }
    is_int(i, 3, "three identities");
    files();
    fingerprints(vectors);
    json_decref(vectors);
}

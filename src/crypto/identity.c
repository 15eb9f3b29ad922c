/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Identity. */
#include "crypto/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* HKDF-Extract(no salt, seed), then Expand. */
static void derive(uint8_t out[32], const uint8_t seed[WZP_SEED_SIZE], const char *label)
{
    uint8_t prk[32];
    wzp_hkdf_extract(prk, NULL, 0, seed, WZP_SEED_SIZE);
    wzp_hkdf_expand(out, 32, prk, label);
    wzp_wipe(prk, sizeof prk);
}

void wzp_identity_from_seed(struct wzp_identity *out, const uint8_t seed[WZP_SEED_SIZE])
{
    memcpy(out->seed, seed, WZP_SEED_SIZE);
    derive(out->secret, seed, "warzone-ed25519");
    wzp_ed25519_public(out->public_key, out->secret);
    wzp_fingerprint_of_key(out->fingerprint, out->public_key);
    wzp_fingerprint_format(out->fingerprint_text, out->fingerprint);
}

void wzp_identity_new(struct wzp_identity *out, const struct wzp_random *random)
{
    uint8_t seed[WZP_SEED_SIZE];
    wzp_random_bytes(random, seed, sizeof seed);
    wzp_identity_from_seed(out, seed);
    wzp_wipe(seed, sizeof seed);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int wzp_identity_parse(struct wzp_identity *out, const char *text, size_t length,
                       struct wzp_error *err)
{
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(text[0])) {
        text++;
        length--;
    }
    if (length == 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "the identity is empty");
    if (length != WZP_SEED_TEXT_SIZE)
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "an identity has %d hexadecimal digits, this one has %zu %s",
                             WZP_SEED_TEXT_SIZE, length,
                             wzp_plural(length, "character", "characters"));
    uint8_t seed[WZP_SEED_SIZE];
    int result = wzp_hex_decode(seed, sizeof seed, text, length);
    if (result == 0)
        wzp_identity_from_seed(out, seed);
    wzp_wipe(seed, sizeof seed);
    if (result < 0)
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "the identity holds something other than hexadecimal digits");
    return 0;
}

void wzp_identity_format(char *out, const struct wzp_identity *identity)
{
    wzp_hex_encode(out, identity->seed, WZP_SEED_SIZE);
}

void wzp_identity_wipe(struct wzp_identity *identity)
{
    wzp_wipe(identity, sizeof *identity);
}

void wzp_fingerprint_of_key(uint8_t out[WZP_FINGERPRINT_SIZE], const uint8_t key[WZP_KEY_SIZE])
{
    uint8_t hash[WZP_SHA256_SIZE];
    wzp_sha256(hash, key, WZP_KEY_SIZE);
    memcpy(out, hash, WZP_FINGERPRINT_SIZE);
}

void wzp_fingerprint_format(char out[WZP_FINGERPRINT_TEXT_MAX],
                            const uint8_t fingerprint[WZP_FINGERPRINT_SIZE])
{
    char group[5];
    for (size_t i = 0; i < WZP_FINGERPRINT_SIZE / 2; i++) {
        wzp_hex_encode(group, fingerprint + 2 * i, 2);
        memcpy(out + 5 * i, group, 4);
        out[5 * i + 4] = ':';
    }
    out[WZP_FINGERPRINT_TEXT_MAX - 1] = 0;
}

int wzp_fingerprint_parse(uint8_t out[WZP_FINGERPRINT_SIZE], const char *text, size_t length)
{
    char digits[2 * WZP_FINGERPRINT_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == ':' || c == '-' || c == ' ') {
            if (count == 0 || i + 1 == length)
                return WZP_E_SYNTAX;
            continue;
        }
        if (count == sizeof digits)
            return WZP_E_SYNTAX;
        digits[count++] = c;
    }
    uint8_t value[WZP_FINGERPRINT_SIZE];
    if (wzp_hex_decode(value, sizeof value, digits, count) < 0)
        return WZP_E_SYNTAX;
    memcpy(out, value, sizeof value);
    return 0;
}

void wzp_identity_alias(char *out, const struct wzp_identity *identity)
{
    static const char adjectives[][8] = {
        "Swift", "Silent", "Brave", "Calm",  "Dark", "Fierce", "Ghost",  "Iron",  "Lucky",
        "Noble", "Quick",  "Sharp", "Storm", "Wild", "Cold",   "Bright", "Lone",  "Red",
        "Grey",  "Frosty", "Dusty", "Rusty", "Neon", "Void",   "Solar",  "Lunar", "Cyber",
        "Pixel", "Sonic",  "Hyper", "Turbo", "Nano", "Mega",   "Ultra",  "Zinc"};
    static const char nouns[][8] = {
        "Wolf",   "Hawk",   "Fox",    "Bear",  "Lynx",   "Crow",   "Viper",  "Cobra",
        "Tiger",  "Eagle",  "Shark",  "Raven", "Falcon", "Otter",  "Mantis", "Panda",
        "Jackal", "Badger", "Heron",  "Bison", "Condor", "Coyote", "Gecko",  "Hornet",
        "Marten", "Osprey", "Parrot", "Puma",  "Raptor", "Stork",  "Toucan", "Walrus"};
    _Static_assert(sizeof adjectives / sizeof adjectives[0] == 35, "wzp-protocol(7), Identity");
    _Static_assert(sizeof nouns / sizeof nouns[0] == 32, "wzp-protocol(7), Identity");
    const uint8_t *seed = identity->seed;
    unsigned first = (unsigned)(seed[0] | seed[1] << 8) % 35;
    unsigned second = (unsigned)(seed[2] | seed[3] << 8) % 32;
    snprintf(out, WZP_ALIAS_MAX, "%s %s", adjectives[first], nouns[second]);
}

void wzp_identity_derive(uint8_t out[32], const struct wzp_identity *identity, const char *label)
{
    derive(out, identity->seed, label);
}

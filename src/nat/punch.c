/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/punch.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/primitives.h"

#define SIGNED_SIZE 16
#define MAC_SIZE 16

void wzp_punch_key_init(struct wzp_punch_key *key, const char *call_id, const uint8_t *secret)
{
    static const uint8_t nothing[WZP_PUNCH_KEY_SIZE];
    uint8_t prk[32], tag[4];
    wzp_hkdf_extract(prk, (const uint8_t *)call_id, strlen(call_id), secret ? secret : nothing,
                     WZP_PUNCH_KEY_SIZE);
    wzp_hkdf_expand(key->secret, sizeof key->secret, prk, "WZP-PUNCH/1 key");
    wzp_hkdf_expand(tag, sizeof tag, prk, "WZP-PUNCH/1 tag");
    key->tag = wzp_get_be32(tag);
    wzp_wipe(prk, sizeof prk);
}

void wzp_punch_key_wipe(struct wzp_punch_key *key)
{
    wzp_wipe(key, sizeof *key);
}

static void authenticate(uint8_t mac[32], const struct wzp_punch_key *key, const uint8_t *data,
                         bool from_dialer)
{
    uint8_t text[SIGNED_SIZE + 1];
    memcpy(text, data, SIGNED_SIZE);
    text[SIGNED_SIZE] = from_dialer;
    wzp_hmac_sha256(mac, key->secret, text, sizeof text);
}

void wzp_punch_write(uint8_t out[WZP_PUNCH_SIZE], const struct wzp_punch_key *key,
                     const struct wzp_punch *punch, bool from_dialer)
{
    uint8_t mac[32];
    out[0] = (uint8_t)punch->kind;
    memcpy(out + 1, "WZP", 3);
    wzp_put_be32(out + 4, key->tag);
    wzp_put_be32(out + 8, punch->number);
    wzp_put_be32(out + 12, punch->clock);
    authenticate(mac, key, out, from_dialer);
    memcpy(out + SIGNED_SIZE, mac, MAC_SIZE);
}

static bool is_long(const uint8_t *data, size_t length)
{
    return length == WZP_PUNCH_SIZE && data[0] <= WZP_PUNCH_ANSWER && !memcmp(data + 1, "WZP", 3);
}

bool wzp_punch_is(const uint8_t *data, size_t length)
{
    return (length == WZP_PUNCH_BARE_SIZE && data[0] == 0) || is_long(data, length);
}

uint32_t wzp_punch_tag(const uint8_t *data, size_t length)
{
    return is_long(data, length) ? wzp_get_be32(data + 4) : 0;
}

int wzp_punch_parse(struct wzp_punch *out, const struct wzp_punch_key *key, const uint8_t *data,
                    size_t length, bool from_dialer)
{
    uint8_t mac[32];
    if (!is_long(data, length))
        return WZP_E_SYNTAX;
    if (wzp_get_be32(data + 4) != key->tag)
        return WZP_E_NOT_FOUND;
    authenticate(mac, key, data, from_dialer);
    if (!wzp_equal_constant_time(mac, data + SIGNED_SIZE, MAC_SIZE))
        return WZP_E_CRYPTO;
    out->kind = data[0] == WZP_PUNCH_ANSWER ? WZP_PUNCH_ANSWER : WZP_PUNCH_QUESTION;
    out->number = wzp_get_be32(data + 8);
    out->clock = wzp_get_be32(data + 12);
    return 0;
}

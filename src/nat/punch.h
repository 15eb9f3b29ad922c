/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Punches: small datagrams that open our NAT for packets of the peer (UDP hole punching). To
 * programs of the existing network a punch is one zero byte, which their QUIC stack drops. Between
 * two of our programs it is 32 bytes with a MAC under a key of the call, which proves that the peer
 * is at its source address. Source: wzp-protocol(7), Punches, Race.
 *
 *     0      0 = question, 1 = answer          1..3   'W' 'Z' 'P'
 *     4..7   tag of the call                   8..11  number, echoed by the answer
 *     12..15 milliseconds of the asker's clock, echoed; it means nothing to others
 *     16..31 first half of HMAC-SHA-256 over bytes 0..15 and the direction
 */
#ifndef WZP_NAT_PUNCH_H
#define WZP_NAT_PUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define WZP_PUNCH_SIZE 32
#define WZP_PUNCH_BARE_SIZE 1
#define WZP_PUNCH_KEY_SIZE 32

enum wzp_punch_kind { WZP_PUNCH_QUESTION, WZP_PUNCH_ANSWER };

struct wzp_punch {
    enum wzp_punch_kind kind;
    uint32_t number;
    uint32_t clock; /* ms */
};

/* A secret that only the two sides of a call know. from_dialer tells the directions apart, so that
 * nobody can reflect our own punches to us. */
struct wzp_punch_key {
    uint8_t secret[WZP_PUNCH_KEY_SIZE];
    uint32_t tag;
};
/* Derives the key from a secret that the two ends share (of the end-to-end agreement), or, when
 * secret is NULL, from the call id alone: that stops strangers, not a relay. */
void wzp_punch_key_init(struct wzp_punch_key *key, const char *call_id, const uint8_t *secret);
void wzp_punch_key_wipe(struct wzp_punch_key *key);

/* Writes the 32 bytes. */
void wzp_punch_write(uint8_t out[WZP_PUNCH_SIZE], const struct wzp_punch_key *key,
                     const struct wzp_punch *punch, bool from_dialer);
/* True when data has the form of a punch of either kind; that proves nothing. */
bool wzp_punch_is(const uint8_t *data, size_t length);
/* The call's tag in a punch, by which its call is found; 0 for the bare form. */
uint32_t wzp_punch_tag(const uint8_t *data, size_t length);
/* Reads and checks a punch that the other side sent. WZP_E_SYNTAX (no punch, or the bare form),
 * WZP_E_NOT_FOUND (another call), WZP_E_CRYPTO. */
int wzp_punch_parse(struct wzp_punch *out, const struct wzp_punch_key *key, const uint8_t *data,
                    size_t length, bool from_dialer);

#endif

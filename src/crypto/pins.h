/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pins: what a client remembers on first use (TOFU) of relays (certificate, proven identity) and
 * peers (identity key, whether they ever showed that they can encrypt calls end to end, whether a
 * person compared the safety code). Text in, text out; the caller reads and writes the files.
 * Source: wzp-protocol(7), Plain calls, Certificate. */
#ifndef WZP_CRYPTO_PINS_H
#define WZP_CRYPTO_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/identity.h"

#define WZP_PINS_MAX 4096 /* relays, and as many peers */
#define WZP_PIN_NAME_MAX WZP_RELAY_TEXT_MAX

/* One relay. */
struct wzp_relay_pin {
    char relay[WZP_PIN_NAME_MAX];
    uint8_t certificate[32]; /* SHA-256 of the DER */
    bool has_identity;
    uint8_t identity[WZP_FINGERPRINT_SIZE];
    uint64_t first_seen, last_seen; /* seconds since 1970 */
};
/* One peer. key is the one the fingerprint was made from. */
struct wzp_peer_pin {
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    bool has_key;
    uint8_t key[32];
    bool used_e2e;        /* a signature of theirs has shown that they can seal calls */
    bool verified;        /* a person compared the safety code */
    uint64_t verified_at; /* when, seconds since 1970; 0: not known */
};
/* All of them. Made with init, released with fini; fini leaves it empty and usable. */
struct wzp_pins {
    struct wzp_relay_pin *relays;
    size_t relay_count, relay_capacity;
    struct wzp_peer_pin *peers;
    size_t peer_count, peer_capacity;
    bool changed; /* since parse: worth writing back; the caller clears it */
};
void wzp_pins_init(struct wzp_pins *p);
void wzp_pins_fini(struct wzp_pins *p);
/* Reads the known_relays text into an empty p: lines "relay NAME SHA256HEX FINGERPRINT|- FIRST
 * LAST" and "peer FINGERPRINT KEYHEX|- e2e|- SECONDS|verified|-" (verified: nobody knows when);
 * empty lines and lines that start with '#' are skipped (and not kept). WZP_E_SYNTAX with the
 * line's number (also for a second line about the same relay or peer, and for a key that is not the
 * fingerprint's), WZP_E_LIMIT, WZP_E_MEMORY; p is then empty, so that nothing is lost silently: the
 * caller must not write it back. */
int wzp_pins_parse(struct wzp_pins *p, const char *text, size_t length, struct wzp_error *err);
/* New 0-terminated text (wzp_free it). WZP_E_MEMORY. */
int wzp_pins_format(char **out, size_t *length, const struct wzp_pins *p);

/* Judges a relay's certificate. relay as typed (any case). identity: the fingerprint the relay
 * proved on this connection, NULL when it did not (yet); it is stored beside a matching
 * certificate. now in seconds since 1970. WZP_E_ARGUMENT (a name that is empty, too long, or holds
 * blanks or control characters), WZP_E_MEMORY, WZP_E_LIMIT; else a verdict. */
int wzp_pins_check_relay(struct wzp_pins *p, const char *relay, const uint8_t certificate[32],
                         const uint8_t *identity, uint64_t now);
/* Forgets a relay (a person accepted a change). True when it was there. */
bool wzp_pins_forget_relay(struct wzp_pins *p, const char *relay);
/* NULL when unknown. The pointer is valid until the next change. */
const struct wzp_peer_pin *wzp_pins_peer(const struct wzp_pins *p, const uint8_t fingerprint[16]);
/* Remembers a peer: its key (NULL: none known), that it can seal calls, that a person compared the
 * code. What was once remembered stays. WZP_E_CRYPTO when the key is not the fingerprint's,
 * WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_pins_note_peer(struct wzp_pins *p, const uint8_t fingerprint[16], const uint8_t *key,
                       bool used_e2e, bool verified);
/* The same for a person who compares the code now (seconds since 1970); the latest time stays. */
int wzp_pins_verify_peer(struct wzp_pins *p, const uint8_t fingerprint[16], const uint8_t *key,
                         uint64_t now);
/* Forgets a peer (a person accepts that it no longer seals). True when it was there. */
bool wzp_pins_forget_peer(struct wzp_pins *p, const uint8_t fingerprint[16]);

#endif

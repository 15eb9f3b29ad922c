/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The room handshake CallOffer/CallAnswer (v1) and what binds it and the registration to the TLS
 * connection (HS/2, REG/2). The v1 session key is derived for completeness and vectors only; it
 * never seals media. Source: wzp-protocol(7), Media handshake, Registration. */
#ifndef WZP_CRYPTO_HANDSHAKE_H
#define WZP_CRYPTO_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/identity.h"
#include "wire/signal.h"

#define WZP_EXPORTER_SIZE 32
#define WZP_EXPORTER_REGISTER "EXPORTER-WZP-REG-2"
#define WZP_EXPORTER_HANDSHAKE "EXPORTER-WZP-HS-2"
#define WZP_EXPORTER_FEDERATION "EXPORTER-WZP-FED-1"
#define WZP_EXPORTER_PEER "EXPORTER-WZP-E2E-1" /* direct connections; context = call id (8.4) */

/* The version of bindings that is made and checked. A binding of another version proves nothing and
 * counts as absent, so that a later version can define its own. */
#define WZP_BINDING_VERSION 2

/* Client side of one media connection. Secret; wipe with wzp_handshake_wipe. */
struct wzp_handshake {
    uint8_t ephemeral_secret[32];
    uint8_t ephemeral_public[32];
    uint8_t offer_hash[32]; /* SHA-256(hs_offer), for the answer's binding */
};

/* Fills keys, signature and binding of a CallOffer (and its type). signature_out (64 bytes) is
 * referenced by offer->signature, so it must live as long as offer. profiles and alias are the
 * caller's. sni is the name of the connection, "" when none was sent; letters of either case, at
 * most WZP_SNI_MAX. */
void wzp_handshake_offer(struct wzp_handshake *state, struct wzp_signal *offer,
                         uint8_t signature_out[64], const struct wzp_identity *identity,
                         const uint8_t exporter[WZP_EXPORTER_SIZE], const char *sni,
                         const struct wzp_random *random);
/* Checks a CallOffer at the relay. *bound becomes 1 when a valid HS/2 binding is there, else 0.
 * WZP_E_CRYPTO with a sentence: bad signature, small-order key, or a binding that is present and
 * wrong. offer_hash (32) feeds wzp_handshake_answer. */
int wzp_handshake_check_offer(int *bound, uint8_t offer_hash[32], const struct wzp_signal *offer,
                              const uint8_t exporter[WZP_EXPORTER_SIZE], const char *sni,
                              struct wzp_error *err);
/* Fills a CallAnswer (profile GOOD, as wzp-protocol(7), Media handshake has it). with_binding: the
 * offer carried one. The ephemeral secret is wiped at once, as nothing is ever sealed with it. */
void wzp_handshake_answer(struct wzp_signal *answer, uint8_t signature_out[64],
                          const struct wzp_identity *relay, const uint8_t offer_hash[32],
                          const uint8_t exporter[WZP_EXPORTER_SIZE], int with_binding,
                          const struct wzp_random *random);
/* Checks a CallAnswer at the client. *proven becomes 1 when the relay proved that it owns the key
 * on this TLS channel, 0 when it did not try. WZP_E_CRYPTO with a sentence. */
int wzp_handshake_check_answer(int *proven, const struct wzp_handshake *state,
                               const struct wzp_signal *answer,
                               const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err);
/* Overwrites all of it. */
void wzp_handshake_wipe(struct wzp_handshake *state);

/* How far a registration proved itself (wzp-protocol(7), Registration); higher may replace
 * lower. */
enum wzp_registration_class {
    WZP_REGISTRATION_ANONYMOUS, /* all-zero or small-order key: Reflect and Ping only */
    WZP_REGISTRATION_PLAIN,     /* no signature, as existing clients */
    WZP_REGISTRATION_SIGNED,    /* the documented, replayable signature */
    WZP_REGISTRATION_PROVEN     /* bound to this TLS connection */
};
/* Fills a RegisterPresence with both proofs. alias is the caller's; signature_out must live as long
 * as out. */
void wzp_register_make(struct wzp_signal *out, uint8_t signature_out[64],
                       const struct wzp_identity *identity,
                       const uint8_t exporter[WZP_EXPORTER_SIZE]);
/* Classifies one. WZP_E_CRYPTO with a sentence when a signature or binding is present but wrong;
 * whatever an anonymous key "signed" is not looked at. */
int wzp_register_check(enum wzp_registration_class *out, const struct wzp_signal *message,
                       const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err);
/* Adds the relay's proof to an ack whose other fields are the caller's, and checks it: *proven 1
 * when valid, 0 when absent; WZP_E_CRYPTO with a sentence when wrong. */
void wzp_register_ack_make(struct wzp_signal *ack, const struct wzp_identity *relay,
                           const uint8_t exporter[WZP_EXPORTER_SIZE]);
int wzp_register_ack_check(int *proven, const struct wzp_signal *ack,
                           const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err);

/* Names of a room between relays, for federation: hash_room_name (wzp-protocol(7), Room names; 32
 * digits and final 0), under which browsers enter, and the tag of a datagram (Federation tag). */
void wzp_room_hash(char out[33], const char *name);
void wzp_room_tag(uint8_t out[8], const char *canonical_name);

#endif

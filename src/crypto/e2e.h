/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* E2E/1: end-to-end encryption of direct calls, agreed in fields that existing programs carry but
 * never fill. Offer and answer are signed by the identities (e2e_agreement.c); media payloads are
 * sealed per direction with a one-way key ratchet; header and report are authenticated
 * (e2e_session.c). Source: wzp-protocol(7), Agreement, Race.
 *
 * Header byte 10 is a sender number that a relay of ours may stamp on the way (wzp-protocol(7),
 * Media header). It is sealed as 0 and authenticated as 0, and so says nothing: open() hands it on
 * as 0. The two lowest bits of byte 1, which relays do not keep, are treated alike. All else in a
 * datagram is authenticated. */
#ifndef WZP_CRYPTO_E2E_H
#define WZP_CRYPTO_E2E_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/identity.h"
#include "crypto/replay.h"
#include "wire/media.h"
#include "wire/name.h"
#include "wire/signal.h"

#define WZP_E2E_OVERHEAD 17 /* flags byte + tag */
#define WZP_E2E_TBS_MAX 256

/* What an offer or answer turned out to be. */
enum wzp_e2e_verdict {
    WZP_E2E_VALID,   /* the call is encrypted from here on */
    WZP_E2E_LEGACY,  /* an old peer: fields empty */
    WZP_E2E_INVALID, /* fields present but wrong */
    WZP_E2E_STRIPPED /* answer only: it is valid for an offer without our fields: a relay removed
                        them */
};

/* Agreement state of one call, either side. Secret: wipe with wzp_e2e_agreement_wipe as soon as the
 * call is answered, refused or timed out. The offer as sent or received is kept. */
struct wzp_e2e_agreement {
    bool is_caller;
    bool usable; /* false: nothing can be signed for this offer (malformed call id) */
    uint8_t ephemeral_secret[32];
    uint8_t ephemeral_public[32];
    uint8_t offer_tbs[WZP_E2E_TBS_MAX];
    size_t offer_tbs_length;
    uint8_t offer_signature[64];
    size_t offer_signature_length; /* 64, or 0 for an offer without a usable one */
    uint8_t offer_hash[32];        /* SHA-256(offer_tbs || u16be length || signature), any length */
    uint8_t offer_identity[32];    /* as sent or received */
    uint8_t offer_ephemeral[32];
    uint8_t caller_fingerprint[16]; /* zeros when the received text is no fingerprint */
    uint8_t target_fingerprint[16];
    char call_id[WZP_CALL_ID_MAX + 1];
    bool agreed; /* caller: a valid answer came, with this signature; the secret is gone */
    uint8_t answer_signature[64];
};

/* Caller: makes the ephemeral pair and fills identity_pub, ephemeral_pub and signature
 * (signature_out, 64 bytes, must live as long as offer) of a DirectCallOffer whose call_id and
 * target_fingerprint are set. WZP_E_SYNTAX when target_fingerprint is no fingerprint or call_id no
 * call id (wire/name.h). */
int wzp_e2e_make_offer(struct wzp_e2e_agreement *a, struct wzp_signal *offer,
                       uint8_t signature_out[64], const struct wzp_identity *identity,
                       const struct wzp_random *random);
/* Callee: judges a received offer and keeps what the answer needs. own = callee's identity. VALID,
 * LEGACY (no signature and no ephemeral key, as existing programs send) or INVALID. */
enum wzp_e2e_verdict wzp_e2e_check_offer(struct wzp_e2e_agreement *a,
                                         const struct wzp_signal *offer,
                                         const struct wzp_identity *own);

/* Keys of an agreed call, both directions seen from one side. Secret: wipe with
 * wzp_e2e_session_wipe. */
struct wzp_e2e_direction {
    uint8_t chain[32];  /* chain[epoch] */
    uint8_t key[2][32]; /* key of epoch; receiving also of epoch - 1 while the window reaches it */
    bool has_previous;
    uint8_t iv[12];
    uint8_t auth[32];
    uint64_t epoch;
};
struct wzp_e2e_session {
    struct wzp_e2e_direction send, receive;
    struct wzp_replay replay;
    bool started;           /* a packet was sealed */
    uint16_t last_sequence; /* of the last sealed packet */
    uint64_t authenticated; /* packets opened */
    uint64_t failed;   /* packets dropped because they were not sealed or did not authenticate */
    uint64_t replayed; /* packets dropped as repeated or too old */
    char sas[WZP_E2E_SAS_TEXT_MAX];
};
/* Callee: fills identity_pub, ephemeral_pub, signature of an accepting DirectCallAnswer (call_id,
 * accept_mode set; signature_out as above). When the offer was valid, derives session; for another
 * offer only signs (session untouched). The ephemeral secret is wiped. WZP_E_ARGUMENT: the answer
 * does not accept or names another call; WZP_E_STATE: the offer was not usable; WZP_E_CRYPTO:
 * all-zero secret. */
int wzp_e2e_make_answer(struct wzp_e2e_agreement *a, struct wzp_e2e_session *session,
                        struct wzp_signal *answer, uint8_t signature_out[64], bool offer_valid,
                        const struct wzp_identity *own, const struct wzp_random *random);
/* Caller: judges an accepting answer; derives session when VALID (else untouched). After a bad
 * answer a better one may still follow (Agreement), so the ephemeral secret stays until
 * one is VALID or the agreement is wiped. From then on nothing is derived again: that answer
 * repeated is VALID and leaves session alone (a relay that replays it must not set our counters
 * back), any other one is INVALID. */
enum wzp_e2e_verdict wzp_e2e_check_answer(struct wzp_e2e_agreement *a,
                                          struct wzp_e2e_session *session,
                                          const struct wzp_signal *answer);
/* Overwrite all secrets. */
void wzp_e2e_agreement_wipe(struct wzp_e2e_agreement *a);
void wzp_e2e_session_wipe(struct wzp_e2e_session *s);

/* A session from the transcript hash and the X25519 result (wzp-protocol(7), Keys); make_answer and
 * check_answer use it. */
void wzp_e2e_session_derive(struct wzp_e2e_session *s, bool is_caller, const uint8_t transcript[32],
                            const uint8_t shared[32]);

/* Seals one media datagram: writes header (12), flags, ciphertext, tag, report to out. The payload
 * must not overlap out, or lie exactly at out + 13 (in place). packet->header.sequence must go up
 * by exactly 1 per call and start below 32768 (WZP_E_STATE otherwise: two payloads are never sealed
 * under one index). Returns the length, or WZP_E_TOO_BIG (capacity), WZP_E_RANGE (codec, ratio). No
 * allocation. */
int wzp_e2e_seal(struct wzp_e2e_session *s, uint8_t *out, size_t capacity,
                 const struct wzp_media_packet *packet);
/* Opens a received datagram: plain (capacity >= datagram length is always enough) gets the payload
 * and *packet is set up as wzp_media_parse would, with payload pointing into plain. 0, or
 * WZP_E_CRYPTO, WZP_E_REPLAY, WZP_E_SHORT, WZP_E_RANGE (as wzp_media_parse), WZP_E_SYNTAX (not a
 * sealed payload), WZP_E_TOO_BIG (capacity); *packet is then not set. Keys and window change on
 * success only. No allocation. */
int wzp_e2e_open(struct wzp_e2e_session *s, struct wzp_media_packet *packet, uint8_t *plain,
                 size_t capacity, const uint8_t *datagram, size_t length);

/* For direct paths: PeerAuth of such a connection. mac = HMAC(auth of the sender's direction,
 * "WZP-E2E/1 p2p" || 00 || exporter || call id). own_direction: the value we send; otherwise the
 * value we expect (compare with wzp_equal_constant_time). call_id at most WZP_CALL_ID_MAX. */
void wzp_e2e_peer_mac(uint8_t out[32], const struct wzp_e2e_session *s, bool own_direction,
                      const uint8_t exporter[32], const char *call_id);

/* Small memory of recent offers against replayed ringing: true when this offer was seen
 * before; remembers it otherwise, in place of the oldest. All zero is an empty memory. */
#define WZP_E2E_OFFERS_REMEMBERED 64
struct wzp_e2e_offer_memory {
    uint8_t hashes[WZP_E2E_OFFERS_REMEMBERED][32];
    unsigned next, count;
};
bool wzp_e2e_offer_seen(struct wzp_e2e_offer_memory *m, const struct wzp_e2e_agreement *a);

#endif

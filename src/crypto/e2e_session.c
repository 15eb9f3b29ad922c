/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys, ratchet, sealing and opening of E2E/1. Source: wzp-protocol(7), Sealed packets, Keys,
 * Race. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/e2e.h"

#define FLAGS_MARK 0x40 /* bits 7..6 = 01, bit 5 = 0 */
#define FLAGS_MARK_MASK 0xe0
#define EPOCH_MASK 0x1f
#define AAD_MAX (WZP_MEDIA_HEADER_SIZE + 1 + WZP_MEDIA_REPORT_SIZE)
/* The first sequence number lies in the lower half, so that a receiver that misses the first
 * packets cannot take them for the end of an epoch. */
#define FIRST_SEQUENCE_LIMIT 32768

static void epoch_key(uint8_t key[32], const uint8_t chain[32])
{
    wzp_hkdf_expand(key, 32, chain, "WZP-E2E/1 key");
}

static void next_chain(uint8_t out[32], const uint8_t chain[32])
{
    wzp_hkdf_expand(out, 32, chain, "WZP-E2E/1 next");
}

static void direction_derive(struct wzp_e2e_direction *d, const uint8_t prk[32], const char *name)
{
    char label[48];
    snprintf(label, sizeof label, "WZP-E2E/1 chain %s", name);
    wzp_hkdf_expand(d->chain, sizeof d->chain, prk, label);
    snprintf(label, sizeof label, "WZP-E2E/1 iv %s", name);
    wzp_hkdf_expand(d->iv, sizeof d->iv, prk, label);
    snprintf(label, sizeof label, "WZP-E2E/1 auth %s", name);
    wzp_hkdf_expand(d->auth, sizeof d->auth, prk, label);
    epoch_key(d->key[0], d->chain);
}

void wzp_e2e_session_derive(struct wzp_e2e_session *s, bool is_caller, const uint8_t transcript[32],
                            const uint8_t shared[32])
{
    uint8_t prk[32], sas[8];
    memset(s, 0, sizeof *s);
    wzp_hkdf_extract(prk, transcript, 32, shared, 32);
    direction_derive(is_caller ? &s->send : &s->receive, prk, "caller->callee");
    direction_derive(is_caller ? &s->receive : &s->send, prk, "callee->caller");
    wzp_hkdf_expand(sas, sizeof sas, prk, "WZP-E2E/1 sas");
    uint64_t code = wzp_get_be64(sas) % UINT64_C(1000000000000);
    snprintf(s->sas, sizeof s->sas, "%04u-%04u-%04u", (unsigned)(code / 100000000),
             (unsigned)(code / 10000 % 10000), (unsigned)(code % 10000));
    wzp_wipe(prk, sizeof prk);
}

void wzp_e2e_session_wipe(struct wzp_e2e_session *s)
{
    wzp_wipe(s, sizeof *s);
}

/* iv XOR (00000000 || u64be(index)). */
static void make_nonce(uint8_t nonce[12], const uint8_t iv[12], uint64_t index)
{
    uint8_t counter[8];
    wzp_put_be64(counter, index);
    memcpy(nonce, iv, 12);
    for (size_t i = 0; i < sizeof counter; i++)
        nonce[4 + i] ^= counter[i];
}

/* Header without what a relay may change, flags, report. Returns the length. */
static size_t make_aad(uint8_t aad[AAD_MAX], const uint8_t *header, uint8_t flags,
                       const uint8_t *report, size_t report_length)
{
    memcpy(aad, header, WZP_MEDIA_HEADER_SIZE);
    aad[1] &= 0xfc;
    aad[WZP_MEDIA_SENDER_OFFSET] = 0;
    aad[WZP_MEDIA_HEADER_SIZE] = flags;
    if (report_length > 0)
        memcpy(aad + WZP_MEDIA_HEADER_SIZE + 1, report, report_length);
    return WZP_MEDIA_HEADER_SIZE + 1 + report_length;
}

/* One epoch further in the sending direction; the old keys are gone. */
static void ratchet_send(struct wzp_e2e_direction *d)
{
    uint8_t chain[32];
    next_chain(chain, d->chain);
    memcpy(d->chain, chain, sizeof chain);
    epoch_key(d->key[0], d->chain);
    d->epoch++;
    wzp_wipe(chain, sizeof chain);
}

int wzp_e2e_seal(struct wzp_e2e_session *s, uint8_t *out, size_t capacity,
                 const struct wzp_media_packet *packet)
{
    uint16_t sequence = packet->header.sequence;
    if (s->started ? sequence != (uint16_t)(s->last_sequence + 1)
                   : sequence >= FIRST_SEQUENCE_LIMIT)
        return WZP_E_STATE;
    if (packet->header.codec >= WZP_CODEC_COUNT || packet->header.fec_ratio > 127)
        return WZP_E_RANGE;
    size_t report_length = packet->header.has_report ? WZP_MEDIA_REPORT_SIZE : 0;
    size_t fixed = WZP_MEDIA_HEADER_SIZE + WZP_E2E_OVERHEAD + report_length;
    if (capacity < fixed || packet->payload_length > capacity - fixed ||
        packet->payload_length > UINT16_MAX)
        return WZP_E_TOO_BIG;

    struct wzp_media_header header = packet->header;
    header.sender = 0;
    header.unused_bits = 0;
    wzp_media_write_header(out, &header);
    if (s->started && sequence == 0)
        ratchet_send(&s->send);
    s->started = true;
    s->last_sequence = sequence;

    const uint8_t report[WZP_MEDIA_REPORT_SIZE] = {packet->report.loss, packet->report.rtt_4ms,
                                                   packet->report.jitter_ms,
                                                   packet->report.bitrate_cap_kbps};
    uint8_t nonce[12], aad[AAD_MAX];
    uint8_t flags = (uint8_t)(FLAGS_MARK | (s->send.epoch & EPOCH_MASK));
    size_t aad_length = make_aad(aad, out, flags, report, report_length);
    make_nonce(nonce, s->send.iv, s->send.epoch << 16 | sequence);
    uint8_t *sealed = out + WZP_MEDIA_HEADER_SIZE + 1;
    wzp_aead_seal(sealed, s->send.key[0], nonce, aad, aad_length, packet->payload,
                  packet->payload_length);
    sealed[-1] = flags;
    if (report_length > 0)
        memcpy(sealed + packet->payload_length + WZP_AEAD_TAG_SIZE, report, report_length);
    return (int)(fixed + packet->payload_length);
}

/* Finds the epoch near the current one whose low bits match. False when there is none. */
static bool find_epoch(uint64_t *epoch, const struct wzp_e2e_direction *d, uint8_t flags)
{
    uint8_t low = flags & EPOCH_MASK;
    if (low == (d->epoch & EPOCH_MASK))
        *epoch = d->epoch;
    else if (low == ((d->epoch + 1) & EPOCH_MASK))
        *epoch = d->epoch + 1;
    else if (d->has_previous && low == ((d->epoch - 1) & EPOCH_MASK))
        *epoch = d->epoch - 1;
    else
        return false;
    return true;
}

/* After a packet of the next epoch authenticated: its key becomes the current one. */
static void ratchet_receive(struct wzp_e2e_direction *d, const uint8_t chain[32],
                            const uint8_t key[32])
{
    memcpy(d->key[1], d->key[0], 32);
    memcpy(d->key[0], key, 32);
    memcpy(d->chain, chain, 32);
    d->has_previous = true;
    d->epoch++;
}

/* The key of the previous epoch goes when the window holds nothing of that epoch any more. */
static void forget_previous(struct wzp_e2e_session *s)
{
    struct wzp_e2e_direction *d = &s->receive;
    if (d->has_previous && s->replay.highest - (d->epoch << 16) >= WZP_REPLAY_WINDOW - 1) {
        wzp_wipe(d->key[1], sizeof d->key[1]);
        d->has_previous = false;
    }
}

/* Opens the payload of a parsed packet. Everything that decides is authenticated before any state
 * changes. */
static int open_payload(struct wzp_e2e_session *s, struct wzp_media_packet *packet, uint8_t *plain,
                        const uint8_t *header)
{
    struct wzp_e2e_direction *d = &s->receive;
    uint8_t flags = packet->payload[0];
    uint64_t epoch;
    if (!find_epoch(&epoch, d, flags))
        return WZP_E_CRYPTO;
    uint64_t index = epoch << 16 | packet->header.sequence;
    if (wzp_replay_check(&s->replay, index) < 0)
        return WZP_E_REPLAY;

    uint8_t nonce[12], aad[AAD_MAX], chain[32], key[32];
    const uint8_t *report = packet->payload + packet->payload_length;
    size_t aad_length =
        make_aad(aad, header, flags, report, packet->header.has_report ? WZP_MEDIA_REPORT_SIZE : 0);
    make_nonce(nonce, d->iv, index);
    const uint8_t *used = d->key[epoch < d->epoch];
    if (epoch > d->epoch) {
        next_chain(chain, d->chain);
        epoch_key(key, chain);
        used = key;
    }
    int result = wzp_aead_open(plain, used, nonce, aad, aad_length, packet->payload + 1,
                               packet->payload_length - 1);
    if (result == 0) {
        if (epoch > d->epoch)
            ratchet_receive(d, chain, key);
        wzp_replay_mark(&s->replay, index);
        forget_previous(s);
    }
    if (used == key) {
        wzp_wipe(chain, sizeof chain);
        wzp_wipe(key, sizeof key);
    }
    return result;
}

int wzp_e2e_open(struct wzp_e2e_session *s, struct wzp_media_packet *packet, uint8_t *plain,
                 size_t capacity, const uint8_t *datagram, size_t length)
{
    struct wzp_media_packet view;
    int result = wzp_media_parse(&view, datagram, length);
    if (result == 0 && view.payload_length < WZP_E2E_OVERHEAD)
        result = WZP_E_SHORT;
    if (result == 0 && (view.payload[0] & FLAGS_MARK_MASK) != FLAGS_MARK)
        result = WZP_E_SYNTAX;
    if (result == 0 && capacity < view.payload_length - WZP_E2E_OVERHEAD)
        return WZP_E_TOO_BIG; /* our own mistake, not the peer's: not counted */
    if (result == 0)
        result = open_payload(s, &view, plain, datagram);
    if (result < 0) {
        if (result == WZP_E_REPLAY)
            s->replayed++;
        else
            s->failed++;
        return result;
    }
    s->authenticated++;
    view.payload = plain;
    view.payload_length -= WZP_E2E_OVERHEAD;
    view.header.sender = 0;
    view.header.unused_bits = 0;
    *packet = view;
    return 0;
}

void wzp_e2e_peer_mac(uint8_t out[32], const struct wzp_e2e_session *s, bool own_direction,
                      const uint8_t exporter[32], const char *call_id)
{
    static const char label[] = "WZP-E2E/1 p2p";
    uint8_t data[sizeof label + 32 + 2 + WZP_CALL_ID_MAX];
    struct wzp_writer w;
    size_t length = strnlen(call_id, WZP_CALL_ID_MAX);
    wzp_writer_init(&w, data, sizeof data);
    wzp_writer_bytes(&w, label, sizeof label);
    wzp_writer_bytes(&w, exporter, 32);
    wzp_writer_be16(&w, (uint16_t)length);
    wzp_writer_bytes(&w, call_id, length);
    wzp_hmac_sha256(out, own_direction ? s->send.auth : s->receive.auth, data, w.length);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* E2E/1 media: vectors, tampering, window edges, ratchet, and a lossy network against a plain list.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "lib_call.h"
#include "tap.h"

static json_t *vectors;
static struct call c; /* every test agrees anew */

enum { ROOM = 1200 };

/* Seals payload "text" under this sequence number; returns the datagram's length. */
static int seal(struct wzp_e2e_session *s, uint8_t *out, uint16_t sequence, const char *text)
{
    struct wzp_media_packet packet = {
        .header = {.codec = WZP_CODEC_OPUS_24K, .sequence = sequence, .timestamp = sequence * 20u},
        .payload = (const uint8_t *)text,
        .payload_length = strlen(text)};
    return wzp_e2e_seal(s, out, ROOM, &packet);
}

static int open_it(struct wzp_e2e_session *s, const uint8_t *datagram, int length)
{
    uint8_t plain[ROOM];
    struct wzp_media_packet packet;
    return wzp_e2e_open(s, &packet, plain, sizeof plain, datagram, (size_t)length);
}

/* Puts a sending side where packet `index` is next, as if it had sent all before. */
static void wind_to(struct wzp_e2e_session *s, uint64_t index)
{
    while (s->send.epoch < index >> 16) {
        uint8_t chain[32];
        wzp_hkdf_expand(chain, 32, s->send.chain, "WZP-E2E/1 next");
        memcpy(s->send.chain, chain, 32);
        wzp_hkdf_expand(s->send.key[0], 32, chain, "WZP-E2E/1 key");
        s->send.epoch++;
    }
    s->started = true;
    s->last_sequence = (uint16_t)(index - 1);
    if ((index & 0xffff) == 0 && index > 0)
        bail("wind to the middle of an epoch");
}

static void packets(void)
{
    size_t i;
    json_t *row;
    json_array_foreach(at(vectors, "extension_e2e1", "packets", NULL), i, row)
    {
        uint8_t header[12], plain[64], report[4], datagram[128], out[128], opened[128];
        struct wzp_media_packet packet = {.payload = plain}, got;
        call_agree(&c, vectors);
        bool forward = strcmp(text_of(row, "direction"), "caller->callee") == 0;
        struct wzp_e2e_session *sender = forward ? &c.caller_session : &c.callee_session;
        struct wzp_e2e_session *receiver = forward ? &c.callee_session : &c.caller_session;
        uint64_t index = (uint64_t)json_integer_value(at(row, "packet_index", NULL));
        size_t length = bytes_of(datagram, sizeof datagram, row, "datagram");
        is_int(index >> 16, json_integer_value(at(row, "epoch", NULL)), "packet %zu: epoch", i);
        uint8_t nonce[12], counter[12] = {0};
        wzp_put_be64(counter + 4, index);
        for (size_t k = 0; k < 12; k++)
            nonce[k] = sender->send.iv[k] ^ counter[k];
        is_member(nonce, 12, row, "nonce");
        bytes_of(header, sizeof header, row, "header");
        uint8_t aad[17];
        memcpy(aad, header, 12);
        size_t aad_length = 12 + bytes_of(aad + 12, 1, row, "flags_byte");
        aad_length += bytes_of(aad + 13, 4, row, "quality_report");
        is_member(aad, aad_length, row, "aad");
        packet.payload_length = bytes_of(plain, sizeof plain, row, "plaintext");
        if (wzp_media_parse(&got, datagram, length) < 0)
            bail("packet %zu is no media packet", i);
        packet.header = got.header;
        packet.report = got.report;
        if (bytes_of(report, sizeof report, row, "quality_report") == 4)
            is_int(packet.report.loss, report[0], "report");
        if (index > 0)
            wind_to(sender, index);
        is_int(wzp_e2e_seal(sender, out, sizeof out, &packet), length, "sealed");
        is_bytes(out, length, datagram, length, "byte for byte");
        is_int(out[12], 0x40 | (index >> 16 & 31), "flags");
        is_int(wzp_e2e_open(receiver, &got, opened, sizeof opened, datagram, length), 0, "opened");
        is_bytes(got.payload, got.payload_length, plain, packet.payload_length, "the plaintext");
        is_int(got.header.sequence, packet.header.sequence, "with its header");
        is_int(receiver->receive.epoch, index >> 16, "receiver's epoch");
        is_int(receiver->authenticated, 1, "counted");
        is_int(open_it(receiver, datagram, (int)length), WZP_E_REPLAY, "not a second time");
        is_int(receiver->replayed, 1, "counted");
        is_int(open_it(sender, datagram, (int)length) < 0, 1, "not by its own sender");
    }
    is_int(i, 4, "four packets");
}

static void tampering(void)
{
    uint8_t datagram[ROOM], copy[ROOM], plain[ROOM];
    struct wzp_media_packet packet = {
        .header = {.codec = WZP_CODEC_OPUS_24K, .has_report = true, .sequence = 9},
        .payload = (const uint8_t *)"speech",
        .payload_length = 6,
        .report = {1, 2, 3, 4}};
    call_agree(&c, vectors);
    int length = wzp_e2e_seal(&c.caller_session, datagram, sizeof datagram, &packet);
    is_int(length, 12 + 17 + 6 + 4, "length");
    struct wzp_e2e_session before = c.callee_session;
    int refused = 0;
    for (int i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, datagram, (size_t)length);
            copy[i] ^= (uint8_t)(1 << bit);
            /* Relays clear two bits of byte 1 and may number the sender in byte 10. */
            bool free_bit = i == WZP_MEDIA_SENDER_OFFSET || (i == 1 && bit < 2);
            struct wzp_e2e_session s = before;
            int result = wzp_e2e_open(&s, &packet, plain, sizeof plain, copy, (size_t)length);
            if ((result == 0) != free_bit)
                ok(false, "byte %d bit %d: %d", i, bit, result);
            if (result == 0 && (packet.header.sender != 0 || packet.header.unused_bits != 0))
                ok(false, "byte %d bit %d is handed on", i, bit);
            if (result < 0 && (s.failed != 1 || s.receive.epoch != 0 || s.replay.started))
                ok(false, "byte %d bit %d changed the state", i, bit);
            refused += result < 0;
        }
    }
    is_int(refused, length * 8 - 10, "every other bit is authenticated");
    for (int i = 0; i < length; i++)
        if (open_it(&c.callee_session, datagram, i) == 0)
            ok(false, "cut at %d it opened", i);
    is_int(c.callee_session.failed, length, "cut packets are counted");
    datagram[length] = 0;
    ok(open_it(&c.callee_session, datagram, length + 1) < 0, "nor with a byte more");
    is_int(open_it(&c.callee_session, datagram, length), 0, "the real one still opens");

    call_agree(&c, vectors);
    length = seal(&c.caller_session, datagram, 0, "hello");
    is_int(wzp_e2e_open(&c.callee_session, &packet, plain, 4, datagram, (size_t)length),
           WZP_E_TOO_BIG, "no room for the payload");
    is_int(wzp_e2e_open(&c.callee_session, &packet, plain, 5, datagram, (size_t)length), 0,
           "room enough");
    uint8_t unsealed[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 1, 2, 3, 4, 5,
                          6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0, 0};
    is_int(open_it(&c.callee_session, unsealed, sizeof unsealed), WZP_E_SYNTAX, "unsealed packet");
    is_int(open_it(&c.callee_session, unsealed, 20), WZP_E_SHORT, "short unsealed packet");
    unsealed[12] = 0x60;
    is_int(open_it(&c.callee_session, unsealed, sizeof unsealed), WZP_E_SYNTAX, "bit 5 of flags");
    unsealed[12] = 0x80;
    is_int(open_it(&c.callee_session, unsealed, sizeof unsealed), WZP_E_SYNTAX, "a room's flags");
    unsealed[0] = 9 << 2;
    is_int(open_it(&c.callee_session, unsealed, sizeof unsealed), WZP_E_RANGE, "unknown codec");
}

static void sequence_rules(void)
{
    uint8_t out[ROOM], plain[ROOM];
    struct wzp_media_packet packet = {.header = {.sequence = 32768}, .payload = out};
    call_agree(&c, vectors);
    struct wzp_e2e_session *s = &c.caller_session;
    is_int(wzp_e2e_seal(s, out, sizeof out, &packet), WZP_E_STATE, "32768 is too high a start");
    packet.header.sequence = 32767;
    packet.header.codec = 9;
    is_int(wzp_e2e_seal(s, out, sizeof out, &packet), WZP_E_RANGE, "bad codec");
    packet.header.codec = 0;
    is_int(wzp_e2e_seal(s, out, 28, &packet), WZP_E_TOO_BIG, "no room");
    ok(!s->started, "nothing was sealed so far");
    is_int(wzp_e2e_seal(s, out, 29, &packet), 29, "32767 may start; empty payloads are fine");
    is_int(wzp_e2e_seal(s, out, sizeof out, &packet), WZP_E_STATE, "not twice");
    packet.header.sequence = 32766;
    is_int(wzp_e2e_seal(s, out, sizeof out, &packet), WZP_E_STATE, "not backwards");
    packet.header.sequence = 32769;
    is_int(wzp_e2e_seal(s, out, sizeof out, &packet), WZP_E_STATE, "not two forward");
    packet.header.sequence = 32768;
    packet.header.sender = 77;
    packet.header.unused_bits = 3;
    int length = wzp_e2e_seal(s, out, sizeof out, &packet);
    is_int(length, 29, "one forward");
    ok(out[10] == 0 && (out[1] & 3) == 0, "what is not authenticated is sent as 0");
    out[10] = 5;
    is_int(open_it(&c.callee_session, out, length), 0, "a relay's number does not matter");

    /* In place, both ways. */
    memcpy(out + 13, "in place", 8);
    packet.payload = out + 13;
    packet.payload_length = 8;
    packet.header.sequence = 32769;
    packet.header.has_report = true;
    length = wzp_e2e_seal(s, out, sizeof out, &packet);
    is_int(wzp_e2e_open(&c.callee_session, &packet, plain, sizeof plain, out, (size_t)length), 0,
           "sealed in place");
    is_bytes(packet.payload, packet.payload_length, "in place", 8, "the payload");
    uint64_t calls = wzp_alloc_calls();
    packet.header.sequence++;
    length = wzp_e2e_seal(s, out, sizeof out, &packet);
    open_it(&c.callee_session, out, length);
    is_int(wzp_alloc_calls(), calls, "nothing is allocated");
}

static void window(void)
{
    static uint8_t sent[3000][40];
    int length = 0;
    call_agree(&c, vectors);
    for (uint16_t i = 0; i < 3000; i++)
        length = seal(&c.caller_session, sent[i], i, "x");
    is_int(open_it(&c.callee_session, sent[2000], length), 0, "one out of the middle");
    is_int(open_it(&c.callee_session, sent[2000 - 1023], length), 0, "1023 behind opens");
    is_int(open_it(&c.callee_session, sent[2000 - 1024], length), WZP_E_REPLAY, "1024 does not");
    is_int(open_it(&c.callee_session, sent[2000 - 1023], length), WZP_E_REPLAY, "nor one twice");
    /* A forged packet far ahead must not move the window. */
    uint8_t forged[40];
    memcpy(forged, sent[2001], sizeof forged);
    wzp_put_be16(forged + 2, 30000);
    is_int(open_it(&c.callee_session, forged, length), WZP_E_CRYPTO, "forged packet far ahead");
    is_int(open_it(&c.callee_session, sent[1500], length), 0, "did not move the window");
}

/* Epochs: next one only, previous one while the window reaches it. */
static void ratchet(void)
{
    uint8_t last[4][40], out[40], far[40];
    int length = 0;
    call_agree(&c, vectors);
    struct wzp_e2e_session *s = &c.caller_session, *r = &c.callee_session;
    wind_to(s, 65533);
    for (int i = 0; i < 3; i++)
        length = seal(s, last[i], (uint16_t)(65533 + i), "old");
    uint8_t old_key[32], next_chain[32];
    memcpy(old_key, s->send.key[0], 32);
    wzp_hkdf_expand(next_chain, 32, s->send.chain, "WZP-E2E/1 next");
    is_int(s->send.epoch, 0, "epoch 0 to its end");
    seal(s, out, 0, "new");
    is_int(s->send.epoch, 1, "the wrap starts epoch 1");
    is_bytes(s->send.chain, 32, next_chain, 32, "with the next chain");
    ok(!memmem(&s->send, sizeof s->send, old_key, 32), "the old key is gone");

    is_int(open_it(r, last[1], length), 0, "end of epoch 0");
    struct wzp_e2e_session before = *r;
    uint8_t forged[40];
    memcpy(forged, out, sizeof forged);
    forged[20] ^= 1;
    is_int(open_it(r, forged, length), WZP_E_CRYPTO, "a forged packet of epoch 1");
    is_int(r->receive.epoch, 0, "does not ratchet");
    ok(memcmp(&r->receive, &before.receive, sizeof before.receive) == 0, "nor change any key");
    is_int(open_it(r, out, length), 0, "a real one opens");
    is_int(r->receive.epoch, 1, "and ratchets");
    is_int(open_it(r, last[0], length), 0, "a late packet of epoch 0 opens");
    is_int(open_it(r, last[0], length), WZP_E_REPLAY, "once");
    ok(memmem(&r->receive, sizeof r->receive, old_key, 32) != NULL, "its key is still kept");
    for (uint16_t i = 1; i <= 1022; i++)
        seal(s, out, i, "new");
    open_it(r, out, length);
    is_int(open_it(r, last[2], length), 0, "65535 is just inside the window of 65536 + 1022");
    seal(s, out, 1023, "new");
    open_it(r, out, length);
    ok(!memmem(&r->receive, sizeof r->receive, old_key, 32) && !r->receive.has_previous,
       "when the window has left epoch 0 its key is gone");
    is_int(open_it(r, last[2], length), WZP_E_CRYPTO, "and its packets have no key");

    /* Two epochs ahead has no key, however well it is sealed. */
    seal(s, out, 1024, "end");
    struct wzp_e2e_session ahead = *s;
    wind_to(&ahead, (UINT64_C(3) << 16) + 5);
    seal(&ahead, far, 5, "far");
    is_int(open_it(r, far, length), WZP_E_CRYPTO, "two epochs ahead is refused");
    is_int(r->receive.epoch, 1, "without any ratchet");
    ahead = *s;
    wind_to(&ahead, (UINT64_C(33) << 16) + 1025);
    seal(&ahead, far, 1025, "far");
    is_int(far[12], 0x41, "32 epochs ahead looks like now");
    is_int(open_it(r, far, length), WZP_E_CRYPTO, "and does not authenticate");
    is_int(open_it(r, out, length), 0, "the current epoch goes on");
}

/* A wire on which packets are lost, late and doubled. Each first copy that arrives within the
 * window opens exactly once. */
static void lossy(uint64_t seed, uint64_t start, unsigned count)
{
    enum { HELD = 64 };
    static struct {
        uint8_t data[40];
        int length;
        uint64_t index;
    } held[HELD];
    static uint8_t opened[400000 / 8];
    struct wzp_random random = test_random(seed);
    unsigned waiting = 0, opens = 0, doubles = 0, wrong = 0;
    call_agree(&c, vectors);
    struct wzp_e2e_session *s = &c.caller_session, *r = &c.callee_session;
    memset(opened, 0, sizeof opened);
    wind_to(s, start);
    while (r->receive.epoch + 1 < start >> 16) { /* the receiver has followed so far */
        uint8_t chain[32];
        wzp_hkdf_expand(chain, 32, r->receive.chain, "WZP-E2E/1 next");
        memcpy(r->receive.chain, chain, 32);
        wzp_hkdf_expand(r->receive.key[0], 32, chain, "WZP-E2E/1 key");
        r->receive.epoch++;
    }
    for (unsigned i = 0; i < count || waiting > 0; i++) {
        if (i < count) {
            uint8_t out[40];
            uint64_t index = start + i;
            int length = seal(s, out, (uint16_t)index, "speech");
            /* 0, 1 or 2 copies; a full wire drops. */
            uint64_t fate = wzp_random_below(&random, 10);
            for (unsigned copies = fate < 2 ? 0 : fate < 8 ? 1 : 2; copies > 0; copies--) {
                if (waiting == HELD)
                    break;
                memcpy(held[waiting].data, out, sizeof out);
                held[waiting].length = length;
                held[waiting++].index = index;
            }
        }
        while (waiting > (i < count ? 20 : 0)) {
            unsigned pick = (unsigned)wzp_random_below(&random, waiting);
            uint64_t offset = held[pick].index - start;
            bool first = (opened[offset / 8] >> (offset % 8) & 1) == 0;
            bool inside = !r->replay.started || r->replay.highest < held[pick].index + 1024;
            int result = open_it(r, held[pick].data, held[pick].length);
            if (result == 0) {
                opened[offset / 8] |= (uint8_t)(1 << offset % 8);
                opens++;
                wrong += !first;
            } else {
                wrong += first && inside;
                doubles += !first;
            }
            held[pick] = held[--waiting];
        }
    }
    is_int(wrong, 0, "from index %llu: each first copy once, no second", (unsigned long long)start);
    ok(opens > count / 2 && doubles > count / 20, "%u opened, %u doubles refused", opens, doubles);
    is_int(r->authenticated, opens, "counted");
    is_int(r->failed, 0, "none failed");
    is_int(r->receive.epoch, (start + count - 1) >> 16, "epoch followed");
}

TAP_MAIN
{
    vectors = vectors_load();
    packets();
    tampering();
    sequence_rules();
    window();
    ratchet();
    lossy(21, 1, 4000);
    lossy(22, 60000, 150000);                     /* three epochs */
    lossy(23, (UINT64_C(40) << 16) - 3000, 6000); /* beyond the 5 bits of the flags */
    json_decref(vectors);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A peer that floods, sends packets from the past or the future, or changes the format with each
 * packet: its cost in CPU time is limited, it costs no memory, and a voice that comes afterwards is
 * heard. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "lib_network.h"
#include "media/receiver.h"

#define SECONDS 4
#define BASE (1000 * WZP_SECOND)
#define STEP_MS 20
/* Limits: the share of a core for decoding, whatever comes, and the time for each packet in
 * addition. */
#define PLAYING_SHARE 0.15
#define PACKET_SECONDS 40e-6

static struct source talk, narrow, slow;
static struct wzp_random_seeded seeded;
static struct wzp_random wild;

/* An abuse: make() alters the k-th packet. */
struct abuse {
    const char *name;
    unsigned per_step; /* packets in 20 ms */
    void (*make)(struct wzp_media_packet *p, unsigned k);
};

static void as_it_should(struct wzp_media_packet *p, unsigned k)
{
    memset(p, 0, sizeof *p);
    p->header.codec = (uint8_t)talk.codec;
    p->header.sequence = (uint16_t)k;
    p->header.timestamp = k * STEP_MS;
    p->header.sender = 1;
    p->payload = talk.packets[k % talk.count];
    p->payload_length = talk.lengths[k % talk.count];
}

static void flood(struct wzp_media_packet *p, unsigned k)
{
    (void)p;
    (void)k; /* unchanged packets, two hundred times too fast */
}

static void past(struct wzp_media_packet *p, unsigned k)
{
    p->header.sequence = (uint16_t)(60000 - k);
    p->header.timestamp = 0x40000000u - k * STEP_MS;
}

static void future(struct wzp_media_packet *p, unsigned k)
{
    p->header.timestamp = k * 1900;
}

static void to_and_fro(struct wzp_media_packet *p, unsigned k)
{
    p->header.timestamp += k % 2 ? 1500 : 0;
    p->header.sequence = (uint16_t)(p->header.sequence + (k % 2 ? 75 : 0));
}

static void anywhere(struct wzp_media_packet *p, unsigned k)
{
    (void)k;
    p->header.timestamp = (uint32_t)wzp_random_below(&wild, UINT32_MAX);
    p->header.sequence = (uint16_t)wzp_random_below(&wild, 65536);
}

/* Each packet leaves a gap before it that its redundancy covers. */
static void holes(struct wzp_media_packet *p, unsigned k)
{
    p->header.sequence = (uint16_t)(k * 5);
    p->header.timestamp = k * 5 * STEP_MS;
}

static void other_form(struct wzp_media_packet *p, unsigned k)
{
    const struct source *sources[] = {&talk, &slow, &narrow};
    const struct source *s = sources[k % 3];

    p->header.codec = (uint8_t)s->codec;
    p->payload = s->packets[k % s->count];
    p->payload_length = s->lengths[k % s->count];
}

static void other_unit(struct wzp_media_packet *p, unsigned k)
{
    p->header.timestamp *= k / 3 % 2 ? 48 : 1;
}

static void other_sender(struct wzp_media_packet *p, unsigned k)
{
    p->header.sender = (uint8_t)k;
}

static void any_bytes(struct wzp_media_packet *p, unsigned k)
{
    static uint8_t bytes[WZP_FRAME_BYTES_MAX];

    wild.fill(wild.context, bytes, sizeof bytes);
    p->header.codec = (uint8_t)(k % 9);
    p->payload = bytes;
    p->payload_length = 1 + (size_t)wzp_random_below(&wild, sizeof bytes);
}

static const struct abuse rows[] = {
    {"a flood", 200, flood},
    {"backwards", 1, past},
    {"backwards and fast", 100, past},
    {"far ahead", 1, future},
    {"far ahead and fast", 50, future},
    {"to and fro", 2, to_and_fro},
    {"anywhere", 50, anywhere},
    {"holes", 1, holes},
    {"another form each time", 1, other_form},
    {"another form, fast", 50, other_form},
    {"another unit each three", 1, other_unit},
    {"another sender each time", 50, other_sender},
    {"any bytes", 20, any_bytes},
};

static double cpu(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static unsigned hear_out(struct wzp_receiver *r, uint64_t from, unsigned steps)
{
    int16_t pcm[960];
    unsigned voiced = 0;

    for (unsigned k = 0; k < steps; k++) {
        uint64_t now = from + k * STEP_MS * WZP_MILLISECOND;
        struct wzp_media_packet p;

        as_it_should(&p, k);
        p.header.sequence = (uint16_t)(k + 30000);
        p.header.timestamp += 1000000;
        wzp_receiver_put(r, &p, now);
        voiced += wzp_receiver_pull(r, pcm, 960, now + 5 * WZP_MILLISECOND) > 0;
    }
    return voiced;
}

static void test_one(const struct abuse *a, bool is_call)
{
    struct wzp_receiver *r;
    struct wzp_media_packet p;
    int16_t pcm[960];
    unsigned k = 0, steps = SECONDS * 1000 / STEP_MS;
    long live = wzp_alloc_live(), most = 0;

    if (wzp_receiver_new(&r) != 0)
        bail("no receiver");
    wzp_receiver_set_expected(r, is_call ? 1 : 0);
    double start = cpu();
    for (unsigned step = 0; step < steps; step++) {
        uint64_t now = BASE + step * STEP_MS * WZP_MILLISECOND;

        for (unsigned i = 0; i < a->per_step; i++, k++) {
            as_it_should(&p, k);
            a->make(&p, k);
            wzp_receiver_put(r, &p, now);
        }
        wzp_receiver_pull(r, pcm, 960, now + 5 * WZP_MILLISECOND);
        most = wzp_alloc_live() - live > most ? wzp_alloc_live() - live : most;
    }
    double used = cpu() - start;
    double allowed = PLAYING_SHARE * SECONDS * (is_call ? 1 : 8) + k * PACKET_SECONDS;
    ok(used < allowed, "%s, %s: %.0f ms of the processor for %u packets in %u s", a->name,
       is_call ? "a call" : "a room", used * 1000, k, SECONDS);
    /* A stream is one block and those of its decoder. */
    ok(most <= 1 + WZP_RECEIVER_STREAMS_MAX * 12, "memory is bounded (%ld pieces)", most);
    unsigned voiced = hear_out(r, BASE + SECONDS * WZP_SECOND, 250);
    ok(voiced > 150, "a voice is heard afterwards (%u of 250)", voiced);
    wzp_receiver_free(r);
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 5);
    wild = wzp_random_seeded_source(&seeded);
    source_make(&talk, WZP_CODEC_OPUS_24K, SOUND_TALK, 4, 25);
    source_make(&narrow, WZP_CODEC_OPUS_16K, SOUND_TALK, 4, 0);
    source_make(&slow, WZP_CODEC_OPUS_6K, SOUND_TALK, 4, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_one(&rows[i], true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_one(&rows[i], false);
    source_free(&talk);
    source_free(&narrow);
    source_free(&slow);
}

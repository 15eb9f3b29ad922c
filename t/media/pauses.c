/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loss in a sender's pause: each packet of the pause is lost once, and the concealed frames are
 * counted. */
#include "tap.h"

#include <string.h>

#include "base/time.h"
#include "lib_speech.h"
#include "media/decoder.h"
#include "media/playout.h"
#include "media/sender.h"

#define FRAME 960
#define SPEECH 100 /* frames */
#define SILENCE 150
#define AFTER 50
#define FRAMES (SPEECH + SILENCE + AFTER)
#define WAY (30 * WZP_MILLISECOND)
#define PACKETS 400

struct sent {
    uint64_t at;
    struct wzp_media_header header;
    size_t length;
    uint8_t data[400];
};
static struct sent packets[PACKETS];
static size_t packet_count;
static uint64_t now;

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct sent *s = &packets[packet_count];

    (void)context;
    if (packet_count == PACKETS || packet->payload_length > sizeof s->data)
        bail("more than there is room for");
    packet_count++;
    s->at = now;
    s->header = packet->header;
    s->length = packet->payload_length;
    memcpy(s->data, packet->payload, s->length);
}

/* Speech, a pause with a little noise in it, and speech. */
static void speak(double noise)
{
    static int16_t pcm[FRAMES * FRAME];
    struct wzp_sender *sender;
    uint32_t state = 1;

    packet_count = 0;
    speech_fill(pcm, FRAMES * FRAME, 3, 0);
    for (size_t i = SPEECH * FRAME; i < (SPEECH + SILENCE) * FRAME; i++) {
        state = state * 1664525u + 1013904223u;
        pcm[i] = (int16_t)(noise * ((double)(state >> 16) / 32768 - 1));
    }
    if (wzp_sender_new(&sender, WZP_CODEC_OPUS_32K) < 0)
        bail("no sender");
    wzp_sender_set_sparse(sender, true);
    for (size_t i = 0; i < FRAMES; i++) {
        now = WZP_SECOND + (i + 1) * 20 * WZP_MILLISECOND;
        wzp_sender_push(sender, pcm + i * FRAME, FRAME, emit, NULL);
    }
    wzp_sender_free(sender);
}

/* How much is concealed when these packets are lost. */
static uint64_t concealed(size_t from, size_t count)
{
    struct wzp_playout_stats stats;
    struct wzp_playout *p;
    int16_t pcm[480];
    size_t next = 0;

    if (wzp_playout_new(&p) < 0)
        bail("no playout");
    wzp_playout_set_complexity(p, WZP_DECODER_LOW);
    for (unsigned i = 0; i < 2 * FRAMES + 20; i++) {
        uint64_t pull = WZP_SECOND + i * 10 * WZP_MILLISECOND + WZP_MILLISECOND;
        for (; next < packet_count && packets[next].at + WAY <= pull; next++) {
            struct wzp_media_packet packet = {.header = packets[next].header,
                                              .payload = packets[next].data,
                                              .payload_length = packets[next].length};
            if (next < from || next >= from + count)
                wzp_playout_put(p, &packet, packets[next].at + WAY);
        }
        wzp_playout_pull(p, pcm, 480, pull);
    }
    wzp_playout_stats(p, &stats, WZP_SECOND + FRAMES * 20 * WZP_MILLISECOND);
    wzp_playout_free(p);
    return stats.frames_concealed;
}

/* In a pause the sender sends nothing between its packets: only the packets themselves may count as
 * lost. */
static void losses(double noise, size_t count)
{
    uint64_t worst = 0;
    size_t at = 0, tried = 0;

    speak(noise);
    uint64_t without = concealed(0, 0);
    for (size_t i = 0; i + count <= packet_count; i++) {
        uint32_t ms = packets[i].header.timestamp;
        if (ms < SPEECH * 20 || ms >= (SPEECH + SILENCE) * 20)
            continue;
        uint64_t made = concealed(i, count) - without;
        tried++;
        if (made > worst) {
            worst = made;
            at = i;
        }
    }
    ok(tried > 20 && worst <= count,
       "%zu in a row of %zu packets in a pause lost: no more are made up (%ju, %u ms, %zu bytes)",
       count, tried, (uintmax_t)worst, packets[at].header.timestamp, packets[at].length);
}

TAP_MAIN
{
    static const double noises[] = {0, 20};

    for (size_t i = 0; i < 2; i++)
        for (size_t count = 1; count <= 3; count++)
            losses(noises[i], count);
}

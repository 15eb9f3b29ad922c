/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two sound cards with different clocks: the delay of a tone stays constant for ten minutes, and
 * the correction is not heard. An hour: WZP_DRIFT_SECONDS=3600. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "tap.h"

#define RATE 48000
#define HERTZ 450.0 /* whole waves in each frame of 20 ms */
#define LOOP 50     /* packets, one second: they are encoded once and repeated */
#define BLOCK 480
#define STEP 96 /* samples, 2 ms */
#define DIP_SAMPLES 480.0
#define SETTLE 15 /* seconds */
#define JITTER_MS 3.0

static struct {
    struct wzp_media_header header;
    uint8_t data[WZP_FRAME_BYTES_MAX];
    size_t length;
} packets[LOOP];
static unsigned coded;

static void keep(void *context, const struct wzp_media_packet *packet)
{
    unsigned i = coded++ % LOOP; /* the last round is kept: the encoder has settled */

    (void)context;
    packets[i].header = packet->header;
    packets[i].length = packet->payload_length;
    memcpy(packets[i].data, packet->payload, packet->payload_length);
}

/* A tone that is a little softer around the middle of each second: a mark to measure the delay by.
 */
static void code(void)
{
    struct wzp_encoder_plan plan = {.codec = WZP_CODEC_OPUS_32K, .bitrate = 32000, .frame_ms = 20};
    struct wzp_sender *sender;
    int16_t block[BLOCK];

    if (wzp_sender_new(&sender, WZP_CODEC_OPUS_32K) < 0)
        bail("no memory");
    wzp_sender_set_plan(sender, &plan);
    for (unsigned at = 0; at < 3 * RATE; at += BLOCK) {
        for (unsigned i = 0; i < BLOCK; i++) {
            double from = ((at + i) % RATE - RATE / 2.0) / DIP_SAMPLES;
            double loud = 1 - 0.7 * exp(-from * from);
            block[i] = (int16_t)lrint(8000 * loud * sin(2 * M_PI * HERTZ * (at + i) / RATE));
        }
        wzp_sender_push(sender, block, BLOCK, keep, NULL);
    }
    wzp_sender_free(sender);
}

struct listener {
    double sum;          /* of squares, of the current step */
    unsigned in_step;    /* samples of it */
    double least, where; /* of the current second: softest step and its time in ms */
    double a, b;         /* the last two samples */
    double roughest;
    unsigned marks;
    double least_delay, most_delay; /* ms */
};

/* Records the delay of this second's mark. A lost or repeated mark would change the delay. */
static void note_mark(struct listener *l, double sent_ms)
{
    double delay = l->where - sent_ms;

    if (l->marks++ == 0)
        l->least_delay = l->most_delay = delay;
    l->least_delay = fmin(l->least_delay, delay);
    l->most_delay = fmax(l->most_delay, delay);
}

static void hear(struct listener *l, const int16_t *pcm, double at_ms)
{
    for (unsigned i = 0; i < BLOCK; i++) {
        double x = pcm[i];

        l->roughest = fmax(l->roughest, fabs(x - 2 * l->b + l->a));
        l->a = l->b;
        l->b = x;
        l->sum += x * x;
        if (++l->in_step < STEP)
            continue;
        if (l->sum < l->least) {
            l->least = l->sum;
            l->where = at_ms + i / 48.0;
        }
        l->sum = 0;
        l->in_step = 0;
    }
}

/* Plays with a sender's card that is faster by so much. */
static void play(double ppm, unsigned seconds)
{
    struct wzp_receiver *receiver;
    struct wzp_playout_stats stats;
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    struct listener l = {.least = INFINITY};
    int16_t pcm[BLOCK];
    uint64_t sent = 0;
    unsigned mark = SETTLE; /* the second whose dip is looked for */
    double frame_ms = 20 / (1 + ppm / 1e6);
    double next = 20;

    if (wzp_receiver_new(&receiver) < 0)
        bail("no memory");
    wzp_receiver_set_expected(receiver, 1);
    wzp_receiver_set_complexity(receiver, WZP_DECODER_LOW);
    wzp_random_seeded_init(&seeded, 3);
    random = wzp_random_seeded_source(&seeded);
    for (unsigned block = 0; block < seconds * 100; block++) {
        double at_ms = block * 10.0;

        for (; next <= at_ms; sent++) {
            struct wzp_media_packet packet = {.header = packets[sent % LOOP].header,
                                              .payload = packets[sent % LOOP].data,
                                              .payload_length = packets[sent % LOOP].length};
            packet.header.sequence = (uint16_t)sent;
            packet.header.timestamp = (uint32_t)(sent * 20);
            wzp_receiver_put(receiver, &packet,
                             WZP_SECOND + (uint64_t)(next * (double)WZP_MILLISECOND));
            next = fmax(next, (double)(sent + 2) * frame_ms + JITTER_MS * wzp_random_unit(&random));
        }
        wzp_receiver_pull(receiver, pcm, BLOCK, WZP_SECOND + block * 10 * WZP_MILLISECOND);
        if (block < SETTLE * 100) {
            l.b = pcm[BLOCK - 1];
            l.a = pcm[BLOCK - 2];
            continue;
        }
        hear(&l, pcm, at_ms);
        /* A mark has been heard half a second after it was sent. */
        double dip_ms = (mark + 0.5) * 50 * frame_ms;
        if (at_ms < dip_ms + 500)
            continue;
        note_mark(&l, dip_ms);
        l.least = INFINITY;
        mark++;
    }
    wzp_receiver_stats(receiver, &stats, WZP_SECOND + seconds * WZP_SECOND);
    ok(stats.frames_concealed == 0 && stats.skipped_frames == 0 && stats.underruns == 0,
       "%+.0f ppm, %u seconds: nothing is made up, nothing thrown away", ppm, seconds);
    ok((double)(stats.squeezed_samples + stats.stretched_samples) > seconds * fabs(ppm) * 0.048 / 2,
       "what differs is evened out (%llu samples out, %llu in)",
       (unsigned long long)stats.squeezed_samples, (unsigned long long)stats.stretched_samples);
    double middle = (l.least_delay + l.most_delay) / 2;
    double away = (l.most_delay - l.least_delay) / 2;
    ok(away <= 10 && l.marks >= seconds - 20, "the delay stays within %.1f ms of %.0f ms", away,
       middle);
    /* Roughness of the tone itself is 28; of a step by a twentieth of its amplitude, 400. */
    ok(l.roughest < 200, "and no seam is a click (%.0f)", l.roughest);
    wzp_receiver_free(receiver);
}

TAP_MAIN
{
    const char *text = getenv("WZP_DRIFT_SECONDS");
    unsigned seconds = text ? (unsigned)strtoul(text, NULL, 10) : 600;

    code();
    play(200, seconds);
    play(-200, seconds);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "lib_speech.h"
#include "media/level.h"
#include "tap.h"

#define EPOCH (1000 * WZP_SECOND) /* tests may not assume that the clock starts at 0 */

static void *need(void *block)
{
    if (!block)
        bail("no memory");
    return block;
}

void source_make(struct source *s, enum wzp_codec codec, enum sound sound, unsigned seconds,
                 unsigned expected_loss)
{
    struct wzp_encoder *e;

    memset(s, 0, sizeof *s);
    if (wzp_encoder_new(&e, codec) != 0)
        bail("no encoder");
    struct wzp_encoder_plan plan = *wzp_encoder_plan(e);
    plan.expected_loss = (uint8_t)expected_loss;
    wzp_encoder_set_plan(e, &plan);
    s->codec = codec;
    s->frame = wzp_encoder_frame_samples(e);
    s->count = seconds * 48000 / s->frame;
    s->packets = need(calloc(s->count, sizeof *s->packets));
    s->lengths = need(calloc(s->count, sizeof *s->lengths));
    s->pcm = need(calloc(s->count * s->frame, sizeof *s->pcm));
    if (sound == SOUND_TONE) {
        struct wzp_tone tone;

        wzp_tone_init(&tone, 1000, -20);
        wzp_tone_fill(&tone, s->pcm, s->count * s->frame);
    } else {
        speech_fill(s->pcm, s->count * s->frame, sound == SOUND_OTHER ? 8 : 7,
                    sound == SOUND_SPEECH);
    }
    for (size_t i = 0; i < s->count; i++)
        s->lengths[i] = (uint16_t)wzp_encoder_encode(e, s->packets[i], sizeof *s->packets,
                                                     s->pcm + i * s->frame, s->frame);
    wzp_encoder_free(e);
}

void source_free(struct source *s)
{
    free(s->packets);
    free(s->lengths);
    free(s->pcm);
    memset(s, 0, sizeof *s);
}

static int earlier(const void *x, const void *y)
{
    const struct arrival *a = x;
    const struct arrival *b = y;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static bool inside(double at, double from, double to)
{
    return to > from && at >= from && at < to;
}

struct arrival *network_run(const struct network *n, const struct source *s, size_t frames,
                            size_t *count)
{
    struct arrival *list = need(calloc(frames * 2 + 1, sizeof *list));
    struct wzp_random_seeded seeded;
    struct wzp_random random;
    double frame_ms = (double)s->frame / 48;
    size_t used = 0;

    wzp_random_seeded_init(&seeded, n->seed + 1);
    random = wzp_random_seeded_source(&seeded);
    for (size_t i = 0; i < frames; i++) {
        double sent = n->start_ms + (double)(i + 1) * frame_ms / (1 + n->drift_ppm / 1e6);
        double jitter = wzp_random_unit(&random);
        double at = sent + n->delay_ms;
        bool lost = wzp_random_unit(&random) < n->loss;
        bool twice = wzp_random_unit(&random) < n->duplicate;
        struct arrival *a = &list[used];

        at += n->tail ? -log(1 - jitter) * n->jitter_ms : jitter * n->jitter_ms;
        if (wzp_random_unit(&random) < n->reorder)
            at += 45;
        if (n->burst && i % 50 >= 25 && i % 50 < 25 + n->burst)
            lost = true;
        if (inside(sent, n->outage_from_ms, n->outage_to_ms))
            lost = true;
        if (inside(sent, n->stall_from_ms, n->stall_to_ms) && at < n->stall_to_ms)
            at = n->stall_to_ms;
        if (lost)
            continue;
        a->at = EPOCH + (uint64_t)(at * 1e6);
        a->sequence = (uint16_t)(n->first_sequence + i);
        a->timestamp = n->first_timestamp +
                       (uint32_t)i * (n->counts_samples ? (uint32_t)s->frame : (uint32_t)frame_ms);
        a->index = (uint32_t)i;
        used++;
        if (twice) {
            list[used] = *a;
            list[used++].at += 3 * WZP_MILLISECOND;
        }
    }
    qsort(list, used, sizeof *list, earlier);
    *count = used;
    return list;
}

struct wzp_media_packet arrival_packet(const struct arrival *a, const struct source *s,
                                       uint8_t sender)
{
    struct wzp_media_packet packet;

    memset(&packet, 0, sizeof packet);
    packet.header.codec = (uint8_t)s->codec;
    packet.header.sequence = a->sequence;
    packet.header.timestamp = a->timestamp;
    packet.header.sender = sender;
    packet.payload = s->packets[a->index % s->count];
    packet.payload_length = s->lengths[a->index % s->count];
    return packet;
}

void play(struct played *out, struct wzp_playout *p, const struct arrival *arrivals, size_t count,
          const struct source *s, unsigned ms, size_t step)
{
    play_pieces(out, p, arrivals, count, s, ms, step, 1);
}

void play_pieces(struct played *out, struct wzp_playout *p, const struct arrival *arrivals,
                 size_t count, const struct source *s, unsigned ms, size_t step, unsigned pieces)
{
    uint64_t calls = wzp_alloc_calls();
    size_t next = 0;

    memset(out, 0, sizeof *out);
    out->samples = (size_t)ms * 48;
    out->pcm = need(calloc(out->samples + step, sizeof *out->pcm));
    out->least_delay = INFINITY;
    for (size_t at = 0; at < out->samples; at += step) {
        /* Pulls at an odd phase, so that no arrival coincides with one. */
        uint64_t now = EPOCH +
                       (uint64_t)(at / (step * pieces) * step * pieces) * WZP_SECOND / 48000 +
                       1300 * WZP_MICROSECOND;

        while (next < count && arrivals[next].at <= now) {
            struct wzp_media_packet packet = arrival_packet(&arrivals[next], s, 0);

            wzp_playout_put(p, &packet, arrivals[next].at);
            next++;
        }
        out->voiced += (unsigned)wzp_playout_pull(p, out->pcm + at, step, now);
        out->pulls++;
        if (at > out->samples / 2) {
            struct wzp_playout_stats stats;

            wzp_playout_stats(p, &stats, now);
            out->least_delay = fmin(out->least_delay, stats.delay_ms);
            out->most_delay = fmax(out->most_delay, stats.delay_ms);
            out->stats = stats;
        }
    }
    out->allocations = wzp_alloc_calls() - calls;
}

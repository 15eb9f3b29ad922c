/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/lib_profile.h"

#include <string.h>

#include "base/random.h"
#include "base/time.h"
#include "media/decoder.h"
#include "media/lib_speech.h"
#include "wzp/stats.h"
#include "media/receiver.h"
#include "media/sender.h"

#define BLOCK 480
#define SECONDS 10
#define DELAY (30 * WZP_MILLISECOND)
#define LOOP (6 * 48000) /* samples of speech, repeated */

/* Synthetic speech, made once. */
static int16_t speech[LOOP];

struct line {
    const struct wzp_line_profile *profile;
    struct wzp_receiver *receiver;
    struct wzp_decoder *decoder;
    struct wzp_random random;
    uint64_t now, packets, lost, bytes, reach; /* reach: samples, sum */
    bool bad;
};

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct line *l = context;
    double loss = l->profile->loss / 100;
    double unit = wzp_random_unit(&l->random);

    l->packets++;
    l->bytes += packet->payload_length;
    l->reach += (uint64_t)wzp_decoder_dred_reach(l->decoder, l->packets, packet->payload,
                                                 packet->payload_length);
    if (loss > 0)
        l->bad = l->bad ? unit >= 1 / l->profile->run : unit < loss / (1 - loss) / l->profile->run;
    l->lost += l->bad;
    if (!l->bad)
        wzp_receiver_put(l->receiver, packet, l->now + DELAY);
}

static void run(struct line *l, struct wzp_sender *sender)
{
    int16_t heard[BLOCK];

    for (size_t at = 0; at < SECONDS * 48000; at += BLOCK) {
        l->now += 10 * WZP_MILLISECOND;
        wzp_sender_push(sender, speech + at % LOOP, BLOCK, emit, l);
        wzp_receiver_pull(l->receiver, heard, BLOCK, l->now + DELAY + WZP_MILLISECOND);
    }
}

bool profile_measure(struct profile_measured *out, const struct wzp_line_profile *profile)
{
    struct wzp_encoder_plan plan = {.codec = WZP_CODEC_OPUS_32K,
                                    .bitrate = profile->bitrate,
                                    .frame_ms = profile->frame_ms,
                                    .fec = profile->fec,
                                    .expected_loss = profile->expected_loss,
                                    .dred_units = profile->dred_units,
                                    .copies = profile->copies};
    struct line l = {.profile = profile, .now = WZP_SECOND};
    struct wzp_random_seeded seeded;
    struct wzp_sender *sender = NULL;

    if (speech[48000] == 0)
        speech_fill(speech, LOOP, 3, 0);
    wzp_random_seeded_init(&seeded, 7);
    l.random = wzp_random_seeded_source(&seeded);
    bool made = wzp_sender_new(&sender, WZP_CODEC_OPUS_32K) == 0 &&
                wzp_receiver_new(&l.receiver) == 0 && wzp_decoder_new(&l.decoder) == 0 &&
                wzp_sender_set_plan(sender, &plan) == 0;
    if (made) {
        struct wzp_playout_stats stats;

        wzp_receiver_set_expected(l.receiver, 1);
        wzp_receiver_set_complexity(l.receiver, WZP_DECODER_LOW);
        run(&l, sender);
        wzp_receiver_stats(l.receiver, &stats, l.now);
        uint64_t rebuilt = wzp_playout_rebuilt(&stats);
        out->span_ms = (double)l.reach / WZP_SAMPLES_PER_MS / (double)l.packets;
        out->recovered_percent = l.lost > 0 ? 100.0 * (double)rebuilt / (double)l.lost : 0;
        out->payload_kbps = (double)l.bytes * 8 / 1000 / SECONDS;
    }
    wzp_decoder_free(l.decoder);
    wzp_receiver_free(l.receiver);
    wzp_sender_free(sender);
    return made;
}

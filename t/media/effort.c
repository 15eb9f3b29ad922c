/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Adapting the decoder's complexity on machines that are too slow for the highest one, in virtual
 * time. */
#include "media/effort.h"

#include <string.h>

#include "base/time.h"
#include "media/decoder.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "media/lib_speech.h"
#include "tap.h"

#define BLOCK (10 * WZP_MILLISECOND)

/* Model of a machine: the share of real time that decoding takes at that complexity. */
static double share_of(double slowness, unsigned complexity)
{
    return slowness * (complexity >= 7 ? 1 : complexity == 6 ? 0.7 : complexity == 5 ? 0.35 : 0.25);
}

struct machine {
    struct wzp_effort effort;
    double slowness;
    unsigned changes, complexity;
    double load; /* sum over the blocks */
};

static void play(struct machine *m, unsigned seconds)
{
    m->changes = 0;
    m->load = 0;
    for (unsigned i = 0; i < seconds * 100; i++) {
        double share = share_of(m->slowness, m->complexity);
        unsigned complexity =
            wzp_effort_spent(&m->effort, (uint64_t)(share * (double)BLOCK), BLOCK);

        m->load += share / (seconds * 100);
        m->changes += complexity != m->complexity;
        m->complexity = complexity;
    }
}

static void begin(struct machine *m, double slowness)
{
    memset(m, 0, sizeof *m);
    wzp_effort_init(&m->effort, false);
    m->slowness = slowness;
    m->complexity = wzp_effort_complexity(&m->effort);
}

static void test_machines(void)
{
    struct machine m;

    begin(&m, 0.02);
    play(&m, 3600);
    ok(m.complexity == 7 && m.changes == 0, "a machine that can does all there is, for an hour");
    begin(&m, 0.5);
    play(&m, 5);
    is_int(m.complexity, 6, "one that takes half of real time does less");
    play(&m, 3600);
    is_int(m.changes, 0, "and stays there: what is left is no ease");
    begin(&m, 0.9);
    play(&m, 4);
    is_int(m.complexity, 5, "one that cannot keep up goes two steps after the first second");
    begin(&m, 30);
    play(&m, 5);
    is_int(m.complexity, 0, "one that can do nothing ends with plain decoding");
    begin(&m, 0.02);
    wzp_effort_init(&m.effort, true);
    m.complexity = wzp_effort_complexity(&m.effort);
    play(&m, 600);
    is_int(m.complexity, 5, "who asked for little gets no more, however fast the machine is");
}

static void test_hysteresis(void)
{
    struct machine m;

    begin(&m, 1.2);
    play(&m, 10);
    unsigned low = m.complexity;
    m.slowness = 0.1; /* another program has ended */
    play(&m, 9);
    is_int(m.complexity, low, "ease is not believed at once");
    play(&m, 21);
    is_int(m.complexity, 7, "half a minute of it brings all back");
    /* Busy whenever a higher complexity is tried, as when another program comes and goes. */
    unsigned changes = 0;
    for (unsigned i = 0; i < 3600; i++) {
        m.slowness = m.complexity == 7 ? 1.2 : 0.1;
        play(&m, 1);
        changes += m.changes;
    }
    ok(changes <= 60, "what was too much is tried later and later: %u changes in an hour", changes);
    wzp_effort_spent(&m.effort, UINT64_MAX, BLOCK);
    wzp_effort_spent(&m.effort, 0, UINT64_MAX);
    wzp_effort_spent(&m.effort, 0, 0);
    ok(wzp_effort_complexity(&m.effort) <= 7, "nonsense does no harm");
}

static struct wzp_receiver *receiver;
static uint64_t now = WZP_SECOND;

static void emit(void *context, const struct wzp_media_packet *packet)
{
    (void)context;
    wzp_receiver_put(receiver, packet, now);
}

static int16_t heard[2][48000];

/* Decodes one second of a voice at that complexity. */
static void hear_second(int16_t *out, unsigned complexity, const int16_t *pcm)
{
    struct wzp_sender *sender;
    struct wzp_playout_stats stats;
    struct wzp_encoder_plan plan = {.codec = WZP_CODEC_OPUS_16K, .bitrate = 10000, .frame_ms = 20};

    if (wzp_receiver_new(&receiver) < 0 || wzp_sender_new(&sender, WZP_CODEC_OPUS_16K) < 0)
        bail("no memory");
    wzp_sender_set_plan(sender, &plan);
    wzp_receiver_set_expected(receiver, 1);
    wzp_receiver_set_complexity(receiver, complexity);
    for (size_t at = 0; at < 48000; at += 480) {
        wzp_sender_push(sender, pcm + at, 480, emit, NULL);
        now += BLOCK;
        wzp_receiver_pull(receiver, out + at, 480, now);
    }
    wzp_receiver_stats(receiver, &stats, now);
    is_int(stats.complexity, complexity, "a voice that comes later is decoded with what was set");
    wzp_sender_free(sender);
    wzp_receiver_free(receiver);
}

static void test_decoder(void)
{
    static int16_t pcm[48000];

    speech_fill(pcm, 48000, 4, 0);
    hear_second(heard[0], 7, pcm);
    hear_second(heard[1], 0, pcm);
    double apart = speech_distance(heard[0], heard[1], 48000);
    ok(apart < 6, "without the extras it is the same voice (%.1f dB apart)", apart);
}

TAP_MAIN
{
    test_machines();
    test_hysteresis();
    test_decoder();
}

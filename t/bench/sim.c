/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The cost of many phones in one simulation: registered and in calls on hold, in CPU seconds per
 * virtual minute, for two numbers of calls, to show whether it grows linearly; and calls with
 * speech, compared with the codec alone. One JSON object per line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Benchmarks are built from one file each; this includes the tests' voices. */
#include "../sim/lib_voice.c"
#include "base/time.h"
#include "media/decoder.h"
#include "sim/actors.h"
#include "wire/signal.h"

#define SPEECH_CALLS 100
#define SPEECH_SECONDS 10
#define FRAME 960

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_phone *phones;
static size_t phone_count;
static int16_t *speech;
static size_t speech_samples;

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *name, double value, const char *unit, double goal)
{
    printf("{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"", name, value, unit);
    if (goal > 0)
        printf(",\"goal\":%g", goal);
    printf("}\n");
    fflush(stdout);
}

static void fail(const char *what)
{
    fprintf(stderr, "sim: %s\n", what);
    exit(1);
}

/* ---- the crowd ---- */

static bool all_hear(void *context)
{
    size_t *hearing = context;
    while (*hearing < phone_count && wzp_sim_phone_count(&phones[*hearing], WZP_EVENT_MEDIA) > 0)
        ++*hearing;
    return *hearing == phone_count;
}

static bool all_registered(void *context)
{
    size_t *registered = context;
    while (*registered < phone_count && wzp_phone_registered(phones[*registered].phone))
        ++*registered;
    return *registered == phone_count;
}

static void raise_crowd(size_t calls)
{
    const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
    char address[32];
    size_t done = 0;
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.max_sessions = (unsigned)(2 * calls + 10);
    phone_count = 2 * calls;
    phones = calloc(phone_count, sizeof *phones);
    if (!phones || wzp_sim_new(&sim, 1) ||
        wzp_sim_relay_start(&relay, sim, "192.0.2.1:4433", 1, &config))
        fail("no relay");
    for (size_t i = 0; i < phone_count; i++) {
        snprintf(address, sizeof address, "10.0.%zu.%zu:5000", i / 250, i % 250 + 1);
        struct wzp_sim_phone_options o = {.address = address,
                                          .seed = 1000 + i,
                                          .relay = &relay,
                                          .up = &line,
                                          .down = &line,
                                          .fine = true};
        if (wzp_sim_phone_start(&phones[i], sim, &o, true))
            fail("no phone");
        phones[i].recording = false;
        phones[i].auto_answer = true;
        phones[i].card.voice = speech;
        phones[i].card.voice_samples = speech_samples;
        phones[i].card.voice_at = i * 4801 % speech_samples;
    }
    if (!wzp_sim_run_for(sim, all_registered, &done, 30 * WZP_SECOND))
        fail("somebody is not registered");
    done = 0;
    for (size_t i = 0; i < phone_count; i += 2) {
        wzp_session_id call;
        if (wzp_sim_phone_call(&phones[i], &call, &phones[i + 1]))
            fail("no call");
    }
    if (!wzp_sim_run_for(sim, all_hear, &done, 30 * WZP_SECOND))
        fail("somebody hears nothing");
}

static void lower_crowd(void)
{
    for (size_t i = 0; i < phone_count; i++)
        wzp_sim_phone_stop(&phones[i]);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
    free(phones);
}

static void check_calls(void)
{
    for (size_t i = 0; i < phone_count; i++)
        if (wzp_sim_phone_count(&phones[i], WZP_EVENT_ENDED) > 0 ||
            wzp_sim_phone_count(&phones[i], WZP_EVENT_UNREGISTERED) > 0)
            fail("a call or registration was lost");
}

/* CPU seconds per virtual minute with that many calls on hold. */
static double on_hold(size_t calls, uint64_t duration)
{
    raise_crowd(calls);
    for (size_t i = 0; i < phone_count; i++)
        wzp_phone_hold(phones[i].phone, wzp_phone_session(phones[i].phone, 0), true,
                       wzp_sim_now(sim));
    wzp_sim_run(sim, 2 * WZP_SECOND);
    double before = cpu_seconds();
    wzp_sim_run(sim, duration);
    double cost = (cpu_seconds() - before) * 60 / ((double)duration / 1e9);
    check_calls();
    lower_crowd();
    return cost;
}

/* ---- speech ---- */

static struct coder {
    struct wzp_encoder *encoder;
    struct wzp_decoder *decoder;
} coders[2 * SPEECH_CALLS];

static void code_frame(struct coder *c, size_t at)
{
    static uint8_t packet[WZP_FRAME_BYTES_MAX];
    static int16_t pcm[WZP_FRAME_SAMPLES_MAX];
    int length = wzp_encoder_encode(c->encoder, packet, sizeof packet,
                                    speech + at % (speech_samples - FRAME), FRAME);
    if (length < 0)
        fail("no frame");
    wzp_decoder_decode(c->decoder, pcm, WZP_CODEC_OPUS_24K, packet, (size_t)length);
}

/* CPU seconds of encoding and decoding as many frames as all these people send, in the same order,
 * since that matters for caches. */
static double codec_alone(size_t people, size_t frames)
{
    for (size_t p = 0; p < people; p++) {
        struct coder *c = &coders[p];
        if (wzp_encoder_new(&c->encoder, WZP_CODEC_OPUS_24K) || wzp_decoder_new(&c->decoder))
            fail("no codec");
    }
    double before = cpu_seconds();
    for (size_t i = 0; i < frames; i++)
        for (size_t p = 0; p < people; p++)
            code_frame(&coders[p], p * 4801 + i * FRAME);
    double cost = cpu_seconds() - before;
    for (size_t p = 0; p < people; p++) {
        wzp_encoder_free(coders[p].encoder);
        wzp_decoder_free(coders[p].decoder);
    }
    return cost;
}

static void with_speech(void)
{
    raise_crowd(SPEECH_CALLS);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    double before = cpu_seconds();
    wzp_sim_run(sim, SPEECH_SECONDS * WZP_SECOND);
    double whole = cpu_seconds() - before;
    check_calls();
    lower_crowd();
    double codec = codec_alone(2 * SPEECH_CALLS, SPEECH_SECONDS * 50);
    say("sim_100_calls_cpu", whole * 60 / SPEECH_SECONDS, "s per virtual minute", 0);
    say("sim_100_calls_codec", codec * 60 / SPEECH_SECONDS, "s per virtual minute", 0);
    say("sim_100_calls_beside_codec", (whole / codec - 1) * 100, "percent of the codec", 30);
}

int main(int argc, char **argv)
{
    uint64_t hold = 60 * WZP_SECOND;
    wzp_signal_use_allocator();
    speech = voice_speech(&speech_samples);
    if (argc > 1) /* a shorter measurement */
        hold = strtoul(argv[1], NULL, 10) * WZP_SECOND;
    double half = on_hold(250, hold), full = on_hold(500, hold);
    say("sim_500_phones_cpu", half, "s per virtual minute", 0);
    say("sim_1000_phones_cpu", full, "s per virtual minute", 20);
    /* Twice the work, and the effect on caches. */
    say("sim_1000_to_500_phones", full / half, "times", 2.5);
    with_speech();
    wzp_free(speech);
    return 0;
}

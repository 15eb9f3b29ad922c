/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What one stream costs per 20 ms: coding, decoding, concealing, DRED; a whole receive side; echo
 * cancelling. One JSON object per line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Benchmarks are built from one file each; this includes the tests' voice. */
#include "../media/lib_speech.c"
#include "base/alloc.h"
#include "base/time.h"
#include "media/dsp.h"
#include "media/level.h"
#include "media/receiver.h"
#include "media/sender.h"

#define SECONDS 10
#define FRAMES (SECONDS * 50)
#define FRAME 960

static int16_t speech[FRAMES * FRAME];
static uint8_t packets[FRAMES][WZP_FRAME_BYTES_MAX];
static int lengths[FRAMES];
static int16_t pcm[WZP_FRAME_SAMPLES_MAX];

/* CPU time of this thread in microseconds. */
static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void say(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"media_%s\",\"value\":%.2f,\"unit\":\"%s\"}\n", name, value, unit);
}

/* Prints a cost as the share of a core, with its limit. */
static void say_share(const char *name, double us, double goal)
{
    printf("{\"name\":\"media_%s\",\"value\":%.2f,\"unit\":\"percent\",\"goal\":%.0f}\n", name,
           us / 200, goal);
}

static void check(int result)
{
    if (result < 0) {
        fprintf(stderr, "media_codec: error %d\n", result);
        exit(1);
    }
}

static void bench_encoder(void)
{
    static const struct {
        enum wzp_codec codec;
        const char *name;
    } rows[] = {{WZP_CODEC_OPUS_16K, "encode_16k"},
                {WZP_CODEC_OPUS_64K, "encode_64k"},
                {WZP_CODEC_OPUS_24K, "encode_24k"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wzp_encoder *e;
        double start;

        check(wzp_encoder_new(&e, rows[i].codec));
        start = cpu();
        for (int k = 0; k < FRAMES; k++) {
            lengths[k] =
                wzp_encoder_encode(e, packets[k], sizeof packets[k], speech + k * FRAME, FRAME);
            check(lengths[k]);
        }
        say(rows[i].name, (cpu() - start) / FRAMES, "us/20ms");
        wzp_encoder_free(e);
    }
}

static void bench_decoder(void)
{
    struct wzp_decoder *d;
    double start;
    double parse = 0, first = 0, next = 0, conceal = 0, decode = 0;
    int firsts = 0, nexts = 0, conceals = 0;

    check(wzp_decoder_new(&d));
    start = cpu();
    for (int k = 0; k < FRAMES; k++)
        check(wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, packets[k], (size_t)lengths[k]));
    decode = cpu() - start;
    start = cpu();
    for (int k = 0; k < FRAMES; k++)
        wzp_decoder_dred_reach(d, (uint64_t)k + 1, packets[k], (size_t)lengths[k]);
    parse = cpu() - start;
    for (int k = 8; k + 8 < FRAMES; k += 8) {
        int reach = wzp_decoder_dred_reach(d, (uint64_t)k + 10001, packets[k], (size_t)lengths[k]);

        for (int back = 3; back >= 1; back--) {
            if (reach < back * FRAME)
                continue;
            start = cpu();
            check(wzp_decoder_dred(d, pcm, FRAME, (size_t)back * FRAME));
            if (back == 3)
                first += cpu() - start, firsts++;
            else
                next += cpu() - start, nexts++;
        }
        for (int i = k; i < k + 4; i++)
            wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, packets[i], (size_t)lengths[i]);
        start = cpu();
        check(wzp_decoder_conceal(d, pcm, FRAME));
        conceal += cpu() - start;
        conceals++;
        for (int i = k + 4; i < k + 8; i++)
            wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, packets[i], (size_t)lengths[i]);
    }
    wzp_decoder_free(d);
    say("decode_24k", decode / FRAMES, "us/20ms");
    say("conceal_neural", conceal / conceals, "us/20ms");
    say("dred_parse", parse / FRAMES, "us/packet");
    say("dred_first_frame", firsts ? first / firsts : 0, "us/20ms");
    say("dred_next_frame", nexts ? next / nexts : 0, "us/20ms");
}

/* A packet every 20 ms through receiver and mixer; every `every`-th is lost. Returns CPU
 * microseconds per 20 ms. */
static double bench_receive(unsigned every, unsigned speakers)
{
    struct wzp_receiver *r;
    uint64_t now = WZP_SECOND;
    double start;

    check(wzp_receiver_new(&r));
    start = cpu();
    for (unsigned k = 0; k < FRAMES; k++, now += 20 * WZP_MILLISECOND) {
        for (unsigned i = 0; i < speakers; i++) {
            struct wzp_media_packet packet;

            if (every && (k + i) % every == 0)
                continue;
            memset(&packet, 0, sizeof packet);
            packet.header.sequence = (uint16_t)k;
            packet.header.timestamp = k * 20;
            packet.header.sender = (uint8_t)(i + 1);
            packet.payload = packets[k];
            packet.payload_length = (size_t)lengths[k];
            wzp_receiver_put(r, &packet, now);
        }
        wzp_receiver_pull(r, pcm, FRAME, now + 12 * WZP_MILLISECOND);
    }
    start = cpu() - start;
    wzp_receiver_free(r);
    return start / FRAMES;
}

/* Microseconds per 20 ms. */
static double bench_dsp(void)
{
    struct wzp_dsp_options options = {.echo_cancel = true, .gain = true, .denoise = true};
    struct wzp_dsp *d;
    double start;

    check(wzp_dsp_new(&d, &options));
    start = cpu();
    for (size_t at = 0; at + WZP_DSP_BLOCK <= FRAMES * FRAME; at += WZP_DSP_BLOCK) {
        memcpy(pcm, speech + at, WZP_DSP_BLOCK * sizeof *pcm);
        wzp_dsp_playback(d, speech + at);
        wzp_dsp_capture(d, pcm);
    }
    start = (cpu() - start) / FRAMES;
    say("echo_noise_gain", start, "us/20ms");
    wzp_dsp_free(d);
    return start;
}

static void drop(void *context, const struct wzp_media_packet *packet)
{
    (void)context;
    (void)packet;
}

static double bench_send(void)
{
    struct wzp_sender *s;
    double start;

    check(wzp_sender_new(&s, WZP_CODEC_OPUS_24K));
    start = cpu();
    for (int k = 0; k < FRAMES; k++)
        check(wzp_sender_push(s, speech + k * FRAME, FRAME, drop, NULL));
    start = cpu() - start;
    wzp_sender_free(s);
    return start / FRAMES;
}

int main(void)
{
    double send, microphone;
    double clean;
    double lossy;
    double crowd;

    speech_fill(speech, FRAMES * FRAME, 1, 0);
    bench_encoder();
    bench_decoder();
    send = bench_send();
    clean = bench_receive(0, 1);
    lossy = bench_receive(5, 1);
    say("send", send, "us/20ms");
    say("receive", clean, "us/20ms");
    say("receive_20_percent_loss", lossy, "us/20ms");
    crowd = bench_receive(20, 16);
    say("receive_16_speakers_5_percent_loss", crowd, "us/20ms");
    say_share("room_of_16_share_of_core", send + crowd, 10);
    microphone = bench_dsp();
    say_share("call_share_of_core", send + clean, 4);
    say_share("call_share_of_core_20_percent_loss", send + lossy, 5);
    send += microphone;
    say_share("call_with_microphone_share_of_core", send + clean, 4);
    say_share("call_with_microphone_share_of_core_20_percent_loss", send + lossy, 5);
    return 0;
}

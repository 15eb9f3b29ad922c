/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Speech at the lowest complexity: how much CPU time that saves, and that it is still the same
 * speech. */
#include <stdlib.h>
#include <time.h>

#include "machine.h"
#include "media/decoder.h"
#include "media/encoder.h"
#include "media/lib_speech.h"
#include "tap.h"

#define FRAME 960
#define FRAMES 200
#define TURNS 5

struct coded {
    double encoding, decoding; /* of the fastest run */
    size_t bytes;
    int reach; /* samples that the last packet can rebuild */
    int16_t heard[FRAMES * FRAME];
};

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void code(struct coded *out, bool low, const int16_t *said)
{
    static uint8_t packets[FRAMES][WZP_FRAME_BYTES_MAX];
    static int lengths[FRAMES];
    struct wzp_encoder *e;
    struct wzp_decoder *d;

    if (wzp_encoder_new(&e, WZP_CODEC_OPUS_32K) < 0)
        bail("no encoder");
    if (wzp_decoder_new(&d) < 0) {
        wzp_encoder_free(e);
        bail("no decoder");
    }
    wzp_encoder_set_low_complexity(e, low);
    wzp_decoder_set_complexity(d, low ? WZP_DECODER_LOW : WZP_DECODER_FULL);
    out->bytes = 0;
    double began = cpu_ms();
    for (size_t i = 0; i < FRAMES; i++) {
        lengths[i] = wzp_encoder_encode(e, packets[i], sizeof packets[i], said + i * FRAME, FRAME);
        out->bytes += lengths[i] > 0 ? (size_t)lengths[i] : 0;
    }
    double between = cpu_ms();
    for (size_t i = 0; i < FRAMES; i++)
        wzp_decoder_decode(d, out->heard + i * FRAME, WZP_CODEC_OPUS_32K, packets[i],
                           (size_t)lengths[i]);
    double end = cpu_ms();
    out->reach =
        wzp_decoder_dred_reach(d, FRAMES, packets[FRAMES - 1], (size_t)lengths[FRAMES - 1]);
    wzp_encoder_free(e);
    wzp_decoder_free(d);
    if (out->encoding == 0 || between - began < out->encoding)
        out->encoding = between - began;
    if (out->decoding == 0 || end - between < out->decoding)
        out->decoding = end - between;
}

TAP_MAIN
{
    static int16_t said[FRAMES * FRAME];
    static int16_t silent[FRAMES * FRAME];
    static struct coded full, low;

    speech_fill(said, FRAMES * FRAME, 1, 0);
    for (int turn = 0; turn < TURNS; turn++) {
        code(&full, false, said);
        code(&low, true, said);
    }
    double distance = speech_distance(said, low.heard, FRAMES * FRAME);
    double silence = speech_distance(said, silent, FRAMES * FRAME);
    note("encoding %.1f and %.1f ms, decoding %.1f and %.1f ms, %zu and %zu bytes", full.encoding,
         low.encoding, full.decoding, low.decoding, full.bytes, low.bytes);
    note("distance %.2f and %.2f dB, silence %.1f",
         speech_distance(said, full.heard, FRAMES * FRAME), distance, silence);
    ok(!MEASURED || low.encoding < 0.6 * full.encoding,
       "encoding with low complexity takes less than 60 %% of the time");
    ok(!MEASURED || low.decoding < 0.6 * full.decoding, "and so does decoding");
    note("a packet rebuilds %d and %d samples", full.reach, low.reach);
    is_int(low.reach, 0, "there is no DRED in the packets");
    ok(low.bytes < full.bytes, "which are smaller");
    ok(distance < 6, "what is heard is what was said (%.1f dB apart)", distance);
}

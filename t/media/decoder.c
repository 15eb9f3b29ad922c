/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_speech.h"
#include "media/codec2.h"
#include "media/decoder.h"
#include "media/level.h"

#define SECONDS 4
#define FRAME 960
#define FRAMES (SECONDS * 50)

static int16_t speech[SECONDS * 48000];
static uint8_t packets[FRAMES][WZP_FRAME_BYTES_MAX];
static int lengths[FRAMES];
static int16_t reference[SECONDS * 48000]; /* decoded without loss */

static struct wzp_encoder *new_encoder(enum wzp_codec codec)
{
    struct wzp_encoder *e;

    if (wzp_encoder_new(&e, codec) != 0)
        bail("no encoder");
    return e;
}

static struct wzp_decoder *new_decoder(void)
{
    struct wzp_decoder *d;

    if (wzp_decoder_new(&d) != 0)
        bail("no decoder");
    return d;
}

/* Encodes the speech. Returns the mean reach of the second half in ms; *rate gets bit/s. */
static double encode_all(enum wzp_codec codec, unsigned loss, double *rate)
{
    struct wzp_encoder *e = new_encoder(codec);
    struct wzp_decoder *d = new_decoder();
    double sum = 0;
    double bytes = 0;
    size_t frame = wzp_encoder_frame_samples(e);
    int count = (int)(sizeof speech / sizeof *speech / frame);

    struct wzp_encoder_plan plan = *wzp_encoder_plan(e);
    plan.expected_loss = (uint8_t)loss;
    wzp_encoder_set_plan(e, &plan);
    for (int i = 0; i < count; i++) {
        lengths[i] =
            wzp_encoder_encode(e, packets[i], sizeof packets[i], speech + (size_t)i * frame, frame);
        bytes += lengths[i];
        if (i >= count / 2)
            sum += wzp_decoder_dred_reach(d, (uint64_t)i + 1, packets[i], (size_t)lengths[i]);
    }
    wzp_decoder_free(d);
    wzp_encoder_free(e);
    if (rate)
        *rate = bytes * 8 / SECONDS;
    return sum / (count - count / 2) / WZP_SAMPLES_PER_MS;
}

static void test_reach(void)
{
    static const struct {
        enum wzp_codec codec;
        unsigned loss;
        double reach;
    } rows[] = {{WZP_CODEC_OPUS_24K, 0, 0},    {WZP_CODEC_OPUS_24K, 15, 95},
                {WZP_CODEC_OPUS_24K, 20, 135}, {WZP_CODEC_OPUS_24K, 25, 175},
                {WZP_CODEC_OPUS_16K, 15, 0},   {WZP_CODEC_OPUS_6K, 25, 0},
                {WZP_CODEC_OPUS_32K, 15, 95}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double rate;

        is_near(encode_all(rows[i].codec, rows[i].loss, &rate), rows[i].reach, 8,
                "DRED of %s at %u %% expected loss reaches %.0f ms",
                wzp_codec_info(rows[i].codec)->name, rows[i].loss, rows[i].reach);
        note("%.1f kbit/s", rate / 1000);
    }
}

/* Every tenth frame, `burst` frames are lost; returns the mean distance of the replaced frames to
 * the lossless decoding. */
static double play_with_loss(int burst, bool use_dred, int *rebuilt)
{
    struct wzp_decoder *d = new_decoder();
    double sum = 0;
    int count = 0;
    int16_t pcm[WZP_FRAME_SAMPLES_MAX];
    static int16_t out[FRAMES * FRAME];

    *rebuilt = 0;
    for (int i = 0; i < FRAMES; i++) {
        int within = i % 12;
        int anchor = i - within + burst;

        if (i >= 12 && within < burst && anchor < FRAMES) {
            int made = -1;

            if (use_dred && wzp_decoder_dred_reach(d, (uint64_t)anchor + 1, packets[anchor],
                                                   (size_t)lengths[anchor]) > 0)
                made = wzp_decoder_dred(d, pcm, FRAME, (size_t)(anchor - i) * FRAME);
            if (made > 0)
                ++*rebuilt;
            else
                wzp_decoder_conceal(d, pcm, FRAME);
        } else {
            wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, packets[i], (size_t)lengths[i]);
        }
        memcpy(out + i * FRAME, pcm, FRAME * sizeof *pcm);
    }
    for (int i = 12; i + burst <= FRAMES; i += 12) {
        const int16_t *was = reference + i * FRAME;

        if (wzp_level_rms_dbfs(was, (size_t)burst * FRAME) < -40)
            continue;
        sum += speech_distance(was, out + i * FRAME, (size_t)burst * FRAME);
        count++;
    }
    wzp_decoder_free(d);
    return count ? sum / count : 0;
}

static void test_rebuild(void)
{
    struct wzp_decoder *d = new_decoder();

    encode_all(WZP_CODEC_OPUS_24K, 15, NULL);
    for (int i = 0; i < FRAMES; i++)
        if (wzp_decoder_decode(d, reference + i * FRAME, WZP_CODEC_OPUS_24K, packets[i],
                               (size_t)lengths[i]) != FRAME)
            ok(false, "frame %d decodes", i);
    wzp_decoder_free(d);
    for (int burst = 1; burst <= 4; burst++) {
        int with = 0;
        int without = 0;
        double dred = play_with_loss(burst, true, &with);
        double conceal = play_with_loss(burst, false, &without);

        note("burst of %d: distance %.2f dB with DRED, %.2f dB concealed", burst, dred, conceal);
        ok(with > 10 * burst, "bursts of %d: %d lost frames rebuilt", burst, with);
        is_int(without, 0, "and none without DRED");
        ok(dred + 1 < conceal, "DRED is closer to the original than concealment");
    }
}

static void test_refusals(void)
{
    struct wzp_decoder *d = new_decoder();
    int16_t pcm[WZP_FRAME_SAMPLES_MAX];
    uint8_t bad[64];
    uint64_t calls;

    encode_all(WZP_CODEC_OPUS_24K, 15, NULL);
    is_int(wzp_decoder_dred(d, pcm, FRAME, FRAME), WZP_E_STATE, "no DRED before a parse");
    ok(wzp_decoder_dred_reach(d, 1, packets[100], (size_t)lengths[100]) > 0, "it reaches");
    is_int(wzp_decoder_dred(d, pcm, FRAME, 48000), WZP_E_RANGE, "not beyond its reach");
    is_int(wzp_decoder_dred(d, pcm, FRAME, 0), WZP_E_RANGE, "not into the packet itself");
    is_int(wzp_decoder_dred(d, pcm, FRAME, FRAME), FRAME, "on a fresh decoder too");
    is_int(wzp_decoder_dred_reach(d, 2, bad, 0), 0, "an empty packet reaches nowhere");
    is_int(wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, bad, 0), WZP_E_SYNTAX, "empty packet");
    is_int(wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_6K, packets[100], (size_t)lengths[100]), FRAME,
           "a 20 ms packet under the id of a 40 ms codec is what it says itself");
    is_int(wzp_decoder_decode(d, pcm, (enum wzp_codec)12, packets[0], 10), WZP_E_UNSUPPORTED,
           "no such codec");
    is_int(wzp_decoder_conceal(d, pcm, 100), WZP_E_ARGUMENT, "odd length to conceal");
    is_int(wzp_decoder_lbrr(d, pcm, WZP_CODEC_OPUS_24K, packets[100], (size_t)lengths[100]),
           WZP_E_NOT_FOUND, "no LBRR in a DRED packet");
    calls = wzp_alloc_calls();
    srand(5);
    for (int i = 0; i < 3000; i++) {
        size_t length = (size_t)(1 + rand() % (int)sizeof bad);
        int result;

        for (size_t k = 0; k < length; k++)
            bad[k] = (uint8_t)rand();
        wzp_decoder_dred_reach(d, 100 + (uint64_t)i, bad, length);
        wzp_decoder_dred(d, pcm, FRAME, FRAME);
        wzp_decoder_lbrr(d, pcm, WZP_CODEC_OPUS_24K, bad, length);
        result = wzp_decoder_decode(d, pcm, (enum wzp_codec)(rand() % 9), bad, length);
        if (result > WZP_FRAME_SAMPLES_MAX || result == 0)
            ok(false, "garbage gives %d", result);
    }
    is_int(wzp_alloc_calls(), calls, "no allocation on a frame's way");
    wzp_decoder_free(d);
}

static void test_fade(void)
{
    struct wzp_decoder *d = new_decoder();
    int16_t pcm[FRAME];
    double first = 0;
    double late = 0;
    int voice = 0;

    for (int i = 0; i < 30; i++)
        wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, packets[i], (size_t)lengths[i]);
    for (int i = 0; i < 20; i++) {
        voice += wzp_decoder_conceal(d, pcm, FRAME);
        if (i == 0)
            first = wzp_level_rms_dbfs(pcm, FRAME);
        late = wzp_level_rms_dbfs(pcm, FRAME);
    }
    ok(first > -45, "concealment sounds (%.1f dBFS)", first);
    ok(late < -50, "and fades to background noise (%.1f dBFS)", late);
    is_int(voice, WZP_DECODER_FADED_MS / 20, "after %d ms", WZP_DECODER_FADED_MS);
    wzp_decoder_free(d);
}

static void test_dtx(void)
{
    struct wzp_encoder *e = new_encoder(WZP_CODEC_OPUS_24K);
    struct wzp_decoder *d = new_decoder();
    int16_t silence[FRAME] = {0};
    int16_t pcm[FRAME];
    uint8_t data[WZP_FRAME_BYTES_MAX];
    int tiny = 0;
    int bad = 0;

    for (int i = 0; i < 100; i++) {
        int length = wzp_encoder_encode(e, data, sizeof data, silence, FRAME);

        tiny += length <= 2;
        bad += wzp_decoder_decode(d, pcm, WZP_CODEC_OPUS_24K, data, (size_t)length) != FRAME;
    }
    ok(tiny > 50, "silence becomes packets of one or two bytes (%d of 100)", tiny);
    is_int(bad, 0, "which decode");
    wzp_encoder_free(e);
    wzp_decoder_free(d);
}

static void test_switches(void)
{
    static const enum wzp_codec codecs[] = {WZP_CODEC_OPUS_24K,    WZP_CODEC_OPUS_6K,
                                            WZP_CODEC_OPUS_64K,    WZP_CODEC_OPUS_16K,
                                            WZP_CODEC_CODEC2_1200, WZP_CODEC_CODEC2_3200};
    struct wzp_encoder *e = new_encoder(WZP_CODEC_OPUS_24K);
    struct wzp_decoder *d = new_decoder();
    int16_t pcm[WZP_FRAME_SAMPLES_MAX];
    uint8_t data[WZP_FRAME_BYTES_MAX];

    is_int(wzp_encoder_set_codec(e, WZP_CODEC_COMFORT_NOISE), WZP_E_UNSUPPORTED, "no such sender");
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        const struct wzp_codec_info *info = wzp_codec_info(codecs[i]);
        double level = -127;
        size_t frame;
        int result = wzp_encoder_set_codec(e, codecs[i]);

        if (!info->is_opus && !wzp_codec2_available()) {
            is_int(result, WZP_E_UNSUPPORTED, "%s is not built in", info->name);
            continue;
        }
        is_int(result, 0, "switch to %s", info->name);
        frame = wzp_encoder_frame_samples(e);
        is_int(frame, info->frame_ms * 48, "frame length");
        is_int(wzp_encoder_encode(e, data, sizeof data, speech, frame - 1), WZP_E_ARGUMENT,
               "wrong length refused");
        for (int k = 0; k < 20; k++) {
            int length =
                wzp_encoder_encode(e, data, sizeof data, speech + (size_t)k * frame, frame);
            int made = wzp_decoder_decode(d, pcm, codecs[i], data, (size_t)length);

            if (length <= 0 || made != (int)frame)
                ok(false, "frame %d: %d bytes, %d samples", k, length, made);
            if (wzp_level_rms_dbfs(pcm, frame) > level)
                level = wzp_level_rms_dbfs(pcm, frame);
        }
        ok(level > -35, "%s is heard (%.1f dBFS)", info->name, level);
    }
    wzp_encoder_free(e);
    wzp_decoder_free(d);
}

/* A lost Codec2 frame sounds as the one before it, and then fades. */
static void test_codec2_gap(void)
{
    struct wzp_encoder *e;
    struct wzp_decoder *d;
    int16_t pcm[1920];
    uint8_t data[16];

    if (!wzp_codec2_available()) {
        skip(3, "Codec2 is not built in");
        return;
    }
    e = new_encoder(WZP_CODEC_CODEC2_1200);
    d = new_decoder();
    double before = 0, repeated = 0;
    for (int k = 0; k < 25; k++) {
        int length = wzp_encoder_encode(e, data, sizeof data, speech + (size_t)k * 1920, 1920);
        wzp_decoder_decode(d, pcm, WZP_CODEC_CODEC2_1200, data, (size_t)length);
    }
    before = wzp_level_rms_dbfs(pcm, 1920);
    is_int(wzp_decoder_conceal(d, pcm, 480), 1, "a gap of 10 ms is concealed");
    is_int(wzp_decoder_conceal(d, pcm, 960), 1, "and of 20 more");
    repeated = wzp_level_rms_dbfs(pcm, 960);
    ok(before > -40 && fabs(repeated - before) < 8, "the voice goes on: %.1f after %.1f dBFS",
       repeated, before);
    for (int k = 0; k < 11; k++)
        wzp_decoder_conceal(d, pcm, 960);
    is_int(wzp_decoder_conceal(d, pcm, 960), 0, "after 250 ms it is background");
    wzp_decoder_reset(d);
    wzp_decoder_conceal(d, pcm, 960);
    ok(wzp_level_rms_dbfs(pcm, 960) < -80, "a new timeline begins without a ghost");
    wzp_encoder_free(e);
    wzp_decoder_free(d);
}

/* Opus with DRED arrives first after Codec2 frames (or after nothing), and then there is a gap. */
static void rebuild_and_conceal(int16_t pcm[FRAME], bool after_codec2)
{
    struct wzp_decoder *d = new_decoder();
    static const uint8_t frame[6] = {0x5a, 0x3c, 0x91, 0x07, 0xe2, 0x44};
    int16_t other[1920];
    int at = FRAMES / 2;

    if (after_codec2)
        wzp_decoder_decode(d, other, WZP_CODEC_CODEC2_1200, frame, sizeof frame);
    wzp_decoder_dred_reach(d, 1, packets[at], (size_t)lengths[at]);
    if (wzp_decoder_dred(d, pcm, FRAME, FRAME) != FRAME)
        bail("nothing rebuilt");
    wzp_decoder_conceal(d, pcm, FRAME);
    wzp_decoder_free(d);
}

static void test_codec2_left(void)
{
    int16_t without[FRAME], with[FRAME];

    if (!wzp_codec2_available() || !wzp_decoder_can_rebuild()) {
        skip(1, "Codec2 or DRED is not built in");
        return;
    }
    encode_all(WZP_CODEC_OPUS_24K, 15, &(double){0});
    rebuild_and_conceal(without, false);
    rebuild_and_conceal(with, true);
    ok(memcmp(without, with, sizeof with) == 0, "what Opus rebuilt goes on as Opus, not as Codec2");
}

TAP_MAIN
{
    speech_fill(speech, sizeof speech / sizeof *speech, 1, 0);
    note("speech at %.1f dBFS", wzp_level_rms_dbfs(speech, sizeof speech / sizeof *speech));
    test_reach();
    test_rebuild();
    test_refusals();
    test_fade();
    test_dtx();
    test_switches();
    test_codec2_gap();
    test_codec2_left();
}

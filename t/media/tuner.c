/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every documented behaviour of the tuner, by its number. */
#include "tap.h"

#include "media/encoder.h"
#include "media/tuner.h"

static void test_table(void)
{
    static const unsigned losses[] = {0, 1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 35, 40, 60};
    static const struct {
        enum wzp_codec codec;
        unsigned units[14];
    } rows[] = {
        {WZP_CODEC_OPUS_48K, {10, 10, 11, 11, 12, 14, 15, 17, 20, 22, 25, 27, 30, 30}},
        {WZP_CODEC_OPUS_24K, {20, 20, 21, 22, 23, 26, 27, 31, 35, 38, 42, 46, 50, 50}},
        {WZP_CODEC_OPUS_6K, {50, 51, 52, 54, 56, 60, 63, 70, 77, 83, 90, 97, 104, 104}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < 14; k++) {
            struct wzp_tuner t;
            struct wzp_tuning out;

            wzp_tuner_init(&t, rows[i].codec);
            out = t.last;
            wzp_tuner_update(&t, &out, (float)losses[k], 50, 5);
            is_int(out.dred_units, rows[i].units[k], "codec %d at %u %%", (int)rows[i].codec,
                   losses[k]);
        }
    }
}

static void test_spikes(void)
{
    struct wzp_tuner t;
    struct wzp_tuning out;

    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    out = t.last;
    for (int i = 0; i < 20; i++) {
        wzp_tuner_update(&t, &out, 0, 50, 10);
        if (wzp_tuner_boosted(&t))
            ok(false, "DT-5: calm, and boosted");
    }
    ok(wzp_tuner_update(&t, &out, 0, 50, 50) && wzp_tuner_boosted(&t), "DT-5: a spike boosts");
    is_int(out.dred_units, 50, "DT-5: to the most");
    for (int i = 0; i < 10; i++)
        wzp_tuner_update(&t, &out, 0, 50, 10);
    ok(!wzp_tuner_boosted(&t) && out.dred_units == 20, "DT-6: over after ten calm updates");
    wzp_tuner_update(&t, &out, 0, 50, 200);
    ok(wzp_tuner_boosted(&t), "DT-8: boosted again");
    wzp_tuner_set_codec(&t, WZP_CODEC_OPUS_6K);
    ok(!wzp_tuner_boosted(&t), "DT-8: another codec ends it at once");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    for (int i = 0; i < 20; i++)
        wzp_tuner_update(&t, &out, 0, 50, 5);
    ok(wzp_tuner_update(&t, &out, 0, 50, 40) && wzp_tuner_boosted(&t) && out.dred_units == 50,
       "DT-12: from 5 to 40 ms");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    wzp_tuner_update(&t, &out, 0, 50, 10);
    wzp_tuner_update(&t, &out, 0, 50, 14);
    ok(!wzp_tuner_boosted(&t), "half as much again is not yet a spike");
    unsigned cycles = 0;
    wzp_tuner_update(&t, &out, 0, 50, 60);
    while (wzp_tuner_boosted(&t) && cycles < 100) {
        cycles++;
        wzp_tuner_update(&t, &out, 0, 50, 1);
    }
    is_int(cycles, 9, "a boost lasts nine updates, the first one included");
}

static void test_encoder(void)
{
    struct wzp_tuner t;
    struct wzp_tuning out;
    struct wzp_encoder *e;
    int16_t pcm[1920];
    uint8_t bytes[WZP_FRAME_BYTES_MAX];

    if (wzp_encoder_new(&e, WZP_CODEC_OPUS_24K) < 0)
        bail("no encoder");
    for (int i = 0; i < 1920; i++)
        pcm[i] = (int16_t)(i % 160 * 40);
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    out = t.last;
    for (int i = 0; i < 10; i++)
        wzp_tuner_update(&t, &out, 0, 50, 5);
    is_int(out.dred_units, 20, "DT-11: calm");
    ok(wzp_tuner_update(&t, &out, 30, 300, 15) && out.dred_units > 20, "DT-11: then loss");
    struct wzp_encoder_plan plan = *wzp_encoder_plan(e);
    plan.dred_units = (uint8_t)out.dred_units;
    plan.expected_loss = (uint8_t)out.expected_loss;
    is_int(wzp_encoder_set_plan(e, &plan), 0, "DT-11: the encoder takes it");
    ok(wzp_encoder_encode(e, bytes, sizeof bytes, pcm, 960) > 0, "DT-11: the encoder goes on");
    wzp_encoder_set_codec(e, WZP_CODEC_OPUS_6K);
    wzp_tuner_set_codec(&t, WZP_CODEC_OPUS_6K);
    ok(wzp_tuner_update(&t, &out, 20, 200, 10) && out.dred_units >= 50, "DT-14: after a switch");
    ok(wzp_encoder_encode(e, bytes, sizeof bytes, pcm, 1920) > 0, "DT-14: 40 ms encode");
    wzp_encoder_free(e);
}

TAP_MAIN
{
    struct wzp_tuner t;
    struct wzp_tuning out = {0, 0};

    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    is_int(t.last.dred_units, 20, "DT-1: 200 ms on Opus24k");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_6K);
    is_int(t.last.dred_units, 50, "DT-2: 500 ms on Opus6k");
    wzp_tuner_init(&t, WZP_CODEC_CODEC2_1200);
    ok(!wzp_tuner_update(&t, &out, 10, 100, 20), "DT-3: nothing on Codec2");
    ok(!wzp_tuner_update(&t, &out, 50, 800, 100) && t.last.dred_units == 0, "DT-13: nor when bad");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    wzp_tuner_update(&t, &out, 0, 50, 5);
    is_int(out.dred_units, 20, "DT-4: no loss");
    wzp_tuner_update(&t, &out, 20, 50, 5);
    is_int(out.dred_units, 35, "DT-4: a fifth");
    wzp_tuner_update(&t, &out, 40, 50, 5);
    is_int(out.dred_units, 50, "DT-4: two fifths");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    wzp_tuner_update(&t, &out, 0, 400, 10);
    is_int(out.expected_loss, 5, "DT-7: a long way counts like loss");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_6K);
    wzp_tuner_update(&t, &out, 40, 50, 5);
    is_int(out.dred_units, 104, "DT-9: the most on Opus6k");
    wzp_tuner_init(&t, WZP_CODEC_OPUS_24K);
    wzp_tuner_update(&t, &out, 7, 60, 5);
    ok(!wzp_tuner_update(&t, &out, 7, 60, 5), "DT-10: the same again says nothing");
    wzp_tuner_update(&t, &out, -1e30f, 60, 5);
    wzp_tuner_update(&t, &out, 1e30f, UINT32_MAX, UINT32_MAX);
    ok(out.expected_loss <= 100 && out.dred_units <= 50, "nonsense stays in bounds");
    test_table();
    test_spikes();
    test_encoder();
}

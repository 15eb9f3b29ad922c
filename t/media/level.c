/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "lib_speech.h"
#include "media/level.h"

static int16_t a[4 * 48000];
static int16_t b[5 * 48000];

static void test_levels(void)
{
    struct wzp_tone tone;
    struct wzp_meter meter = {0};

    is_near(wzp_level_rms_dbfs(a, 48000), WZP_LEVEL_SILENCE, 0.01, "silence");
    is_near(wzp_level_rms_dbfs(a, 0), WZP_LEVEL_SILENCE, 0.01, "nothing");
    is_near(wzp_meter_dbfs(&meter), WZP_LEVEL_SILENCE, 0.01, "a new meter");
    wzp_tone_init(&tone, 1000, -20);
    wzp_tone_fill(&tone, a, 24000);
    wzp_tone_fill(&tone, a + 24000, 24000);
    is_near(wzp_level_peak_dbfs(a, 48000), -20, 0.1, "peak of a tone at -20 dBFS");
    is_near(wzp_level_rms_dbfs(a, 48000), -23, 0.1, "its RMS is 3 dB lower");
    for (int i = 0; i < 100; i++)
        wzp_meter_feed(&meter, a + i * 480, 480);
    is_near(wzp_meter_dbfs(&meter), -23, 0.3, "the meter shows it");
    memset(b, 0, 480 * sizeof *b);
    for (int i = 0; i < 30; i++)
        wzp_meter_feed(&meter, b, 480);
    is_near(wzp_meter_dbfs(&meter), -27.3, 0.5, "300 ms later it has fallen to a third");
    b[0] = -32768;
    is_near(wzp_level_peak_dbfs(b, 1), 0, 0.01, "the lowest number is full scale");
    ok(wzp_level_tone_share(a, 48000, 1000) > 0.999, "all of a tone is at its frequency");
    ok(wzp_level_tone_share(a, 48000, 1300) < 0.01, "none elsewhere");
    is_near(wzp_level_tone_share(b, 0, 1000), 0, 0, "nothing has no tone");
    wzp_tone_init(&tone, 1000, 40);
    wzp_tone_fill(&tone, a, 480);
    ok(wzp_level_peak_dbfs(a, 480) <= 0, "too loud a tone is cut to full scale");
}

static void test_align(void)
{
    static const size_t lags[] = {0, 4800, 7321, 40000};
    double correlation;

    speech_fill(a, sizeof a / sizeof *a, 11, 1);
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
        size_t lag;

        srand(3);
        for (size_t k = 0; k < sizeof b / sizeof *b; k++)
            b[k] = (int16_t)(rand() % 41 - 20);
        for (size_t k = 0; k < 3 * 48000; k++)
            b[k + lags[i]] = (int16_t)(b[k + lags[i]] + a[k] / 3);
        lag = wzp_level_align(&correlation, a, 3 * 48000, b, sizeof b / sizeof *b, 48000);
        is_near(lag, lags[i], 240, "lag %zu is found", lags[i]);
        ok(correlation > 0.8, "with correlation %.2f", correlation);
    }
    speech_fill(b, sizeof b / sizeof *b, 99, 1);
    wzp_level_align(&correlation, a, 3 * 48000, b, sizeof b / sizeof *b, 48000);
    ok(correlation < 0.85, "other speech of the same rhythm matches worse (%.2f)", correlation);
    wzp_level_align(&correlation, a, 100, b, 50, 48000);
    ok(correlation <= 0, "too little to say");
}

TAP_MAIN
{
    test_levels();
    test_align();
}

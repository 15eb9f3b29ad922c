/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mixer and time stretching: sound goes through, nothing clips, nothing clicks. */
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib_speech.h"
#include "media/level.h"
#include "media/mixer.h"
#include "media/stretch.h"

static struct wzp_mixer mixer;

static void test_mixer(void)
{
    int16_t in[960];
    int16_t out[960];
    int16_t loud[960];
    int peak = 0;
    int step = 0;
    struct wzp_tone tone;

    speech_fill(in, 960, 1, 0);
    wzp_mixer_begin(&mixer, 960);
    wzp_mixer_add(&mixer, in, 960);
    wzp_mixer_finish(&mixer, out, 960);
    is_bytes(out, sizeof out, in, sizeof in, "one voice alone passes unchanged");
    wzp_mixer_begin(&mixer, 960);
    wzp_mixer_add_scaled(&mixer, in, 960, 0.5f, 0.5f);
    wzp_mixer_finish(&mixer, out, 960);
    int wrong = 0;
    for (int i = 0; i < 960; i++)
        wrong += out[i] != in[i] / 2;
    is_int(wrong, 0, "or half as loud");
    wzp_mixer_begin(&mixer, 960);
    wzp_mixer_finish(&mixer, out, 960);
    is_near(wzp_level_peak_dbfs(out, 960), WZP_LEVEL_SILENCE, 0.1, "nobody is silence");

    wzp_tone_init(&tone, 440, -1);
    for (int block = 0; block < 50; block++) {
        wzp_tone_fill(&tone, loud, 960);
        wzp_mixer_begin(&mixer, 960);
        for (int i = 0; i < 4; i++)
            wzp_mixer_add(&mixer, loud, 960);
        wzp_mixer_finish(&mixer, out, 960);
        for (int i = 0; i < 960; i++)
            peak = abs(out[i]) > peak ? abs(out[i]) : peak;
        if (block == 49)
            for (int i = 1; i < 960; i++)
                step = abs(out[i] - out[i - 1]) > step ? abs(out[i] - out[i - 1]) : step;
    }
    ok(peak > 25000, "four loud ones are loud (%d)", peak);
    ok(wzp_level_tone_share(out, 960, 440) > 0.98, "but not distorted (%.3f)",
       wzp_level_tone_share(out, 960, 440));
    ok(step < 3500, "and do not click");
    for (int block = 0; block < 200; block++) {
        memset(loud, 0, sizeof loud);
        loud[5] = 1000;
        wzp_mixer_begin(&mixer, 960);
        wzp_mixer_add(&mixer, loud, 960);
        wzp_mixer_finish(&mixer, out, 960);
    }
    is_int(out[5], 1000, "the gain comes back");
}

/* Largest jump between neighbours. */
static int roughness(const int16_t *pcm, size_t count)
{
    int most = 0;

    for (size_t i = 1; i < count; i++)
        most = abs(pcm[i] - pcm[i - 1]) > most ? abs(pcm[i] - pcm[i - 1]) : most;
    return most;
}

static void test_stretch(void)
{
    static int16_t all[48000];
    static int16_t out[60000];
    struct wzp_tone tone;
    size_t made = 0;
    int before;

    wzp_tone_init(&tone, 200, -10);
    wzp_tone_fill(&tone, all, 48000);
    before = roughness(all, 48000);
    for (size_t at = 0; at < 48000; at += 960) {
        memcpy(out + made, all + at, 960 * sizeof *out);
        made += wzp_stretch_shorten(out + made, 960, 480, false);
    }
    ok(made < 48000 - 40 * 200, "a tone is shortened to %zu", made);
    ok(roughness(out, made) <= before + before / 5, "without a click");
    ok(wzp_level_tone_share(out, made, 200) > 0.97, "and stays the tone (%.3f)",
       wzp_level_tone_share(out, made, 200));
    made = 0;
    for (size_t at = 0; at < 38400; at += 960) {
        memcpy(out + made, all + at, 960 * sizeof *out);
        made += wzp_stretch_lengthen(out + made, 960, 480, false);
    }
    ok(made > 38400 + 40 * 200, "a tone is lengthened to %zu", made);
    ok(roughness(out, made) <= before + before / 5, "without a click");
    ok(wzp_level_tone_share(out, made, 200) > 0.97, "and stays the tone");
    srand(4);
    for (size_t i = 0; i < 960; i++)
        all[i] = (int16_t)(rand() % 20000 - 10000);
    is_int(wzp_stretch_shorten(all, 960, 480, false), 960, "noise has no period to take out");
    ok(wzp_stretch_shorten(all, 960, 480, true) < 960, "unless it must be");
    is_int(wzp_stretch_shorten(all, 960, 100, true), 960, "too little to take");
    is_int(wzp_stretch_shorten(all, 480, 480, true), 480, "too short a piece");
    ok(wzp_stretch_lengthen(all, 960, 10000, true) <= 960 + WZP_STRETCH_STEP_MAX,
       "never more than the step");
}

/* Largest second difference where pcm[480] comes after what was played. */
static int bend(const struct wzp_stretch_played *played, const int16_t *pcm)
{
    int16_t all[480 + 2];
    int most = 0;

    memcpy(all, played->pcm + sizeof played->pcm / sizeof *pcm - 2, 2 * sizeof *all);
    memcpy(all + 2, pcm, 480 * sizeof *all);
    for (size_t i = 2; i < sizeof all / sizeof *all; i++) {
        int here = abs(all[i] - 2 * all[i - 1] + all[i - 2]);
        most = here > most ? here : most;
    }
    return most;
}

static void test_going_on(void)
{
    static struct wzp_stretch_played played;
    static int16_t all[4800];
    int16_t pcm[480], before[480];
    struct wzp_tone tone;

    wzp_tone_init(&tone, 200, -10);
    wzp_tone_fill(&tone, all, 4800);
    wzp_stretch_played(&played, all, 1000);
    wzp_stretch_played(&played, all + 1000, 200);
    memcpy(pcm, all + 1200, sizeof pcm);
    wzp_stretch_go_on(&played, pcm);
    ok(memcmp(pcm, all + 1200, sizeof pcm) == 0, "what follows by itself is left as it is");
    for (size_t jump = 30; jump < 240; jump += 30) {
        memcpy(before, all + 1200 + jump, sizeof before);
        memcpy(pcm, before, sizeof pcm);
        wzp_stretch_go_on(&played, pcm);
        ok(bend(&played, before) > 150, "a tone that jumps by %zu samples clicks", jump);
        ok(bend(&played, pcm) < 40, "unless it goes on and fades over (%d)", bend(&played, pcm));
        ok(memcmp(pcm + WZP_STRETCH_SEAM, before + WZP_STRETCH_SEAM,
                  sizeof pcm - WZP_STRETCH_SEAM * sizeof *pcm) == 0,
           "and what lies behind stays");
    }
    memset(all, 0, sizeof all);
    wzp_stretch_played(&played, all, 4800);
    wzp_stretch_go_on(&played, all);
    is_int(roughness(all, 4800), 0, "silence after silence stays silence");
}

TAP_MAIN
{
    test_going_on();
    test_mixer();
    test_stretch();
}

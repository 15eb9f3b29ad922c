/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files that are played into a call may have any format that libsndfile reads, like those of --in.
 */
#include <string.h>

#include "app/player.h"
#include "app/wave.h"
#include "media/level.h"
#include "media/wav.h"
#include "sim/machine.h"
#include "tap.h"

#define SAMPLES 8000 /* a second of the file */

/* ITU-T G.711. */
static uint8_t a_law(int16_t sample)
{
    int value = sample < 0 ? -sample - 1 : sample, exponent = 7;
    value >>= 4;
    for (int mask = 0x400; exponent > 0 && !(value & mask); mask >>= 1)
        exponent--;
    int mantissa = exponent == 0 ? value >> 1 & 15 : value >> exponent & 15;
    return (uint8_t)((exponent << 4 | mantissa | (sample < 0 ? 0 : 0x80)) ^ 0x55);
}

/* A second of 500 Hz, 8 kHz, encoding 6 of WAV. */
static size_t make_file(uint8_t *out)
{
    static int16_t pcm[SAMPLES];
    struct wzp_tone tone;
    wzp_tone_init(&tone, 3000, -12); /* 500 Hz at a sixth of our rate */
    wzp_tone_fill(&tone, pcm, SAMPLES);
    wzp_wav_header(out, SAMPLES / 2); /* one byte per sample instead of two */
    static const uint8_t facts[] = {6, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0};
    memcpy(out + 20, facts, sizeof facts);
    for (size_t i = 0; i < SAMPLES; i++)
        out[WZP_WAV_HEADER_SIZE + i] = a_law(pcm[i]);
    return WZP_WAV_HEADER_SIZE + SAMPLES;
}

TAP_MAIN
{
    static uint8_t file[WZP_WAV_HEADER_SIZE + SAMPLES];
    static int16_t said[60000];
    struct wzp_sim *sim;
    struct wzp_sim_machine *machine;
    struct wzp_player *player;
    struct wzp_wave wave = {0};
    struct wzp_host host;
    struct wzp_error err = {0};
    if (!WZP_WITH_SNDFILE)
        skip_all("built without libsndfile");
    if (wzp_sim_new(&sim, 1))
        bail("no world");
    if (wzp_sim_machine_new(&machine, sim, "192.0.2.1"))
        bail("no machine");
    wzp_sim_machine_host(&host, machine, NULL);
    if (wzp_sim_machine_put(machine, WZP_PLACE_PATH, "a.wav", (const char *)file,
                            make_file(file)) ||
        wzp_sim_machine_put(machine, WZP_PLACE_PATH, "no.wav", "nothing", 7))
        bail("no file");

    if (is_int(wzp_player_new(&player, &host, "a.wav", &err), 0, "A-law is played: %s", err.text)) {
        size_t count = wzp_player_say(player, said, 60000);
        ok(count > 47000 && count < 49000, "a second of it: %zu samples", count);
        ok(wzp_level_tone_share(said + 4800, 24000, 500) > 0.95, "which sounds right");
        ok(wzp_player_ended(player), "and then it ends");
        wzp_player_free(player);
    }
    is_int(wzp_wave_load(&wave, &host, "a.wav", 40000, &err), 0, "as a whole, too");
    ok(wave.samples == 40000 || tap_oom_mode(), "up to what is asked for");
    wzp_wave_fini(&wave);
    ok(wzp_player_new(&player, &host, "no.wav", &err) < 0 &&
           (tap_oom_mode() || strstr(err.text, "no.wav: this is no sound file")),
       "another file is refused with its name: %s", err.text);
    wzp_sim_machine_free(machine);
    wzp_sim_free(sim);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.audio: sounds that a program makes or reads: tones, silence, voices, files. */
#include <math.h>
#include <string.h>

#include "app/player.h"
#include "base/error.h"
#include "media/level.h"
#include "media/wav.h"
#include "script/internal.h"

#define RATE WZP_LUA_AUDIO_RATE
#define SECONDS_MAX WZP_LUA_AUDIO_SECONDS_MAX
#define BLOCK 480 /* that a file is read in */
#define PI 3.14159265358979323846

/* ---- sounds ---- */

struct wzp_lua_audio *wzp_lua_audio_new(lua_State *L, size_t samples, bool loops)
{
    if (samples > (size_t)RATE * SECONDS_MAX)
        luaL_error(L, "a sound of more than %d seconds", SECONDS_MAX);
    struct wzp_lua_audio *audio =
        lua_newuserdatauv(L, sizeof *audio + samples * sizeof audio->pcm[0], 0);
    audio->samples = samples;
    audio->loops = loops;
    memset(audio->pcm, 0, samples * sizeof audio->pcm[0]);
    wzp_lua_class(L, "audio");
    return audio;
}

static int make_tone(lua_State *L, double hz, double seconds, double dbfs)
{
    if (hz < 1 || hz > 20000)
        return luaL_error(L, "a tone has 1 to 20000 Hz");
    /* One second of a tone of whole hertz ends at the phase at which it begins. */
    bool loops = seconds <= 0;
    size_t samples = loops ? RATE : (size_t)(fmin(seconds, SECONDS_MAX + 1.0) * RATE);
    struct wzp_lua_audio *audio = wzp_lua_audio_new(L, samples, loops);
    struct wzp_tone tone;
    wzp_tone_init(&tone, loops ? round(hz) : hz, dbfs);
    for (size_t at = 0; at < audio->samples; at += RATE) {
        wzp_budget_spend(L, RATE / 8);
        wzp_tone_fill(&tone, audio->pcm + at,
                      audio->samples - at < RATE ? audio->samples - at : RATE);
    }
    return 1;
}

static int tone(lua_State *L)
{
    return make_tone(L, wzp_lua_option_number(L, 1, "hz", 440),
                     wzp_lua_option_number(L, 1, "seconds", 0),
                     wzp_lua_option_number(L, 1, "dbfs", -18));
}

int wzp_lua_audio_tone(lua_State *L)
{
    return make_tone(L, lua_tonumber(L, 1), 0, -18);
}

static int silence(lua_State *L)
{
    wzp_lua_audio_new(L, (size_t)(fmin(lua_tonumber(L, 1), SECONDS_MAX + 1.0) * RATE), false);
    return 1;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A syllable: a buzz of harmonics under an envelope, in the band of a voice. */
static void add_syllable(int16_t *pcm, size_t samples, uint64_t *state)
{
    double pitch = 90 + (double)(next_random(state) % 160);
    double formant = 400 + (double)(next_random(state) % 1800);
    for (size_t i = 0; i < samples; i++) {
        double at = (double)i / RATE, sum = 0;
        for (int h = 1; h * pitch < 3600; h++) {
            double away = (h * pitch - formant) / 400;
            sum += sin(2 * PI * h * pitch * at) / (1 + away * away);
        }
        pcm[i] = (int16_t)(3000 * sin(PI * (double)i / (double)samples) * tanh(sum));
    }
}

/* Talk-like sound of its own rhythm, from a seed: what likeness is measured with. */
static int voice(lua_State *L)
{
    uint64_t state = (uint64_t)wzp_lua_option_number(L, 1, "seed", 1) + 1;
    double seconds = wzp_lua_option_number(L, 1, "seconds", 5);
    struct wzp_lua_audio *audio =
        wzp_lua_audio_new(L, (size_t)(fmin(seconds, SECONDS_MAX + 1.0) * RATE), false);
    size_t at = 0;
    while (at < audio->samples) {
        size_t length = RATE / 10 + next_random(&state) % (RATE / 5);
        size_t pause = RATE / 50 + next_random(&state) % (RATE / 4);
        if (length > audio->samples - at)
            length = audio->samples - at;
        add_syllable(audio->pcm + at, length, &state);
        wzp_budget_spend(L, length);
        at += length + pause;
    }
    return 1;
}

/* Reads it through the real host, also in virtual time. The sound is on top then. */
static struct wzp_lua_audio *load_file(lua_State *L, const char *path)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_player *player;
    struct wzp_error err = {0};
    int16_t block[BLOCK];
    size_t samples = 0, given;
    if (wzp_lua_file(L, &path, path, false, &err) || wzp_player_new(&player, &s->real, path, &err))
        luaL_error(L, "%s", err.text);
    /* Reads twice, to count and to keep: Lua must not allocate (and raise an error) while C holds
     * an open file. */
    while ((given = wzp_player_say(player, block, BLOCK)) > 0 && samples < (size_t)RATE * 600)
        samples += given;
    wzp_player_free(player);
    struct wzp_lua_audio *audio = wzp_lua_audio_new(L, samples, false);
    if (wzp_player_new(&player, &s->real, path, &err))
        luaL_error(L, "%s", err.text);
    for (size_t at = 0; at < samples; at += given) {
        size_t want = samples - at < BLOCK ? samples - at : BLOCK;
        given = wzp_player_say(player, audio->pcm + at, want);
        if (given == 0)
            break;
    }
    wzp_player_free(player);
    return audio;
}

static int load(lua_State *L)
{
    load_file(L, lua_tostring(L, 1));
    return 1;
}

struct wzp_lua_audio *wzp_lua_audio_at(lua_State *L, int index)
{
    struct wzp_lua_audio *audio = wzp_lua_object(L, index, "audio");
    if (!audio)
        return load_file(L, lua_tostring(L, index));
    lua_pushvalue(L, index);
    return audio;
}

static int save(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    const struct wzp_lua_audio *audio = wzp_lua_object(L, 1, "audio");
    const struct wzp_host_file file = {WZP_PLACE_PATH, lua_tostring(L, 2), 1u << 30, false};
    struct wzp_error err = {0};
    size_t size = WZP_WAV_HEADER_SIZE + 2 * audio->samples;
    uint8_t *bytes = lua_newuserdatauv(L, size, 0);
    wzp_wav_header(bytes, (uint32_t)audio->samples);
    wzp_wav_samples(bytes + WZP_WAV_HEADER_SIZE, audio->pcm, audio->samples);
    int result =
        s->real.calls->file_create(s->real.context, &file, (const char *)bytes, size, &err);
    return wzp_lua_outcome(L, result, &err);
}

/* ---- properties ---- */

static int get_seconds(lua_State *L, void *object)
{
    lua_pushnumber(L, (double)((struct wzp_lua_audio *)object)->samples / RATE);
    return 1;
}

static int get_level(lua_State *L, void *object)
{
    const struct wzp_lua_audio *audio = object;
    lua_pushnumber(L, wzp_level_rms_dbfs(audio->pcm, audio->samples));
    return 1;
}

const struct wzp_lua_property wzp_lua_audio_properties[] = {
    {"audio", "seconds", "number", "how long it is", get_seconds},
    {"audio", "level_dbfs", "number", "how loud it is", get_level},
    {0}};

const struct wzp_lua_row wzp_lua_audio_rows[] = {
    {"audio", "tone", "{hz?: number, seconds?: seconds, dbfs?: number}", "audio",
     "A tone (440 Hz, -18 dBFS); without seconds it never ends.", tone, WZP_TIERS_ALL, false},
    {"audio", "silence", "seconds: seconds", "audio", "Silence of that length.", silence,
     WZP_TIERS_ALL, false},
    {"audio", "voice", "{seconds?: seconds, seed?: integer}", "audio",
     "Sound with the rhythm and the band of speech, different for each seed, to measure likeness "
     "with.",
     voice, WZP_TIERS_ALL, false},
    {"audio", "load", "file: text", "audio",
     "Loads a WAV file; in init.lua, one of the recordings.", load, WZP_TIERS_ALL, false},
    {"audio", "save", "audio: audio, file: text", "true | nil, text",
     "Writes a new WAV file; nothing is overwritten.", save, WZP_TIERS_USER, false},
    {0}};

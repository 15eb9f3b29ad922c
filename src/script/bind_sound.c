/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sound of a call: what it plays in place of the microphone, and the recorders ("ears") of what
 * is heard in it. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "media/level.h"
#include "script/internal.h"

#define RATE WZP_LUA_AUDIO_RATE
#define SECONDS_MAX WZP_LUA_AUDIO_SECONDS_MAX
#define BLOCK 480 /* 10 ms: what silence is measured in */
#define GAP_COUNTED (4 * BLOCK)
/* 20 ms, a frame: one that is lost spoils no others. */
#define WINDOW 960
#define LAG_MAX 10 /* s */

/* ---- on the audio path: no allocation or release ---- */

static size_t say(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_script_call *call = context;
    const struct wzp_lua_audio *audio = call->sound.plays;
    size_t given = 0;
    (void)now;
    while (audio && given < samples) {
        if (call->sound.at == audio->samples) {
            if (!call->sound.loops || audio->samples == 0)
                break;
            call->sound.at = 0;
        }
        size_t left = audio->samples - call->sound.at;
        size_t count = left < samples - given ? left : samples - given;
        memcpy(pcm + given, audio->pcm + call->sound.at, count * sizeof *pcm);
        call->sound.at += count;
        given += count;
    }
    if (audio && given < samples && !call->sound.played) {
        call->sound.played = true;
        wzp_source_signal(&call->source);
    }
    return given;
}

static void hear_nothing(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    (void)context;
    (void)pcm;
    (void)samples;
    (void)now;
}

static void note_silence(struct wzp_lua_ear *ear, const int16_t *pcm, size_t samples)
{
    if (wzp_level_mean_square(pcm, samples) > ear->floor_square) {
        if (!ear->had_sound)
            ear->first_sound = ear->heard;
        if (ear->had_sound && ear->silent_for >= GAP_COUNTED)
            ear->gaps++;
        ear->had_sound = true;
        ear->silent_for = 0;
    } else if (ear->had_sound) {
        ear->silent_for += samples;
        if (ear->silent_for > ear->longest_gap)
            ear->longest_gap = ear->silent_for;
    }
}

static void tap(void *context, bool heard, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_script_call *call = context;
    struct wzp_lua_ear *ear = call->sound.ear;
    (void)now;
    if (!heard || !ear)
        return;
    for (size_t at = 0; at < samples; at += BLOCK) {
        size_t count = samples - at < BLOCK ? samples - at : BLOCK;
        note_silence(ear, pcm + at, count);
        for (size_t i = 0; i < count; i++)
            ear->pcm[(ear->heard + i) % ear->room] = pcm[at + i];
        ear->heard += count;
    }
}

/* Before the first event of a call the softphone does not know the call: then this is repeated
 * later. */
static int arrange(struct wzp_script_call *call)
{
    /* A client without devices sends silence: without any media the other side would end the
     * call. */
    bool silent = call->client->no_devices && !call->ended;
    bool any = call->sound.plays || call->sound.ear || silent;
    const struct wzp_session_audio audio = {.say = call->sound.plays || silent ? say : NULL,
                                            .hear = silent ? hear_nothing : NULL,
                                            .tap = call->sound.ear ? tap : NULL,
                                            .context = call};
    int result = wzp_app_set_audio(call->client->app, call->id, any ? &audio : NULL);
    call->sound.waits = result == WZP_E_NOT_FOUND;
    return call->sound.waits ? 0 : result;
}

void wzp_lua_sound_settle(struct wzp_script_call *call)
{
    bool begins = call->client->no_devices && !call->sound.begun;
    if (call->ended || !(call->sound.waits || begins))
        return;
    call->sound.begun = true;
    arrange(call);
}

void wzp_lua_sound_end(struct wzp_script_call *call)
{
    if (!call->sound.plays && !call->sound.ear)
        return;
    call->sound.plays = NULL;
    if (call->sound.ear)
        call->sound.ear->call = NULL;
    call->sound.ear = NULL;
    if (call->client && call->client->app)
        arrange(call);
}

/* ---- playing ---- */

static int is_played(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    (void)task;
    (void)timed_out;
    if (call->ended || !call->client)
        return wzp_lua_closed(L);
    if (!call->sound.played && call->sound.plays == wzp_lua_object(L, 2, "audio"))
        return 0;
    lua_pushboolean(L, 1);
    return 1;
}

static int play(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    if (!call)
        return wzp_lua_closed(L);
    bool loops = wzp_lua_option_boolean(L, 3, "loop", false);
    bool waits = wzp_lua_option_boolean(L, 3, "wait", false);
    if (lua_isnoneornil(L, 2)) {
        call->sound.plays = NULL;
        arrange(call);
        lua_pushboolean(L, 1);
        return 1;
    }
    struct wzp_lua_audio *audio = wzp_lua_audio_at(L, 2);
    lua_replace(L, 2);
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, 2);
    call->sound.plays = audio;
    call->sound.at = 0;
    call->sound.loops = loops || audio->loops;
    call->sound.played = false;
    int result = arrange(call);
    if (result)
        return wzp_lua_fail(L, wzp_strerror(result));
    if (!waits || call->sound.loops) {
        lua_pushboolean(L, 1);
        return 1;
    }
    wzp_wait_begin(L, is_played, -1);
    wzp_wait_listen(L, &call->source);
    return wzp_wait(L);
}

/* ---- listening ---- */

static int listen_to(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    if (!call)
        return wzp_lua_closed(L);
    double seconds = wzp_lua_option_number(L, 2, "seconds", 20);
    double floor = wzp_lua_option_number(L, 2, "floor_dbfs", -50);
    if (seconds < 0.1 || seconds > SECONDS_MAX)
        return luaL_error(L, "wzp.call.listen: 0.1 to %d seconds", SECONDS_MAX);
    size_t room = (size_t)(seconds * RATE);
    struct wzp_lua_ear *ear = lua_newuserdatauv(L, sizeof *ear + room * sizeof ear->pcm[0], 0);
    memset(ear, 0, sizeof *ear);
    ear->room = room;
    double amplitude = 32768 * pow(10, floor / 20);
    ear->floor_square = amplitude * amplitude;
    wzp_lua_class(L, "ear");
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 3);
    if (call->sound.ear)
        call->sound.ear->call = NULL;
    call->sound.ear = ear;
    ear->call = call;
    int result = arrange(call);
    return result ? wzp_lua_fail(L, wzp_strerror(result)) : 1;
}

static int stop(lua_State *L)
{
    struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    struct wzp_script_call *call = ear->call;
    if (!call)
        return 0;
    call->sound.ear = NULL;
    ear->call = NULL;
    if (call->client && call->client->app)
        arrange(call);
    return 0;
}

static int reset(lua_State *L)
{
    struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    ear->heard = ear->first_sound = ear->silent_for = ear->longest_gap = ear->gaps = 0;
    ear->had_sound = false;
    return 0;
}

/* The samples that are kept, in their order, from the first sound on; a userdata is pushed that
 * holds them. */
static size_t kept(lua_State *L, const struct wzp_lua_ear *ear, int16_t **out)
{
    uint64_t first = ear->heard > ear->room ? ear->heard - ear->room : 0;
    if (ear->first_sound > first)
        first = ear->first_sound;
    size_t count = ear->had_sound ? (size_t)(ear->heard - first) : 0;
    *out = lua_newuserdatauv(L, count * sizeof **out + 1, 0);
    for (size_t i = 0; i < count; i++)
        (*out)[i] = ear->pcm[(first + i) % ear->room];
    return count;
}

static int longest_gap_ms(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    lua_pushnumber(L, (double)ear->longest_gap * 1000 / RATE);
    return 1;
}

static int gaps(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    lua_pushinteger(L, (lua_Integer)ear->gaps);
    return 1;
}

static int heard_seconds(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    lua_pushnumber(L, ear->had_sound ? (double)(ear->heard - ear->first_sound) / RATE : 0);
    return 1;
}

static int level_dbfs(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    int16_t *pcm;
    size_t count = kept(L, ear, &pcm);
    size_t last = count < RATE ? count : RATE;
    lua_pushnumber(L, wzp_level_rms_dbfs(pcm + (count - last), last));
    return 1;
}

/* Windows that are silent count as no tone: a gap is a fault too. */
static int tone_match(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    double hz = lua_tonumber(L, 2), sum = 0;
    int16_t *pcm;
    size_t count = kept(L, ear, &pcm), windows = count / WINDOW;
    wzp_budget_spend(L, count / 4);
    for (size_t i = 0; i < windows; i++)
        sum += wzp_level_tone_share(pcm + i * WINDOW, WINDOW, hz);
    lua_pushnumber(L, windows ? sum / (double)windows : 0);
    return 1;
}

static int likeness(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    const struct wzp_lua_audio *audio = wzp_lua_audio_at(L, 2);
    double most_lag = wzp_lua_option_number(L, 3, "lag", 2), match = 0;
    int16_t *pcm;
    size_t count = kept(L, ear, &pcm);
    if (!(most_lag >= 0 && most_lag <= LAG_MAX))
        return luaL_error(L, "wzp.ear.likeness: lag is 0 to %d seconds", LAG_MAX);
    wzp_budget_spend(L, count / 4);
    wzp_level_align(&match, audio->pcm, audio->samples, pcm, count, (size_t)(most_lag * RATE));
    lua_pushnumber(L, match);
    return 1;
}

static int ear_sound(lua_State *L)
{
    const struct wzp_lua_ear *ear = wzp_lua_object(L, 1, "ear");
    int16_t *pcm;
    size_t count = kept(L, ear, &pcm);
    struct wzp_lua_audio *audio = wzp_lua_audio_new(L, count, false);
    memcpy(audio->pcm, pcm, count * sizeof *pcm);
    return 1;
}

const struct wzp_lua_row wzp_lua_sound_rows[] = {
    {"call", "play", "call: call, sound?: sound, {loop?: boolean, wait?: boolean}",
     "true | nil, text",
     "Plays a sound in place of the microphone; without a sound, stops it. wait: returns when the "
     "sound was played to its end.",
     play, WZP_TIERS_ALL, true},
    {"call", "listen", "call: call, {seconds?: seconds, floor_dbfs?: number}", "ear | nil, text",
     "Listens to what is heard in the call. seconds: how much is kept (20); floor_dbfs: what "
     "counts as silence (-50).",
     listen_to, WZP_TIERS_ALL, false},
    {"ear", "stop", "ear: ear", "", "Stops listening; what was heard stays.", stop, WZP_TIERS_ALL,
     false},
    {"ear", "reset", "ear: ear", "", "Forgets what was heard.", reset, WZP_TIERS_ALL, false},
    {"ear", "longest_gap_ms", "ear: ear", "number", "The longest silence since the first sound.",
     longest_gap_ms, WZP_TIERS_ALL, false},
    {"ear", "gaps", "ear: ear", "integer", "Silences of 40 ms and more between sounds.", gaps,
     WZP_TIERS_ALL, false},
    {"ear", "seconds", "ear: ear", "number", "Time since the first sound.", heard_seconds,
     WZP_TIERS_ALL, false},
    {"ear", "level_dbfs", "ear: ear", "number", "How loud the last second was.", level_dbfs,
     WZP_TIERS_ALL, false},
    {"ear", "tone_match", "ear: ear, hz: number", "number",
     "The share (0 to 1) of what is heard that is this tone. Silence does not count as the tone, "
     "and little of what conceals lost packets does: redundancy rebuilds speech, and a tone is no "
     "speech.",
     tone_match, WZP_TIERS_ALL, false},
    {"ear", "likeness", "ear: ear, sound: sound, {lag?: seconds}", "number",
     "How much what is heard is like the sound (1: the same; above 0.9 for speech through a "
     "codec).",
     likeness, WZP_TIERS_ALL, false},
    {"ear", "sound", "ear: ear", "audio", "The heard sound that is kept.", ear_sound, WZP_TIERS_ALL,
     false},
    {0}};

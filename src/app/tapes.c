/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files in calls: playing, recording and capturing, their reports, and the functions that the phone
 * calls for a session's sound. Those functions read, write and report nothing themselves:
 * wzp_tapes_settle does that a moment later. */
#include <string.h>

#include "app/capture_file.h"
#include "app/internal.h"
#include "app/player.h"
#include "app/recorder.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

/* ---- the phone's side ---- */

static size_t say(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_app_talk *talk = context;
    if (!talk->player && talk->echoes) {
        struct wzp_session_audio echo = wzp_echo_audio(&talk->echo);
        return echo.say(echo.context, pcm, samples, now);
    }
    if (!talk->player)
        return talk->guest.say(talk->guest.context, pcm, samples, now);
    size_t given = wzp_player_say(talk->player, pcm, samples);
    if (given < samples)
        wzp_app_soon(talk->app);
    return given;
}

static void hear(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_app_talk *talk = context;
    if (talk->echoes) {
        struct wzp_session_audio echo = wzp_echo_audio(&talk->echo);
        echo.hear(echo.context, pcm, samples, now);
    } else {
        talk->guest.hear(talk->guest.context, pcm, samples, now);
    }
}

static void tap(void *context, bool heard, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_app_talk *talk = context;
    if (talk->recorder && wzp_recorder_add(talk->recorder, heard, pcm, samples, now))
        wzp_app_soon(talk->app);
    const struct wzp_capture_record pull = {
        .type = WZP_CAPTURE_PULL, .at = now, .samples = (unsigned)samples};
    if (talk->capture && heard && wzp_capture_file_add(talk->capture, &pull))
        wzp_app_soon(talk->app);
    if (talk->guest.tap)
        talk->guest.tap(talk->guest.context, heard, pcm, samples, now);
}

static void packet(void *context, const struct wzp_session_packet *shown, uint64_t now)
{
    struct wzp_app_talk *talk = context;
    const struct wzp_capture_record record = {.type = WZP_CAPTURE_PACKET,
                                              .at = now,
                                              .outgoing = !shown->heard,
                                              .local = *shown->local,
                                              .remote = *shown->remote,
                                              .data = shown->data,
                                              .length = shown->length};
    if (talk->capture && wzp_capture_file_add(talk->capture, &record))
        wzp_app_soon(talk->app);
    if (talk->guest.packet)
        talk->guest.packet(talk->guest.context, shown, now);
}

int wzp_tapes_arrange(struct wzp_app *app, struct wzp_app_talk *talk)
{
    talk->app = app;
    const struct wzp_session_audio audio = {
        .say = talk->player || talk->echoes || talk->guest.say ? say : NULL,
        .hear = talk->echoes || talk->guest.hear ? hear : NULL,
        .tap = talk->recorder || talk->capture || talk->guest.tap ? tap : NULL,
        .packet = talk->capture || talk->guest.packet ? packet : NULL,
        .context = talk};
    int result = wzp_phone_set_audio(app->phone, talk->id, &audio, wzp_app_now(app));
    wzp_sound_arrange(app);
    return result;
}

static void tell(struct wzp_app *app, const char *path, const char *what)
{
    struct wzp_error text = {0};
    wzp_error_set(&text, 0, "%.160s %s", path, what);
    wzp_app_tell_notice(app, text.text);
}

static int find(struct wzp_app_talk **out, struct wzp_app *app, wzp_session_id session,
                struct wzp_error *err)
{
    *out = wzp_app_talk(app, session);
    return *out ? 0 : wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call");
}

/* ---- playing ---- */

int wzp_app_set_audio(struct wzp_app *app, wzp_session_id session,
                      const struct wzp_session_audio *audio)
{
    struct wzp_app_talk *talk = wzp_app_talk(app, session);
    if (!talk)
        return WZP_E_NOT_FOUND;
    talk->guest = audio ? *audio : (struct wzp_session_audio){0};
    return wzp_tapes_arrange(app, talk);
}

/* Ends playing: the microphone is the source again. */
static struct wzp_player *take_player(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_player *player = talk->player;
    talk->player = NULL;
    wzp_tapes_arrange(app, talk);
    return player;
}

int wzp_tapes_play(struct wzp_app *app, wzp_session_id session, const char *path,
                   struct wzp_error *err)
{
    struct wzp_app_talk *talk;
    struct wzp_player *player = NULL;
    int result = find(&talk, app, session, err);
    if (result)
        return result;
    if (!path && !talk->player)
        return wzp_error_set(err, WZP_E_STATE, "nothing is played into this call");
    if (path && (result = wzp_player_new(&player, &app->host, path, err)) != 0)
        return result;
    struct wzp_player *old = talk->player;
    talk->player = player;
    result = wzp_tapes_arrange(app, talk);
    if (old && !player)
        tell(app, wzp_player_path(old), "is no longer played");
    wzp_player_free(old);
    if (player)
        tell(app, path, "is played into the call");
    return result;
}

static void end_played(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_player *player = take_player(app, talk);
    tell(app, wzp_player_path(player), "was played to its end");
    wzp_player_free(player);
}

/* ---- recording ---- */

/* Writes the rest, unless writing failed already. */
static int end_recording(struct wzp_app *app, struct wzp_app_talk *talk, bool failed,
                         struct wzp_error *err)
{
    struct wzp_recorder *recorder = talk->recorder;
    struct wzp_error text = {0};
    talk->recorder = NULL;
    wzp_tapes_arrange(app, talk);
    int result = failed ? err->code : wzp_recorder_finish(recorder, err);
    app->file_lost |= result != 0;
    if (result)
        wzp_error_set(&text, result, "the recording broke off: %.180s", err->text);
    else
        wzp_error_set(&text, 0, "%u s of the call are in %.160s", wzp_recorder_seconds(recorder),
                      wzp_recorder_path(recorder));
    wzp_recorder_free(recorder);
    wzp_app_tell_notice(app, text.text);
    return result;
}

int wzp_tapes_record(struct wzp_app *app, wzp_session_id session, const char *path,
                     struct wzp_error *err)
{
    struct wzp_app_talk *talk;
    int result = find(&talk, app, session, err);
    if (result)
        return result;
    if (!path && !talk->recorder)
        return wzp_error_set(err, WZP_E_STATE, "this call is not recorded");
    if (!path)
        return end_recording(app, talk, false, err);
    if (talk->recorder)
        return wzp_error_set(err, WZP_E_STATE, "it is recorded already, into %.160s",
                             wzp_recorder_path(talk->recorder));
    result = wzp_recorder_new(&talk->recorder, &app->host, path, wzp_app_now(app), err);
    if (result)
        return result;
    result = wzp_tapes_arrange(app, talk);
    tell(app, path, "records both sides from now on");
    return result;
}

/* ---- packets ---- */

/* Adds the call's counters so far to the capture file. */
static void add_counts(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_session_stats stats;
    struct wzp_capture_record record = {.type = WZP_CAPTURE_COUNTS, .at = wzp_app_now(app)};
    if (wzp_phone_session_stats(app->phone, talk->id, &stats, record.at))
        return;
    const struct wzp_playout_stats *heard = &stats.heard;
    const uint64_t counts[WZP_CAPTURE_COUNT_KINDS] = {
        [WZP_COUNT_EXPECTED] = heard->jitter.expected,
        [WZP_COUNT_RECEIVED] = heard->jitter.received,
        [WZP_COUNT_LATE] = heard->jitter.late,
        [WZP_COUNT_DECODED] = heard->frames_decoded,
        [WZP_COUNT_LBRR] = heard->frames_lbrr,
        [WZP_COUNT_DRED] = heard->frames_dred,
        [WZP_COUNT_REPAIRED] = heard->frames_repaired,
        [WZP_COUNT_CONCEALED] = heard->frames_concealed,
        [WZP_COUNT_SILENCE] = heard->frames_silence,
        [WZP_COUNT_RTT_US] = stats.path.rtt_smoothed / 1000,
        [WZP_COUNT_DIRECT] = stats.direct,
        [WZP_COUNT_SEALED] = stats.e2e};
    for (size_t i = 0; i < WZP_CAPTURE_COUNT_KINDS; i++)
        record.counts[i] = counts[i] < UINT32_MAX ? (uint32_t)counts[i] : UINT32_MAX;
    wzp_capture_file_add(talk->capture, &record);
}

static int end_capture(struct wzp_app *app, struct wzp_app_talk *talk, bool failed,
                       struct wzp_error *err)
{
    struct wzp_capture_file *capture = talk->capture;
    struct wzp_error text = {0};
    uint64_t packets, lost;
    if (!failed)
        add_counts(app, talk);
    talk->capture = NULL;
    wzp_tapes_arrange(app, talk);
    int result = failed ? err->code : wzp_capture_file_write(capture, wzp_app_now(app), err);
    wzp_capture_file_counts(capture, &packets, &lost);
    app->file_lost |= result != 0;
    if (result)
        wzp_error_set(&text, result, "the capture broke off: %.180s", err->text);
    else
        wzp_error_set(&text, 0, "%llu %s in %.160s", (unsigned long long)packets,
                      wzp_plural(packets, "packet of the call is", "packets of the call are"),
                      wzp_capture_file_path(capture));
    if (lost > 0)
        wzp_log(&app->host.log, WZP_LOG_WARN, "app: %llu %s of a capture found no room",
                (unsigned long long)lost, wzp_plural(lost, "record", "records"));
    wzp_capture_file_free(capture);
    wzp_app_tell_notice(app, text.text);
    return result;
}

int wzp_tapes_capture(struct wzp_app *app, wzp_session_id session, const char *path,
                      struct wzp_error *err)
{
    struct wzp_session_stats stats = {0};
    struct wzp_app_talk *talk;
    int result = find(&talk, app, session, err);
    if (result)
        return result;
    if (!path && !talk->capture)
        return wzp_error_set(err, WZP_E_STATE, "the packets of this call are not kept");
    if (!path)
        return end_capture(app, talk, false, err);
    if (talk->capture)
        return wzp_error_set(err, WZP_E_STATE, "they are kept already, in %.160s",
                             wzp_capture_file_path(talk->capture));
    (void)wzp_phone_session_stats(app->phone, session, &stats, wzp_app_now(app));
    result = wzp_capture_file_new(&talk->capture, &app->host, path,
                                  stats.is_room ? WZP_CAPTURE_ROOM : WZP_CAPTURE_CALL, stats.room,
                                  wzp_app_now(app), err);
    if (result)
        return result;
    result = wzp_tapes_arrange(app, talk);
    tell(app, path, "keeps the packets of the call from now on");
    return result;
}

static void settle_capture(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_error err = {0};
    uint64_t now = wzp_app_now(app);
    if (!wzp_capture_file_is_due(talk->capture, now))
        return;
    add_counts(app, talk);
    if (wzp_capture_file_write(talk->capture, now, &err))
        end_capture(app, talk, true, &err);
}

bool wzp_tapes_uses(const struct wzp_app *app, const char *path)
{
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        const struct wzp_app_talk *talk = &app->talks[i];
        if ((talk->player && strcmp(wzp_player_path(talk->player), path) == 0) ||
            (talk->recorder && strcmp(wzp_recorder_path(talk->recorder), path) == 0) ||
            (talk->capture && strcmp(wzp_capture_file_path(talk->capture), path) == 0))
            return true;
    }
    return false;
}

/* ---- later ---- */

void wzp_tapes_settle(struct wzp_app *app)
{
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        struct wzp_app_talk *talk = &app->talks[i];
        struct wzp_error err = {0};
        if (talk->recorder && wzp_recorder_write(talk->recorder, &err))
            end_recording(app, talk, true, &err);
        if (talk->capture)
            settle_capture(app, talk);
        if (talk->player && wzp_player_ended(talk->player))
            end_played(app, talk);
    }
}

void wzp_tapes_end(struct wzp_app *app, struct wzp_app_talk *talk)
{
    struct wzp_error err = {0};
    if (talk->player)
        wzp_player_free(take_player(app, talk));
    if (talk->recorder)
        end_recording(app, talk, false, &err);
    if (talk->capture)
        end_capture(app, talk, false, &err);
}

void wzp_tapes_fini(struct wzp_app *app)
{
    struct wzp_error err = {0};
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++) {
        struct wzp_app_talk *talk = &app->talks[i];
        wzp_player_free(talk->player);
        if (talk->recorder && wzp_recorder_finish(talk->recorder, &err))
            wzp_log(&app->host.log, WZP_LOG_ERROR, "%s", err.text);
        wzp_recorder_free(talk->recorder);
        if (talk->capture && wzp_capture_file_write(talk->capture, wzp_app_now(app), &err))
            wzp_log(&app->host.log, WZP_LOG_ERROR, "%s", err.text);
        wzp_capture_file_free(talk->capture);
        talk->player = NULL;
        talk->recorder = NULL;
        talk->capture = NULL;
    }
}

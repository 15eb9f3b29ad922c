/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Audio of one session: its own source, receiver and tap; hold, as seen from both ends; codec,
 * filters and name that change during the session. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "media/level.h"
#include "media/sender.h"
#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

/* A speaker in the room. */
struct speaker {
    struct wzp_tone tone;
    struct wzp_sender *sender;
};

static void emit(void *context, const struct wzp_media_packet *packet)
{
    struct wzp_media_packet stamped = *packet;

    (void)context;
    stamped.header.sender = 1;
    friend_sends(&st, &stamped, false);
}

static void speaker_init(struct speaker *s, double frequency)
{
    wzp_tone_init(&s->tone, frequency, -20);
    if (wzp_sender_new(&s->sender, WZP_CODEC_OPUS_24K) < 0)
        bail("no sender");
}

static void speak(struct speaker *s)
{
    int16_t pcm[960];

    wzp_tone_fill(&s->tone, pcm, 960);
    wzp_sender_push(s->sender, pcm, 960, emit, NULL);
    run(&st, 20 * WZP_MILLISECOND);
}

static wzp_session_id join(const char *name)
{
    wzp_session_id room;

    if (wzp_phone_join(st.phone, &room, name, st.now, NULL) < 0)
        bail("no room");
    run(&st, 200 * WZP_MILLISECOND);
    return room;
}

/* ---- its own source and receiver ---- */

struct own {
    struct wzp_tone tone;
    size_t gives;         /* samples that it provides of each 960 */
    unsigned said, heard; /* calls */
    unsigned tapped_said, tapped_heard;
    double loudest_heard, loudest_tapped;
    bool hangs_up;
    wzp_session_id session;
};

static size_t give(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct own *o = context;

    o->said++;
    wzp_tone_fill(&o->tone, pcm, o->gives < samples ? o->gives : samples);
    if (o->hangs_up)
        wzp_phone_hangup(st.phone, o->session, now, NULL);
    return o->gives;
}

static void take(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct own *o = context;
    double level = wzp_level_rms_dbfs(pcm, samples);

    (void)now;
    o->heard++;
    if (level > o->loudest_heard)
        o->loudest_heard = level;
}

static void tap(void *context, bool heard, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct own *o = context;
    double level = wzp_level_rms_dbfs(pcm, samples);

    (void)now;
    if (heard) {
        o->tapped_heard += (unsigned)samples;
        return;
    }
    o->tapped_said += (unsigned)samples;
    if (level > o->loudest_tapped)
        o->loudest_tapped = level;
}

static void own_sound(void)
{
    struct own own = {.gives = 960, .loudest_heard = -127, .loudest_tapped = -127};
    struct wzp_session_audio audio = {.say = give, .hear = take, .tap = tap, .context = &own};
    struct speaker friend;
    static int16_t pcm[960];

    stage_init(&st, NULL);
    speaker_init(&friend, 700);
    wzp_tone_init(&own.tone, 440, -20);
    wzp_session_id room = own.session = join("studio");
    wzp_phone_set_audio(st.phone, room, &audio, st.now);
    for (int i = 0; i < 50; i++)
        speak(&friend);
    ok(own.said >= 49 && own.said <= 51, "say is asked 50 times a second (%u)", own.said);
    ok(own.heard >= 49 && own.heard <= 51, "hear is told as often (%u)", own.heard);
    ok(own.loudest_heard > -30, "it hears the friend (%.0f dBFS)", own.loudest_heard);
    ok(st.datagram_length > 30, "what it says is sent (%zu bytes)", st.datagram_length);
    ok(own.tapped_said == own.said * 960 && own.tapped_heard == own.heard * 960,
       "the tap gets a copy of both");
    unsigned before = st.datagram_count;
    wzp_phone_capture(st.phone, pcm, 960, st.now);
    run(&st, 10 * WZP_MILLISECOND);
    ok(st.datagram_count - before <= 1, "the microphone goes elsewhere");
    is_int(wzp_phone_playback(st.phone, pcm, 960, st.now), 0, "and the loudspeaker is silent");

    own.loudest_tapped = -127;
    wzp_phone_mute(st.phone, room, true, st.now);
    for (int i = 0; i < 10; i++)
        speak(&friend);
    ok(own.loudest_tapped < -120, "muted, the tap gets silence too");
    wzp_phone_hold(st.phone, room, true, st.now);
    unsigned said = own.said, heard = own.heard;
    for (int i = 0; i < 50; i++)
        speak(&friend);
    ok(own.said == said && own.heard == heard, "on hold nobody is asked or told");
    wzp_phone_hold(st.phone, room, false, st.now);
    wzp_phone_mute(st.phone, room, false, st.now);
    own.gives = 0;
    for (int i = 0; i < 50; i++)
        speak(&friend);
    ok(own.said > said + 40, "afterwards they are");
    ok(st.datagram_length < 30, "who gives nothing says silence");

    wzp_phone_set_audio(st.phone, room, NULL, st.now);
    said = own.said;
    int speakers = 0;
    for (int i = 0; i < 20; i++) {
        speak(&friend);
        speakers = wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    is_int(own.said, said, "without sound of its own nobody is asked");
    is_int(speakers, 1, "and the loudspeaker plays again");

    own.hangs_up = true;
    wzp_phone_set_audio(st.phone, room, &audio, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    ok(last_event(&st, WZP_EVENT_ENDED, room) != NULL, "it may hang up from inside");
    is_int(own.said, said + 1, "and is not asked again");
    is_int(wzp_phone_set_audio(st.phone, room, NULL, st.now), WZP_E_NOT_FOUND,
           "a session that ended has no sound");
    wzp_sender_free(friend.sender);
    stage_fini(&st);
}

/* ---- hold ---- */

static void back_from_hold(void)
{
    static int16_t pcm[960];
    struct wzp_session_stats stats;
    struct speaker friend;
    int speakers = 0, frames = 0;

    stage_init(&st, NULL);
    speaker_init(&friend, 700);
    wzp_session_id room = join("lounge");
    for (int i = 0; i < 50; i++) {
        speak(&friend);
        wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    wzp_phone_hold(st.phone, room, true, st.now);
    for (int i = 0; i < 1000; i++)
        speak(&friend);
    wzp_phone_hold(st.phone, room, false, st.now);
    while (speakers == 0 && frames < 100) {
        speak(&friend);
        speakers = wzp_phone_playback(st.phone, pcm, 960, st.now);
        frames++;
    }
    ok(frames <= 15, "after 20 s on hold the friend is heard within 300 ms (%d ms)", frames * 20);
    for (int i = 0; i < 50; i++) {
        speak(&friend);
        wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.heard.delay_ms < 200, "not late: what was said meanwhile is skipped (%u ms)",
       stats.heard.delay_ms);
    is_int(stats.heard.jitter.lost, 0, "what was not played is not lost");
    ok(stats.mos > 4, "nor does it spoil the call (%.1f)", stats.mos);
    wzp_sender_free(friend.sender);
    stage_fini(&st);
}

static void friend_holds(void)
{
    static int16_t pcm[960];
    struct wzp_session_stats stats;
    struct speaker friend;
    int speakers = 0;

    stage_init(&st, NULL);
    speaker_init(&friend, 700);
    wzp_session_id room = join("lounge");
    for (int i = 0; i < 100; i++) {
        speak(&friend);
        wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    uint64_t concealed = stats.heard.frames_concealed;
    for (int i = 0; i < 500; i++) {
        if (i % 20 == 0)
            wzp_sender_idle(friend.sender, i == 0 ? 20 : 400, emit, NULL);
        run(&st, 20 * WZP_MILLISECOND);
        wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.heard.frames_concealed <= concealed + 6,
       "a friend on hold is silent, not lost (%u frames concealed at the begin)",
       (unsigned)(stats.heard.frames_concealed - concealed));
    is_int(stats.heard.jitter.lost, 0, "no packet is missed");
    ok(wzp_level_rms_dbfs(pcm, 960) < -50, "silence is silent");
    for (int i = 0; i < 25; i++) {
        speak(&friend);
        speakers = wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
    ok(speakers == 1 && wzp_level_rms_dbfs(pcm, 960) > -30, "then the friend is heard again");
    wzp_sender_free(friend.sender);
    stage_fini(&st);
}

/* ---- codec, filters, name ---- */

static int sent_codec(void)
{
    struct wzp_media_packet packet;

    return wzp_media_parse(&packet, st.datagram, st.datagram_length) < 0 ? -1 : packet.header.codec;
}

static void changes(void)
{
    static int16_t pcm[1920];
    struct wzp_session_stats stats;
    struct wzp_error err = {0};

    stage_init(&st, NULL);
    enroll(&st);
    wzp_session_id room = join("lab");
    is_int(wzp_phone_set_codec(st.phone, room, WZP_CODEC_OPUS_6K, st.now), 0, "another codec");
    wzp_phone_capture(st.phone, pcm, 1920, st.now);
    run(&st, 50 * WZP_MILLISECOND);
    is_int(sent_codec(), WZP_CODEC_OPUS_6K, "is sent from the next frame on");
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    is_int(stats.codec_out, WZP_CODEC_OPUS_6K, "and told");
    is_int(wzp_phone_set_codec(st.phone, 0, WZP_CODEC_OPUS_64K, st.now), 0, "another for all");
    wzp_session_id next = join("annex");
    wzp_phone_session_stats(st.phone, next, &stats, st.now);
    is_int(stats.codec_out, WZP_CODEC_OPUS_64K, "also those to come");
    is_int(wzp_phone_set_codec(st.phone, 99, WZP_CODEC_OPUS_64K, st.now), WZP_E_NOT_FOUND,
           "not for what is not there");
    is_int(wzp_phone_set_codec(st.phone, 0, WZP_CODEC_COMFORT_NOISE, st.now), WZP_E_ARGUMENT,
           "not one that cannot be sent");
    is_int(wzp_phone_set_codec(st.phone, 0, (enum wzp_codec)77, st.now), WZP_E_ARGUMENT,
           "nor one that does not exist");

    is_int(wzp_phone_set_dsp(st.phone, true, true, true), 0, "filters are put in");
    unsigned before = st.datagram_count;
    wzp_phone_capture(st.phone, pcm, 960, st.now);
    run(&st, 50 * WZP_MILLISECOND);
    is_int(st.datagram_count - before, 2, "and both rooms are still spoken to");
    is_int(wzp_phone_set_dsp(st.phone, false, false, false), 0, "and taken out");

    size_t registered = heard_count(&st, "RegisterPresence");
    is_int(wzp_phone_set_alias(st.phone, "Zo\xc3\xab", st.now, &err), 0, "another name");
    run(&st, 50 * WZP_MILLISECOND);
    const char *text = heard(&st, "RegisterPresence", registered);
    ok(text != NULL && strstr(text, "Zo\xc3\xab") != NULL, "the relay hears of it at once");
    ok(wzp_phone_registered(st.phone) && event_count(&st, WZP_EVENT_REGISTERED) == 1,
       "without another registration for the user");
    is_int(wzp_phone_set_alias(st.phone, "broken \xff", st.now, &err), WZP_E_SYNTAX, "%s",
           err.text);
    is_int(wzp_phone_set_alias(st.phone,
                               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                               st.now, &err),
           WZP_E_SYNTAX, "%s", err.text);
    stage_fini(&st);
}

static void bad_alias(struct wzp_phone_config *config)
{
    wzp_text_copy(config->alias, sizeof config->alias, "\xc3");
}

static void wrong_name(void)
{
    struct wzp_phone_config config = {.codec = WZP_CODEC_OPUS_24K};
    struct wzp_phone *phone;
    struct wzp_error err = {0};

    bad_alias(&config);
    is_int(wzp_phone_new(&phone, &config, WZP_SECOND, &err), WZP_E_SYNTAX, "%s", err.text);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    own_sound();
    back_from_hold();
    friend_holds();
    changes();
    wrong_name();
}

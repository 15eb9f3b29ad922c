/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Audio through sessions: rooms with several speakers, mute, hold, echo, quality reports, quality
 * directives, members, rejoining a room; and pinging a relay. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "media/level.h"
#include "media/sender.h"
#include "phone/echo.h"
#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

/* A speaker in the room: a tone with a sender number. */
struct speaker {
    struct wzp_tone tone;
    struct wzp_sender *sender;
    uint8_t number;
    bool lost;
};

static void speaker_init(struct speaker *s, double frequency, uint8_t number)
{
    wzp_tone_init(&s->tone, frequency, -20);
    if (wzp_sender_new(&s->sender, WZP_CODEC_OPUS_24K) < 0)
        bail("no sender");
    s->number = number;
    s->lost = false;
}

static void emit(void *context, const struct wzp_media_packet *packet)
{
    const struct speaker *s = context;
    struct wzp_media_packet stamped = *packet;

    stamped.header.sender = s->number;
    if (!s->lost)
        friend_sends(&st, &stamped, false);
}

static void speak(struct speaker *s)
{
    int16_t pcm[960];

    wzp_tone_fill(&s->tone, pcm, 960);
    wzp_sender_push(s->sender, pcm, 960, emit, s);
}

static void loud(struct wzp_phone_config *config)
{
    config->auto_gain = config->denoise = config->echo_cancel = true;
}

static wzp_session_id join(const char *name)
{
    wzp_session_id room;

    if (wzp_phone_join(st.phone, &room, name, st.now, NULL) < 0)
        bail("no room");
    run(&st, 200 * WZP_MILLISECOND);
    return room;
}

/* One frame of 20 ms: both speakers and the phone send, the phone plays. */
static int frame(struct speaker *a, struct speaker *b, struct wzp_tone *own, int16_t *out)
{
    int16_t pcm[960];

    if (a != NULL)
        speak(a);
    if (b != NULL)
        speak(b);
    if (own != NULL) {
        wzp_tone_fill(own, pcm, 960);
        wzp_phone_capture(st.phone, pcm, 960, st.now);
    }
    run(&st, 20 * WZP_MILLISECOND);
    return wzp_phone_playback(st.phone, out, 960, st.now);
}

static void mixing(void)
{
    static int16_t heard_pcm[50 * 960];
    struct speaker a, b;
    struct wzp_tone own;
    struct wzp_session_stats stats;
    int speakers = 0;

    stage_init(&st, NULL);
    speaker_init(&a, 500, 1);
    speaker_init(&b, 1500, 2);
    wzp_tone_init(&own, 900, -20);
    wzp_session_id room = join("Lobby");
    ok(line_of(&st, "lobby") != NULL, "a room needs no registration, its name is lower-cased");
    ok(last_event(&st, WZP_EVENT_JOINED, room) != NULL, "joined");
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->member_count, 2, "two are there");
    for (int i = 0; i < 50; i++)
        frame(&a, &b, &own, heard_pcm);
    for (int i = 0; i < 50; i++)
        speakers = frame(&a, &b, &own, heard_pcm + 960 * i);
    is_int(speakers, 2, "two speakers at once");
    double low = wzp_level_tone_share(heard_pcm, 50 * 960, 500);
    double high = wzp_level_tone_share(heard_pcm, 50 * 960, 1500);
    ok(low > 0.3 && high > 0.3 && low + high > 0.9, "both are heard (%.2f, %.2f)", low, high);
    is_int(event_count(&st, WZP_EVENT_MEDIA), 1, "the first sound is told once");
    ok(st.datagram_count >= 95, "and we are sent (%u packets)", st.datagram_count);
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.is_room && stats.up && stats.speakers == 2 && !stats.e2e, "statistics");
    ok(stats.mos > 4, "a good call (%.2f)", stats.mos);
    ok(stats.level_out_dbfs > -30 && stats.level_in_dbfs > -30, "levels (%.0f, %.0f)",
       stats.level_out_dbfs, stats.level_in_dbfs);

    wzp_phone_hold(st.phone, room, true, st.now);
    for (int i = 0; i < 5; i++)
        speakers = frame(&a, &b, &own, heard_pcm);
    unsigned before = st.datagram_count;
    for (int i = 0; i < 50; i++)
        speakers = frame(&a, &b, &own, heard_pcm + 960 * i);
    is_int(speakers, 0, "held: nothing is heard");
    ok(wzp_level_peak_dbfs(heard_pcm, 50 * 960) < -120, "at all");
    unsigned sent = st.datagram_count - before;
    ok(sent >= 2 && sent <= 4, "the stream stays alive with a packet every 400 ms (%u in 1 s)",
       sent);
    ok(st.datagram_length < 30, "with silence (%zu bytes)", st.datagram_length);
    ok(!wzp_phone_wants_audio(st.phone), "and no device is needed for it");
    wzp_phone_hold(st.phone, room, false, st.now);
    wzp_phone_mute(st.phone, room, true, st.now);
    for (int i = 0; i < 20; i++)
        speakers = frame(&a, &b, &own, heard_pcm + 960 * i);
    is_int(speakers, 2, "muted: others are heard again");
    ok(st.datagram_length < 30, "we are not");
    wzp_phone_mute(st.phone, room, false, st.now);
    for (int i = 0; i < 10; i++)
        frame(&a, &b, &own, heard_pcm);
    ok(st.datagram_length > 30, "until unmuted");
    uint64_t calls = wzp_alloc_calls();
    wzp_phone_capture(st.phone, heard_pcm, 960, st.now);
    wzp_phone_playback(st.phone, heard_pcm, 960, st.now);
    is_int(wzp_alloc_calls() - calls, 0, "a frame in and a frame out allocate nothing");
    is_int(wzp_phone_playback(st.phone, heard_pcm, 100, st.now) >= 0 && heard_pcm[99] == 0, 1,
           "an odd number of samples ends in silence");
    wzp_sender_free(a.sender);
    wzp_sender_free(b.sender);
    stage_fini(&st);
}

static void two_rooms(void)
{
    int16_t pcm[1920];

    stage_init(&st, loud);
    wzp_session_id one = join("one"), two = join("two");
    ok(wzp_phone_session(st.phone, 0) == one && wzp_phone_session(st.phone, 1) == two &&
           wzp_phone_session(st.phone, 2) == 0,
       "two rooms at once");
    memset(pcm, 0, sizeof pcm);
    st.datagram_count = 0;
    wzp_phone_capture(st.phone, pcm, 960, st.now);
    run(&st, 50 * WZP_MILLISECOND);
    is_int(st.datagram_count, 2, "we speak in both, through the filters");
    is_int(wzp_phone_playback(st.phone, pcm, 1920, st.now), 0, "and hear nobody");
    wzp_phone_hangup(st.phone, one, st.now, NULL);
    is_int(wzp_phone_session(st.phone, 0), two, "one is left");
    stage_fini(&st);
}

static void echo(void)
{
    struct speaker a;
    size_t sizes = 0;

    struct wzp_echo mirror = {0};
    struct wzp_session_audio audio = wzp_echo_audio(&mirror);

    stage_init(&st, NULL);
    speaker_init(&a, 700, 1);
    wzp_session_id room = join("mirror");
    wzp_phone_set_audio(st.phone, room, &audio, st.now);
    ok(!wzp_phone_wants_audio(st.phone), "a session with sound of its own needs no devices");
    for (int i = 0; i < 60; i++) {
        speak(&a);
        run(&st, 20 * WZP_MILLISECOND);
        sizes += st.datagram_length > 40;
    }
    ok(st.datagram_count > 50, "echo: a packet for a packet (%u)", st.datagram_count);
    ok(sizes > 20, "with sound in it (%zu)", sizes);
    int16_t pcm[960];
    is_int(wzp_phone_playback(st.phone, pcm, 960, st.now), 0, "no loudspeaker");
    wzp_sender_free(a.sender);
    stage_fini(&st);
}

static void reports(void)
{
    struct speaker a;
    struct wzp_media_packet packet;
    unsigned reported = 0;
    double loss = 0;
    static const int16_t silence[960];

    stage_init(&st, NULL);
    speaker_init(&a, 700, 1);
    wzp_session_id room = join("lossy");
    for (int i = 0; i < 400; i++) {
        a.lost = i % 5 == 4; /* one in five does not arrive */
        speak(&a);
        int16_t out[960];
        wzp_phone_capture(st.phone, silence, 960, st.now);
        run(&st, 20 * WZP_MILLISECOND);
        wzp_phone_playback(st.phone, out, 960, st.now);
        if (wzp_media_parse(&packet, st.datagram, st.datagram_length) == 0 &&
            packet.header.has_report) {
            reported++;
            loss = wzp_quality_report_loss_percent(&packet.report);
        }
    }
    ok(reported >= 5 && reported <= 9, "about one report a second (%u in 8 s)", reported);
    is_near(loss, 20, 5, "it tells the loss of what we hear");
    say(&st, "lossy",
        "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":\"Opus6k\",\"fec_ratio\":0.5,"
        "\"frame_duration_ms\":40,\"frames_per_block\":10},"
        "\"reason\":\"weakest \\u001b[1mlink\"}}");
    const struct entry *e = last_event(&st, WZP_EVENT_QUALITY, room);
    is_str(e != NULL ? e->text : NULL, "Opus6k, weakest ?[1mlink", "a directive is told");
    say(&st, "lossy",
        "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":\"Opus32k\",\"fec_ratio\":0.1,"
        "\"frame_duration_ms\":20,\"frames_per_block\":5},"
        "\"reason\":\"weakest link: Studio32k\"}}");
    e = last_event(&st, WZP_EVENT_QUALITY, room);
    is_str(e != NULL ? e->text : NULL,
           "Opus32k, no more than the weakest connection of all who take part carries",
           "and what a relay says in its own terms, in words");
    wzp_sender_free(a.sender);
    stage_fini(&st);
}

static void members(void)
{
    stage_init(&st, NULL);
    wzp_session_id room = join("crowd");
    say(&st, "crowd",
        "{\"RoomUpdate\":{\"count\":9,\"participants\":["
        "{\"fingerprint\":\"a\",\"alias\":\"x\\u0007\",\"relay_label\":null},"
        "{\"fingerprint\":\"a\",\"alias\":\"x\\u0007\",\"relay_label\":\"far\"},"
        "{\"fingerprint\":\"\",\"alias\":null,\"relay_label\":null}]}}");
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->member_count, 2, "doubles count once");
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->members_unproven, 0,
           "a relay that says nothing of proofs marks nobody");
    say(&st, "crowd",
        "{\"RoomUpdate\":{\"count\":3,\"participants\":["
        "{\"fingerprint\":\"a\",\"alias\":\"x\",\"relay_label\":null,\"proven\":true},"
        "{\"fingerprint\":\"b\",\"alias\":\"x\",\"relay_label\":null,\"proven\":false},"
        "{\"fingerprint\":\"c\",\"alias\":\"x\",\"relay_label\":null}]}}");
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->members_unproven, 1,
           "who did not prove the key is marked");
    static char text[120000];
    size_t length = (size_t)snprintf(text, sizeof text,
                                     "{\"RoomUpdate\":{\"count\":1500,"
                                     "\"participants\":[");
    for (int i = 0; i < 1500; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "%s{\"fingerprint\":\"%d\",\"alias\":null,\"relay_label\":null}",
                                   i ? "," : "", i);
    snprintf(text + length, sizeof text - length, "]}}");
    say(&st, "crowd", text);
    run(&st, WZP_SECOND);
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->member_count, 1024, "a crowd is bounded");
    say(&st, "crowd", "{\"RoomUpdate\":{\"count\":0,\"participants\":[]}}");
    is_int(told(&st, WZP_EVENT_MEMBERS, room)->member_count, 0, "and may be empty");
    say(&st, "crowd", "{\"RoomUpdate\":{\"count\":0}}");
    say(&st, "crowd", "{\"Future\":1}");
    say(&st, "crowd", "\"Mute\"");
    ok(line_of(&st, "crowd") != NULL, "rubbish does not end a room");
    stage_fini(&st);
}

static void coming_back(void)
{
    stage_init(&st, NULL);
    wzp_session_id room = join("sticky");
    st.cut_handshakes = true;
    wzp_quic_conn_close(the_line(&st, "sticky")->conn, 0, "", false, st.now);
    run(&st, 100 * WZP_SECOND);
    is_int(wzp_phone_session(st.phone, 0), room, "a room is dialled for as long as one stays");
    st.cut_handshakes = false;
    run(&st, 45 * WZP_SECOND);
    ok(line_of(&st, "sticky") != NULL, "and is back");
    is_int(event_count(&st, WZP_EVENT_JOINED), 2, "which is told");
    stage_fini(&st);

    stage_init(&st, NULL);
    st.cut_handshakes = true;
    room = join("never");
    run(&st, 12 * WZP_SECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_ENDED, room);
    ok(e != NULL && e->reason == WZP_END_LOST, "a room that never was is given up: %s",
       e != NULL ? e->text : "-");
    stage_fini(&st);

    stage_init(&st, NULL);
    st.close_rooms = true;
    room = join("closed");
    run(&st, 12 * WZP_SECOND);
    e = last_event(&st, WZP_EVENT_ENDED, room);
    ok(e != NULL && e->reason == WZP_END_REFUSED, "a relay that lets nobody in: %s",
       e != NULL ? e->text : "-");
    stage_fini(&st);

    stage_init(&st, NULL);
    st.proof = PROOF_WRONG;
    room = join("forged");
    run(&st, 12 * WZP_SECOND);
    ok(!last_event(&st, WZP_EVENT_JOINED, room) && !wzp_phone_wants_audio(st.phone),
       "a relay with a wrong proof gets no audio");
    stage_fini(&st);
}

static void ping(void)
{
    struct wzp_error err = {0};
    struct wzp_addr none;

    stage_init(&st, NULL);
    st.build = "b1\x1b";
    memset(&none, 0, sizeof none);
    struct wzp_relay_entry relay = relay_entry(&st, "r:1");
    wzp_phone_set_networks(st.phone, NULL, &none, &none, st.now);
    is_int(wzp_phone_ping(st.phone, &relay, st.now, &err), WZP_E_NETWORK, "%s", err.text);
    wzp_phone_set_networks(st.phone, NULL, &st.phone_address, &none, st.now);
    is_int(wzp_phone_ping(st.phone, &relay, st.now, NULL), 0, "ping");
    run(&st, WZP_SECOND);
    const struct entry *e = last_event(&st, WZP_EVENT_PONG, 0);
    ok(e != NULL && e->rtt_ms >= 10 && e->rtt_ms <= 30, "the time is known");
    is_str(e != NULL ? e->build : NULL, "b1?", "and the build, filtered");
    st.build = NULL;
    wzp_phone_ping(st.phone, &relay, st.now, NULL);
    run(&st, 4 * WZP_SECOND);
    is_int(event_count(&st, WZP_EVENT_PONG), 2, "no build: the time is told all the same");
    is_int(told(&st, WZP_EVENT_PONG, 0)->pin, WZP_PIN_MATCH, "the certificate is known now");
    relay_crash(&st);
    wzp_phone_ping(st.phone, &relay, st.now, NULL);
    run(&st, 4 * WZP_SECOND);
    ok(event_count(&st, WZP_EVENT_PONG) == 2 && event_count(&st, WZP_EVENT_ERROR) == 1,
       "nobody there is an error after 3 s");
    stage_fini(&st);
}

static void low(struct wzp_phone_config *config)
{
    config->low_complexity = true;
}

/* Bytes of media that the phone sends in a second. */
static size_t spoken(void (*change)(struct wzp_phone_config *config))
{
    static int16_t heard_pcm[960];
    struct speaker a;
    struct wzp_tone own;
    size_t bytes = 0;

    stage_init(&st, change);
    speaker_init(&a, 500, 1);
    wzp_tone_init(&own, 900, -20);
    join("Lobby");
    for (int i = 0; i < 100; i++) {
        unsigned before = st.datagram_count;
        frame(&a, NULL, &own, heard_pcm);
        if (i >= 50 && st.datagram_count > before)
            bytes += st.datagram_length;
    }
    wzp_sender_free(a.sender);
    stage_fini(&st);
    return bytes;
}

static void complexity(void)
{
    size_t full = spoken(NULL);

    is_int(spoken(NULL), full, "the same voice is as many bytes each time");
    ok(spoken(low) != full, "and others when it is coded with low complexity");
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    mixing();
    complexity();
    two_rooms();
    echo();
    reports();
    members();
    coming_back();
    ping();
}

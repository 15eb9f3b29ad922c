/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the phone sends and reports to existing programs: over slow lines, with loss, and when a
 * relay asks for a lower rate. */
#include <stdio.h>
#include <string.h>

#include "media/decoder.h"
#include "media/level.h"
#include "media/sender.h"
#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

/* A peer that sends the quality reports of the existing programs. */
struct speaker {
    struct wzp_tone tone;
    struct wzp_sender *sender;
    bool lost;
};

static void emit(void *context, const struct wzp_media_packet *packet)
{
    const struct speaker *s = context;
    struct wzp_media_packet stamped = *packet;

    stamped.header.sender = 1;
    if (!s->lost)
        friend_sends(&st, &stamped, false);
}

/* What the phone sent in that time. */
struct sent {
    unsigned packets, lbrr, long_frames, reports, most_rtt_ms;
    double loss; /* of the last report */
};

static void note_sent(struct sent *sent)
{
    struct wzp_media_packet packet;

    if (wzp_media_parse(&packet, st.datagram, st.datagram_length) < 0)
        return;
    unsigned ms = wzp_decoder_packet_ms(packet.header.codec, packet.payload, packet.payload_length);
    sent->packets++;
    sent->long_frames += ms != wzp_codec_info(packet.header.codec)->frame_ms;
    sent->lbrr += wzp_decoder_has_lbrr(packet.header.codec, packet.payload, packet.payload_length);
    if (!packet.header.has_report)
        return;
    sent->reports++;
    sent->loss = wzp_quality_report_loss_percent(&packet.report);
    if (packet.report.rtt_4ms * 4u > sent->most_rtt_ms)
        sent->most_rtt_ms = packet.report.rtt_4ms * 4u;
}

/* Both sides send; every lost_of-th packet of the peer is lost (0: none). */
static void talk(struct speaker *s, struct wzp_tone *own, unsigned frames, unsigned lost_of,
                 struct sent *sent)
{
    static const struct wzp_quality_report good = {.rtt_4ms = 10, .bitrate_cap_kbps = 200};
    int16_t pcm[960];

    memset(sent, 0, sizeof *sent);
    for (unsigned i = 0; i < frames; i++) {
        s->lost = lost_of > 0 && i % lost_of == lost_of - 1;
        wzp_sender_set_report(s->sender, &good);
        wzp_tone_fill(&s->tone, pcm, 960);
        wzp_sender_push(s->sender, pcm, 960, emit, s);
        wzp_tone_fill(own, pcm, 960);
        unsigned before = st.datagram_count;
        wzp_phone_capture(st.phone, pcm, 960, st.now);
        run(&st, 20 * WZP_MILLISECOND);
        if (st.datagram_count != before)
            note_sent(sent);
        wzp_phone_playback(st.phone, pcm, 960, st.now);
    }
}

static void say_directive(const char *codec)
{
    char text[200];

    snprintf(text, sizeof text,
             "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":\"%s\",\"fec_ratio\":0.5,"
             "\"frame_duration_ms\":20,\"frames_per_block\":5}}}",
             codec);
    say(&st, "old", text);
}

/* Joins a room in which the peer speaks, and speaks there. */
static wzp_session_id begin(struct speaker *s, struct wzp_tone *own, const char *name)
{
    wzp_session_id room;

    *s = (struct speaker){0};
    stage_init(&st, NULL);
    wzp_tone_init(&s->tone, 500, -20);
    wzp_tone_init(own, 900, -20);
    if (wzp_sender_new(&s->sender, WZP_CODEC_OPUS_24K) < 0 ||
        wzp_phone_join(st.phone, &room, name, st.now, NULL) < 0)
        bail("no room");
    run(&st, 200 * WZP_MILLISECOND);
    return room;
}

static void end(struct speaker *s)
{
    wzp_sender_free(s->sender);
    stage_fini(&st);
}

static void old_programs(void)
{
    static const struct wzp_sim_link slow = {.delay = 150 * WZP_MILLISECOND};
    struct wzp_session_stats stats;
    struct speaker s;
    struct wzp_tone own;
    struct sent sent;
    wzp_session_id room = begin(&s, &own, "old");

    talk(&s, &own, 150, 0, &sent);
    talk(&s, &own, 200, 0, &sent);
    ok(sent.packets > 190, "a program of the existing kind: packets are sent (%u)", sent.packets);
    is_int(sent.lbrr, 0, "without the redundancy that it does not read");
    is_int(sent.long_frames, 0, "in frames as long as their id says");
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.coding.expected_loss >= WZP_EXPECTED_LOSS_FLOOR && stats.coding.dred_ms > 0,
       "with that which it would send itself (%u %%, %u ms)", stats.coding.expected_loss,
       stats.coding.dred_ms);

    talk(&s, &own, 500, 5, &sent);
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(sent.reports >= 7 && sent.reports <= 11, "a report a second (%u in ten)", sent.reports);
    ok(stats.heard.jitter.loss_percent_5s > 15 && sent.loss < 15,
       "a fifth is lost: told is what redundancy left of it (%.0f %%)", sent.loss);

    wzp_sim_set_links(st.phone_host, &slow, &slow);
    talk(&s, &own, 600, 0, &sent);
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.path.rtt_smoothed > 280 * WZP_MILLISECOND && sent.most_rtt_ms < 200,
       "a round trip of 300 ms is told as %u: nobody turns to Codec2 for it", sent.most_rtt_ms);
    ok(stats.codec_out != WZP_CODEC_CODEC2_1200 && stats.codec_out != WZP_CODEC_CODEC2_3200,
       "nor do we");

    ok(stats.coding.frame_ms == 20, "and a longer way is no narrow line");
    double before = stats.coding.sent_kbps;
    say_directive("Codec2_1200");
    talk(&s, &own, 100, 0, &sent);
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.coding.sent_kbps < before * 0.9, "a directive makes us send less (%.0f kbit/s, %.0f)",
       stats.coding.sent_kbps, before);
    ok(wzp_codec_info(stats.codec_out)->is_opus, "though not with the codec it names");
    is_int(sent.long_frames, 0, "and frames stay as long as their id says");
    say_directive("Opus24k");
    talk(&s, &own, 1300, 0, &sent);
    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    ok(stats.coding.frame_ms == 20, "until it is taken back");
    end(&s);
}

/* The cost of playback is reported after each block; here it takes that share of real time. */
static void playback_costs(double share, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 50; i++)
        wzp_phone_spent(st.phone, (uint64_t)(share * 20 * WZP_MILLISECOND), 960);
}

static unsigned complexity_in(wzp_session_id room)
{
    struct wzp_session_stats stats;

    wzp_phone_session_stats(st.phone, room, &stats, st.now);
    return (unsigned)stats.heard.complexity;
}

static void slow_machine(void)
{
    struct speaker s;
    struct wzp_tone own;
    struct sent sent;
    wzp_session_id room = begin(&s, &own, "slow");

    talk(&s, &own, 50, 0, &sent);
    is_int(complexity_in(room), WZP_DECODER_FULL, "a machine that can decodes with all there is");
    playback_costs(0.05, 2);
    is_int(complexity_in(room), WZP_DECODER_FULL, "as long as that is little of its time");
    playback_costs(0.9, 3);
    unsigned less = complexity_in(room);
    ok(less < WZP_DECODER_FULL, "one that is told to be slow does less (%u)", less);
    talk(&s, &own, 50, 0, &sent);
    is_int(complexity_in(room), less, "in the call that is up");
    playback_costs(0.01, 600);
    ok(complexity_in(room) > less, "and more again once it is at ease (%u)", complexity_in(room));
    end(&s);
}

TAP_MAIN
{
    old_programs();
    slow_machine();
}

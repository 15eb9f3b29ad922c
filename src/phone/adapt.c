/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/adapt.h"

#include <math.h>
#include <string.h>

#define LOOK (100 * WZP_MILLISECOND)
#define TUNE_LOOKS 5                       /* the existing programs look every 25 frames */
#define HURRY_TIME (500 * WZP_MILLISECOND) /* least time from one report to an urgent one */
#define REPORT_FRESH (5 * WZP_SECOND)
#define WARNED_TIME (30 * WZP_SECOND)
#define SPARED_TIME (30 * WZP_SECOND)
#define KIND_FRESH (10 * WZP_SECOND) /* how long a report tells the kind of its program */
/* Three reports of 200 ms or more make the existing programs, and relays of their kind, choose
 * their poorest codec, which is wrong for a path that is long but good. Where a relay or such a
 * program reads our reports, they tell at most the longest round trip that does no harm. */
#define RTT_TOLD_MAX_MS 199
#define VOICE_FRAMES 25 /* of a second; with less the rate of the voice is unknown */

void wzp_adapt_begin(struct wzp_leg *leg, bool is_room, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;

    /* A peer whose keys agreed with ours looks into packets, as we do. */
    m->is_room = is_room;
    wzp_control_init(&m->control, leg->phone->config.codec, m->sealed, now);
    m->measured = NULL;
    m->next_look = now;
    m->looks = 0;
    m->old_at = m->ours_at = m->peer_at = m->told_at = m->warned_until = m->spared_until = 0;
    wzp_sender_set_sparse(m->sender, true);
    if (m->sealed) {
        wzp_control_begin_small(&m->control, now);
        wzp_sender_probe(m->sender);
    }
    wzp_adapt_look(leg, now);
}

static bool is_fresh(uint64_t at, uint64_t time, uint64_t now)
{
    return at != 0 && wzp_time_since(now, at) < time;
}

/* The number of listeners beside us: as many as the relay's list of members says (which one who
 * claims to be us may spoil), or as many as were heard. */
static unsigned listeners(const struct wzp_leg *leg, uint64_t now)
{
    size_t listed = leg->session->member_count;
    unsigned heard = wzp_crowd_senders(&leg->stream.crowd, now);

    if (!leg->stream.is_room)
        return 1;
    return listed > heard + 1u ? (unsigned)listed - 1 : heard;
}

/* In a room of more than two, what most members report counts, and a narrower path of some costs at
 * most one step down; else the peer's report counts. Reports of existing programs tell the loss of
 * their own path, those of ours what they receive from us. */
static void take_report(struct wzp_leg *leg, uint8_t sender, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_feedback sum;
    unsigned least_kbps;

    bool counts = !m->is_room || wzp_crowd_report(&m->crowd, sender, &m->feedback, now);
    if (!m->feedback.extended)
        return;
    unsigned others = listeners(leg, now);
    if (others <= 1) {
        wzp_control_report(&m->control, &m->feedback, now);
        return;
    }
    if (!counts)
        return;
    wzp_crowd_sum(&m->crowd, others, true, &sum, &least_kbps, now);
    wzp_control_report(&m->control, &sum, now);
    if (least_kbps == 0)
        return;
    wzp_control_spare(&m->control, least_kbps, now);
    m->spared_until = wzp_time_add(now, SPARED_TIME);
}

void wzp_adapt_receive(struct wzp_leg *leg, const struct wzp_media_packet *packet, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;

    m->bytes_in += packet->payload_length;
    if (!packet->header.has_report)
        return;
    wzp_feedback_read(&m->feedback, &packet->report);
    m->peer_at = now;
    if (m->feedback.extended)
        m->ours_at = now;
    else
        m->old_at = now;
    bool old = is_fresh(m->old_at, KIND_FRESH, now);
    bool ours = is_fresh(m->ours_at, KIND_FRESH, now);
    wzp_control_set_peer(&m->control, m->sealed || (ours && !old && !m->is_room), old && !m->sealed,
                         now);
    take_report(leg, packet->header.sender, now);
}

/* Gives the controller the round trips of the path in use, and the figures that are all we know
 * about existing programs. */
static void look_at_path(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_quic_stats stats;

    if (!path) {
        m->measured = NULL;
        return;
    }
    if (path->conn != m->measured) {
        m->measured = path->conn;
        m->rtt_samples = 0;
        wzp_control_new_path(&m->control, now);
    }
    wzp_quic_conn_stats(path->conn, &stats);
    if (stats.rtt_samples != m->rtt_samples)
        wzp_control_path(&m->control, (double)stats.rtt_latest / (double)WZP_MILLISECOND, now);
    m->rtt_samples = stats.rtt_samples;
    if (m->looks % TUNE_LOOKS != 0)
        return;
    wzp_control_tune(&m->control, path->loss_percent,
                     (unsigned)(stats.rtt_smoothed / WZP_MILLISECOND), m->jitter_ms);
}

static void set_report(struct wzp_stream *m, const struct wzp_playout_stats *told, unsigned rtt_ms,
                       uint64_t now)
{
    struct wzp_quality_report report;

    if (!m->sealed && rtt_ms > RTT_TOLD_MAX_MS)
        rtt_ms = RTT_TOLD_MAX_MS;
    wzp_feedback_write(&report, told, rtt_ms);
    wzp_sender_set_report(m->sender, &report);
    m->loss_told = wzp_quality_report_loss_percent(&report);
    m->told_at = now;
}

/* Reports at once, to programs that can use it, that the path fills up or begins to lose much. The
 * first report, which tells that the path is wide, is also sent at once. */
static void hurry(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_playout_stats heard;
    struct wzp_quic_stats stats = {0};

    if (!m->measured || wzp_time_since(now, m->told_at) < HURRY_TIME ||
        !(m->sealed || is_fresh(m->ours_at, KIND_FRESH, now)))
        return;
    if (wzp_receiver_is_unsure(m->receiver, now))
        return;
    wzp_receiver_stats(m->receiver, &heard, now);
    if (m->told_at != 0 && !wzp_feedback_is_urgent(&heard, m->loss_told))
        return;
    wzp_quic_conn_stats(m->measured, &stats);
    set_report(m, &heard, (unsigned)(stats.rtt_smoothed / WZP_MILLISECOND), now);
    wzp_sender_report_soon(m->sender);
}

void wzp_adapt_look(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_encoder_plan plan;

    if (now < m->next_look)
        return;
    m->next_look = wzp_time_add(now, LOOK);
    m->looks++;
    look_at_path(leg, now);
    hurry(leg, now);
    if (m->warned_until != 0 && now >= m->warned_until) {
        m->warned_until = 0;
        wzp_control_warn(&m->control, false, now);
    }
    if (m->spared_until != 0 && now >= m->spared_until) {
        m->spared_until = 0;
        wzp_control_spare(&m->control, 0, now);
    }
    if (wzp_control_decide(&m->control, &plan, now))
        (void)wzp_sender_set_plan(m->sender, &plan); /* codecs are checked when they are chosen */
}

/* For a peer that does not report what it receives: takes the worse of its path's loss and ours. */
static void guess_report(struct wzp_leg *leg, const struct wzp_path *path, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_feedback sum = m->feedback;
    unsigned least_kbps, others = listeners(leg, now);

    if (others > 1)
        wzp_crowd_sum(&m->crowd, others, false, &sum, &least_kbps, now);
    double told = is_fresh(m->peer_at, REPORT_FRESH, now) ? sum.loss_percent : 0;
    double own = path ? path->loss_percent : 0;
    struct wzp_feedback guess = {.loss_percent = told > own ? told : own};

    wzp_control_report(&m->control, &guess, now);
}

/* Measures the rate of the received voice, only in seconds in which somebody speaks. */
static void measure_rate(struct wzp_stream *m, const struct wzp_playout_stats *heard)
{
    double kbps = (double)m->bytes_in * 8 / 1000;
    uint64_t voiced = heard->frames_decoded - m->decoded_before;

    m->kbps_in = kbps;
    m->bytes_in = 0;
    if (heard->frames_decoded >= m->decoded_before && voiced >= VOICE_FRAMES)
        m->voice_kbps += (kbps - m->voice_kbps) * (m->voice_kbps > 0 ? 0.25 : 1);
    m->decoded_before = heard->frames_decoded;
}

void wzp_adapt_tick(struct wzp_leg *leg, const struct wzp_path *path,
                    const struct wzp_playout_stats *heard, const struct wzp_quic_stats *stats,
                    uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_playout_stats told = *heard;
    bool old = !m->sealed && is_fresh(m->old_at, KIND_FRESH, now);

    measure_rate(m, heard);
    m->jitter_ms = (unsigned)heard->jitter.jitter_ms;
    if (!is_fresh(m->ours_at, REPORT_FRESH, now))
        guess_report(leg, path, now);
    /* As with round trips: to an existing program we tell only the loss that redundancy did not
     * repair, so that it keeps the codec that has the redundancy. */
    if (old) {
        told.jitter.loss_percent_1s = told.jitter.loss_percent_5s = m->residual_loss;
        told.jitter.behind_percent_5s = 0;
    }
    /* The peer waits for our first report (wzp_control_begin_small), which must not say how wide
     * the path is before that is known. */
    if (m->sealed && wzp_receiver_is_unsure(m->receiver, now))
        return;
    set_report(m, &told, (unsigned)(stats->rtt_smoothed / WZP_MILLISECOND), now);
}

/* Place in the order of tiers; unknown ones count as the middle. */
static int rank(enum wzp_codec codec)
{
    for (int tier = WZP_TIER_CATASTROPHIC; tier < WZP_TIER_COUNT; tier++)
        if (wzp_tier_profile((enum wzp_tier)tier)->codec == codec)
            return tier;
    return WZP_TIER_GOOD;
}

void wzp_adapt_directive(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    bool poorer = rank(codec) < rank(leg->phone->config.codec) && rank(codec) < WZP_TIER_GOOD;

    if (!m->sender)
        return;
    m->warned_until = poorer ? wzp_time_add(now, WARNED_TIME) : 0;
    wzp_control_warn(&m->control, poorer, now);
}

int wzp_adapt_set_codec(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now)
{
    struct wzp_stream *m = &leg->stream;
    struct wzp_encoder_plan plan;

    wzp_encoder_plan_of(&plan, codec);
    int result = wzp_encoder_check_plan(wzp_sender_encoder(m->sender), &plan);
    if (result < 0)
        return result;
    wzp_control_set_best(&m->control, codec, now);
    m->next_look = now;
    wzp_adapt_look(leg, now);
    return 0;
}

void wzp_adapt_stats(const struct wzp_stream *m, struct wzp_coding_stats *out)
{
    const struct wzp_control *c = &m->control;
    const struct wzp_encoder_plan *plan = wzp_encoder_plan(wzp_sender_encoder(m->sender));

    memset(out, 0, sizeof *out);
    out->bitrate = plan->bitrate;
    out->frame_ms = plan->frame_ms;
    out->fec = plan->fec;
    out->copies = plan->copies;
    out->expected_loss = plan->expected_loss;
    out->dred_ms = plan->dred_units * 10u;
    out->sent_kbps = c->sent_kbps;
    out->received_kbps = m->kbps_in;
    out->peer_loss_percent = c->protection.loss;
    out->peer_run = c->protection.run;
    out->peer_limit_kbps = c->limit_kbps;
    out->tuner_dred_ms = c->protection.tuning.dred_units * 10;
    out->tuner_expected_loss = c->protection.tuning.expected_loss;
}

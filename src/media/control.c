/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/control.h"

#include <math.h>
#include <string.h>

#include "base/time.h"
#include "media/lossrun.h"

#define QUEUE_MS 40.0   /* a round trip this much above the least one is a queue */
#define RISING_MS 20.0  /* likewise, while the queue grows fast */
#define RISING 0.1      /* ms per ms: growth that counts as fast */
#define GROWTH 0.02     /* ms per ms from which on the queue counts as growing */
#define NOISE_TIMES 2.0 /* a few late packets in a row are no queue */
#define GROWTH_MAX 0.9
#define WIDE_KBPS 1000 /* as good as any */
#define LISTENED 1.1   /* a reported limit above this many times the rate sent changes nothing */
#define UNSURE 1.14    /* error factor of a quick measurement, or of a reported class */
#define FAR 1.2        /* a step up by more than this factor is a long one */
#define TOLD_PART 0.33 /* position within a reported class, from its lower end */
#define EMPTY_MS 20.0  /* less is no queue */
#define TRY_MS 25.0    /* after a step up, a growing queue this much longer counts as congestion */
#define TRY_TIME (6 * WZP_SECOND)
#define TOLD_TIME (200 * WZP_MILLISECOND)
#define DEAF_TIME (20 * WZP_SECOND)     /* until the peer's base delay is that of the longer path */
#define SETTLE (1500 * WZP_MILLISECOND) /* after a step down: time until its effect shows */
/* Longest cautious beginning: by then the peer must have reported. */
#define SMALL_TIME (1200 * WZP_MILLISECOND)
#define SMALL_BITRATE 24000
#define SMALL_DEAF (2 * WZP_SECOND) /* the peer repeats its first limit that long (arrivals.h) */
#define PROOF_TIME (1200 * WZP_MILLISECOND)
#define SMALL_PART 0.67 /* position within the first reported class */
#define RATE_TIME (500 * WZP_MILLISECOND)
#define TALKING 0.6 /* share of a row's rate: sending less is a pause in speech */
#define SHARE 0.92  /* share of the line's rate that may be used */
#define DRAIN 0.7   /* likewise, while a queue is being drained */
#define DRAIN_TIME (500 * WZP_MILLISECOND)
#define LONGER_SHARE 0.75
#define LONGER_LOSS 2.0            /* percent */
#define CONGESTED (6 * WZP_SECOND) /* after a step down: loss still comes from the queue */
/* A call begins at the full rate; until the first congestion steps up are quick. */
#define PATIENCE_START (700 * WZP_MILLISECOND)
#define PATIENCE_BELOW (4 * WZP_SECOND) /* for rates that the line carried before */
#define PATIENCE_MIN (40 * WZP_SECOND)
#define PATIENCE_MAX (120 * WZP_SECOND)
#define PROBE_TIME                                                                                 \
    (30 * WZP_SECOND) /* trouble within it means that the last step up was too much */
#define REPORT_FRESH (5 * WZP_SECOND)

static double wire_kbps(const struct wzp_control *c, unsigned row)
{
    return wzp_ladder_kbps(&c->ladder, row);
}

static void note_change(struct wzp_control *c, enum wzp_control_change change, uint64_t now)
{
    c->change = change;
    c->changed_at = now;
    if (change == WZP_CONTROL_BEGUN || change == WZP_CONTROL_RAISED)
        c->raised_at = now;
}

static bool was_try(const struct wzp_control *c)
{
    return c->change == WZP_CONTROL_BEGUN || c->change == WZP_CONTROL_RAISED;
}

static bool was_step_up(const struct wzp_control *c)
{
    return c->change == WZP_CONTROL_RAISED || c->change == WZP_CONTROL_REGAINED;
}

void wzp_control_init(struct wzp_control *c, enum wzp_codec best, bool long_frames, uint64_t now)
{
    memset(c, 0, sizeof *c);
    c->ladder.best = best;
    c->ladder.long_frames = long_frames;
    wzp_protection_init(&c->protection, best);
    c->report_at = c->looked_at = c->sent_since = now;
    wzp_path_queue_init(&c->path, now);
    note_change(c, WZP_CONTROL_BEGUN, now);
    c->patience = PATIENCE_START;
}

void wzp_control_begin_small(struct wzp_control *c, uint64_t now)
{
    if (c->ladder.long_frames && wzp_codec_info(c->ladder.best)->is_opus)
        c->small_until = wzp_time_add(now, SMALL_TIME);
}

void wzp_control_set_best(struct wzp_control *c, enum wzp_codec best, uint64_t now)
{
    if (c->ladder.best == best)
        return;
    c->ladder.best = best;
    c->row = 0;
    c->small_until = c->unproven_until = 0;
    note_change(c, WZP_CONTROL_BEGUN, now);
    wzp_tuner_set_codec(&c->protection.tuner, best);
}

void wzp_control_set_peer(struct wzp_control *c, bool long_frames, bool old, uint64_t now)
{
    c->protection.tuned = old;
    if (c->ladder.long_frames == long_frames)
        return;
    c->ladder.long_frames = long_frames;
    unsigned count = wzp_ladder_count(&c->ladder);
    if (c->row >= count)
        c->row = count - 1;
    if (now != c->changed_at) /* otherwise part of another change at the same time */
        note_change(c, WZP_CONTROL_OTHER, now);
    c->quiet = 0;
}

void wzp_control_new_path(struct wzp_control *c, uint64_t now)
{
    wzp_path_queue_init(&c->path, now);
    c->quiet = 0;
}

void wzp_control_tune(struct wzp_control *c, double loss_percent, unsigned rtt_ms,
                      unsigned jitter_ms)
{
    (void)wzp_tuner_update(&c->protection.tuner, &c->protection.tuning, (float)loss_percent, rtt_ms,
                           jitter_ms);
}

void wzp_control_sent(struct wzp_control *c, size_t payload_bytes, uint64_t now)
{
    c->sent_bytes += payload_bytes + WZP_PACKET_OVERHEAD;
    uint64_t passed = wzp_time_since(now, c->sent_since);
    if (passed < RATE_TIME)
        return;
    c->sent_kbps = (double)c->sent_bytes * 8 / ((double)passed / (double)WZP_MILLISECOND);
    c->sent_before = c->sent_bytes;
    c->sent_time = passed;
    c->sent_bytes = 0;
    c->sent_since = now;
}

void wzp_control_path(struct wzp_control *c, double rtt_ms, uint64_t now)
{
    wzp_path_queue_sample(&c->path, rtt_ms, now);
}

void wzp_control_report(struct wzp_control *c, const struct wzp_feedback *report, uint64_t now)
{
    double loss = report->loss_percent;
    /* For a program that does not report the mean run, assume random loss. */
    double run = report->extended ? report->run : wzp_lossrun_at_random(loss);

    /* What a full queue drops is no reason for redundancy. */
    bool congested =
        report->limit_kbps > 0 || (c->row > 0 && wzp_time_since(now, c->changed_at) < CONGESTED);

    c->lost = loss;
    /* In the cautious beginning few packets are sent: that none were lost says nothing. */
    if (c->small_until == 0 || loss > c->protection.loss)
        wzp_protection_report(&c->protection, loss, run, congested);
    c->limit_kbps = report->limit_kbps;
    c->limit_next =
        report->limit_next > report->limit_kbps ? report->limit_next : report->limit_kbps;
    c->report_at = now;
    c->has_report = true;
    c->extended = report->extended;
}

/* Has the peer reported that less comes through than is sent? */
static bool is_told(const struct wzp_control *c, uint64_t now)
{
    return c->has_report && wzp_time_since(now, c->report_at) < REPORT_FRESH &&
           /* Reports from before the last step up are outdated. */
           (c->stepped_at == 0 || c->report_at >= wzp_time_add(c->stepped_at, TOLD_TIME)) &&
           c->report_at >= c->deaf_until && c->limit_kbps > 0 &&
           c->limit_kbps < wire_kbps(c, c->row) * LISTENED;
}

/* How much longer than the smallest packets, which set the base, a packet takes without any queue:
 * up to a frame's time when the line is just wide enough; less when the line is known to carry
 * more. */
static double alone_ms(const struct wzp_control *c, unsigned row)
{
    double frame = wzp_ladder_frame_ms(&c->ladder, row);
    double kbps = wzp_ladder_bitrate(&c->ladder, row) / 1000.0;
    double share = c->ceiling_kbps > 0 ? kbps / c->ceiling_kbps : 1;

    return frame * fmin(share, 1);
}

/* The last change was a step up, and not long ago. */
static bool is_trying(const struct wzp_control *c, uint64_t now)
{
    return was_step_up(c) && wzp_time_since(now, c->stepped_at) < TRY_TIME;
}

/* Steps up to a row of a higher rate, which is watched closely at first. */
static void step_up(struct wzp_control *c, unsigned row, enum wzp_control_change change,
                    uint64_t now)
{
    double growth, reached;
    double queue = wzp_path_queue_ms(&c->path, &growth, &reached, now);

    c->queue_before = fmax(queue, 0) + alone_ms(c, row) - alone_ms(c, c->row);
    c->stepped_from = c->row;
    c->row = row;
    c->stepped_at = now;
    note_change(c, change, now);
}

/* The queue was left by the beginning of the call, and the peer had measured the line's width
 * before. */
static bool is_first_queue(const struct wzp_control *c, uint64_t now)
{
    return c->stepped_at == 0 && c->ceiling_kbps > 0 && now < c->deaf_until;
}

static void step_down(struct wzp_control *c, double carries, uint64_t now)
{
    if (c->row + 1 >= wzp_ladder_count(&c->ladder))
        return;
    /* The last try to go up was too much: wait longer before the next one. */
    if (c->patience < PATIENCE_MIN)
        c->patience = PATIENCE_MIN;
    else if (c->raised_at && wzp_time_since(now, c->raised_at) < PROBE_TIME)
        c->patience = c->patience * 2 < PATIENCE_MAX ? c->patience * 2 : PATIENCE_MAX;
    if (!c->draining)
        c->row_before = c->row;
    if (is_trying(c, now)) { /* the row before was fine; this one is too much */
        carries = fmin(fmax(carries, wire_kbps(c, c->stepped_from)), wire_kbps(c, c->row));
        c->known_kbps = fmin(c->known_kbps, wire_kbps(c, c->row) - 0.1);
        c->row = c->stepped_from;
    } else if (is_first_queue(c, now)) {
        carries = c->ceiling_kbps; /* a better estimate than the rate sent now */
        c->row = wzp_ladder_fitting(&c->ladder, c->row + 1, carries * DRAIN);
    } else {
        c->known_kbps = carries * UNSURE * SHARE;
        /* The queue took longer to show, but the last step up was too much as well. */
        if (was_step_up(c))
            c->known_kbps = fmin(c->known_kbps, wire_kbps(c, c->row) - 0.1);
        c->row = wzp_ladder_fitting(&c->ladder, c->row + 1, carries * DRAIN);
    }
    c->ceiling_kbps = carries;
    c->draining = true;
    note_change(c, WZP_CONTROL_OTHER, now);
    c->quiet = 0;
    c->raised_at = 0;
}

/* The queue is gone: what the line carries may be used again. */
static void end_drain(struct wzp_control *c, uint64_t now)
{
    double growth, reached;
    uint64_t passed = wzp_time_since(now, c->changed_at);
    double queue = wzp_path_queue_ms(&c->path, &growth, &reached, now);

    if (passed < DRAIN_TIME || (passed < SETTLE && queue > EMPTY_MS + alone_ms(c, c->row)))
        return;
    unsigned row = wzp_ladder_fitting(&c->ladder, 1, fmin(c->ceiling_kbps * SHARE, c->known_kbps));

    c->draining = false;
    note_change(c, WZP_CONTROL_OTHER, now);
    if (row < c->row)
        step_up(c, row, WZP_CONTROL_REGAINED, now);
}

/* Does the own path show a queue? */
static bool is_filling(const struct wzp_control *c, double *growth, uint64_t now)
{
    double reached;
    double queue = wzp_path_queue_ms(&c->path, growth, &reached, now);
    double alone = alone_ms(c, c->row);

    if (*growth < -GROWTH)
        return false;
    if (is_trying(c, now) && *growth > GROWTH &&
        queue >= c->queue_before + TRY_MS + c->path.noise_ms / 2)
        return true;
    return queue >= QUEUE_MS + alone ||
           (*growth > RISING && reached >= RISING_MS + alone + NOISE_TIMES * c->path.noise_ms);
}

/* The rate that the peer reports. It is a class of rates, of which the middle would often be too
 * much. */
static double told_kbps(const struct wzp_control *c)
{
    return c->limit_kbps + TOLD_PART * (c->limit_next - c->limit_kbps);
}

static double sent_lately_kbps(const struct wzp_control *c, uint64_t now)
{
    uint64_t time = wzp_time_since(now, c->sent_since) + c->sent_time;

    if (time < RATE_TIME / 4)
        return wire_kbps(c, c->row);
    return (double)(c->sent_before + c->sent_bytes) * 8 / ((double)time / (double)WZP_MILLISECOND);
}

/* What the line carries, when there is a sign that this is less than what is sent; 0 otherwise. The
 * peer's report knows it within a class, round trips more exactly. */
static double narrow_line(const struct wzp_control *c, uint64_t now)
{
    double growth;
    bool filling = is_filling(c, &growth, now);
    bool told = is_told(c, now);

    if (!filling)
        return told ? told_kbps(c) : 0;
    double sent = sent_lately_kbps(c, now);
    double lost = c->has_report && growth < 0.1 ? fmin(c->lost, 90) / 100 : 0;
    /* Round trips are seen when their packet is back: a queue that grows by g in that time takes
     * 1 - g of what is sent. */
    double own = sent * (1 - lost) * (1 - fmin(fmax(growth, 0), GROWTH_MAX));
    return told ? fmin(fmax(own, c->limit_kbps), c->limit_next) : own;
}

/* Counts time without a queue; pauses in speech do not count, since they do not test the line. */
static void count_quiet(struct wzp_control *c, uint64_t now)
{
    uint64_t passed = wzp_time_since(now, c->looked_at);

    c->looked_at = now;
    if (c->sent_kbps >= wire_kbps(c, c->row) * TALKING && passed < RATE_TIME)
        c->quiet += passed;
}

/* Much less is sent, nothing is lost, and what looked like a queue neither shrinks nor grows: the
 * way has become longer. The present round trip is the new base, and the queue that the peer
 * reports is none. */
static bool is_longer_way(struct wzp_control *c, uint64_t now)
{
    double growth, reached;

    if (!c->draining || wzp_time_since(now, c->changed_at) < SETTLE || c->lost > LONGER_LOSS)
        return false;
    /* On the lowest rows a queue may persist because the line is just full; but its length then
     * varies. */
    if (wire_kbps(c, c->row) > c->ceiling_kbps * LONGER_SHARE &&
        (wire_kbps(c, c->row) > wire_kbps(c, c->row_before) * LONGER_SHARE ||
         !wzp_path_queue_is_flat(&c->path, now)))
        return false;
    double queue = wzp_path_queue_ms(&c->path, &growth, &reached, now);
    if (growth < -GROWTH || growth > GROWTH)
        return false;
    if (queue > 0)
        wzp_path_queue_rebase(&c->path, queue, now);
    return true;
}

/* How long it must be quiet before that row is tried. */
static uint64_t patience_for(const struct wzp_control *c, unsigned row)
{
    double kbps = wire_kbps(c, row);
    /* An estimate does not justify a long step, such as to shorter frames with more headers. */
    bool is_far = kbps > wire_kbps(c, c->row) * FAR;
    double known = is_far ? c->known_kbps / UNSURE : c->known_kbps;

    if (kbps <= known && PATIENCE_BELOW < c->patience)
        return PATIENCE_BELOW;
    /* A failed try, or the peer's report, contradicts the estimate that would allow this row: lines
     * become wider only seldom. */
    bool is_known_less = c->ceiling_kbps > 0 && kbps <= c->ceiling_kbps * UNSURE;
    uint64_t patience = is_far || is_known_less ? 2 * c->patience : c->patience;
    return patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
}

static void begin_all(struct wzp_control *c, uint64_t now)
{
    c->row = 0;
    note_change(c, WZP_CONTROL_BEGUN, now);
    c->patience = PATIENCE_START;
    c->ceiling_kbps = c->known_kbps = 0;
    c->unproven_until = c->deaf_until = 0;
}

/* The peer's first report decides between the full rate and what a narrow line carries. */
static void end_small(struct wzp_control *c, uint64_t now)
{
    bool told = c->has_report && c->extended;

    if (!told && now < c->small_until)
        return;
    c->small_until = 0;
    if (!told || c->limit_kbps == 0) {
        begin_all(c, now);
        return;
    }
    double carries = c->limit_kbps + SMALL_PART * (c->limit_next - c->limit_kbps);
    note_change(c, WZP_CONTROL_OTHER, now);
    c->raised_at = 0;
    c->row = 0;
    c->ceiling_kbps = carries;
    c->known_kbps = carries * SHARE;
    if (c->limit_kbps < wire_kbps(c, 0)) { /* a long step needs to be sure */
        c->row = wzp_ladder_fitting(&c->ladder, 1, carries * SHARE);
        c->known_kbps = fmin(c->known_kbps, wire_kbps(c, 0) - 0.1);
    }
    c->patience = PATIENCE_MIN;
    /* This report gives the line's width; neither it nor the next one means that the line is
     * full. */
    c->limit_kbps = c->limit_next = 0;
    c->deaf_until = wzp_time_add(now, SMALL_DEAF);
    c->unproven_until = wzp_time_add(now, PROOF_TIME);
}

/* The peer has revised its first limit: what looked like a narrow line was jitter. */
static void take_back(struct wzp_control *c, uint64_t now)
{
    if (now >= c->unproven_until)
        c->unproven_until = 0;
    else if (c->report_at > c->changed_at && c->extended && c->limit_kbps == 0)
        begin_all(c, now);
}

static void follow_line(struct wzp_control *c, uint64_t now)
{
    double carries = narrow_line(c, now);

    if (c->draining && c->limit_kbps > 0) {
        c->ceiling_kbps = fmin(fmax(c->ceiling_kbps, c->limit_kbps), c->limit_next);
        c->known_kbps = fmin(c->known_kbps, c->limit_next * SHARE);
    }
    if (carries > 0 && is_longer_way(c, now)) {
        c->deaf_until = wzp_time_add(now, DEAF_TIME);
        c->row = c->row_before;
        c->ceiling_kbps = 0;
        c->draining = false;
        note_change(c, WZP_CONTROL_OTHER, now);
        return;
    }
    if (carries > 0) {
        c->quiet = 0;
        /* A reported limit is the rate received, whatever was sent: no settling time is needed. */
        if (was_try(c) || is_trying(c, now) || wzp_time_since(now, c->changed_at) >= SETTLE ||
            (is_told(c, now) && wzp_time_since(c->report_at, c->changed_at) >= TOLD_TIME &&
             c->report_at > c->changed_at))
            step_down(c, carries, now);
        return;
    }
    if (c->draining) {
        end_drain(c, now);
        return;
    }
    count_quiet(c, now);
    /* No queue at a higher rate than the line seemed to carry: its limit is unknown again. */
    if (was_step_up(c) && wire_kbps(c, c->row) > c->known_kbps &&
        wzp_time_since(now, c->stepped_at) > TRY_TIME)
        c->known_kbps = WIDE_KBPS;
    if (c->raised_at && wzp_time_since(now, c->raised_at) > PROBE_TIME) {
        c->patience = PATIENCE_MIN; /* it stayed quiet: the line has become wider */
        c->raised_at = 0;
    }
    if (c->row == 0 || ((c->warned || c->spared) && c->row == 1))
        return;
    unsigned next = c->row - 1;
    while (wzp_ladder_is_dearer(&c->ladder, next))
        next--;
    if (c->quiet < patience_for(c, next))
        return;
    step_up(c, next, WZP_CONTROL_RAISED, now);
    c->quiet = 0;
}

/* One step down while a relay or listener asks for less; undone afterwards, unless congestion was
 * seen. */
static void hold_back(struct wzp_control *c, bool *asked, bool asks, uint64_t now)
{
    bool before = c->warned || c->spared;

    *asked = asks;
    bool held = c->warned || c->spared;
    if (held && !before && c->row == 0 && !wzp_ladder_is_dearer(&c->ladder, 1)) {
        c->row = 1;
        note_change(c, WZP_CONTROL_OTHER, now);
    }
    if (!held && before && c->row == 1 && c->ceiling_kbps <= 0)
        step_up(c, 0, WZP_CONTROL_REGAINED, now);
}

void wzp_control_warn(struct wzp_control *c, bool warned, uint64_t now)
{
    bool fresh = c->extended && wzp_time_since(now, c->report_at) < REPORT_FRESH;

    if (warned && fresh)
        c->warned = true;
    else
        hold_back(c, &c->warned, warned, now);
}

void wzp_control_spare(struct wzp_control *c, unsigned kbps, uint64_t now)
{
    hold_back(c, &c->spared, kbps > 0 && kbps < wire_kbps(c, 0) * LISTENED, now);
}

/* Only row 0, the tier's own rate, has room for copies. */
static struct wzp_headroom_line room(const struct wzp_control *c, uint64_t now)
{
    bool fresh = c->has_report && wzp_time_since(now, c->report_at) < REPORT_FRESH;
    bool told = fresh && c->limit_kbps > 0;
    bool warned = c->warned && !(fresh && c->extended); /* a relay's warning is not based on a
                                                           queue */

    return (struct wzp_headroom_line){.full = c->row > 0 || warned || told,
                                      .report_at = c->has_report ? c->report_at : 0,
                                      .lost = c->lost,
                                      .without_kbps = wire_kbps(c, c->row)};
}

static bool same_plan(const struct wzp_encoder_plan *a, const struct wzp_encoder_plan *b)
{
    return a->codec == b->codec && a->bitrate == b->bitrate && a->frame_ms == b->frame_ms &&
           a->fec == b->fec && a->expected_loss == b->expected_loss &&
           a->dred_units == b->dred_units && a->copies == b->copies;
}

bool wzp_control_decide(struct wzp_control *c, struct wzp_encoder_plan *plan, uint64_t now)
{
    struct wzp_encoder_plan next;
    bool adapts = wzp_codec_info(c->ladder.best)->is_opus;

    if (c->small_until != 0)
        end_small(c, now);
    if (c->unproven_until != 0)
        take_back(c, now);
    bool is_small = c->small_until != 0;
    if (adapts && !is_small)
        follow_line(c, now);
    memset(&next, 0, sizeof next);
    next.frame_ms = wzp_ladder_frame_ms(&c->ladder, c->row);
    next.codec = c->row == 0 ? c->ladder.best : WZP_CODEC_OPUS_6K;
    next.bitrate = wzp_ladder_bitrate(&c->ladder, c->row);
    if (is_small && next.bitrate > SMALL_BITRATE)
        next.bitrate = SMALL_BITRATE;
    if (adapts)
        wzp_protection_apply(&c->protection, &next, &c->plan, room(c, now), now);
    bool changed = !same_plan(&next, &c->plan);
    c->plan = *plan = next;
    return changed;
}

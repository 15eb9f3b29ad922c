/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What to send over the line as it is: rate and frame length follow what the line carries (a queue
 * that builds up, seen in the round trip or told by the peer), redundancy follows what is lost and
 * how it lies together. Goes up carefully, returns at once when that was too much, and tries again
 * later and later. Programs that rebuild lost frames from DRED only get the redundancy that they
 * would send themselves (tuner.h). Pure: measurements and time in, a plan for the encoder out.
 * Source: RFC 8698 and draft-ietf-rmcat-gcc for the idea of the delay gradient. */
#ifndef WZP_MEDIA_CONTROL_H
#define WZP_MEDIA_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/encoder.h"
#include "media/feedback.h"
#include "media/ladder.h"
#include "media/path_queue.h"
#include "media/protection.h"

/* What happened to the rate last; what it is judged by until the next one. */
enum wzp_control_change {
    WZP_CONTROL_BEGUN,    /* it began with all, or begins anew: that is tried */
    WZP_CONTROL_RAISED,   /* a step up to more than there was: that is tried */
    WZP_CONTROL_REGAINED, /* a step up to what there was before */
    WZP_CONTROL_OTHER     /* a step down; frames may be longer, or not; the way became longer */
};

struct wzp_control {
    struct wzp_ladder ladder; /* its best is what a good line gets */
    struct wzp_protection protection;
    unsigned row;               /* of the ladder of rates */
    bool warned;                /* a relay asked for less */
    bool spared;                /* some of those who listen have a narrower line */
    struct wzp_path_queue path; /* the own one's */
    /* What was sent, for the rate. */
    uint64_t sent_since;
    uint64_t sent_bytes;
    uint64_t sent_before, sent_time; /* bytes and length of the piece of time before */
    double sent_kbps;                /* headers included */
    uint64_t report_at;
    bool has_report, extended;
    unsigned limit_kbps, limit_next; /* told by the peer with the last report */
    enum wzp_control_change change;
    uint64_t changed_at;       /* when that was */
    uint64_t raised_at;        /* the last try, while trouble would be its fault; 0 = none is */
    uint64_t quiet, looked_at; /* time of speech without a sign of a queue */
    uint64_t deaf_until;       /* the peer's limit is none: the way has become longer, or it was
                                  the width of the line, told at the beginning */
    uint64_t patience;         /* how long it must be quiet before more is tried */
    unsigned row_before;       /* the last trouble */
    uint64_t stepped_at;       /* the last step up of either kind; 0 = none was */
    unsigned stepped_from;     /* likewise, the row before */
    double queue_before;       /* ms, what it would be after that step, were nothing to fill */
    uint64_t small_until;      /* a beginning that knows nothing of the line; 0 = is over */
    uint64_t unproven_until;   /* what the peer told then may yet be taken back */
    bool draining;             /* less than the line carries, until its queue is gone */
    double lost;               /* percent, of the last report */
    double ceiling_kbps;       /* what the line carried when it was full last; 0 = never was */
    double known_kbps;         /* rows up to this are worth a try soon */
    struct wzp_encoder_plan plan;
};

/* best: the tier for a good line; Codec2 is sent as it is. long_frames: the peer looks into
 * packets, so frames may be longer than their id says. */
void wzp_control_init(struct wzp_control *c, enum wzp_codec best, bool long_frames, uint64_t now);
/* Begins with less, for a second at most, until the peer tells how wide the line is; for peers that
 * do. Right behind init; the sender has to help (wzp_sender_probe). */
void wzp_control_begin_small(struct wzp_control *c, uint64_t now);
/* Another tier for a good line. */
void wzp_control_set_best(struct wzp_control *c, enum wzp_codec best, uint64_t now);
/* What is known of whoever listens: do they look into packets (long_frames, as above), and are
 * there some that know DRED only (old)? */
void wzp_control_set_peer(struct wzp_control *c, bool long_frames, bool old, uint64_t now);
/* Another path from here on: round trips of the last one say nothing of it. */
void wzp_control_new_path(struct wzp_control *c, uint64_t now);
/* Twice a second, for the redundancy of the existing programs: loss, round trip and jitter. */
void wzp_control_tune(struct wzp_control *c, double loss_percent, unsigned rtt_ms,
                      unsigned jitter_ms);
/* A packet with this payload was sent. */
void wzp_control_sent(struct wzp_control *c, size_t payload_bytes, uint64_t now);
/* The newest round trip of the own path, a few times a second. */
void wzp_control_path(struct wzp_control *c, double rtt_ms, uint64_t now);
/* The peer's report. */
void wzp_control_report(struct wzp_control *c, const struct wzp_feedback *report, uint64_t now);
/* A relay recommends less (or, false, no longer): one step down at most, as long as it holds. Where
 * the peer itself tells what it misses and what its line carries, that decides. */
void wzp_control_warn(struct wzp_control *c, bool warned, uint64_t now);
/* Of several who listen some tell a line of so many kbit/s (0: no longer): one step down at most,
 * as long as it holds. */
void wzp_control_spare(struct wzp_control *c, unsigned kbps, uint64_t now);
/* The plan for now; a few times a second. True when it differs from the last one. */
bool wzp_control_decide(struct wzp_control *c, struct wzp_encoder_plan *plan, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Congestion control of one sender. Bitrate and frame length follow what the line (the network
 * path) carries: a queue that builds up shows in the round trip, or is reported by the peer.
 * Redundancy follows how much is lost and how bursty the loss is. The rate goes up carefully,
 * returns at once when that was too much, and waits longer before each further try. Programs that
 * can rebuild lost frames from DRED only get the redundancy that they would send themselves
 * (tuner.h). Pure: measurements and time in, a plan for the encoder out. Source: RFC 8698 and
 * draft-ietf-rmcat-gcc for the idea of the delay gradient. */
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

/* The last change of the rate. Signs of congestion are judged by it until the next change. */
enum wzp_control_change {
    WZP_CONTROL_BEGUN,    /* begins at the full rate, or begins anew: a try */
    WZP_CONTROL_RAISED,   /* a step up to more than was sent before: a try */
    WZP_CONTROL_REGAINED, /* a step up to what was sent before */
    WZP_CONTROL_OTHER     /* a step down, another limit of frame length, or a longer path */
};

struct wzp_control {
    struct wzp_ladder ladder; /* ladder.best is what a good line gets */
    struct wzp_protection protection;
    unsigned row;               /* of the ladder of rates */
    bool warned;                /* a relay asked for less */
    bool spared;                /* some listeners have a narrower line */
    struct wzp_path_queue path; /* of our own path */
    /* For measuring the rate sent. */
    uint64_t sent_since;
    uint64_t sent_bytes;
    uint64_t sent_before, sent_time; /* bytes and length of the interval before */
    double sent_kbps;                /* headers included */
    uint64_t report_at;
    bool has_report, extended;
    unsigned limit_kbps, limit_next; /* from the peer's last report */
    enum wzp_control_change change;
    uint64_t changed_at;       /* time of that change */
    uint64_t raised_at;        /* the last try, while congestion would be its fault; 0 = none */
    uint64_t quiet, looked_at; /* time of speech without a sign of a queue */
    /* Limits in reports are ignored until then: the path became longer, or the peer reported the
     * width of the line at the beginning. */
    uint64_t deaf_until;
    uint64_t patience;       /* time without a queue before a higher rate is tried */
    unsigned row_before;     /* row in use when congestion was last seen */
    uint64_t stepped_at;     /* the last step up (RAISED or REGAINED); 0 = none yet */
    unsigned stepped_from;   /* the row before that step */
    double queue_before;     /* ms, the queue expected after that step if the line carries it */
    uint64_t small_until;    /* end of the cautious beginning (begin_small); 0 = over */
    uint64_t unproven_until; /* until then the peer may revise its first limit */
    bool draining;           /* less is sent than the line carries, until its queue is gone */
    double lost;             /* percent, of the last report */
    double ceiling_kbps;     /* what the line carried when it was last full; 0 = never full */
    double known_kbps;       /* rows up to this are worth a try soon */
    struct wzp_encoder_plan plan;
};

/* best: the tier for a good line; Codec2 is sent unchanged, without adaptation. long_frames: the
 * peer reads the frame length from the packet itself, so frames may be longer than the codec id
 * says. */
void wzp_control_init(struct wzp_control *c, enum wzp_codec best, bool long_frames, uint64_t now);
/* Begins with a low rate, for about a second at most, until the peer reports how wide the line is;
 * only for peers that do. Call it right after init; the sender has to help (wzp_sender_probe). */
void wzp_control_begin_small(struct wzp_control *c, uint64_t now);
/* Sets another tier for a good line. */
void wzp_control_set_best(struct wzp_control *c, enum wzp_codec best, uint64_t now);
/* What is known of the listeners: long_frames as above; old: some of them can rebuild lost frames
 * from DRED only. */
void wzp_control_set_peer(struct wzp_control *c, bool long_frames, bool old, uint64_t now);
/* The path changed: round trips measured on the old one no longer count. */
void wzp_control_new_path(struct wzp_control *c, uint64_t now);
/* Twice a second, for the redundancy of the existing programs: loss, round trip and jitter. */
void wzp_control_tune(struct wzp_control *c, double loss_percent, unsigned rtt_ms,
                      unsigned jitter_ms);
/* A packet with this payload was sent. */
void wzp_control_sent(struct wzp_control *c, size_t payload_bytes, uint64_t now);
/* The newest round trip of our own path, a few times a second. */
void wzp_control_path(struct wzp_control *c, double rtt_ms, uint64_t now);
/* The peer's report. */
void wzp_control_report(struct wzp_control *c, const struct wzp_feedback *report, uint64_t now);
/* A relay recommends to send less (false: no longer). That costs one step down at most, as long as
 * it lasts. Where the peer itself reports its losses and what its line carries, its report
 * decides. */
void wzp_control_warn(struct wzp_control *c, bool warned, uint64_t now);
/* Some of several listeners report a line of `kbps` kbit/s (0: no longer). That costs one step down
 * at most, as long as it lasts. */
void wzp_control_spare(struct wzp_control *c, unsigned kbps, uint64_t now);
/* Writes the plan for now; call it a few times a second. True when it differs from the last one. */
bool wzp_control_decide(struct wzp_control *c, struct wzp_encoder_plan *plan, uint64_t now);

#endif

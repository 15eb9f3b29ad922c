/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Delay statistics of one stream: the base (least delay of the last seconds), the spread above it,
 * the playout target, interarrival jitter and clock drift. Pure arithmetic in fixed memory.
 * Source: media.md 13.3 (2, 3, 7). */
#ifndef WZP_MEDIA_DELAY_H
#define WZP_MEDIA_DELAY_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_DELAY_BINS 256
#define WZP_DELAY_BIN_MS 2
#define WZP_DELAY_BUCKETS 6       /* seconds the base looks back */
#define WZP_DELAY_DRIFT_POINTS 64 /* seconds the drift looks back */

/* All zero is the initial state. */
struct wzp_delay {
    /* Least delay per second, newest at `bucket`; minima are NaN-free, unused ones have used =
     * false. */
    struct {
        bool used;
        double minimum; /* ms */
        double at;      /* ms, when the second began */
    } buckets[WZP_DELAY_BUCKETS];
    unsigned bucket;
    double base;
    bool has_base;
    /* Weights of delays above the base; they sum to one. */
    float bins[WZP_DELAY_BINS];
    double origin; /* delay at the lower edge of bin 0 */
    unsigned entries;
    unsigned high_streak; /* packets in a row that fell beyond the last bin */
    double high_minimum, high_since;
    double target;
    /* Closed seconds for the drift. */
    struct {
        double at, minimum;
    } points[WZP_DELAY_DRIFT_POINTS];
    unsigned point_count, point_next;
    double drift; /* ms of delay per ms */
    bool has_drift;
    /* RFC 3550. */
    double jitter, last_delay, last_arrival;
    bool has_last;
};

/* One packet: arrival and the end of its audio in the sender's clock, both in ms. in_order: newest
 * so far (feeds jitter). */
void wzp_delay_packet(struct wzp_delay *d, double arrival_ms, double audio_end_ms, bool in_order);
/* Audio that becomes available `extra_ms` after the delay of the packet last given: a lost frame
 * that packet can rebuild. */
void wzp_delay_rescue(struct wzp_delay *d, double extra_ms);
/* Least delay, corrected for drift up to now. */
double wzp_delay_base(const struct wzp_delay *d, double now_ms);
/* How long after an undelayed arrival to play: WZP_JITTER_TARGET_MIN_MS..MAX. */
double wzp_delay_target(const struct wzp_delay *d);
/* + = the sender's clock is fast. 0 while unknown. */
double wzp_delay_drift_ppm(const struct wzp_delay *d);

#endif

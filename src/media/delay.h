/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Delay statistics of one stream: the base (least delay of the last seconds), the spread above it,
 * the delay with which nearly all packets come in time, interarrival jitter and clock drift. wait.h
 * weighs what is gained by waiting for redundancy. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_DELAY_H
#define WZP_MEDIA_DELAY_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_DELAY_BINS 512
#define WZP_DELAY_BIN_MS 1
#define WZP_DELAY_BUCKETS 6 /* seconds the base looks back */
#define WZP_DELAY_PEAKS 8
#define WZP_DELAY_DRIFT_POINTS 64 /* seconds the drift looks back */

/* A closed second: when it began, and the least delay in it; ms. */
struct wzp_delay_point {
    double at, minimum;
};
/* All zero is the initial state. */
struct wzp_delay {
    /* Least delay per second, newest at `bucket`; minima are NaN-free, unused ones have used =
     * false. */
    struct {
        bool used;
        double minimum; /* ms */
        double at;      /* ms, when the second began */
        double when;    /* ms, of the least delay */
    } buckets[WZP_DELAY_BUCKETS];
    unsigned bucket;
    double base;
    bool has_base;
    /* Weights of delays above the base; they sum to one. */
    float bins[WZP_DELAY_BINS];
    unsigned top;  /* all bins from here on are empty */
    double origin; /* delay at the lower edge of bin 0 */
    unsigned entries;
    float late;           /* packets that came after the target, exponentially decaying */
    unsigned high_streak; /* packets in a row that fell beyond the last bin */
    double high_minimum, high_since;
    /* Greatest delay above the base, and packets, of each of the last seconds. */
    struct {
        double most;
        unsigned packets;
    } seconds[WZP_DELAY_BUCKETS];
    double target, common, far; /* ms above the base for nearly all packets, for 90 % and 98 % */
    /* Stalls: the network delivered nothing for a while, then a batch (a heap) of packets at
     * once. */
    struct {
        double at, height; /* ms; height above the base */
    } peaks[WZP_DELAY_PEAKS];
    unsigned peak_count; /* ever */
    unsigned heap;       /* packets in the heap so far */
    double heap_height;
    /* Closed seconds for the drift. */
    struct wzp_delay_point points[WZP_DELAY_DRIFT_POINTS];
    unsigned point_count, point_next;
    double drift; /* ms of delay per ms */
    bool has_drift;
    /* RFC 3550. */
    double jitter, last_delay, last_arrival;
    bool has_last, last_in_order;
};

/* One packet: arrival and the end of its audio in the sender's clock, both in ms. in_order: newest
 * so far (feeds jitter). */
void wzp_delay_packet(struct wzp_delay *d, double arrival_ms, double audio_end_ms, bool in_order);
/* Forgets the delays that are greater than `most_ms` above the base, and some room more: they came
 * from a queue that is gone, not from jitter. */
void wzp_delay_forget(struct wzp_delay *d, double most_ms);
/* From now on each frame arrives a second time, `back_ms` later. The distribution of packet delays
 * becomes that of the earlier of both arrivals. */
void wzp_delay_copied(struct wzp_delay *d, unsigned back_ms);
/* Least delay, corrected for drift up to now. */
double wzp_delay_base(const struct wzp_delay *d, double now_ms);
/* How long after an undelayed arrival to play so that nearly all packets are there:
 * WZP_JITTER_TARGET_MIN_MS..MAX. */
double wzp_delay_target(const struct wzp_delay *d, double now_ms);
/* Likewise for most packets (nine of ten): how late a packet that brings redundancy itself is. */
double wzp_delay_common(const struct wzp_delay *d);
/* + = the sender's clock is fast. 0 while unknown. */
double wzp_delay_drift_ppm(const struct wzp_delay *d);

#endif

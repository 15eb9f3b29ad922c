/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One direction of a network link (a "line"): delay, loss and the like. Pure: time and randomness
 * come in. */
#ifndef WZP_SIM_LINE_H
#define WZP_SIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

/* One direction of a line. All zero = perfect: no delay, no loss. */
struct wzp_sim_link {
    uint64_t delay;  /* ns, fixed part */
    uint64_t jitter; /* ns, uniform extra 0..jitter; packets keep their order unless reorder says
                        otherwise */
    double loss;     /* 0..1, independent */
    double burst;    /* 0..1: chance that a loss begins a burst of burst_length packets */
    unsigned burst_length;
    double duplicate; /* 0..1 */
    double reorder;   /* 0..1: share of packets that are held back by reorder_delay, so that others
                         overtake */
    uint64_t reorder_delay;
    bool unordered;     /* jitter reorders too */
    double corrupt;     /* 0..1: one byte is changed */
    uint64_t rate;      /* bit/s, 0 = no limit; packets queue up to queue_bytes, then drop */
    size_t queue_bytes; /* 0: 64 KiB */
    size_t mtu;         /* largest UDP payload, 0 = no limit; larger ones vanish */
    bool down;          /* cable pulled */
};
struct wzp_sim_host_counters {
    uint64_t packets_out, packets_in, bytes_out, bytes_in;
    uint64_t lost, too_big, queue_full, unreachable;
};
/* The state of a line. */
struct wzp_sim_line {
    struct wzp_sim_link link;
    uint64_t busy_until; /* rate limit: when the last queued byte is sent */
    uint64_t last_due;   /* keeps order under jitter */
    unsigned burst_left;
};

/* True when the line drops a packet of that length; the counters say why. */
bool wzp_sim_line_drops(struct wzp_sim_line *line, size_t length, const struct wzp_random *random,
                        struct wzp_sim_host_counters *counters);
/* True when the line duplicates this packet. */
bool wzp_sim_line_doubles(const struct wzp_sim_line *line, const struct wzp_random *random);
/* When a packet that enters the line now leaves it; 0 when its queue is full. */
uint64_t wzp_sim_line_due(struct wzp_sim_line *line, size_t length, uint64_t now,
                          const struct wzp_random *random, struct wzp_sim_host_counters *counters);
/* Corrupts a byte, by chance, if the line is set to. */
void wzp_sim_line_corrupt(const struct wzp_sim_line *line, uint8_t *data, size_t length,
                          const struct wzp_random *random);

#endif

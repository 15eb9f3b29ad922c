/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Estimates the queue on our own path from its round trips: its length, how fast it grows, and the
 * noise that jitter adds. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_PATH_QUEUE_H
#define WZP_MEDIA_PATH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_PATH_QUEUE_SAMPLES 16

struct wzp_path_queue {
    /* The last round trips. */
    struct {
        uint64_t at;
        double rtt_ms;
    } samples[WZP_PATH_QUEUE_SAMPLES];
    unsigned sample_count;
    double noise_ms;              /* mean step from one round trip to the next: jitter */
    double base_ms, base_next_ms; /* least round trip, of this window and of the next one */
    uint64_t base_since;
    bool has_base;
};

/* Initial state: nothing is known of the path. */
void wzp_path_queue_init(struct wzp_path_queue *q, uint64_t now);
/* The newest round trip, a few times a second. */
void wzp_path_queue_sample(struct wzp_path_queue *q, double rtt_ms, uint64_t now);
/* The queue in ms: the least of the last samples above the base; the least, because jitter is no
 * queue. *growth: how fast it grows, in ms per ms. *reached: what all of the newest samples have
 * reached, in ms above the base. */
double wzp_path_queue_ms(const struct wzp_path_queue *q, double *growth, double *reached,
                         uint64_t now);
/* Are the last round trips all about equal? */
bool wzp_path_queue_is_flat(const struct wzp_path_queue *q, uint64_t now);
/* The path itself became longer by `longer_ms`: raises the base, so that this does not count as a
 * queue. */
void wzp_path_queue_rebase(struct wzp_path_queue *q, double longer_ms, uint64_t now);

#endif

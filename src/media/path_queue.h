/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The queue on the own path, seen in its round trips: how long, how fast it grows, and how much of
 * what looks like one is jitter. Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_PATH_QUEUE_H
#define WZP_MEDIA_PATH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define WZP_PATH_QUEUE_SAMPLES 16

struct wzp_path_queue {
    /* Round trips of the last time. */
    struct {
        uint64_t at;
        double rtt_ms;
    } samples[WZP_PATH_QUEUE_SAMPLES];
    unsigned sample_count;
    double noise_ms;              /* mean step from one round trip to the next: jitter */
    double base_ms, base_next_ms; /* least round trip, of this and of the next look back */
    uint64_t base_since;
    bool has_base;
};

/* Nothing is known of the path. */
void wzp_path_queue_init(struct wzp_path_queue *q, uint64_t now);
/* The newest round trip, a few times a second. */
void wzp_path_queue_sample(struct wzp_path_queue *q, double rtt_ms, uint64_t now);
/* The queue in ms (the least of the last samples above the least ever: jitter is no queue), how
 * fast it grows, in ms per ms, and what all of the newest samples have reached. */
double wzp_path_queue_ms(const struct wzp_path_queue *q, double *growth, double *reached,
                         uint64_t now);
/* Have the last round trips been alike? */
bool wzp_path_queue_is_flat(const struct wzp_path_queue *q, uint64_t now);
/* The way is longer by so many ms: that is no queue. */
void wzp_path_queue_rebase(struct wzp_path_queue *q, double longer_ms, uint64_t now);

#endif

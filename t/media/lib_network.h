/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A sender and a bad network in virtual time, for tests of jitter buffer, playout and receiver:
 * coded packets are numbered, stamped, delayed, lost, doubled and reordered from a seed, and come
 * out in order of arrival. */
#ifndef WZP_T_MEDIA_LIB_NETWORK_H
#define WZP_T_MEDIA_LIB_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/playout.h"

/* Coded sound, endlessly repeated. */
struct source {
    enum wzp_codec codec;
    size_t frame; /* samples */
    size_t count;
    uint8_t (*packets)[WZP_FRAME_BYTES_MAX];
    uint16_t *lengths;
    int16_t *pcm; /* what was coded, count * frame samples */
};
enum sound {
    SOUND_SPEECH,
    SOUND_TALK,
    SOUND_OTHER,
    SOUND_TONE
}; /* with pauses, without, somebody else, 1000 Hz */
void source_make(struct source *s, enum wzp_codec codec, enum sound sound, unsigned seconds,
                 unsigned expected_loss);
void source_free(struct source *s);

struct network {
    uint64_t seed;
    double delay_ms, jitter_ms; /* jitter: uniform 0..jitter, or exponential when `tail` */
    bool tail;
    double loss;    /* probability, 0..1 */
    unsigned burst; /* every 50th packet begins a loss of that many */
    double reorder; /* probability of 45 ms extra */
    double duplicate;
    double outage_from_ms, outage_to_ms; /* sent in this time: lost */
    double stall_from_ms, stall_to_ms;   /* sent in this time: all arrive at its end */
    double drift_ppm;                    /* of the sender's clock */
    uint16_t first_sequence;
    uint32_t first_timestamp;
    bool counts_samples; /* timestamps in samples */
    uint8_t sender;
    double start_ms;
};
struct arrival {
    uint64_t at;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t index; /* of the frame */
    bool lost;      /* never arrives (kept for counting, at the end) */
};
/* `frames` packets through the network. Caller frees with free(). *count gets how many arrive
 * (doubles included). */
struct arrival *network_run(const struct network *n, const struct source *s, size_t frames,
                            size_t *count);
/* The packet of an arrival, as a view into the source. */
struct wzp_media_packet arrival_packet(const struct arrival *a, const struct source *s,
                                       uint8_t sender);

/* Plays arrivals for `ms` virtual milliseconds, pulling `step` samples at a time. */
struct played {
    struct wzp_playout_stats stats;
    int16_t *pcm; /* ms * 48 samples; free() */
    size_t samples;
    unsigned voiced, pulls;
    double least_delay, most_delay; /* of the statistics' delay_ms, in the second half */
    uint64_t allocations;
};
/* Like play, but with that many pulls of `step` samples at one instant. */
void play_pieces(struct played *out, struct wzp_playout *p, const struct arrival *arrivals,
                 size_t count, const struct source *s, unsigned ms, size_t step, unsigned pieces);
void play(struct played *out, struct wzp_playout *p, const struct arrival *arrivals, size_t count,
          const struct source *s, unsigned ms, size_t step);

#endif

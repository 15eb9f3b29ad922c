/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Randomness is an argument: the real program passes the operating system's generator (loop/),
 * tests and the simulator pass a seeded one, so that every run can be repeated. */
#ifndef WZP_BASE_RANDOM_H
#define WZP_BASE_RANDOM_H

#include "wzp/types.h"

/* length bytes; 64 bits. */
void wzp_random_bytes(const struct wzp_random *r, void *out, size_t length);
uint64_t wzp_random_u64(const struct wzp_random *r);
/* Uniform in 0 .. bound - 1, without modulo bias; bound > 0. */
uint64_t wzp_random_below(const struct wzp_random *r, uint64_t bound);
/* Uniform in [0, 1). */
double wzp_random_unit(const struct wzp_random *r);

/* Seeded generator (xoshiro256**) for tests and simulation only, never for keys of real calls.
 * Caller owned. */
struct wzp_random_seeded {
    uint64_t state[4];
};
void wzp_random_seeded_init(struct wzp_random_seeded *s, uint64_t seed);
/* A source that draws from s; s must outlive it. */
struct wzp_random wzp_random_seeded_source(struct wzp_random_seeded *s);

#endif

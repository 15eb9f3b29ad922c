/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers from a passed source, and the seeded source of tests and simulation (xoshiro256**
 * seeded through splitmix64, both by Blackman and Vigna, public domain algorithms). */
#include "base/random.h"

void wzp_random_bytes(const struct wzp_random *r, void *out, size_t length)
{
    if (length > 0)
        r->fill(r->context, out, length);
}

uint64_t wzp_random_u64(const struct wzp_random *r)
{
    uint64_t v;
    r->fill(r->context, &v, sizeof v);
    return v;
}

uint64_t wzp_random_below(const struct wzp_random *r, uint64_t bound)
{
    if (bound <= 1)
        return 0;
    /* Values below 2^64 mod bound would make small results likelier: draw again. */
    uint64_t reject = (UINT64_MAX - bound + 1) % bound;
    uint64_t v;
    do {
        v = wzp_random_u64(r);
    } while (v < reject);
    return v % bound;
}

double wzp_random_unit(const struct wzp_random *r)
{
    return (double)(wzp_random_u64(r) >> 11) * 0x1.0p-53;
}

static uint64_t rotate_left(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

void wzp_random_seeded_init(struct wzp_random_seeded *s, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        s->state[i] = z ^ z >> 31;
    }
}

static uint64_t seeded_next(struct wzp_random_seeded *s)
{
    uint64_t result = rotate_left(s->state[1] * 5, 7) * 9;
    uint64_t t = s->state[1] << 17;
    s->state[2] ^= s->state[0];
    s->state[3] ^= s->state[1];
    s->state[1] ^= s->state[2];
    s->state[0] ^= s->state[3];
    s->state[2] ^= t;
    s->state[3] = rotate_left(s->state[3], 45);
    return result;
}

/* Bytes in little-endian order on every machine, so that a seed means the same run everywhere. */
static void seeded_fill(void *context, void *out, size_t length)
{
    uint8_t *p = out;
    while (length > 0) {
        uint64_t v = seeded_next(context);
        for (size_t i = 0; i < 8 && length > 0; i++, length--) {
            *p++ = (uint8_t)v;
            v >>= 8;
        }
    }
}

struct wzp_random wzp_random_seeded_source(struct wzp_random_seeded *s)
{
    struct wzp_random r = {seeded_fill, s};
    return r;
}

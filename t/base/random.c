/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers from a source, and the seeded source against the published generators. */
#include "base/random.h"

#include <string.h>

#include "tap.h"

/* A source that gives the same 64-bit numbers again and again. */
struct list {
    uint64_t values[4];
    unsigned at;
};

static void fill_list(void *context, void *out, size_t length)
{
    struct list *l = context;
    memcpy(out, &l->values[l->at++ % 4], length < 8 ? length : 8);
}

TAP_MAIN
{
    struct wzp_random_seeded s, again;
    wzp_random_seeded_init(&s, 0);
    ok(s.state[0] == UINT64_C(0xe220a8397b1dcdaf) && s.state[1] == UINT64_C(0x6e789e6aa1b965f4) &&
           s.state[2] == UINT64_C(0x06c45d188009454f) && s.state[3] == UINT64_C(0xf88bb8a8724c81ec),
       "state by splitmix64");
    struct wzp_random r = wzp_random_seeded_source(&s);
    uint8_t first[8];
    wzp_random_bytes(&r, first, sizeof first);
    is_bytes(first, 8, "\xb4\xf2\x75\xcb\x36\x5f\xec\x99", 8, "first number of xoshiro256**");

    wzp_random_seeded_init(&s, 42);
    wzp_random_seeded_init(&again, 42);
    struct wzp_random r2 = wzp_random_seeded_source(&again);
    uint8_t a[50], b[50];
    wzp_random_bytes(&r, a, sizeof a);
    wzp_random_bytes(&r2, b, sizeof b);
    is_bytes(a, sizeof a, b, sizeof b, "the same seed, the same bytes");
    wzp_random_bytes(&r, NULL, 0);
    ok(wzp_random_u64(&r) == wzp_random_u64(&r2), "and the same numbers; no bytes cost nothing");

    unsigned counts[6] = {0};
    bool inside = true;
    for (int i = 0; i < 6000; i++) {
        uint64_t v = wzp_random_below(&r, 6);
        if (v < 6)
            counts[v]++;
        else
            inside = false;
    }
    ok(inside, "below the bound");
    for (int i = 0; i < 6; i++)
        ok(counts[i] > 850 && counts[i] < 1150, "%d comes as often as others: %u", i, counts[i]);
    is_int(wzp_random_below(&r, 1), 0, "one choice");

    /* 2^64 mod 3 is 1: the value 0 would be one too many and is drawn again. */
    struct list l = {{0, 4, 0, 0}, 0};
    struct wzp_random fixed = {fill_list, &l};
    is_int(wzp_random_below(&fixed, 3), 1, "the surplus value is rejected");
    is_int(l.at, 2, "so two numbers were drawn");

    double least = 1, most = 0, sum = 0;
    for (int i = 0; i < 10000; i++) {
        double v = wzp_random_unit(&r);
        least = v < least ? v : least;
        most = v > most ? v : most;
        sum += v;
    }
    ok(least >= 0 && least < 0.01 && most < 1 && most > 0.99, "in [0, 1): %g .. %g", least, most);
    is_near(sum / 10000, 0.5, 0.02, "the mean");
    l = (struct list){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, 0};
    ok(wzp_random_unit(&fixed) < 1.0, "never 1");
}

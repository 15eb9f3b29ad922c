/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RaptorQ (RFC 6330) of repair packets: test vectors of another implementation, every pattern of
 * loss, and forged packets. */
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "media/raptorq.h"
#include "tap.h"

/* Source frame i, byte j = 16 i + j + 1, behind its length as 16 bits. */
static void fill(struct wzp_raptorq *b, unsigned count, unsigned bytes)
{
    memset(b, 0, sizeof *b);
    b->count = count;
    for (unsigned i = 0; i < count; i++) {
        b->sources[i][0] = (uint8_t)bytes;
        for (unsigned k = 0; k < bytes; k++)
            b->sources[i][2 + k] = (uint8_t)(16 * i + k + 1);
        b->has_source |= (uint16_t)(1u << i);
    }
}

static void vectors(void)
{
    static const struct {
        unsigned count, bytes;
        const char *repairs[8];
    } table[] = {{8,
                  6,
                  {"f900887adf8326d4", "7f00d766091976c7", "f6002d567fa089f2", "620056678305e1d0",
                   "0c00939597999b9d", "0400747683728785", "8000d7975c17dc9c", "1000d8d023c0333b"}},
                 {5, 8, {"830060738955afbc4619", "f400b01d8d5aca67f7d4", "4700ca7e120b67d3bfe1"}},
                 {10,
                  6,
                  {"2d00cf57d47af961", "20005343b8639888", "8500e02c68a9ed21", "25006af682d3a73b",
                   "e200d2a38c416e1f"}}};
    for (size_t t = 0; t < sizeof table / sizeof *table; t++)
        for (unsigned i = 0; i < 8 && table[t].repairs[i]; i++) {
            struct wzp_raptorq b;
            uint8_t symbol[WZP_RAPTORQ_SYMBOL_MAX];
            char text[2 * WZP_RAPTORQ_SYMBOL_MAX + 1];
            fill(&b, table[t].count, table[t].bytes);
            wzp_raptorq_repair(symbol, &b, i);
            wzp_hex_encode(text, symbol, 2 + table[t].bytes);
            is_str(text, table[t].repairs[i], "K=%u: encoding symbol %u", table[t].count,
                   table[t].count + i);
        }
}

/* Decodes from those sources and repairs that are in the pattern. */
static int solve_pattern(const struct wzp_raptorq *whole, unsigned pattern)
{
    struct wzp_raptorq b = {.count = whole->count};
    for (unsigned i = 0; i < whole->count; i++)
        if (pattern >> i & 1) {
            memcpy(b.sources[i], whole->sources[i], sizeof b.sources[i]);
            b.has_source |= (uint16_t)(1u << i);
        }
    b.has_repair = (uint16_t)(pattern >> whole->count);
    memcpy(b.repairs, whole->repairs, sizeof b.repairs);
    int result = wzp_raptorq_solve(&b);
    if (result == 0 && memcmp(b.sources, whole->sources, sizeof b.sources) != 0)
        return 1;
    return result;
}

static void exhaustive(unsigned count, unsigned repairs, unsigned bytes, unsigned expected,
                       unsigned patterns)
{
    struct wzp_raptorq whole;
    unsigned solved = 0, wrong = 0, tried = 0, more = 0, more_solved = 0;
    fill(&whole, count, bytes);
    for (unsigned i = 0; i < repairs; i++)
        wzp_raptorq_repair(whole.repairs[i], &whole, i);
    for (unsigned pattern = 0; pattern < 1u << (count + repairs); pattern++) {
        unsigned there = (unsigned)__builtin_popcount(pattern);
        if (there != count && there != count + 1)
            continue;
        int result = solve_pattern(&whole, pattern);
        wrong += result > 0 || result == WZP_E_SYNTAX;
        tried += there == count;
        more += there == count + 1;
        solved += there == count && result == 0;
        more_solved += there == count + 1 && result == 0;
    }
    is_int(tried, patterns, "K=%u, %u repairs: all patterns of %u symbols", count, repairs, count);
    is_int(solved, expected, "are solved, but for those that the code cannot");
    is_int(wrong, 0, "and never wrongly");
    is_int(more_solved, more, "with one symbol more all are");
}

static void lies(void)
{
    struct wzp_raptorq b, before;
    fill(&b, 8, 6);
    for (unsigned i = 0; i < 4; i++)
        wzp_raptorq_repair(b.repairs[i], &b, i);
    b.has_repair = 15;
    b.has_source = 0xf8; /* three sources are missing, four repairs are there */
    b.repairs[2][5] ^= 1;
    before = b;
    is_int(wzp_raptorq_solve(&b), WZP_E_SYNTAX, "a forged repair is seen when one is to spare");
    ok(memcmp(&b, &before, sizeof b) == 0, "and nothing is changed");
    b.has_repair = 3;
    before = b;
    is_int(wzp_raptorq_solve(&b), WZP_E_STATE, "too few say nothing");
    ok(memcmp(&b, &before, sizeof b) == 0, "and change nothing");
    b.has_source = 0xff;
    is_int(wzp_raptorq_solve(&b), 0, "nothing is missing: done");
}

TAP_MAIN
{
    vectors();
    exhaustive(8, 8, 6, 12832, 12870);
    exhaustive(5, 3, 8, 56, 56);
    lies();
}

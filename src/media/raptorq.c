/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/raptorq.h"

#include <string.h>

#include "base/error.h"

#define POLYNOMIAL 0x11d /* RFC 6330 5.7: x^8 + x^4 + x^3 + x^2 + 1 */

/* How much of each source is in repair symbol i (internal symbol 10 + i of K' = 10). It is what the
 * precode and the tuples of RFC 6330 5.3 come to; sources that a smaller block does not have are
 * zero, so that all K of up to ten share it. */
static const uint8_t weights[WZP_RAPTORQ_REPAIRS_MAX][WZP_RAPTORQ_SOURCES_MAX] = {
    {0x01, 0xe7, 0x86, 0x5d, 0xc7, 0x71, 0x5b, 0x75, 0xd5, 0xf3},
    {0xcd, 0x74, 0x87, 0x21, 0x8f, 0x41, 0xc2, 0x7c, 0x41, 0xd5},
    {0xaa, 0xb9, 0x7e, 0x3b, 0x3a, 0x3f, 0x1f, 0x65, 0x28, 0x45},
    {0x3b, 0xd3, 0x7a, 0xe4, 0x8c, 0xaf, 0xa3, 0x12, 0xa7, 0x37},
    {0x11, 0xb8, 0x78, 0xbf, 0x04, 0x50, 0xf0, 0xc8, 0x97, 0xba},
    {0xa9, 0x89, 0x2d, 0xbf, 0x87, 0x4a, 0x17, 0x9d, 0x14, 0x33},
    {0x92, 0xd5, 0xf4, 0xdd, 0x49, 0xf9, 0xfa, 0xef, 0xca, 0xa1},
    {0xab, 0x36, 0xdc, 0xbd, 0x78, 0x22, 0x51, 0x04, 0x51, 0xe0},
    {0xae, 0x6d, 0xa7, 0xe7, 0x4b, 0x32, 0x44, 0xed, 0xc7, 0xcd},
    {0xa9, 0xe1, 0x09, 0x64, 0x02, 0x27, 0x02, 0x88, 0xb9, 0x65},
    {0x52, 0x5e, 0x3d, 0x3e, 0x81, 0xc8, 0xba, 0x35, 0x75, 0xef},
    {0xdb, 0xef, 0xf9, 0x46, 0xa6, 0xcd, 0xb4, 0x8b, 0x3e, 0x16},
    {0xe3, 0x0d, 0xd1, 0x26, 0x97, 0x16, 0x1f, 0x61, 0xa4, 0x56},
    {0xf3, 0x3b, 0x0b, 0x1e, 0xd1, 0x5a, 0xa1, 0xc8, 0x4b, 0x48},
    {0x8d, 0x2c, 0x33, 0xa3, 0xf5, 0xb0, 0xce, 0x18, 0xe7, 0x52},
    {0xa8, 0xa8, 0x26, 0x62, 0xa1, 0x9f, 0x98, 0xa7, 0xfb, 0x46},
};

static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, left = a;

    for (; b; b >>= 1, left = left << 1 ^ (left & 0x80 ? POLYNOMIAL : 0))
        if (b & 1)
            product ^= left;
    return (uint8_t)product;
}

/* a^254, of a that is not 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = multiply(a, a), result = power;

    for (int i = 0; i < 6; i++) {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    return result;
}

static void add(uint8_t *to, const uint8_t *symbol, uint8_t weight, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] ^= multiply(symbol[i], weight);
}

void wzp_raptorq_repair(uint8_t out[WZP_RAPTORQ_SYMBOL_MAX], const struct wzp_raptorq *b,
                        unsigned index)
{
    memset(out, 0, WZP_RAPTORQ_SYMBOL_MAX);
    for (unsigned i = 0; i < b->count; i++)
        add(out, b->sources[i], weights[index][i], WZP_RAPTORQ_SYMBOL_MAX);
}

/* One equation: the weights of the missing sources, and their sum. */
struct equation {
    uint8_t weight[WZP_RAPTORQ_SOURCES_MAX];
    uint8_t sum[WZP_RAPTORQ_SYMBOL_MAX];
};

/* The equation of a repair symbol for the missing sources: the known ones are subtracted. */
static void set_up(struct equation *e, const struct wzp_raptorq *b, unsigned repair,
                   const uint8_t *missing, unsigned missing_count)
{
    memcpy(e->sum, b->repairs[repair], sizeof e->sum);
    for (unsigned i = 0; i < missing_count; i++)
        e->weight[i] = weights[repair][missing[i]];
    for (unsigned i = 0; i < b->count; i++)
        if (b->has_source >> i & 1)
            add(e->sum, b->sources[i], weights[repair][i], sizeof e->sum);
}

/* Gauss and Jordan. False: the equations do not determine all unknowns. */
static bool eliminate(struct equation *e, unsigned count, unsigned unknowns)
{
    for (unsigned column = 0; column < unknowns; column++) {
        unsigned pivot = column;
        while (pivot < count && e[pivot].weight[column] == 0)
            pivot++;
        if (pivot == count)
            return false;
        struct equation chosen = e[pivot];
        uint8_t scale = inverse(chosen.weight[column]);
        e[pivot] = e[column];
        memset(&e[column], 0, sizeof e[column]);
        add(e[column].weight, chosen.weight, scale, unknowns);
        add(e[column].sum, chosen.sum, scale, sizeof chosen.sum);
        for (unsigned row = 0; row < count; row++) {
            uint8_t factor = e[row].weight[column];
            if (row == column || factor == 0)
                continue;
            add(e[row].weight, e[column].weight, factor, unknowns);
            add(e[row].sum, e[column].sum, factor, sizeof chosen.sum);
        }
    }
    return true;
}

int wzp_raptorq_solve(struct wzp_raptorq *b)
{
    struct equation equations[WZP_RAPTORQ_REPAIRS_MAX] = {0};
    static const uint8_t zero[WZP_RAPTORQ_SYMBOL_MAX];
    uint8_t missing[WZP_RAPTORQ_SOURCES_MAX];
    unsigned missing_count = 0, count = 0;

    for (unsigned i = 0; i < b->count; i++)
        if (!(b->has_source >> i & 1))
            missing[missing_count++] = (uint8_t)i;
    for (unsigned i = 0; i < WZP_RAPTORQ_REPAIRS_MAX; i++)
        if (b->has_repair >> i & 1)
            set_up(&equations[count++], b, i, missing, missing_count);
    if (count < missing_count || !eliminate(equations, count, missing_count))
        return WZP_E_STATE;
    /* The remaining equations must be 0 = 0; otherwise some symbol is forged or damaged. */
    for (unsigned i = missing_count; i < count; i++)
        if (memcmp(equations[i].sum, zero, sizeof zero) != 0)
            return WZP_E_SYNTAX;
    for (unsigned i = 0; i < missing_count; i++) {
        memcpy(b->sources[missing[i]], equations[i].sum, WZP_RAPTORQ_SYMBOL_MAX);
        b->has_source |= (uint16_t)(1u << missing[i]);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/layout.h"

#include <stdbool.h>

/* The least length of the pieces that are not left out. */
static int needed(const struct wzp_piece *pieces, size_t count, int gap)
{
    int sum = 0, there = 0;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].at >= 0) {
            sum += pieces[i].least;
            there++;
        }
    return there ? sum + gap * (there - 1) : 0;
}

static bool leave_one_out(struct wzp_piece *pieces, size_t count)
{
    struct wzp_piece *worst = NULL;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].at >= 0 && (!worst || pieces[i].rank >= worst->rank))
            worst = &pieces[i];
    if (worst)
        worst->at = -1;
    return worst != NULL;
}

/* One round: every piece that may grow gets its share of the remaining length. */
static int grow(struct wzp_piece *pieces, size_t count, int spare)
{
    int weights = 0, given = 0;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].at >= 0 && (!pieces[i].most || pieces[i].length < pieces[i].most))
            weights += pieces[i].weight;
    if (weights == 0)
        return 0;
    int before = 0; /* sum of the weights so far: shares are differences of rounded sums */
    for (size_t i = 0; i < count; i++) {
        struct wzp_piece *p = &pieces[i];
        if (p->at < 0 || p->weight == 0 || (p->most && p->length >= p->most))
            continue;
        int share = (int)((long)spare * (before + p->weight) / weights) -
                    (int)((long)spare * before / weights);
        before += p->weight;
        if (p->most && share > p->most - p->length)
            share = p->most - p->length;
        p->length += share;
        given += share;
    }
    return given;
}

int wzp_layout(struct wzp_piece *pieces, size_t count, int length, int gap)
{
    for (size_t i = 0; i < count; i++)
        pieces[i].at = pieces[i].length = 0;
    while (needed(pieces, count, gap) > length)
        if (!leave_one_out(pieces, count))
            break;
    for (size_t i = 0; i < count; i++)
        pieces[i].length = pieces[i].at < 0 ? 0 : pieces[i].least;
    int spare = length - needed(pieces, count, gap);
    for (int given = 1; spare > 0 && given > 0; spare -= given)
        given = grow(pieces, count, spare);
    int at = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].at < 0)
            continue;
        pieces[i].at = at;
        used = at + pieces[i].length;
        at = used + gap;
    }
    return used;
}

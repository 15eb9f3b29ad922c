/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/numbers.h"

#include <string.h>

#define FATE_AGE 16 /* numbers after which a missing one counts as lost */

void wzp_numbers_begin(struct wzp_numbers *n, uint16_t sequence)
{
    memset(n->seen, 0, sizeof n->seen);
    n->seen[sequence % WZP_NUMBERS_SEEN] = 1;
    n->gone = 0;
}

/* Numbers so old that they will not come any more: what became of them. */
static void note_fates(struct wzp_numbers *n, uint16_t sequence, int distance)
{
    for (int i = 1; i <= distance && i <= WZP_NUMBERS_SEEN - FATE_AGE; i++)
        if (n->gone + (uint64_t)i >= FATE_AGE) /* what was before the beginning was not lost */
            wzp_lossrun_packet(
                &n->runs,
                n->seen[(uint16_t)(sequence - distance + i - FATE_AGE) % WZP_NUMBERS_SEEN] == 1);
    n->gone += (uint64_t)distance;
}

bool wzp_numbers_take(struct wzp_numbers *n, uint16_t sequence, int distance)
{
    if (distance > 0) {
        note_fates(n, sequence, distance);
        for (int i = 1; i <= distance && i <= WZP_NUMBERS_SEEN; i++)
            n->seen[(uint16_t)(sequence - distance + i) % WZP_NUMBERS_SEEN] = 0;
    } else if (-distance >= WZP_NUMBERS_SEEN) {
        return true; /* too old to know; it will be late anyway */
    } else if (n->seen[sequence % WZP_NUMBERS_SEEN] == 1) {
        return false;
    }
    n->seen[sequence % WZP_NUMBERS_SEEN] = 1;
    return true;
}

bool wzp_numbers_know(struct wzp_numbers *n, uint16_t sequence, int distance)
{
    if (distance >= 0 || -distance >= WZP_NUMBERS_SEEN || (uint64_t)-distance > n->gone ||
        n->seen[sequence % WZP_NUMBERS_SEEN])
        return false;
    n->seen[sequence % WZP_NUMBERS_SEEN] = 2;
    return true;
}

bool wzp_numbers_are_missing(const struct wzp_numbers *n, uint16_t sequence, int distance,
                             unsigned count)
{
    uint64_t oldest = (uint64_t)-(int64_t)distance + count;

    if (distance > 0 || oldest >= WZP_NUMBERS_SEEN || oldest > n->gone)
        return false;
    for (unsigned i = 1; i <= count; i++)
        if (n->seen[(uint16_t)(sequence - i) % WZP_NUMBERS_SEEN] == 1)
            return false;
    return true;
}

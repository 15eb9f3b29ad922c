/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shares a row or column of the screen among its pieces, whatever its length: what matters least is
 * left out first. */
#ifndef WZP_TUI_LAYOUT_H
#define WZP_TUI_LAYOUT_H

#include <stddef.h>

/* One piece. least: it is left out when it would get less; weight: its share of what is left over,
 * 0 = it stays at `least`; most: 0 = no limit; rank: the higher, the sooner it is left out (among
 * equals the last one). */
struct wzp_piece {
    int least, most, weight, rank;
    /* filled in: 0 and -1 when it was left out */
    int length, at;
};
/* Sets length and at of every piece; a gap of `gap` stands between two pieces that are there.
 * Returns how much was used, at most `length`. */
int wzp_layout(struct wzp_piece *pieces, size_t count, int length, int gap);

#endif

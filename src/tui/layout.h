/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Divides a row or column of the screen among its pieces, whatever its length: the least important
 * pieces are left out first. */
#ifndef WZP_TUI_LAYOUT_H
#define WZP_TUI_LAYOUT_H

#include <stddef.h>

/* One piece. least: the piece is left out when it would get less; weight: its share of the
 * remaining length, 0 = it stays at `least`; most: upper limit, 0 = none; rank: pieces with a
 * higher rank are left out earlier (among equals the last one). */
struct wzp_piece {
    int least, most, weight, rank;
    /* results: 0 and -1 when the piece was left out */
    int length, at;
};
/* Sets length and at of every piece; there is a gap of `gap` between two pieces that are not left
 * out. Returns the length used, at most `length`. */
int wzp_layout(struct wzp_piece *pieces, size_t count, int length, int gap);

#endif

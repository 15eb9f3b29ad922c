/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A text as a QR code in cells: two dots on top of each other in one. */
#ifndef WZP_TUI_QR_H
#define WZP_TUI_QR_H

#include "tui/canvas.h"

/* Draws it at the area's corner, with the quiet border that cameras need; true when it is there,
 * false when it does not fit (nothing is drawn), or this program was built without libqrencode.
 * *columns, *rows (may be NULL): its size. */
bool wzp_qr_draw(struct wzp_area a, const char *text, int *columns, int *rows);

#endif

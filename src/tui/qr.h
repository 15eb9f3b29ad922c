/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Draws a text as a QR code in cells: two modules, one above the other, in each cell. */
#ifndef WZP_TUI_QR_H
#define WZP_TUI_QR_H

#include "tui/canvas.h"

/* Draws it at the area's corner, with the blank border that cameras need. False when it does not
 * fit (then nothing is drawn), or this program was built without libqrencode. *columns, *rows (may
 * be NULL): its size. */
bool wzp_qr_draw(struct wzp_area a, const char *text, int *columns, int *rows);

#endif

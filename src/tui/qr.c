/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/qr.h"

#if WZP_WITH_QRENCODE
#include <qrencode.h>

#define QUIET 2 /* modules of border; the standard wants 4, cameras do with 2 */

static bool is_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

/* In ASCII a module is two columns wide and one row high, so that it is nearly square. */
static void draw_ascii(struct wzp_area a, const QRcode *code, int side)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            wzp_draw_text(a, 2 * x, y, WZP_STYLE_QR,
                          is_dark(code, x - QUIET, y - QUIET) ? "##" : "  ");
}

static void draw_blocks(struct wzp_area a, const QRcode *code, int side)
{
    static const char *const blocks[] = {" ", "▀", "▄", "█"};
    for (int y = 0; y < (side + 1) / 2; y++)
        for (int x = 0; x < side; x++) {
            int upper = is_dark(code, x - QUIET, 2 * y - QUIET);
            int lower = is_dark(code, x - QUIET, 2 * y + 1 - QUIET);
            wzp_draw_text(a, x, y, WZP_STYLE_QR, blocks[upper + 2 * lower]);
        }
}

bool wzp_qr_draw(struct wzp_area a, const char *text, int *columns, int *rows)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return false;
    int side = code->width + 2 * QUIET;
    int width = a.canvas->ascii ? 2 * side : side, high = a.canvas->ascii ? side : (side + 1) / 2;
    bool fits = width <= a.width && high <= a.height;
    if (fits && a.canvas->ascii)
        draw_ascii(a, code, side);
    else if (fits)
        draw_blocks(a, code, side);
    if (columns)
        *columns = width;
    if (rows)
        *rows = high;
    QRcode_free(code);
    return fits;
}
#else
bool wzp_qr_draw(struct wzp_area a, const char *text, int *columns, int *rows)
{
    (void)a;
    (void)text;
    if (columns)
        *columns = 0;
    if (rows)
        *rows = 0;
    return false;
}
#endif

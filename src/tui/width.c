/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/width.h"

#include <string.h>

#include "base/text.h"

size_t wzp_width_next(uint32_t *code, const char *text)
{
    static const uint8_t first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    *code = 0;
    if (!*text)
        return 0;
    size_t n = wzp_utf8_length(text, strnlen(text, 4));
    if (n == 0 || n > 4) {
        *code = '?';
        return 1;
    }
    uint32_t value = (uint8_t)text[0] & first_bits[n];
    for (size_t i = 1; i < n; i++)
        value = value << 6 | ((uint8_t)text[i] & 0x3fu);
    *code = value;
    return n;
}

size_t wzp_width_put(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(lead[n] | code);
    return n;
}

int wzp_width_text(const char *text)
{
    int columns = 0;
    uint32_t code;
    for (size_t n; (n = wzp_width_next(&code, text)); text += n) {
        int width = wzp_width_of(code);
        columns += width < 0 ? 1 : width;
    }
    return columns;
}

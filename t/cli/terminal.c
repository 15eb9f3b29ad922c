/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/terminal.h"

#include <string.h>

#include "tap.h"

static void wraps(const char *text, unsigned width, unsigned indent, const char *want)
{
    char out[256];
    size_t length = wzp_terminal_wrap(out, sizeof out, text, width, indent);
    is_str(out, want, "in %u columns", width);
    is_int(length, strlen(want), "its length");
}

TAP_MAIN
{
    wraps("one two three", 0, 2, "one two three");
    wraps("one two three", 7, 2, "one two\n  three");
    wraps("one two three", 40, 2, "one two three");
    wraps("code 0123:4567:89ab:cdef stays", 12, 2, "code\n  0123:4567:89ab:cdef\n  stays");
    wraps("0123:4567:89ab", 5, 2, "0123:4567:89ab");
    wraps("a\n  b c", 4, 2, "a\n  b\n  c");
    wraps("\xc3\xa4\xc3\xb6 \xc3\xbc\xc3\x9f x", 5, 0, "\xc3\xa4\xc3\xb6 \xc3\xbc\xc3\x9f\nx");
    wraps("  -x, --long   help of it", 16, 4, "  -x, --long\n    help of it");
    char tiny[4];
    wzp_terminal_wrap(tiny, sizeof tiny, "longer", 0, 0);
    is_str(tiny, "lon", "a text is cut to its place");
    FILE *file = tmpfile();
    if (file) {
        is_int(wzp_terminal_width(file), 0, "a file is no terminal");
        fclose(file);
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The text filters for terminals and file names: the output is safe, whatever the input. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char out[256], again[256];
    size_t room = size > 0 ? data[0] : 0;
    size_t n = wzp_text_filter(out, room, (const char *)data, size);
    if (room > 0) {
        if (n >= room || out[n] != '\0' || strlen(out) != n || !wzp_utf8_valid(out, n))
            abort();
        for (size_t i = 0; i < n; i++)
            if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
                abort();
        /* Filtering the output again changes nothing. */
        if (wzp_text_filter(again, sizeof again, out, n) != n || memcmp(again, out, n) != 0)
            abort();
    }
    /* Valid text of which nothing was replaced is kept whole. */
    if (wzp_utf8_valid((const char *)data, size) && size < sizeof out) {
        n = wzp_text_filter(out, sizeof out, (const char *)data, size);
        if (!memchr(out, '?', n) && (n != size || (n > 0 && memcmp(out, data, n) != 0)))
            abort();
    }
    return 0;
}

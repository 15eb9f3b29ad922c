/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hexadecimal: what is read is written back, except for upper case. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[64], again[64];
    char text[2 * sizeof bytes + 1];
    for (size_t length = 0; length <= sizeof bytes; length += 16) {
        if (wzp_hex_decode(bytes, length, (const char *)data, size) != 0)
            continue;
        wzp_hex_encode(text, bytes, length);
        if (size != 2 * length || strncasecmp(text, (const char *)data, size) != 0)
            abort();
    }
    size_t n = size < sizeof bytes ? size : sizeof bytes;
    wzp_hex_encode(text, data, n);
    if (wzp_hex_decode(again, n, text, 2 * n) != 0 || (n > 0 && memcmp(again, data, n) != 0))
        abort();
    return 0;
}

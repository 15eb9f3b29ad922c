/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stream framing: the same bytes in any pieces give the same message. The first byte chooses the
 * pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_frame whole, pieces;
    if (size < 1)
        return 0;
    size_t step = 1u + data[0] % 64;
    data++;
    size--;
    long live = wzp_alloc_live();
    wzp_frame_init(&whole, WZP_FRAME_MAX);
    wzp_frame_init(&pieces, WZP_FRAME_MAX);
    int result = wzp_frame_feed(&whole, data, size);
    int last = 0;
    for (size_t at = 0; at < size && last == 0; at += step)
        last = wzp_frame_feed(&pieces, data + at, size - at < step ? size - at : step);
    if (result != last)
        abort();
    if (result == 1 && (whole.length != pieces.length || whole.length > size - 4 ||
                        memcmp(whole.text, pieces.text, whole.length + 1) != 0 ||
                        memcmp(whole.text, data + 4, whole.length) != 0))
        abort();
    if (whole.capacity > 2 * size + 2048)
        abort();
    wzp_frame_fini(&whole);
    wzp_frame_fini(&pieces);
    if (wzp_alloc_live() != live)
        abort();
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bundles: the items lie within the input one behind the other and are all of it. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_bundle_reader reader;
    const uint8_t *item, *end = data + WZP_BUNDLE_HEAD;
    size_t length, count = 0;
    if (wzp_bundle_parse(&reader, data, size) != 0) {
        if (wzp_bundle_next(&reader, &item, &length) != 0)
            abort();
        return 0;
    }
    while (wzp_bundle_next(&reader, &item, &length)) {
        if (item != end + WZP_BUNDLE_ITEM_HEAD || ++count > WZP_BUNDLE_ITEMS_MAX)
            abort();
        end = item + length;
    }
    if (count == 0 || end != data + size)
        abort();
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bundles of datagrams. Source: wzp-protocol(7), Bundles. */
#include "wire/bundle.h"

#include "base/bytes.h"
#include "base/error.h"

bool wzp_bundle_is(const uint8_t *data, size_t length)
{
    return length > 0 && data[0] == WZP_BUNDLE_MARK;
}

int wzp_bundle_parse(struct wzp_bundle_reader *r, const uint8_t *data, size_t length)
{
    unsigned items = 0;
    r->data = NULL;
    r->length = 0;
    if (!wzp_bundle_is(data, length) || length == WZP_BUNDLE_HEAD)
        return WZP_E_SYNTAX;
    for (size_t at = WZP_BUNDLE_HEAD; at < length; items++) {
        if (items == WZP_BUNDLE_ITEMS_MAX)
            return WZP_E_LIMIT;
        if (length - at < WZP_BUNDLE_ITEM_HEAD)
            return WZP_E_SHORT;
        size_t body = wzp_get_be16(data + at);
        at += WZP_BUNDLE_ITEM_HEAD;
        if (length - at < body)
            return WZP_E_SHORT;
        at += body;
    }
    r->data = data + WZP_BUNDLE_HEAD;
    r->length = length - WZP_BUNDLE_HEAD;
    return 0;
}

int wzp_bundle_next(struct wzp_bundle_reader *r, const uint8_t **item, size_t *length)
{
    if (r->length == 0)
        return 0;
    *length = wzp_get_be16(r->data);
    *item = r->data + WZP_BUNDLE_ITEM_HEAD;
    r->data += WZP_BUNDLE_ITEM_HEAD + *length;
    r->length -= WZP_BUNDLE_ITEM_HEAD + *length;
    return 1;
}

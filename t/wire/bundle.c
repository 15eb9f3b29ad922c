/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bundles of datagrams: what is read, and what is refused. Source: wzp-protocol(7), Bundles. */
#include "wire/bundle.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static void check_items(void)
{
    uint8_t bytes[32];
    size_t length = tap_hex(bytes, sizeof bytes, "bc 0003 616263 0000 0001 bc");
    struct wzp_bundle_reader r;
    const uint8_t *item;
    size_t size;
    ok(wzp_bundle_is(bytes, length), "the mark tells a bundle");
    ok(!wzp_bundle_is(bytes, 0) && !wzp_bundle_is(bytes + 1, length - 1), "nothing else does");
    is_int(wzp_bundle_parse(&r, bytes, length), 0, "three items are read");
    ok(wzp_bundle_next(&r, &item, &size) == 1, "the first");
    is_bytes(item, size, "abc", 3, "is itself");
    ok(wzp_bundle_next(&r, &item, &size) == 1, "the second");
    is_int(size, 0, "is empty");
    ok(wzp_bundle_next(&r, &item, &size) == 1, "the third");
    is_bytes(item, size, "\xbc", 1, "is a mark, which is no bundle in a bundle");
    is_int(wzp_bundle_next(&r, &item, &size), 0, "there is no fourth");
    for (size_t cut = 2; cut < length; cut++) {
        bool whole = cut == 6 || cut == 8; /* behind the first item, and the second */
        is_int(wzp_bundle_parse(&r, bytes, cut), whole ? 0 : WZP_E_SHORT, "cut at %zu", cut);
        if (!whole)
            is_int(wzp_bundle_next(&r, &item, &size), 0, "gives nothing");
    }
}

static void check_refused(void)
{
    static uint8_t bytes[WZP_BUNDLE_HEAD + (WZP_BUNDLE_ITEMS_MAX + 1) * WZP_BUNDLE_ITEM_HEAD];
    size_t most = sizeof bytes - WZP_BUNDLE_ITEM_HEAD;
    struct wzp_bundle_reader r;
    const uint8_t *item;
    size_t size, count = 0;
    bytes[0] = WZP_BUNDLE_MARK;
    is_int(wzp_bundle_parse(&r, bytes, 0), WZP_E_SYNTAX, "nothing is no bundle");
    is_int(wzp_bundle_parse(&r, bytes, 1), WZP_E_SYNTAX, "nor is a mark alone");
    is_int(wzp_bundle_parse(&r, bytes + 1, 4), WZP_E_SYNTAX, "nor what has no mark");
    is_int(wzp_bundle_parse(&r, (const uint8_t *)"\xbc\xff\xff", 3), WZP_E_SHORT, "a lie");
    is_int(wzp_bundle_parse(&r, bytes, most), 0, "as many items as there may be");
    while (wzp_bundle_next(&r, &item, &size))
        count++;
    is_int(count, WZP_BUNDLE_ITEMS_MAX, "are read");
    is_int(wzp_bundle_parse(&r, bytes, sizeof bytes), WZP_E_LIMIT, "one more is refused");
    is_int(wzp_bundle_next(&r, &item, &size), 0, "and gives nothing");
}

TAP_MAIN
{
    check_items();
    check_refused();
}

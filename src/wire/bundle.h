/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bundles: several datagrams in one DATAGRAM frame, on a connection whose ends agreed on it in
 * their handshake. A relay that sends several datagrams to one listener at once then makes one
 * library call and one DATAGRAM frame instead of one each. A bundle is a mark byte, then items,
 * each preceded by its length. A datagram that itself begins with the mark is sent as a bundle of
 * one, so that bundling need not know what datagrams contain. Source: wzp-protocol(7), Bundles. No
 * allocation. */
#ifndef WZP_WIRE_BUNDLE_H
#define WZP_WIRE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_BUNDLE_MARK 0xbc    /* no media packet of this network begins with it */
#define WZP_BUNDLE_HEAD 1       /* bytes of the mark */
#define WZP_BUNDLE_ITEM_HEAD 2  /* bytes of a length, big-endian */
#define WZP_BUNDLE_ITEMS_MAX 32 /* a bundle of more is refused */

/* Whether a datagram must be read as a bundle, and may only be sent within one. */
bool wzp_bundle_is(const uint8_t *data, size_t length);

/* The unread rest of a checked bundle. */
struct wzp_bundle_reader {
    const uint8_t *data;
    size_t length;
};
/* Checks the whole bundle, then walk with _next. Refused whole: WZP_E_SYNTAX (not a bundle, or an
 * empty one), WZP_E_SHORT (an item runs past the end), WZP_E_LIMIT (too many items). */
int wzp_bundle_parse(struct wzp_bundle_reader *r, const uint8_t *data, size_t length);
/* 1 with an item, which may be empty and lies within the bundle; 0 at the end. */
int wzp_bundle_next(struct wzp_bundle_reader *r, const uint8_t **item, size_t *length);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets of the debug tap: what members of tapped rooms send, as pieces of a capture file
 * (wire/capture.h) that the packet way puts into memory without allocating, and that the embedder
 * writes when it has time. What does not fit is counted. Off until it is started. */
#ifndef WZP_RELAY_TAP_H
#define WZP_RELAY_TAP_H

#include <stddef.h>
#include <stdint.h>

#define WZP_RELAY_TAP_BYTES (1024 * 1024) /* kept until they are taken */

struct wzp_relay_tap {
    uint8_t *bytes; /* owned; NULL: off */
    size_t length;
    unsigned interfaces;     /* rooms so far */
    uint64_t began, wall_ns; /* the same moment: the relay's clock, and since 1970 */
    uint64_t packets, lost;  /* kept; found no room */
};

struct wzp_relay;
struct wzp_relay_client;
/* From now on packets of the rooms that `debug_tap` names are kept; the head of a file comes first.
 * WZP_E_MEMORY. */
int wzp_relay_tap_start(struct wzp_relay *r, uint64_t wall_ns, uint64_t now);
void wzp_relay_tap_fini(struct wzp_relay *r);
/* A media packet of a member in a room. Nothing happens when it is off. Never allocates. */
void wzp_relay_tap_note(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                        size_t length, uint64_t now);
/* What was kept since the last time, valid until the next packet; its length. */
size_t wzp_relay_tap_take(struct wzp_relay *r, const uint8_t **out);

#endif

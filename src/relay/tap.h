/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Debug tap: packets that members of tapped rooms send, as pieces of a capture file
 * (wire/capture.h). The forwarding path puts them into memory without allocating; the embedder
 * takes and writes them. Packets that do not fit are counted. Off until it is started. */
#ifndef WZP_RELAY_TAP_H
#define WZP_RELAY_TAP_H

#include <stddef.h>
#include <stdint.h>

#define WZP_RELAY_TAP_BYTES (1024 * 1024) /* kept until they are taken */

struct wzp_relay_tap {
    uint8_t *bytes; /* owned; NULL: off */
    size_t length;
    unsigned interfaces;     /* interface numbers used so far, one per room */
    uint64_t began, wall_ns; /* the start, on the relay's clock and since 1970 */
    uint64_t packets, lost;  /* kept, and dropped for lack of space */
};

struct wzp_relay;
struct wzp_relay_client;
/* Starts keeping packets of the rooms that `debug_tap` names; the head of the file comes first.
 * WZP_E_MEMORY. */
int wzp_relay_tap_start(struct wzp_relay *r, uint64_t wall_ns, uint64_t now);
void wzp_relay_tap_fini(struct wzp_relay *r);
/* Keeps a media packet of a member of a room, if the tap is on. Never allocates. */
void wzp_relay_tap_note(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                        size_t length, uint64_t now);
/* Returns the length of what was kept since the last call; *out is valid until the next packet. */
size_t wzp_relay_tap_take(struct wzp_relay *r, const uint8_t **out);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/tap.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "relay/state.h"
#include "wire/capture.h"

int wzp_relay_tap_start(struct wzp_relay *r, uint64_t wall_ns, uint64_t now)
{
    struct wzp_relay_tap *tap = &r->tap;

    if (tap->bytes)
        return 0;
    tap->bytes = wzp_alloc(WZP_RELAY_TAP_BYTES);
    if (!tap->bytes)
        return WZP_E_MEMORY;
    tap->began = now;
    tap->wall_ns = wall_ns;
    tap->length = (size_t)wzp_capture_write_head(tap->bytes, WZP_RELAY_TAP_BYTES, "wzp-relay");
    return 0;
}

void wzp_relay_tap_fini(struct wzp_relay *r)
{
    wzp_free(r->tap.bytes);
    memset(&r->tap, 0, sizeof r->tap);
}

/* The room's interface in the capture file. Rooms beyond the maximum share the last one. False: the
 * buffer has no space for its description now. */
static bool find_interface(struct wzp_relay_tap *tap, struct wzp_relay_room *room)
{
    char name[WZP_CAPTURE_NAME_MAX];
    bool is_last = tap->interfaces == WZP_CAPTURE_INTERFACES_MAX - 1;

    if (room->tap_interface)
        return true;
    if (tap->interfaces < WZP_CAPTURE_INTERFACES_MAX) {
        wzp_text_filter(name, sizeof name, room->name, strlen(room->name));
        int length =
            wzp_capture_write_interface(tap->bytes + tap->length, WZP_RELAY_TAP_BYTES - tap->length,
                                        WZP_CAPTURE_RELAY, is_last ? "further rooms" : name);
        if (length < 0)
            return false;
        tap->length += (size_t)length;
        tap->interfaces++;
    }
    room->tap_interface = tap->interfaces;
    return true;
}

void wzp_relay_tap_note(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_relay_tap *tap = &r->tap;
    struct wzp_relay_room *room = client->member.room;

    if (!tap->bytes || !wzp_relay_tapped(r, room->name))
        return;
    int written = WZP_E_TOO_BIG;
    if (find_interface(tap, room)) {
        struct wzp_capture_record record = {.type = WZP_CAPTURE_PACKET,
                                            .at = tap->wall_ns + wzp_time_since(now, tap->began),
                                            .interface = room->tap_interface - 1,
                                            .data = data,
                                            .length = length};
        client->link->path(client->at, &record.local, &record.remote);
        written =
            wzp_capture_write(tap->bytes + tap->length, WZP_RELAY_TAP_BYTES - tap->length, &record);
    }
    if (written < 0) {
        tap->lost++;
        return;
    }
    tap->length += (size_t)written;
    tap->packets++;
}

size_t wzp_relay_tap_take(struct wzp_relay *r, const uint8_t **out)
{
    size_t length = r->tap.length;

    *out = r->tap.bytes;
    r->tap.length = 0;
    return length;
}

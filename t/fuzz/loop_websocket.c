/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A browser's bytes after the handshake, in pieces whose lengths the input chooses; every second
 * message is answered, now and then something is read. */
#include <stdint.h>
#include <stdlib.h>

#include "loop/websocket.h"

static struct wzp_websocket *w;
static unsigned messages;

static void on_message(void *context, bool is_text, const uint8_t *data, size_t length)
{
    (void)context;
    (void)is_text;
    if (length > WZP_WEBSOCKET_MESSAGE_MAX)
        abort();
    if (messages++ % 2 == 0)
        (void)wzp_websocket_send(w, false, data, length);
    if (length > 0 && data[0] == 'q')
        wzp_websocket_close(w, WZP_WEBSOCKET_NORMAL, "as you like");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *out;
    if (size < 1 || wzp_websocket_new(&w, on_message, NULL))
        return 0;
    size_t step = 1u + data[0];
    for (size_t at = 1; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        if (!wzp_websocket_receive(w, data + at, n))
            break;
        size_t waiting = wzp_websocket_pending(w, &out);
        if (waiting > WZP_WEBSOCKET_OUT_MAX)
            abort();
        if (data[at] & 1)
            wzp_websocket_sent(w, waiting);
    }
    wzp_websocket_free(w);
    return 0;
}

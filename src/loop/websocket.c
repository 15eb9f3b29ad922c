/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/websocket.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "wzp/types.h"

void wzp_websocket_accept(char out[WZP_WEBSOCKET_ACCEPT_SIZE], const char *key)
{
    uint8_t digest[WZP_SHA1_SIZE];
    char text[128];
    int n = snprintf(text, sizeof text, "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    wzp_sha1(digest, text, (size_t)n);
    wzp_base64(out, digest, sizeof digest);
}

#if WZP_WITH_WSLAY
#include <wslay/wslay.h>

#define CHUNK 512   /* bytes that are looked at before what follows from them is sent */
#define WAITING 16  /* frames that may wait inside, when there is no room for them in the buffer */
#define CONTROL 140 /* bytes of room that stay free for a close or a pong */

struct wzp_websocket {
    wslay_event_context_ptr context;
    void (*message)(void *context, bool is_text, const uint8_t *data, size_t length);
    void *owner;
    const uint8_t *in; /* while something is received */
    size_t in_length;
    bool closing, broken;
    size_t out_length;
    uint8_t out[WZP_WEBSOCKET_OUT_MAX];
};

static ssize_t on_read(wslay_event_context_ptr ctx, uint8_t *to, size_t most, int flags,
                       void *context)
{
    struct wzp_websocket *w = context;
    size_t n = most < w->in_length ? most : w->in_length;
    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(to, w->in, n);
    w->in += n;
    w->in_length -= n;
    return (ssize_t)n;
}

static ssize_t on_write(wslay_event_context_ptr ctx, const uint8_t *data, size_t length, int flags,
                        void *context)
{
    struct wzp_websocket *w = context;
    size_t room = sizeof w->out - w->out_length;
    size_t n = length < room ? length : room;
    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(w->out + w->out_length, data, n);
    w->out_length += n;
    return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr ctx,
                       const struct wslay_event_on_msg_recv_arg *message, void *context)
{
    struct wzp_websocket *w = context;
    (void)ctx;
    if (w->closing ||
        (message->opcode != WSLAY_TEXT_FRAME && message->opcode != WSLAY_BINARY_FRAME))
        return;
    w->message(w->owner, message->opcode == WSLAY_TEXT_FRAME, message->msg, message->msg_length);
}

bool wzp_websocket_is_there(void)
{
    return true;
}

int wzp_websocket_new(struct wzp_websocket **out,
                      void (*message)(void *context, bool is_text, const uint8_t *data,
                                      size_t length),
                      void *context)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_read, .send_callback = on_write, .on_msg_recv_callback = on_message};
    struct wzp_websocket *w = wzp_calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return WZP_E_MEMORY;
    w->message = message;
    w->owner = context;
    if (wslay_event_context_server_init(&w->context, &callbacks, w)) {
        wzp_free(w);
        return WZP_E_MEMORY;
    }
    wslay_event_config_set_max_recv_msg_length(w->context, WZP_WEBSOCKET_MESSAGE_MAX);
    *out = w;
    return 0;
}

void wzp_websocket_free(struct wzp_websocket *w)
{
    if (!w)
        return;
    wslay_event_context_free(w->context);
    wzp_free(w);
}

/* What can go into the buffer goes. */
static void flush(struct wzp_websocket *w)
{
    if (wslay_event_want_write(w->context) && wslay_event_send(w->context))
        w->broken = true;
}

bool wzp_websocket_receive(struct wzp_websocket *w, const uint8_t *data, size_t length)
{
    /* In pieces, so that a peer that only sends pings, and reads no answers, cannot fill memory. */
    while (length > 0 && !w->broken && wslay_event_want_read(w->context)) {
        size_t n = length < CHUNK ? length : CHUNK;
        w->in = data;
        w->in_length = n;
        data += n;
        length -= n;
        if (wslay_event_recv(w->context))
            w->broken = true;
        w->in_length = 0;
        flush(w);
        if (wslay_event_get_queued_msg_count(w->context) > WAITING)
            w->broken = true;
    }
    return !w->broken && wslay_event_want_read(w->context);
}

bool wzp_websocket_left(const struct wzp_websocket *w)
{
    return wslay_event_get_close_received(w->context);
}

static int queue(struct wzp_websocket *w, uint8_t opcode, const void *data, size_t length)
{
    const struct wslay_event_msg message = {opcode, data, length};
    if (w->closing || w->broken)
        return WZP_E_CLOSED;
    if (sizeof w->out - w->out_length < length + CONTROL ||
        wslay_event_get_queued_msg_count(w->context) > 0)
        return WZP_E_LIMIT;
    int result = wslay_event_queue_msg(w->context, &message);
    if (result)
        return result == WSLAY_ERR_NOMEM ? WZP_E_MEMORY : WZP_E_CLOSED;
    flush(w);
    return 0;
}

int wzp_websocket_send(struct wzp_websocket *w, bool is_text, const void *data, size_t length)
{
    return queue(w, is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, data, length);
}

int wzp_websocket_ping(struct wzp_websocket *w)
{
    return queue(w, WSLAY_PING, "", 0);
}

void wzp_websocket_close(struct wzp_websocket *w, enum wzp_websocket_code code, const char *reason)
{
    size_t length = strnlen(reason, WZP_WEBSOCKET_REASON_MAX);
    if (w->closing || w->broken)
        return;
    w->closing = true;
    /* Not in the middle of a character. */
    while (length > 0 && reason[length] && ((unsigned char)reason[length] & 0xc0) == 0x80)
        length--;
    if (wslay_event_queue_close(w->context, (uint16_t)code, (const uint8_t *)reason, length))
        w->broken = true;
    else
        flush(w);
}

size_t wzp_websocket_pending(const struct wzp_websocket *w, const uint8_t **data)
{
    *data = w->out;
    return w->out_length;
}

void wzp_websocket_sent(struct wzp_websocket *w, size_t length)
{
    w->out_length -= length;
    memmove(w->out, w->out + length, w->out_length);
    flush(w);
}

#else

bool wzp_websocket_is_there(void)
{
    return false;
}

int wzp_websocket_new(struct wzp_websocket **out,
                      void (*message)(void *context, bool is_text, const uint8_t *data,
                                      size_t length),
                      void *context)
{
    (void)message;
    (void)context;
    *out = NULL;
    return WZP_E_UNSUPPORTED;
}

/* Nobody has one. */
void wzp_websocket_free(struct wzp_websocket *w)
{
    (void)w;
}

bool wzp_websocket_receive(struct wzp_websocket *w, const uint8_t *data, size_t length)
{
    (void)w;
    (void)data;
    (void)length;
    return false;
}

bool wzp_websocket_left(const struct wzp_websocket *w)
{
    (void)w;
    return true;
}

int wzp_websocket_send(struct wzp_websocket *w, bool is_text, const void *data, size_t length)
{
    (void)w;
    (void)is_text;
    (void)data;
    (void)length;
    return WZP_E_CLOSED;
}

int wzp_websocket_ping(struct wzp_websocket *w)
{
    (void)w;
    return WZP_E_CLOSED;
}

void wzp_websocket_close(struct wzp_websocket *w, enum wzp_websocket_code code, const char *reason)
{
    (void)w;
    (void)code;
    (void)reason;
}

size_t wzp_websocket_pending(const struct wzp_websocket *w, const uint8_t **data)
{
    (void)w;
    *data = NULL;
    return 0;
}

void wzp_websocket_sent(struct wzp_websocket *w, size_t length)
{
    (void)w;
    (void)length;
}
#endif

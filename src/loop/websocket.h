/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The server's side of one WebSocket connection after its handshake, over wslay: received bytes
 * become messages, and messages become bytes to send. Pure; outgoing bytes wait in a buffer of
 * fixed size. Not available in builds without wslay. Source: RFC 6455. */
#ifndef WZP_LOOP_WEBSOCKET_H
#define WZP_LOOP_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/primitives.h"

#define WZP_WEBSOCKET_MESSAGE_MAX (20 * 1024) /* received; must hold a token */
#define WZP_WEBSOCKET_OUT_MAX (48 * 1024)     /* waiting to be sent: half a second of sound */
#define WZP_WEBSOCKET_REASON_MAX 123          /* bytes of a close frame's reason */

enum wzp_websocket_code { /* of a close; RFC 6455 7.4.1 */
                          WZP_WEBSOCKET_NORMAL = 1000,
                          WZP_WEBSOCKET_GOING = 1001,
                          WZP_WEBSOCKET_PROTOCOL = 1002,
                          WZP_WEBSOCKET_POLICY = 1008,
                          WZP_WEBSOCKET_TOO_BIG = 1009,
                          WZP_WEBSOCKET_TRY_LATER = 1013
};

/* True when this build can speak it. */
bool wzp_websocket_is_there(void);
#define WZP_WEBSOCKET_ACCEPT_SIZE WZP_BASE64_SIZE(WZP_SHA1_SIZE)
/* The Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
void wzp_websocket_accept(char out[WZP_WEBSOCKET_ACCEPT_SIZE], const char *key);

struct wzp_websocket;
/* message is called for each whole message; data is valid only during the call, and not
 * 0-terminated. The callback may send and close, but not free. WZP_E_MEMORY, WZP_E_UNSUPPORTED (no
 * wslay). */
int wzp_websocket_new(struct wzp_websocket **out,
                      void (*message)(void *context, bool is_text, const uint8_t *data,
                                      size_t length),
                      void *context);
/* NULL is fine. */
void wzp_websocket_free(struct wzp_websocket *w);
/* Handles received bytes. Pings and closes are answered; a protocol error is answered with a close.
 * False: the connection is over; send what is pending and disconnect. */
bool wzp_websocket_receive(struct wzp_websocket *w, const uint8_t *data, size_t length);
/* True when the other side sent a close frame. */
bool wzp_websocket_left(const struct wzp_websocket *w);
/* WZP_E_LIMIT: the other side does not read, nothing was queued; WZP_E_CLOSED; WZP_E_MEMORY. */
int wzp_websocket_send(struct wzp_websocket *w, bool is_text, const void *data, size_t length);
int wzp_websocket_ping(struct wzp_websocket *w);
/* Sends a close frame, once. A long reason is cut. */
void wzp_websocket_close(struct wzp_websocket *w, enum wzp_websocket_code code, const char *reason);
/* Bytes waiting to be sent; valid until the next call. */
size_t wzp_websocket_pending(const struct wzp_websocket *w, const uint8_t **data);
/* The first `length` pending bytes were sent. */
void wzp_websocket_sent(struct wzp_websocket *w, size_t length);

#endif

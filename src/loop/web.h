/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A small web server for browsers: static files of a folder, and WebSockets at /ws/NAME for its own
 * pages and for programs. A "visitor" is one WebSocket connection. Everything is bounded: visitors
 * in total and per address, time for the handshake, the rate received (four times what sound
 * takes), bytes queued for a slow reader. Source: RFC 6455. */
#ifndef WZP_LOOP_WEB_H
#define WZP_LOOP_WEB_H

#include "base/addr.h"
#include "loop/loop.h"
#include "loop/websocket.h"

#define WZP_WEB_NAME_MAX 256

struct wzp_web_server;
struct wzp_web_visitor;
struct wzp_web_calls {
    /* A client opened /ws/NAME; *data is the owner's pointer for it. Returns NULL to accept, else
     * the sentence that it is closed with. from: its address, or the one that our proxy on this
     * machine reported. */
    const char *(*opened)(void *context, struct wzp_web_visitor *visitor, void **data,
                          const char *name, const struct wzp_addr *from);
    void (*text)(void *context, void *data, const char *text, size_t length);
    void (*binary)(void *context, void *data, const uint8_t *bytes, size_t length);
    /* The visitor has disconnected; only called after opened returned NULL. */
    void (*closed)(void *context, void *data);
    /* May a browser connect on behalf of a page of another host (Origin) than the one it connects
     * to? Both in lower case, "" when unknown. NULL: it may not. */
    bool (*foreign)(void *context, const char *page, const char *host, const struct wzp_addr *from);
};
struct wzp_web_options {
    struct wzp_addr listen; /* port 0: a free one */
    const char *folder;     /* whose files are served; NULL: none. Outlives the server */
    unsigned visitors;      /* WebSockets in all */
    unsigned per_address;   /* WebSockets from one IPv4 address or IPv6 /64 */
    unsigned slow_ms;       /* closed when nothing could be sent for so long; 0: 5000 */
    struct wzp_web_calls calls;
    void *context;
};
/* All since the start. */
struct wzp_web_stats {
    uint64_t opened, refused, over_rate, slow, malformed, foreign;
    unsigned now; /* WebSockets that are open */
};
/* WZP_E_NETWORK with a sentence, WZP_E_UNSUPPORTED (a build without wslay), WZP_E_MEMORY,
 * WZP_E_IO. */
int wzp_web_start(struct wzp_web_server **out, struct wzp_loop *l,
                  const struct wzp_web_options *options, struct wzp_error *err);
uint16_t wzp_web_port(const struct wzp_web_server *s);
void wzp_web_stats(const struct wzp_web_server *s, struct wzp_web_stats *out);
/* Closes all visitors with the code for a server that goes away; NULL is fine. */
void wzp_web_close(struct wzp_web_server *s);

/* May be called from inside the callbacks. False: nothing was sent, since the visitor does not read
 * (it is closed when that lasts) or has disconnected. */
bool wzp_web_send(struct wzp_web_visitor *visitor, bool is_text, const void *data, size_t length);
/* Closes the WebSocket with a code and reason; `closed` is called later. */
void wzp_web_part(struct wzp_web_visitor *visitor, enum wzp_websocket_code code,
                  const char *reason);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A little web server for browsers: files of a folder, and WebSockets at /ws/NAME for its own pages
 * and for programs. Bounded in everything: visitors in all and from one address, time for the
 * handshake, bytes that come (four times what sound takes), bytes that wait for a slow reader.
 * Source: RFC 6455. */
#ifndef WZP_LOOP_WEB_H
#define WZP_LOOP_WEB_H

#include "base/addr.h"
#include "loop/loop.h"
#include "loop/websocket.h"

#define WZP_WEB_NAME_MAX 256

struct wzp_web_server;
struct wzp_web_visitor;
struct wzp_web_calls {
    /* Somebody opened /ws/NAME; *data is whatever belongs to it. NULL: it goes on; else why not,
     * a sentence it is closed with. from: its address, or what our proxy on this machine said. */
    const char *(*opened)(void *context, struct wzp_web_visitor *visitor, void **data,
                          const char *name, const struct wzp_addr *from);
    void (*text)(void *context, void *data, const char *text, size_t length);
    void (*binary)(void *context, void *data, const uint8_t *bytes, size_t length);
    /* It is gone; only after opened returned NULL. */
    void (*closed)(void *context, void *data);
    /* A browser asks for a page of another host than the one it asks (both in lower case, "" when
     * that cannot be told): may it? NULL: it may not. */
    bool (*foreign)(void *context, const char *page, const char *host, const struct wzp_addr *from);
};
struct wzp_web_options {
    struct wzp_addr listen; /* port 0: a free one */
    const char *folder;     /* whose files are served; NULL: none. Outlives the server */
    unsigned visitors;      /* WebSockets in all */
    unsigned per_address;   /* and from one IPv4 address or IPv6 /64 */
    unsigned slow_ms;       /* nothing could be sent for so long: closed. 0: 5000 */
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
/* Everybody is told that the server goes, and is closed; NULL is fine. */
void wzp_web_close(struct wzp_web_server *s);

/* Also from inside the calls. False: nothing was sent, it does not read (it is closed when that
 * lasts) or is gone. */
bool wzp_web_send(struct wzp_web_visitor *visitor, bool is_text, const void *data, size_t length);
/* Says why and parts; closed comes later. */
void wzp_web_part(struct wzp_web_visitor *visitor, enum wzp_websocket_code code,
                  const char *reason);

#endif

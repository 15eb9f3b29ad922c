/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The little HTTP a relay needs: a GET-only server for /metrics and browsers (8 KiB requests, 10 s,
 * 64 connections at most), and one JSON POST to a token service (libcurl in a worker thread, 5 s).
 * Source: wzp-protocol(7), Registration. */
#ifndef WZP_LOOP_HTTP_H
#define WZP_LOOP_HTTP_H

#include "base/addr.h"
#include "loop/http_request.h"
#include "loop/loop.h"

struct wzp_http_server;
/* Makes a response in steps, so that the loop can serve others between them. */
struct wzp_http_maker {
    /* Begins a job; *job is the maker's own. Negative: it cannot. */
    int (*begin)(void *context, void **job, const char *path);
    /* Does some more of the job; false when it is finished. */
    bool (*step)(void *context, void *job);
    /* Ends a finished job: status code, *body new text (wzp_free by the server), *type static. */
    int (*take)(void *context, void *job, char **body, size_t *length, const char **type);
    /* Abandons an unfinished job. */
    void (*drop)(void *context, void *job);
    /* May this client use WebSocket? 0, or the HTTP status that refuses it. NULL: every client
     * may. */
    int (*judge)(void *context, const struct wzp_http_request *request,
                 const struct wzp_addr *from);
    /* A client asks to upgrade to WebSocket and waits for the response; it has already sent `rest`
     * after the request head. The callee takes over the connection, as a file descriptor. NULL:
     * such a request is answered like any other. */
    void (*upgrade)(void *context, int fd, const struct wzp_http_request *request,
                    const struct wzp_addr *from, const void *rest, size_t length);
};
/* Listens (port 0: a free one); GET and HEAD are answered, one request a connection, then it is
 * closed. WZP_E_NETWORK with a sentence, WZP_E_MEMORY, WZP_E_IO. */
int wzp_http_server_start(struct wzp_http_server **out, struct wzp_loop *l,
                          const struct wzp_addr *listen, const struct wzp_http_maker *maker,
                          void *context, struct wzp_error *err);
/* The port it listens on. */
uint16_t wzp_http_server_port(const struct wzp_http_server *s);
/* May be called from inside its maker, and with NULL. Closes open connections. */
void wzp_http_server_close(struct wzp_http_server *s);

/* Asks the token service at url (http or https, at most 3 redirects, 16 KiB of answer); done is
 * called once on the loop thread, with filtered texts. fingerprint NULL = refused (err says why).
 * When the request cannot be sent at all, done is not called: WZP_E_SYNTAX (token is not UTF-8),
 * WZP_E_MEMORY, WZP_E_INTERNAL, WZP_E_UNSUPPORTED (built without libcurl, or it is not there). */
int wzp_token_check(struct wzp_loop *l, const char *url, const char *token,
                    void (*done)(void *context, const char *fingerprint, const char *alias,
                                 const struct wzp_error *err),
                    void *context);

#endif

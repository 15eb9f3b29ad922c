/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The head of an HTTP/1 request: bytes in, method and path out. Pure; the server and a fuzzer use
 * it. Source: RFC 9112 2-5. */
#ifndef WZP_LOOP_HTTP_REQUEST_H
#define WZP_LOOP_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Longest head accepted, with its empty line. */
#define WZP_HTTP_REQUEST_MAX 8192
#define WZP_HTTP_PATH_MAX 1024
#define WZP_HTTP_HOST_MAX 256

struct wzp_http_request {
    bool is_head;                 /* HEAD: the answer has no body */
    char path[WZP_HTTP_PATH_MAX]; /* absolute, %-decoded, without query; printable ASCII */
    bool is_upgrade;              /* to WebSocket, as RFC 6455 4.2.1 wants it */
    char key[25];                 /* its Sec-WebSocket-Key */
    bool has_host, has_origin;
    /* Names in the Host and Origin fields (Origin: the site whose page makes a browser ask), in
     * lower case, without port. "" when the field is missing, malformed, or repeated. */
    char host[WZP_HTTP_HOST_MAX], origin[WZP_HTTP_HOST_MAX];
    char forwarded[64]; /* last address in X-Forwarded-For: the client of our proxy */
    size_t head_length; /* bytes of the head; anything after it is not part of it */
};

/* Looks at what has arrived so far. 0: a complete request is in out. WZP_E_SHORT: more bytes are
 * needed. Otherwise WZP_E_SYNTAX, and *status is the code to answer with: 400, 405, 414, 426, 431,
 * 505. */
int wzp_http_request_parse(struct wzp_http_request *out, int *status, const char *data,
                           size_t length);

#endif

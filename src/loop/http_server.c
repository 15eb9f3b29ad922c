/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A GET-only HTTP server for monitors and browsers (web.c): one request a connection, everything
 * bounded; connections that upgrade to WebSocket are handed over. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "loop/http.h"
#include "loop/http_request.h"
#include "loop/internal.h"

#define CONNECTIONS_MAX 64
/* Listen backlog of the kernel: a client that finds no place in it retries after 1, 3, 7 s. */
#define QUEUE_MAX 1024
#define CONNECTION_MS 10000 /* from the first byte to the last */
#define LINGER_MS 1000      /* for a peer that does not close after the answer */
#define READING_MS 1000     /* for reading the answer, while others wait for a place */

struct wzp_http_server {
    struct wzp_loop_item item;
    uv_tcp_t listener;
    struct wzp_loop *loop;
    struct wzp_http_maker maker;
    void *context;
    unsigned references; /* listener and connections */
    bool closing;
    struct connection *first;
    uv_tcp_t refused; /* takes a connection for which there is no memory, to close it */
    bool refusing;
};

struct connection {
    struct wzp_loop_item item;
    struct wzp_http_server *server;
    struct connection *previous, *next;
    struct wzp_addr from;
    uv_tcp_t tcp;
    uv_timer_t timer; /* the deadline */
    uv_idle_t turn;   /* the next step of the answer */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool closing, answered, is_head, making;
    bool written;       /* the answer has left; the peer is to close */
    void *job;          /* while making */
    uint64_t answer_at; /* when the answer was ready, ms of the loop; 0: not yet */
    unsigned open_handles;
    size_t length;
    char *body;
    char head[256];
    char request[WZP_HTTP_REQUEST_MAX];
};

/* ---- ends ---- */

static void server_unref(struct wzp_http_server *s)
{
    if (--s->references == 0)
        wzp_free(s);
}

static void connection_handle_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    if (--c->open_handles > 0)
        return;
    struct wzp_http_server *s = c->server;
    if (c->previous)
        c->previous->next = c->next;
    else
        s->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    wzp_free(c->body);
    wzp_free(c);
    server_unref(s);
}

static void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, connection_handle_closed);
    uv_close((uv_handle_t *)&c->timer, connection_handle_closed);
    uv_close((uv_handle_t *)&c->turn, connection_handle_closed);
    if (c->making) {
        c->making = false;
        c->server->maker.drop(c->server->context, c->job);
    }
}

static void connection_item_close(struct wzp_loop_item *item)
{
    connection_close((struct connection *)item);
}

static void on_timeout(uv_timer_t *timer)
{
    connection_close(timer->data);
}

/* ---- answering ---- */

static const char *status_words(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 414: return "URI Too Long";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
    }
}

/* Half-closed after the answer: closing at once with unread bytes would reset the connection and
 * could take the answer with it. */
static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    struct connection *c = shutdown->data;
    if (status < 0)
        connection_close(c);
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;
    if (c->closing)
        return;
    c->written = true;
    c->shutdown.data = c;
    if (status < 0 || uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) < 0) {
        connection_close(c);
        return;
    }
    uv_timer_start(&c->timer, on_timeout, LINGER_MS, 0);
}

static void send_answer(struct connection *c, int status, const char *type, size_t length,
                        bool is_head)
{
    c->answered = true;
    c->answer_at = uv_now(&c->server->loop->uv);
    int n = snprintf(c->head, sizeof c->head,
                     "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                     "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n",
                     status, status_words(status), type, length,
                     status == 405   ? "Allow: GET, HEAD\r\n"
                     : status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                     : "");
    if (n < 0 || (size_t)n >= sizeof c->head || length > UINT32_MAX) {
        connection_close(c);
        return;
    }
    uv_buf_t parts[2] = {uv_buf_init(c->head, (unsigned)n), uv_buf_init(c->body, (unsigned)length)};
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, parts, is_head || length == 0 ? 1 : 2,
                 on_written) < 0)
        connection_close(c);
}

static void send_status(struct connection *c, int status, bool is_head)
{
    char text[64];
    wzp_free(c->body);
    snprintf(text, sizeof text, "%d %s\n", status, status_words(status));
    c->body = wzp_strdup(text);
    send_answer(c, status, "text/plain; charset=utf-8", c->body ? strlen(text) : 0, is_head);
}

static void finish_answer(struct connection *c)
{
    const char *type = "text/plain; charset=utf-8";
    size_t length = 0;
    char *body = NULL;
    struct wzp_http_server *s = c->server;
    c->making = false;
    int status = s->maker.take(s->context, c->job, &body, &length, &type);
    c->body = body;
    if (c->closing)
        return;
    if (status < 100 || status > 599)
        send_status(c, 500, c->is_head);
    else if (!body)
        send_status(c, status, c->is_head);
    else
        send_answer(c, status, type, length, c->is_head);
}

/* One step a turn of the loop, so that packets come between them. (A timer of no time at all that
 * starts itself again would never leave libuv's round of timers.) */
static void on_turn(uv_idle_t *turn)
{
    struct connection *c = turn->data;
    if (c->server->maker.step(c->server->context, c->job) || c->closing)
        return;
    uv_idle_stop(turn);
    finish_answer(c);
}

static void handle_request(struct connection *c, const struct wzp_http_request *request)
{
    struct wzp_http_server *s = c->server;
    c->answered = true;
    c->is_head = request->is_head;
    int result = s->maker.begin(s->context, &c->job, request->path);
    if (c->closing && !result)
        s->maker.drop(s->context, c->job);
    if (c->closing)
        return;
    if (result) {
        send_status(c, 500, request->is_head);
        return;
    }
    c->making = true;
    uv_idle_start(&c->turn, on_turn);
}

/* The connection leaves this server: what is closed here is our half of it. */
static void hand_over(struct connection *c, const struct wzp_http_request *request)
{
    struct wzp_http_server *s = c->server;
    uv_os_fd_t fd;
    int own = uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    c->answered = true;
    uv_read_stop((uv_stream_t *)&c->tcp);
    if (own >= 0)
        s->maker.upgrade(s->context, own, request, &c->from, c->request + request->head_length,
                         c->length - request->head_length);
    connection_close(c);
}

/* ---- receiving ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct connection *c = handle->data;
    (void)suggested;
    if (c->answered) /* what still comes is read into the room and forgotten */
        c->length = 0;
    *out = uv_buf_init(c->request + c->length, (unsigned)(sizeof c->request - c->length));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *c = stream->data;
    struct wzp_http_request request;
    int status = 0;
    (void)buffer;
    if (n < 0) {
        connection_close(c);
        return;
    }
    if (n == 0 || c->answered || c->closing)
        return;
    c->length += (size_t)n;
    int result = wzp_http_request_parse(&request, &status, c->request, c->length);
    bool is_upgrade = result == 0 && request.is_upgrade && c->server->maker.upgrade;
    if (is_upgrade && c->server->maker.judge)
        status = c->server->maker.judge(c->server->context, &request, &c->from);
    if (status)
        send_status(c, status, false);
    else if (is_upgrade)
        hand_over(c, &request);
    else if (result == 0)
        handle_request(c, &request);
}

static void on_connection(uv_stream_t *listener, int status);

static void refused_closed(uv_handle_t *handle)
{
    struct wzp_http_server *s = handle->data;
    s->refusing = false;
    if (!s->closing)
        on_connection((uv_stream_t *)&s->listener, 0); /* another one may have come meanwhile */
    server_unref(s);
}

/* libuv listens no further until a connection that it announced is accepted. */
static void refuse_connection(struct wzp_http_server *s)
{
    if (s->refusing)
        return;
    s->refusing = true;
    s->references++;
    uv_tcp_init(&s->loop->uv, &s->refused);
    s->refused.data = s;
    (void)uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&s->refused);
    uv_close((uv_handle_t *)&s->refused, refused_closed);
}

/* ---- coming ---- */

static void find_origin(struct connection *c)
{
    struct sockaddr_storage name;
    int length = sizeof name;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&name, &length) == 0)
        (void)wzp_addr_from_sockaddr(&c->from, (struct sockaddr *)&name, (socklen_t)length);
}

static unsigned count_from(const struct wzp_http_server *s, const struct connection *like)
{
    unsigned count = 0;
    for (const struct connection *c = s->first; c; c = c->next)
        count += !c->closing && (!like || wzp_addr_same_place(&c->from, &like->from));
    return count;
}

/* Order in which connections of the address that has most are evicted: the least value first. */
enum place { SILENT, ANSWERED, SLOW, NEWCOMER, BUSY };
static enum place place_of(const struct connection *c, const struct connection *newcomer)
{
    if (c == newcomer)
        return NEWCOMER;
    if (!c->answered)
        return SILENT;
    if (c->written)
        return ANSWERED;
    return c->answer_at && uv_now(&c->server->loop->uv) - c->answer_at >= READING_MS ? SLOW : BUSY;
}

/* With too many connections, evicts one of the address that has most; of several such addresses, of
 * the new connection's. The first choice is the oldest that has sent no request, so that a program
 * that opens idle connections cannot keep out a monitor on the same machine. Then one that only has
 * to close, or that does not read its answer. When all others wait for their answers: the new
 * connection, or the oldest of another address. */
static void make_way(struct wzp_http_server *s, struct connection *newcomer)
{
    struct connection *worst = newcomer;
    unsigned most = count_from(s, newcomer);
    if (count_from(s, NULL) <= CONNECTIONS_MAX)
        return;
    for (struct connection *c = newcomer->next; c; c = c->next) { /* from the newest on */
        unsigned count = c->closing ? 0 : count_from(s, c);
        bool is_near = wzp_addr_same_place(&worst->from, &newcomer->from);
        bool is_better = count == most && place_of(c, newcomer) <= place_of(worst, newcomer) &&
                         (!is_near || wzp_addr_same_place(&c->from, &newcomer->from));
        if (count > most || is_better) {
            most = count;
            worst = c;
        }
    }
    connection_close(worst);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct wzp_http_server *s = listener->data;
    if (status < 0 || s->closing)
        return;
    struct connection *c = wzp_calloc(1, sizeof *c);
    if (!c) {
        refuse_connection(s);
        return;
    }
    c->item.close = connection_item_close;
    c->server = s;
    uv_timer_init(&s->loop->uv, &c->timer);
    uv_idle_init(&s->loop->uv, &c->turn);
    uv_tcp_init(&s->loop->uv, &c->tcp);
    c->timer.data = c->turn.data = c->tcp.data = c;
    c->open_handles = 3;
    s->references++;
    c->next = s->first;
    if (c->next)
        c->next->previous = c;
    s->first = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 ||
        uv_timer_start(&c->timer, on_timeout, CONNECTION_MS, 0) < 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read) < 0) {
        connection_close(c);
        return;
    }
    find_origin(c);
    make_way(s, c);
}

/* ---- server ---- */

static void listener_closed(uv_handle_t *handle)
{
    server_unref(handle->data);
}

static void server_item_close(struct wzp_loop_item *item)
{
    wzp_http_server_close((struct wzp_http_server *)item);
}

int wzp_http_server_start(struct wzp_http_server **out, struct wzp_loop *l,
                          const struct wzp_addr *listen, const struct wzp_http_maker *maker,
                          void *context, struct wzp_error *err)
{
    char text[WZP_ADDR_TEXT_MAX];
    *out = NULL;
    struct wzp_http_server *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    s->item.close = server_item_close;
    s->loop = l;
    s->maker = *maker;
    s->context = context;
    int result = uv_tcp_init(&l->uv, &s->listener);
    if (result < 0) {
        wzp_free(s);
        return wzp_error_set(err, WZP_E_IO, "cannot make a TCP socket: %s", uv_strerror(result));
    }
    s->listener.data = s;
    s->references = 1;
    result = uv_tcp_bind(&s->listener, &listen->u.sa, 0);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&s->listener, QUEUE_MAX, on_connection);
    if (result < 0) {
        wzp_http_server_close(s);
        return wzp_error_set(err, WZP_E_NETWORK, "cannot listen on TCP %s: %s",
                             wzp_addr_format(text, listen), uv_strerror(result));
    }
    *out = s;
    return 0;
}

uint16_t wzp_http_server_port(const struct wzp_http_server *s)
{
    struct sockaddr_storage name;
    struct wzp_addr addr;
    int length = sizeof name;
    if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&name, &length) < 0 ||
        wzp_addr_from_sockaddr(&addr, (struct sockaddr *)&name, (socklen_t)length) < 0)
        return 0;
    return wzp_addr_port(&addr);
}

void wzp_http_server_close(struct wzp_http_server *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    for (struct connection *c = s->first; c; c = c->next)
        connection_close(c);
    uv_close((uv_handle_t *)&s->listener, listener_closed);
}

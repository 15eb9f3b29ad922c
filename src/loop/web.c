/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/web.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bucket.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/http.h"
#include "loop/internal.h"
#include "loop/pages.h"

#define PREFIX "/ws/"
#define TICK_MS 250
#define PING_MS 15000
#define SILENCE_MS 40000 /* nothing came, not even a pong */
#define PARTING_MS 2000  /* for the other side to answer the close */
#define SLOW_MS 5000     /* nothing could be sent */
#define PARTING_MAX 64   /* closing at once; beyond that refused visitors get no reason */
/* Rate of received bytes allowed: four times the sound of 48 kHz; and the burst. */
#define BYTE_NS (WZP_SECOND / (4 * 96000))
#define BYTE_BURST 400000

struct wzp_web_server {
    struct wzp_loop *loop;
    struct wzp_http_server *http;
    struct wzp_web_options options;
    struct wzp_web_visitor *first;
    struct wzp_web_stats stats;
    unsigned references;
    bool closing;
};

struct wzp_web_visitor {
    struct wzp_loop_item item;
    struct wzp_web_server *server;
    struct wzp_web_visitor *next, *previous;
    struct wzp_websocket *socket;
    struct wzp_addr from;
    void *data;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    unsigned handles;
    size_t writing; /* bytes under way */
    bool is_open;   /* opened accepted it, so closed must be called */
    bool parting;   /* received data is ignored; it ends when all is sent */
    bool inside;    /* a callback for a message of it is running */
    bool ended, closing;
    uint64_t heard_ms, wrote_ms, part_ms;
    struct wzp_bucket bytes;
    size_t head_length;
    char head[256];
    uint8_t in[8192];
};

/* ---- ends ---- */

static void server_unref(struct wzp_web_server *s)
{
    if (--s->references == 0)
        wzp_free(s);
}

static void visitor_handle_closed(uv_handle_t *handle)
{
    struct wzp_web_visitor *v = handle->data;
    struct wzp_web_server *s = v->server;
    if (--v->handles > 0)
        return;
    if (v->previous)
        v->previous->next = v->next;
    else
        s->first = v->next;
    if (v->next)
        v->next->previous = v->previous;
    wzp_websocket_free(v->socket);
    wzp_free(v);
    server_unref(s);
}

static void visitor_close(struct wzp_web_visitor *v)
{
    if (v->closing)
        return;
    v->closing = v->parting = true;
    if (v->is_open) {
        v->is_open = false;
        v->server->stats.now--;
        v->server->options.calls.closed(v->server->options.context, v->data);
    }
    uv_close((uv_handle_t *)&v->tcp, visitor_handle_closed);
    uv_close((uv_handle_t *)&v->timer, visitor_handle_closed);
}

static void visitor_item_close(struct wzp_loop_item *item)
{
    visitor_close((struct wzp_web_visitor *)item);
}

/* ---- sending ---- */

static void flush(struct wzp_web_visitor *v);

static void on_broken(uv_timer_t *timer)
{
    visitor_close(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
    struct wzp_web_visitor *v = write->data;
    if (v->closing)
        return;
    if (status < 0) {
        visitor_close(v);
        return;
    }
    v->wrote_ms = uv_now(&v->server->loop->uv);
    if (v->head_length > 0)
        v->head_length = 0;
    else
        wzp_websocket_sent(v->socket, v->writing);
    v->writing = 0;
    flush(v);
}

/* One write at a time: its bytes stay where they are until it is done. What is queued meanwhile
 * lies behind them. */
static void flush(struct wzp_web_visitor *v)
{
    const uint8_t *data = (const uint8_t *)v->head;
    size_t length = v->head_length;
    if (v->writing || v->closing)
        return;
    if (length == 0)
        length = wzp_websocket_pending(v->socket, &data);
    if (length == 0) {
        if (v->ended && !v->inside)
            visitor_close(v);
        return;
    }
    uv_buf_t part = uv_buf_init((char *)(uintptr_t)data, (unsigned)length);
    v->writing = length;
    v->wrote_ms = uv_now(&v->server->loop->uv);
    v->write.data = v;
    if (uv_write(&v->write, (uv_stream_t *)&v->tcp, &part, 1, on_written) < 0)
        uv_timer_start(&v->timer, on_broken, 0, 0); /* later: the sender is still using it */
}

bool wzp_web_send(struct wzp_web_visitor *v, bool is_text, const void *data, size_t length)
{
    if (v->parting || wzp_websocket_send(v->socket, is_text, data, length))
        return false;
    flush(v);
    return true;
}

void wzp_web_part(struct wzp_web_visitor *v, enum wzp_websocket_code code, const char *reason)
{
    if (v->parting)
        return;
    v->parting = true;
    v->part_ms = uv_now(&v->server->loop->uv);
    wzp_websocket_close(v->socket, code, reason);
    flush(v);
}

/* ---- receiving ---- */

static void on_message(void *context, bool is_text, const uint8_t *data, size_t length)
{
    struct wzp_web_visitor *v = context;
    const struct wzp_web_options *o = &v->server->options;
    if (v->parting || !v->is_open)
        return;
    if (is_text)
        o->calls.text(o->context, v->data, (const char *)data, length);
    else
        o->calls.binary(o->context, v->data, data, length);
}

/* Passes received bytes on, unless the rate is higher than sound needs. */
static void take(struct wzp_web_visitor *v, const uint8_t *data, size_t length)
{
    struct wzp_web_server *s = v->server;
    v->heard_ms = uv_now(&s->loop->uv);
    if (!wzp_bucket_take(&v->bytes, length, BYTE_NS, BYTE_BURST, wzp_loop_now(s->loop)) &&
        !v->parting) {
        s->stats.over_rate++;
        wzp_web_part(v, WZP_WEBSOCKET_POLICY, "this is more than sound");
    }
    v->inside = true;
    bool goes_on = wzp_websocket_receive(v->socket, data, length);
    v->inside = false;
    if (!goes_on) {
        s->stats.malformed += !v->parting && !wzp_websocket_left(v->socket);
        v->ended = v->parting = true;
    }
    flush(v);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct wzp_web_visitor *v = handle->data;
    (void)suggested;
    *out = uv_buf_init((char *)v->in, sizeof v->in);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct wzp_web_visitor *v = stream->data;
    if (n < 0)
        visitor_close(v);
    else if (n > 0 && !v->closing && !v->ended)
        take(v, (const uint8_t *)buffer->base, (size_t)n);
}

static void on_timer(uv_timer_t *timer)
{
    struct wzp_web_visitor *v = timer->data;
    uint64_t now = uv_now(&v->server->loop->uv);
    bool is_slow = v->writing > 0 && now - v->wrote_ms > v->server->options.slow_ms;
    v->server->stats.slow += is_slow;
    if (is_slow || now - v->heard_ms > SILENCE_MS || (v->parting && now - v->part_ms > PARTING_MS))
        visitor_close(v);
    else if (now - v->heard_ms > PING_MS && !v->parting && wzp_websocket_ping(v->socket) == 0)
        flush(v);
}

/* ---- coming ---- */

/* Why there is no place for one more; NULL: there is. */
static const char *why_full(const struct wzp_web_server *s, const struct wzp_addr *from)
{
    unsigned all = 0, same = 0;
    for (const struct wzp_web_visitor *v = s->first; v; v = v->next) {
        all += v->is_open;
        same += v->is_open && wzp_addr_same_place(&v->from, from);
    }
    if (all >= s->options.visitors)
        return "there are too many browsers here";
    return same >= s->options.per_address ? "there are too many browsers at your address" : NULL;
}

/* Visitors that part, each with its buffers. */
static unsigned parting_count(const struct wzp_web_server *s)
{
    unsigned count = 0;
    for (const struct wzp_web_visitor *v = s->first; v; v = v->next)
        count += v->parting && !v->closing;
    return count;
}

/* The client's address as reported by a proxy on this machine; other hosts' reports are ignored. */
static struct wzp_addr origin_of(const struct wzp_http_request *request,
                                 const struct wzp_addr *from)
{
    struct wzp_addr told;
    char text[96];
    bool v6 = strchr(request->forwarded, ':') && request->forwarded[0] != '[';
    bool is_local = wzp_addr_is_loopback(from);
    int n = snprintf(text, sizeof text, v6 ? "[%s]:1" : "%s:1", request->forwarded);
    if (is_local && request->forwarded[0] && n < (int)sizeof text &&
        wzp_addr_parse(&told, text, (size_t)n) == 0)
        return told;
    return *from;
}

static struct wzp_web_visitor *visitor_new(struct wzp_web_server *s, int fd)
{
    struct wzp_web_visitor *v = wzp_calloc(1, sizeof *v);
    if (!v || wzp_websocket_new(&v->socket, on_message, v)) {
        close(fd);
        wzp_free(v);
        return NULL;
    }
    v->item.close = visitor_item_close;
    v->server = s;
    uv_tcp_init(&s->loop->uv, &v->tcp);
    uv_timer_init(&s->loop->uv, &v->timer);
    v->tcp.data = v->timer.data = v;
    v->handles = 2;
    s->references++;
    v->next = s->first;
    if (v->next)
        v->next->previous = v;
    s->first = v;
    v->heard_ms = v->wrote_ms = v->part_ms = uv_now(&s->loop->uv);
    if (uv_tcp_open(&v->tcp, fd) < 0) {
        close(fd);
        visitor_close(v);
        return NULL;
    }
    return v;
}

static void welcome(struct wzp_web_visitor *v, const struct wzp_http_request *request,
                    const char *refusal)
{
    char accept[WZP_WEBSOCKET_ACCEPT_SIZE];
    struct wzp_web_server *s = v->server;
    wzp_websocket_accept(accept, request->key);
    int n = snprintf(v->head, sizeof v->head,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    v->head_length = (size_t)n;
    if (!refusal)
        refusal = s->options.calls.opened(s->options.context, v, &v->data,
                                          request->path + strlen(PREFIX), &v->from);
    if (refusal) {
        s->stats.refused++;
        if (parting_count(s) >= PARTING_MAX)
            visitor_close(v);
        else
            wzp_web_part(v, WZP_WEBSOCKET_POLICY, refusal);
    } else {
        v->is_open = true;
        s->stats.opened++;
        s->stats.now++;
    }
    flush(v);
}

/* A browser sends the Origin of the page, and lets any page connect to any server: we decide which
 * foreign pages may. Other programs send no Origin. Source: RFC 6455 10.2. */
static int on_judge(void *context, const struct wzp_http_request *request,
                    const struct wzp_addr *from)
{
    struct wzp_web_server *s = context;
    const struct wzp_web_calls *calls = &s->options.calls;
    struct wzp_addr origin = origin_of(request, from);
    if (!request->has_origin ||
        (request->origin[0] && strcmp(request->origin, request->host) == 0) ||
        (calls->foreign &&
         calls->foreign(s->options.context, request->origin, request->host, &origin)))
        return 0;
    s->stats.foreign++;
    return 403;
}

static void on_upgrade(void *context, int fd, const struct wzp_http_request *request,
                       const struct wzp_addr *from, const void *rest, size_t length)
{
    struct wzp_web_server *s = context;
    struct wzp_addr origin = origin_of(request, from);
    const char *refusal = why_full(s, &origin);
    if (strncmp(request->path, PREFIX, strlen(PREFIX)) != 0 ||
        strlen(request->path + strlen(PREFIX)) >= WZP_WEB_NAME_MAX)
        refusal = "there is nothing here";
    struct wzp_web_visitor *v = visitor_new(s, fd);
    if (!v)
        return;
    v->from = origin;
    welcome(v, request, refusal);
    if (v->closing)
        return;
    if (uv_read_start((uv_stream_t *)&v->tcp, on_room, on_read) < 0 ||
        uv_timer_start(&v->timer, on_timer, TICK_MS, TICK_MS) < 0)
        visitor_close(v);
    else if (length > 0)
        take(v, rest, length);
}

/* ---- files ---- */

static int page_begin(void *context, void **job, const char *path)
{
    (void)context;
    *job = wzp_strdup(path);
    return *job ? 0 : WZP_E_MEMORY;
}

static bool page_step(void *context, void *job)
{
    (void)context;
    (void)job;
    return false;
}

static int page_take(void *context, void *job, char **body, size_t *length, const char **type)
{
    const struct wzp_web_server *s = context;
    int status =
        s->options.folder ? wzp_page_read(body, length, type, s->options.folder, job) : 404;
    wzp_free(job);
    return status;
}

static void page_drop(void *context, void *job)
{
    (void)context;
    wzp_free(job);
}

/* ---- life ---- */

int wzp_web_start(struct wzp_web_server **out, struct wzp_loop *l,
                  const struct wzp_web_options *options, struct wzp_error *err)
{
    static const struct wzp_http_maker maker = {.begin = page_begin,
                                                .step = page_step,
                                                .take = page_take,
                                                .drop = page_drop,
                                                .judge = on_judge,
                                                .upgrade = on_upgrade};
    *out = NULL;
    if (!wzp_websocket_is_there())
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "this program was built without libwslay");
    struct wzp_web_server *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for browsers");
    s->loop = l;
    s->options = *options;
    s->references = 1;
    if (!s->options.slow_ms)
        s->options.slow_ms = SLOW_MS;
    int result = wzp_http_server_start(&s->http, l, &options->listen, &maker, s, err);
    if (result)
        wzp_free(s);
    else
        *out = s;
    return result;
}

uint16_t wzp_web_port(const struct wzp_web_server *s)
{
    return wzp_http_server_port(s->http);
}

void wzp_web_stats(const struct wzp_web_server *s, struct wzp_web_stats *out)
{
    *out = s->stats;
}

void wzp_web_close(struct wzp_web_server *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    wzp_http_server_close(s->http);
    for (struct wzp_web_visitor *v = s->first, *next; v; v = next) {
        next = v->next;
        wzp_web_part(v, WZP_WEBSOCKET_GOING, "the relay ends");
        visitor_close(v);
    }
    server_unref(s);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UDP sockets that drive a sans-I/O object: open, receive -> expiry -> send, one alarm. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "loop/udp_internal.h"

/* Batches taken before other handles of the loop have their turn. */
#define RECEIVE_ROUNDS 8
#define SEND_ROUNDS 16
/* Tries to find a port that is free in both families. */
#define DUAL_TRIES 8

static void pump(struct wzp_udp *u);

/* ---- life ---- */

void wzp_udp_handle_gone(struct wzp_udp *u)
{
    if (--u->open_handles > 0)
        return;
    wzp_free(u->queue.room);
    wzp_free(u);
}

static void on_alarm_closed(uv_handle_t *handle)
{
    wzp_udp_handle_gone(handle->data);
}

static void on_visits_closed(uv_handle_t *handle)
{
    wzp_udp_handle_gone(handle->data);
}

static void on_socket_closed(uv_handle_t *handle)
{
    wzp_udp_handle_gone(((struct wzp_udp_socket *)handle->data)->udp);
}

static void udp_item_close(struct wzp_loop_item *item)
{
    wzp_udp_close((struct wzp_udp *)item);
}

void wzp_udp_close(struct wzp_udp *u)
{
    if (!u || u->closing)
        return;
    u->closing = true;
    wzp_udp_less_all(u);
    for (int i = 0; i < 2; i++) {
        if (u->sockets[i].fd < 0)
            continue;
        uv_close((uv_handle_t *)&u->sockets[i].poll, on_socket_closed);
        close(u->sockets[i].fd);
        u->sockets[i].fd = -1;
    }
    uv_close((uv_handle_t *)&u->visits, on_visits_closed);
    wzp_alarm_close(&u->alarm, on_alarm_closed);
}

static void close_socket(struct wzp_udp_socket *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Both families on one port; the second one is optional. */
static int open_dual(struct wzp_udp *u, uint16_t port)
{
    static const uint8_t any[16];
    struct wzp_addr any4, any6;
    int result = 0;
    for (int i = 0; i < DUAL_TRIES; i++) {
        wzp_addr_from_ip4(&any4, any, port);
        wzp_addr_from_ip6(&any6, any, port);
        result = wzp_udp_socket_open(&u->sockets[0], &any4, u->loop->share_count);
        if (result == -EAFNOSUPPORT)
            return wzp_udp_socket_open(&u->sockets[1], &any6, u->loop->share_count);
        if (result < 0)
            return result;
        wzp_addr_set_port(&any6, wzp_addr_port(&u->sockets[0].local));
        result = wzp_udp_socket_open(&u->sockets[1], &any6, u->loop->share_count);
        if (result != -EADDRINUSE)
            return 0; /* with IPv6, or on a machine that has none */
        close_socket(&u->sockets[0]);
        if (port != 0)
            break;
    }
    return result;
}

static int open_sockets(struct wzp_udp *u, const struct wzp_addr *addr)
{
    if (!addr || wzp_addr_is_none(addr))
        return open_dual(u, 0);
    if (wzp_addr_is_v6(addr) && wzp_addr_is_unspecified(addr))
        return open_dual(u, wzp_addr_port(addr));
    return wzp_udp_socket_open(&u->sockets[wzp_addr_is_v6(addr)], addr, u->loop->share_count);
}

static void on_socket(uv_poll_t *poll, int status, int events);
static void on_alarm(uv_poll_t *poll, int status, int events);

static int start_handles(struct wzp_udp *u)
{
    int result = wzp_alarm_init(&u->alarm, u->loop, &u->item, on_alarm);
    if (result < 0) {
        close_socket(&u->sockets[0]);
        close_socket(&u->sockets[1]);
        wzp_free(u->queue.room);
        wzp_free(u);
        return result;
    }
    uv_idle_init(&u->loop->uv, &u->visits);
    u->visits.data = u;
    u->open_handles = 2;
    for (int i = 0; i < 2; i++) {
        struct wzp_udp_socket *s = &u->sockets[i];
        if (s->fd < 0)
            continue;
        if (uv_poll_init(&u->loop->uv, &s->poll, s->fd) < 0) {
            close_socket(s);
            result = WZP_E_IO;
            continue;
        }
        s->poll.data = s;
        u->open_handles++;
    }
    if (result < 0)
        wzp_udp_close(u);
    return result;
}

int wzp_udp_open(struct wzp_udp **out, struct wzp_loop *l, const struct wzp_addr *addr,
                 struct wzp_error *err)
{
    char text[WZP_ADDR_TEXT_MAX] = "";
    *out = NULL;
    if (!l->batch)
        l->batch = wzp_udp_batch_new();
    struct wzp_udp *u = wzp_calloc(1, sizeof *u);
    uint8_t *room = wzp_alloc(WZP_UDP_SEND_ROOM);
    if (!l->batch || !u || !room) {
        wzp_free(u);
        wzp_free(room);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    u->item.close = udp_item_close;
    u->loop = l;
    u->armed = WZP_NEVER;
    u->queue.room = room;
    for (int i = 0; i < 2; i++) {
        u->sockets[i].fd = -1;
        u->sockets[i].udp = u;
    }
    int result = open_sockets(u, addr);
    if (result < 0) {
        wzp_free(room);
        wzp_free(u);
        if (addr)
            wzp_addr_format(text, addr);
        return wzp_error_set(err, WZP_E_NETWORK, "cannot open UDP %s: %s",
                             text[0] != '\0' ? text : "socket", strerror(-result));
    }
    result = start_handles(u);
    if (result < 0)
        return wzp_error_set(err, result, "cannot watch a UDP socket: %s", strerror(errno));
    *out = u;
    return 0;
}

void wzp_udp_on_unreachable(struct wzp_udp *u,
                            void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                int code, uint64_t now),
                            void *owner)
{
    u->unreachable = unreachable;
    u->owner = owner;
    wzp_udp_socket_watch_errors(&u->sockets[0]);
    wzp_udp_socket_watch_errors(&u->sockets[1]);
}

struct wzp_addr wzp_udp_local(const struct wzp_udp *u, int family)
{
    struct wzp_addr none;
    const struct wzp_udp_socket *s = &u->sockets[family == AF_INET6];
    memset(&none, 0, sizeof none);
    return s->fd >= 0 && s->family == family ? s->local : none;
}

void wzp_loop_gather(struct wzp_loop *l)
{
    l->gathers = true;
}

void wzp_udp_stats(const struct wzp_udp *u, struct wzp_udp_stats *out)
{
    *out = u->stats;
}

/* ---- driving ---- */

void wzp_udp_watch(struct wzp_udp_socket *s)
{
    s->visited = false;
    if (s->fd >= 0)
        uv_poll_start(&s->poll, s->blocked ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_socket);
}

bool wzp_udp_is_blocked(const struct wzp_udp *u)
{
    return u->sockets[0].blocked || u->sockets[1].blocked;
}

/* An alarm that is set earlier is left alone: that costs one needless wake-up, but saves a system
 * call for each packet that moves an expiry further away. */
static void set_alarm(struct wzp_udp *u, uint64_t at)
{
    if (!u->fired && at >= u->armed)
        return;
    wzp_alarm_set(&u->alarm, at, 0);
    u->armed = at;
    u->fired = false;
}

/* Everything but receiving: handles expiries, sends packets, sets the alarm. */
static void pump(struct wzp_udp *u)
{
    if (u->inside) {
        u->kicked = true;
        return;
    }
    if (u->closing || !u->attached)
        return;
    const struct wzp_driver *d = &u->driver;
    u->inside = true;
    uint64_t now = wzp_loop_clock();
    if (d->expiry(d->object) <= now)
        d->handle_expiry(d->object, now);
    bool was_blocked = wzp_udp_is_blocked(u);
    bool more = true;
    for (int round = 0;
         round < SEND_ROUNDS && more && !u->closing && !wzp_udp_is_blocked(u); round++) {
        u->kicked = false;
        more = wzp_udp_queue_fill(u, now);
        if (!u->closing)
            wzp_udp_queue_flush(u);
        more = more || u->kicked;
    }
    u->inside = false;
    if (u->closing)
        return;
    if (u->dead_count > 0 && wzp_udp_tell_errors(u, now)) {
        if (u->closing)
            return;
        more = true; /* the object may have another way to try */
    }
    if (wzp_udp_is_blocked(u)) {
        if (!was_blocked) {
            wzp_udp_watch(&u->sockets[0]);
            wzp_udp_watch(&u->sockets[1]);
        }
        /* The socket's becoming writable calls us again. Meanwhile the object's timers must still
         * run, but an expiry in the past must not cause a busy loop. */
        uint64_t soon = now + 5 * WZP_MILLISECOND;
        uint64_t at = d->expiry(d->object);
        set_alarm(u, at > soon ? at : soon);
        return;
    }
    set_alarm(u, more ? now : d->expiry(d->object));
}

static void on_alarm(uv_poll_t *poll, int status, int events)
{
    struct wzp_udp *u = poll->data;
    (void)status;
    (void)events;
    u->fired = true;
    pump(u);
    if (u->fired && !u->closing) /* nobody set it anew */
        wzp_alarm_set(&u->alarm, WZP_NEVER, 0);
}

static void on_writable(struct wzp_udp *u)
{
    u->sockets[0].blocked = u->sockets[1].blocked = false;
    u->inside = true; /* flushing may not be interrupted by a kick */
    wzp_udp_queue_flush(u);
    u->inside = false;
    wzp_udp_watch(&u->sockets[0]);
    wzp_udp_watch(&u->sockets[1]);
}

void wzp_udp_read_from(struct wzp_udp_socket *s)
{
    struct wzp_udp *u = s->udp;
    bool more = true;
    u->read_at = wzp_loop_clock();
    for (int round = 0; round < RECEIVE_ROUNDS && more && !u->closing && s->fd >= 0; round++) {
        u->inside = true;
        more = wzp_udp_receive_batch(s, u->loop->batch);
        u->inside = false;
        pump(u);
    }
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct wzp_udp_socket *s = poll->data;
    struct wzp_udp *u = s->udp;
    if (events & UV_WRITABLE)
        on_writable(u);
    /* libuv stops watching a socket with an error. */
    if (status < 0) {
        wzp_udp_read_errors(s);
        wzp_udp_watch(s);
    }
    /* An error (status < 0) is read off the socket like a packet. */
    if (status < 0 || (events & UV_READABLE) != 0) {
        wzp_udp_read_from(s);
        wzp_udp_visit(s);
    }
    if (events & UV_WRITABLE)
        pump(u);
}

void wzp_udp_attach(struct wzp_udp *u, const struct wzp_driver *driver)
{
    u->driver = *driver;
    u->attached = true;
    wzp_udp_watch(&u->sockets[0]);
    wzp_udp_watch(&u->sockets[1]);
    pump(u);
}

void wzp_udp_kick(struct wzp_udp *u)
{
    pump(u);
}

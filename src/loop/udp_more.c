/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Further sockets of one object, for some seconds: a search for a port opens many and keeps one at
 * most. They differ from the first two only in that they never block sending: what the kernel does
 * not accept at once is dropped, as on any network. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/udp_internal.h"

static void on_closed(uv_handle_t *handle)
{
    struct wzp_udp_socket *s = handle->data;
    struct wzp_udp *u = s->udp;
    wzp_free(s);
    wzp_udp_handle_gone(u);
}

/* What is queued for it does not leave any more. */
static void forget_queued(struct wzp_udp *u, const struct wzp_udp_socket *s)
{
    for (size_t i = u->queue.next; i < u->queue.count; i++)
        if (u->queue.messages[i].socket == s)
            u->queue.messages[i].socket = NULL;
}

static void close_at(struct wzp_udp *u, size_t i)
{
    struct wzp_udp_socket *s = u->more[i];
    forget_queued(u, s);
    u->more[i] = u->more[--u->more_count];
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close(s->fd);
    s->fd = -1;
}

void wzp_udp_less_all(struct wzp_udp *u)
{
    while (u->more_count > 0)
        close_at(u, u->more_count - 1);
    wzp_free(u->more);
    u->more = NULL;
}

struct wzp_udp_socket *wzp_udp_more_find(const struct wzp_udp *u, const struct wzp_addr *local)
{
    uint16_t port = wzp_addr_port(local);
    for (size_t i = 0; port != 0 && i < u->more_count; i++)
        if (wzp_addr_port(&u->more[i]->local) == port && !wzp_addr_is_v6(local))
            return u->more[i];
    return NULL;
}

void wzp_udp_less(struct wzp_udp *u, const struct wzp_addr *local)
{
    const struct wzp_udp_socket *s = wzp_udp_more_find(u, local);
    for (size_t i = 0; s && i < u->more_count; i++)
        if (u->more[i] == s) {
            close_at(u, i);
            return;
        }
}

static void on_more(uv_poll_t *poll, int status, int events)
{
    struct wzp_udp_socket *s = poll->data;
    if (status < 0)
        uv_poll_start(&s->poll, UV_READABLE, on_more); /* an error is read off like a packet */
    if (status < 0 || (events & UV_READABLE))
        wzp_udp_read_from(s);
}

int wzp_udp_more(struct wzp_udp *u, struct wzp_addr *out)
{
    static const uint8_t any[4];
    struct wzp_addr bind;
    if (u->closing || u->sockets[0].fd < 0)
        return WZP_E_NETWORK;
    if (u->more_count == WZP_HOST_PORTS_MORE)
        return WZP_E_LIMIT;
    if (!u->more)
        u->more = wzp_calloc(WZP_HOST_PORTS_MORE, sizeof(struct wzp_udp_socket *));
    struct wzp_udp_socket *s = u->more ? wzp_calloc(1, sizeof *s) : NULL;
    if (!s)
        return WZP_E_MEMORY;
    bind = u->sockets[0].local;
    if (u->sockets[0].wildcard)
        wzp_addr_from_ip4(&bind, any, 0);
    wzp_addr_set_port(&bind, 0);
    s->udp = u;
    if (wzp_udp_socket_open(s, &bind, 0) < 0) {
        wzp_free(s);
        return WZP_E_NETWORK;
    }
    if (uv_poll_init(&u->loop->uv, &s->poll, s->fd) < 0) {
        close(s->fd);
        wzp_free(s);
        return WZP_E_IO;
    }
    s->poll.data = s;
    u->open_handles++;
    u->more[u->more_count++] = s;
    uv_poll_start(&s->poll, UV_READABLE, on_more);
    *out = s->local;
    return 0;
}

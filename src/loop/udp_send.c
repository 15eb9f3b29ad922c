/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sending: packets of the driver are collected in one stretch of memory and leave with as few
 * system calls as possible: several payloads to one peer as one message (UDP_SEGMENT), several
 * messages in one sendmmsg. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "loop/udp_internal.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* Messages that one packet of the driver may need: payloads of 64 bytes or more never need more. */
#define MESSAGES_PER_PACKET (WZP_UDP_SEND_MAX / 64 / WZP_UDP_SEGMENTS_MAX + 1)

static void add_control(struct msghdr *m, struct wzp_udp_message *out, int level, int type,
                        const void *data, size_t length)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)(out->control.bytes + m->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(c), data, length);
    m->msg_controllen += CMSG_SPACE(length);
}

/* The source address, where it is not the socket's own; ECN; the size of each payload. */
static void add_controls(struct msghdr *m, struct wzp_udp_message *out, const struct wzp_packet *p)
{
    const struct wzp_udp_socket *s = out->socket;
    m->msg_controllen = 0;
    bool same_family = p->local.u.sa.sa_family == s->family;
    if (s->wildcard && same_family && !wzp_addr_is_unspecified(&p->local)) {
        if (s->family == AF_INET) {
            struct in_pktinfo info;
            memset(&info, 0, sizeof info);
            info.ipi_spec_dst = p->local.u.in.sin_addr;
            add_control(m, out, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        } else {
            struct in6_pktinfo info;
            memset(&info, 0, sizeof info);
            info.ipi6_addr = p->local.u.in6.sin6_addr;
            info.ipi6_ifindex = p->local.u.in6.sin6_scope_id;
            add_control(m, out, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
        }
    }
    if ((p->ecn & 3) != s->ecn) {
        int value = p->ecn & 3;
        if (s->family == AF_INET)
            add_control(m, out, IPPROTO_IP, IP_TOS, &value, sizeof value);
        else
            add_control(m, out, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
    }
    if (out->segment > 0) {
        uint16_t size = (uint16_t)out->segment;
        add_control(m, out, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    }
    m->msg_control = m->msg_controllen > 0 ? out->control.bytes : NULL;
}

static void push_message(struct wzp_udp *u, struct wzp_udp_socket *s, const struct wzp_packet *p,
                         uint8_t *data, size_t length)
{
    struct wzp_udp_queue *q = &u->queue;
    if (q->count == WZP_UDP_SEND_BATCH) {
        u->stats.send_errors++;
        return;
    }
    struct wzp_udp_message *out = &q->messages[q->count];
    struct msghdr *m = &q->headers[q->count].msg_hdr;
    q->count++;
    out->socket = s;
    out->remote = p->remote;
    out->data.iov_base = data;
    out->data.iov_len = length;
    out->segment = length > p->segment ? p->segment : 0;
    out->split = false;
    out->failed = false;
    out->retried = false;
    memset(m, 0, sizeof *m);
    m->msg_name = &out->remote.u.sa;
    m->msg_namelen = out->remote.length;
    m->msg_iov = &out->data;
    m->msg_iovlen = 1;
    add_controls(m, out, p);
}

static void push_packet(struct wzp_udp *u, struct wzp_packet *p)
{
    struct wzp_udp_socket *s = &u->sockets[p->remote.u.sa.sa_family == AF_INET6];
    if (u->more_count > 0 && wzp_addr_port(&p->local) != wzp_addr_port(&s->local)) {
        struct wzp_udp_socket *other = wzp_udp_more_find(u, &p->local);
        s = other ? other : s;
    }
    if (s->fd < 0 || p->remote.u.sa.sa_family != s->family || p->length == 0) {
        wzp_udp_note_error(u, &p->remote, ENETUNREACH);
        u->stats.send_errors++;
        return;
    }
    if (p->segment == 0 || p->segment > p->length)
        p->segment = p->length;
    size_t most = s->segmentation ? p->segment * WZP_UDP_SEGMENTS_MAX : p->segment;
    for (size_t at = 0; at < p->length; at += most) {
        size_t left = p->length - at;
        push_message(u, s, p, p->data + at, left < most ? left : most);
    }
    u->queue.used += p->length;
}

/* Several payloads at once are asked for only where they can go out at once. */
static size_t packet_capacity(const struct wzp_udp *u)
{
    for (int i = 0; i < 2; i++)
        if (u->sockets[i].fd >= 0 && !u->sockets[i].segmentation)
            return WZP_PACKET_MAX;
    return WZP_UDP_SEND_MAX;
}

bool wzp_udp_queue_fill(struct wzp_udp *u, uint64_t now)
{
    struct wzp_udp_queue *q = &u->queue;
    size_t capacity = packet_capacity(u);
    while (q->count + MESSAGES_PER_PACKET <= WZP_UDP_SEND_BATCH &&
           q->used + capacity <= WZP_UDP_SEND_ROOM) {
        struct wzp_packet p;
        memset(&p, 0, sizeof p);
        p.data = q->room + q->used;
        p.capacity = capacity;
        int result = u->driver.next_packet(u->driver.object, &p, now);
        if (result != 1 || u->closing)
            return false;
        if (p.length <= capacity)
            push_packet(u, &p);
    }
    return true;
}

static bool is_blocked(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* Sends the rest of a message payload by payload. False when the socket is blocked. */
static bool send_split(struct wzp_udp *u, struct wzp_udp_message *out, struct msghdr *m)
{
    /* The segment size was added last; without it the rest of the control data stays good. */
    struct msghdr single = *m;
    single.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    if (single.msg_controllen == 0)
        single.msg_control = NULL;
    while (out->data.iov_len > 0) {
        size_t length = out->data.iov_len < out->segment ? out->data.iov_len : out->segment;
        struct iovec piece = {out->data.iov_base, length};
        single.msg_iov = &piece;
        ssize_t n = sendmsg(out->socket->fd, &single, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && is_blocked(errno))
            return false;
        if (n < 0) {
            u->stats.send_errors++;
            out->failed = true;
        } else {
            u->stats.packets_out++;
            u->stats.batches_out++;
        }
        out->data.iov_base = (uint8_t *)out->data.iov_base + length;
        out->data.iov_len -= length;
    }
    /* Each payload alone was sent: so it is segmentation that this socket's path does not
     * support. */
    if (!out->failed)
        out->socket->segmentation = false;
    return true;
}

static void count_sent(struct wzp_udp *u, size_t first, size_t count)
{
    u->stats.batches_out++;
    for (size_t i = first; i < first + count; i++) {
        const struct wzp_udp_message *out = &u->queue.messages[i];
        if (out->segment == 0) {
            u->stats.packets_out++;
            continue;
        }
        u->stats.packets_out += (out->data.iov_len + out->segment - 1) / out->segment;
        u->stats.gso_sends++;
    }
}

/* Messages from `first` on that go to the same socket in one call. */
static size_t run_length(const struct wzp_udp_queue *q, size_t first)
{
    size_t end = first + 1;
    while (end < q->count && q->messages[end].socket == q->messages[first].socket)
        end++;
    return end - first;
}

/* Further sockets (udp_more.c) never block sending. */
static bool waits(const struct wzp_udp *u, const struct wzp_udp_message *out)
{
    return out->socket == &u->sockets[0] || out->socket == &u->sockets[1];
}

bool wzp_udp_queue_flush(struct wzp_udp *u)
{
    struct wzp_udp_queue *q = &u->queue;
    while (q->next < q->count) {
        struct wzp_udp_message *out = &q->messages[q->next];
        if (!out->socket) {
            u->stats.send_errors++;
            q->next++;
            continue;
        }
        if (out->split) {
            if (!send_split(u, out, &q->headers[q->next].msg_hdr) && waits(u, out)) {
                out->socket->blocked = true;
                return false;
            }
            q->next++;
            continue;
        }
        int n = sendmmsg(out->socket->fd, &q->headers[q->next], (unsigned)run_length(q, q->next),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            count_sent(u, q->next, (size_t)n);
            q->next += (size_t)n;
        } else if (n < 0 && is_blocked(errno) && waits(u, out)) {
            out->socket->blocked = true;
            return false;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && out->segment > 0 &&
                   (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
            out->split = true;
        } else if (n < 0 && u->unreachable && !out->retried && wzp_udp_is_network_error(errno)) {
            out->retried = true; /* perhaps it was meant for an earlier packet */
        } else {
            if (n < 0)
                wzp_udp_note_error(u, &out->remote, errno);
            /* Refused by a peer's host, a filter, a route, a packet too big: the network loses
             * packets, and the connection above copes. */
            u->stats.send_errors++;
            q->next++;
        }
    }
    q->count = q->next = q->used = 0;
    return true;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Receiving: up to 32 messages a system call, each of which may be several payloads of one peer
 * that the kernel joined. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/alloc.h"
#include "loop/udp_internal.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* The rooms are a little more than a power of two apart: otherwise the first bytes of all packets,
 * the ones that are looked at, would compete for the same few lines of the cache. */
#define ROOM_STRIDE (WZP_UDP_RECEIVE_ROOM + 192)

struct control {
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)) + 32];
    } u;
};

struct wzp_udp_batch {
    struct mmsghdr headers[WZP_UDP_RECEIVE_BATCH];
    struct iovec data[WZP_UDP_RECEIVE_BATCH];
    struct sockaddr_in6 names[WZP_UDP_RECEIVE_BATCH];
    struct control controls[WZP_UDP_RECEIVE_BATCH];
    uint8_t room[];
};

struct wzp_udp_batch *wzp_udp_batch_new(void)
{
    struct wzp_udp_batch *b = wzp_alloc(sizeof *b + (size_t)WZP_UDP_RECEIVE_BATCH * ROOM_STRIDE);
    if (!b)
        return NULL;
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < WZP_UDP_RECEIVE_BATCH; i++) {
        b->data[i].iov_base = b->room + i * ROOM_STRIDE;
        b->data[i].iov_len = WZP_UDP_RECEIVE_ROOM;
        struct msghdr *m = &b->headers[i].msg_hdr;
        m->msg_name = &b->names[i];
        m->msg_iov = &b->data[i];
        m->msg_iovlen = 1;
        m->msg_control = &b->controls[i];
    }
    return b;
}

void wzp_udp_batch_free(struct wzp_udp_batch *b)
{
    wzp_free(b);
}

/* What came along with a message. */
struct facts {
    struct wzp_addr local, remote;
    uint8_t ecn;
    size_t segment; /* 0: one payload */
};

static void read_destination(struct facts *f, const struct cmsghdr *c, uint16_t port)
{
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        wzp_addr_from_ip4(&f->local, (const uint8_t *)&info.ipi_spec_dst, port);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        wzp_addr_from_ip6(&f->local, info.ipi6_addr.s6_addr, port);
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            f->local.u.in6.sin6_scope_id = info.ipi6_ifindex;
    }
}

static void read_control(struct facts *f, struct msghdr *m, uint16_t port)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        int value = 0;
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            f->ecn = *CMSG_DATA(c) & 3;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            f->ecn = (uint8_t)(value & 3);
        } else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            f->segment = value > 0 ? (size_t)value : 0;
        } else {
            read_destination(f, c, port);
        }
    }
}

static void deliver(struct wzp_udp_socket *s, struct mmsghdr *message, uint64_t now)
{
    struct wzp_udp *u = s->udp;
    struct msghdr *m = &message->msg_hdr;
    struct facts f;
    if (m->msg_flags & MSG_TRUNC) {
        u->stats.truncated++;
        return;
    }
    if (wzp_addr_from_sockaddr(&f.remote, m->msg_name, m->msg_namelen) < 0)
        return;
    f.local = s->local;
    f.ecn = 0;
    f.segment = 0;
    read_control(&f, m, wzp_addr_port(&s->local));
    const uint8_t *data = m->msg_iov->iov_base;
    size_t left = message->msg_len;
    size_t step = f.segment > 0 ? f.segment : left;
    do { /* once at least: an empty payload is a packet too */
        size_t length = left < step ? left : step;
        u->stats.packets_in++;
        u->driver.receive(u->driver.object, &f.local, &f.remote, f.ecn, data, length, now);
        data += length;
        left -= length;
    } while (left > 0 && !u->closing);
}

bool wzp_udp_receive_batch(struct wzp_udp_socket *s, struct wzp_udp_batch *b)
{
    struct wzp_udp *u = s->udp;
    for (size_t i = 0; i < WZP_UDP_RECEIVE_BATCH; i++) {
        b->headers[i].msg_hdr.msg_namelen = sizeof b->names[i];
        b->headers[i].msg_hdr.msg_controllen = sizeof b->controls[i];
    }
    int n = recvmmsg(s->fd, b->headers, WZP_UDP_RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0) /* an error that a former send caused is taken off the socket by this read */
        return errno == EINTR || errno == ECONNREFUSED;
    u->stats.batches_in++;
    uint64_t now = wzp_loop_clock();
    for (int i = 0; i < n && !u->closing; i++)
        deliver(s, &b->headers[i], now);
    return n == WZP_UDP_RECEIVE_BATCH;
}

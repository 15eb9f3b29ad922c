/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the network says of packets that went nowhere (ICMP, ip(7) IP_RECVERR). */
#include <errno.h>
#include <time.h>
/* Needs the one before. */
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "loop/udp_internal.h"

void wzp_udp_socket_watch_errors(struct wzp_udp_socket *s)
{
    int on = 1;
    if (s->fd < 0)
        return;
    if (s->family == AF_INET)
        (void)setsockopt(s->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    else
        (void)setsockopt(s->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
}

bool wzp_udp_is_network_error(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
           error == EADDRNOTAVAIL || error == ENETDOWN || error == EHOSTDOWN;
}

void wzp_udp_note_error(struct wzp_udp *u, const struct wzp_addr *remote, int error)
{
    int code = error == ECONNREFUSED ? WZP_E_REFUSED : WZP_E_NETWORK;
    if (!u->unreachable || !wzp_udp_is_network_error(error))
        return;
    for (size_t i = 0; i < u->dead_count; i++)
        if (wzp_addr_equal(&u->dead[i].remote, remote))
            return;
    if (u->dead_count == WZP_UDP_DEAD_MAX)
        return;
    u->dead[u->dead_count].remote = *remote;
    u->dead[u->dead_count++].code = code;
}

static int error_of(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct sock_extended_err error;
        bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!ours)
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        return (int)error.ee_errno;
    }
    return 0;
}

void wzp_udp_read_errors(struct wzp_udp_socket *s)
{
    for (int i = 0; i < WZP_UDP_DEAD_MAX * 4; i++) {
        union {
            struct cmsghdr align;
            uint8_t bytes[512];
        } control;
        struct sockaddr_in6 name;
        uint8_t payload[64]; /* of the packet that failed: not looked at */
        struct iovec data = {payload, sizeof payload};
        struct msghdr m = {.msg_name = &name,
                           .msg_namelen = sizeof name,
                           .msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
        struct wzp_addr remote;
        if (recvmsg(s->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return;
        if (wzp_addr_from_sockaddr(&remote, m.msg_name, m.msg_namelen) == 0)
            wzp_udp_note_error(s->udp, &remote, error_of(&m));
    }
}

bool wzp_udp_tell_errors(struct wzp_udp *u, uint64_t now)
{
    size_t count = u->dead_count;
    for (size_t i = 0; i < count && !u->closing; i++) {
        struct wzp_addr remote = u->dead[i].remote;
        u->unreachable(u->owner, &remote, u->dead[i].code, now);
    }
    u->dead_count = 0;
    return count > 0;
}

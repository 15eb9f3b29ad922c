/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Options of one UDP socket: buffers, what comes with each packet (ECN, destination), no fragments,
 * joined packets. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "loop/udp_internal.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static void set_flag(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* The FORCE form needs root, and exceeds the system's limit. */
static void set_buffer(int fd, int forced, int plain)
{
    int size = WZP_UDP_SOCKET_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) < 0)
        (void)setsockopt(fd, SOL_SOCKET, plain, &size, sizeof size);
}

/* Nearly all packets of a connection carry this mark: as the socket's own it costs each of them no
 * control data (4 % of what sending one costs). */
#define USUAL_ECN 2 /* ECT(0) */

static void set_usual_ecn(struct wzp_udp_socket *s)
{
    int value = USUAL_ECN;
    bool is_v4 = s->family == AF_INET;
    if (setsockopt(s->fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_TOS : IPV6_TCLASS, &value,
                   sizeof value) == 0)
        s->ecn = USUAL_ECN;
}

static void set_options(struct wzp_udp_socket *s)
{
    set_buffer(s->fd, SO_RCVBUFFORCE, SO_RCVBUF);
    set_buffer(s->fd, SO_SNDBUFFORCE, SO_SNDBUF);
    /* PROBE: never fragment, and let packets pass that are larger than the kernel believes the path
     * carries: the connection above does its own discovery. */
    if (s->family == AF_INET) {
        set_flag(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        set_flag(s->fd, IPPROTO_IP, IP_RECVTOS, 1);
        if (s->wildcard)
            set_flag(s->fd, IPPROTO_IP, IP_PKTINFO, 1);
    } else {
        set_flag(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
        set_flag(s->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
        if (s->wildcard)
            set_flag(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
    set_usual_ecn(s);
    set_flag(s->fd, IPPROTO_UDP, UDP_GRO, 1);
    int off = 0;
    s->segmentation = setsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &off, sizeof off) == 0;
}

/* Which of `share` sockets gets a packet: by the first byte of its QUIC connection ID, which is the
 * number of the thread that chose it (RFC 8999 5: behind the flags in a short header, behind
 * version and length in a long one). The kernel counts sockets in the order in which they were
 * bound. A kernel that cannot do this spreads packets by address, and packets that arrive at the
 * wrong thread are passed on. */
static void steer(int fd, unsigned share)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 2, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, share),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

int wzp_udp_socket_open(struct wzp_udp_socket *s, const struct wzp_addr *addr, unsigned share)
{
    s->family = addr->u.sa.sa_family;
    s->wildcard = wzp_addr_is_unspecified(addr);
    s->fd = socket(s->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return -errno;
    if (s->family == AF_INET6)
        set_flag(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (share > 1)
        set_flag(s->fd, SOL_SOCKET, SO_REUSEPORT, 1);
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    if (bind(s->fd, &addr->u.sa, addr->length) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&bound, &length) < 0) {
        int result = -errno;
        close(s->fd);
        s->fd = -1;
        return result;
    }
    if (share > 1)
        steer(s->fd, share);
    wzp_addr_from_sockaddr(&s->local, (struct sockaddr *)&bound, length);
    set_options(s);
    return 0;
}

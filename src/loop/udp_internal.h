/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UDP sockets of the loop, inside: one struct wzp_udp has up to two sockets, one queue of packets
 * on their way out, one driver. udp.c: opening, driving; udp_socket.c: one socket's options;
 * udp_visit.c: sockets under load;
 * udp_more.c: further sockets for a while; udp_receive.c, udp_send.c: batches. Not for others. */
#ifndef WZP_LOOP_UDP_INTERNAL_H
#define WZP_LOOP_UDP_INTERNAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "loop/internal.h"
#include "loop/loop.h"
#include "wzp/host.h"

#define WZP_UDP_RECEIVE_BATCH 32
/* What the kernel may join with UDP_GRO. */
#define WZP_UDP_RECEIVE_ROOM 65536
#define WZP_UDP_SEND_BATCH 64
/* Largest payload of one send: 65535 less the IPv4 and UDP headers. */
#define WZP_UDP_SEND_MAX 65507
#define WZP_UDP_SEND_ROOM (4 * 65536)
/* What every kernel with UDP_SEGMENT takes in one send. */
#define WZP_UDP_SEGMENTS_MAX 64
#define WZP_UDP_SOCKET_BUFFER (4 * 1024 * 1024)

struct wzp_udp_socket {
    struct wzp_udp *udp;
    int fd; /* -1: there is none */
    int family;
    struct wzp_addr local;
    bool wildcard;     /* bound to a wildcard: each packet carries its local address */
    bool segmentation; /* UDP_SEGMENT is understood and was not refused yet */
    uint8_t ecn;       /* ECN mark that the socket sets by default */
    bool blocked;      /* the kernel's buffer is full: waiting until it can be written */
    bool visited;      /* polled repeatedly instead of watched (udp_visit.c) */
    uv_poll_t poll;
};

/* One sendmsg: headers[i] of the queue points into messages[i]. */
struct wzp_udp_message {
    struct wzp_udp_socket *socket; /* NULL: it was closed meanwhile */
    struct wzp_addr remote;
    struct iovec data;
    size_t segment; /* payload size when there are several (UDP_SEGMENT); 0: one payload */
    bool split;     /* segmentation was refused: goes out payload by payload */
    bool failed;    /* one of the payloads did not go out */
    bool retried;   /* retried once after an earlier packet's error was read from the socket */
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +
                      CMSG_SPACE(sizeof(uint16_t))];
    } control;
};

struct wzp_udp_queue {
    uint8_t *room; /* WZP_UDP_SEND_ROOM bytes */
    size_t used;
    size_t count, next; /* messages, and the first of them not sent yet */
    struct wzp_udp_message messages[WZP_UDP_SEND_BATCH];
    struct mmsghdr headers[WZP_UDP_SEND_BATCH];
};

#define WZP_UDP_DEAD_MAX 8 /* unreachable addresses remembered at once */
struct wzp_udp {
    struct wzp_loop_item item;
    struct wzp_loop *loop;
    struct wzp_udp_socket sockets[2]; /* IPv4, IPv6 */
    struct wzp_udp_socket **more;     /* WZP_HOST_PORTS_MORE places; NULL: never asked for */
    size_t more_count;
    struct wzp_alarm alarm;
    uint64_t armed; /* when the alarm goes off */
    bool fired;     /* it has gone off and must be set anew */
    bool attached, closing;
    bool inside; /* inside the driver, which must not be re-entered */
    bool kicked; /* wzp_udp_kick was called meanwhile */
    unsigned open_handles;
    /* High packet rate (udp_visit.c), and the present measuring window. */
    bool busy;
    uint64_t busy_since, busy_from;
    uv_idle_t visits;
    uint64_t read_at; /* when reading last began */
    struct wzp_driver driver;
    struct wzp_udp_queue queue;
    struct wzp_udp_stats stats;
    /* Unreachable addresses, reported once the driver has returned. */
    struct {
        struct wzp_addr remote;
        int code;
    } dead[WZP_UDP_DEAD_MAX];
    size_t dead_count;
    void (*unreachable)(void *owner, const struct wzp_addr *remote, int code, uint64_t now);
    void *owner;
};

/* ---- udp.c ---- */
/* One of its libuv handles is closed; with the last one the object is freed. */
void wzp_udp_handle_gone(struct wzp_udp *u);
/* Reads what has arrived, in a few rounds, and lets the driver act on it. */
void wzp_udp_read_from(struct wzp_udp_socket *s);

/* Makes the loop watch the socket for reading, and for writing while it is blocked. */
void wzp_udp_watch(struct wzp_udp_socket *s);
bool wzp_udp_is_blocked(const struct wzp_udp *u);

/* ---- udp_visit.c ---- */
/* The socket was read because the loop reported it readable: under load it is polled from now
 * on. */
void wzp_udp_visit(struct wzp_udp_socket *s);

/* ---- udp_more.c ---- */
/* The further socket with this address's port; NULL: none. */
struct wzp_udp_socket *wzp_udp_more_find(const struct wzp_udp *u, const struct wzp_addr *local);
/* Closes all further sockets. */
void wzp_udp_less_all(struct wzp_udp *u);

/* ---- udp_socket.c ---- */
/* Non-blocking bound socket with every option set; the handle is not started. share: so many
 * sockets will be bound to this address (0, 1: just this one). 0 or -errno. */
int wzp_udp_socket_open(struct wzp_udp_socket *s, const struct wzp_addr *addr, unsigned share);

/* ---- udp_error.c ---- */
/* Makes the kernel queue ICMP errors for this socket (IP_RECVERR). */
void wzp_udp_socket_watch_errors(struct wzp_udp_socket *s);
/* Reads the queued errors. */
void wzp_udp_read_errors(struct wzp_udp_socket *s);
/* Is this an error about a destination address? */
bool wzp_udp_is_network_error(int error);
void wzp_udp_note_error(struct wzp_udp *u, const struct wzp_addr *remote, int error);
/* Reports noted errors to the owner; true when there were any. */
bool wzp_udp_tell_errors(struct wzp_udp *u, uint64_t now);

/* ---- udp_receive.c ---- */
struct wzp_udp_batch *wzp_udp_batch_new(void);
void wzp_udp_batch_free(struct wzp_udp_batch *b);
/* One recvmmsg, every payload to the driver. True when there may be more. */
bool wzp_udp_receive_batch(struct wzp_udp_socket *s, struct wzp_udp_batch *b);

/* ---- udp_send.c ---- */
/* Takes packets from the driver until the queue is full (true) or the driver has none left (false).
 */
bool wzp_udp_queue_fill(struct wzp_udp *u, uint64_t now);
/* Sends what is queued. False when a socket is blocked; the rest stays queued. */
bool wzp_udp_queue_flush(struct wzp_udp *u);

#endif

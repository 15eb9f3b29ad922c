/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The baseline for measurements of the relay: a child that forwards UDP payloads within rooms of
 * ten and does nothing else, and its clients in this process. */
#ifndef WZP_BENCH_BARE_H
#define WZP_BENCH_BARE_H

#include "crowd.h"

#define BARE_ROOMS 10
#define BARE_MEMBERS 10

/* ---- bare forwarder: recvmmsg, look the members up by two bytes, sendmmsg ---- */

#define BARE_BATCH 32

static volatile sig_atomic_t asked;

static inline void on_asked(int number)
{
    (void)number;
    asked = 1;
}

struct bare {
    int fd;
    uint64_t frames;
    uint8_t data[BARE_BATCH][2048];
    struct sockaddr_in members[BARE_ROOMS][BARE_MEMBERS];
    struct sockaddr_in from[BARE_BATCH];
    struct mmsghdr in[BARE_BATCH], out[BARE_BATCH * BARE_MEMBERS];
    struct iovec in_vector[BARE_BATCH], out_vector[BARE_BATCH * BARE_MEMBERS];
};

static inline unsigned bare_fan_out(struct bare *b, int i, unsigned count)
{
    unsigned room = b->data[i][0], member = b->data[i][1];
    if (room >= BARE_ROOMS || member >= BARE_MEMBERS)
        return count;
    b->members[room][member] = b->from[i];
    if (b->in[i].msg_len <= 2) /* a hello */
        return count;
    for (unsigned j = 0; j < BARE_MEMBERS; j++) {
        if (j == member)
            continue;
        b->out_vector[count] = (struct iovec){b->data[i], b->in[i].msg_len};
        b->out[count] = (struct mmsghdr){.msg_hdr = {.msg_name = &b->members[room][j],
                                                     .msg_namelen = sizeof b->members[room][j],
                                                     .msg_iov = &b->out_vector[count],
                                                     .msg_iovlen = 1}};
        count++;
    }
    return count;
}

static inline void bare_turn(struct bare *b)
{
    for (int i = 0; i < BARE_BATCH; i++) {
        b->in_vector[i] = (struct iovec){b->data[i], sizeof b->data[i]};
        b->in[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
                                           .msg_namelen = sizeof b->from[i],
                                           .msg_iov = &b->in_vector[i],
                                           .msg_iovlen = 1};
    }
    int n = recvmmsg(b->fd, b->in, BARE_BATCH, MSG_DONTWAIT, NULL);
    unsigned count = 0;
    for (int i = 0; i < n; i++)
        count = bare_fan_out(b, i, count);
    for (unsigned at = 0; at < count;) {
        int sent = sendmmsg(b->fd, b->out + at, count - at, 0);
        if (sent <= 0)
            break;
        at += (unsigned)sent;
        b->frames += (unsigned)sent;
    }
}

static inline void bare_child(int control)
{
    static struct bare b;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof addr;
    int size = CROWD_SOCKET_BUFFER;
    struct sigaction action = {.sa_handler = on_asked};
    sigset_t open, blocked;
    b.fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (b.fd < 0 || bind(b.fd, (struct sockaddr *)&addr, sizeof addr) ||
        getsockname(b.fd, (struct sockaddr *)&addr, &length))
        die("the bare forwarder has no socket");
    setsockopt(b.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &open); /* the signal is delivered only inside ppoll */
    uint16_t port = ntohs(addr.sin_port);
    child_tell(control, &port, sizeof port);
    for (;;) {
        struct pollfd p = {b.fd, POLLIN, 0};
        ppoll(&p, 1, NULL, &open);
        if (asked) {
            asked = 0;
            struct figures f = figures_of_self(b.frames);
            child_tell(control, &f, sizeof f);
        }
        bare_turn(&b);
    }
}

/* The clients of the bare forwarder: all behind one socket, as the crowd is. */
struct plain_crowd {
    int fd;
    struct packets incoming, outgoing;
};

static inline void plain_open(struct plain_crowd *c, uint16_t port)
{
    c->fd = socket_to(port);
    packets_init(&c->incoming);
    packets_init(&c->outgoing);
    for (uint8_t r = 0; r < BARE_ROOMS; r++) {
        for (uint8_t m = 0; m < BARE_MEMBERS; m++) {
            memcpy(c->outgoing.data[c->outgoing.count], (uint8_t[2]){r, m}, 2);
            packets_push(&c->outgoing, 2, c->fd);
        }
    }
    packets_send(&c->outgoing, c->fd);
}

#endif

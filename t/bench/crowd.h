/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the benchmarks of the relay share: a relay in a child process, so that its CPU time and heap
 * are measured alone, and a crowd: many QUIC clients in this process, all behind one socket. Header
 * only, since each file of t/bench is a program of its own. Allocation failures and lost children
 * end the program. */
#ifndef WZP_BENCH_CROWD_H
#define WZP_BENCH_CROWD_H

#include <arpa/inet.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/relay_service.h"
#include "base/alloc.h"
#include "base/time.h"
#include "cli/relay_crew.h"
#include "crypto/handshake.h"
#include "loop/host.h"
#include "loop/loop.h"
#include "quic/internal.h"
#include "relay/state.h"
#include "wire/media.h"

#define CROWD_BATCH 64
#define CROWD_MAX 100000
#define CROWD_SOCKET_BUFFER (8 << 20)

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

static inline void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts; share 0.5 is the median. */
static inline double quantile(double *values, size_t count, double share)
{
    size_t at = (size_t)((double)count * share);
    qsort(values, count, sizeof *values, by_value);
    return values[at < count ? at : count - 1];
}

/* ---- the machine ---- */

static cpu_set_t cores; /* that this process was given */

/* Binds this process, and the children it starts from now on, to the n-th of these cores. */
static inline void stay_on_core(unsigned n)
{
    cpu_set_t one;
    if (CPU_COUNT(&cores) < 2)
        return;
    CPU_ZERO(&one);
    for (unsigned i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &cores) && n-- == 0)
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
}

/* Other work of the machine shall not be measured: as far as it is allowed to (root), this process
 * and its children get a higher priority. Clients and the measured child have a core each: on one
 * core each would evict the other's memory from the cache. */
static inline void go_first(void)
{
    const struct sched_param hurry = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_RR, &hurry);
    sched_getaffinity(0, sizeof cores, &cores);
    stay_on_core(1);
}

/* The relay is installed with an environment set by its unit (contrib/systemd). This program uses
 * the same, if necessary by executing itself again: the C library reads the environment once, at
 * its start. */
static inline void as_installed(char **argv)
{
    if (!getenv("GLIBC_TUNABLES") && !setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1))
        execv("/proc/self/exe", argv);
}

/* ---- children ---- */

/* What a child reports on SIGUSR1: sums since its start, except for the present state of heap
 * (bytes in use), blocks (those of base/alloc.h) and library (ngtcp2's bytes). */
struct figures {
    double cpu;
    uint64_t allocations, frames, heap, blocks, library;
};
struct child {
    pid_t pid;
    int control;
    uint16_t port;
};

static inline struct figures figures_of_self(uint64_t frames)
{
    struct rusage u;
    struct mallinfo2 heap = mallinfo2();
    getrusage(RUSAGE_SELF, &u);
    return (struct figures){.cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                                   (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
                            .allocations = wzp_alloc_calls(),
                            .frames = frames,
                            .heap = heap.uordblks + heap.hblkhd,
                            .blocks = (uint64_t)wzp_alloc_live()};
}

static inline void child_tell(int control, const void *data, size_t length)
{
    if (write(control, data, length) != (ssize_t)length)
        exit(1);
}

/* Starts body(control) in a child, which first reports its UDP port and dies with this process. The
 * child runs on the first core, this process on the second. */
static inline struct child child_start(void (*body)(int control))
{
    struct child c;
    int pair[2];
    fflush(stdout);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        die("socketpair failed");
    c.pid = fork();
    if (c.pid < 0)
        die("fork failed");
    if (c.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        stay_on_core(0);
        body(pair[1]);
        exit(0);
    }
    close(pair[1]);
    c.control = pair[0];
    if (read(c.control, &c.port, sizeof c.port) != sizeof c.port)
        die("the child did not start");
    return c;
}

static inline struct figures child_ask(const struct child *c)
{
    struct figures f;
    kill(c->pid, SIGUSR1);
    if (read(c->control, &f, sizeof f) != sizeof f)
        die("the child does not answer");
    return f;
}

static inline void child_stop(const struct child *c)
{
    close(c->control);
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
}

/* ---- the relay as a child ---- */

static inline uint64_t library_of(const struct wzp_quic_endpoint *ep)
{
    uint64_t sum = 0;
    for (const struct wzp_quic_conn *conn = ep->conns; conn; conn = conn->next)
        sum += conn->memory.used;
    return sum;
}

struct relay_child {
    struct wzp_relay_service service;
    int control;
    struct wzp_loop *loop;
    struct wzp_relay_report *report;
};

/* Started beside the relay in its child; NULL: nothing. */
static void (*relay_beside)(struct relay_child *c);

static inline void relay_child_tell(void *context, int number)
{
    struct relay_child *c = context;
    struct wzp_relay_counters counters;
    (void)number;
    wzp_relay_counters(c->service.relay, &counters);
    struct figures f = figures_of_self(counters.frames_out);
    f.library = library_of(c->service.relay->endpoint);
    child_tell(c->control, &f, sizeof f);
}

static inline void relay_config(struct wzp_relay_config *config)
{
    wzp_relay_config_default(config);
    config->max_sessions = 10000;
    config->max_signals = CROWD_MAX;
    config->max_per_address = 0;
    config->sender_packets = 0; /* the speakers here send faster than real ones: no limit */
    config->sender_kbit = 0;
}

static inline void relay_child_on(int control, unsigned threads)
{
    static struct relay_child c;
    static struct wzp_relay_crew *crew;
    static struct wzp_relay_config config;
    struct wzp_loop *loop;
    struct wzp_identity identity;
    struct wzp_random random = wzp_system_random();
    struct wzp_error err = {0};
    struct wzp_signal_watch *watch;
    const struct wzp_log log = {0};
    c.control = control;
    if (threads > 1)
        sched_setaffinity(0, sizeof cores, &cores);
    wzp_signal_use_allocator();
    relay_config(&config);
    config.threads = threads;
    snprintf(config.listen_addr, sizeof config.listen_addr, "127.0.0.1:0");
    wzp_identity_new(&identity, &random);
    if (wzp_loop_new(&loop, &err))
        die(err.text);
    if (wzp_relay_crew_start(&crew, &c.service, loop, &config, identity.seed, "bench", NULL, &log,
                             &err) ||
        wzp_relay_crew_run(crew, &err) ||
        wzp_signal_watch_start(&watch, loop, SIGUSR1, relay_child_tell, &c))
        die(err.text);
    uint16_t port = wzp_addr_port(&c.service.listen);
    c.loop = loop;
    if (relay_beside)
        relay_beside(&c);
    child_tell(control, &port, sizeof port);
    wzp_loop_run(loop);
}

static inline void relay_child(int control)
{
    relay_child_on(control, 1);
}

/* ---- the QUIC room alone, without a relay ---- */

/* Endpoint callback: gives a new connection the answer that the crowd waits for. */
static inline void plain_answer(void *owner, struct wzp_quic_conn *conn, void *user,
                                const char *text, size_t length, uint64_t now)
{
    static const char answer[] = "{\"CallAnswer\":{}}";
    (void)owner;
    (void)user;
    (void)text;
    (void)length;
    wzp_quic_conn_send_signal(conn, answer, sizeof answer - 1, now);
    wzp_quic_conn_forget_tls(conn); /* as a relay does */
}

/* The most memory that our QUIC code (src/quic) keeps for a connection beside what ngtcp2 (with so
 * many blocks) and GnuTLS allocate: the connection; its entries in the table of connection IDs
 * (entry, key, bucket and the heap's own bookkeeping are less than 96 bytes) and in the heap of
 * timers; and what memory.c puts in front of each block. */
static inline double plain_own(double blocks)
{
    return (double)sizeof(struct wzp_quic_conn) + 10 * 96 + 2 * sizeof(void *) +
           blocks * _Alignof(max_align_t);
}

/* ---- sockets of this process ---- */

static inline int socket_to(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
    int size = CROWD_SOCKET_BUFFER;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        die("no socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return fd;
}

/* Packets of one sendmmsg or recvmmsg. */
struct packets {
    struct mmsghdr headers[CROWD_BATCH];
    struct iovec vectors[CROWD_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct timespec))];
    } controls[CROWD_BATCH];
    uint8_t data[CROWD_BATCH][2048];
    unsigned count;
};

static inline void packets_init(struct packets *p)
{
    for (int i = 0; i < CROWD_BATCH; i++) {
        p->vectors[i] = (struct iovec){p->data[i], sizeof p->data[i]};
        p->headers[i].msg_hdr = (struct msghdr){.msg_iov = &p->vectors[i], .msg_iovlen = 1};
    }
    p->count = 0;
}

static inline void packets_send(struct packets *p, int fd)
{
    unsigned at = 0;
    while (at < p->count) {
        int n = sendmmsg(fd, p->headers + at, p->count - at, 0);
        at += n > 0 ? (unsigned)n : 1; /* what the kernel refuses is lost */
    }
    p->count = 0;
}

/* The packet p->data[p->count] of this length is complete. */
static inline void packets_push(struct packets *p, size_t length, int fd)
{
    p->vectors[p->count++].iov_len = length;
    if (p->count == CROWD_BATCH)
        packets_send(p, fd);
}

static inline void packets_receive(struct packets *p, int fd)
{
    for (int i = 0; i < CROWD_BATCH; i++) {
        p->vectors[i].iov_len = sizeof p->data[i];
        p->headers[i].msg_hdr.msg_control = &p->controls[i];
        p->headers[i].msg_hdr.msg_controllen = sizeof p->controls[i];
    }
    int n = recvmmsg(fd, p->headers, CROWD_BATCH, MSG_DONTWAIT, NULL);
    p->count = n > 0 ? (unsigned)n : 0;
}

static inline const struct cmsghdr *packets_control(struct packets *p, unsigned i, int level,
                                                    int type)
{
    struct msghdr *m = &p->headers[i].msg_hdr;
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    while (c && (c->cmsg_level != level || c->cmsg_type != type))
        c = CMSG_NXTHDR(m, c);
    return c;
}

/* ECN bits of a received packet. */
static inline uint8_t packets_ecn(struct packets *p, unsigned i)
{
    const struct cmsghdr *c = packets_control(p, i, IPPROTO_IP, IP_TOS);
    return c ? *CMSG_DATA(c) & 3 : 0;
}

/* When the kernel received the packet, on the clock of now_ns, however late it is read; 0: not
 * known. offset: by how much the kernel's clock is ahead. */
static inline uint64_t packets_stamp(struct packets *p, unsigned i, uint64_t offset)
{
    const struct cmsghdr *c = packets_control(p, i, SOL_SOCKET, SCM_TIMESTAMPNS);
    struct timespec t;
    if (!c)
        return 0;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec - offset;
}

/* ---- the crowd ---- */

struct crowd;
struct member {
    struct crowd *crowd;
    struct wzp_quic_conn *conn;
    struct wzp_handshake handshake;
    struct wzp_identity identity;
    char sni[32]; /* a room, or _signal */
    bool in;      /* joined, or registered */
    uint16_t sequence;
};
struct crowd {
    struct wzp_quic_endpoint *endpoint;
    struct member *members;
    size_t count, in;
    struct wzp_random random;
    struct wzp_addr local, remote;
    struct packets incoming, outgoing;
    int fd;
    uint64_t got;     /* frames */
    uint64_t arrived; /* when the kernel got the packet being read */
    uint64_t clock_offset;
    size_t closed; /* connections that the relay ended */
    /* May be NULL. */
    void (*frame)(struct crowd *c, const uint8_t *data, size_t length, uint64_t now);
    void (*signal)(struct crowd *c, struct member *m, const char *text, size_t length,
                   uint64_t now);
};

static inline void crowd_connected(void *owner, struct wzp_quic_conn *conn, void *user,
                                   uint64_t now)
{
    struct member *m = user;
    struct wzp_signal signal = {.type = WZP_SIGNAL_CALL_OFFER};
    uint8_t exporter[WZP_EXPORTER_SIZE], signature[64];
    char *text;
    size_t length;
    (void)owner;
    if (strcmp(m->sni, "_signal") == 0) {
        wzp_quic_conn_export(conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0);
        wzp_register_make(&signal, signature, &m->identity, exporter);
    } else {
        wzp_quic_conn_export(conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
        wzp_handshake_offer(&m->handshake, &signal, signature, &m->identity, exporter, m->sni,
                            &m->crowd->random);
    }
    if (wzp_signal_write(&text, &length, &signal))
        die("no signal");
    wzp_quic_conn_send_signal(conn, text, length, now);
    wzp_free(text);
}

static inline void crowd_signal(void *owner, struct wzp_quic_conn *conn, void *user,
                                const char *text, size_t length, uint64_t now)
{
    static const char *const answers[] = {"{\"CallAnswer\"", "{\"RegisterPresenceAck\""};
    struct crowd *c = owner;
    struct member *m = user;
    (void)conn;
    for (int i = 0; i < 2 && !m->in; i++) {
        size_t n = strlen(answers[i]);
        m->in = length > n && strncmp(text, answers[i], n) == 0;
        c->in += m->in;
    }
    if (c->signal)
        c->signal(c, m, text, length, now);
}

static inline void crowd_datagram(void *owner, struct wzp_quic_conn *conn, void *user,
                                  const uint8_t *data, size_t length, uint64_t now)
{
    struct crowd *c = owner;
    (void)conn;
    (void)user;
    c->got++;
    if (c->frame)
        c->frame(c, data, length, now);
}

/* The connection is freed after this callback: the member must not use it any more. */
static inline void crowd_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                                const struct wzp_quic_close *why, uint64_t now)
{
    struct crowd *c = owner;
    struct member *m = user;
    (void)conn;
    (void)now;
    m->conn = NULL;
    if (why->kind != WZP_QUIC_CLOSE_LOCAL && c->closed++ == 0)
        fprintf(stderr, "the relay closed a connection: %s\n", why->reason);
}

static inline void crowd_send(struct crowd *c, uint64_t now)
{
    for (;;) {
        struct wzp_packet p = {.data = c->outgoing.data[c->outgoing.count],
                               .capacity = WZP_PACKET_MAX};
        if (wzp_quic_endpoint_next_packet(c->endpoint, &p, now) <= 0)
            break;
        packets_push(&c->outgoing, p.length, c->fd);
    }
    packets_send(&c->outgoing, c->fd);
}

/* Reads the packets that have arrived, sends those that are due. */
static inline void crowd_turn(struct crowd *c)
{
    packets_receive(&c->incoming, c->fd);
    uint64_t now = now_ns();
    for (unsigned i = 0; i < c->incoming.count; i++) {
        c->arrived = packets_stamp(&c->incoming, i, c->clock_offset);
        wzp_quic_endpoint_receive(c->endpoint, &c->local, &c->remote, packets_ecn(&c->incoming, i),
                                  c->incoming.data[i], c->incoming.headers[i].msg_len, now);
    }
    if (wzp_quic_endpoint_expiry(c->endpoint) <= now)
        wzp_quic_endpoint_handle_expiry(c->endpoint, now);
    crowd_send(c, now);
}

/* Runs crowd_turn until that time, and sleeps while nothing happens. */
static inline void crowd_run_until(struct crowd *c, uint64_t until)
{
    for (;;) {
        crowd_turn(c);
        uint64_t now = now_ns(), at = wzp_quic_endpoint_expiry(c->endpoint);
        if (now >= until)
            return;
        at = wzp_time_min(at, until);
        uint64_t wait = at > now ? at - now : 0;
        struct timespec t = {(time_t)(wait / WZP_SECOND), (long)(wait % WZP_SECOND)};
        struct pollfd p = {c->fd, POLLIN, 0};
        ppoll(&p, 1, &t, NULL);
    }
}

static inline void crowd_endpoint(struct crowd *c)
{
    const struct wzp_quic_config config = {.callbacks = {.connected = crowd_connected,
                                                         .signal = crowd_signal,
                                                         .datagram = crowd_datagram,
                                                         .closed = crowd_closed},
                                           .owner = c,
                                           .random = c->random,
                                           .connection_limit = CROWD_MAX};
    if (wzp_quic_endpoint_new(&c->endpoint, &config, NULL))
        die("no endpoint");
}

static inline void crowd_init(struct crowd *c, uint16_t port)
{
    struct sockaddr_in own, to;
    socklen_t length = sizeof own, to_length = sizeof to;
    memset(c, 0, sizeof *c);
    c->random = wzp_system_random();
    int ect0 = 2, on = 1;
    c->fd = socket_to(port);
    /* ECN-marked as the packets of real peers are; otherwise the relay would see a path that loses
     * marks. */
    setsockopt(c->fd, IPPROTO_IP, IP_TOS, &ect0, sizeof ect0);
    setsockopt(c->fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    c->clock_offset = (uint64_t)wall.tv_sec * WZP_SECOND + (uint64_t)wall.tv_nsec - now_ns();
    getsockname(c->fd, (struct sockaddr *)&own, &length);
    getpeername(c->fd, (struct sockaddr *)&to, &to_length);
    wzp_addr_from_sockaddr(&c->local, (struct sockaddr *)&own, length);
    wzp_addr_from_sockaddr(&c->remote, (struct sockaddr *)&to, to_length);
    packets_init(&c->incoming);
    packets_init(&c->outgoing);
    crowd_endpoint(c);
}

/* Dials one more member. With room_size N every N members share a room (room-0, room-1, ...); with
 * 0 the member registers instead. */
static inline void crowd_dial(struct crowd *c, size_t room_size, uint64_t now)
{
    struct member *m = &c->members[c->count];
    m->crowd = c;
    wzp_identity_new(&m->identity, &c->random);
    if (room_size)
        snprintf(m->sni, sizeof m->sni, "room-%zu", c->count / room_size);
    else
        snprintf(m->sni, sizeof m->sni, "_signal");
    if (wzp_quic_connect(&m->conn, c->endpoint, &c->local, &c->remote, m->sni, m, now))
        die("no connection");
    c->count++;
}

/* Dials so many members, ten at a time. Members of one room are neighbours in the array. Returns
 * when all have joined. */
static inline void crowd_open(struct crowd *c, uint16_t port, size_t count, size_t room_size)
{
    crowd_init(c, port);
    c->members = calloc(count, sizeof *c->members);
    if (!c->members)
        die("no memory");
    for (c->count = 0; c->count < count;) {
        crowd_dial(c, room_size, now_ns());
        uint64_t limit = now_ns() + 10 * WZP_SECOND;
        while (c->count - c->in >= 10 || (c->count == count && c->in < count)) {
            crowd_turn(c);
            if (now_ns() > limit)
                die("not everybody came in");
        }
    }
}

static inline void crowd_close(struct crowd *c)
{
    wzp_quic_endpoint_free(c->endpoint);
    close(c->fd);
    free(c->members);
}

/* Sends one media frame of a member: header, the sender's clock, padding. Does nothing when its
 * connection is closed. */
static inline void crowd_speak(struct member *m, size_t length, uint64_t now)
{
    uint8_t frame[512];
    struct wzp_media_header h = {
        .codec = WZP_CODEC_OPUS_24K, .sequence = m->sequence, .timestamp = m->sequence * 20u};
    if (!m->conn)
        return;
    m->sequence++;
    memset(frame, 0x5a, sizeof frame);
    wzp_media_write_header(frame, &h);
    memcpy(frame + WZP_MEDIA_HEADER_SIZE, &now, sizeof now);
    wzp_quic_conn_send_datagram(m->conn, frame, length, 0, now);
}

#endif

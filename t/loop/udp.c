/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two drivers over loopback UDP on ports that the kernel chooses: batches, joined and split
 * payloads, ECN, addresses, refusals, a blocked socket, the precision of the alarm, and who sleeps
 * under load. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/udp_internal.h"
#include "tap.h"

#define PAYLOAD 1000

/* Sends `to_send` payloads of PAYLOAD bytes, `together` in one packet, each starting with its
 * number; echoes what comes when told to. */
struct peer {
    struct wzp_udp *udp;
    struct wzp_loop *loop;
    struct wzp_addr local, remote, seen_local, seen_remote;
    unsigned to_send, sent, together, received, wrong;
    uint8_t ecn, seen_ecn;
    size_t size;
    bool echo;
    unsigned echo_waiting;
    unsigned stop_after; /* received */
    uint64_t next_at, step, lateness[64];
    unsigned ticks, early, each_tick; /* each_tick: payloads sent then */
    bool close_on_receive;
};

static void peer_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                         uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct peer *p = object;
    (void)now;
    uint32_t number = 0;
    if (length >= 4)
        memcpy(&number, data, 4);
    if (length != PAYLOAD || number != p->received)
        p->wrong++;
    p->received++;
    p->seen_local = *local;
    p->seen_remote = *remote;
    p->seen_ecn = ecn;
    if (p->echo) {
        p->echo_waiting++;
        p->local = *local;
        p->remote = *remote;
    }
    if (p->close_on_receive) {
        wzp_udp_close(p->udp);
        wzp_loop_stop(p->loop);
    } else if (p->received == p->stop_after) {
        wzp_loop_stop(p->loop);
    }
}

static uint64_t peer_expiry(const void *object)
{
    const struct peer *p = object;
    return p->step > 0 ? p->next_at : WZP_NEVER;
}

static void peer_handle_expiry(void *object, uint64_t now)
{
    struct peer *p = object;
    if (p->step == 0)
        return;
    if (now < p->next_at)
        p->early++;
    else if (p->ticks < 64)
        p->lateness[p->ticks] = now - p->next_at;
    p->ticks++;
    p->to_send += p->each_tick;
    p->next_at = now + p->step;
    if (p->ticks == 64) {
        p->step = 0;
        wzp_loop_stop(p->loop);
    }
}

static int peer_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct peer *p = object;
    (void)now;
    unsigned left = p->echo ? p->echo_waiting : p->to_send - p->sent;
    if (left == 0)
        return 0;
    size_t size = p->size > 0 ? p->size : PAYLOAD;
    size_t fits = out->capacity / size;
    size_t count = left < p->together ? left : p->together;
    if (count > fits)
        count = fits;
    if (count == 0)
        return 0;
    memset(out->data, 'x', count * size);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = p->sent++;
        memcpy(out->data + i * size, &number, 4);
    }
    if (p->echo)
        p->echo_waiting -= (unsigned)count;
    out->length = count * size;
    out->segment = size;
    out->local = p->local;
    out->remote = p->remote;
    out->ecn = p->ecn;
    return 1;
}

static void peer_open(struct peer *p, struct wzp_loop *l, const struct wzp_addr *addr)
{
    struct wzp_error err = {0, ""};
    memset(p, 0, sizeof *p);
    p->loop = l;
    p->together = 1;
    if (wzp_udp_open(&p->udp, l, addr, &err) < 0)
        note("%s", err.text);
    if (!p->udp) {
        wzp_loop_free(l);
        bail("no socket");
    }
    p->local = wzp_udp_local(p->udp, addr != NULL && wzp_addr_is_v6(addr) ? AF_INET6 : AF_INET);
}

static void peer_attach(struct peer *p)
{
    struct wzp_driver d = {p, peer_receive, peer_expiry, peer_handle_expiry, peer_next_packet};
    wzp_udp_attach(p->udp, &d);
}

static bool gave_up;
static void give_up(void *context)
{
    gave_up = true;
    wzp_loop_stop(context);
}

/* Runs until a peer stops the loop, or 3 s. */
static void run(struct wzp_loop *l)
{
    struct wzp_timer *timer = NULL;
    gave_up = false;
    if (wzp_timer_start(&timer, l, 3 * WZP_SECOND, 0, give_up, l) < 0) {
        wzp_loop_free(l);
        bail("no timer");
    }
    wzp_loop_run(l);
    wzp_timer_close(timer);
}

static struct wzp_addr address(const char *text)
{
    struct wzp_addr a;
    if (wzp_addr_parse(&a, text, strlen(text)) < 0)
        bail("%s", text);
    return a;
}

static struct wzp_loop *new_loop(void)
{
    struct wzp_loop *l = NULL;
    struct wzp_error err = {0, ""};
    if (wzp_loop_new(&l, &err) < 0)
        bail("no loop: %s", err.text);
    return l;
}

static void test_echo(const char *where, unsigned together)
{
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_addr addr = address(where);
    struct wzp_udp_stats stats;
    peer_open(&a, l, &addr);
    peer_open(&b, l, &addr);
    a.remote = b.local;
    a.to_send = 200;
    a.together = b.together = together;
    a.ecn = 2;
    a.stop_after = 200;
    b.echo = true;
    peer_attach(&b);
    peer_attach(&a);
    run(l);
    is_int(b.received, 200, "%s, %u together: every payload arrived", where, together);
    is_int(a.received, 200, "and came back");
    is_int(a.wrong + b.wrong, 0, "in order and whole");
    is_int(b.seen_ecn, 2, "with the ECN mark");
    is_int(a.seen_ecn, 0, "and without where there was none");
    ok(wzp_addr_equal(&b.seen_remote, &a.local), "from the sender's address");
    wzp_udp_stats(a.udp, &stats);
    is_int(stats.packets_out, 200, "all were counted going out");
    is_int(stats.packets_in, 200, "and coming in");
    if (together > 1 && a.udp->sockets[a.local.u.sa.sa_family == AF_INET6].segmentation)
        ok(stats.gso_sends > 0 && stats.batches_out < 50, "in few system calls: %d",
           (int)stats.batches_out);
    else
        ok(stats.gso_sends == 0 && stats.batches_out < 50, "in few system calls: %d",
           (int)stats.batches_out);
    wzp_udp_close(a.udp);
    wzp_udp_close(b.udp);
    wzp_loop_free(l);
}

/* A host with several addresses answers from the one that was asked. */
static void test_wildcard(void)
{
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_addr one = address("127.0.0.1:0");
    peer_open(&a, l, &one);
    peer_open(&b, l, NULL);
    ok(wzp_addr_is_unspecified(&b.local) && wzp_addr_port(&b.local) != 0,
       "bound to no address, on a port of the kernel's choice");
    struct wzp_addr local6 = wzp_udp_local(b.udp, AF_INET6);
    ok(wzp_addr_is_none(&local6) || wzp_addr_port(&local6) == wzp_addr_port(&b.local),
       "the same port in both families");
    a.remote = address("127.0.0.5:1");
    wzp_addr_set_port(&a.remote, wzp_addr_port(&b.local));
    a.to_send = a.stop_after = 1;
    b.echo = true;
    peer_attach(&b);
    peer_attach(&a);
    run(l);
    is_int(a.received, 1, "a packet to one of many addresses is answered");
    ok(wzp_addr_equal(&b.seen_local, &a.remote), "the driver hears which address it came to");
    ok(wzp_addr_equal(&a.seen_remote, &a.remote), "the answer comes from that address");
    if (!wzp_addr_is_none(&local6)) {
        struct peer c;
        struct wzp_addr one6 = address("[::1]:0");
        peer_open(&c, l, &one6);
        c.remote = address("[::1]:1");
        wzp_addr_set_port(&c.remote, wzp_addr_port(&local6));
        c.to_send = c.stop_after = 1;
        b.sent = b.received = 0;
        peer_attach(&c);
        run(l);
        is_int(c.received, 1, "IPv6 is served beside IPv4");
        ok(wzp_addr_equal(&b.seen_local, &c.remote), "and its addresses are told apart");
        wzp_udp_close(c.udp);
    }
    wzp_udp_close(a.udp);
    wzp_udp_close(b.udp);
    wzp_loop_free(l);
}

static void test_refusals(void)
{
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_udp_stats stats;
    struct wzp_addr one = address("127.0.0.1:0");
    peer_open(&a, l, &one);
    peer_open(&b, l, &one);
    peer_attach(&b);
    a.remote = address("[::1]:4433");
    a.to_send = 1;
    peer_attach(&a);
    wzp_udp_stats(a.udp, &stats);
    is_int(stats.send_errors, 1, "a peer of a family without a socket is a counted error");

    a.remote = address("255.255.255.255:9");
    a.to_send = 2;
    wzp_udp_kick(a.udp);
    wzp_udp_stats(a.udp, &stats);
    is_int(stats.send_errors, 2, "so is one that the kernel refuses");

    a.remote = b.local;
    a.to_send = 3;
    a.size = 65507;
    wzp_udp_kick(a.udp);
    a.size = 0;
    /* UDP without checksums cannot be segmented by the kernel: it refuses, and we do it. */
    int on = 1;
    (void)setsockopt(a.udp->sockets[0].fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
    bool had = a.udp->sockets[0].segmentation;
    b.received = b.wrong = 0;
    a.sent = 0;
    a.to_send = 100;
    a.together = 32;
    b.stop_after = 101;
    wzp_udp_kick(a.udp);
    run(l);
    wzp_udp_stats(a.udp, &stats);
    is_int(b.received, 101, "refused segmentation: the payloads leave one by one");
    is_int(b.wrong, 101, "after the huge one (numbers shifted by it)");
    is_int(stats.send_errors, 2, "no payload was lost over it");
    if (had)
        ok(!a.udp->sockets[0].segmentation && stats.gso_sends == 0,
           "and it is not tried again on this socket");
    wzp_udp_close(a.udp);
    wzp_udp_close(b.udp);

    struct wzp_udp *taken = NULL;
    struct wzp_error err = {0, ""};
    struct peer c;
    peer_open(&c, l, &one);
    int result = wzp_udp_open(&taken, l, &c.local, &err);
    is_int(result, WZP_E_NETWORK, "a taken port is refused");
    ok(strstr(err.text, "in use") != NULL, "in words: %s", err.text);
    wzp_udp_close(c.udp);
    wzp_loop_free(l);
}

static void test_close_inside(void)
{
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_addr one = address("127.0.0.1:0");
    peer_open(&a, l, &one);
    peer_open(&b, l, &one);
    b.close_on_receive = true;
    a.remote = b.local;
    a.to_send = 50;
    a.together = 10;
    peer_attach(&b);
    peer_attach(&a);
    run(l);
    is_int(b.received, 1, "closing from inside the driver is heard at once");
    wzp_loop_free(l); /* closes a, which was left open */
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_alarm(void)
{
    struct wzp_loop *l = new_loop();
    struct peer a;
    struct wzp_addr one = address("127.0.0.1:0");
    peer_open(&a, l, &one);
    a.step = 700 * WZP_MICROSECOND;
    a.next_at = wzp_loop_now(l) + a.step;
    peer_attach(&a);
    uint64_t calls = wzp_alloc_calls();
    run(l);
    is_int(a.ticks, 64, "64 appointments in a row were kept");
    is_int(a.early, 0, "none too early");
    qsort(a.lateness, 64, sizeof a.lateness[0], compare_u64);
    note("late by %u us (median), %u us (worst)", (unsigned)(a.lateness[32] / 1000),
         (unsigned)(a.lateness[63] / 1000));
    /* A timer of whole milliseconds would be late by 300 us each time. */
    ok(a.lateness[16] < 250 * WZP_MICROSECOND, "a good part of them within 250 us");
    is_int(wzp_alloc_calls() - calls, 1, "without a heap call (but the test's own timer)");
    wzp_udp_close(a.udp);
    wzp_loop_free(l);
}

/* In a network of its own whose loopback is slow, the socket's buffer fills up. */
static void test_blocked(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
        skip(4, "needs root to make a slow network");
        return;
    }
    if (system("PATH=$PATH:/sbin:/usr/sbin; (ip link set lo up && "
               "tc qdisc add dev lo root tbf rate 20mbit burst 4kb latency 4s) >/dev/null 2>&1") !=
        0) {
        skip(4, "ip and tc with tbf are needed");
        return;
    }
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_udp_stats stats;
    struct wzp_addr one = address("127.0.0.1:0");
    peer_open(&a, l, &one);
    peer_open(&b, l, &one);
    int small = 8192;
    (void)setsockopt(a.udp->sockets[0].fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    a.remote = b.local;
    a.to_send = b.stop_after = 300;
    peer_attach(&b);
    peer_attach(&a);
    ok(a.udp->sockets[0].blocked && a.sent < 300, "the socket is full after %u payloads", a.sent);
    wzp_udp_kick(a.udp);
    run(l);
    is_int(b.received, 300, "all arrived when it had room again");
    is_int(b.wrong, 0, "in order, none twice");
    wzp_udp_stats(a.udp, &stats);
    is_int(stats.send_errors, 0, "and none was thrown away");
    wzp_udp_close(a.udp);
    wzp_udp_close(b.udp);
    wzp_loop_free(l);
}

/* In place of libc's. */
static unsigned naps, unwatched;
static const struct wzp_udp_socket *loaded;
int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted;
    (void)left;
    naps++;
    unwatched += loaded->visited;
    return 0;
}

/* 20000 packets a second, for 64 ms, then one more some time later. */
static void test_load(bool gathers)
{
    struct wzp_loop *l = new_loop();
    struct peer a, b;
    struct wzp_addr one = address("127.0.0.1:0");
    if (gathers)
        wzp_loop_gather(l);
    peer_open(&a, l, &one);
    peer_open(&b, l, &one);
    a.remote = b.local;
    a.step = WZP_MILLISECOND;
    a.next_at = wzp_loop_now(l) + a.step;
    a.each_tick = 20;
    peer_attach(&b);
    peer_attach(&a);
    loaded = &b.udp->sockets[0];
    naps = unwatched = 0;
    run(l);
    ok(b.received > 1000, "under load packets come: %u", b.received);
    ok(gathers ? naps > 0 : naps == 0, "in a loop that %s the thread slept %u times",
       gathers ? "may let them gather" : "may not", naps);
    is_int(unwatched, naps, "while nobody watched the socket");
    b.stop_after = a.sent;
    if (b.received < b.stop_after)
        run(l);
    a.step = 50 * WZP_MILLISECOND;
    a.next_at = wzp_loop_now(l) + a.step;
    a.each_tick = a.ticks = 1;
    b.stop_after = a.sent + 1;
    wzp_udp_kick(a.udp);
    run(l);
    ok(!gave_up && b.received == a.sent && !loaded->visited,
       "and is watched when the load is over");
    wzp_udp_close(a.udp);
    wzp_udp_close(b.udp);
    wzp_loop_free(l);
}

TAP_MAIN
{
    test_echo("127.0.0.1:0", 1);
    test_echo("127.0.0.1:0", 20);
    test_echo("127.0.0.1:0", 65);
    test_wildcard();
    test_refusals();
    test_close_inside();
    test_alarm();
    test_load(false);
    test_load(true);
    test_blocked();
}

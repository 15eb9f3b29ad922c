/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets under load are polled ("visited"). A readiness notification (epoll) costs as much as
 * receiving a packet, and while a socket is watched, sending costs a tenth more as well. So when
 * many packets arrive at a loop that may wait (wzp_loop_gather), its sockets are not watched but
 * read every now and then, until a read finds nothing, as network drivers do (NAPI). */
#include <time.h>

#include "base/time.h"
#include "loop/udp_internal.h"

#define BUSY_WINDOW (10 * WZP_MILLISECOND)
#define BUSY_PACKETS 50 /* in a window */
#define VISIT_TIME (200 * WZP_MICROSECOND)

/* True while the packet rate is high. */
static bool is_busy(struct wzp_udp *u, uint64_t now)
{
    uint64_t elapsed = wzp_time_since(now, u->busy_since);
    if (elapsed >= BUSY_WINDOW) {
        u->busy = elapsed < 2 * BUSY_WINDOW && u->stats.packets_in - u->busy_from >= BUSY_PACKETS;
        u->busy_since = now;
        u->busy_from = u->stats.packets_in;
    }
    return u->busy;
}

/* Sleeps a moment, so that several packets arrive, unless enough time has passed already. */
static bool rest(const struct wzp_udp *u)
{
    uint64_t passed = wzp_time_since(wzp_loop_clock(), u->read_at);
    if (passed >= VISIT_TIME)
        return false;
    const struct timespec time = {.tv_nsec = (long)(VISIT_TIME - passed)};
    nanosleep(&time, NULL);
    return true;
}

static void visit(struct wzp_udp_socket *s, bool rested)
{
    struct wzp_udp *u = s->udp;
    uint64_t before = u->stats.packets_in;
    wzp_udp_read_from(s);
    bool in_vain = rested && u->stats.packets_in == before;
    if (!u->closing && s->visited && (in_vain || !is_busy(u, wzp_loop_clock())))
        wzp_udp_watch(s);
}

/* Once in each turn of the loop, which does not sleep as long as there are visits. */
static void on_visits(uv_idle_t *visits)
{
    struct wzp_udp *u = visits->data;
    bool rested = rest(u);
    for (int i = 0; i < 2 && !u->closing; i++)
        if (u->sockets[i].visited)
            visit(&u->sockets[i], rested);
    if (!u->closing && !u->sockets[0].visited && !u->sockets[1].visited)
        uv_idle_stop(visits);
}

void wzp_udp_visit(struct wzp_udp_socket *s)
{
    struct wzp_udp *u = s->udp;
    if (!u->loop->gathers || u->closing || s->fd < 0 || wzp_udp_is_blocked(u) ||
        !is_busy(u, wzp_loop_clock()))
        return;
    s->visited = true;
    uv_poll_stop(&s->poll);
    uv_idle_start(&u->visits, on_visits);
}

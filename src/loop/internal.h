/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definitions shared by the files of this folder: the loop, the objects that live on it, and the
 * precise alarm. Private to this folder. */
#ifndef WZP_LOOP_INTERNAL_H
#define WZP_LOOP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "loop/host.h"

/* First member of everything that owns libuv handles; handle->data points to it, so that
 * wzp_loop_free can close what its owner left open. close is idempotent and frees later, when libuv
 * has let go of the handles. */
struct wzp_loop_item {
    void (*close)(struct wzp_loop_item *item);
};

/* First member of everything that waits for a worker thread. The owner frees it in its libuv
 * callback. */
struct wzp_loop_request {
    struct wzp_loop_request *previous, *next;
    uv_req_t *request;
};

struct wzp_networks;
struct wzp_udp_batch;
struct wzp_loop {
    uv_loop_t uv;
    bool closing; /* wzp_loop_free is under way: nobody is called back any more */
    struct wzp_loop_request *requests;
    struct wzp_udp_batch *batch;   /* receive buffers, shared by all sockets of this thread */
    struct wzp_loop_place place;   /* of the host of this process's own user */
    struct wzp_networks *networks; /* as seen last, NULL: never */
    /* Number of loops, one per thread, that share their UDP addresses (crew.c); 0: not shared. */
    unsigned share_count;
    bool gathers; /* its thread may sleep a moment under load (udp.c) */
};

/* Registers a running request, so that wzp_loop_free can cancel it. */
void wzp_loop_request_add(struct wzp_loop *l, struct wzp_loop_request *r, uv_req_t *request);
/* Unregisters it: the first call in the callback of the request. */
void wzp_loop_request_remove(struct wzp_loop *l, struct wzp_loop_request *r);

/* CLOCK_MONOTONIC in ns. */
uint64_t wzp_loop_clock(void);

/* An alarm with the precision of the kernel's timers: a timerfd in a poll handle. libuv's own
 * timers count whole milliseconds, which is too coarse for pacing and for datagrams that wait 1-3
 * ms to share a packet. */
struct wzp_alarm {
    int fd;
    uv_poll_t poll;
};
/* fire is a libuv poll callback; poll.data is item. WZP_E_IO, with nothing to close afterwards. */
int wzp_alarm_init(struct wzp_alarm *a, struct wzp_loop *l, struct wzp_loop_item *item,
                   uv_poll_cb fire);
/* Goes off at `at` (wzp_loop_clock), and again every `repeat` ns when repeat > 0; WZP_NEVER: not at
 * all. An expiry that was not read yet is cancelled. */
void wzp_alarm_set(struct wzp_alarm *a, uint64_t at, uint64_t repeat);
/* Reads the number of times it went off since the last look. */
uint64_t wzp_alarm_take(struct wzp_alarm *a);
void wzp_alarm_close(struct wzp_alarm *a, uv_close_cb closed);

#endif

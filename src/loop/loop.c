/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop itself, clocks, randomness, and the small things that wake it: timers, signals, other
 * threads. */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "loop/internal.h"
#include "loop/udp_internal.h"

/* ---- the loop ---- */

int wzp_loop_new(struct wzp_loop **out, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_loop *l = wzp_calloc(1, sizeof *l);
    if (!l)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = uv_loop_init(&l->uv);
    if (result < 0) {
        wzp_free(l);
        return wzp_error_set(err, WZP_E_IO, "cannot make an event loop: %s", uv_strerror(result));
    }
    /* libuv writes with write(2): a peer that went away must be an error code, not the end of the
     * process. */
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    *out = l;
    return 0;
}

static void close_leftover(uv_handle_t *handle, void *context)
{
    (void)context;
    struct wzp_loop_item *item = handle->data;
    if (!uv_is_closing(handle) && item)
        item->close(item);
}

void wzp_loop_free(struct wzp_loop *l)
{
    if (!l)
        return;
    l->closing = true;
    for (struct wzp_loop_request *r = l->requests; r; r = r->next)
        uv_cancel(r->request); /* those that run already end by themselves; all have a time limit */
    uv_walk(&l->uv, close_leftover, NULL);
    while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0)
        ;
    uv_loop_close(&l->uv);
    wzp_udp_batch_free(l->batch);
    wzp_free(l->networks);
    wzp_free(l);
}

void wzp_loop_run(struct wzp_loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void wzp_loop_stop(struct wzp_loop *l)
{
    uv_stop(&l->uv);
}

void wzp_loop_request_add(struct wzp_loop *l, struct wzp_loop_request *r, uv_req_t *request)
{
    r->request = request;
    r->previous = NULL;
    r->next = l->requests;
    if (r->next)
        r->next->previous = r;
    l->requests = r;
}

void wzp_loop_request_remove(struct wzp_loop *l, struct wzp_loop_request *r)
{
    if (r->previous)
        r->previous->next = r->next;
    else
        l->requests = r->next;
    if (r->next)
        r->next->previous = r->previous;
}

/* ---- clocks and randomness ---- */

uint64_t wzp_loop_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t wzp_loop_now(const struct wzp_loop *l)
{
    (void)l;
    return wzp_loop_clock();
}

uint64_t wzp_thread_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t wzp_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void system_random_fill(void *context, void *out, size_t length)
{
    (void)context;
    uint8_t *p = out;
    while (length > 0) {
        ssize_t n = getrandom(p, length, 0);
        if (n < 0 && errno == EINTR)
            continue;
        /* Without randomness there are no keys; going on with guessable ones would be worse than
         * ending. */
        if (n <= 0)
            abort();
        p += n;
        length -= (size_t)n;
    }
}

struct wzp_random wzp_system_random(void)
{
    struct wzp_random r = {system_random_fill, NULL};
    return r;
}

/* ---- alarm ---- */

int wzp_alarm_init(struct wzp_alarm *a, struct wzp_loop *l, struct wzp_loop_item *item,
                   uv_poll_cb fire)
{
    a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (a->fd < 0)
        return WZP_E_IO;
    if (uv_poll_init(&l->uv, &a->poll, a->fd) < 0) {
        close(a->fd);
        a->fd = -1;
        return WZP_E_IO;
    }
    a->poll.data = item;
    uv_poll_start(&a->poll, UV_READABLE, fire);
    return 0;
}

static struct timespec timespec_from_ns(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / WZP_SECOND), (long)(ns % WZP_SECOND)};
    return t;
}

void wzp_alarm_set(struct wzp_alarm *a, uint64_t at, uint64_t repeat)
{
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    if (at != WZP_NEVER) {
        when.it_value = timespec_from_ns(at > 0 ? at : 1); /* 0 would switch it off */
        when.it_interval = timespec_from_ns(repeat);
    }
    timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

uint64_t wzp_alarm_take(struct wzp_alarm *a)
{
    uint64_t times = 0;
    return read(a->fd, &times, sizeof times) == (ssize_t)sizeof times ? times : 0;
}

void wzp_alarm_close(struct wzp_alarm *a, uv_close_cb closed)
{
    uv_close((uv_handle_t *)&a->poll, closed);
    close(a->fd);
    a->fd = -1;
}

/* ---- timers ---- */

struct wzp_timer {
    struct wzp_loop_item item;
    struct wzp_alarm alarm;
    bool closing;
    void (*fire)(void *context);
    void *context;
};

static void timer_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void timer_item_close(struct wzp_loop_item *item)
{
    wzp_timer_close((struct wzp_timer *)item);
}

static void timer_fired(uv_poll_t *poll, int status, int events)
{
    struct wzp_timer *t = poll->data;
    (void)status;
    (void)events;
    if (wzp_alarm_take(&t->alarm) > 0)
        t->fire(t->context);
}

int wzp_timer_start(struct wzp_timer **out, struct wzp_loop *l, uint64_t delay, uint64_t repeat,
                    void (*fire)(void *context), void *context)
{
    *out = NULL;
    struct wzp_timer *t = wzp_calloc(1, sizeof *t);
    if (!t)
        return WZP_E_MEMORY;
    t->item.close = timer_item_close;
    t->fire = fire;
    t->context = context;
    int result = wzp_alarm_init(&t->alarm, l, &t->item, timer_fired);
    if (result < 0) {
        wzp_free(t);
        return result;
    }
    wzp_alarm_set(&t->alarm, wzp_time_add(wzp_loop_clock(), delay), repeat);
    *out = t;
    return 0;
}

void wzp_timer_close(struct wzp_timer *t)
{
    if (!t || t->closing)
        return;
    t->closing = true;
    wzp_alarm_close(&t->alarm, timer_closed);
}

/* ---- signals ---- */

struct wzp_signal_watch {
    struct wzp_loop_item item;
    uv_signal_t handle;
    void (*fire)(void *context, int number);
    void *context;
};

static void signal_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void signal_item_close(struct wzp_loop_item *item)
{
    wzp_signal_watch_close((struct wzp_signal_watch *)item);
}

static void signal_fired(uv_signal_t *handle, int number)
{
    struct wzp_signal_watch *w = handle->data;
    w->fire(w->context, number);
}

int wzp_signal_watch_start(struct wzp_signal_watch **out, struct wzp_loop *l, int number,
                           void (*fire)(void *context, int number), void *context)
{
    *out = NULL;
    struct wzp_signal_watch *w = wzp_calloc(1, sizeof *w);
    if (!w)
        return WZP_E_MEMORY;
    w->item.close = signal_item_close;
    w->fire = fire;
    w->context = context;
    if (uv_signal_init(&l->uv, &w->handle) < 0) {
        wzp_free(w);
        return WZP_E_IO;
    }
    w->handle.data = w;
    uv_unref((uv_handle_t *)&w->handle); /* waiting for a signal is no work left to do */
    if (uv_signal_start(&w->handle, signal_fired, number) < 0) {
        wzp_signal_watch_close(w);
        return WZP_E_ARGUMENT;
    }
    *out = w;
    return 0;
}

void wzp_signal_watch_close(struct wzp_signal_watch *w)
{
    if (w && !uv_is_closing((uv_handle_t *)&w->handle))
        uv_close((uv_handle_t *)&w->handle, signal_closed);
}

/* ---- wake-ups ---- */

struct wzp_wake {
    struct wzp_loop_item item;
    uv_async_t handle;
    void (*fire)(void *context);
    void *context;
};

static void wake_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void wake_item_close(struct wzp_loop_item *item)
{
    wzp_wake_close((struct wzp_wake *)item);
}

static void wake_fired(uv_async_t *handle)
{
    struct wzp_wake *w = handle->data;
    w->fire(w->context);
}

int wzp_wake_new(struct wzp_wake **out, struct wzp_loop *l, void (*fire)(void *context),
                 void *context)
{
    *out = NULL;
    struct wzp_wake *w = wzp_calloc(1, sizeof *w);
    if (!w)
        return WZP_E_MEMORY;
    w->item.close = wake_item_close;
    w->fire = fire;
    w->context = context;
    if (uv_async_init(&l->uv, &w->handle, wake_fired) < 0) {
        wzp_free(w);
        return WZP_E_IO;
    }
    w->handle.data = w;
    *out = w;
    return 0;
}

void wzp_wake_ring(struct wzp_wake *w)
{
    uv_async_send(&w->handle);
}

void wzp_wake_close(struct wzp_wake *w)
{
    if (w && !uv_is_closing((uv_handle_t *)&w->handle))
        uv_close((uv_handle_t *)&w->handle, wake_closed);
}

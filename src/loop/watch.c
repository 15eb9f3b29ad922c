/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/watch.h"

#include <fcntl.h>

#include "base/alloc.h"
#include "loop/internal.h"

struct wzp_watch {
    struct wzp_loop_item item;
    uv_poll_t poll;
    int events;
    bool closing;
    void (*ready)(void *context, int events);
    void *context;
};

static void closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void item_close(struct wzp_loop_item *item)
{
    wzp_watch_close((struct wzp_watch *)item);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct wzp_watch *w = poll->data;
    int ready =
        (events & UV_READABLE ? WZP_WATCH_READ : 0) | (events & UV_WRITABLE ? WZP_WATCH_WRITE : 0);
    if (w->closing)
        return;
    /* What is wrong with the file shows when it is used. */
    w->ready(w->context, status < 0 ? w->events : ready);
}

void wzp_watch_set(struct wzp_watch *w, int events)
{
    int wanted =
        (events & WZP_WATCH_READ ? UV_READABLE : 0) | (events & WZP_WATCH_WRITE ? UV_WRITABLE : 0);
    if (w->closing || w->events == events)
        return;
    w->events = events;
    if (wanted)
        (void)uv_poll_start(&w->poll, wanted, on_ready);
    else
        uv_poll_stop(&w->poll);
}

int wzp_watch_start(struct wzp_watch **out, struct wzp_loop *l, int fd, int events,
                    void (*ready)(void *context, int events), void *context)
{
    *out = NULL;
    struct wzp_watch *w = wzp_calloc(1, sizeof *w);
    if (!w)
        return WZP_E_MEMORY;
    w->item.close = item_close;
    w->ready = ready;
    w->context = context;
    int flags = fcntl(fd, F_GETFL); /* libuv makes it non-blocking, for everybody */
    int result = uv_poll_init(&l->uv, &w->poll, fd);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags);
    if (result < 0) {
        wzp_free(w);
        return WZP_E_IO;
    }
    w->poll.data = w;
    wzp_watch_set(w, events);
    *out = w;
    return 0;
}

void wzp_watch_close(struct wzp_watch *w)
{
    if (!w || w->closing)
        return;
    w->closing = true;
    uv_close((uv_handle_t *)&w->poll, closed);
}

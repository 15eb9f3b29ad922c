/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole lines of a terminal, pipe, socket or file, without ever blocking the loop and without
 * changing the file for others who share it (a shell, our own output to the same terminal). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/internal.h"

#define BACKGROUND_MS 200 /* between looks whether we are in the foreground again */

struct wzp_lines {
    struct wzp_loop_item item;
    int fd;
    bool is_file; /* always ready: read a piece each round of the loop */
    bool closing;
    unsigned open_handles;
    uv_timer_t background; /* of a terminal that is not ours for now */
    union {
        uv_poll_t poll;
        uv_idle_t idle;
    } handle;
    void (*line)(void *context, const char *line);
    void *context;
    size_t length; /* of the line being read; WZP_LINES_MAX: the rest of it is thrown away */
    char text[WZP_LINES_MAX + 1];
};

static void lines_closed(uv_handle_t *handle)
{
    struct wzp_lines *r = handle->data;
    if (--r->open_handles == 0)
        wzp_free(r);
}

static void lines_item_close(struct wzp_loop_item *item)
{
    wzp_lines_close((struct wzp_lines *)item);
}

static void give_line(struct wzp_lines *r)
{
    if (r->length > 0 && r->text[r->length - 1] == '\r')
        r->length--;
    r->text[r->length] = '\0';
    r->length = 0;
    r->line(r->context, r->text);
}

static void take_bytes(struct wzp_lines *r, const char *data, size_t length)
{
    for (size_t i = 0; i < length && !r->closing; i++) {
        if (data[i] == '\n')
            give_line(r);
        else if (r->length < WZP_LINES_MAX)
            r->text[r->length++] = data[i];
    }
}

static void stop_watching(struct wzp_lines *r)
{
    if (r->is_file)
        uv_idle_stop(&r->handle.idle);
    else
        uv_poll_stop(&r->handle.poll);
}

static void on_background(uv_timer_t *timer);

static void read_piece(struct wzp_lines *r)
{
    char data[4096];
    ssize_t n = read(r->fd, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0 && errno == EIO && !r->is_file && isatty(r->fd)) {
        /* Sent to the background: what is typed is for the shell, until we are back. */
        uv_poll_stop(&r->handle.poll);
        uv_timer_start(&r->background, on_background, BACKGROUND_MS, 0);
        return;
    }
    if (n > 0) {
        take_bytes(r, data, (size_t)n);
        return;
    }
    stop_watching(r);
    if (r->length > 0) /* a last line without its end */
        give_line(r);
    if (!r->closing)
        r->line(r->context, NULL);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_piece(poll->data);
}

static void on_background(uv_timer_t *timer)
{
    struct wzp_lines *r = timer->data;
    if (tcgetpgrp(r->fd) == getpgrp())
        uv_poll_start(&r->handle.poll, UV_READABLE, on_readable);
    else
        uv_timer_start(&r->background, on_background, BACKGROUND_MS, 0);
}

static void on_idle(uv_idle_t *idle)
{
    read_piece(idle->data);
}

/* libuv makes the file non-blocking, which everybody who shares it would see; readiness is enough
 * for us. */
static int start_poll(struct wzp_lines *r, struct wzp_loop *l)
{
    int flags = fcntl(r->fd, F_GETFL);
    int result = uv_poll_init(&l->uv, &r->handle.poll, r->fd);
    if (flags >= 0)
        (void)fcntl(r->fd, F_SETFL, flags);
    if (result < 0)
        return result;
    r->handle.poll.data = r;
    return uv_poll_start(&r->handle.poll, UV_READABLE, on_readable);
}

int wzp_lines_start(struct wzp_lines **out, struct wzp_loop *l, int fd,
                    void (*line)(void *context, const char *line), void *context)
{
    *out = NULL;
    if (fcntl(fd, F_GETFD) < 0)
        return WZP_E_ARGUMENT;
    struct wzp_lines *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return WZP_E_MEMORY;
    r->item.close = lines_item_close;
    r->fd = fd;
    r->line = line;
    r->context = context;
    if (uv_timer_init(&l->uv, &r->background) < 0) {
        wzp_free(r);
        return WZP_E_IO;
    }
    r->background.data = r;
    uv_unref((uv_handle_t *)&r->background);
    r->open_handles = 1;
    int result = start_poll(r, l);
    if (result == UV_EPERM) { /* files and /dev/null cannot be waited for, and need not */
        r->is_file = true;
        result = uv_idle_init(&l->uv, &r->handle.idle);
        r->handle.idle.data = r;
        if (result == 0)
            result = uv_idle_start(&r->handle.idle, on_idle);
    }
    if (result < 0) {
        r->closing = true;
        uv_close((uv_handle_t *)&r->background, lines_closed);
        return WZP_E_IO;
    }
    r->open_handles++;
    *out = r;
    return 0;
}

void wzp_lines_close(struct wzp_lines *r)
{
    if (!r || r->closing)
        return;
    r->closing = true;
    uv_close((uv_handle_t *)&r->background, lines_closed);
    uv_close(r->is_file ? (uv_handle_t *)&r->handle.idle : (uv_handle_t *)&r->handle.poll,
             lines_closed);
}

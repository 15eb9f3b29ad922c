/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/files.h"
#include "loop/host_internal.h"
#include "loop/internal.h"
#include "loop/space.h"

/* ---- clocks ---- */

static uint64_t now(void *context)
{
    return wzp_loop_now(wzp_loop_of(context));
}

static uint64_t wall_ms(void *context)
{
    (void)context;
    return wzp_wall_ms();
}

static uint64_t processor_time(void *context)
{
    (void)context;
    return wzp_thread_time();
}

/* ---- timers ---- */

struct wzp_host_timer {
    struct wzp_loop_item item;
    struct wzp_alarm alarm;
    bool closing;
    void (*fire)(void *owner, uint64_t now);
    void *owner;
};

static void timer_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void timer_free(void *context, struct wzp_host_timer *t)
{
    (void)context;
    if (!t || t->closing)
        return;
    t->closing = true;
    wzp_alarm_close(&t->alarm, timer_closed);
}

static void timer_item_close(struct wzp_loop_item *item)
{
    timer_free(NULL, (struct wzp_host_timer *)item);
}

static void timer_fired(uv_poll_t *poll, int status, int events)
{
    struct wzp_host_timer *t = poll->data;
    (void)status;
    (void)events;
    if (wzp_alarm_take(&t->alarm) > 0)
        t->fire(t->owner, wzp_loop_clock());
}

static int timer_new(void *context, struct wzp_host_timer **out,
                     void (*fire)(void *owner, uint64_t now), void *owner)
{
    *out = NULL;
    struct wzp_host_timer *t = wzp_calloc(1, sizeof *t);
    if (!t)
        return WZP_E_MEMORY;
    t->item.close = timer_item_close;
    t->fire = fire;
    t->owner = owner;
    int result = wzp_alarm_init(&t->alarm, wzp_loop_of(context), &t->item, timer_fired);
    if (result) {
        wzp_free(t);
        return result;
    }
    *out = t;
    return 0;
}

static void timer_set(void *context, struct wzp_host_timer *t, uint64_t at)
{
    (void)context;
    wzp_alarm_set(&t->alarm, at, 0);
}

/* ---- files ---- */

static const struct wzp_host *files_of(void *context)
{
    return ((struct wzp_loop_place *)context)->files;
}

static int file_path(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                     struct wzp_error *err)
{
    static const char *const names[] = {"config", "data", "state", "runtime", "legacy"};
    const struct wzp_loop_place *place = context;
    if (place->files)
        return place->files->calls->file_path(place->files->context, out, file, err);
    if (!place->folder || file->place == WZP_PLACE_PATH)
        return wzp_path(out, file->place, file->name, err);
    int n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s", place->folder, names[file->place], file->name);
    return n < WZP_PATH_MAX
               ? 0
               : wzp_error_set(err, WZP_E_TOO_BIG, "the path of %s is too long", file->name);
}

static int file_read(void *context, char **out, size_t *length, const struct wzp_host_file *file,
                     struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_read(other->context, out, length, file, err);
    *out = NULL;
    *length = 0;
    int result = file_path(context, path, file, err);
    if (!result)
        result = wzp_file_read(out, length, path, file->limit, file->secret, err);
    if (!result && file->secret)
        wzp_file_clean(path); /* a writer that was killed left the secret behind, too */
    return result;
}

/* Where to write. Folders are made in places of ours, and nowhere else. */
static int path_to_write(void *context, char path[WZP_PATH_MAX], const struct wzp_host_file *file,
                         struct wzp_error *err)
{
    int result = file_path(context, path, file, err);
    return result || file->place == WZP_PLACE_PATH ? result : wzp_file_make_folders(path, err);
}

static int file_update(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                       void *owner, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_update(other->context, file, merge, owner, err);
    int result = path_to_write(context, path, file, err);
    return result ? result : wzp_file_update(path, file->limit, file->secret, merge, owner, err);
}

static int file_create(void *context, const struct wzp_host_file *file, const char *text,
                       size_t length, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_create(other->context, file, text, length, err);
    int result = path_to_write(context, path, file, err);
    return result ? result : wzp_file_create(path, text, length, file->secret, err);
}

static int file_extend(void *context, const struct wzp_host_file *file, bool fresh, uint64_t offset,
                       const void *data, size_t length, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_extend(other->context, file, fresh, offset, data, length, err);
    int result = file_path(context, path, file, err);
    return result ? result : wzp_file_extend(path, fresh, file->secret, offset, data, length, err);
}

static int file_set_aside(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                          struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_set_aside(other->context, out, file, err);
    int result = file_path(context, path, file, err);
    return result ? result : wzp_file_set_aside(out, path, err);
}

/* ---- ports: the sockets of udp.c under the host's name ---- */

static struct wzp_udp *udp_of(const struct wzp_host_port *port)
{
    return (struct wzp_udp *)(uintptr_t)port;
}

static int port_open(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                     const struct wzp_driver *driver, struct wzp_error *err)
{
    struct wzp_udp *udp;
    *out = NULL;
    int back = wzp_space_enter(wzp_space_of(context));
    if (back == -1)
        return wzp_error_set(err, WZP_E_NETWORK, "a network namespace: %s", strerror(errno));
    int result = wzp_udp_open(&udp, wzp_loop_of(context), bind, err);
    wzp_space_leave(back);
    if (result)
        return result;
    wzp_udp_attach(udp, driver);
    *out = (struct wzp_host_port *)udp;
    return 0;
}

static void port_kick(void *context, struct wzp_host_port *port)
{
    (void)context;
    wzp_udp_kick(udp_of(port));
}

static struct wzp_addr port_local(void *context, const struct wzp_host_port *port, int family)
{
    (void)context;
    return wzp_udp_local(udp_of(port), family);
}

static void port_on_unreachable(void *context, struct wzp_host_port *port,
                                void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                    int code, uint64_t now),
                                void *owner)
{
    (void)context;
    wzp_udp_on_unreachable(udp_of(port), unreachable, owner);
}

static int port_more(void *context, struct wzp_host_port *port, struct wzp_addr *out)
{
    int back = wzp_space_enter(wzp_space_of(context));
    if (back == -1)
        return WZP_E_NETWORK;
    int result = wzp_udp_more(udp_of(port), out);
    wzp_space_leave(back);
    return result;
}

static void port_less(void *context, struct wzp_host_port *port, const struct wzp_addr *local)
{
    (void)context;
    wzp_udp_less(udp_of(port), local);
}

static void port_stats(void *context, const struct wzp_host_port *port, struct wzp_port_stats *out)
{
    struct wzp_udp_stats stats;
    (void)context;
    wzp_udp_stats(udp_of(port), &stats);
    *out = (struct wzp_port_stats){.packets_in = stats.packets_in,
                                   .packets_out = stats.packets_out,
                                   .send_errors = stats.send_errors,
                                   .truncated = stats.truncated};
}

static void port_close(void *context, struct wzp_host_port *port)
{
    (void)context;
    wzp_udp_close(udp_of(port));
}

/* ---- work ---- */

struct work {
    struct wzp_loop_request request;
    uv_work_t work;
    struct wzp_loop *loop;
    void (*run)(void *owner);
    void (*done)(void *owner);
    void *owner;
};

static void run_work(uv_work_t *work)
{
    struct work *w = work->data;
    w->run(w->owner);
}

/* Also when it was cancelled because the loop ends: the owner is told, and can free itself. */
static void work_done(uv_work_t *work, int status)
{
    struct work *w = work->data;
    (void)status;
    wzp_loop_request_remove(w->loop, &w->request);
    w->done(w->owner);
    wzp_free(w);
}

int wzp_loop_work(void *context, void (*run)(void *owner), void (*done)(void *owner), void *owner)
{
    struct wzp_loop *l = wzp_loop_of(context);
    struct work *w = wzp_calloc(1, sizeof *w);
    if (!w)
        return WZP_E_MEMORY;
    w->loop = l;
    w->run = run;
    w->done = done;
    w->owner = owner;
    w->work.data = w;
    if (uv_queue_work(&l->uv, &w->work, run_work, work_done) < 0) {
        wzp_free(w);
        return WZP_E_IO;
    }
    wzp_loop_request_add(l, &w->request, (uv_req_t *)&w->work);
    return 0;
}

/* ---- files, on another thread ---- */

struct update {
    char path[WZP_PATH_MAX];
    struct wzp_host_file file;
    wzp_host_merge merge;
    void (*done)(void *owner, const struct wzp_error *err);
    void *owner;
    struct wzp_error err; /* code 0: it is written */
};

static void run_update(void *context)
{
    struct update *u = context;
    u->err = (struct wzp_error){0};
    u->err.code =
        wzp_file_update(u->path, u->file.limit, u->file.secret, u->merge, u->owner, &u->err);
}

static void end_update(void *context)
{
    struct update *u = context;
    u->done(u->owner, u->err.code ? &u->err : NULL);
    wzp_free(u);
}

static int file_update_later(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                             void (*done)(void *owner, const struct wzp_error *err), void *owner,
                             struct wzp_error *err)
{
    const struct wzp_host *other = files_of(context);
    if (other)
        return other->calls->file_update_later(other->context, file, merge, done, owner, err);
    struct update *u = wzp_calloc(1, sizeof *u);
    if (!u)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    *u = (struct update){.file = *file, .merge = merge, .done = done, .owner = owner};
    int result = path_to_write(context, u->path, file, err);
    if (!result) {
        /* Stays when the loop ends before its turn comes. */
        wzp_error_set(&u->err, WZP_E_STATE, "%s is not written: the program ends", u->path);
        result = wzp_loop_work(context, run_update, end_update, u);
        if (result)
            wzp_error_set(err, result, "cannot write %s: %s", u->path, wzp_strerror(result));
    }
    if (result)
        wzp_free(u);
    return result;
}

void wzp_loop_host(struct wzp_host *out, struct wzp_loop *l, const struct wzp_log *log)
{
    static struct wzp_loop_place nowhere;
    wzp_loop_host_at(out, l ? &l->place : &nowhere, l, NULL, log);
}

void wzp_loop_host_at(struct wzp_host *out, struct wzp_loop_place *place, struct wzp_loop *l,
                      const char *folder, const struct wzp_log *log)
{
    static const struct wzp_host_calls calls = {.size = sizeof calls,
                                                .now = now,
                                                .wall_ms = wall_ms,
                                                .timer_new = timer_new,
                                                .timer_set = timer_set,
                                                .timer_free = timer_free,
                                                .resolve = wzp_loop_resolve,
                                                .resolve_cancel = wzp_loop_resolve_cancel,
                                                .networks = wzp_loop_networks,
                                                .networks_watch = wzp_loop_networks_watch,
                                                .networks_unwatch = wzp_loop_networks_unwatch,
                                                .file_path = file_path,
                                                .file_read = file_read,
                                                .file_update = file_update,
                                                .file_create = file_create,
                                                .file_extend = file_extend,
                                                .file_set_aside = file_set_aside,
                                                .port_open = port_open,
                                                .port_kick = port_kick,
                                                .port_local = port_local,
                                                .port_on_unreachable = port_on_unreachable,
                                                .port_more = port_more,
                                                .port_less = port_less,
                                                .port_stats = port_stats,
                                                .port_close = port_close,
                                                .audio_open = wzp_loop_audio_open,
                                                .audio_stats = wzp_loop_audio_stats,
                                                .audio_close = wzp_loop_audio_close,
                                                .audio_list = wzp_loop_audio_list,
                                                .work = wzp_loop_work,
                                                .inquire = wzp_loop_inquire,
                                                .processor_time = processor_time,
                                                .file_update_later = file_update_later};
    *place = (struct wzp_loop_place){.loop = l, .folder = folder};
    *out = (struct wzp_host){.context = place, .calls = &calls, .random = wzp_system_random()};
    if (log)
        out->log = *log;
}

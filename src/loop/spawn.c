/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/spawn.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/internal.h"

struct wzp_spawn {
    struct wzp_loop_item item;
    uv_process_t process;
    uv_timer_t timer;
    unsigned open; /* handles */
    bool ended;
    void (*done)(void *context, int status);
    void *context;
};

static void closed(uv_handle_t *handle)
{
    struct wzp_spawn *s = handle->data;
    if (--s->open == 0)
        wzp_free(s);
}

static void let_go(struct wzp_spawn *s)
{
    if (!uv_is_closing((uv_handle_t *)&s->timer))
        uv_close((uv_handle_t *)&s->timer, closed);
    if (!uv_is_closing((uv_handle_t *)&s->process))
        uv_close((uv_handle_t *)&s->process, closed);
}

/* The loop ends: whoever still runs goes on without us. */
static void item_close(struct wzp_loop_item *item)
{
    let_go((struct wzp_spawn *)item);
}

static void on_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct wzp_spawn *s = process->data;
    s->ended = true;
    if (s->done)
        s->done(s->context, signal_number ? -1 : (int)status);
    let_go(s);
}

static void on_time(uv_timer_t *timer)
{
    struct wzp_spawn *s = timer->data;
    if (!s->ended)
        (void)kill(-s->process.pid, SIGKILL); /* the group of its session */
}

extern char **environ;

static bool is_replaced(const char *entry, const char *const *variables)
{
    size_t name = strcspn(entry, "=") + 1;
    for (; *variables; variables++)
        if (strncmp(entry, *variables, name) == 0)
            return true;
    return false;
}

/* Ours, with the variables in place of those of the same name: a list of the caller's, whose texts
 * are not copied. */
static char **environment_with(const char *const *variables)
{
    size_t ours = 0, more = 0, count = 0;
    while (environ[ours])
        ours++;
    while (variables[more])
        more++;
    char **list = wzp_calloc(ours + more + 1, sizeof *list);
    if (!list)
        return NULL;
    for (size_t i = 0; i < ours; i++)
        if (!is_replaced(environ[i], variables))
            list[count++] = environ[i];
    memcpy(list + count, variables, more * sizeof *list);
    return list;
}

static int run(struct wzp_spawn *s, struct wzp_loop *l, const char *const *argv, char **environment)
{
    uv_stdio_container_t files[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    const uv_process_options_t options = {.file = argv[0],
                                          .args = (char **)(uintptr_t)argv,
                                          .env = environment,
                                          .exit_cb = on_exit,
                                          .flags = UV_PROCESS_DETACHED,
                                          .stdio = files,
                                          .stdio_count = 3};
    return uv_spawn(&l->uv, &s->process, &options);
}

static int say_why(int code, const char *program, struct wzp_error *err)
{
    int result = code == UV_ENOENT ? WZP_E_NOT_FOUND : code == UV_ENOMEM ? WZP_E_MEMORY : WZP_E_IO;
    return wzp_error_set(err, result, "cannot run %.120s: %s", program, uv_strerror(code));
}

int wzp_spawn_start(struct wzp_spawn **out, struct wzp_loop *l, const char *const *argv,
                    const char *const *variables, uint64_t most,
                    void (*done)(void *context, int status), void *context, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_spawn *s = wzp_calloc(1, sizeof *s);
    char **environment = environment_with(variables);
    if (!s || !environment) {
        wzp_free(s);
        wzp_free(environment);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    s->item.close = item_close;
    s->done = done;
    s->context = context;
    s->open = 2;
    s->process.data = s->timer.data = s;
    uv_timer_init(&l->uv, &s->timer);
    int code = run(s, l, argv, environment);
    wzp_free(environment);
    if (code < 0) { /* the handle wants to be closed all the same */
        s->ended = true;
        let_go(s);
        return say_why(code, argv[0], err);
    }
    uv_timer_start(&s->timer, on_time, most / WZP_MILLISECOND, 0);
    uv_unref((uv_handle_t *)&s->timer);
    uv_unref((uv_handle_t *)&s->process);
    *out = s;
    return 0;
}

void wzp_spawn_close(struct wzp_spawn *s)
{
    if (s)
        s->done = NULL;
}

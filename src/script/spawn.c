/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.spawn: another program by its arguments, without a shell, on a thread of the host; what it
 * writes comes back, and it does not outlive its time. Virtual time stands still meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "script/internal.h"
#include "script/spawn.h"

#define ARGUMENTS_MAX 64
#define OUTPUT_MAX (256u * 1024)
#define SECONDS_USUAL 30.0
#define LOOK_MS 20

extern char **environ;

struct wzp_lua_spawn {
    struct wzp_lua_spawn *next;
    struct wzp_script *script; /* NULL: nobody wants to know any more */
    struct wzp_source source;
    char *arguments[ARGUMENTS_MAX + 1];
    char *input;
    size_t input_length, input_at;
    double seconds;
    atomic_bool unwanted;
    bool done;
    /* what came of it */
    int result; /* 0, or why it could not be begun */
    int status; /* exit status, -1: by a signal */
    bool timed_out;
    size_t output_length;
    char output[OUTPUT_MAX];
};

static void release(struct wzp_lua_spawn *p)
{
    for (size_t i = 0; i < ARGUMENTS_MAX && p->arguments[i]; i++)
        wzp_free(p->arguments[i]);
    wzp_free(p->input);
    wzp_free(p);
}

/* ---- on the other thread ---- */

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int start(struct wzp_lua_spawn *p, pid_t *child, int in[2], int out[2])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    int result = posix_spawnp(child, p->arguments[0], &actions, &attributes, p->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

/* False when it has closed its output. */
static bool read_some(struct wzp_lua_spawn *p, int fd)
{
    char block[4096];
    ssize_t got = read(fd, block, sizeof block);
    if (got <= 0)
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    size_t room = OUTPUT_MAX - p->output_length;
    size_t kept = (size_t)got < room ? (size_t)got : room;
    memcpy(p->output + p->output_length, block, kept);
    p->output_length += kept;
    return true;
}

/* False when there is no more to write. */
static bool write_some(struct wzp_lua_spawn *p, int fd)
{
    ssize_t put = write(fd, p->input + p->input_at, p->input_length - p->input_at);
    if (put < 0)
        return errno == EINTR || errno == EAGAIN;
    p->input_at += (size_t)put;
    return p->input_at < p->input_length;
}

/* Until it closes its output, its time is over, or nobody wants to know. */
static void converse(struct wzp_lua_spawn *p, int *in, int out)
{
    double until = seconds_now() + p->seconds;
    for (;;) {
        struct pollfd fds[2] = {{out, POLLIN, 0}, {*in, POLLOUT, 0}};
        int count = poll(fds, *in >= 0 ? 2 : 1, LOOK_MS);
        if (count > 0 && fds[0].revents && !read_some(p, out))
            return;
        if (count > 0 && *in >= 0 && fds[1].revents && !write_some(p, *in)) {
            close(*in);
            *in = -1;
        }
        p->timed_out = seconds_now() >= until;
        if (p->timed_out || atomic_load(&p->unwanted))
            return;
    }
}

/* Its whole group ends; a child that closed its output has the rest of its time. */
static void reap(struct wzp_lua_spawn *p, pid_t child, double until)
{
    int status = 0;
    for (;;) {
        pid_t got = waitpid(child, &status, WNOHANG);
        if (got == child || (got < 0 && errno != EINTR))
            break;
        if (seconds_now() >= until || p->timed_out || atomic_load(&p->unwanted)) {
            p->timed_out = p->timed_out || seconds_now() >= until;
            kill(-child, SIGKILL);
            kill(child, SIGKILL);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
            break;
        }
        poll(NULL, 0, 2);
    }
    p->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run(void *owner)
{
    struct wzp_lua_spawn *p = owner;
    int in[2], out[2];
    pid_t child;
    double until = seconds_now() + p->seconds;
    if (pipe2(in, O_CLOEXEC)) {
        p->result = errno;
        return;
    }
    if (pipe2(out, O_CLOEXEC)) {
        p->result = errno;
        close(in[0]);
        close(in[1]);
        return;
    }
    p->result = start(p, &child, in, out);
    close(in[0]);
    close(out[1]);
    if (!p->result) {
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        if (p->input_length == 0) {
            close(in[1]);
            in[1] = -1;
        }
        converse(p, &in[1], out[0]);
    }
    if (in[1] >= 0)
        close(in[1]);
    close(out[0]);
    if (!p->result)
        reap(p, child, until);
}

/* ---- here ---- */

static void leave_list(struct wzp_lua_spawn *p)
{
    wzp_source_close(&p->source);
    struct wzp_lua_spawn **at = &p->script->spawns;
    while (*at && *at != p)
        at = &(*at)->next;
    if (*at)
        *at = p->next;
}

static void on_done(void *owner)
{
    struct wzp_lua_spawn *p = owner;
    p->done = true;
    if (p->script && p->source.first) {
        wzp_source_signal(&p->source);
        return;
    }
    if (p->script) /* who waited was cancelled */
        leave_list(p);
    release(p);
}

/* Those that run are ended soon by their thread, and released then. */
void wzp_spawn_free(struct wzp_script *s)
{
    while (s->spawns) {
        struct wzp_lua_spawn *p = s->spawns;
        s->spawns = p->next;
        wzp_source_close(&p->source);
        atomic_store(&p->unwanted, true);
        p->script = NULL;
        if (p->done)
            release(p);
    }
}

static int push_outcome(lua_State *L, struct wzp_lua_spawn *p)
{
    lua_createtable(L, 0, 3);
    if (p->result) {
        char words[128];
        snprintf(words, sizeof words, "%.60s: %s", p->arguments[0],
                 strerrorname_np(p->result) ? strerrordesc_np(p->result) : "cannot be run");
        leave_list(p);
        release(p);
        return wzp_lua_fail(L, words);
    }
    bool late = p->timed_out;
    lua_pushinteger(L, p->status);
    lua_setfield(L, -2, "status");
    lua_pushlstring(L, p->output, p->output_length);
    lua_setfield(L, -2, "output");
    leave_list(p);
    release(p);
    return late ? wzp_lua_fail(L, "timeout") : 1;
}

static int has_ended(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_lua_spawn *p = task->wait.object, *at = task->script->spawns;
    (void)timed_out;
    while (at && at != p)
        at = at->next;
    if (!at)
        return wzp_lua_fail(L, "stopped");
    return p->done ? push_outcome(L, p) : 0;
}

static void take_arguments(lua_State *L, struct wzp_lua_spawn *p)
{
    lua_Integer count = luaL_len(L, 1);
    if (count < 1 || count > ARGUMENTS_MAX)
        luaL_error(L, "wzp.spawn: 1 to %d arguments", ARGUMENTS_MAX);
    for (lua_Integer i = 1; i <= count; i++) {
        size_t length;
        lua_geti(L, 1, i);
        const char *text = lua_tolstring(L, -1, &length);
        if (!text || strlen(text) != length)
            luaL_error(L, "wzp.spawn: arguments are texts without zero bytes");
        p->arguments[i - 1] = wzp_lua_need(L, wzp_strdup(text));
        lua_pop(L, 1);
    }
    lua_getfield(L, 2, "input");
    const char *input = lua_tolstring(L, -1, &p->input_length);
    if (input) {
        p->input = wzp_lua_need(L, wzp_alloc(p->input_length + 1));
        memcpy(p->input, input, p->input_length);
    }
    lua_pop(L, 1);
}

int wzp_spawn_run(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_lua_options_at(L, 2);
    struct wzp_script_wait *wait = wzp_wait_begin(L, has_ended, -1);
    struct wzp_lua_spawn *p = wzp_lua_need(L, wzp_calloc(1, sizeof *p));
    p->script = s;
    p->done = true; /* not begun yet */
    p->next = s->spawns;
    s->spawns = p;
    p->seconds = wzp_lua_option_number(L, 2, "timeout", SECONDS_USUAL);
    take_arguments(L, p);
    wait->object = p;
    if (s->in_virtual_time) {
        run(p);
    } else {
        p->done = false;
        int result = s->host.calls->work(s->host.context, run, on_done, p);
        if (result) {
            p->done = true;
            return wzp_lua_fail(L, wzp_strerror(result));
        }
        wzp_wait_listen(L, &p->source);
    }
    return wzp_wait(L);
}

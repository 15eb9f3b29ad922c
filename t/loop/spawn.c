/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs beside the loop: how they end is told, they get their variables and nothing of ours, and
 * none lives for ever. */
#include "loop/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "tap.h"

static struct wzp_loop *loop;
static int ended;

static void on_done(void *context, int status)
{
    (void)context;
    ended = status;
    wzp_loop_stop(loop);
}

static void on_late(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

/* Status, -1 killed, -2 nothing within ten seconds, -3 not begun. */
static int run(const char *const *argv, const char *const *variables, uint64_t most,
               struct wzp_error *err)
{
    struct wzp_spawn *spawn;
    struct wzp_timer *late;
    ended = -2;
    if (wzp_spawn_start(&spawn, loop, argv, variables, most, on_done, NULL, err))
        return -3;
    if (wzp_timer_start(&late, loop, 10 * WZP_SECOND, 0, on_late, NULL))
        bail("no timer");
    wzp_loop_run(loop);
    wzp_timer_close(late);
    return ended;
}

static int shell(const char *script, uint64_t most)
{
    static const char *const variables[] = {"WZP_NAME=Ann; \"B\" $HOME", "HOME=/there", NULL};
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct wzp_error err = {0};
    return run(argv, variables, most, &err);
}

TAP_MAIN
{
    static const char *const nobody[] = {"no-such-program-of-wzp", NULL};
    static const char *const none[] = {NULL};
    struct wzp_error err = {0};
    for (int fd = 3; fd <= 9; fd++) /* what who runs the tests left open is not ours */
        close(fd);
    if (wzp_loop_new(&loop, &err))
        bail("no loop: %s", err.text);
    is_int(shell("exit 7", 9 * WZP_SECOND), 7, "how it ends is told");
    is_int(shell("[ \"$WZP_NAME\" = 'Ann; \"B\" $HOME' ]", 9 * WZP_SECOND), 0,
           "variables come as they are: no shell of ours read them");
    is_int(shell("[ \"$HOME\" = /there ]", 9 * WZP_SECOND), 0, "in place of those of that name");
    is_int(shell("[ -n \"$PATH\" ]", 9 * WZP_SECOND), 0, "and the others stay");
    is_int(shell("read line", 9 * WZP_SECOND), 1, "there is nothing to be read");
    is_int(shell("for fd in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || exit 1; done",
                 9 * WZP_SECOND),
           0, "no file of ours is open there");
    is_int(shell("kill -9 $$", 9 * WZP_SECOND), -1, "a signal is no status");
    uint64_t begun = wzp_loop_now(loop);
    is_int(shell("sleep 60 & sleep 60", 200 * WZP_MILLISECOND), -1, "what lasts too long is ended");
    ok(wzp_time_since(wzp_loop_now(loop), begun) < 8 * WZP_SECOND, "in time, with its children");
    is_int(run(nobody, none, WZP_SECOND, &err), -3, "what is not there is not begun");
    ok(strstr(err.text, "no-such-program-of-wzp") || tap_oom_mode(), "and told: %s", err.text);
    struct wzp_spawn *spawn;
    const char *const argv[] = {"sleep", "0.05", NULL};
    ended = -2;
    if (wzp_spawn_start(&spawn, loop, argv, none, WZP_SECOND, on_done, NULL, &err))
        bail("no sleep: %s", err.text);
    wzp_spawn_close(spawn);
    struct wzp_timer *late;
    if (wzp_timer_start(&late, loop, 300 * WZP_MILLISECOND, 0, on_late, NULL))
        bail("no timer");
    wzp_loop_run(loop);
    wzp_timer_close(late);
    is_int(ended, -2, "who was closed is not told any more");
    wzp_loop_free(loop);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files that are written beside the loop (file_update_later): however long a disk takes, or another
 * program keeps the folder locked, the loop goes on. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "loop/files.h"
#include "loop/host.h"
#include "loop/loop.h"
#include "tap.h"

#define TICKS 20 /* of the loop while the folder is locked */

struct writing {
    const char *text;
    pthread_t thread; /* where merge was called */
    bool merged, done;
    int result;
};

static struct wzp_loop *loop;
static struct wzp_host host;
static struct wzp_loop_place place;
static char folder[600];
static int lock = -1;
static unsigned ticks;

static int merge(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                 struct wzp_error *err)
{
    struct writing *w = owner;
    (void)err;
    w->thread = pthread_self();
    w->merged = true;
    *out_length = old_length + strlen(w->text);
    *out = wzp_alloc(*out_length + 1);
    if (!*out)
        return WZP_E_MEMORY;
    snprintf(*out, *out_length + 1, "%s%s", old, w->text);
    return 0;
}

static void on_written(void *owner, const struct wzp_error *err)
{
    struct writing *w = owner;
    w->done = true;
    w->result = err ? err->code : 0;
    if (loop)
        wzp_loop_stop(loop);
}

static int begin(struct writing *w, const char *name, struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_STATE, name, 1000, false};
    return host.calls->file_update_later(host.context, &file, merge, on_written, w, err);
}

static void tick(void *context)
{
    (void)context;
    if (++ticks == TICKS && lock >= 0) {
        close(lock);
        lock = -1;
    }
}

static void keep_locked(void)
{
    char path[700];
    snprintf(path, sizeof path, "%s/state/.lock", folder);
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX))
        bail("no lock");
}

static void test_slow(void)
{
    struct writing first = {.text = "one\n"}, second = {.text = "two\n"};
    struct wzp_timer *timer;
    struct wzp_error err = {0};
    char *text = NULL, path[700];
    size_t length = 0;
    is_int(begin(&first, "calls", &err), 0, "a file is to be written: %s", err.text);
    ok(!first.done, "not at once");
    wzp_loop_run(loop);
    ok(first.done && first.result == 0, "it is");
    ok(!pthread_equal(first.thread, pthread_self()), "by another thread");
    keep_locked();
    is_int(wzp_timer_start(&timer, loop, 0, WZP_MILLISECOND, tick, NULL), 0, "the loop has work");
    is_int(begin(&second, "calls", &err), 0, "another program keeps the folder locked");
    wzp_loop_run(loop);
    ok(ticks >= TICKS, "the loop goes on meanwhile");
    ok(second.done && second.result == 0, "and tells when it is written");
    wzp_timer_close(timer);
    snprintf(path, sizeof path, "%s/state/calls", folder);
    wzp_file_read(&text, &length, path, 1000, false, NULL);
    is_str(text, "one\ntwo\n", "nothing is lost");
    wzp_free(text);
}

static void test_refused(void)
{
    static char name[WZP_PATH_MAX];
    struct writing w = {.text = "x"};
    struct wzp_error err = {0};
    char path[700];
    snprintf(path, sizeof path, "%s/state/folder/x", folder);
    wzp_file_make_folders(path, NULL);
    is_int(begin(&w, "folder", &err), 0, "what cannot be written is known later");
    wzp_loop_run(loop);
    ok(w.done && w.result == WZP_E_IO, "and told");
    w = (struct writing){.text = "x"};
    memset(name, 'x', sizeof name - 1);
    is_int(begin(&w, name, &err), WZP_E_TOO_BIG, "a path that is none is refused at once");
    ok(!w.done && !w.merged, "and then nothing comes later");
}

/* Four threads write at once; what waits behind them when the loop ends is not begun. */
static void test_end(void)
{
    static struct writing w[16];
    unsigned told = 0, merged = 0, failed = 0;
    keep_locked();
    for (size_t i = 0; i < 16; i++) {
        w[i] = (struct writing){.text = "end\n"};
        if (begin(&w[i], "end", NULL))
            bail("not begun");
    }
    close(lock);
    lock = -1;
    struct wzp_loop *ending = loop;
    loop = NULL;
    wzp_loop_free(ending);
    for (size_t i = 0; i < 16; i++) {
        told += w[i].done;
        merged += w[i].merged;
        failed += w[i].result != 0;
    }
    is_int(told, 16, "all are told when the loop ends");
    is_int(merged + failed, 16, "and what was not written is no success");
}

TAP_MAIN
{
    if (wzp_loop_new(&loop, NULL))
        bail("no loop");
    snprintf(folder, sizeof folder, "%s/home", tap_temporary_folder());
    wzp_loop_host_at(&host, &place, loop, folder, NULL);
    test_slow();
    test_refused();
    test_end();
}

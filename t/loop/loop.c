/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Timers, signals, wake-ups, lines, names. */
#include "loop/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "loop/host_internal.h"
#include "tap.h"

static struct wzp_loop *loop;

static void new_loop(void)
{
    struct wzp_error err = {0, ""};
    if (wzp_loop_new(&loop, &err) < 0)
        bail("no loop: %s", err.text);
}

/* When memory is made to lack, the rest of a test has nothing to stand on. */
static bool need(int result, const char *what)
{
    if (result < 0 && !tap_oom_mode())
        ok(false, "%s: %s", what, wzp_strerror(result));
    return result >= 0;
}

/* ---- timers ---- */

struct count {
    unsigned fired, limit;
    uint64_t first, last;
    struct wzp_timer *timer;
};

static void on_timer(void *context)
{
    struct count *c = context;
    c->last = wzp_loop_now(loop);
    if (c->fired == 0)
        c->first = c->last;
    if (++c->fired == c->limit)
        wzp_timer_close(c->timer);
}

static void test_timers(void)
{
    struct count once = {0, 1, 0, 0, NULL}, many = {0, 5, 0, 0, NULL};
    new_loop();
    uint64_t start = wzp_loop_now(loop);
    if (need(wzp_timer_start(&once.timer, loop, 3 * WZP_MILLISECOND, 0, on_timer, &once),
             "timer") &&
        need(wzp_timer_start(&many.timer, loop, 0, 1500 * WZP_MICROSECOND, on_timer, &many),
             "timer")) {
        wzp_loop_run(loop);
        is_int(once.fired, 1, "a timer fires once");
        ok(once.first - start >= 3 * WZP_MILLISECOND, "not before its time");
        is_int(many.fired, 5, "a repeating one until it is closed");
        ok(many.last - many.first >= 5 * WZP_MILLISECOND, "at its distance");
    }
    wzp_loop_free(loop);

    new_loop();
    struct wzp_timer *left = NULL;
    need(wzp_timer_start(&left, loop, 3600 * WZP_SECOND, 0, on_timer, &once), "timer");
    wzp_loop_free(loop);
    ok(true, "what was left open is freed with the loop");
}

/* ---- signals and threads ---- */

static int heard;
static void on_signal(void *context, int number)
{
    heard = number;
    wzp_signal_watch_close(*(struct wzp_signal_watch **)context);
    wzp_loop_stop(loop);
}

static unsigned rung;
static void on_ring(void *context)
{
    rung++;
    wzp_wake_close(*(struct wzp_wake **)context);
}

static void *ring_from_thread(void *context)
{
    wzp_wake_ring(context);
    return NULL;
}

static void test_signal_and_wake(void)
{
    struct wzp_signal_watch *watch = NULL;
    struct wzp_wake *wake = NULL;
    pthread_t thread;
    new_loop();
    if (need(wzp_signal_watch_start(&watch, loop, SIGUSR1, on_signal, &watch), "signal")) {
        wzp_loop_run(loop);
        ok(heard == 0, "waiting for a signal alone does not keep the loop running");
        if (need(wzp_wake_new(&wake, loop, on_ring, &wake), "wake")) {
            raise(SIGUSR1);
            wzp_loop_run(loop);
            is_int(heard, SIGUSR1, "a signal is heard");
            if (pthread_create(&thread, NULL, ring_from_thread, wake) == 0) {
                wzp_loop_run(loop);
                pthread_join(thread, NULL);
            }
            is_int(rung, 1, "another thread wakes the loop");
        }
    }
    wzp_loop_free(loop);
    ok(signal(SIGPIPE, SIG_DFL) == SIG_IGN, "a broken pipe does not end the process");
}

/* ---- lines ---- */

struct text {
    char all[4096];
    size_t longest;
    unsigned lines, ends;
    struct wzp_lines *lines_reader;
    bool close_at_end;
};

static void on_line(void *context, const char *line)
{
    struct text *t = context;
    if (!line) {
        t->ends++;
        wzp_lines_close(t->lines_reader);
        return;
    }
    t->lines++;
    size_t length = strlen(line), used = strlen(t->all);
    if (length > t->longest)
        t->longest = length;
    if (length < 100 && used + length + 2 < sizeof t->all)
        snprintf(t->all + used, sizeof t->all - used, "%s|", line);
}

static void read_lines(int fd, struct text *t)
{
    memset(t, 0, sizeof *t);
    new_loop();
    if (need(wzp_lines_start(&t->lines_reader, loop, fd, on_line, t), "lines"))
        wzp_loop_run(loop);
    wzp_loop_free(loop);
}

static void test_lines(void)
{
    static char big[5000];
    struct text t;
    int ends[2];
    if (pipe(ends) < 0)
        bail("no pipe");
    memset(big, 'a', sizeof big);
    big[3000] = '\n';
    ok(write(ends[1], "one\r\ntwo\n\n", 10) == 10 && write(ends[1], big, 3001) == 3001 &&
           write(ends[1], "last", 4) == 4,
       "written");
    close(ends[1]);
    int before = fcntl(ends[0], F_GETFL);
    read_lines(ends[0], &t);
    is_int(fcntl(ends[0], F_GETFL), before, "the file's flags stay as they were");
    close(ends[0]);
    is_str(t.all, tap_oom_mode() ? t.all : "one|two||last|", "lines of a pipe");
    is_int(t.longest, 1024, "a longer line is cut");
    is_int(t.ends, 1, "one end");

    char path[512];
    snprintf(path, sizeof path, "%s/lines", tap_temporary_folder());
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ok(fd >= 0 && write(fd, "x\ny\n", 4) == 4 && lseek(fd, 0, SEEK_SET) == 0, "a file");
    read_lines(fd, &t);
    is_str(t.all, tap_oom_mode() ? t.all : "x|y|", "lines of a file");
    close(fd);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    read_lines(fd, &t);
    is_int(t.ends, 1, "/dev/null ends at once");
    close(fd);
    new_loop();
    is_int(wzp_lines_start(&t.lines_reader, loop, 999, on_line, &t), WZP_E_ARGUMENT,
           "no such file");
    wzp_loop_free(loop);
}

/* ---- names ---- */

struct answer {
    unsigned answers;
    size_t count;
    struct wzp_addr first;
    struct wzp_error err;
};

static void on_address(void *context, const struct wzp_addr *addrs, size_t count,
                       const struct wzp_error *err)
{
    struct answer *a = context;
    a->answers++;
    a->count = count;
    if (count > 0)
        a->first = addrs[0];
    if (err != NULL)
        a->err = *err;
}

static int ask(const char *name, uint16_t default_port, struct answer *a, struct wzp_error *err)
{
    struct wzp_loop_place place = {.loop = loop};
    struct wzp_host_request *request;
    return wzp_loop_resolve(&place, &request, name, default_port, on_address, a, err);
}

static void resolve(struct answer *a, const char *name, int *result)
{
    memset(a, 0, sizeof *a);
    new_loop();
    *result = ask(name, 4433, a, &a->err);
    is_int(a->answers, 0, "%s: no answer before the loop runs", name);
    wzp_loop_run(loop);
    wzp_loop_free(loop);
}

static void test_resolve(void)
{
    static const struct {
        const char *name, *want;
    } literals[] = {{"127.0.0.1", "127.0.0.1:4433"},
                    {"127.0.0.1:99", "127.0.0.1:99"},
                    {"::1", "[::1]:4433"},
                    {"[::1]:7", "[::1]:7"},
                    {"[fe80::1%lo]:8", "[fe80::1]:8"},
                    {"[fe80::1%1]:9", "[fe80::1]:9"},
                    {"[::ffff:1.2.3.4]", "1.2.3.4:4433"}};
    char text[WZP_ADDR_TEXT_MAX];
    struct answer a;
    int result;
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        resolve(&a, literals[i].name, &result);
        if (result == WZP_E_MEMORY && tap_oom_mode())
            continue;
        is_int(a.answers, 1, "answered once");
        is_str(wzp_addr_format(text, &a.first), literals[i].want, "as %s", literals[i].want);
    }
    resolve(&a, "localhost:5", &result);
    if (!(result == WZP_E_MEMORY && tap_oom_mode())) {
        ok(a.answers == 1 && a.count >= 1 && wzp_addr_is_loopback(&a.first) &&
               wzp_addr_port(&a.first) == 5,
           "localhost has a loopback address");
    }
    resolve(&a, "no-such-host.invalid", &result);
    if (result == 0) {
        is_int(a.answers, 1, "an unknown name is answered");
        ok(a.count == 0 && a.err.code == WZP_E_NOT_FOUND, "with an error: %s", a.err.text);
    }
    static const char *const bad[] = {"",
                                      "a b",
                                      "host:0",
                                      "host:65536",
                                      "host:x",
                                      "[::1",
                                      "a/b",
                                      "[fe80::1%nosuchnet]:5",
                                      "[fe80::1%99999999]:5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        resolve(&a, bad[i], &result);
        ok(result < 0 && a.answers == 0 && a.err.text[0] != '\0', "\"%s\" is refused at once",
           bad[i]);
    }
    memset(&a, 0, sizeof a);
    new_loop();
    (void)ask("1.2.3.4", 1, &a, NULL);
    (void)ask("localhost", 1, &a, NULL);
    wzp_loop_free(loop);
    is_int(a.answers, 0, "nobody is called when the loop ends first");
}

static void test_clocks(void)
{
    struct wzp_random random = wzp_system_random();
    uint8_t a[32] = {0}, b[32] = {0};
    wzp_random_bytes(&random, a, sizeof a);
    wzp_random_bytes(&random, b, sizeof b);
    ok(memcmp(a, b, sizeof a) != 0, "random bytes differ");
    ok(wzp_wall_ms() > UINT64_C(1700000000000), "the wall clock is in this century");
}

TAP_MAIN
{
    test_timers();
    test_signal_and_wake();
    test_lines();
    test_resolve();
    test_clocks();
}

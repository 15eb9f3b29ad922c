/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The connection to a directory against a server that wants to harm: counts of things that nobody
 * could hold, and letters without end. */
#include "loop/redis.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/time.h"
#include "loop/lib_service.h"
#include "tap.h"

#define SHA "0123456789012345678901234567890123456789"
#define FLOOD (4 * 1024 * 1024) /* bytes of letters, then the connection ends */

/* What the server says when it is asked for something, or when it has been asked to listen. */
struct evil {
    const char *answer; /* NULL: nothing, and then letters come */
    int told[2];        /* a pipe: the one connection to the other */
};

/* ---- the server, in a child process ---- */

static void say(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

static void flood(int fd)
{
    static const char letter[] = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n";
    static char many[64 * 1024];
    size_t length = 0;
    for (; length + sizeof letter < sizeof many; length += sizeof letter - 1)
        memcpy(many + length, letter, sizeof letter - 1);
    for (size_t sent = 0; sent < FLOOD; sent += length)
        say(fd, many, length);
}

static void serve_one(int fd, const struct evil *evil)
{
    static const char loaded[] = "$40\r\n" SHA "\r\n";
    static const char listens[] = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
                                  "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
    char text[4096];
    for (ssize_t n; (n = read(fd, text, sizeof text - 1)) > 0;) {
        text[n] = '\0';
        if (strstr(text, "SCRIPT"))
            say(fd, loaded, sizeof loaded - 1);
        bool asks = strstr(text, "$3\r\nkey\r\n") != NULL;
        if (asks && evil->answer)
            say(fd, evil->answer, strlen(evil->answer));
        else if (asks && write(evil->told[1], text, 1) != 1)
            return;
        if (!strstr(text, "SUBSCRIBE"))
            continue;
        say(fd, listens, sizeof listens - 1);
        if (read(evil->told[0], text, 1) == 1)
            flood(fd);
    }
}

static pid_t serve(uint16_t *port, const struct evil *evil)
{
    int listener;
    pid_t child = service_fork(port, &listener);
    if (child != 0)
        return child;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve_one(fd, evil);
            _exit(0);
        }
        close(fd);
    }
}

/* ---- us ---- */

static struct wzp_loop *loop;
static struct wzp_redis *redis;
static unsigned letters, most, since, answers;
static int result;
static char why[160];

static void give_up(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void on_turn(void *context)
{
    (void)context;
    since = 0;
}

static void on_answer(void *context, uint64_t number, int r, const char *value, size_t length)
{
    (void)context;
    (void)number;
    (void)value;
    (void)length;
    answers++;
    result = r;
}

static void on_heard(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
    /* What waits in the system's buffers by then could be read at once. */
    if (letters++ == 0)
        nanosleep(&(struct timespec){0, 100 * 1000 * 1000}, NULL);
    most = ++since > most ? since : most;
}

static void on_state(void *context, bool is_up, const char *reason)
{
    const struct wzp_pool_request get = {.verb = WZP_POOL_GET, .number = 1, .key = "key"};
    (void)context;
    if (is_up)
        ok(wzp_redis_ask(redis, &get), "something is asked");
    if (is_up)
        return;
    snprintf(why, sizeof why, "%s", reason);
    wzp_loop_stop(loop);
}

static void attack(struct evil *evil)
{
    static const char channels[WZP_REDIS_CHANNELS][64] = {"a", "b"};
    const struct wzp_redis_calls calls = {NULL, on_answer, on_heard, on_state};
    struct wzp_error err = {0, ""};
    struct wzp_pool_url url = {.host = "127.0.0.1"};
    struct wzp_timer *patience = NULL, *turn = NULL;
    letters = most = since = answers = 0;
    result = 0;
    why[0] = '\0';
    if (pipe(evil->told))
        bail("no pipe");
    pid_t child = serve(&url.port, evil);
    if (wzp_loop_new(&loop, &err))
        bail("%s", err.text);
    if (wzp_redis_new(&redis, loop, &url, channels, &calls, &err) == 0 &&
        wzp_timer_start(&patience, loop, 20 * WZP_SECOND, 0, give_up, NULL) == 0 &&
        wzp_timer_start(&turn, loop, WZP_MILLISECOND, WZP_MILLISECOND, on_turn, NULL) == 0)
        wzp_loop_run(loop);
    wzp_timer_close(turn);
    wzp_timer_close(patience);
    wzp_redis_close(redis);
    wzp_loop_free(loop);
    kill(child, SIGKILL);
    close(evil->told[0]);
    close(evil->told[1]);
}

/* ---- what it tries ---- */

static void test_counts(void)
{
    static const char *const replies[] = {"*2147483647\r\n", "*200000000\r\n", "*100000\r\n",
                                          "*2\r\n*200000000\r\n", "*2\r\n*2\r\n*100000000\r\n"};
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct evil evil = {.answer = replies[i]};
        uint64_t before = wzp_thread_time();
        attack(&evil);
        uint64_t took = wzp_thread_time() - before;
        if (tap_oom_mode())
            continue;
        ok(answers == 1 && result < 0, "a reply that begins with %.3s... is none: %s", replies[i],
           why);
        ok(took < WZP_SECOND / 4, "and takes no time (%u ms of the processor)",
           (unsigned)(took / WZP_MILLISECOND));
    }
}

static void test_flood(void)
{
    struct evil evil = {.answer = NULL};
    attack(&evil);
    if (tap_oom_mode())
        return;
    ok(letters > FLOOD / 64, "%u letters come at a time", letters);
    ok(most <= 10000, "and others have their turn after %u at most", most);
}

TAP_MAIN
{
    if (!wzp_redis_available())
        skip_all("built without libhiredis");
    test_counts();
    test_flood();
}

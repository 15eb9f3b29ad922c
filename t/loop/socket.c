/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The socket in the file system: lines there and back, private, bounded. */
#include "loop/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/watch.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_timer *patience;
static char seen[256];
static int closed;
static const char *until; /* the loop stops when that was seen; NULL: when somebody left */

static void on_line(void *context, struct wzp_socket_peer *peer, const char *line)
{
    size_t n = strlen(seen);
    (void)context;
    snprintf(seen + n, sizeof seen - n, "<%.60s>", line);
    if (strcmp(line, "hello") == 0)
        wzp_socket_send(peer, "welcome\n", 8);
    if (strcmp(line, "flood") == 0) {
        static char much[64 * 1024];
        memset(much, 'x', sizeof much);
        for (size_t sent = 0; sent <= 2 * WZP_SOCKET_QUEUE_MAX; sent += sizeof much)
            if (wzp_socket_send(peer, much, sizeof much))
                break;
    }
    if (until && strstr(seen, until))
        wzp_loop_stop(loop);
}

static void on_closed(void *context, struct wzp_socket_peer *peer)
{
    (void)context;
    (void)peer;
    closed++;
    if (!until)
        wzp_loop_stop(loop);
}

static const struct wzp_socket_handlers handlers = {on_line, on_closed};

static void give_up(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void run(const char *what)
{
    until = what;
    if (wzp_timer_start(&patience, loop, 5 * WZP_SECOND, 0, give_up, NULL))
        return;
    wzp_loop_run(loop);
    wzp_timer_close(patience);
}

static void test_lines(const char *path)
{
    struct wzp_error err = {0};
    char text[32] = "";
    int fd = wzp_socket_connect(path, "softphone", &err);
    if (fd < 0)
        return;
    ok(write(fd, "hel", 3) == 3 && write(fd, "lo\r\nsecond\n", 11) == 11, "a peer writes");
    run("<second>");
    is_str(seen, "<hello><second>", "whole lines come, however they were cut");
    /* Without memory nobody answers, and a read would wait for ever. */
    ok(tap_oom_mode() || (read(fd, text, sizeof text - 1) == 8 && strcmp(text, "welcome\n") == 0),
       "and are answered");
    closed = 0;
    close(fd);
    run(NULL);
    is_int(closed, 1, "who goes is told");
}

static void test_bounds(const char *path)
{
    struct wzp_error err = {0};
    static char line[WZP_SOCKET_LINE_MAX + 4096];
    memset(line, 'y', sizeof line);
    int fd = wzp_socket_connect(path, "softphone", &err);
    if (fd < 0)
        return;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    closed = 0;
    size_t sent = 0;
    while (!closed && sent < sizeof line) { /* as much as fits at a time */
        ssize_t n = send(fd, line + sent, sizeof line - sent, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0 && errno != EAGAIN)
            break;
        struct wzp_timer *soon;
        if (wzp_timer_start(&soon, loop, 10 * WZP_MILLISECOND, 0, give_up, NULL))
            break;
        until = "never";
        wzp_loop_run(loop);
        wzp_timer_close(soon);
    }
    if (!closed)
        run(NULL); /* all of it is on its way, and a busy machine is slow to read it */
    is_int(closed, 1, "a line without end sends its writer away");
    close(fd);
    fd = wzp_socket_connect(path, "softphone", &err);
    if (fd < 0)
        return;
    closed = 0;
    ok(write(fd, "flood\n", 6) == 6, "somebody asks for much and reads nothing");
    run(NULL);
    is_int(closed, 1, "and is sent away, too");
    close(fd);
}

/* A stopped program takes nobody in, and those who went away stay in the kernel's queue. */
static void test_stopped(const char *path)
{
    struct wzp_error err = {0};
    int fd = 0;
    for (int i = 0; i < 2 * WZP_SOCKET_PEERS_MAX && fd >= 0; i++) {
        alarm(20); /* whoever waits there waits for ever */
        fd = wzp_socket_connect(path, "softphone", &err);
        if (fd >= 0)
            close(fd);
    }
    alarm(0);
    is_int(fd, WZP_E_TIMEOUT, "who comes to a stopped program is told so in the end: %s", err.text);
}

TAP_MAIN
{
    struct wzp_error err = {0};
    struct wzp_socket *s, *second;
    struct stat info;
    char path[256];
    umask(0);
    if (wzp_loop_new(&loop, &err))
        bail("%s", err.text);
    snprintf(path, sizeof path, "%s/deep/control.sock", tap_temporary_folder());
    int result = wzp_socket_listen(&s, loop, path, "softphone", &handlers, NULL, &err);
    if (result) {
        wzp_loop_free(loop);
        bail("%s", err.text);
    }
    ok(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600, "the socket is private");
    is_int(wzp_socket_listen(&second, loop, path, "softphone", &handlers, NULL, &err),
           WZP_E_DUPLICATE, "nobody else listens there: %s", err.text);
    test_lines(path);
    test_bounds(path);
    test_stopped(path);
    wzp_socket_close(s);
    ok(stat(path, &info) != 0, "it goes with its owner");
    is_int(wzp_socket_connect(path, "softphone", &err), WZP_E_NOT_FOUND, "then nobody answers: %s",
           err.text);
    FILE *file = fopen(path, "w");
    if (file)
        fclose(file);
    is_int(wzp_socket_listen(&s, loop, path, "softphone", &handlers, NULL, &err), WZP_E_REFUSED,
           "a file that is no socket is left alone");
    remove(path);
    snprintf(path, sizeof path, "%s/open", tap_temporary_folder());
    if (mkdir(path, 0700) || chmod(path, 0777))
        bail("no folder");
    snprintf(path, sizeof path, "%s/open/control.sock", tap_temporary_folder());
    is_int(wzp_socket_listen(&s, loop, path, "softphone", &handlers, NULL, &err), WZP_E_REFUSED,
           "nor is a folder trusted that others can write to: %s", err.text);
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    is_int(wzp_socket_listen(&s, loop, longer, "softphone", &handlers, NULL, &err), WZP_E_TOO_BIG,
           "a path has a limit");
    wzp_loop_free(loop);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A terminal whose foreground changes (Ctrl-Z, bg, fg): in the background nothing is read, and back
 * in the foreground words are heard again. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "loop/loop.h"
#include "tap.h"

static struct wzp_loop *loop;
static char heard[256];
static bool ended;

static void on_line(void *context, const char *line)
{
    size_t at = strlen(heard);
    (void)context;
    if (line)
        snprintf(heard + at, sizeof heard - at, "%s|", line);
    else
        ended = true;
}

static void stop(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void run_for(uint64_t time)
{
    struct wzp_timer *timer;
    if (wzp_timer_start(&timer, loop, time, 0, stop, NULL))
        return;
    wzp_loop_run(loop);
    wzp_timer_close(timer);
}

static void type(int master, const char *text)
{
    if (write(master, text, strlen(text)) < 0)
        bail("cannot type");
}

/* The session's terminal is `slave`; another process group can be its foreground. */
static void story(int master, int slave)
{
    struct wzp_lines *lines;
    pid_t shell = fork();
    if (shell < 0)
        bail("cannot fork");
    if (shell == 0) {
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    setpgid(shell, shell);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    if (wzp_lines_start(&lines, loop, slave, on_line, NULL)) {
        kill(shell, SIGKILL);
        waitpid(shell, NULL, 0);
        return;
    }
    type(master, "one\n");
    run_for(50 * WZP_MILLISECOND);
    is_str(heard, "one|", "words are heard in the foreground");
    ok(tcsetpgrp(slave, shell) == 0, "another process is in the foreground");
    type(master, "two\n");
    run_for(300 * WZP_MILLISECOND);
    is_str(heard, "one|", "in the background nothing is read");
    ok(!ended, "and it is not the end");
    ok(tcsetpgrp(slave, getpgrp()) == 0, "back in the foreground");
    run_for(500 * WZP_MILLISECOND);
    type(master, "three\n");
    run_for(100 * WZP_MILLISECOND);
    is_str(heard, "one|two|three|", "words are heard again");
    wzp_lines_close(lines);
    kill(shell, SIGKILL);
    waitpid(shell, NULL, 0);
}

TAP_MAIN
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        skip_all("there are no pseudo terminals here");
    if (setsid() < 0 && setpgid(0, 0) == 0 && setsid() < 0)
        skip_all("this process leads a group already");
    int slave = open(ptsname(master), O_RDWR | O_CLOEXEC);
    if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
        skip_all("no terminal can be taken");
    signal(SIGHUP, SIG_IGN);
    if (wzp_loop_new(&loop, NULL))
        bail("no loop");
    story(master, slave);
    wzp_loop_free(loop);
    close(slave);
    close(master);
}

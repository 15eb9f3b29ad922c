/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A password typed at a terminal is not shown; what is typed afterwards is, also when the program
 * was interrupted in between. */
#include "cli/password.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tap.h"

#define PROMPT "password: "
#define PATIENCE_MS 20000

struct terminal {
    int ours, theirs;
    pid_t child;
};

/* The child asks for a password, and exits with 0 when it got the expected one. */
static void run_child(const struct terminal *t)
{
    char password[32];
    setsid();
    ioctl(t->theirs, TIOCSCTTY, 0);
    dup2(t->theirs, STDIN_FILENO);
    dup2(t->theirs, STDERR_FILENO);
    int result = wzp_password_read(password, sizeof password, PROMPT, NULL);
    _exit(result || strcmp(password, "secret") != 0);
}

static void open_terminal(struct terminal *t)
{
    t->ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (t->ours < 0 || grantpt(t->ours) || unlockpt(t->ours))
        skip_all("there are no terminals here");
    t->theirs = open(ptsname(t->ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (t->theirs < 0)
        skip_all("there are no terminals here");
    t->child = fork();
    if (t->child < 0)
        bail("no process");
    if (t->child == 0)
        run_child(t);
}

static bool shows(const struct terminal *t)
{
    struct termios now;
    return tcgetattr(t->theirs, &now) == 0 && (now.c_lflag & ECHO);
}

static bool sees(const struct terminal *t, const char *want)
{
    char text[256];
    size_t length = 0;
    struct pollfd p = {.fd = t->ours, .events = POLLIN};
    while (length < sizeof text - 1 && poll(&p, 1, PATIENCE_MS) > 0) {
        ssize_t n = read(t->ours, text + length, sizeof text - 1 - length);
        if (n <= 0)
            return false;
        length += (size_t)n;
        text[length] = 0;
        if (strstr(text, want))
            return true;
    }
    return false;
}

static void test_asked(void)
{
    struct terminal t;
    int status = -1;
    open_terminal(&t);
    ok(sees(&t, PROMPT), "a password is asked for");
    ok(!shows(&t), "and not shown");
    is_int(write(t.ours, "secret\n", 7), 7, "somebody types it");
    waitpid(t.child, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it is taken");
    ok(shows(&t), "and what comes afterwards is shown");
    close(t.ours);
    close(t.theirs);
}

static void test_interrupted(int number, const char *name)
{
    struct terminal t;
    int status = -1;
    open_terminal(&t);
    ok(sees(&t, PROMPT) && !shows(&t), "%s while a password is asked for", name);
    kill(t.child, number);
    waitpid(t.child, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == number, "ends the program");
    ok(shows(&t), "and leaves a terminal that shows what is typed");
    close(t.ours);
    close(t.theirs);
}

TAP_MAIN
{
    test_asked();
    test_interrupted(SIGINT, "Ctrl-C");
    test_interrupted(SIGTERM, "SIGTERM");
    test_interrupted(SIGHUP, "the end of the terminal");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/bytes.h"
#include "loop/files.h"

bool wzp_password_asks(void)
{
    return isatty(STDIN_FILENO);
}

/* ---- a terminal that does not show what is typed ---- */

/* Signals that end the program, which would leave the terminal without echo. */
static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define ENDS (sizeof ends / sizeof ends[0])

static volatile sig_atomic_t caught; /* the signal that is to end the program, 0: none */

static void on_end(int number)
{
    caught = number;
}

struct hidden {
    struct termios shown;
    sigset_t open; /* the signal mask from before, which is in effect while we wait */
    struct sigaction before[ENDS];
};

static bool hide(struct hidden *h)
{
    struct termios hidden;
    struct sigaction action = {.sa_handler = on_end};
    sigset_t held;
    if (tcgetattr(STDIN_FILENO, &h->shown))
        return false;
    caught = 0;
    sigemptyset(&held);
    for (size_t i = 0; i < ENDS; i++) {
        (void)sigaction(ends[i], NULL, &h->before[i]);
        if (h->before[i].sa_handler != SIG_IGN)
            (void)sigaction(ends[i], &action, NULL);
        sigaddset(&held, ends[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &held, &h->open);
    hidden = h->shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    return true;
}

/* Restores the echo, and ends the program if a signal asked for that meanwhile. */
static void show(const struct hidden *h)
{
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &h->shown);
    (void)!write(STDERR_FILENO, "\n", 1);
    for (size_t i = 0; i < ENDS; i++)
        (void)sigaction(ends[i], &h->before[i], NULL);
    if (caught)
        (void)raise(caught);
    (void)pthread_sigmask(SIG_SETMASK, &h->open, NULL);
}

/* ---- reading ---- */

/* Reads byte by byte: bytes after the line belong to others. h NULL: no terminal. */
static int read_line(int fd, const struct hidden *h, char *out, size_t capacity,
                     struct wzp_error *err)
{
    size_t length = 0;
    for (;;) {
        char c;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        bool is_woken = h && ppoll(&wait, 1, NULL, &h->open) < 0 && errno == EINTR;
        if (is_woken && caught)
            return wzp_error_set(err, WZP_E_CLOSED, "the question for the password was ended");
        if (is_woken)
            continue;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wzp_error_set(err, WZP_E_IO, "the password cannot be read: %s", strerror(errno));
        if (n == 0 || c == '\n')
            break;
        if (length + 1 >= capacity)
            return wzp_error_set(err, WZP_E_TOO_BIG, "the password is longer than %zu bytes",
                                 capacity - 1);
        out[length++] = c;
    }
    if (length > 0 && out[length - 1] == '\r')
        length--;
    out[length] = 0;
    return length > 0 ? 0 : wzp_error_set(err, WZP_E_SYNTAX, "there is no password");
}

int wzp_password_read(char *out, size_t capacity, const char *prompt, struct wzp_error *err)
{
    struct hidden hidden;
    bool asks = wzp_password_asks() && hide(&hidden);
    if (asks)
        (void)!write(STDERR_FILENO, prompt, strlen(prompt));
    int result = read_line(STDIN_FILENO, asks ? &hidden : NULL, out, capacity, err);
    if (result)
        wzp_wipe(out, capacity);
    if (asks)
        show(&hidden);
    return result;
}

int wzp_password_file(char *out, size_t capacity, unsigned *mode, const char *path,
                      struct wzp_error *err)
{
    struct stat info;
    *mode = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "%s: %s", path, strerror(errno));
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && wzp_file_is_open(path, info.st_mode))
        *mode = info.st_mode & 07777;
    int result = read_line(fd, NULL, out, capacity, err);
    close(fd);
    if (result)
        wzp_wipe(out, capacity);
    return result;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE_MAX 256

/* Read by signal handlers: all fields are set before `open`. */
static struct {
    volatile sig_atomic_t open;
    int in, out;
    struct termios before, ours;
    char leave[LEAVE_MAX];
    volatile sig_atomic_t leave_length;
    int stderr_before; /* -1: stderr is not caught */
    pid_t owner;       /* a child that was forked must not touch the terminal */
} terminal = {.stderr_before = -1};

/* Restores the terminal; calls only async-signal-safe functions. */
static void give_back(void)
{
    if (!terminal.open || getpid() != terminal.owner)
        return;
    terminal.open = 0;
    size_t done = 0, length = (size_t)terminal.leave_length;
    for (int tries = 0; done < length && tries < 20; tries++) {
        ssize_t n = write(terminal.out, terminal.leave + done, length - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = terminal.out, .events = POLLOUT};
            (void)poll(&wait, 1, 50);
        } else if (errno != EINTR) {
            break;
        }
    }
    (void)tcsetattr(terminal.in, TCSANOW, &terminal.before);
    if (terminal.stderr_before >= 0)
        (void)dup2(terminal.stderr_before, STDERR_FILENO);
}

static void on_fatal(int number)
{
    int saved = errno;
    give_back();
    errno = saved;
    signal(number, SIG_DFL);
    raise(number);
}

/* Installs handlers for signals that end the process, where there is no handler yet. */
static void watch_fatal(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT,   SIGQUIT,
                                  SIGHUP,  SIGTERM, SIGINT,  SIGTRAP, SIGSYS,    SIGXCPU,
                                  SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF};
    static char stack[16384]; /* a handler cannot run on a stack that has overflowed */
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    (void)sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) || now.sa_handler != SIG_DFL)
            continue;
        struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        (void)sigaction(numbers[i], &action, NULL);
    }
}

int wzp_terminal_open(int in, int out, struct wzp_error *err)
{
    if (!isatty(in) || !isatty(out))
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "standard %s is not a terminal",
                             isatty(in) ? "output" : "input");
    if (tcgetattr(in, &terminal.before))
        return wzp_error_set(err, WZP_E_IO, "the terminal does not tell its modes: %s",
                             strerror(errno));
    terminal.in = in;
    terminal.out = out;
    terminal.owner = getpid();
    terminal.ours = terminal.before;
    struct termios *t = &terminal.ours;
    t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t->c_oflag &= ~(tcflag_t)OPOST;
    t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t->c_cflag = (t->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
    static bool at_exit;
    if (!at_exit)
        at_exit = atexit(give_back) == 0;
    watch_fatal();
    wzp_terminal_take();
    return 0;
}

void wzp_terminal_take(void)
{
    terminal.open = 1;
    (void)tcsetattr(terminal.in, TCSANOW, &terminal.ours);
}

void wzp_terminal_set_leave(const char *bytes, size_t length)
{
    terminal.leave_length = 0;
    if (length > LEAVE_MAX)
        length = LEAVE_MAX;
    memcpy(terminal.leave, bytes, length);
    terminal.leave_length = (sig_atomic_t)length;
}

void wzp_terminal_close(void)
{
    give_back();
    if (terminal.stderr_before >= 0)
        close(terminal.stderr_before);
    terminal.stderr_before = -1;
}

void wzp_terminal_suspend(void)
{
    int caught = terminal.stderr_before >= 0 ? dup(STDERR_FILENO) : -1;
    give_back();
    /* Stops by the default action of this very signal, so that the shell sees what it expects. */
    struct sigaction now, stop = {.sa_handler = SIG_DFL};
    sigset_t mask, before;
    sigemptyset(&stop.sa_mask);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTSTP);
    (void)sigaction(SIGTSTP, &stop, &now);
    (void)sigprocmask(SIG_UNBLOCK, &mask, &before);
    (void)kill(0, SIGTSTP);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)sigaction(SIGTSTP, &now, NULL);
    if (caught >= 0) {
        (void)dup2(caught, STDERR_FILENO);
        close(caught);
    }
    wzp_terminal_take();
}

void wzp_terminal_size(int *width, int *height)
{
    struct winsize size = {0};
    *width = 80;
    *height = 24;
    if (ioctl(terminal.out, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *width = size.ws_col;
        *height = size.ws_row;
    }
}

unsigned wzp_terminal_speed(void)
{
    static const struct {
        speed_t speed;
        unsigned bits;
    } slow[] = {{B50, 50},     {B75, 75},     {B110, 110},   {B134, 134},    {B150, 150},
                {B200, 200},   {B300, 300},   {B600, 600},   {B1200, 1200},  {B1800, 1800},
                {B2400, 2400}, {B4800, 4800}, {B9600, 9600}, {B19200, 19200}};
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++)
        if (cfgetospeed(&terminal.before) == slow[i].speed)
            return slow[i].bits;
    return 0;
}

long wzp_terminal_write(const char *bytes, size_t length)
{
    /* The file may be shared with other processes, so it is not made non-blocking: polls first, and
     * then writes no more than a terminal always accepts. */
    struct pollfd ready = {.fd = terminal.out, .events = POLLOUT};
    size_t done = 0;
    while (done < length) {
        int n = poll(&ready, 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (ready.revents & (POLLERR | POLLHUP | POLLNVAL))
            return WZP_E_CLOSED;
        size_t piece = length - done < 512 ? length - done : 512;
        ssize_t written = write(terminal.out, bytes + done, piece);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return WZP_E_CLOSED;
        if (written > 0)
            done += (size_t)written;
    }
    return done ? (long)done : WZP_E_AGAIN;
}

int wzp_terminal_catch_stderr(int *fd, struct wzp_error *err)
{
    int ends[2];
    *fd = -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return wzp_error_set(err, WZP_E_IO, "no pipe for stderr: %s", strerror(errno));
    int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (before < 0 || dup2(ends[1], STDERR_FILENO) < 0) {
        close(ends[0]);
        close(ends[1]);
        if (before >= 0)
            close(before);
        return wzp_error_set(err, WZP_E_IO, "stderr cannot be caught: %s", strerror(errno));
    }
    close(ends[1]);
    terminal.stderr_before = before;
    *fd = ends[0];
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a person waits for, measured on the real wzp-tui in a pseudo terminal: start to the first
 * picture, key to screen, and what an idle screen costs. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int terminal;

/* Reads for a while; returns the bytes, and when the first came (0: none). */
static size_t listen_for(double ms, double *first, const char *until)
{
    static char seen[1 << 20];
    size_t total = 0;
    double end = now_ms() + ms;
    *first = 0;
    while (now_ms() < end) {
        struct pollfd p = {.fd = terminal, .events = POLLIN};
        if (poll(&p, 1, 1) <= 0)
            continue;
        ssize_t n = read(terminal, seen + total % (sizeof seen / 2), 4096);
        if (n <= 0)
            break;
        if (*first == 0)
            *first = now_ms();
        total += (size_t)n;
        seen[total % (sizeof seen / 2)] = '\0';
        if (until && strstr(seen, until)) {
            *first = now_ms();
            break;
        }
    }
    return total;
}

static void report(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"}\n", name, value, unit);
    fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_keys(const char *name)
{
    double delays[200];
    size_t count = 0;
    for (int i = 0; i < 200; i++) {
        double first, at = now_ms();
        if (write(terminal, i % 2 ? "\033[A" : "\033[B", 3) != 3)
            break;
        if (listen_for(100, &first, "\033[") && first > 0)
            delays[count++] = first - at;
        listen_for(15, &first, NULL);
    }
    if (count == 0)
        return;
    qsort(delays, count, sizeof delays[0], by_value);
    char text[64];
    snprintf(text, sizeof text, "%s_p50", name);
    report(text, delays[count / 2], "ms");
    snprintf(text, sizeof text, "%s_p99", name);
    report(text, delays[count * 99 / 100], "ms");
}

/* Processor time so far, ms. */
static double used_ms(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file))
        return 0;
    fclose(file);
    char *p = strrchr(line, ')');
    if (p)
        sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static void measure_rest(const char *name, pid_t pid, double seconds)
{
    char text[64];
    double first, before = used_ms(pid);
    size_t bytes = listen_for(seconds * 1000, &first, NULL);
    snprintf(text, sizeof text, "%s_cpu", name);
    report(text, (used_ms(pid) - before) / seconds / 10, "percent");
    snprintf(text, sizeof text, "%s_bytes", name);
    report(text, (double)bytes / seconds, "bytes/s");
}

static void measure_memory(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    report("tui_resident", (double)kib / 1024, "MiB");
}

static pid_t start(const char *program, const char *home, unsigned speed, char *const *arguments)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct termios modes;
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    if (pid == 0) {
        tcgetattr(0, &modes);
        if (speed)
            cfsetospeed(&modes, B9600);
        tcsetattr(0, TCSANOW, &modes);
        setenv("HOME", home, 1);
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("XDG_CONFIG_HOME");
        unsetenv("XDG_DATA_HOME");
        unsetenv("XDG_STATE_HOME");
        execv(program, arguments);
        _exit(127);
    }
    return pid;
}

static void stop(pid_t pid)
{
    double first;
    if (write(terminal, "q\r", 2) == 2)
        listen_for(3000, &first, "\033[?1049l");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(terminal);
}

int main(void)
{
    char program[512], home[] = "/tmp/wzp-bench-XXXXXX", clean[64];
    const char *build = getenv("WZP_BUILD");
    double first;
    snprintf(program, sizeof program, "%s/wzp-tui", build ? build : "build");
    if (!mkdtemp(home))
        return 1;
    char *idle[] = {program, (char *)"--relay", (char *)"127.0.0.1:9", NULL};
    char *demo[] = {program, (char *)"--demo", NULL};
    double starts[9];
    for (int i = 0; i < 9; i++) { /* the first makes an identity; the middle one counts */
        double begun = now_ms();
        pid_t pid = start(program, home, 0, idle);
        listen_for(5000, &first, "elp");
        starts[i] = first - begun;
        stop(pid);
    }
    qsort(starts, 9, sizeof starts[0], by_value);
    report("tui_first_picture", starts[4], "ms");
    pid_t pid = start(program, home, 0, demo);
    listen_for(3000, &first, NULL);
    measure_memory(pid);
    measure_rest("tui_idle", pid, 5);
    measure_keys("tui_key_idle");
    if (write(terminal, "1\r", 2) == 2) /* calls the echo */
        listen_for(14000, &first, NULL);
    if (write(terminal, "d", 1) == 1) /* whoever called meanwhile */
        listen_for(1000, &first, NULL);
    measure_rest("tui_call", pid, 10);
    measure_keys("tui_key_call");
    stop(pid);
    pid = start(program, home, 9600, demo);
    listen_for(3000, &first, NULL);
    if (write(terminal, "1\r", 2) == 2)
        listen_for(14000, &first, NULL);
    if (write(terminal, "d", 1) == 1)
        listen_for(2000, &first, NULL);
    measure_rest("tui_call_9600", pid, 10);
    stop(pid);
    snprintf(clean, sizeof clean, "rm -rf %s", home);
    return execl("/bin/sh", "sh", "-c", clean, (char *)NULL);
}

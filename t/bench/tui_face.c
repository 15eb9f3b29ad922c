/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a user waits for, measured on the real wzp-tui in a pseudo terminal: from start to the first
 * screen, from key to screen, and the cost of an idle screen. */
#include <dirent.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
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

/* Reads for a while; returns the number of bytes, and when the first one came, or the text `until`
 * (0: never). */
static size_t listen_for(double ms, double *first, const char *until)
{
    static char seen[1 << 16];
    size_t total = 0, kept = 0;
    double end = now_ms() + ms;
    *first = 0;
    for (double now; (now = now_ms()) < end;) {
        struct pollfd p = {.fd = terminal, .events = POLLIN};
        if (poll(&p, 1, (int)(end - now) + 1) <= 0)
            continue;
        if (kept > sizeof seen / 2) { /* `until` is shorter than what is kept */
            memmove(seen, seen + kept - 256, 256);
            kept = 256;
        }
        ssize_t n = read(terminal, seen + kept, 4096);
        if (n <= 0)
            break;
        total += (size_t)n;
        kept += (size_t)n;
        seen[kept] = '\0';
        if (*first == 0 && !until)
            *first = now_ms();
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

/* Measures the time from a letter typed after ':' until it is shown there. Periodic updates of the
 * screen contain none of these letters, nor do control sequences. */
static void measure_keys(const char *name)
{
    double delays[300];
    size_t count = 0;
    double first;
    if (write(terminal, ":", 1) != 1)
        return;
    listen_for(300, &first, NULL);
    for (int i = 0; i < 300; i++) {
        static const char letters[] = "qxzv";
        char letter[2] = {letters[i % 4], '\0'};
        if (i % 40 == 39 && write(terminal, "\025", 1) == 1) /* makes the line empty again */
            listen_for(50, &first, NULL);
        double at = now_ms();
        if (write(terminal, letter, 1) != 1)
            break;
        (void)listen_for(1000, &first, letter);
        delays[count++] = first > 0 ? first - at : 1000;
        listen_for(13 + i % 17, &first, NULL); /* at varying phases of the 20 ms cycle */
    }
    if (write(terminal, "\007", 1) != 1) /* ^G closes the line */
        return;
    listen_for(100, &first, NULL);
    qsort(delays, count, sizeof delays[0], by_value);
    char text[64];
    snprintf(text, sizeof text, "%s_p50", name);
    report(text, delays[count / 2], "ms");
    snprintf(text, sizeof text, "%s_p99", name);
    report(text, delays[count * 99 / 100], "ms");
    snprintf(text, sizeof text, "%s_most", name);
    report(text, delays[count - 1], "ms");
}

/* Processor time of all its threads so far, ms. */
static double used_ms(pid_t pid)
{
    char path[300];
    double sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        unsigned long long ns;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%llu", &ns) == 1)
            sum += (double)ns / 1e6;
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return sum;
}

/* CPU share in percent, and bytes a second, while nothing is typed. */
static double rest_of(pid_t pid, double seconds, double *bytes)
{
    double first, before = used_ms(pid), begun = now_ms();
    *bytes = (double)listen_for(seconds * 1000, &first, NULL) / seconds;
    return 100 * (used_ms(pid) - before) / (now_ms() - begun);
}

static void measure_rest(const char *name, pid_t pid, double seconds)
{
    char text[64];
    double bytes, share = rest_of(pid, seconds, &bytes);
    snprintf(text, sizeof text, "%s_cpu", name);
    report(text, share, "percent");
    snprintf(text, sizeof text, "%s_bytes", name);
    report(text, bytes, "bytes/s");
}

static void measure_memory(const char *name, pid_t pid)
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
    report(name, (double)kib / 1024, "MiB");
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
    if (write(terminal, "\003\r", 2) == 2) /* ^C, and yes */
        listen_for(3000, &first, "\033[?1049l");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(terminal);
}

static void say(const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        perror("write");
}

/* ---- a relay and somebody who answers, in processes of their own ---- */

static char build[400], home[] = "/tmp/wzp-bench-XXXXXX", relay[128], peer[128];
static pid_t others[2];

static pid_t run_beside_at(const char *log, const char *place, const char *command)
{
    pid_t pid = fork();
    if (pid == 0) {
        char line[2048];
        snprintf(line, sizeof line, "exec env HOME=%s %s/%s >%s/%s 2>&1 </dev/null", place, build,
                 command, home, log);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static pid_t run_beside(const char *log, const char *command)
{
    char place[64];
    snprintf(place, sizeof place, "%s/peer", home);
    return run_beside_at(log, place, command);
}

/* The first word after a text in a file that is being written; waits at most 10 s. */
static void word_behind(char out[128], const char *log, const char *text)
{
    char path[600], line[512];
    snprintf(path, sizeof path, "%s/%s", home, log);
    for (int i = 0; i < 1000 && !out[0]; i++) {
        FILE *file = fopen(path, "r");
        while (file && !out[0] && fgets(line, sizeof line, file)) {
            const char *at = strstr(line, text);
            if (at)
                sscanf(at + strlen(text), " %127s", out);
        }
        if (file)
            fclose(file);
        usleep(10000);
    }
}

static bool open_company(void)
{
    char command[512];
    snprintf(command, sizeof command, "wzp-relay -i %s/relay-seed --listen 127.0.0.1:0", home);
    others[0] = run_beside("relay", command);
    word_behind(relay, "relay", "listening on");
    snprintf(command, sizeof command, "wzp answer --auto all -r %s -i tone:440 -o null", relay);
    others[1] = run_beside("peer-log", command);
    word_behind(peer, "peer-log", "registered");
    snprintf(command, sizeof command, "wzp identity show");
    peer[0] = '\0';
    run_beside("identity", command);
    word_behind(peer, "identity", "fingerprint");
    return relay[0] && peer[0];
}

static void close_company(void)
{
    for (int i = 0; i < 2; i++) {
        kill(others[i], SIGKILL);
        waitpid(others[i], NULL, 0);
    }
}

/* Begins a call and waits until it is connected. */
static pid_t begin_call(char *const *arguments, unsigned speed)
{
    char line[200];
    double first;
    pid_t pid = start(arguments[0], home, speed, arguments);
    listen_for(2000, &first, NULL);
    bool plain = strcmp(arguments[1], "--plain") == 0;
    snprintf(line, sizeof line, "%scall %s\r%s", plain ? "" : ":", peer, plain ? "" : "2");
    say(line);
    listen_for(10000, &first, plain ? "answered" : "Round");
    if (first == 0)
        fputs("there is no call\n", stderr);
    listen_for(3000, &first, NULL); /* the start is not measured */
    return pid;
}

/* The time from when a caller is registered, and calls, to the bell at the callee: through the
 * relay, with the signals of both programs. */
static void measure_incoming(char *const *arguments)
{
    char own[128] = "", line[2048], seen[4096] = "";
    double called = 0, rung = 0, first;
    run_beside_at("own", home, "wzp identity show");
    word_behind(own, "own", "fingerprint");
    pid_t pid = start(arguments[0], home, 0, arguments);
    listen_for(2000, &first, NULL);
    snprintf(line, sizeof line, "exec env HOME=%s/caller %s/wzp call %s -r %s -i silence -o null",
             home, build, own, relay);
    FILE *caller = own[0] ? popen(line, "r") : NULL;
    struct pollfd files[2] = {{.fd = terminal, .events = POLLIN},
                              {.fd = caller ? fileno(caller) : -1, .events = POLLIN}};
    for (double end = now_ms() + 10000; rung == 0 && now_ms() < end;) {
        if (poll(files, 2, 100) <= 0)
            continue;
        ssize_t n = files[0].revents ? read(terminal, line, sizeof line) : 0;
        if (n > 0 && called > 0 && memchr(line, '\a', (size_t)n))
            rung = now_ms();
        size_t length = strlen(seen);
        n = files[1].revents ? read(files[1].fd, seen + length, sizeof seen - length - 1) : 0;
        if (n > 0)
            seen[length + (size_t)n] = '\0';
        else if (files[1].revents)
            files[1].fd = -1;
        if (called == 0 && strstr(seen, "registered"))
            called = now_ms();
    }
    if (rung > 0)
        report("tui_incoming_bell", rung - called, "ms");
    else
        fputs("the bell did not ring\n", stderr);
    say("d");
    listen_for(500, &first, NULL);
    say("d");
    stop(pid);
    if (caller)
        pclose(caller);
}

static void measure_starts(char *const *arguments)
{
    double starts[9], first;
    for (int i = 0; i < 9; i++) { /* the first one makes an identity; the median counts */
        double begun = now_ms();
        pid_t pid = start(arguments[0], home, 0, arguments);
        listen_for(5000, &first, "elp");
        starts[i] = first - begun;
        stop(pid);
    }
    qsort(starts, 9, sizeof starts[0], by_value);
    report("tui_first_picture", starts[4], "ms");
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], by_value);
    return values[count / 2];
}

/* Drawing costs less than two calls differ by: several of each kind, alternating. */
static void measure_drawing(char *const *drawn_arguments, char *const *plain_arguments)
{
    double drawn[5], plain[5], bytes;
    for (int i = 0; i < 5; i++) {
        pid_t pid = begin_call(drawn_arguments, 0);
        drawn[i] = rest_of(pid, 6, &bytes);
        stop(pid);
        pid = begin_call(plain_arguments, 0);
        plain[i] = rest_of(pid, 6, &bytes);
        stop(pid);
    }
    double with = median(drawn, 5), without = median(plain, 5);
    report("tui_call_cpu", with, "percent");
    report("tui_call_plain_cpu", without, "percent");
    report("tui_call_drawing_cpu", with - without, "percent");
}

static void measure_calls(char *const *drawn_arguments, char *const *plain_arguments)
{
    pid_t pid = begin_call(drawn_arguments, 0);
    measure_keys("tui_key_call");
    measure_memory("tui_call_resident", pid);
    stop(pid);
    pid = begin_call(drawn_arguments, 9600);
    measure_rest("tui_call_9600", pid, 10);
    stop(pid);
    measure_drawing(drawn_arguments, plain_arguments);
}

/* Raises the priority, to measure the program's own delays and not those of other work of the
 * machine. */
static void become_urgent(void)
{
    struct sched_param p = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_RR, &p))
        fputs("no right to real-time priority: other work of this machine is measured, too\n",
              stderr);
}

int main(void)
{
    char program[512], clean[64];
    double first;
    snprintf(build, sizeof build, "%s", getenv("WZP_BUILD") ? getenv("WZP_BUILD") : "build");
    snprintf(program, sizeof program, "%s/wzp-tui", build);
    if (!mkdtemp(home))
        return 1;
    become_urgent();
    if (!open_company())
        fputs("there is no company for calls\n", stderr);
    char tone[] = "tone:440", null[] = "null";
    char *drawn[] = {program, (char *)"-r", relay, (char *)"-i", tone, (char *)"-o", null, NULL};
    char *plain[] = {program, (char *)"--plain", (char *)"-r", relay, (char *)"-i",
                     tone,    (char *)"-o",      null,         NULL};
    measure_starts(drawn);
    pid_t pid = start(program, home, 0, drawn);
    listen_for(3000, &first, NULL);
    measure_memory("tui_resident", pid);
    measure_rest("tui_idle", pid, 5);
    measure_keys("tui_key_idle");
    stop(pid);
    if (peer[0]) {
        measure_incoming(drawn);
        measure_calls(drawn, plain);
    }
    close_company();
    snprintf(clean, sizeof clean, "rm -rf %s", home);
    return execl("/bin/sh", "sh", "-c", clean, (char *)NULL);
}

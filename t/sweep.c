/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sweep.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SANITIZER_STATUS 99 /* GNUmakefile sets it */
#define MOST_RUNS 400
#define LONGEST 20 /* seconds of CPU time: who needs more when memory lacks turns in a circle */
/* A whole scenario cannot be run to its end often enough. It is run for so many times as long as
 * all its runs may take, or so many ms, and ended there: what fails while it is set up is seen. */
#define GLANCE 3
#define GLANCE_LEAST 100
#define LEAPS 24
#define PATIENCE 120       /* seconds of the clock until a run counts as hanging */
#define WAITING_IS_CHEAP 4 /* what sleeps may take so many times as long as what computes */

struct run {
    int status;       /* as of waitpid */
    bool hung;        /* and was killed */
    double cpu, wall; /* ms */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double milliseconds_of(const struct timeval *t)
{
    return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

/* A child that writes into `output` and ends with its parent; after `glance` ms of CPU time, too,
 * when that is not 0. */
static bool fork_child(pid_t *child, int output, double glance, const sigset_t *ended)
{
    const struct rlimit limit = {.rlim_cur = LONGEST, .rlim_max = LONGEST + 1};
    const struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(glance / 1e3), .tv_usec = (long)(glance * 1e3) % 1000000}};

    *child = fork();
    if (*child < 0) {
        perror("# fork");
        exit(1);
    }
    if (*child > 0)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    setrlimit(RLIMIT_CPU, &limit);
    if (glance > 0)
        setitimer(ITIMER_PROF, &timer, NULL); /* SIGPROF */
    sigprocmask(SIG_UNBLOCK, ended, NULL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    return true;
}

static bool was_glanced(const struct run *run)
{
    return WIFSIGNALED(run->status) && WTERMSIG(run->status) == SIGPROF;
}

/* Waits until it has ended, not longer than PATIENCE. */
static void wait_child(struct run *run, pid_t child, double began, const sigset_t *ended)
{
    struct rusage used;
    siginfo_t state = {0};

    run->hung = false;
    while (waitid(P_PID, (id_t)child, &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           state.si_pid == 0) {
        double left = began + PATIENCE * 1e3 - now();
        if (left <= 0) {
            run->hung = true;
            break;
        }
        sigtimedwait(ended, NULL, &(struct timespec){.tv_sec = (time_t)(left / 1e3) + 1});
    }
    kill(-child, SIGKILL); /* what it started, too */
    wait4(child, &run->status, 0, &used);
    run->cpu = milliseconds_of(&used.ru_utime) + milliseconds_of(&used.ru_stime);
    run->wall = now() - began;
}

/* What a run costs. */
static double price(const struct run *run)
{
    double waiting = run->wall / WAITING_IS_CHEAP;

    return run->cpu > waiting ? run->cpu : waiting;
}

/* Which allocation fails in the i-th of `runs` runs of a program that makes `total` of them: the
 * first ones, since setting up makes them, and then ones spread evenly. */
static long step(long i, long runs, long total)
{
    long first = runs >= total ? total : runs / 3 + 1;

    return i < first ? i + 1 : first + (total - first) * (i - first + 1) / (runs - first);
}

/* The same where the number is not known: 1, 2, 3, 5, 8 and so on. */
static long leap(long i)
{
    long n = 1, next = 2;

    while (i-- > 0) {
        long sum = n + next;
        n = next;
        next = sum;
    }
    return n;
}

static bool is_bad(const struct run *run)
{
    return run->hung || (WIFSIGNALED(run->status) && !was_glanced(run)) ||
           (WIFEXITED(run->status) && (WEXITSTATUS(run->status) == TAP_EXIT_LEAK ||
                                       WEXITSTATUS(run->status) == SANITIZER_STATUS));
}

static void tell(const struct run *run, long n, long total, int output)
{
    char bytes[4096];
    off_t end = lseek(output, 0, SEEK_END);
    off_t from = end > (off_t)sizeof bytes ? end - (off_t)sizeof bytes : 0;
    ssize_t got = pread(output, bytes, sizeof bytes, from);

    fprintf(stderr, "#   allocation %ld", n);
    if (total > 0) /* of a long program it is not known */
        fprintf(stderr, " of %ld", total);
    fprintf(stderr, ": %s %d\n",
            run->hung                  ? "it hung, and was ended by signal"
            : WIFSIGNALED(run->status) ? "ended by signal"
                                       : "status",
            WIFSIGNALED(run->status) ? WTERMSIG(run->status) : WEXITSTATUS(run->status));
    if (got > 0)
        fprintf(stderr, "%.*s\n", (int)got, bytes);
}

static int temporary_file(void)
{
    FILE *file = tmpfile();

    if (!file) {
        perror("# a file for the output");
        exit(1);
    }
    return fileno(file);
}

struct sweep {
    double allowed; /* ms */
    double glance;  /* ms, 0: to the end */
    long runs, total;
    int output;
    sigset_t ended;
};

/* Returns in the children: which allocation fails. The parent ends. */
static long try_all(const struct sweep *s)
{
    double spent = 0;
    struct run run;
    pid_t child;
    long tried = 0;

    for (; tried < s->runs && spent < s->allowed; tried++) {
        long n = s->glance > 0 ? leap(tried) : step(tried, s->runs, s->total);
        double began = now();
        if (lseek(s->output, 0, SEEK_SET) != 0 || ftruncate(s->output, 0) != 0)
            exit(1);
        if (fork_child(&child, s->output, s->glance, &s->ended))
            return n;
        wait_child(&run, child, began, &s->ended);
        if (is_bad(&run)) {
            tell(&run, n, s->total, s->output);
            exit(1);
        }
        spent += price(&run);
    }
    if (s->glance > 0)
        printf("%ld of those at its beginning\n", tried);
    else
        printf("%ld of %ld\n", tried, s->total);
    exit(0);
}

long tap_sweep(long milliseconds, uint64_t **counted)
{
    struct sweep s = {.allowed = (double)milliseconds, .output = temporary_file()};
    uint64_t *total =
        mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double began = now();
    struct run run;
    pid_t child;

    if (total == MAP_FAILED)
        exit(1);
    *counted = total;
    sigemptyset(&s.ended);
    sigaddset(&s.ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s.ended, NULL);
    s.glance = s.allowed * GLANCE > GLANCE_LEAST ? s.allowed * GLANCE : GLANCE_LEAST;
    if (fork_child(&child, s.output, s.glance, &s.ended))
        return 0;
    wait_child(&run, child, began, &s.ended);
    if (was_glanced(&run)) {
        s.runs = LEAPS;
        return try_all(&s);
    }
    /* Without a number the program has failed, skipped or stopped by itself, which is told
     * elsewhere. */
    s.total = (long)*total;
    s.glance = 0;
    s.runs = (long)(s.allowed / price(&run));
    s.runs = s.runs < 2 ? 2 : s.runs > MOST_RUNS ? MOST_RUNS : s.runs;
    s.runs = s.runs < s.total ? s.runs : s.total;
    s.allowed *= 2; /* a run that fails may take longer than one that works */
    return try_all(&s);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sweep.h"

#include <limits.h>
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

#include "base/alloc.h"

#define SANITIZER_STATUS 99 /* GNUmakefile sets it */
#define MOST_RUNS 400
/* seconds of CPU time; a run that takes longer counts as an endless loop */
#define LONGEST 20
/* A long scenario cannot be run to its end often enough. A program counts as long when its first
 * run takes more than GLANCE times the time allowed for all runs, and at least GLANCE_LEAST ms. Its
 * runs are then ended after LOOK ms each, so that failures during its set-up are still seen. */
#define GLANCE 3
#define GLANCE_LEAST 100
#define LOOK 40
#define LEAPS 24
#define PATIENCE 120       /* seconds of the clock until a run counts as hanging */
#define WAITING_IS_CHEAP 4 /* waiting may take so many times as long as computing */

struct run {
    int status;       /* as of waitpid */
    bool hung;        /* and was therefore killed */
    double cpu, wall; /* ms */
};

static uint64_t *counter; /* shared with the children */

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

/* A run that is ended by the timer also reports how many allocations it made. */
static void tell_count(int signal)
{
    *counter = wzp_alloc_calls();
    sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    raise(signal);
}

/* Forks a child that writes into `output`, dies with its parent, and is ended after `glance` ms of
 * CPU time when that is not 0. Returns true in the child. */
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
    sigaction(SIGPROF, &(struct sigaction){.sa_handler = tell_count}, NULL);
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

/* Waits until the child has ended, at most PATIENCE seconds, and kills its process group. */
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
    kill(-child, SIGKILL); /* also the processes that it started */
    wait4(child, &run->status, 0, &used);
    run->cpu = milliseconds_of(&used.ru_utime) + milliseconds_of(&used.ru_stime);
    run->wall = now() - began;
}

/* What a run costs, in ms: CPU time, or a share of the waiting time when that is more. */
static double price(const struct run *run)
{
    double waiting = run->wall / WAITING_IS_CHEAP;

    return run->cpu > waiting ? run->cpu : waiting;
}

/* Which allocation fails in the i-th of `runs` runs of a program that makes `total` of them: first
 * the first ones, which belong to its set-up, and then some spread evenly over the rest. */
static long step(long i, long runs, long total)
{
    long first = runs >= total ? total : runs / 3 + 1;

    return i < first ? i + 1 : first + (total - first) * (i - first + 1) / (runs - first);
}

/* The same for a long program: 1, 2, 3, 5, 8 and so on. When a program continues in spite of the
 * failure its run takes the whole time slice; from then on the allocations are spread evenly over
 * the rest, as many as there is time for. */
static long leap(long last, bool went_on, long total, double time_left, double look)
{
    long left = (long)(time_left / look) + 1;

    if (went_on)
        return last + (total - last + left) / (left + 1);
    return last < 3 ? last + 1 : last + last * 5 / 8;
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

    fprintf(stderr, "#   allocation %ld of %ld: %s %d\n", n, total,
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
    double look;    /* ms, 0: to the end */
    long runs, total;
    int output;
    sigset_t ended;
};

/* Returns only in the children: which allocation fails. The parent exits. */
static long try_all(const struct sweep *s)
{
    double spent = 0;
    struct run run = {0};
    pid_t child;
    long tried = 0, n = 0;

    for (; tried < s->runs && spent < s->allowed; tried++) {
        double began = now();
        n = s->look > 0
                ? leap(n, tried > 0 && was_glanced(&run), s->total, s->allowed - spent, s->look)
                : step(tried, s->runs, s->total);
        if (n > s->total)
            break;
        if (lseek(s->output, 0, SEEK_SET) != 0 || ftruncate(s->output, 0) != 0)
            exit(1);
        if (fork_child(&child, s->output, s->look, &s->ended))
            return n;
        wait_child(&run, child, began, &s->ended);
        if (is_bad(&run)) {
            tell(&run, n, s->total, s->output);
            exit(1);
        }
        spent += price(&run);
    }
    printf("%ld of %ld%s\n", tried, s->total, s->look > 0 ? " at its beginning" : "");
    exit(0);
}

long tap_sweep(long milliseconds, uint64_t **counted)
{
    struct sweep s = {.allowed = (double)milliseconds, .output = temporary_file()};
    double glance = s.allowed * GLANCE > GLANCE_LEAST ? s.allowed * GLANCE : GLANCE_LEAST;
    double began = now();
    struct run run;
    pid_t child;

    counter =
        mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counter == MAP_FAILED)
        exit(1);
    *counted = counter;
    sigemptyset(&s.ended);
    sigaddset(&s.ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s.ended, NULL);
    /* The run without a failure is forked as the others are, since tests leave out work in such
     * runs. */
    if (fork_child(&child, s.output, glance, &s.ended))
        return LONG_MAX;
    wait_child(&run, child, began, &s.ended);
    /* When the count is 0 the program has failed, skipped or stopped by itself, which other runs
     * report. */
    s.total = (long)*counter;
    if (was_glanced(&run)) {
        s.look = LOOK;
        s.runs = LEAPS;
        return try_all(&s);
    }
    s.runs = (long)(s.allowed / price(&run));
    s.runs = s.runs < 2 ? 2 : s.runs > MOST_RUNS ? MOST_RUNS : s.runs;
    s.runs = s.runs < s.total ? s.runs : s.total;
    s.allowed *= 2; /* a run that fails may take longer than one that works */
    return try_all(&s);
}

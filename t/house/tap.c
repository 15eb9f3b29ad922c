/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The test header tests itself: failing programs must be seen to fail. Each case runs in a child
 * whose output is read. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

static char output[8192];

static void case_pass(void)
{
    ok(true, "fine");
    is_int(3, 3, "three");
    is_str("a", "a", "letter");
    is_bytes("ab", 2, "ab", 2, "bytes");
    is_near(1.0, 1.01, 0.1, "near");
}

static void case_fail(void)
{
    ok(2 < 1, "order");
    is_int(3, 4, "number");
    is_str("a", NULL, "text");
    is_bytes("ab", 2, "ac", 2, "bytes");
    is_bytes("ab", 2, "abc", 3, "length");
    is_near(0.0 / 0.0, 0.0, 1.0, "not a number");
}

static void case_leak(void)
{
    ok(wzp_alloc(10) != NULL, "a block nobody frees");
}

static void case_bail(void)
{
    bail("cannot go on");
}

static void case_directive(void)
{
    ok(true, "a # TODO in a name\nand a line end");
    skip(2, "not here");
}

/* Makes three allocations; crashes when the second one fails. */
static void case_careless(void)
{
    char *a = wzp_alloc(1);
    char *volatile b = wzp_alloc(1);
    char *c = wzp_alloc(1);

    *b = 1;
    wzp_free(c);
    wzp_free(b);
    wzp_free(a);
}

static void case_careful(void)
{
    for (int i = 0; i < 7; i++)
        wzp_free(wzp_alloc(1));
}

/* Runs body as a test program of its own, with that variable set; returns its exit status. */
static int run_with(void (*body)(void), const char *variable, const char *value)
{
    int ends[2];
    int status = 0;
    size_t length = 0;
    pid_t child;

    fflush(stdout);
    if (pipe(ends) != 0)
        bail("no pipe");
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        unsetenv("WZP_OOM");
        if (value)
            setenv(variable, value, 1);
        tap_begin();
        body();
        status = tap_done();
        fflush(stdout);
        /* Without the leak checker's report at exit, since one of the cases leaks. */
        _exit(status);
    }
    close(ends[1]);
    for (;;) {
        ssize_t got = read(ends[0], output + length, sizeof output - 1 - length);

        if (got <= 0)
            break;
        length += (size_t)got;
    }
    output[length] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_case(void (*body)(void), const char *oom)
{
    return run_with(body, "WZP_OOM", oom);
}

static int count_of(const char *what)
{
    int count = 0;

    for (const char *at = output; (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

int main(void)
{
    /* The cases first: they start from an untouched state. */
    int passed = run_case(case_pass, NULL);
    int passed_plan = count_of("1..6\n");
    int passed_lines = count_of("ok ");
    int failed = run_case(case_fail, NULL);
    int failed_lines = count_of("not ok ");
    int leaked = run_case(case_leak, NULL);
    int leaked_lines = count_of("not ok 2");
    int leaked_oom = run_case(case_leak, "5");
    int survived_oom = run_case(case_leak, "1");
    int bailed = run_case(case_bail, NULL);
    int bailed_plan = count_of("1..");
    int bailed_oom = run_case(case_bail, "1");
    int directive = run_case(case_directive, NULL);
    int directive_lines = count_of("a \\# TODO in a name and a line end\n");

    int careful = run_with(case_careful, "WZP_SWEEP", "1000");
    int careful_lines = count_of("7 of 7\n");
    int careless = run_with(case_careless, "WZP_SWEEP", "1000");
    int careless_lines = count_of("allocation 2 of 3: ");
    int leaking = run_with(case_leak, "WZP_SWEEP", "1000");

    tap_begin();
    is_int(careful, 0, "a sweep of a program that bears each failing allocation ends with 0");
    is_int(careful_lines, 1, "and says that it tried each");
    is_int(careless, 1, "one that falls without memory is found");
    is_int(careless_lines, 1, "with the allocation");
    is_int(leaking, 0, "what leaks when all goes well is not the sweep's");
    is_int(passed, 0, "a program whose checks pass ends with 0");
    is_int(passed_plan, 1, "and prints its plan once");
    is_int(passed_lines, 6, "and one line a check, and one for the leak check");
    is_int(failed, 1, "a program with failures ends with 1");
    is_int(failed_lines, 6, "every wrong value is a failure");
    is_int(leaked, 1, "a leak is a failure");
    is_int(leaked_lines, 1, "shown as one");
    is_int(leaked_oom, 98, "a leak in a run with failing allocations has its own status");
    is_int(survived_oom, 0, "results do not matter in such a run");
    is_int(bailed, 1, "a program that stops has failed");
    is_int(bailed_plan, 0, "it prints no plan, so that prove sees it too");
    is_int(bailed_oom, 0, "it may stop when memory lacks");
    is_int(directive, 0, "skipped checks are passed checks");
    is_int(directive_lines, 1, "a name cannot become a directive or a second line");
    return done();
}

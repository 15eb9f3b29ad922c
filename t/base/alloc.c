/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The counted heap. */
#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

#include "tap.h"

static void check_counts(void)
{
    long live = wzp_alloc_live();
    uint64_t calls = wzp_alloc_calls();
    char *a = wzp_alloc(0);
    char *b = wzp_alloc(0);
    ok(a != NULL && b != NULL && a != b, "blocks of no bytes are blocks of their own");
    is_int(wzp_alloc_live() - live, 2, "two live blocks");
    if (!a || !b) {
        wzp_free(a);
        wzp_free(b);
        bail("no memory");
    }
    char *grown = wzp_realloc(a, 100);
    a = grown != NULL ? grown : a;
    is_int(wzp_alloc_live() - live, 2, "growing a block makes no new one");
    grown = wzp_realloc(a, 0);
    ok(grown != NULL, "shrinking to nothing keeps a block");
    a = grown != NULL ? grown : a;
    char *c = wzp_realloc(NULL, 5);
    is_int(wzp_alloc_live() - live, 3, "realloc of NULL makes one");
    is_int(wzp_alloc_calls() - calls, 5, "every call is counted, realloc too");
    wzp_free(a);
    wzp_free(b);
    wzp_free(c);
    wzp_free(NULL);
    is_int(wzp_alloc_live() - live, 0, "all released");
}

static void check_copies(void)
{
    char *a = wzp_strdup("hello");
    is_str(a, "hello", "strdup");
    char *b = wzp_strndup("hello", 3);
    is_str(b, "hel", "strndup cuts");
    char *c = wzp_strndup("he\0lo", 5);
    is_str(c, "he", "strndup stops at 0");
    int *zero = wzp_calloc(64, sizeof(int));
    int sum = 0;
    for (int i = 0; zero != NULL && i < 64; i++)
        sum |= zero[i];
    is_int(sum, 0, "calloc gives zeros");
    volatile size_t huge = SIZE_MAX / 2; /* volatile: the compiler must not see that it cannot be */
    void *d = wzp_calloc(huge, 4);
    ok(!d, "a product that overflows is refused");
    wzp_free(a);
    wzp_free(b);
    wzp_free(c);
    wzp_free(d);
    wzp_free(zero);
}

static void check_failing(void)
{
    long live = wzp_alloc_live();
    wzp_alloc_fail_after(2);
    void *a = wzp_alloc(1);
    void *b = wzp_alloc(1);
    void *c = wzp_alloc(1);
    ok(a != NULL && !b && c != NULL, "the second call fails, and only it");
    wzp_alloc_fail_after(1);
    void *same = wzp_realloc(a, 1000);
    ok(!same, "realloc can fail");
    is_int(wzp_alloc_live() - live, 2, "and the old block lives on");
    wzp_alloc_fail_after(1);
    ok(!wzp_strdup("x"), "strdup can fail");
    wzp_alloc_fail_after(1);
    ok(!wzp_calloc(1, 1), "calloc can fail");
    wzp_alloc_fail_after(1);
    wzp_alloc_fail_after(0);
    void *d = wzp_alloc(1);
    ok(d != NULL, "switched off");
    wzp_free(a);
    wzp_free(c);
    wzp_free(d);
    is_int(wzp_alloc_live() - live, 0, "all released");
}

TAP_MAIN
{
    check_counts();
    check_copies();
    if (tap_oom_mode())
        return; /* the rest sets its own failures */
    check_failing();
}

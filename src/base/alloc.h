/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The one way to the heap. Counts live blocks and calls, and can fail the n-th call, so that tests
 * prove "no leak", "no allocation on the packet path" and "survives lack of memory". The counters
 * are the only global mutable state below the line (in code without I/O); they are atomic and never
 * decide behaviour outside tests. */
#ifndef WZP_BASE_ALLOC_H
#define WZP_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* As malloc, calloc(1, size), realloc, free, strdup, strndup. NULL when memory lacks (or a test
 * says so). Size 0 gives a valid unique block. wzp_calloc memory is zero. The results are
 * released with wzp_free only. */
void *wzp_alloc(size_t size) __attribute__((malloc, warn_unused_result));
void *wzp_calloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));
void *wzp_realloc(void *block, size_t size) __attribute__((warn_unused_result));
void wzp_free(void *block);
char *wzp_strdup(const char *text) __attribute__((warn_unused_result));
char *wzp_strndup(const char *text, size_t length) __attribute__((warn_unused_result));

/* Test support. fail_after(n): the n-th allocation from now (1 = the next) returns NULL, and
 * only that one; n <= 0 switches it off. live(): blocks allocated and not freed. calls():
 * allocation calls so far (realloc counts). */
void wzp_alloc_fail_after(long n);
long wzp_alloc_live(void);
uint64_t wzp_alloc_calls(void);

#endif

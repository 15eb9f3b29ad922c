/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Counted heap. Straight malloc underneath, so that leak checkers and debuggers see every block. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static atomic_long live_blocks;
static atomic_uint_fast64_t call_count;
static atomic_long fail_countdown; /* 0 = off, 1 = the next call fails */

/* Counts one call; true when a test wants this one to fail. */
static bool count_call(void)
{
    atomic_fetch_add_explicit(&call_count, 1, memory_order_relaxed);
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) <= 0)
        return false;
    return atomic_fetch_sub_explicit(&fail_countdown, 1, memory_order_relaxed) == 1;
}

static void *count_block(void *block)
{
    if (block)
        atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    return block;
}

void *wzp_alloc(size_t size)
{
    if (count_call())
        return NULL;
    return count_block(malloc(size > 0 ? size : 1));
}

void *wzp_calloc(size_t count, size_t size)
{
    if (count_call())
        return NULL;
    if (count == 0 || size == 0)
        count = size = 1;
    if (count > SIZE_MAX / size) /* calloc would see it too, but sanitizers end the program there */
        return NULL;
    return count_block(calloc(count, size));
}

void *wzp_realloc(void *block, size_t size)
{
    if (count_call())
        return NULL;
    if (size == 0)
        size = 1; /* realloc(p, 0) frees in some libraries: never */
    if (!block)
        return count_block(malloc(size));
    return realloc(block, size);
}

void wzp_free(void *block)
{
    if (!block)
        return;
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    free(block);
}

char *wzp_strdup(const char *text)
{
    return wzp_strndup(text, strlen(text));
}

char *wzp_strndup(const char *text, size_t length)
{
    size_t n = strnlen(text, length);
    char *copy = wzp_alloc(n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void wzp_alloc_fail_after(long n)
{
    atomic_store(&fail_countdown, n > 0 ? n : 0);
}

long wzp_alloc_live(void)
{
    return atomic_load(&live_blocks);
}

uint64_t wzp_alloc_calls(void)
{
    return atomic_load(&call_count);
}

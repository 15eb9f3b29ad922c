/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Functions for wzp_host_merge in tests of files: one appends to the old text, one leaves it as it
 * is, one refuses. */
#ifndef WZP_T_MERGES_H
#define WZP_T_MERGES_H

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* owner: the text that is appended. */
static inline int merge_append(void *owner, char **out, size_t *out_length, const char *old,
                               size_t old_length, struct wzp_error *err)
{
    const char *more = owner;
    *out_length = old_length + strlen(more);
    *out = wzp_alloc(*out_length + 1);
    if (!*out)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(*out, old, old_length);
    memcpy(*out + old_length, more, strlen(more) + 1);
    return 0;
}

/* owner: a size_t, which gets the length of the old text. */
static inline int merge_leave(void *owner, char **out, size_t *out_length, const char *old,
                              size_t old_length, struct wzp_error *err)
{
    (void)out;
    (void)out_length;
    (void)old;
    (void)err;
    *(size_t *)owner = old_length;
    return 0;
}

static inline int merge_refuse(void *owner, char **out, size_t *out_length, const char *old,
                               size_t old_length, struct wzp_error *err)
{
    (void)owner;
    (void)out;
    (void)out_length;
    (void)old;
    (void)old_length;
    return wzp_error_set(err, WZP_E_SYNTAX, "not this");
}

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tests of files let become of an old text (wzp_host_merge): more, the same, nothing. */
#ifndef WZP_T_MERGES_H
#define WZP_T_MERGES_H

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* The owner is a text, which is added. */
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

/* The owner is a size_t: the length of the old text, which stays. */
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

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Results and sentences: every function that can fail returns 0 (or a count) or one of these
 * negative codes; where a person must act, a struct wzp_error carries a sentence made where the
 * facts are known. */
#ifndef WZP_BASE_ERROR_H
#define WZP_BASE_ERROR_H

#include "wzp/types.h"

/* Stores code and a formatted sentence in err (err may be NULL) and returns code, so that
 * `return wzp_error_set(...)` reads well. Text longer than the field is cut, and what would command
 * a terminal becomes '?' (base/text.h): a file may be called anything. */
int wzp_error_set(struct wzp_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The analyzer does not look into other files: it is told what comes back. */
#ifdef __clang_analyzer__
#define wzp_error_set(err, code, ...) ((void)wzp_error_set(err, code, __VA_ARGS__), (code))
#endif

/* Puts "prefix: " before the sentence in err, to add where it happened, unless it begins so
 * already. err may be NULL. */
void wzp_error_prefix(struct wzp_error *err, const char *prefix);

#endif

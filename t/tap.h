/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tests that speak TAP to prove, one program each:
 *
 *     #include "tap.h"
 *     TAP_MAIN
 *     {
 *         ok(1 + 1 == 2, "sums");
 *         is_int(wzp_thing_count(t), 3, "three things after %s", what);
 *     }
 *
 * The plan is printed at the end. Every check returns whether it passed. At the end of the program
 * nothing of base/alloc.h may be left; that is a check of its own (tap_allow_live() switches it
 * off).
 *
 * Lack of memory: with WZP_OOM=n in the environment the n-th allocation of the program fails. Then
 * the results of the checks do not matter; the program must only not crash, hang or leak. A test
 * that cannot go on without an object says so with `if (!thing) bail("...")` or accepts
 * WZP_E_MEMORY when tap_oom_mode(). */
#ifndef WZP_TAP_H
#define WZP_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAP_FORMAT(at) __attribute__((format(printf, at, at + 1)))

#define TAP_MAIN                                                                                   \
    static void tap_body(void);                                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        tap_begin();                                                                               \
        tap_body();                                                                                \
        return tap_done();                                                                         \
    }                                                                                              \
    static void tap_body(void)

/* For a program with its own main(): tap_begin() first, `return tap_done();` last. done() is the
 * same as tap_done(). */
void tap_begin(void);
int tap_done(void);
#define done() tap_done()

/* The checks. The words after the values are a printf format and its arguments: what is claimed. */
#define ok(condition, ...) tap_ok((condition), #condition, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...)                                                                     \
    tap_is_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_near(got, want, tolerance, ...)                                                         \
    tap_is_near((double)(got), (double)(want), (double)(tolerance), __FILE__, __LINE__, __VA_ARGS__)
/* NULL is equal to NULL only. */
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_bytes(got, got_length, want, want_length, ...)                                          \
    tap_is_bytes((got), (got_length), (want), (want_length), __FILE__, __LINE__, __VA_ARGS__)

bool tap_ok(bool condition, const char *text, const char *file, int line, const char *format, ...)
    TAP_FORMAT(5);
bool tap_is_int(intmax_t got, intmax_t want, const char *file, int line, const char *format, ...)
    TAP_FORMAT(5);
bool tap_is_near(double got, double want, double tolerance, const char *file, int line,
                 const char *format, ...) TAP_FORMAT(6);
bool tap_is_str(const char *got, const char *want, const char *file, int line, const char *format,
                ...) TAP_FORMAT(5);
bool tap_is_bytes(const void *got, size_t got_length, const void *want, size_t want_length,
                  const char *file, int line, const char *format, ...) TAP_FORMAT(7);

/* A remark for the reader of a failure. */
#define note(...) tap_note(__VA_ARGS__)
void tap_note(const char *format, ...) TAP_FORMAT(1);

/* Counts as that many passed checks, with the reason shown. */
#define skip(count, ...) tap_skip((count), __VA_ARGS__)
void tap_skip(int count, const char *format, ...) TAP_FORMAT(2);
/* The whole program is skipped: call it before the first check; does not return. */
#define skip_all(...) tap_skip_all(__VA_ARGS__)
void tap_skip_all(const char *format, ...) TAP_FORMAT(1) __attribute__((noreturn));
/* This program cannot go on: counts as failed, except in a run with a failing allocation; does not
 * return. */
#define bail(...) tap_bail(__VA_ARGS__)
void tap_bail(const char *format, ...) TAP_FORMAT(1) __attribute__((noreturn));

/* True when an allocation of this run is made to fail. */
bool tap_oom_mode(void);
/* This program leaves allocations on purpose. */
void tap_allow_live(void);

/* For tests whose result depends on timing: raises the priority of this process as far as it is
 * allowed, so that other work of the machine does not change the result. Threads and children that
 * begin later inherit it. */
void tap_keep_others_out(void);

/* Full path of a file of the source tree, e.g. "t/vectors/x.json"; and of the build folder. Static
 * memory, eight at a time. */
const char *tap_source_path(const char *relative);
const char *tap_build_path(const char *relative);
/* The whole file with a zero byte behind it; bails when it cannot be read. The caller frees it with
 * free(). */
void *tap_read_file(const char *path, size_t *length);
/* A fresh folder (0700), removed at the end of the program. The same one at each call. */
const char *tap_temporary_folder(void);
/* The bytes of a hexadecimal text, spaces allowed, in out; returns how many, bails on bad text or
 * lack of room. */
size_t tap_hex(void *out, size_t room, const char *text);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Results and sentences: every function that can fail returns 0 (or a count) or one of these
 * negative codes; where a person must act, a struct wzp_error carries a sentence made where the
 * facts are known. Source: design.md 4.3. */
#ifndef WZP_BASE_ERROR_H
#define WZP_BASE_ERROR_H

#include <stddef.h>

/* X-macro: name, number, words. Numbers are stable: scripts and logs may show them. */
#define WZP_ERROR_TABLE(X)                                                                         \
    X(WZP_E_MEMORY, -1, "out of memory")                                                           \
    X(WZP_E_ARGUMENT, -2, "invalid argument")                                                      \
    X(WZP_E_SHORT, -3, "too short: bytes are missing")                                             \
    X(WZP_E_SYNTAX, -4, "malformed input")                                                         \
    X(WZP_E_RANGE, -5, "value out of range")                                                       \
    X(WZP_E_LIMIT, -6, "limit reached")                                                            \
    X(WZP_E_UNKNOWN, -7, "unknown kind or name")                                                   \
    X(WZP_E_DUPLICATE, -8, "already there")                                                        \
    X(WZP_E_NOT_FOUND, -9, "not found")                                                            \
    X(WZP_E_STATE, -10, "not possible in this state")                                              \
    X(WZP_E_AGAIN, -11, "not now, try again later")                                                \
    X(WZP_E_CLOSED, -12, "closed")                                                                 \
    X(WZP_E_TIMEOUT, -13, "timed out")                                                             \
    X(WZP_E_REFUSED, -14, "refused")                                                               \
    X(WZP_E_CRYPTO, -15, "cryptographic check failed")                                             \
    X(WZP_E_REPLAY, -16, "replayed or too old")                                                    \
    X(WZP_E_TOO_BIG, -17, "too big")                                                               \
    X(WZP_E_UNSUPPORTED, -18, "not supported")                                                     \
    X(WZP_E_NETWORK, -19, "network error")                                                         \
    X(WZP_E_PROTOCOL, -20, "protocol violation")                                                   \
    X(WZP_E_IO, -21, "input/output error")                                                         \
    X(WZP_E_DEVICE, -22, "audio device error")                                                     \
    X(WZP_E_INTERNAL, -23, "internal error")

enum {
#define WZP_ERROR_ENUM(name, number, words) name = (number),
    WZP_ERROR_TABLE(WZP_ERROR_ENUM)
#undef WZP_ERROR_ENUM
};

/* Longest sentence kept, with its final 0. */
#define WZP_ERROR_TEXT_MAX 240

/* A failure that a person reads. Caller owned; all zero means "no error". */
struct wzp_error {
    int code;                      /* a WZP_E_* */
    char text[WZP_ERROR_TEXT_MAX]; /* one sentence without line end: what and where */
};

/* Words for a code; never NULL, static. 0 gives "ok". */
const char *wzp_strerror(int code);

/* Stores code and a formatted sentence in err (err may be NULL) and returns code, so that
 * `return wzp_error_set(...)` reads well. Text longer than the field is cut. Bytes that came
 * from outside must be filtered first (base/text.h). */
int wzp_error_set(struct wzp_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence in err, to add where it happened. err may be NULL. */
void wzp_error_prefix(struct wzp_error *err, const char *prefix);

#endif

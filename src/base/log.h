/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Logging is an argument too: a sink with a level. Library code formats into a fixed line and
 * hands it on; it never writes itself, never logs secrets, and never logs on a packet's or audio
 * frame's way. Text from outside is filtered here once more. */
#ifndef WZP_BASE_LOG_H
#define WZP_BASE_LOG_H

#include <stdarg.h>
#include <stdint.h>

enum wzp_log_level { WZP_LOG_ERROR, WZP_LOG_WARN, WZP_LOG_INFO, WZP_LOG_DEBUG };

#define WZP_LOG_LINE_MAX 512

/* A sink; copied by value. write NULL = silent. line has no line end and is safe to show. */
struct wzp_log {
    void (*write)(void *context, enum wzp_log_level level, const char *line);
    void *context;
    enum wzp_log_level level; /* lines above it are not even formatted */
};

/* One line, cut at WZP_LOG_LINE_MAX. log may be NULL. */
void wzp_log(const struct wzp_log *log, enum wzp_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "error", "warn", "info", "debug". */
const char *wzp_log_level_name(enum wzp_log_level level);
/* By name; WZP_E_UNKNOWN. */
int wzp_log_level_parse(enum wzp_log_level *out, const char *name);

#endif

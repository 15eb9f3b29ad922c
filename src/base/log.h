/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Logging is an argument too: a sink with a level. Library code formats into a fixed line and
 * passes it on; it never writes anything itself, never logs secrets, and never logs on the packet
 * or audio path. Text from outside is filtered here once more. */
#ifndef WZP_BASE_LOG_H
#define WZP_BASE_LOG_H

#include <stdarg.h>

#include "wzp/types.h"

/* One line, cut at WZP_LOG_LINE_MAX. log may be NULL. */
void wzp_log(const struct wzp_log *log, enum wzp_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "error", "warn", "info", "debug". */
const char *wzp_log_level_name(enum wzp_log_level level);
/* By name; WZP_E_UNKNOWN. */
int wzp_log_level_parse(enum wzp_log_level *out, const char *name);

#endif

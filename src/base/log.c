/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formatting for a passed log sink. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void wzp_log(const struct wzp_log *log, enum wzp_log_level level, const char *format, ...)
{
    if (!log || !log->write || level > log->level)
        return;
    char raw[WZP_LOG_LINE_MAX];
    char line[WZP_LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    if (n < 0)
        return;
    wzp_text_filter(line, sizeof line, raw, strlen(raw));
    log->write(log->context, level, line);
}

const char *wzp_log_level_name(enum wzp_log_level level)
{
    return (unsigned)level < sizeof level_names / sizeof level_names[0] ? level_names[level]
                                                                        : "unknown";
}

int wzp_log_level_parse(enum wzp_log_level *out, const char *name)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum wzp_log_level)i;
            return 0;
        }
    }
    return WZP_E_UNKNOWN;
}

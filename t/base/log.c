/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Logging into a sink. */
#include "base/log.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

struct kept {
    int count;
    enum wzp_log_level level;
    char line[WZP_LOG_LINE_MAX];
};

static void keep(void *context, enum wzp_log_level level, const char *line)
{
    struct kept *k = context;
    k->count++;
    k->level = level;
    memcpy(k->line, line, strlen(line) + 1);
}

TAP_MAIN
{
    struct kept k = {0};
    struct wzp_log log = {keep, &k, WZP_LOG_INFO};
    wzp_log(&log, WZP_LOG_INFO, "peer %s: %d", "a\nb\x1b[2J", 7);
    is_int(k.count, 1, "one line");
    is_int(k.level, WZP_LOG_INFO, "its level");
    is_str(k.line, "peer a?b?[2J: 7", "safe to show");
    wzp_log(&log, WZP_LOG_DEBUG, "not %s", "shown");
    is_int(k.count, 1, "below the level nothing is written");
    wzp_log(&log, WZP_LOG_ERROR, "bad");
    is_int(k.count, 2, "above it all is");
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    wzp_log(&log, WZP_LOG_WARN, "%s", text);
    is_int(strlen(k.line), WZP_LOG_LINE_MAX - 1, "long lines are cut");
    wzp_log(NULL, WZP_LOG_ERROR, "nowhere");
    log.write = NULL;
    wzp_log(&log, WZP_LOG_ERROR, "nowhere");
    is_int(k.count, 3, "without a sink nothing happens");

    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (int i = 0; i < 4; i++) {
        enum wzp_log_level level = WZP_LOG_ERROR;
        is_str(wzp_log_level_name((enum wzp_log_level)i), names[i], "name");
        ok(wzp_log_level_parse(&level, names[i]) == 0 && (int)level == i, "and back");
    }
    enum wzp_log_level level;
    is_int(wzp_log_level_parse(&level, "INFO"), WZP_E_UNKNOWN, "unknown name");
    is_str(wzp_log_level_name((enum wzp_log_level)9), "unknown", "unknown level");
}

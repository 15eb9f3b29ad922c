/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Debugging output of a running command: log lines with a level per source folder (room), qlog
 * files, and in debug builds the keys of TLS sessions. */
#ifndef WZP_CLI_TRACE_H
#define WZP_CLI_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "wzp/app.h"

#define WZP_TRACE_ROOMS_MAX 16
#define WZP_TRACE_FILES_MAX 64

struct wzp_trace {
    /* Log levels: the general one, and those of single folders. */
    enum wzp_log_level level;
    struct {
        char name[16];
        enum wzp_log_level level;
    } rooms[WZP_TRACE_ROOMS_MAX];
    size_t room_count;
    /* qlog: a file for each connection, NAME, NAME.2, NAME.3, ... */
    const char *qlog;
    FILE *first; /* open until the first connection uses it */
    struct {
        const void *connection; /* NULL: the connection has ended */
        FILE *file;
        bool has_clock; /* the record with the time of day of its zero was written */
    } files[WZP_TRACE_FILES_MAX];
    size_t file_count; /* files opened so far */
    bool qlog_failed;  /* and that was reported */
    FILE *keys;
};
/* Sets the levels from text: "debug", or "phone=debug,quic=warn", or both kinds; NULL: verbose
 * decides. Creates the first qlog file, so that an error is reported before anything is sent.
 * WZP_E_ARGUMENT, WZP_E_IO with a sentence. */
int wzp_trace_init(struct wzp_trace *t, bool verbose, const char *levels, const char *qlog,
                   struct wzp_error *err);
void wzp_trace_fini(struct wzp_trace *t);
/* A log that writes to stderr the lines that the levels let through. A line's folder is the word
 * before its first colon. Valid as long as t. */
struct wzp_log wzp_trace_log(struct wzp_trace *t);
/* Sets the trace functions in the configuration. */
void wzp_trace_app(struct wzp_trace *t, struct wzp_app_config *config);

#endif

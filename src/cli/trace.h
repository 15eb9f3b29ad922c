/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What shows the inside of a running command: log lines with a level per room, qlog files, and in
 * debug builds the keys of TLS sessions. */
#ifndef WZP_CLI_TRACE_H
#define WZP_CLI_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "wzp/app.h"

#define WZP_TRACE_ROOMS_MAX 16
#define WZP_TRACE_FILES_MAX 64

struct wzp_trace {
    /* Levels: of every room, and of some. */
    enum wzp_log_level level;
    struct {
        char name[16];
        enum wzp_log_level level;
    } rooms[WZP_TRACE_ROOMS_MAX];
    size_t room_count;
    /* qlog: a file for each connection, NAME, NAME.2, NAME.3, ... */
    const char *qlog;
    FILE *first; /* until a connection has it */
    struct {
        const void *connection; /* NULL: ended */
        FILE *file;
        bool has_clock; /* the record that says which time of day its zero is */
    } files[WZP_TRACE_FILES_MAX];
    size_t file_count; /* ever opened */
    bool qlog_failed;  /* which was told */
    FILE *keys;
};
/* Levels from text: "debug", or "phone=debug,quic=warn", or both kinds; NULL: verbose tells. Makes
 * the first qlog file, so that one that cannot be written is told before anything is dialled.
 * WZP_E_ARGUMENT, WZP_E_IO with a sentence. */
int wzp_trace_init(struct wzp_trace *t, bool verbose, const char *levels, const char *qlog,
                   struct wzp_error *err);
void wzp_trace_fini(struct wzp_trace *t);
/* A log that writes to stderr what the levels let through. A line's room is the word before its
 * first colon. Valid as long as t. */
struct wzp_log wzp_trace_log(struct wzp_trace *t);
/* Puts its functions into the configuration. */
void wzp_trace_app(struct wzp_trace *t, struct wzp_app_config *config);

#endif

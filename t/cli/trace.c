/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Levels per room, and a qlog file for each connection. */
#include "cli/trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tap.h"

static void refused(const char *levels)
{
    struct wzp_trace t;
    struct wzp_error err = {0};
    is_int(wzp_trace_init(&t, false, levels, NULL, &err), WZP_E_ARGUMENT, "refused: %s", levels);
    ok(strstr(err.text, "room=level") && !strchr(err.text, 0x1b), "with what is possible: %s",
       err.text);
}

/* Between begin and end standard error goes to a file; end returns its content. */
static int kept, file;

static void begin_listening(void)
{
    char path[600];
    snprintf(path, sizeof path, "%s/err", tap_temporary_folder());
    fflush(stderr);
    kept = dup(2);
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (kept < 0 || file < 0)
        bail("no file");
    dup2(file, 2);
}

static const char *end_listening(void)
{
    static char text[1024];
    fflush(stderr);
    dup2(kept, 2);
    ssize_t n = pread(file, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    close(file);
    close(kept);
    return text;
}

/* The text on standard error for a log line. */
static const char *written(struct wzp_trace *t, enum wzp_log_level level, const char *line)
{
    struct wzp_log log = wzp_trace_log(t);
    begin_listening();
    wzp_log(&log, level, "%s", line);
    return end_listening();
}

static void test_levels(void)
{
    struct wzp_trace t;
    is_int(wzp_trace_init(&t, false, "info,phone=debug,quic=error", NULL, NULL), 0,
           "levels are read");
    is_str(written(&t, WZP_LOG_INFO, "relay: x"), "info: relay: x\n", "the common one");
    is_str(written(&t, WZP_LOG_DEBUG, "relay: x"), "", "holds for others");
    is_str(written(&t, WZP_LOG_DEBUG, "phone: x"), "debug: phone: x\n", "a room may say more");
    is_str(written(&t, WZP_LOG_WARN, "quic: x"), "", "or less");
    is_str(written(&t, WZP_LOG_INFO, "phone x: y"), "info: phone x: y\n",
           "a word without a colon is no room");
    wzp_trace_fini(&t);
    wzp_trace_init(&t, true, NULL, NULL, NULL);
    is_str(written(&t, WZP_LOG_DEBUG, "any: x"), "debug: any: x\n", "verbose says everything");
    wzp_trace_fini(&t);
    wzp_trace_init(&t, false, NULL, NULL, NULL);
    is_str(written(&t, WZP_LOG_WARN, "any: x"), "", "without a wish only errors are written");
    wzp_trace_fini(&t);
}

/* Checks a file's content: the header, a time of day, the rest. */
static void file_is(const char *path, const char *header, const char *rest)
{
    char *text = tap_read_file(path, NULL);
    const char *clock = "\x1e{\"time\":0,\"name\":\"wzp:clock\",\"data\":{\"unix_ms\":1";
    const char *end = strrchr(text, '\n');
    ok(strncmp(text, header, strlen(header)) == 0 &&
           strncmp(text + strlen(header), clock, strlen(clock)) == 0 && end &&
           strcmp(end + 1, rest) == 0,
       "%s holds what belongs to it, and says when it began", strrchr(path, '/') + 1);
    free(text);
}

/* A softphone whose connections are written to that file and those beside it. */
static struct wzp_app_config trace_to(struct wzp_trace *t, const char *path)
{
    struct wzp_app_config config = {.throw_away = true};
    wzp_trace_init(t, false, NULL, path, NULL);
    wzp_trace_app(t, &config);
    if (!config.qlog)
        bail("no qlog");
    return config;
}

static void test_qlog(void)
{
    struct wzp_trace t;
    char first[600], second[620];
    snprintf(first, sizeof first, "%s/q", tap_temporary_folder());
    snprintf(second, sizeof second, "%s.2", first);
    struct wzp_app_config config = trace_to(&t, first);
    config.qlog(config.trace, &first, "a", 1);
    config.qlog(config.trace, &second, "b", 1);
    config.qlog(config.trace, &first, "c", 1);
    config.qlog(config.trace, &first, NULL, 0);
    config.qlog(config.trace, &first, NULL, 0);
    config.qlog(config.trace, &second, "d", 1);
    wzp_trace_fini(&t);
    file_is(first, "a", "c");
    file_is(second, "b", "d");
}

static void test_no_place(void)
{
    struct wzp_trace t;
    struct wzp_error err = {0};
    char path[600], want[700];
    snprintf(path, sizeof path, "%s/none/q", tap_temporary_folder());
    snprintf(want, sizeof want, "cannot write %s: No such file or directory", path);
    is_int(wzp_trace_init(&t, false, NULL, path, &err), WZP_E_IO,
           "a qlog that cannot be written is told before there is a connection");
    is_str(err.text, want, "with the reason");
    wzp_trace_fini(&t);
}

/* No space left: reported once, however many connections there were. */
static void test_full(void)
{
    struct wzp_trace t;
    char path[600], second[620], want[700];
    snprintf(path, sizeof path, "%s/full", tap_temporary_folder());
    snprintf(second, sizeof second, "%s.2", path);
    snprintf(want, sizeof want, "wzp: not all of the qlog could be written to %s\n", path);
    if (symlink("/dev/full", path) || symlink("/dev/full", second))
        bail("no link");
    struct wzp_app_config config = trace_to(&t, path);
    config.qlog(config.trace, &path, "a", 1);
    config.qlog(config.trace, &second, "b", 1);
    begin_listening();
    config.qlog(config.trace, &path, NULL, 0);
    wzp_trace_fini(&t);
    is_str(end_listening(), want, "a qlog that a full disk cut is told of, once");
}

/* A mistyped command must not overwrite a file. */
static void test_kept(void)
{
    struct wzp_trace t;
    char path[600];
    snprintf(path, sizeof path, "%s/kept", tap_temporary_folder());
    struct wzp_app_config config = trace_to(&t, path);
    config.qlog(config.trace, path, "old", 3);
    wzp_trace_fini(&t);
    trace_to(&t, path);
    wzp_trace_fini(&t);
    file_is(path, "old", "");
    config = trace_to(&t, path);
    config.qlog(config.trace, path, "new", 3);
    wzp_trace_fini(&t);
    file_is(path, "new", "");
}

/* A call has many connections. */
static void test_place_lost(void)
{
    struct wzp_trace t;
    char path[600], other[620], want[700];
    snprintf(path, sizeof path, "%s/r", tap_temporary_folder());
    snprintf(want, sizeof want, "wzp: cannot write %s.2: Is a directory\n", path);
    for (unsigned i = 2; i < 4; i++) {
        snprintf(other, sizeof other, "%s.%u", path, i);
        if (mkdir(other, 0700))
            bail("no folder");
    }
    struct wzp_app_config config = trace_to(&t, path);
    begin_listening();
    for (size_t i = 0; i < 3; i++)
        config.qlog(config.trace, path + i, "a", 1);
    wzp_trace_fini(&t);
    is_str(end_listening(), want, "later ones that cannot be written are told once");
}

TAP_MAIN
{
    refused("loud");
    refused("phone=loud");
    refused("nobody=debug");
    refused("phone=debug,");
    refused("\x1b[2J");
    test_levels();
    test_qlog();
    test_no_place();
    test_full();
    test_kept();
    test_place_lost();
}

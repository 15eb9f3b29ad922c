/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/trace.h"
#include "cli/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/analyze_qlog.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"

/* Source folders (rooms) that write log lines; for the others their callers do. */
static const char *const room_names[] = {"app", "phone", "quic",  "relay",
                                         "nat", "udp",   "media", NULL};

/* ---- levels ---- */

static bool is_room(const char *name, size_t length)
{
    for (size_t i = 0; room_names[i]; i++)
        if (strlen(room_names[i]) == length && memcmp(room_names[i], name, length) == 0)
            return true;
    return false;
}

static int bad_level(const char *word, struct wzp_error *err)
{
    char safe[48];
    wzp_text_filter(safe, sizeof safe, word, strlen(word));
    return wzp_error_set(err, WZP_E_ARGUMENT,
                         "--log wants a level (error, warn, info, debug), or room=level with rooms "
                         "app, phone, quic, relay, nat, udp, media; not '%s'",
                         safe);
}

/* One "level" or "room=level". */
static int set_level(struct wzp_trace *t, char *word, struct wzp_error *err)
{
    char *equals = strchr(word, '=');
    enum wzp_log_level level;
    if (wzp_log_level_parse(&level, equals ? equals + 1 : word))
        return bad_level(word, err);
    if (!equals) {
        t->level = level;
        return 0;
    }
    if (!is_room(word, (size_t)(equals - word)) || t->room_count == WZP_TRACE_ROOMS_MAX)
        return bad_level(word, err);
    *equals = 0;
    wzp_text_copy(t->rooms[t->room_count].name, sizeof t->rooms[0].name, word);
    t->rooms[t->room_count++].level = level;
    return 0;
}

static int set_levels(struct wzp_trace *t, const char *levels, struct wzp_error *err)
{
    char copy[256];
    if (!wzp_text_copy(copy, sizeof copy, levels))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--log is too long");
    int result = 0;
    for (char *word = copy; !result && word;) {
        char *comma = strchr(word, ',');
        if (comma)
            *comma++ = 0;
        result = set_level(t, word, err);
        word = comma;
    }
    return result;
}

static void write_line(void *context, enum wzp_log_level level, const char *line)
{
    const struct wzp_trace *t = context;
    enum wzp_log_level most = t->level;
    size_t length = strcspn(line, ": ");
    for (size_t i = 0; line[length] == ':' && i < t->room_count; i++)
        if (strlen(t->rooms[i].name) == length && memcmp(t->rooms[i].name, line, length) == 0)
            most = t->rooms[i].level;
    if (level <= most)
        fprintf(wzp_own_stderr(), "%s: %s\n", wzp_log_level_name(level), line);
}

struct wzp_log wzp_trace_log(struct wzp_trace *t)
{
    enum wzp_log_level most = t->level;
    for (size_t i = 0; i < t->room_count; i++)
        if (t->rooms[i].level > most)
            most = t->rooms[i].level;
    return (struct wzp_log){.write = write_line, .context = t, .level = most};
}

/* ---- qlog and keys ---- */

static void close_file(struct wzp_trace *t, FILE *file)
{
    bool lost = ferror(file) != 0;
    lost |= fclose(file) != 0;
    if (lost && !t->qlog_failed)
        fprintf(wzp_own_stderr(), "wzp: not all of the qlog could be written to %s\n", t->qlog);
    t->qlog_failed |= lost;
}

static FILE *open_next(struct wzp_trace *t)
{
    char name[WZP_PATH_MAX + 24];
    if (t->first) { /* the file that was opened before the first connection */
        FILE *first = t->first;
        t->first = NULL;
        (void)!ftruncate(fileno(first), 0); /* fails on a pipe, which does not matter */
        return first;
    }
    snprintf(name, sizeof name, "%s.%zu", t->qlog, ++t->file_count);
    FILE *file = fopen(name, "we");
    if (!file && !t->qlog_failed)
        fprintf(wzp_own_stderr(), "wzp: cannot write %s: %s\n", name, strerror(errno));
    t->qlog_failed |= !file;
    return file;
}

static int open_first(struct wzp_trace *t, struct wzp_error *err)
{
    /* not truncated yet: an earlier call's file stays until the first connection */
    t->first = fopen(t->qlog, "ae");
    t->file_count = 1;
    return t->first ? 0
                    : wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", t->qlog, strerror(errno));
}

static void on_qlog(void *context, const void *connection, const void *data, size_t length)
{
    struct wzp_trace *t = context;
    size_t place = 0;
    while (place < WZP_TRACE_FILES_MAX && t->files[place].connection != connection)
        place++;
    if (place == WZP_TRACE_FILES_MAX) { /* a new connection */
        for (place = 0; place < WZP_TRACE_FILES_MAX && t->files[place].connection;)
            place++;
        if (length == 0 || place == WZP_TRACE_FILES_MAX)
            return;
        t->files[place].file = open_next(t);
        t->files[place].connection = connection;
    }
    if (length > 0 && t->files[place].file) {
        fwrite(data, 1, length, t->files[place].file);
        if (!t->files[place].has_clock) /* the first piece is the header */
            fprintf(t->files[place].file, WZP_QLOG_CLOCK, (unsigned long long)wzp_wall_ms());
        t->files[place].has_clock = true;
    }
    if (length > 0)
        return;
    if (t->files[place].file)
        close_file(t, t->files[place].file);
    memset(&t->files[place], 0, sizeof t->files[place]);
}

#ifdef WZP_DEBUG_KEYS
static void on_keys(void *context, const char *line, size_t length)
{
    struct wzp_trace *t = context;
    fwrite(line, 1, length, t->keys);
    fputc('\n', t->keys);
    fflush(t->keys);
}

static void open_keys(struct wzp_trace *t)
{
    const char *name = getenv("SSLKEYLOGFILE");
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
    int fd = name && name[0] ? open(name, flags, 0600) : -1;
    t->keys = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (fd >= 0 && !t->keys)
        close(fd);
    if (t->keys)
        fprintf(wzp_own_stderr(),
                "wzp: this is a debug build: the keys of all connections go to %s\n", name);
}
#endif

void wzp_trace_app(struct wzp_trace *t, struct wzp_app_config *config)
{
    config->trace = t;
    config->qlog = t->qlog ? on_qlog : NULL;
#ifdef WZP_DEBUG_KEYS
    config->keys = t->keys ? on_keys : NULL;
#endif
}

int wzp_trace_init(struct wzp_trace *t, bool verbose, const char *levels, const char *qlog,
                   struct wzp_error *err)
{
    *t = (struct wzp_trace){.level = verbose ? WZP_LOG_DEBUG : WZP_LOG_ERROR, .qlog = qlog};
#ifdef WZP_DEBUG_KEYS
    open_keys(t);
#endif
    int result = levels ? set_levels(t, levels, err) : 0;
    return !result && qlog ? open_first(t, err) : result;
}

void wzp_trace_fini(struct wzp_trace *t)
{
    for (size_t i = 0; i < WZP_TRACE_FILES_MAX; i++)
        if (t->files[i].file)
            close_file(t, t->files[i].file);
    if (t->first)
        fclose(t->first);
    if (t->keys)
        fclose(t->keys);
    *t = (struct wzp_trace){.level = WZP_LOG_ERROR};
}

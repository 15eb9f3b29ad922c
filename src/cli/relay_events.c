/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "relay/event_log.h"
#include "relay/neighbour.h"

#define STEP (20 * WZP_MILLISECOND)
#define STEP_EVENTS 200 /* events written in one step; the ring buffer keeps the rest */
#define LINE_MAX_BYTES 2048

struct wzp_relay_events {
    struct wzp_loop *loop;
    struct wzp_timer *timer;
    struct wzp_relay *relay;
    struct wzp_log log;
    FILE *file;
    size_t length, limit;
    bool failed;
    char path[WZP_PATH_MAX];
};

/* ---- lines ---- */

static void add_time(struct wzp_json *j, uint64_t ago)
{
    char text[64], day[32];
    struct timespec t;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t at = (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
    at = at > ago ? at - ago : 0;
    t.tv_sec = (time_t)(at / WZP_SECOND);
    gmtime_r(&t.tv_sec, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%06uZ", day, (unsigned)(at % WZP_SECOND / 1000));
    wzp_json_text(j, "ts", text);
}

static void add_peer(struct wzp_json *j, const struct wzp_relay_neighbour *peer)
{
    char safe[WZP_RELAY_NAME_MAX];
    const char *name = !peer ? "" : peer->label[0] ? peer->label : peer->fingerprint;
    wzp_text_filter(safe, sizeof safe, name, strlen(name));
    wzp_json_text_if(j, "peer", safe);
}

/* Which fields a line has, besides time, event and room. */
enum { SEQ = 1, PACKET = 2, PEER = 4, TO_COUNT = 8, LEN = 16, REASON = 32, COUNT = 64 };
static const unsigned fields[WZP_RELAY_EVENT_KINDS] = {
    [WZP_RELAY_EVENT_INGRESS] = SEQ | PACKET | LEN | PEER,
    [WZP_RELAY_EVENT_MALFORMED] = LEN | PEER,
    [WZP_RELAY_EVENT_AGAIN] = SEQ | PEER,
    [WZP_RELAY_EVENT_NO_ROOM] = SEQ | PEER,
    [WZP_RELAY_EVENT_OVER_RATE] = SEQ,
    [WZP_RELAY_EVENT_DELIVER] = SEQ | TO_COUNT,
    [WZP_RELAY_EVENT_DELIVER_ERROR] = SEQ | REASON,
    [WZP_RELAY_EVENT_LOST] = COUNT,
};

static void add_packet(struct wzp_json *j, const struct wzp_media_header *header)
{
    const struct wzp_codec_info *codec = wzp_codec_info(header->codec);
    wzp_json_text_if(j, "codec", codec ? codec->name : NULL);
    wzp_json_unsigned(j, "fec_block", header->fec_block);
    wzp_json_unsigned(j, "fec_sym", header->fec_symbol);
    wzp_json_boolean(j, "repair", header->is_repair);
}

static void write_line(struct wzp_buffer *out, const struct wzp_relay_event *event, uint64_t now)
{
    struct wzp_json j;
    unsigned has = fields[event->kind];
    wzp_json_init(&j, out);
    wzp_json_object_begin(&j, NULL);
    add_time(&j, wzp_time_since(now, event->at));
    wzp_json_text(&j, "event", wzp_relay_event_name(event->kind));
    wzp_json_text_if(&j, "room", event->room);
    if (has & SEQ)
        wzp_json_unsigned(&j, "seq", event->header.sequence);
    if (has & PACKET)
        add_packet(&j, &event->header);
    if (has & LEN)
        wzp_json_unsigned(&j, "len", event->length);
    if (has & TO_COUNT)
        wzp_json_unsigned(&j, "to_count", event->to_count);
    if (has & PEER)
        add_peer(&j, event->peer);
    if (has & REASON)
        wzp_json_text(&j, "reason", wzp_strerror(WZP_E_MEMORY));
    if (has & COUNT)
        wzp_json_unsigned(&j, "count", event->length);
    wzp_json_object_end(&j);
    wzp_buffer_char(out, '\n');
}

/* ---- the file ---- */

/* Creates an empty file that only its owner can read. A link, a pipe or a device is refused. */
static int begin_file(struct wzp_relay_events *e, struct wzp_error *err)
{
    struct stat info;
    int fd = open(e->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "event log %s: %s", e->path, strerror(errno));
    if (fstat(fd, &info) || !S_ISREG(info.st_mode)) {
        close(fd);
        return wzp_error_set(err, WZP_E_REFUSED, "event log %s: not a plain file", e->path);
    }
    e->file = ftruncate(fd, 0) || fchmod(fd, 0600) ? NULL : fdopen(fd, "w");
    if (!e->file) {
        int result = wzp_error_set(err, WZP_E_IO, "event log %s: %s", e->path, strerror(errno));
        close(fd);
        return result;
    }
    e->length = 0;
    return 0;
}

/* Rotates the file: there are two at most, this one and the previous one. */
static int turn(struct wzp_relay_events *e, struct wzp_error *err)
{
    char old[WZP_PATH_MAX + 2];
    snprintf(old, sizeof old, "%s.1", e->path);
    fclose(e->file);
    e->file = NULL;
    if (rename(e->path, old))
        return wzp_error_set(err, WZP_E_IO, "event log %s: %s", old, strerror(errno));
    return begin_file(e, err);
}

static void write_some(struct wzp_relay_events *e)
{
    struct wzp_buffer line;
    struct wzp_relay_event event;
    struct wzp_error err = {0};
    uint64_t now = wzp_loop_now(e->loop);
    int result = 0;
    wzp_buffer_init(&line, LINE_MAX_BYTES);
    for (int i = 0; i < STEP_EVENTS && !result && wzp_relay_event_take(e->relay, &event, now);
         i++) {
        wzp_buffer_clear(&line);
        write_line(&line, &event, now);
        if (line.result)
            continue;
        if (e->length + line.length > e->limit)
            result = turn(e, &err);
        if (!result && fwrite(line.text, 1, line.length, e->file) != line.length)
            result = wzp_error_set(&err, WZP_E_IO, "event log %s: %s", e->path, strerror(errno));
        e->length += line.length;
    }
    wzp_buffer_fini(&line);
    if (!result && fflush(e->file))
        result = wzp_error_set(&err, WZP_E_IO, "event log %s: %s", e->path, strerror(errno));
    if (result) {
        e->failed = true; /* on a full disk only the log stops, not the relay */
        wzp_log(&e->log, WZP_LOG_ERROR, "%s; it ends here", err.text);
    }
}

static void on_time(void *context)
{
    struct wzp_relay_events *e = context;
    if (!e->failed)
        write_some(e);
}

/* ---- life ---- */

int wzp_relay_events_open(struct wzp_relay_events **out, struct wzp_loop *l,
                          struct wzp_relay *relay, const char *path, size_t limit,
                          const struct wzp_log *log, struct wzp_error *err)
{
    struct wzp_relay_events *e = wzp_calloc(1, sizeof *e);
    *out = NULL;
    if (!e)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the event log");
    e->loop = l;
    e->relay = relay;
    e->log = *log;
    e->limit = limit;
    int result = wzp_text_copy(e->path, sizeof e->path, path)
                     ? begin_file(e, err)
                     : wzp_error_set(err, WZP_E_TOO_BIG, "the path of the event log is too long");
    if (!result &&
        (wzp_relay_events_start(relay) || wzp_timer_start(&e->timer, l, STEP, STEP, on_time, e)))
        result = wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the event log");
    *out = e;
    if (result) {
        e->failed = true;
        wzp_relay_events_close(e);
        *out = NULL;
    }
    return result;
}

void wzp_relay_events_close(struct wzp_relay_events *e)
{
    if (!e)
        return;
    wzp_timer_close(e->timer);
    if (!e->failed)
        write_some(e);
    if (e->file)
        fclose(e->file);
    wzp_free(e);
}

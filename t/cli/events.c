/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every event as a JSON line and as a sentence: lines parse, begin with t and event, and hold no
 * key that the manual does not explain. */
#include "cli/events.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "tap.h"
#include "wire/signal.h"

static char *manual;
static char printed[8192];

/* Reads back what was written to the file since the last time. */
static const char *take(FILE *file)
{
    rewind(file);
    size_t length = fread(printed, 1, sizeof printed - 1, file);
    printed[length] = 0;
    rewind(file);
    if (ftruncate(fileno(file), 0))
        bail("cannot empty a file");
    return printed;
}

/* A word of a line that begins with `macro` in the manual. */
static bool explains(const char *macro, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(manual, macro); at; at = strstr(at + 1, macro)) {
        const char *end = strchr(at + 1, '\n');
        for (const char *hit = strstr(at, word); hit && hit < end; hit = strstr(hit + 1, word))
            if (hit[-1] == ' ' && (hit[length] == ' ' || hit[length] == '\n'))
                return true;
    }
    return false;
}

static void check_keys(json_t *object, const char *event)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!explains("\n.Va ", key))
            ok(false, "wzp.1 explains the key %s of %s", key, event);
        if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            check_keys(json_array_get(value, 0), event);
    }
}

static void check_line(const char *line, const char *event)
{
    char begin[64];
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (!object && tap_oom_mode())
        return;
    snprintf(begin, sizeof begin, "{\"t\":1.5,\"event\":\"%s\"", event);
    ok(object && strncmp(line, begin, strlen(begin)) == 0 &&
           strcspn(line, "\n") == strlen(line) - 1,
       "%s is one line of JSON, t and event first", event);
    ok(explains("\n.It Cm ", event), "wzp.1 explains the event %s", event);
    check_keys(object, event);
    json_decref(object);
}

#define TEXT "text \"quoted\" \\ \xc3\xa4"

static void fill_relay(struct wzp_event *v)
{
    switch (v->type) {
    case WZP_EVENT_REGISTERED:
        v->u.registered.relay = "r.example";
        v->u.registered.remote = "192.0.2.1:4433";
        v->u.registered.build = "1";
        v->u.registered.region = "eu";
        break;
    case WZP_EVENT_UNREGISTERED:
        v->u.unregistered.relay = "r.example";
        v->u.unregistered.text = TEXT;
        break;
    case WZP_EVENT_RELAY_PIN:
        v->u.relay_pin.relay = "r.example";
        v->u.relay_pin.remote = "192.0.2.1:4433";
        v->u.relay_pin.certificate = "aa:bb";
        v->u.relay_pin.text = TEXT;
        break;
    case WZP_EVENT_PONG:
        v->u.pong.relay = "r.example";
        v->u.pong.remote = "192.0.2.1:4433";
        v->u.pong.build = "1";
        v->u.pong.certificate = "aa:bb";
        v->u.pong.rtt_ms = 5;
        break;
    case WZP_EVENT_CONNECTING:
        v->u.connecting.relay = "r.example";
        v->u.connecting.remote = "192.0.2.1:4433";
        break;
    default: break;
    }
}

static struct wzp_event full(enum wzp_event_type type)
{
    static const struct wzp_member member = {"f", "a", "label"};
    struct wzp_event v = {.type = type,
                          .session = 7,
                          .about = {.peer = "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa",
                                    .alias = "broken \xff utf-8",
                                    .call_id = "c1",
                                    .room = "tea"}};
    switch (type) {
    case WZP_EVENT_INCOMING: v.u.incoming.why = "why"; break;
    case WZP_EVENT_JOINED:
    case WZP_EVENT_PATH:
        v.u.path.remote = "192.0.2.1:4433";
        v.u.path.relay = "r.example";
        v.u.path.why = "why";
        v.u.path.rtt_ms = 5;
        break;
    case WZP_EVENT_SECURITY:
        v.u.security.e2e = true;
        v.u.security.sas = "1234-5678-9012";
        v.u.security.why = "why";
        break;
    case WZP_EVENT_QUALITY: v.u.quality.text = TEXT; break;
    case WZP_EVENT_NOTICE: v.u.notice.text = TEXT; break;
    case WZP_EVENT_ENDED:
        v.u.ended.reason = WZP_END_BUSY;
        v.u.ended.text = TEXT;
        break;
    case WZP_EVENT_ERROR:
        v.u.error.code = WZP_E_NETWORK;
        v.u.error.relay = "r.example";
        v.u.error.text = TEXT;
        break;
    case WZP_EVENT_MEMBERS:
        v.u.members.items = &member;
        v.u.members.count = 1;
        break;
    default: fill_relay(&v); break;
    }
    return v;
}

TAP_MAIN
{
    FILE *file = tmpfile();
    struct wzp_events e = {.out = file, .command = "test", .json = true, .began = WZP_SECOND};
    uint64_t now = e.began + 1500 * WZP_MILLISECOND;
    struct wzp_session_stats stats = {.direct = true, .duration_ms = 1500};
    if (!file)
        bail("no temporary file");
    wzp_signal_use_allocator();
    manual = tap_read_file(tap_source_path("man/wzp.1"), NULL);
    for (int type = 0; type < WZP_EVENT_COUNT; type++) {
        struct wzp_event event = full((enum wzp_event_type)type);
        wzp_events_print(&e, &event, "Ann", now);
        check_line(take(file), wzp_event_name(event.type));
    }
    for (int reason = 0; reason < WZP_END_COUNT; reason++)
        ok(explains("\n.Cm ", wzp_end_reason_name((enum wzp_end_reason)reason)),
           "wzp.1 explains the reason %s", wzp_end_reason_name((enum wzp_end_reason)reason));
    wzp_events_stats(&e, 7, &stats, now);
    check_line(take(file), "stats");

    e.json = false;
    for (int type = 0; type < WZP_EVENT_COUNT; type++) {
        struct wzp_event event = full((enum wzp_event_type)type);
        struct wzp_event bare = {.type = (enum wzp_event_type)type};
        if (type == WZP_EVENT_ERROR)
            continue; /* goes to stderr */
        wzp_events_print(&e, &event, NULL, now);
        const char *text = take(file);
        /* The members of a call's room are the two who talk; who mutes is told by the word. */
        ok(type == WZP_EVENT_MEMBERS || type == WZP_EVENT_MUTED || text[strlen(text) - 1] == '\n',
           "%s as a sentence", wzp_event_name(event.type));
        wzp_events_print(&e, &bare, NULL, now);
        ok(!strstr(take(file), "(null)"), "%s without facts", wzp_event_name(event.type));
    }
    struct wzp_event room = full(WZP_EVENT_MEMBERS);
    room.about.peer = "";
    wzp_events_print(&e, &room, NULL, now);
    is_str(take(file), "in the room: 1 - a (on label)\n", "members of a room are listed");
    free(manual);
    fclose(file);
}

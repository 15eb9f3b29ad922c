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

static struct wzp_phone_event full(enum wzp_phone_event_type type)
{
    static const struct wzp_phone_member member = {"f", "a", "label"};
    return (struct wzp_phone_event){.type = type,
                                    .session = 7,
                                    .code = WZP_E_NETWORK,
                                    .reason = WZP_END_BUSY,
                                    .text = "text \"quoted\" \\ \xc3\xa4",
                                    .why = "why",
                                    .peer = "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa",
                                    .alias = "broken \xff utf-8",
                                    .call_id = "c1",
                                    .room = "tea",
                                    .relay = "r.example",
                                    .build = "1",
                                    .region = "eu",
                                    .remote = "192.0.2.1:4433",
                                    .sas = "1234-5678-9012",
                                    .fingerprint = "aa:bb",
                                    .e2e = true,
                                    .rtt_ms = 5,
                                    .members = &member,
                                    .member_count = 1};
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
        struct wzp_phone_event event = full((enum wzp_phone_event_type)type);
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
        struct wzp_phone_event event = full((enum wzp_phone_event_type)type);
        struct wzp_phone_event bare = {.type = (enum wzp_phone_event_type)type};
        if (type == WZP_EVENT_ERROR)
            continue; /* goes to stderr */
        wzp_events_print(&e, &event, NULL, now);
        const char *text = take(file);
        /* The members of a call's room are the two who talk. */
        ok(type == WZP_EVENT_MEMBERS || text[strlen(text) - 1] == '\n', "%s as a sentence",
           wzp_event_name(event.type));
        wzp_events_print(&e, &bare, NULL, now);
        ok(!strstr(take(file), "(null)"), "%s without facts", wzp_event_name(event.type));
    }
    struct wzp_phone_event room = full(WZP_EVENT_MEMBERS);
    room.peer = "";
    wzp_events_print(&e, &room, NULL, now);
    is_str(take(file), "in the room: 1 - a (on label)\n", "members of a room are listed");
    free(manual);
    fclose(file);
}

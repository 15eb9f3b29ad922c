/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of events: every row yields a JSON line whose keys the manual explains, a sentence, and
 * a copy that outlives the event. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/event_data.h"
#include "base/alloc.h"
#include "nat/race_reason.h"
#include "tap.h"

static char *manual;

/* True when the manual has a line that begins with `macro` and contains the word. */
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

/* ---- events with a value in every field ---- */

static char texts[64][48];
static struct wzp_member member = {.fingerprint = "f", .alias = "a", .relay_label = "label"};

static void fill_field(struct wzp_event *event, const struct wzp_event_field *field, size_t n)
{
    void *at = (char *)event + field->offset;
    switch ((enum wzp_field_form)field->form) {
    case WZP_FORM_TEXT:
    case WZP_FORM_NAME:
        snprintf(texts[n], sizeof texts[0], "%s \"quoted\" \\ \xc3\xa4 \xff", field->name);
        *(const char **)at = texts[n];
        break;
    case WZP_FORM_WORDS: *(const char **)at = "192.0.2.1:4 [2001:db8::1]:5"; break;
    case WZP_FORM_CLAIM: break; /* fills the same field as the name */
    case WZP_FORM_CHARS: strcpy(at, "x"); break;
    case WZP_FORM_BOOLEAN:
    case WZP_FORM_SIDE:
    case WZP_FORM_DIRECT: *(bool *)at = true; break;
    case WZP_FORM_INT: *(int *)at = -19; break;
    case WZP_FORM_UNSIGNED: *(unsigned *)at = 7; break;
    case WZP_FORM_U64: *(uint64_t *)at = 8; break;
    case WZP_FORM_SIZE: *(size_t *)at = 9; break;
    case WZP_FORM_DOUBLE: *(double *)at = 1.25; break;
    case WZP_FORM_NS_IN_MS: *(uint64_t *)at = 1500000; break;
    case WZP_FORM_MS_IN_S: *(uint64_t *)at = 2500; break;
    case WZP_FORM_CODEC: *(uint8_t *)at = 6; break;
    case WZP_FORM_PIN: *(enum wzp_pin_verdict *)at = WZP_PIN_MISMATCH; break;
    case WZP_FORM_REASON: *(enum wzp_end_reason *)at = WZP_END_BUSY; break;
    case WZP_FORM_PRESENCE: *(enum wzp_presence *)at = WZP_PRESENCE_ONLINE; break;
    case WZP_FORM_REBUILT: break; /* derived from other fields */
    case WZP_FORM_MEMBERS:
        event->u.members.items = &member;
        event->u.members.count = 1;
        break;
    }
}

static void fill(struct wzp_event *event, enum wzp_event_type type)
{
    const struct wzp_event_row *row = wzp_event_row(type);
    const struct wzp_event_field *field;
    size_t n = 0;
    memset(event, 0, sizeof *event);
    event->type = type;
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        fill_field(event, field, n++);
    for (size_t i = 0; i < row->count; i++)
        fill_field(event, &row->fields[i], n++);
}

/* ---- JSON ---- */

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

static void check_json(const struct wzp_event *event, bool is_full)
{
    const struct wzp_event_row *row = wzp_event_row(event->type);
    char begin[64], *line;
    size_t length, common = 0;
    if (wzp_event_json(&line, &length, event, 1.5)) {
        ok(tap_oom_mode(), "a line of %s", row->name);
        return;
    }
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    while (wzp_event_common_field(common))
        common++;
    snprintf(begin, sizeof begin, "{\"t\":1.5,\"event\":\"%s\"", row->name);
    ok(object && strncmp(line, begin, strlen(begin)) == 0 && !strchr(line, '\n'),
       "%s is one line of JSON, t and event first", row->name);
    if (is_full) /* a contact's name is proven, or a claim */
        is_int(json_object_size(object), 2 + common - 1 + row->count, "with all its keys");
    check_keys(object, row->name);
    json_decref(object);
    wzp_free(line);
}

/* ---- rows ---- */

/* Every {name} is a field, every bracket is closed. */
static bool is_template(enum wzp_event_type type, const char *text)
{
    int open = 0;
    for (; *text; text++) {
        open += (*text == '[') - (*text == ']');
        if (open < 0 || open > 3)
            return false;
        if (*text != '{')
            continue;
        text += 1 + (text[1] == '?' || text[1] == '!');
        size_t length = strcspn(text, "}:=");
        if (!wzp_event_field_find(type, text, length) && strncmp(text, "who}", 4) != 0)
            return false;
        text += strcspn(text, "}");
    }
    return open == 0;
}

static void check_row(enum wzp_event_type type)
{
    const struct wzp_event_row *row = wzp_event_row(type);
    struct wzp_event full, bare = {.type = type};
    char sentence[2048];
    is_str(row->name, wzp_event_name(type), "the row of %s", row->name);
    ok(row->help && row->help[0] && explains("\n.It Cm ", row->name), "wzp.1 explains it");
    ok(!row->text || is_template(type, row->text), "its sentence names fields it has");
    fill(&full, type);
    check_json(&full, true);
    check_json(&bare, false);
    wzp_event_sentence(sentence, sizeof sentence, &bare);
    ok(!strstr(sentence, "(null)"), "without facts: %s", sentence);
    char tiny[8];
    ok(wzp_event_sentence(tiny, sizeof tiny, &full) < sizeof tiny,
       "a sentence is cut to its place");
}

/* ---- copies ---- */

static void check_copy(enum wzp_event_type type)
{
    struct wzp_event event;
    char *before = NULL, *after = NULL;
    size_t length;
    fill(&event, type);
    strcpy(member.alias, "a");
    struct wzp_event *copy = wzp_event_copy(&event);
    if (!copy)
        return;
    int result = wzp_event_json(&before, &length, &event, 0);
    memset(texts, 'x', sizeof texts - 1);
    strcpy(member.alias, "other");
    if (!result)
        result = wzp_event_json(&after, &length, copy, 0);
    ok(result == WZP_E_MEMORY || strcmp(before, after) == 0, "a copy of %s lives on",
       wzp_event_name(type));
    wzp_free(before);
    wzp_free(after);
    wzp_event_free(copy);
}

/* ---- the sentences ---- */

static void says(const struct wzp_event *event, const char *want)
{
    char sentence[1024];
    wzp_event_sentence(sentence, sizeof sentence, event);
    is_str(sentence, want, "%s", wzp_event_name(event->type));
}

#define EVENT(kind)                                                                                \
    {                                                                                              \
        .type = WZP_EVENT_##kind                                                                   \
    }

static void test_relay_sentences(void)
{
    struct wzp_event v = EVENT(REGISTERED);
    v.u.registered.relay = "r:1";
    says(&v, "registered at r:1");
    v.u.registered.build = "2.0";
    v.u.registered.proven = true;
    says(&v, "registered at r:1, build 2.0, identity proven");
    v = (struct wzp_event)EVENT(UNREGISTERED);
    v.u.unregistered.relay = "r:1";
    v.u.unregistered.text = "gone";
    says(&v, "not registered at r:1: gone");
    v.u.unregistered.retry_ms = 4000;
    says(&v, "not registered at r:1: gone; next try in 4 s");
    v = (struct wzp_event)EVENT(RELAY_PIN);
    v.u.relay_pin.relay = "r:1";
    v.u.relay_pin.text = "seen first";
    v.u.relay_pin.certificate = "aa:bb";
    says(&v, "relay r:1: seen first\n      (aa:bb)");
    v.u.relay_pin.pin = WZP_PIN_MISMATCH;
    says(&v,
         "WARNING: relay r:1 shows another certificate than before. Somebody may be in between.\n"
         "      now:    aa:bb");
    v.u.relay_pin.known = "cc:dd";
    says(&v,
         "WARNING: relay r:1 shows another certificate than before. Somebody may be in between.\n"
         "      now:    aa:bb\n      before: cc:dd");
    v.u.relay_pin.pin = WZP_PIN_UPDATED;
    says(&v, "relay r:1 has a new certificate and proved that it is the same relay");
    v = (struct wzp_event)EVENT(PONG);
    v.u.pong.relay = "r:1";
    v.u.pong.certificate = "aa";
    v.u.pong.rtt_ms = 12;
    says(&v, "r:1: 12 ms, build unknown, certificate aa (not seen before)");
    v.u.pong.build = "3";
    v.u.pong.pin = WZP_PIN_MATCH;
    says(&v, "r:1: 12 ms, build 3, certificate aa (known)");
    v = (struct wzp_event)EVENT(ERROR);
    v.u.error.text = "no";
    says(&v, "no");
    v.u.error.relay = "r:1";
    says(&v, "r:1: no");
}

/* One member of a room cannot look like several, nor carry the marks of another. */
static void test_disguises(const struct wzp_event *room)
{
    static const struct {
        const char *alias, *label, *fingerprint, *want;
    } rows[] = {
        {"Ann, Bob (on Berlin), Carl", "", "1f3a:77c0:9e12:4b5d",
         "in the room: 1 - \"Ann, Bob (on Berlin), Carl\" 1f3a:77c0"},
        {"Ann\" (you), \"Bob", "", "1f3a:77c0:9e12:4b5d",
         "in the room: 1 - \"Ann' (you), 'Bob\" 1f3a:77c0"},
        {"Ann", "x\"), \"Bob\" (you", "1f3a:77c0:9e12:4b5d",
         "in the room: 1 - \"Ann\" 1f3a:77c0 (on \"x'), 'Bob' (you\")"},
        {"Ann", "", ", Bob", "in the room: 1 - \"Ann\""},
        {"", "", "Ann, Bob", "in the room: 1 - \"Ann, Bob\""},
        {"", "", "1f3a:77c0:9e12:4b5d", "in the room: 1 - 1f3a:77c0:9e12:4b5d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_member one = {0};
        struct wzp_event v = *room;
        strcpy(one.alias, rows[i].alias);
        strcpy(one.relay_label, rows[i].label);
        strcpy(one.fingerprint, rows[i].fingerprint);
        v.u.members.items = &one;
        v.u.members.count = 1;
        says(&v, rows[i].want);
    }
}

static void test_call_sentences(void)
{
    struct wzp_event v = EVENT(INCOMING);
    v.about.peer = "6871";
    says(&v, "incoming call from 6871 (identity not proven: hop-by-hop only)");
    v.u.incoming.proven = true;
    v.about.alias = "Ann";
    says(&v, "incoming call from 6871, who goes by \"Ann\"");
    v.about.alias = "Ann\" (identity proven) \"";
    says(&v, "incoming call from 6871, who goes by \"Ann' (identity proven) '\"");
    v.about.name = "Annette";
    says(&v, "incoming call from Annette (6871)");
    v = (struct wzp_event)EVENT(JOINED);
    v.about.room = "tea";
    says(&v, "connected to room tea");
    v.about.peer = "6871";
    says(&v, "connected");
    v = (struct wzp_event)EVENT(MEMBERS);
    v.u.members.items = &member;
    v.u.members.count = 1;
    strcpy(member.alias, "a");
    says(&v, "in the room: 1 - \"a\" f (on \"label\")");
    member.self = true;
    says(&v, "in the room: 1 - \"a\" (you) (on \"label\")");
    check_json(&v, false);
    member.unproven = true;
    says(&v, "in the room: 1 - \"a\" (you) (on \"label\")");
    member.self = false;
    says(&v, "in the room: 1 - \"a\" f (not proven) (on \"label\")");
    check_json(&v, false);
    member.name = "Annette";
    says(&v, "in the room: 1 - Annette (not proven) (on \"label\")");
    check_json(&v, false);
    member.unproven = false;
    struct wzp_event *copy = wzp_event_copy(&v);
    ok(tap_oom_mode() || (copy && copy->u.members.items[0].name != member.name &&
                          strcmp(copy->u.members.items[0].name, "Annette") == 0),
       "a copy of the event has the contact's name for itself");
    wzp_event_free(copy);
    member.name = NULL;
    test_disguises(&v);
    v.about.peer = "6871";
    says(&v, "");
    v = (struct wzp_event)EVENT(PATH);
    v.u.path.remote = "192.0.2.1:1";
    says(&v, "media path: relay 192.0.2.1:1, 0 ms round trip");
    v.u.path.direct = true;
    v.u.path.why = "best";
    v.u.path.rtt_ms = 3;
    says(&v, "media path: direct to 192.0.2.1:1, 3 ms round trip, best");
    v = (struct wzp_event)EVENT(SECURITY);
    v.u.security.why = "the other program cannot";
    says(&v, "encrypted to the relay only: the other program cannot");
    v.u.security.e2e = true;
    v.u.security.sas = "1-2";
    says(&v, "end-to-end encryption agreed, safety code 1-2");
    v.u.security.confirmed = true;
    says(&v, "end-to-end encrypted, safety code 1-2 (compare it by voice)");
    v.u.security.verified = true;
    says(&v, "end-to-end encrypted, safety code 1-2 (verified)");
    v.u.security.verified_on = "2025-11-26";
    says(&v, "end-to-end encrypted, safety code 1-2 (verified on 2025-11-26)");
    v = (struct wzp_event)EVENT(ENDED);
    v.u.ended.reason = WZP_END_BUSY;
    says(&v, "ended: busy");
    v.u.ended.text = "later";
    says(&v, "ended: busy, later");
    v.u.ended.duration_ms = 3723400;
    says(&v, "ended: busy, later, after 1:02:03");
    v.u.ended.duration_ms = 67000;
    says(&v, "ended: busy, later, after 1:07");
    v.u.ended.duration_ms = 999;
    says(&v, "ended: busy, later");
    v.u.ended.unannounced = true;
    v.about.peer = "1111:2222";
    says(&v, "ended: busy, later; it was 1111:2222");
    v.about.name = "Annette";
    v.session = 7;
    says(&v, "ended: busy, later; it was Annette (1111:2222) (not proven)");
    v.about.proven = true;
    says(&v, "ended: busy, later; it was Annette (1111:2222)");
}

static void has_name(struct wzp_event *event, const char *name, const char *claims)
{
    static const char *const keys[] = {"name", "claims"};
    const char *const want[] = {name, claims};
    for (size_t i = 0; i < 2; i++) {
        struct wzp_value value;
        const struct wzp_event_field *field =
            wzp_event_field_find(event->type, keys[i], strlen(keys[i]));
        if (!ok(field != NULL, "%s has a field %s", wzp_event_name(event->type), keys[i]))
            continue;
        wzp_event_value(&value, event, field);
        is_str(value.kind == WZP_VALUE_TEXT ? value.text : "", want[i], "%s of %s", keys[i],
               wzp_event_name(event->type));
    }
}

/* A program that only looks at a contact's name must not take an unproven peer for that contact. */
static void test_names(void)
{
    struct wzp_event v = EVENT(INCOMING);
    v.session = 7;
    v.about.name = "Annette";
    has_name(&v, "", "Annette");
    v.about.proven = true;
    has_name(&v, "Annette", "");
    v = (struct wzp_event)EVENT(RINGING);
    v.session = 7;
    v.about.name = "Annette";
    v.about.outgoing = true;
    has_name(&v, "Annette", "");
    v = (struct wzp_event)EVENT(PRESENCE);
    v.about.name = "Annette";
    has_name(&v, "Annette", "");
}

/* A line for a terminal is cut neither inside a name nor inside a character. */
static void test_long_sentences(void)
{
    static struct wzp_member many[100];
    struct wzp_event v = EVENT(MEMBERS);
    char sentence[120];
    v.about.room = "tea";
    v.u.members.items = many;
    v.u.members.count = 100;
    for (size_t i = 0; i < 100; i++)
        snprintf(many[i].alias, sizeof many[i].alias, "Person %zu", i);
    wzp_event_sentence(sentence, sizeof sentence, &v);
    is_str(
        sentence,
        "in the room: 100 - \"Person 0\", \"Person 1\", \"Person 2\", \"Person 3\", \"Person 4\", "
        "\"Person 5\", \"Person 6\" and 93 more",
        "a full room is cut after a name, and says how many more there are");
    v.u.members.count = 3;
    wzp_event_sentence(sentence, 54, &v);
    is_str(sentence, "in the room: 3 - \"Person 0\", \"Person 1\", \"Person 2\"",
           "who fits is told");
    v = (struct wzp_event)EVENT(NOTICE);
    v.u.notice.text = "\xc3\xa4\xc3\xa4\xc3\xa4";
    for (size_t size = 1; size < 8; size++) {
        wzp_event_sentence(sentence, size, &v);
        ok(strlen(sentence) == (size - 1) / 2 * 2, "%zu bytes hold whole characters", size);
    }
}

static void test_stats_sentence(void)
{
    struct wzp_event v = EVENT(STATS);
    v.u.stats.duration_ms = 1500;
    v.u.stats.path.rtt_smoothed = 12400000;
    v.u.stats.heard.frames_dred = 2;
    v.u.stats.heard.frames_lbrr = 3;
    v.u.stats.level_out_dbfs = -20;
    v.u.stats.mos = 4.33;
    says(&v, "2 s: relay, rtt 12 ms, loss 0.0 %, jitter 0 ms, buffer 0 ms, rebuilt 5, concealed 0, "
             "heard -20 dBFS, MOS 4.3");
}

TAP_MAIN
{
    manual = tap_read_file(tap_source_path("man/wzp.1"), NULL);
    for (int type = 0; type < WZP_EVENT_COUNT; type++) {
        check_row((enum wzp_event_type)type);
        check_copy((enum wzp_event_type)type);
    }
    ok(!wzp_event_row(WZP_EVENT_COUNT), "and no more");
    for (int reason = 0; reason < WZP_END_COUNT; reason++)
        ok(explains("\n.Cm ", wzp_end_reason_name((enum wzp_end_reason)reason)),
           "wzp.1 explains the reason %s", wzp_end_reason_name((enum wzp_end_reason)reason));
    for (int reason = 0; reason < WZP_RACE_REASONS; reason++)
        ok(explains("\n.Cm ", wzp_race_reason_word((enum wzp_race_reason)reason)),
           "wzp.1 explains the path's reason %s",
           wzp_race_reason_word((enum wzp_race_reason)reason));
    test_relay_sentences();
    test_call_sentences();
    test_names();
    test_long_sentences();
    test_stats_sentence();
    free(manual);
}

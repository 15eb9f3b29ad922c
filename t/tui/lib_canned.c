/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/lib_canned.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static uint64_t wall_ms(void *context)
{
    return ((struct canned *)context)->wall_ms;
}

static void facts(void *context, struct wzp_view_facts *out)
{
    *out = ((struct canned *)context)->facts;
}

static bool session(void *context, size_t i, struct wzp_view_session *out)
{
    struct canned *c = context;
    if (i >= c->session_count)
        return false;
    *out = c->sessions[i];
    return true;
}

static const struct wzp_view_contact contacts[] = {
    {"Ann", "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845", WZP_VIEW_ONLINE, true, true, 1795708500,
     false, true},
    {"Bob from work", "9c1e:0001:ffee:1234:5678:9abc:def0:4242", WZP_VIEW_OFFLINE, true, false,
     1795626000, true, false},
    {"渡辺 さくら", "77aa:1100:2233:4455:6677:8899:aabb:ccdd", WZP_VIEW_ONLINE, true, true,
     1795021200, false, false},
    {"Rene\xcc\x81 Ha\xcc\x8a"
     "kan",
     "0b0b:1111:2222:3333:4444:5555:6666:7777", WZP_VIEW_UNPROVEN, false, false, 0, false, false},
    {"שלום", "5e5e:2222:3333:4444:5555:6666:7777:8888", WZP_VIEW_OFFLINE, false, false, 1764172800,
     false, true},
    {"An extremely long name that nobody could ever remember in full",
     "a1a1:3333:4444:5555:6666:7777:8888:9999", WZP_VIEW_UNKNOWN, false, false, 0, false, false},
};
#define CONTACTS (sizeof contacts / sizeof contacts[0])

static size_t contact_count(void *context)
{
    return ((struct canned *)context)->contact_count;
}

static bool contact(void *context, size_t i, struct wzp_view_contact *out)
{
    if (i >= contact_count(context))
        return false;
    if (i < CONTACTS) {
        *out = contacts[i];
        return true;
    }
    *out = (struct wzp_view_contact){.fingerprint = "0000:0000:0000:0000:0000:0000:0000:0000"};
    snprintf(out->name, sizeof out->name, "Contact %zu", i);
    return true;
}

static size_t pasts(void *context)
{
    return ((struct canned *)context)->past_count;
}

static bool past(void *context, size_t i, struct wzp_view_past *out)
{
    static const struct wzp_view_past rows[] = {
        {.at_seconds = 1795708500,
         .duration_seconds = 754,
         .kind = WZP_VIEW_OUT,
         .e2e = true,
         .direct = true,
         .why = "direct over the local network",
         .peer = "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
         .name = "Ann"},
        {.at_seconds = 1795626000,
         .kind = WZP_VIEW_IN,
         .reason = WZP_END_CANCELLED,
         .peer = "9c1e:0001:ffee:1234:5678:9abc:def0:4242",
         .name = "Bob from work"},
        {.at_seconds = 1795593600,
         .duration_seconds = 4021,
         .kind = WZP_VIEW_ROOM,
         .peer = "general"},
        {.at_seconds = 1795021200,
         .duration_seconds = 61,
         .kind = WZP_VIEW_IN,
         .reason = WZP_END_LOST,
         .why = "over the relay: both routers use another port for every destination",
         .peer = "77aa:1100:2233:4455:6677:8899:aabb:ccdd",
         .name = "渡辺 さくら"},
        {.at_seconds = 1764172800,
         .kind = WZP_VIEW_OUT,
         .reason = WZP_END_TIMEOUT,
         .peer = "dead:beef:0000:1111:2222:3333:4444:5555"},
    };
    if (i >= pasts(context))
        return false;
    *out = rows[i % (sizeof rows / sizeof rows[0])];
    return true;
}

static bool relay(void *context, size_t i, struct wzp_view_relay *out)
{
    static const struct wzp_view_relay rows[] = {
        {.name = "relay.example.org:4433",
         .home = true,
         .registered = true,
         .measured = true,
         .rtt_ms = 23,
         .build = "wzp 0.1",
         .proven = true},
        {.name = "old.example.net:4433", .measured = true, .rtt_ms = 187, .build = "9377a90"},
        {.name = "gone.example.com:4433", .error = "no answer within 3 s"},
        {.name = "[2001:db8::7]:4433", .changed = true},
    };
    (void)context;
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = rows[i];
    return true;
}

static bool setting(void *context, size_t i, struct wzp_view_setting *out)
{
    static const struct wzp_view_setting rows[] = {
        {"relay", "host:port", "", "the home relay", "relay.example.org:4433"},
        {"in", "source", "alsa:default", "microphone", "alsa:default"},
        {"out", "sink", "alsa:default", "loudspeaker", "alsa:headset"},
        {"alias", "text", "", "name shown to others", "Quiet Otter"},
        {"e2e", "word", "prefer", "end-to-end encryption: prefer, require, off", "require"},
        {"ring_seconds", "number", "60", "seconds until an outgoing call gives up", "60"},
    };
    (void)context;
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = rows[i];
    return true;
}

static bool device(void *context, size_t i, struct wzp_view_device *out)
{
    static const struct wzp_view_device rows[] = {
        {"alsa:default", "what the system prefers", true, true, true, false},
        {"alsa:headset", "USB headset, analog stereo", true, true, false, true},
        {"alsa:hdmi", "monitor", false, true, false, false},
        {"tone:440", "a tone instead of a microphone", true, false, false, false},
    };
    (void)context;
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = rows[i];
    return true;
}

static void sound(void *context, struct wzp_view_sound *out)
{
    *out = ((struct canned *)context)->sound;
}

static void check(void *context, struct wzp_view_check *out)
{
    *out = ((struct canned *)context)->check;
}

static bool finding(void *context, size_t i, struct wzp_view_finding *out)
{
    static const struct wzp_view_finding rows[] = {
        {"UDP over IPv4", "works, seen as 203.0.113.7:40112", -1, WZP_VIEW_GOOD},
        {"UDP over IPv6", "no address", -1, WZP_VIEW_DOUBT},
        {"Mapping", "the same port for everybody", -1, WZP_VIEW_GOOD},
        {"Filtering", "only who was written to gets in", -1, WZP_VIEW_PLAIN},
        {"Hairpin", "not supported by the router", -1, WZP_VIEW_BAD},
        {"relay.example.org", "nearest", 23, WZP_VIEW_GOOD},
        {"old.example.net", "", 187, WZP_VIEW_DOUBT},
    };
    struct canned *c = context;
    if (i >= sizeof rows / sizeof rows[0] || (!c->check.running && !c->check.verdict[0]))
        return false;
    *out = rows[i];
    return true;
}

static bool script(void *context, size_t i, struct wzp_view_script *out)
{
    static const struct wzp_view_script rows[] = {
        {"init.lua", "declines strangers after ten", "running", true},
        {"night.lua", "", "", false},
    };
    (void)context;
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = rows[i];
    return true;
}

static bool script_line(void *context, size_t i, size_t n, char *out, size_t capacity)
{
    static const char *const lines[] = {"declined Mallory", "it is ten", "watching"};
    (void)context;
    if (i != 0 || n >= sizeof lines / sizeof lines[0])
        return false;
    snprintf(out, capacity, "%s", lines[n]);
    return true;
}

/* Ann is speaking, Bob is silenced, and one speaker's name is not known from the relay. */
static bool voice(void *context, wzp_session_id id, size_t i, struct wzp_voice *out)
{
    struct canned *c = context;
    static const struct wzp_voice rows[] = {
        {.number = 2,
         .fingerprint = "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
         .alias = "Ann",
         .volume_percent = 120,
         .level_dbfs = -18},
        {.number = 3,
         .fingerprint = "9c1e:0001:ffee:1234:5678:9abc:def0:4242",
         .alias = "Bob",
         .level_dbfs = -30},
        {.number = 257, .volume_percent = 100, .level_dbfs = -42},
    };
    (void)id;
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = rows[i];
    out->speaking = c->speaking && i != 1;
    return true;
}

static unsigned volume(void *context, wzp_session_id id, const char *who)
{
    (void)context;
    (void)id;
    return strncmp(who, "1f3a", 4) == 0 ? 120 : strncmp(who, "9c1e", 4) == 0 ? 0 : 100;
}

static const struct wzp_view_command commands[] = {
    {"call", "calls a contact or a fingerprint", "PEER", true},
    {"room", "joins a room", "ROOM", true},
    {"answer", "answers the call", "[SESSION]", false},
    {"hangup", "ends the call, or leaves the room", "[SESSION]", false},
    {"mute", "nobody hears you", "[SESSION]", false},
    {"set", "changes a setting", "KEY TEXT", true},
};

static bool command(void *context, size_t i, struct wzp_view_command *out)
{
    (void)context;
    if (i >= sizeof commands / sizeof commands[0])
        return false;
    *out = commands[i];
    return true;
}

static int run(void *context, const char *line, char *told, size_t capacity, struct wzp_error *err)
{
    struct canned *c = context;
    if (c->line_count == CANNED_LINES)
        memmove(c->lines, c->lines + 1, sizeof c->lines[0] * --c->line_count);
    snprintf(c->lines[c->line_count++], sizeof c->lines[0], "%s", line);
    snprintf(told, capacity, "%s", strncmp(line, "mute", 4) == 0 ? "you are muted" : "");
    return c->run_result ? wzp_error_set(err, c->run_result, "that did not work") : 0;
}

static size_t complete(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner)
{
    struct wzp_view_contact contact_row;
    if (!strchr(line, ' '))
        for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
            each(owner, commands[i].name, commands[i].help);
    if (strncmp(line, "call ", 5) == 0)
        for (size_t i = 0; contact(context, i, &contact_row) && i < 20; i++)
            each(owner, contact_row.name, contact_row.fingerprint);
    return 0;
}

static size_t say(void *context, char *out, size_t capacity, const struct wzp_event *event)
{
    const struct canned *c = context;
    out[0] = '\0';
    if (event->type == WZP_EVENT_ERROR)
        snprintf(out, capacity, "%s", event->u.error.text);
    if (event->type == WZP_EVENT_PATH && c->says_paths)
        snprintf(out, capacity, "media path: %s", event->u.path.remote);
    if (event->type == WZP_EVENT_RINGING && c->says_paths)
        snprintf(out, capacity, "ringing");
    if (event->type == WZP_EVENT_INCOMING)
        snprintf(out, capacity, "%s is calling", event->about.name);
    return strlen(out);
}

static bool words(void *context, char *out, size_t capacity)
{
    (void)context;
    snprintf(out, capacity,
             "abandon ability able about above absent absorb abstract absurd abuse access accident "
             "account accuse achieve acid acoustic acquire across act action actor actress actual");
    return true;
}

void canned_init(struct canned *c)
{
    *c = (struct canned){
        .wall_ms = UINT64_C(1795712531000), .contact_count = CONTACTS, .past_count = 5};
    c->view = (struct wzp_view){.context = c,
                                .wall_ms = wall_ms,
                                .facts = facts,
                                .session = session,
                                .contacts = contact_count,
                                .contact = contact,
                                .pasts = pasts,
                                .past = past,
                                .relay = relay,
                                .setting = setting,
                                .device = device,
                                .sound = sound,
                                .check = check,
                                .finding = finding,
                                .script = script,
                                .script_line = script_line,
                                .voice = voice,
                                .volume = volume,
                                .command = command,
                                .run = run,
                                .complete = complete,
                                .say = say,
                                .words = words};
    snprintf(c->facts.fingerprint, sizeof c->facts.fingerprint,
             "c0de:5678:9abc:def0:1234:5678:9abc:def0");
    snprintf(c->facts.alias, sizeof c->facts.alias, "Quiet Otter");
    snprintf(c->facts.relay, sizeof c->facts.relay, "relay.example.org:4433");
    c->facts.registered = true;
}

struct wzp_view_session *canned_call(struct canned *c, wzp_session_id id)
{
    struct wzp_view_session *s = &c->sessions[c->session_count++];
    *s = (struct wzp_view_session){.id = id, .state = WZP_VIEW_UP, .name = "Ann"};
    struct wzp_session_stats *stats = &s->stats;
    stats->outgoing = stats->answered = stats->up = stats->direct = true;
    stats->e2e = stats->e2e_confirmed = true;
    snprintf(stats->peer, sizeof stats->peer, "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845");
    snprintf(stats->alias, sizeof stats->alias, "Annie");
    snprintf(stats->sas, sizeof stats->sas, "0547-1281-1633");
    snprintf(stats->remote, sizeof stats->remote, "198.51.100.23:40112");
    stats->duration_ms = 83000;
    stats->path.rtt_smoothed = 23 * WZP_MILLISECOND;
    stats->path.rtt_variation = 3 * WZP_MILLISECOND;
    stats->heard.jitter.jitter_ms = 2.4;
    stats->heard.jitter.loss_percent_5s = 0.4;
    stats->heard.jitter.target_ms = 40;
    stats->heard.jitter.buffered_ms = 38;
    stats->heard.frames_dred = 12;
    stats->heard.frames_concealed = 3;
    stats->level_in_dbfs = -24;
    stats->level_out_dbfs = -31;
    stats->codec_out = WZP_CODEC_OPUS_24K;
    stats->codec_in = WZP_CODEC_OPUS_32K;
    stats->mos = 4.3;
    return s;
}

struct wzp_view_session *canned_incoming(struct canned *c, wzp_session_id id)
{
    struct wzp_view_session *s = &c->sessions[c->session_count++];
    *s = (struct wzp_view_session){.id = id, .state = WZP_VIEW_INCOMING};
    snprintf(s->stats.peer, sizeof s->stats.peer, "9c1e:0001:ffee:1234:5678:9abc:def0:4242");
    snprintf(s->stats.alias, sizeof s->stats.alias, "Mallory \xe2\x80\xae evil");
    return s;
}

struct wzp_view_session *canned_room(struct canned *c, wzp_session_id id)
{
    struct wzp_view_session *s = canned_call(c, id);
    s->stats.is_room = true;
    s->stats.direct = s->stats.e2e = s->stats.e2e_confirmed = false;
    s->stats.peer[0] = s->stats.alias[0] = s->name[0] = '\0';
    snprintf(s->stats.room, sizeof s->stats.room, "general");
    return s;
}

struct wzp_event canned_event(enum wzp_event_type type, wzp_session_id session_id)
{
    struct wzp_event event = {.type = type, .session = session_id};
    event.about.peer = event.about.name = event.about.alias = event.about.call_id =
        event.about.room = "";
    return event;
}

const char *canned_last(const struct canned *c)
{
    return c->line_count ? c->lines[c->line_count - 1] : "";
}

void canned_press(struct wzp_tui *t, const char *name, uint64_t now)
{
    struct wzp_key key;
    if (!wzp_key_from_name(&key, name))
        bail("%s is no key", name);
    wzp_tui_key(t, key, now);
}

void canned_type(struct wzp_tui *t, const char *text, uint64_t now)
{
    for (; *text; text++)
        wzp_tui_key(t, (struct wzp_key){.code = (unsigned char)*text}, now);
}

static bool look(struct wzp_tui *t, const char *text, uint64_t now, bool want)
{
    struct wzp_buffer sheet;
    wzp_buffer_init(&sheet, 1 << 20);
    wzp_canvas_sheet(wzp_tui_draw(t, now), &sheet);
    bool found = strstr(sheet.text, text) != NULL;
    if (found != want && !tap_oom_mode()) {
        char *rest = sheet.text;
        for (char *row; (row = strsep(&rest, "\n"));)
            note("|%s", row);
    }
    wzp_buffer_fini(&sheet);
    return found == want;
}

bool canned_shows(struct wzp_tui *t, const char *text, uint64_t now)
{
    return look(t, text, now, true);
}

bool canned_lacks(struct wzp_tui *t, const char *text, uint64_t now)
{
    return look(t, text, now, false);
}

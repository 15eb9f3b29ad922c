/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that gives people, rooms, relays and reasons names with terminal escapes, characters that
 * reorder or hide text, bytes that are not UTF-8, and ten thousand letters. Whatever a softphone
 * prints of them, for people or programs, to its log or its history, is plain lines. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "app/store.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/events.h"
#include "relay/state.h"
#include "sim/lib_machine.h"
#include "tap.h"

#define LINE_MAX_WANTED 65536
#define TEXT_ROOM 65536
#define CROWD 200

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_app *app;
static struct wzp_listener listener;
static FILE *people, *programs, *journal;
static unsigned seen[WZP_EVENT_COUNT];

/* As they may stand in JSON, with escapes and without. */
static const char *const names[] = {
    "\\u001b]0;owned\\u0007\\u001b[2J",
    "\\u202eevil\\u2066\\u200b\\ufeff\\u00ad",
    "a\\nended: normal\\r\\t\\u0000b\\u0085\\u2028c",
    "\\udb40\\udc41\\ud800x\\u009b31m",
    "\xe2\x80\xae\xef\xbb\xbf\xc2\x9b",
    "\xff\xfe\xc0\xaf\xed\xa0\x80",
    "--help",
    NULL, /* ten thousand letters */
};
#define NAMES (sizeof names / sizeof *names)

/* '?' the name, '#' its number, '!' a fingerprint, '~' 32 bytes. */
#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
static const char *const phrases[] = {
    "{\"DirectCallOffer\":{\"caller_fingerprint\":\"!\",\"caller_alias\":\"?\","
    "\"target_fingerprint\":\"!\",\"call_id\":\"c#\",\"identity_pub\":~,\"ephemeral_pub\":~,"
    "\"signature\":[],\"supported_profiles\":[]}}",
    "{\"DirectCallOffer\":{\"caller_fingerprint\":\"?\",\"caller_alias\":\"?\","
    "\"target_fingerprint\":\"?\",\"call_id\":\"?\",\"identity_pub\":~,\"ephemeral_pub\":~,"
    "\"signature\":[],\"supported_profiles\":[]}}",
    "{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\"!\",\"alias\":\"?\","
    "\"relay_label\":\"?\"},{\"fingerprint\":\"?\",\"alias\":\"?\"}]}}",
    "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"?\",\"identity_pub\":~}}",
    "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"?\"}}",
    "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":\"?\",\"fec_ratio\":1.0,"
    "\"frame_duration_ms\":40,\"frames_per_block\":8},\"reason\":\"?\"}}",
    "{\"ReflectResponse\":{\"observed_addr\":\"?\"}}",
    "{\"CallSetup\":{\"call_id\":\"c#\",\"room\":\"?\",\"relay_addr\":\"?\"}}",
    "{\"Hangup\":{\"reason\":\"?\",\"call_id\":\"c#\"}}",
    "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c#\"}}",
    "{\"?\":{\"?\":\"?\"}}",
};
#define PHRASES (sizeof phrases / sizeof *phrases)

static void put(char *out, size_t *length, const char *text)
{
    size_t n = strlen(text);
    if (*length + n < TEXT_ROOM) {
        memcpy(out + *length, text, n + 1);
        *length += n;
    }
}

static size_t compose(char *out, const char *phrase, size_t name)
{
    const char digit[2] = {(char)('0' + name)};
    static char many[10001];
    size_t length = 0;
    memset(many, 'm', sizeof many - 1);
    for (; *phrase; phrase++) {
        const char letter[2] = {*phrase};
        put(out, &length,
            *phrase == '?'   ? names[name] ? names[name] : many
            : *phrase == '#' ? digit
            : *phrase == '!' ? "00112233445566778899aabbccddeeff"
            : *phrase == '~' ? ZEROS
                             : letter);
    }
    return length;
}

static void tell(const char *text, size_t length)
{
    for (struct wzp_relay_client *c = relay.service.relay->clients; c; c = c->next)
        if (c->stage != WZP_RELAY_STAGE_CLOSING)
            (void)c->link->send(c->at, text, length, wzp_sim_now(sim));
    wzp_sim_kick(sim, relay.machine.host);
    wzp_sim_run(sim, WZP_SECOND);
}

static void say(const char *phrase, size_t name)
{
    static char text[TEXT_ROOM];
    tell(text, compose(text, phrase, name));
}

/* Sends a list of many people with long names of two-byte letters, shifted by one byte more each
 * time. */
static void say_crowd(size_t shift)
{
    static char text[TEXT_ROOM];
    size_t length = 0;
    put(text, &length, "{\"RoomUpdate\":{\"count\":200,\"participants\":[");
    for (size_t i = 0; i < CROWD; i++) {
        char head[64];
        snprintf(head, sizeof head, "%s{\"fingerprint\":\"x%zu\",\"alias\":\"",
                 i > 0 ? "," : "", i);
        put(text, &length, head);
        put(text, &length, &"mmmm"[4 - shift % 4]);
        for (size_t k = 0; k < 28; k++)
            put(text, &length, "\xc3\xa4");
        put(text, &length, "\"}");
    }
    put(text, &length, "]}}");
    tell(text, length);
}

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    seen[event->type]++;
    struct wzp_events e = {.out = people, .command = "answer"};
    wzp_events_print(&e, event, event->at);
    e = (struct wzp_events){.out = programs, .command = "answer", .json = true};
    wzp_events_print(&e, event, event->at);
}

static void write_log(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    fprintf(journal, "%s: %s\n", wzp_log_level_name(level), line);
}

/* Checks that the filter for plain lines would change nothing in these lines. */
static void check_lines(const char *what, const char *text, size_t length)
{
    static char safe[LINE_MAX_WANTED];
    size_t lines = 0, bad = 0, longest = 0;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t n = end ? (size_t)(end - text) : length;
        size_t kept = wzp_text_filter(safe, sizeof safe, text, n);
        if (kept != n || memcmp(safe, text, n) != 0) {
            note("%s: %s", what, safe);
            bad++;
        }
        longest = n > longest ? n : longest;
        lines++;
        text += n + (end != NULL);
        length -= n + (end != NULL);
    }
    ok(bad == 0 && lines > 0, "%s: %zu plain lines, the longest of %zu bytes", what, lines,
       longest);
}

static void check_file(const char *what, FILE *file)
{
    static char text[1 << 22];
    rewind(file);
    check_lines(what, text, fread(text, 1, sizeof text, file));
}

static void check_history(void)
{
    char *text = NULL;
    size_t length = 0;
    if (ok(host.calls->file_read(host.context, &text, &length, &wzp_file_history, NULL) == 0,
           "there is a history")) {
        for (size_t i = 0; i < length; i++) /* between its columns */
            text[i] = text[i] == '\t' ? ' ' : text[i];
        check_lines("the history", text, length);
    }
    wzp_free(text);
}

static void begin(void)
{
    struct wzp_settings settings;
    machine_open_relay(sim, &relay);
    machine_open(sim, &machine, &host, "ann", "10.0.0.2");
    host.log = (struct wzp_log){.write = write_log, .level = WZP_LOG_DEBUG};
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", MACHINE_RELAY_IP ":4433", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "auto_answer", "ask", NULL);
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "test",
                                          .answers = true,
                                          .watches = true,
                                          .accept_relay = true};
    listener = (struct wzp_listener){.event = hear};
    app = machine_start_app(&host, &config, &listener, true);
}

TAP_MAIN
{
    wzp_session_id id;
    people = tmpfile();
    programs = tmpfile();
    journal = tmpfile();
    if (!people || !programs || !journal || wzp_sim_new(&sim, 31))
        bail("no world");
    begin();
    wzp_app_join(app, &id, "kitchen", NULL);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    for (size_t i = 0; i < NAMES; i++)
        for (size_t k = 0; k < PHRASES; k++)
            say(phrases[k], i);
    for (size_t i = 0; i < 4; i++)
        say_crowd(i);
    ok(seen[WZP_EVENT_INCOMING] > 2, "it rang (%u)", seen[WZP_EVENT_INCOMING]);
    ok(seen[WZP_EVENT_MEMBERS] > 2, "people came into the room (%u)", seen[WZP_EVENT_MEMBERS]);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    machine_stop_app(sim, app);
    check_file("for people", people);
    check_file("for programs", programs);
    check_file("the log", journal);
    check_history();
    wzp_app_free(app);
    wzp_sim_machine_fini(&machine);
    machine_close_relay(&relay);
    wzp_sim_free(sim);
    fclose(people);
    fclose(programs);
    fclose(journal);
}

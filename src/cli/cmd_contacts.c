/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp contacts, history, devices, paths: what is kept on this machine. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "app/known_relays.h"
#include "app/store.h"
#include "audio/audio.h"
#include "base/alloc.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/json.h"
#include "loop/files.h"
#include "loop/host.h"

struct values {
    bool json;
};
#define JSON_ROW                                                                                   \
    {                                                                                              \
        "json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, json), 0, 0,                   \
            "one JSON object per line", NULL                                                       \
    }
const struct wzp_option wzp_contacts_options[] = {JSON_ROW, {0}};
const struct wzp_option wzp_history_options[] = {JSON_ROW, {0}};
const struct wzp_option wzp_devices_options[] = {JSON_ROW, {0}};
const struct wzp_option wzp_paths_options[] = {JSON_ROW, {0}};

/* ---- contacts ---- */

static void list_contact(const struct wzp_contact *contact, const struct wzp_peer_pin *pin,
                         bool json)
{
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX], day[WZP_DATE_TEXT_MAX] = "";
    bool verified = pin && pin->verified;
    if (verified && pin->verified_at)
        wzp_date_format(day, pin->verified_at);
    wzp_fingerprint_format(fingerprint, contact->fingerprint);
    if (!json) {
        printf("%s  %s%s%s%s\n", fingerprint, contact->name, verified ? "  verified" : "",
               day[0] ? " on " : "", day);
        return;
    }
    struct wzp_json_line line;
    wzp_json_line_begin(&line, 0, "contact");
    wzp_json_text_if(&line.json, "name", contact->name);
    wzp_json_text_if(&line.json, "fingerprint", fingerprint);
    if (verified)
        wzp_json_boolean(&line.json, "verified", true);
    wzp_json_text_if(&line.json, "verified_on", day);
    wzp_json_line_end(&line, stdout);
}

static int list_contacts(const struct wzp_contacts *contacts, const struct wzp_host *host,
                         bool json)
{
    struct wzp_error err = {0}, note = {0};
    struct wzp_known_relays known;
    wzp_known_relays_init(&known);
    if (wzp_known_relays_read(&known, host, &note, &err))
        fprintf(stderr, "wzp contacts: %s\n", err.text); /* the contacts can be listed without it */
    else if (note.text[0])
        fprintf(stderr, "wzp contacts: %s\n", note.text);
    if (contacts->count == 0 && !json)
        puts("no contacts yet; 'wzp contacts add NAME FINGERPRINT' adds one");
    for (size_t i = 0; i < contacts->count; i++)
        list_contact(&contacts->items[i],
                     wzp_pins_peer(&known.pins, contacts->items[i].fingerprint), json);
    wzp_known_relays_fini(&known);
    return WZP_EXIT_DONE;
}

/* Allows calls to a peer that were refused because it encrypted before: the person knows that it
 * does not any more. */
static int forget_encryption(const struct wzp_contacts *contacts, const struct wzp_host *host,
                             const char *typed)
{
    struct wzp_error err = {0}, note;
    struct wzp_known_relays known;
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    int result = wzp_contacts_resolve(fingerprint, contacts, typed, &err);
    wzp_known_relays_init(&known);
    if (!result)
        result = wzp_known_relays_read(&known, host, &note, &err);
    if (!result && !wzp_pins_forget_peer(&known.pins, fingerprint))
        result = wzp_error_set(&err, WZP_E_NOT_FOUND, "that this peer encrypts is not remembered");
    if (!result)
        result = wzp_known_relays_write(&known, host, &err);
    wzp_known_relays_fini(&known);
    return result ? wzp_command_fail("contacts", WZP_EXIT_USAGE, &err) : WZP_EXIT_DONE;
}

static int change_contacts(struct wzp_contacts *contacts, const struct wzp_host *host,
                           const struct wzp_operands *operands)
{
    struct wzp_error err = {0};
    const char *what = operands->items[0];
    if (strcmp(what, "add") == 0 && operands->count == 3) {
        uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
        const char *text = operands->items[2];
        if (wzp_fingerprint_parse(fingerprint, text, strlen(text)))
            return wzp_command_usage("contacts", "a fingerprint has 32 hexadecimal digits");
        if (wzp_store_contacts_add(contacts, host, operands->items[1], fingerprint, &err))
            return wzp_command_fail("contacts", WZP_EXIT_USAGE, &err);
    } else if (strcmp(what, "remove") == 0 && operands->count == 2) {
        if (wzp_store_contacts_remove(contacts, host, operands->items[1], &err))
            return wzp_command_fail("contacts", WZP_EXIT_USAGE, &err);
    } else if (strcmp(what, "forget") == 0 && operands->count == 2) {
        return forget_encryption(contacts, host, operands->items[1]);
    } else {
        return wzp_command_usage(
            "contacts", "expected list, add NAME FINGERPRINT, remove NAME, or forget PEER");
    }
    return WZP_EXIT_DONE;
}

int wzp_cmd_contacts(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    struct wzp_error err = {0}, note;
    struct wzp_contacts contacts;
    struct wzp_host host;
    int status = wzp_command_parse("contacts", wzp_contacts_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    wzp_contacts_init(&contacts);
    wzp_loop_host(&host, NULL, NULL);
    if (wzp_store_contacts_read(&contacts, &host, &note, &err)) {
        wzp_contacts_fini(&contacts);
        return wzp_command_fail("contacts", WZP_EXIT_USAGE, &err);
    }
    if (note.text[0])
        fprintf(stderr, "wzp contacts: %s\n", note.text);
    if (operands.count == 0 || (operands.count == 1 && strcmp(operands.items[0], "list") == 0))
        status = list_contacts(&contacts, &host, v.json);
    else
        status = change_contacts(&contacts, &host, &operands);
    wzp_contacts_fini(&contacts);
    return status;
}

/* ---- history ---- */

/* Local time for people, UTC in RFC 3339 form for scripts. A file may hold a time that no calendar
 * date has. */
static void format_time(char out[40], uint64_t seconds, bool json)
{
    time_t at = (time_t)seconds;
    struct tm when;
    snprintf(out, 40, "?");
    if (json ? gmtime_r(&at, &when) : localtime_r(&at, &when))
        strftime(out, 40, json ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M", &when);
}

/* An incoming call that rang and was not answered. */
static bool is_missed(const struct wzp_history_entry *e)
{
    return e->kind == WZP_HISTORY_IN && e->duration_seconds == 0 &&
           (e->reason == WZP_END_CANCELLED || e->reason == WZP_END_TIMEOUT ||
            e->reason == WZP_END_BUSY);
}

static void print_entry(const struct wzp_history_entry *e, const char *name, bool json)
{
    static const char *const kinds[] = {"out", "in", "room"};
    char when[40];
    format_time(when, e->at_seconds, json);
    const char *path = !e->why[0] ? "" : e->direct ? "direct" : "relay";
    if (!json) {
        char alias[WZP_ALIAS_MAX + 2] = "";
        if (e->alias[0])
            wzp_text_quote(alias, sizeof alias, e->alias);
        const char *called = name[0] ? name : alias;
        bool tells_why = e->why[0] && !e->direct && e->kind != WZP_HISTORY_ROOM;
        bool claims = e->kind == WZP_HISTORY_IN && name[0] && !e->proven;
        printf("%s  %-4s %5" PRIu32 " s  %-9s %-9s %-6s %s%s%s%s%s%s%s\n", when, kinds[e->kind],
               e->duration_seconds, is_missed(e) ? "missed" : wzp_end_reason_name(e->reason),
               e->e2e ? "encrypted" : "", path, e->peer, called[0] ? "  " : "", called,
               claims ? " (not proven)" : "", tells_why ? "  (" : "", tells_why ? e->why : "",
               tells_why ? ")" : "");
        return;
    }
    struct wzp_json_line line;
    wzp_json_line_begin(&line, 0, "call");
    wzp_json_text_if(&line.json, "at", when);
    wzp_json_text_if(&line.json, "kind", kinds[e->kind]);
    wzp_json_integer(&line.json, "duration_s", e->duration_seconds);
    wzp_json_text_if(&line.json, "reason", wzp_end_reason_name(e->reason));
    wzp_json_boolean(&line.json, "e2e", e->e2e);
    if (e->kind != WZP_HISTORY_ROOM)
        wzp_json_boolean(&line.json, "proven", e->proven);
    wzp_json_text_if(&line.json, "path", path);
    wzp_json_text_if(&line.json, "path_reason", e->why);
    if (is_missed(e))
        wzp_json_boolean(&line.json, "missed", true);
    wzp_json_text_if(&line.json, e->kind == WZP_HISTORY_ROOM ? "room" : "peer", e->peer);
    wzp_json_text_if(&line.json, "name", name);
    wzp_json_text_if(&line.json, "alias", e->alias);
    wzp_json_line_end(&line, stdout);
}

static const char *name_of(const struct wzp_contacts *contacts, const char *peer)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    if (wzp_fingerprint_parse(fingerprint, peer, strlen(peer)))
        return "";
    const struct wzp_contact *contact = wzp_contacts_by_fingerprint(contacts, fingerprint);
    return contact ? contact->name : "";
}

static void print_lines(const char *text, const struct wzp_contacts *contacts, bool json)
{
    if (!*text && !json)
        puts("no calls yet");
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        struct wzp_history_entry entry;
        if (wzp_history_parse(&entry, line, length) == 0)
            print_entry(&entry, name_of(contacts, entry.peer), json);
        else
            fprintf(stderr, "wzp history: a line that is not an entry was left out\n");
        line += length + (line[length] == '\n');
    }
}

static int list_history(bool json)
{
    struct wzp_error err = {0}, note;
    struct wzp_contacts contacts;
    struct wzp_host host;
    char *text;
    wzp_loop_host(&host, NULL, NULL);
    wzp_contacts_init(&contacts);
    int result = wzp_store_history_read(&text, &host, &err);
    if (!result && wzp_store_contacts_read(&contacts, &host, &note, &err) == 0 && note.text[0])
        fprintf(stderr, "wzp history: %s\n", note.text);
    if (!result) {
        print_lines(text, &contacts, json);
        wzp_free(text);
    }
    wzp_contacts_fini(&contacts);
    return result ? wzp_command_fail("history", WZP_EXIT_USAGE, &err) : WZP_EXIT_DONE;
}

int wzp_cmd_history(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("history", wzp_history_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count == 0)
        return list_history(v.json);
    if (operands.count != 1 || strcmp(operands.items[0], "clear") != 0)
        return wzp_command_usage("history", "give nothing more, or clear");
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    if (wzp_store_history_clear(&host, &err))
        return wzp_command_fail("history", WZP_EXIT_USAGE, &err);
    return WZP_EXIT_DONE;
}

/* ---- devices ---- */

static void print_device(void *context, const char *name, const char *description, bool capture,
                         bool playback)
{
    const struct values *v = context;
    if (!v->json) {
        printf("alsa:%-28s %s%s  %s%s\n", name, capture ? "in" : "  ", playback ? " out" : "    ",
               description, strcmp(name, "default") == 0 ? " (used when nothing is set)" : "");
        return;
    }
    struct wzp_json_line line;
    wzp_json_line_begin(&line, 0, "device");
    wzp_json_text_if(&line.json, "name", name);
    wzp_json_text_if(&line.json, "description", description);
    wzp_json_boolean(&line.json, "capture", capture);
    wzp_json_boolean(&line.json, "playback", playback);
    wzp_json_line_end(&line, stdout);
}

int wzp_cmd_devices(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("devices", wzp_devices_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("devices", "devices takes no arguments");
    struct wzp_error err = {0};
    if (wzp_audio_list(print_device, &v, &err))
        return wzp_command_fail("devices", WZP_EXIT_USAGE, &err);
    fflush(stdout);
    if (!wzp_audio_has_card())
        fprintf(stderr, "wzp devices: there is no sound card; these need a sound server\n");
    return WZP_EXIT_DONE;
}

/* ---- paths ---- */

int wzp_cmd_paths(int argc, char **argv)
{
    static const struct {
        const char *what;
        enum wzp_place place;
        const char *name;
    } rows[] = {{"config", WZP_PLACE_CONFIG, "config.toml"},
                {"keys", WZP_PLACE_CONFIG, "keys.conf"},
                {"identity", WZP_PLACE_DATA, "identity"},
                {"contacts", WZP_PLACE_DATA, "contacts.toml"},
                {"known_relays", WZP_PLACE_DATA, "known_relays"},
                {"history", WZP_PLACE_STATE, "history"},
                {"control", WZP_PLACE_RUNTIME, WZP_CONTROL_NAME}};
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("paths", wzp_paths_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("paths", "paths takes no arguments");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[WZP_PATH_MAX];
        struct wzp_error err = {0};
        int result = wzp_path(path, rows[i].place, rows[i].name, &err);
        if (result)
            return wzp_command_fail("paths", WZP_EXIT_USAGE, &err);
        if (v.json) {
            struct wzp_json_line line;
            wzp_json_line_begin(&line, 0, "file");
            wzp_json_text_if(&line.json, "what", rows[i].what);
            wzp_json_text_if(&line.json, "file", path);
            wzp_json_line_end(&line, stdout);
        } else {
            printf("%-13s %s\n", rows[i].what, path);
        }
    }
    return WZP_EXIT_DONE;
}

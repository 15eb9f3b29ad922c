/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/toml.h"
#include "app/store.h"
#include "wire/codec.h"

enum kind { TEXT, BOOLEAN, NUMBER, CHOICE, CODEC };

static const char *const e2e_words[] = {"prefer", "require", "off", NULL};
static const char *const auto_words[] = {"ask", "contacts", "all", NULL};
static const char *const metered_words[] = {"auto", "yes", "no", NULL};
static const char *const mode_words[] = {"trusted", "generic", "reject", NULL};

struct row {
    struct wzp_setting_row shown;
    enum kind kind;
    size_t offset, size;      /* size: of text values */
    unsigned least, most;     /* limits of numbers */
    const char *const *words; /* the words of a choice, indexed by value */
};

#define AT(field) offsetof(struct wzp_settings, field)
#define TEXT_AT(field) TEXT, AT(field), sizeof(((struct wzp_settings *)0)->field), 0, 0, NULL
#define BOOLEAN_AT(field) BOOLEAN, AT(field), 0, 0, 0, NULL
#define CHOICE_AT(field, words) CHOICE, AT(field), 0, 0, 0, words
#define NUMBER_AT(field, least, most) NUMBER, AT(field), 0, least, most, NULL
static const struct row rows[] = {
    {{"relay", "string", "none", "relay to register at, host:port", WZP_REACH_INSIDE},
     TEXT_AT(relay)},
    {{"relays", "string", "none", "more of them, with spaces between: the nearest is used",
      WZP_REACH_INSIDE},
     TEXT_AT(relays)},
    {{"alias", "string", "from the identity", "name shown to others", WZP_REACH_INSIDE},
     TEXT_AT(alias)},
    {{"in", "string", "alsa:default",
      "microphone: alsa:NAME, file:x.wav, - (stdin), tone:440, silence", WZP_REACH_DEVICE},
     TEXT_AT(in)},
    {{"out", "string", "alsa:default", "loudspeaker: alsa:NAME, file:x.wav, - (stdout), null",
      WZP_REACH_DEVICE},
     TEXT_AT(out)},
    {{"ring", "string", "the same as out", "loudspeaker for the ring tone: alsa:NAME, null",
      WZP_REACH_DEVICE},
     TEXT_AT(ring)},
    {{"hook", "string", "none", "program to run when somebody calls, with its arguments",
      WZP_REACH_PROGRAM},
     TEXT_AT(hook)},
    {{"token_file", "string", "none", "file with the relay's access token", WZP_REACH_FILE},
     TEXT_AT(token_file)},
    {{"e2e", "string", "prefer", "end-to-end encryption: prefer, require, off", WZP_REACH_PERSON},
     CHOICE_AT(e2e, e2e_words)},
    {{"codec", "string", "Opus32k",
      "codec to send: Opus64k, Opus48k, Opus32k, Opus24k, Opus16k, Opus6k, Codec2_3200 or "
      "Codec2_1200",
      WZP_REACH_INSIDE},
     CODEC,
     AT(codec),
     0,
     0,
     0,
     NULL},
    {{"auto_answer", "string", "ask", "whose calls to answer without asking: ask, contacts, all",
      WZP_REACH_INSIDE},
     CHOICE_AT(auto_answer, auto_words)},
    {{"answer_mode", "string", "trusted",
      "how to answer: trusted, generic (never show our addresses), reject", WZP_REACH_PERSON},
     CHOICE_AT(answer_mode, mode_words)},
    {{"echo_cancel", "boolean", "true", "remove the loudspeaker from the microphone",
      WZP_REACH_INSIDE},
     BOOLEAN_AT(echo_cancel)},
    {{"auto_gain", "boolean", "true", "keep the microphone at an even level", WZP_REACH_INSIDE},
     BOOLEAN_AT(auto_gain)},
    {{"denoise", "boolean", "true", "remove noise of the room from the microphone",
      WZP_REACH_INSIDE},
     BOOLEAN_AT(denoise)},
    {{"low_complexity", "boolean", "false", "less computing for speech, for small machines",
      WZP_REACH_INSIDE},
     BOOLEAN_AT(low_complexity)},
    {{"accept_new_relays", "boolean", "true", "trust a relay's certificate when seen first",
      WZP_REACH_PERSON},
     BOOLEAN_AT(accept_new_relays)},
    {{"direct", "boolean", "true", "talk directly where possible (peers see our address)",
      WZP_REACH_PERSON},
     BOOLEAN_AT(direct)},
    {{"portmap", "boolean", "true", "ask the router for a port while registered", WZP_REACH_INSIDE},
     BOOLEAN_AT(portmap)},
    {{"presence", "boolean", "true", "show that you are there, and see which contacts are",
      WZP_REACH_PERSON},
     BOOLEAN_AT(presence)},
    {{"port_search", "boolean", "true", "look for a port when a router gives random ones",
      WZP_REACH_INSIDE},
     BOOLEAN_AT(port_search)},
    {{"metered", "string", "auto",
      "the network is paid by traffic: auto (as the system says), yes, no", WZP_REACH_INSIDE},
     CHOICE_AT(metered, metered_words)},
    {{"stun", "string", "none", "STUN servers to ask, HOST:PORT with spaces between",
      WZP_REACH_INSIDE},
     TEXT_AT(stun)},
    {{"ring_seconds", "integer", "60", "give up a call that nobody answers", WZP_REACH_INSIDE},
     NUMBER_AT(ring_seconds, 1, 3600)},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

const struct wzp_setting_row *wzp_setting_row(size_t i)
{
    return i < ROW_COUNT ? &rows[i].shown : NULL;
}

static const struct row *find(const char *key)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].shown.name, key) == 0)
            return &rows[i];
    return NULL;
}

/* Writes a question that suggests the nearest key. */
static const char *ask_nearest(char out[WZP_NEAREST_QUESTION_MAX], const char *key)
{
    struct wzp_nearest nearest;
    wzp_nearest_begin(&nearest, key);
    for (size_t i = 0; i < ROW_COUNT; i++)
        wzp_nearest_try(&nearest, rows[i].shown.name);
    return wzp_nearest_question(out, &nearest, "");
}

/* ---- values from text ---- */

static int set_choice(unsigned *out, const struct row *row, const char *text, struct wzp_error *err)
{
    char list[128] = "";
    for (unsigned i = 0; row->words[i]; i++) {
        size_t length = strlen(list);
        if (strcmp(text, row->words[i]) == 0) {
            *out = i;
            return 0;
        }
        snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", row->words[i]);
    }
    return wzp_error_set(err, WZP_E_RANGE, "%s is one of %s", row->shown.name, list);
}

static int set_codec(unsigned *out, const char *text, struct wzp_error *err)
{
    enum wzp_codec codec;
    if (wzp_codec_parse(&codec, text, strlen(text)) || codec == WZP_CODEC_COMFORT_NOISE)
        return wzp_error_set(err, WZP_E_RANGE,
                             "codec is one of Opus64k, Opus48k, Opus32k, Opus24k, Opus16k, Opus6k, "
                             "Codec2_3200, Codec2_1200");
    *out = codec;
    return 0;
}

static int set_text(char *out, const struct row *row, const char *text, struct wzp_error *err)
{
    const char *name = row->shown.name;
    if (strlen(text) >= row->size)
        return wzp_error_set(err, WZP_E_SYNTAX, "%s wants a text of less than %zu bytes", name,
                             row->size);
    if (!wzp_utf8_valid(text, strlen(text)))
        return wzp_error_set(err, WZP_E_SYNTAX, "%s wants a text in UTF-8", name);
    wzp_text_copy(out, row->size, text);
    return 0;
}

static int set_boolean(bool *out, const struct row *row, const char *text, struct wzp_error *err)
{
    *out = strcmp(text, "true") == 0;
    if (*out || strcmp(text, "false") == 0)
        return 0;
    return wzp_error_set(err, WZP_E_SYNTAX, "%s wants true or false", row->shown.name);
}

static int set_number(unsigned *out, const struct row *row, const char *text, struct wzp_error *err)
{
    unsigned value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= row->most; at++)
        value = value * 10 + (unsigned)(*at - '0');
    if (at == text || *at || value < row->least || value > row->most)
        return wzp_error_set(err, WZP_E_RANGE, "%s wants a whole number of %u to %u",
                             row->shown.name, row->least, row->most);
    *out = value;
    return 0;
}

static int set_row(struct wzp_settings *s, const struct row *row, const char *text,
                   struct wzp_error *err)
{
    void *field = (char *)s + row->offset;
    switch (row->kind) {
    case TEXT: return set_text(field, row, text, err);
    case BOOLEAN: return set_boolean(field, row, text, err);
    case NUMBER: return set_number(field, row, text, err);
    case CHOICE: return set_choice(field, row, text, err);
    case CODEC: return set_codec(field, text, err);
    }
    return WZP_E_INTERNAL;
}

int wzp_settings_set(struct wzp_settings *s, const char *key, const char *text,
                     struct wzp_error *err)
{
    const struct row *row = find(key);
    if (row)
        return set_row(s, row, text, err);
    char safe[64], question[WZP_NEAREST_QUESTION_MAX];
    wzp_text_filter(safe, sizeof safe, key, strlen(key));
    return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no setting %s%s", safe,
                         ask_nearest(question, key));
}

bool wzp_settings_get(char *out, const struct wzp_settings *s, const char *key)
{
    const struct row *row = find(key);
    if (!row)
        return false;
    const void *field = (const char *)s + row->offset;
    switch (row->kind) {
    case TEXT: wzp_text_copy(out, WZP_SETTING_TEXT_MAX, field); break;
    case BOOLEAN:
        snprintf(out, WZP_SETTING_TEXT_MAX, "%s", *(const bool *)field ? "true" : "false");
        break;
    case NUMBER: snprintf(out, WZP_SETTING_TEXT_MAX, "%u", *(const unsigned *)field); break;
    case CHOICE:
        snprintf(out, WZP_SETTING_TEXT_MAX, "%s", row->words[*(const unsigned *)field]);
        break;
    case CODEC:
        snprintf(out, WZP_SETTING_TEXT_MAX, "%s", wzp_codec_info(*(const unsigned *)field)->name);
        break;
    }
    return true;
}

void wzp_settings_default(struct wzp_settings *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &rows[i];
        bool is_words = row->kind == TEXT && strncmp(row->shown.standard, "alsa:", 5) != 0;
        if (!is_words) /* the default is described in words ("none"): the value is an empty text */
            (void)set_row(s, row, row->shown.standard, NULL);
    }
}

int wzp_settings_new(struct wzp_settings **out)
{
    *out = wzp_alloc(sizeof **out);
    if (!*out)
        return WZP_E_MEMORY;
    wzp_settings_default(*out);
    return 0;
}

void wzp_settings_free(struct wzp_settings *s)
{
    wzp_free(s);
}

/* ---- the file ---- */

/* State of a parse. */
struct reader {
    struct wzp_settings *settings;
    void (*warn)(void *context, const char *sentence);
    void *context;
    const char *path; /* put in front of each warning; NULL: no path */
    bool anyway;      /* errors are warnings, and all other keys take effect */
    bool seen[8];     /* which of the keys below were present */
};

static void warn_unknown(const struct reader *reader, const struct wzp_toml_value *v)
{
    char safe[64], sentence[512], question[WZP_NEAREST_QUESTION_MAX];
    if (!reader->warn)
        return;
    wzp_text_filter(safe, sizeof safe, v->key, strlen(v->key));
    snprintf(sentence, sizeof sentence, "%.200s%sline %u: unknown key %s%s%s",
             reader->path ? reader->path : "", reader->path ? ": " : "", v->line, safe,
             v->table[0] ? " in a table" : "", ask_nearest(question, v->key));
    reader->warn(reader->context, sentence);
}

/* Stores a value of the key's type, through the text that the command line would have. */
static int store(struct wzp_settings *s, const struct row *row, const struct wzp_toml_value *v,
                 struct wzp_error *err)
{
    const char *name = row->shown.name;
    bool single = v->array_index < 0;
    if (row->kind == BOOLEAN) {
        if (v->type != WZP_TOML_BOOLEAN || !single)
            return wzp_error_set(err, WZP_E_SYNTAX, "%s wants true or false", name);
        return set_row(s, row, v->boolean ? "true" : "false", err);
    }
    if (row->kind == NUMBER) {
        char text[32] = "no number";
        if (v->type == WZP_TOML_INTEGER && single)
            snprintf(text, sizeof text, "%lld", (long long)v->integer);
        return set_row(s, row, text, err);
    }
    if (v->type != WZP_TOML_STRING || !single)
        return row->kind == TEXT
                   ? wzp_error_set(err, WZP_E_SYNTAX, "%s wants a text of less than %zu bytes",
                                   name, row->size)
                   : wzp_error_set(err, WZP_E_SYNTAX, "%s wants a text", name);
    return set_row(s, row, v->string, err);
}

/* The values of privacy keys that cannot be read: the strictest ones, so that there is not less
 * privacy than the person may have wanted. */
static const struct {
    const char *key, *text;
} careful[] = {{"e2e", "require"},
               {"direct", "false"},
               {"portmap", "false"},
               {"presence", "false"},
               {"accept_new_relays", "false"},
               {"answer_mode", "generic"},
               {"auto_answer", "ask"},
               {"hook", ""}};
#define CAREFUL_COUNT (sizeof careful / sizeof careful[0])
_Static_assert(CAREFUL_COUNT == sizeof((struct reader *)0)->seen, "one flag for each");

static void warn_wrong(struct reader *reader, const char *key, const struct wzp_error *wrong)
{
    char sentence[512];
    const char *meant = NULL;
    for (size_t i = 0; i < CAREFUL_COUNT; i++)
        if (strcmp(careful[i].key, key) == 0)
            meant = careful[i].text;
    if (meant)
        (void)wzp_settings_set(reader->settings, key, meant, NULL);
    snprintf(sentence, sizeof sentence, "%.200s: %.239s%s%s", reader->path, wrong->text,
             meant && meant[0] ? "; until then it is " : "", meant ? meant : "");
    if (reader->warn)
        reader->warn(reader->context, sentence);
}

static int on_value(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    struct reader *reader = context;
    struct wzp_error wrong = {0};
    const struct row *row = v->table[0] ? NULL : find(v->key);
    if (!row) {
        warn_unknown(reader, v);
        return 0;
    }
    for (size_t i = 0; i < CAREFUL_COUNT; i++)
        reader->seen[i] |= strcmp(careful[i].key, v->key) == 0;
    int result = store(reader->settings, row, v, &wrong);
    if (!result)
        return 0;
    char where[32];
    snprintf(where, sizeof where, "line %u", v->line);
    wzp_error_prefix(&wrong, where);
    if (reader->anyway) {
        warn_wrong(reader, v->key, &wrong);
        return 0;
    }
    if (err)
        *err = wrong;
    return result;
}

int wzp_settings_parse(struct wzp_settings *s, const char *text, size_t length,
                       void (*warn)(void *context, const char *sentence), void *context,
                       struct wzp_error *err)
{
    struct reader reader = {.settings = s, .warn = warn, .context = context};
    return wzp_toml_parse(text, length, on_value, &reader, err);
}

void wzp_settings_parse_anyway(struct wzp_settings *s, const char *path, const char *text,
                               size_t length, void (*warn)(void *context, const char *sentence),
                               void *context)
{
    struct reader reader = {
        .settings = s, .warn = warn, .context = context, .path = path, .anyway = true};
    struct wzp_error err = {0};
    if (wzp_toml_parse(text, length, on_value, &reader, &err) == 0)
        return;
    char sentence[512];
    snprintf(sentence, sizeof sentence,
             "%.200s: %.239s; nothing behind that is read, and calls are careful until then", path,
             err.text);
    if (warn)
        warn(context, sentence);
    for (size_t i = 0; i < CAREFUL_COUNT; i++)
        if (!reader.seen[i])
            (void)wzp_settings_set(s, careful[i].key, careful[i].text, NULL);
}

/* Reads the named file, or config.toml; *text stays NULL when it does not exist. path gets the
 * file's path, "" when there is no home directory. */
static int read_file(char **text, size_t *length, char path[WZP_PATH_MAX],
                     const struct wzp_host *host, const char *named, struct wzp_error *err)
{
    struct wzp_host_file file = wzp_file_config;
    *text = NULL;
    path[0] = '\0';
    if (named) {
        file.place = WZP_PLACE_PATH;
        file.name = named;
    }
    if (host->calls->file_path(host->context, path, &file, NULL))
        return 0;
    int result = host->calls->file_read(host->context, text, length, &file, err);
    if (result != WZP_E_NOT_FOUND || named)
        return result;
    if (err)
        *err = (struct wzp_error){0};
    return 0;
}

int wzp_settings_load(struct wzp_settings *s, const struct wzp_host *host, const char *named,
                      void (*warn)(void *context, const char *sentence), void *context,
                      struct wzp_error *err)
{
    char path[WZP_PATH_MAX], *text;
    size_t length;
    wzp_settings_default(s);
    int result = read_file(&text, &length, path, host, named, err);
    if (result || !text)
        return result;
    struct reader reader = {.settings = s, .warn = warn, .context = context, .path = path};
    result = wzp_toml_parse(text, length, on_value, &reader, err);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

int wzp_settings_load_anyway(struct wzp_settings *s, const struct wzp_host *host, const char *named,
                             void (*warn)(void *context, const char *sentence), void *context,
                             struct wzp_error *err)
{
    char path[WZP_PATH_MAX], *text;
    size_t length;
    wzp_settings_default(s);
    int result = read_file(&text, &length, path, host, named, err);
    if (result || !text)
        return result;
    wzp_settings_parse_anyway(s, path, text, length, warn, context);
    wzp_free(text);
    return 0;
}

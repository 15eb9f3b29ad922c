/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From lines to commands: words, arguments by kind, choice of the session, completion. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/internal.h"
#include "base/error.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "wire/codec.h"

#define WORDS_MAX (WZP_ARGUMENTS_MAX + 2)

/* ---- which session ---- */

static bool is_incoming(const struct wzp_app *app, wzp_session_id id)
{
    for (size_t i = 0; i < WZP_PHONE_SESSIONS_MAX; i++)
        if (app->talks[i].id == id && app->talks[i].state == WZP_SESSION_INCOMING)
            return true;
    return false;
}

/* Finds the first session that the command can be about; one that does not ring is preferred. */
static wzp_session_id meant(const struct wzp_app *app, unsigned when)
{
    wzp_session_id id, ringing = 0;
    for (size_t i = 0; (id = wzp_phone_session(app->phone, i)) != 0; i++) {
        if (!is_incoming(app, id)) {
            if (when & (WZP_WHEN_SESSION | WZP_WHEN_SECURED))
                return id;
        } else if (!ringing) {
            ringing = id;
        }
    }
    return when & WZP_WHEN_INCOMING ? ringing : 0;
}

bool wzp_app_applies(const struct wzp_app *app, const struct wzp_app_command *command)
{
    struct wzp_app_session session;
    if (!command->when)
        return true;
    wzp_session_id id = meant(app, command->when);
    if (!id)
        return false;
    return !(command->when & WZP_WHEN_SECURED) ||
           (wzp_app_session_find(app, id, &session) && session.stats.sas[0]);
}

static int check_session(const struct wzp_app *app, const struct wzp_app_command *command,
                         const char *text, char out[16], struct wzp_error *err)
{
    struct wzp_app_session session;
    wzp_session_id id = 0;
    if (!text) {
        id = meant(app, command->when);
        if (!id)
            return wzp_error_set(err, WZP_E_STATE,
                                 command->when & WZP_WHEN_INCOMING ? "nobody calls"
                                                                   : "there is no call");
    } else {
        size_t length = strlen(text);
        if (length == 0 || length > 9 || strspn(text, "0123456789") != length)
            return wzp_error_set(err, WZP_E_ARGUMENT, "%s wants the number of a call",
                                 command->name);
        for (const char *at = text; *at; at++)
            id = id * 10 + (wzp_session_id)(*at - '0');
        if (!wzp_app_session_find(app, id, &session))
            return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no call with that number");
    }
    snprintf(out, 16, "%u", (unsigned)id);
    return 0;
}

/* ---- running ---- */

static size_t arguments_of(const struct wzp_app_command *command)
{
    size_t count = 0;
    while (count < WZP_ARGUMENTS_MAX && command->arguments[count].name)
        count++;
    return count;
}

int wzp_app_do(struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err)
{
    const char *values[WZP_ARGUMENTS_MAX] = {NULL};
    char session[16];
    size_t known = arguments_of(command);
    if (count > known)
        return wzp_error_set(err, WZP_E_ARGUMENT, "%s takes %zu %s at most%s", command->name, known,
                             wzp_plural(known, "word", "words"),
                             known && command->arguments[0].kind != WZP_ARGUMENT_SESSION
                                 ? "; quotes keep a name with blanks together"
                                 : "");
    for (size_t i = 0; i < known; i++) {
        const struct wzp_argument_row *row = &command->arguments[i];
        values[i] = i < count && arguments[i][0] ? arguments[i] : NULL;
        if (row->kind == WZP_ARGUMENT_SESSION) {
            int result = check_session(app, command, values[i], session, err);
            if (result)
                return result;
            values[i] = session;
        } else if (!values[i] && !row->optional) {
            return wzp_error_set(err, WZP_E_ARGUMENT, "%s wants a %s", command->name, row->name);
        }
    }
    int result = command->run(app, values, err);
    wzp_log(&app->host.log, WZP_LOG_DEBUG, "app: command %s: %s", command->name,
            result ? wzp_strerror(result) : "done");
    return result;
}

/* A word of a line. */
struct word {
    const char *start; /* with the quote, if any */
    const char *text;
    size_t length; /* of text */
};

/* Reads the next word; quotes keep several together. Returns where the line goes on, NULL when
 * there is no further word. */
static const char *next_word(struct word *out, const char *at)
{
    at += strspn(at, " \t");
    if (!*at)
        return NULL;
    char quote = *at == '"' || *at == '\'' ? *at : 0;
    const char stops[] = {quote ? quote : ' ', quote ? 0 : '\t', 0};
    out->start = at;
    out->text = at + (quote != 0);
    out->length = strcspn(out->text, stops);
    at = out->text + out->length;
    return at + (*at != 0);
}

/* Splits a line into words in place. Returns how many. */
static size_t split(char *line, char *words[WORDS_MAX], size_t most)
{
    struct word word;
    const char *at = line;
    size_t count = 0;
    while (count < most && (at = next_word(&word, at)) != NULL) {
        words[count] = line + (word.text - line);
        words[count++][word.length] = 0;
    }
    return count;
}

size_t wzp_app_command_secret(const char *line)
{
    char name[32] = "";
    struct word word;
    const char *at = next_word(&word, line);
    if (at && word.length < sizeof name)
        memcpy(name, word.text, word.length);
    const struct wzp_app_command *command = wzp_app_command_find(name);
    for (size_t i = 0; command && command->arguments[i].name; i++) {
        at = next_word(&word, at);
        if (!at)
            break;
        if (command->arguments[i].kind == WZP_ARGUMENT_SECRET)
            return (size_t)(word.start - line);
    }
    return strlen(line);
}

static int unknown(const char *word, struct wzp_error *err)
{
    char safe[64], question[WZP_NEAREST_QUESTION_MAX];
    const struct wzp_app_command *row;
    struct wzp_nearest nearest;
    wzp_text_filter(safe, sizeof safe, word, strlen(word));
    wzp_nearest_begin(&nearest, word);
    for (size_t i = 0; (row = wzp_app_command(i)); i++)
        wzp_nearest_try(&nearest, row->name);
    return wzp_error_set(err, WZP_E_UNKNOWN, "there is no command %s%s", safe,
                         wzp_nearest_question(question, &nearest, ""));
}

int wzp_command_line_read(struct wzp_command_line *out, const char *line, struct wzp_error *err)
{
    char *words[WORDS_MAX];
    if (!wzp_text_copy(out->text, sizeof out->text, line))
        return wzp_error_set(err, WZP_E_TOO_BIG, "the line is too long");
    size_t count = split(out->text, words, WORDS_MAX);
    if (count == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "say a command");
    out->command = wzp_app_command_find(words[0]);
    if (!out->command)
        return unknown(words[0], err);
    out->count = count - 1;
    memcpy(out->arguments, words + 1, out->count * sizeof words[0]);
    return 0;
}

int wzp_app_run(struct wzp_app *app, const char *line, const struct wzp_app_command **row,
                struct wzp_error *err)
{
    struct wzp_command_line read;
    if (row)
        *row = NULL;
    int result = wzp_command_line_read(&read, line, err);
    if (result)
        return result;
    if (row)
        *row = read.command;
    return wzp_app_do(app, read.command, read.arguments, read.count, err);
}

/* ---- completion ---- */

/* Completion state: candidates that begin with what is typed are given to each. */
struct completing {
    const struct wzp_app *app;
    const char *typed;
    void (*each)(void *context, const char *candidate, const char *help);
    void *context;
    size_t count;
};

static void offer(struct completing *c, const char *candidate, const char *help)
{
    if (strncmp(candidate, c->typed, strlen(c->typed)) != 0)
        return;
    c->each(c->context, candidate, help);
    c->count++;
}

static void offer_contacts(struct completing *c)
{
    struct wzp_app_contact contact;
    for (size_t i = 0; wzp_app_contact(c->app, i, &contact); i++)
        offer(c, contact.name, contact.fingerprint);
}

static void offer_sessions(struct completing *c)
{
    struct wzp_app_session session;
    for (size_t i = 0; wzp_app_session(c->app, i, &session); i++) {
        char number[16];
        snprintf(number, sizeof number, "%u", (unsigned)session.id);
        offer(c, number,
              session.name[0]         ? session.name
              : session.stats.is_room ? session.stats.room
                                      : session.stats.peer);
    }
}

static void offer_codecs(struct completing *c)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++)
        if (i != WZP_CODEC_COMFORT_NOISE)
            offer(c, wzp_codec_info(i)->name, "");
}

static void offer_settings(struct completing *c)
{
    const struct wzp_setting_row *row;
    for (size_t i = 0; (row = wzp_setting_row(i)); i++)
        offer(c, row->name, row->help);
}

static void offer_relays(struct completing *c)
{
    const char *name;
    for (size_t i = 0; (name = wzp_app_relay(c->app, i)); i++)
        if (strcmp(name, c->app->settings.relay) != 0)
            offer(c, name, "");
}

static void offer_kind(struct completing *c, enum wzp_argument_kind kind)
{
    switch (kind) {
    case WZP_ARGUMENT_PEER:
        offer(c, "echo", "a peer that sends back what it hears"); /* fall through */
    case WZP_ARGUMENT_CONTACT: offer_contacts(c); break;
    case WZP_ARGUMENT_SESSION: offer_sessions(c); break;
    case WZP_ARGUMENT_CODEC: offer_codecs(c); break;
    case WZP_ARGUMENT_SETTING: offer_settings(c); break;
    case WZP_ARGUMENT_RELAY:
        if (c->app->settings.relay[0])
            offer(c, c->app->settings.relay, "");
        offer_relays(c);
        break;
    case WZP_ARGUMENT_FILE: offer(c, "off", "ends it"); break;
    case WZP_ARGUMENT_TRIAL:
        offer(c, "levels", "of the microphone");
        offer(c, "tone", "a test tone");
        offer(c, "hear", "oneself, a second later");
        offer(c, "off", "ends it");
        break;
    case WZP_ARGUMENT_MEMBER: offer_contacts(c); break;
    case WZP_ARGUMENT_PERCENT:
    case WZP_ARGUMENT_NAME:
    case WZP_ARGUMENT_ROOM:
    case WZP_ARGUMENT_TEXT:
    case WZP_ARGUMENT_SECRET: break;
    }
}

size_t wzp_app_complete(struct wzp_app *app, const char *line,
                        void (*each)(void *context, const char *candidate, const char *help),
                        void *context)
{
    char copy[WZP_COMMAND_LINE_MAX];
    char *words[WORDS_MAX];
    struct completing c = {.app = app, .typed = "", .each = each, .context = context};
    if (!wzp_text_copy(copy, sizeof copy, line))
        return 0;
    size_t length = strlen(copy);
    bool begins = length == 0 || copy[length - 1] == ' ';
    size_t count = split(copy, words, WORDS_MAX);
    begins = begins || count == 0;
    size_t place = begins ? count : count - 1; /* index of the word being typed */
    if (!begins)
        c.typed = words[place];
    if (place == 0) {
        const struct wzp_app_command *row;
        for (size_t i = 0; (row = wzp_app_command(i)); i++)
            if (wzp_app_applies(app, row))
                offer(&c, row->name, row->help);
        return c.count;
    }
    const struct wzp_app_command *command = wzp_app_command_find(words[0]);
    if (command && place <= arguments_of(command))
        offer_kind(&c, command->arguments[place - 1].kind);
    return c.count;
}

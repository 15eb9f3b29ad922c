/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "base/text.h"

static const struct {
    const char *name, *help;
} contexts[WZP_CONTEXT_COUNT] = {
    [WZP_CONTEXT_ALWAYS] = {"always", "everywhere, also while typing"},
    [WZP_CONTEXT_INCOMING] = {"incoming", "while somebody calls"},
    [WZP_CONTEXT_OVERLAY] = {"overlay", "help, questions and the first run"},
    [WZP_CONTEXT_TYPING] = {"typing", "in the line at the bottom"},
    [WZP_CONTEXT_CONTACTS] = {"contacts", "contacts"},
    [WZP_CONTEXT_CALL] = {"call", "calls"},
    [WZP_CONTEXT_ROOM] = {"room", "rooms and who is in them"},
    [WZP_CONTEXT_HISTORY] = {"history", "calls of the past"},
    [WZP_CONTEXT_NETCHECK] = {"netcheck", "the network check"},
    [WZP_CONTEXT_DEVICES] = {"devices", "sound devices"},
    [WZP_CONTEXT_RELAYS] = {"relays", "relays"},
    [WZP_CONTEXT_SETTINGS] = {"settings", "settings"},
    [WZP_CONTEXT_SCRIPTS] = {"scripts", "scripts"},
    [WZP_CONTEXT_LOG] = {"log", "the log"},
    [WZP_CONTEXT_LIST] = {"list", "every screen with a list"},
    [WZP_CONTEXT_GLOBAL] = {"global", "everywhere but while typing"},
};

const char *wzp_key_context_name(enum wzp_key_context context)
{
    return contexts[context].name;
}

const char *wzp_key_context_help(enum wzp_key_context context)
{
    return contexts[context].help;
}

/* The index of a context by name, -1 when there is none. */
static int find_context(const char *name)
{
    for (int i = 0; i < WZP_CONTEXT_COUNT; i++)
        if (strcmp(contexts[i].name, name) == 0)
            return i;
    return -1;
}

int wzp_keymap_init(struct wzp_keymap *m)
{
    *m = (struct wzp_keymap){0};
    for (const struct wzp_builtin_key *row = wzp_builtin_keys; row->keys; row++) {
        char keys[128];
        wzp_text_copy(keys, sizeof keys, row->keys);
        char *rest = keys;
        for (char *name; (name = strsep(&rest, " "));) {
            struct wzp_key key;
            if (!wzp_key_from_name(&key, name))
                return WZP_E_INTERNAL;
            int result =
                wzp_keymap_bind(m, row->context, key, row->command, WZP_KEY_BUILT_IN, NULL);
            if (result) {
                wzp_keymap_fini(m);
                return result;
            }
        }
    }
    return 0;
}

void wzp_keymap_fini(struct wzp_keymap *m)
{
    wzp_free(m->items);
    *m = (struct wzp_keymap){0};
}

static size_t place_of(const struct wzp_keymap *m, enum wzp_key_context context, struct wzp_key key)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].context == context && wzp_key_equal(m->items[i].key, key))
            return i;
    return m->count;
}

int wzp_keymap_bind(struct wzp_keymap *m, enum wzp_key_context context, struct wzp_key key,
                    const char *command, enum wzp_key_origin origin, struct wzp_error *err)
{
    struct wzp_binding item = {.context = context, .origin = origin, .key = key};
    if (!wzp_text_copy(item.command, sizeof item.command, command))
        return wzp_error_set(err, WZP_E_TOO_BIG, "the command is longer than %d characters",
                             WZP_KEYMAP_COMMAND_MAX - 1);
    size_t place = place_of(m, context, key);
    if (place < m->count) {
        m->items[place] = item;
        return 0;
    }
    if (m->count == WZP_KEYMAP_LIMIT)
        return wzp_error_set(err, WZP_E_LIMIT, "more than %d keys are bound", WZP_KEYMAP_LIMIT);
    if (m->count == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 128;
        struct wzp_binding *items = wzp_realloc(m->items, capacity * sizeof *items);
        if (!items)
            return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
        m->items = items;
        m->capacity = capacity;
    }
    m->items[m->count++] = item;
    return 0;
}

/* Removes a binding; false when there was none. */
static bool unbind(struct wzp_keymap *m, enum wzp_key_context context, struct wzp_key key)
{
    size_t place = place_of(m, context, key);
    if (place == m->count)
        return false;
    m->count--;
    memmove(m->items + place, m->items + place + 1, (m->count - place) * sizeof *m->items);
    return true;
}

const struct wzp_binding *wzp_keymap_find(const struct wzp_keymap *m, enum wzp_key_context context,
                                          struct wzp_key key)
{
    size_t place = place_of(m, context, key);
    return place < m->count ? &m->items[place] : NULL;
}

const struct wzp_binding *wzp_keymap_key_of(const struct wzp_keymap *m,
                                            enum wzp_key_context context, const char *command)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].context == context && strcmp(m->items[i].command, command) == 0)
            return &m->items[i];
    return NULL;
}

/* Cuts off and returns the next word of a line, "" at its end. */
static char *word_of(char **rest)
{
    *rest += strspn(*rest, " \t");
    char *word = *rest;
    *rest += strcspn(*rest, " \t");
    if (**rest)
        *(*rest)++ = '\0';
    return word;
}

static int context_of(int *out, const char *name, struct wzp_error *err)
{
    *out = find_context(name);
    if (*out >= 0)
        return 0;
    char question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest nearest;
    wzp_nearest_begin(&nearest, name);
    for (int i = 0; i < WZP_CONTEXT_COUNT; i++)
        wzp_nearest_try(&nearest, contexts[i].name);
    return wzp_error_set(err, WZP_E_UNKNOWN, "there is no context \"%s\"%s", name,
                         wzp_nearest_question(question, &nearest, ""));
}

static int place_from_names(int *context, struct wzp_key *key, const char *context_name,
                            const char *name, struct wzp_error *err)
{
    int result = context_of(context, context_name, err);
    if (result)
        return result;
    if (!wzp_key_from_name(key, name))
        return wzp_error_set(err, WZP_E_SYNTAX, "\"%s\" is no key; keys are a, F2, C-x, M-x, Up",
                             name);
    if (*context == WZP_CONTEXT_ALWAYS && !key->modifiers && key->code < WZP_KEY_UP)
        return wzp_error_set(err, WZP_E_REFUSED,
                             "%s could not be typed any more: \"always\" wants "
                             "a function key, C- or M-",
                             name);
    return 0;
}

int wzp_keymap_bind_name(struct wzp_keymap *m, const char *context, const char *key,
                         const char *command, enum wzp_key_origin origin, struct wzp_error *err)
{
    int place;
    struct wzp_key pressed;
    int result = place_from_names(&place, &pressed, context, key, err);
    if (result)
        return result;
    return wzp_keymap_bind(m, (enum wzp_key_context)place, pressed, command, origin, err);
}

int wzp_keymap_line(struct wzp_keymap *m, const char *line, enum wzp_key_origin origin,
                    struct wzp_error *err)
{
    char text[512];
    wzp_text_filter(text, sizeof text, line, strlen(line));
    char *rest = text;
    const char *verb = word_of(&rest);
    bool bind = strcmp(verb, "bind") == 0;
    if (!bind && strcmp(verb, "unbind") != 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "\"%s\" is neither bind nor unbind", verb);
    int context;
    struct wzp_key key;
    const char *context_name = word_of(&rest), *name = word_of(&rest);
    int result = place_from_names(&context, &key, context_name, name, err);
    if (result)
        return result;
    rest += strspn(rest, " \t");
    if (bind && !*rest)
        return wzp_error_set(err, WZP_E_SYNTAX, "bind wants CONTEXT KEY COMMAND");
    if (bind)
        return wzp_keymap_bind(m, (enum wzp_key_context)context, key, rest, origin, err);
    if (*rest)
        return wzp_error_set(err, WZP_E_SYNTAX, "unbind wants CONTEXT KEY");
    if (!unbind(m, (enum wzp_key_context)context, key))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "%s is not bound in %s", name,
                             contexts[context].name);
    return 0;
}

size_t wzp_keymap_parse(struct wzp_keymap *m, const char *text, size_t length,
                        void (*warn)(void *context, const char *sentence), void *context)
{
    size_t wrong = 0;
    unsigned number = 0;
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end ? (size_t)(end - text) - at : length - at;
        char line[512];
        number++;
        bool whole = size < sizeof line;
        size_t used = whole ? size : sizeof line - 1;
        memcpy(line, text + at, used);
        line[used] = '\0';
        at += size + 1;
        for (char *p = line; p < line + used; p++)
            if (*p == '\t' || *p == '\r')
                *p = ' ';
        char *start = line + strspn(line, " ");
        used = strlen(start);
        while (used > 0 && start[used - 1] == ' ')
            start[--used] = '\0';
        if (!*start || *start == '#')
            continue;
        struct wzp_error err = {0};
        int result = whole ? wzp_keymap_line(m, start, WZP_KEY_FROM_FILE, &err)
                           : wzp_error_set(&err, WZP_E_TOO_BIG, "the line is too long");
        if (result == 0)
            continue;
        char sentence[WZP_ERROR_TEXT_MAX + 32];
        snprintf(sentence, sizeof sentence, "line %u: %s", number, err.text);
        warn(context, sentence);
        wrong++;
    }
    return wrong;
}

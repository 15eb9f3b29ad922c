/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/keep.h"

#include <string.h>

#include "app/store.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/toml.h"

/* ---- where the value stands ---- */

struct place {
    const char *key;
    unsigned line; /* of the value, from 1; 0: the key is not in the file */
    size_t last;   /* end of the last key before the first table, 0: there is none */
    size_t end;    /* end of the part before the first table */
};

static int find_key(void *context, const struct wzp_toml_value *value, struct wzp_error *err)
{
    struct place *p = context;
    (void)err;
    if (!value->table[0] && value->array_index < 0 && strcmp(value->key, p->key) == 0)
        p->line = value->line;
    return 0;
}

static void find_end(void *context, const struct wzp_toml_table *table)
{
    struct place *p = context;
    if (!table->name[0])
        p->last = table->end;
    else if (table->begin < p->end)
        p->end = table->begin;
}

static size_t line_at(const char *text, size_t length, unsigned line)
{
    size_t at = 0;
    for (; line > 1 && at < length; at++)
        line -= text[at] == '\n';
    return at;
}

/* Length of a value within its line: a string ends with its quote, any other value at a blank or
 * comment. */
static size_t value_length(const char *text, size_t length)
{
    char quote = length && (text[0] == '"' || text[0] == '\'') ? text[0] : 0;
    size_t i = quote ? 1 : 0;
    for (; i < length && text[i] != '\n'; i++) {
        if (quote == '"' && text[i] == '\\')
            i++;
        else if (quote && text[i] == quote)
            return i + 1;
        else if (!quote && strchr(" \t#\r", text[i]))
            break;
    }
    return i;
}

/* ---- the new text ---- */

static void add_value(struct wzp_buffer *b, const struct wzp_setting_row *row, const char *value)
{
    if (strcmp(row->type, "string") != 0) {
        wzp_buffer_text(b, value);
        return;
    }
    wzp_buffer_char(b, '"');
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            wzp_buffer_format(b, "\\%c", *p);
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            wzp_buffer_format(b, "\\u%04X", (unsigned)*p);
        else
            wzp_buffer_char(b, *p);
    }
    wzp_buffer_char(b, '"');
}

static void replace(struct wzp_buffer *b, const char *old, size_t length, size_t line,
                    const struct wzp_setting_row *row, const char *value)
{
    size_t at = line;
    while (at < length && old[at] != '=')
        at++;
    at++;
    while (at < length && (old[at] == ' ' || old[at] == '\t'))
        at++;
    size_t rest = at + value_length(old + at, length - at);
    wzp_buffer_add(b, old, at);
    add_value(b, row, value);
    wzp_buffer_add(b, old + rest, length - rest);
}

/* Appends the key to those before the first table. */
static void append(struct wzp_buffer *b, const char *old, size_t length, size_t end,
                   const struct wzp_setting_row *row, const char *value)
{
    wzp_buffer_add(b, old, end);
    if (end > 0 && old[end - 1] != '\n')
        wzp_buffer_char(b, '\n');
    wzp_buffer_format(b, "%s = ", row->name);
    add_value(b, row, value);
    wzp_buffer_char(b, '\n');
    if (end < length && old[end] == '[')
        wzp_buffer_char(b, '\n');
    wzp_buffer_add(b, old + end, length - end);
}

int wzp_settings_edit(char **out, size_t *out_length, const char *old, size_t old_length,
                      const char *key, const char *value, struct wzp_error *err)
{
    const struct wzp_setting_row *row = NULL;
    struct place place = {.key = key, .end = old_length};
    struct wzp_settings check;
    struct wzp_buffer b;
    *out = NULL;
    for (size_t i = 0; (row = wzp_setting_row(i)) && strcmp(row->name, key) != 0; i++)
        continue;
    if (!row)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no setting of that name");
    int result = wzp_toml_parse(old, old_length, find_key, &place, err);
    if (!result)
        result = wzp_toml_tables(old, old_length, find_end, &place, err);
    if (result)
        return result;
    wzp_buffer_init(&b, WZP_TOML_SIZE_MAX);
    if (place.line)
        replace(&b, old, old_length, line_at(old, old_length, place.line), row, value);
    else
        append(&b, old, old_length, place.last ? place.last : place.end, row, value);
    result = wzp_buffer_take(&b, out, out_length);
    if (result)
        return wzp_error_set(err, result, "config.toml: %s", wzp_strerror(result));
    /* Checks that the new text, read again, gives the value. */
    wzp_settings_default(&check);
    result = wzp_settings_parse(&check, *out, *out_length, NULL, NULL, err);
    if (result) {
        wzp_free(*out);
        *out = NULL;
    }
    return result;
}

struct change {
    const char *key, *value, *file;
};

static int merge(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                 struct wzp_error *err)
{
    struct change *c = owner;
    int result = wzp_settings_edit(out, out_length, old, old_length, c->key, c->value, err);
    if (result)
        wzp_error_prefix(err, c->file);
    return result;
}

int wzp_settings_keep(const struct wzp_settings *s, const struct wzp_host *host, const char *named,
                      const char *key, struct wzp_error *err)
{
    char value[WZP_SETTING_TEXT_MAX];
    struct wzp_host_file file = wzp_file_config;
    if (named) {
        file.place = WZP_PLACE_PATH;
        file.name = named;
    }
    struct change change = {key, value, file.name};
    if (!wzp_settings_get(value, s, key))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no setting of that name");
    return host->calls->file_update(host->context, &file, merge, &change, err);
}

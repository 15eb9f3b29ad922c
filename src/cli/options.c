/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "wzp/app.h"

static const struct wzp_option *find(const struct wzp_option *table, const char *name,
                                     size_t length)
{
    for (; table->name; table++)
        if (strlen(table->name) == length && strncmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

static const struct wzp_option *find_letter(const struct wzp_option *table, char letter)
{
    for (; table->name; table++)
        if (table->letter && table->letter == letter)
            return table;
    return NULL;
}

static int unknown(const struct wzp_option *table, const char *word, struct wzp_error *err)
{
    char safe[64];
    wzp_text_filter(safe, sizeof safe, word, strlen(word));
    word += strspn(word, "-");
    size_t length = strcspn(word, "=");
    char bare[64] = "", question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest nearest;
    if (length > 1 && length < sizeof bare)
        memcpy(bare, word, length);
    wzp_nearest_begin(&nearest, bare);
    for (const struct wzp_option *o = table; bare[0] && o->name; o++)
        wzp_nearest_try(&nearest, o->name);
    return wzp_error_set(err, WZP_E_ARGUMENT, "unknown option %s%s", safe,
                         wzp_nearest_question(question, &nearest, "--"));
}

static int store_number(const struct wzp_option *o, unsigned *out, const char *text,
                        struct wzp_error *err)
{
    uint64_t value;
    bool bounded = o->minimum || o->maximum;
    if (wzp_text_number(&value, text, UINT32_MAX))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--%s wants a whole number", o->name);
    if (bounded && (value < o->minimum || value > o->maximum))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--%s must be %u to %u", o->name, o->minimum,
                             o->maximum);
    *out = (unsigned)value;
    return 0;
}

static int store_seconds(const struct wzp_option *o, double *out, const char *text,
                         struct wzp_error *err)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value <= 0 || value > 1e7)
        return wzp_error_set(
            err, WZP_E_ARGUMENT,
            "--%s wants seconds, more than 0 and at most 10000000, for example 2.5", o->name);
    *out = value;
    return 0;
}

static int store(const struct wzp_option *o, void *values, const char *text, struct wzp_error *err)
{
    void *field = (char *)values + o->offset;
    switch (o->type) {
    case WZP_OPTION_FLAG: *(bool *)field = true; return 0;
    case WZP_OPTION_STRING: *(const char **)field = text; return 0;
    case WZP_OPTION_NUMBER: return store_number(o, field, text, err);
    case WZP_OPTION_SECONDS: return store_seconds(o, field, text, err);
    case WZP_OPTION_REPEAT: {
        struct wzp_option_list *list = field;
        if (list->count == WZP_OPTION_REPEAT_MAX)
            return wzp_error_set(err, WZP_E_ARGUMENT, "--%s may be given at most %d times", o->name,
                                 WZP_OPTION_REPEAT_MAX);
        list->items[list->count++] = text;
        return 0;
    }
    case WZP_OPTION_SETTING: {
        struct wzp_option_settings *list = field;
        if (list->count == WZP_OPTION_REPEAT_MAX)
            return wzp_error_set(err, WZP_E_ARGUMENT, "too many options like --%s", o->name);
        list->items[list->count].key = o->key;
        list->items[list->count++].text = text;
        return 0;
    }
    }
    return WZP_E_INTERNAL;
}

/* Parses one "--name", "--name=value", "-x" or "-xvalue" at argv[*at]; moves *at over a separate
 * value. */
static int parse_one(const struct wzp_option *table, void *values, int argc, char **argv, int *at,
                     struct wzp_error *err)
{
    const char *word = argv[*at];
    const struct wzp_option *o;
    const char *value = NULL;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        o = find(table, word + 2, length);
        if (word[2 + length] == '=')
            value = word + 3 + length;
    } else {
        o = find_letter(table, word[1]);
        if (word[2])
            value = word + 2;
    }
    if (!o)
        return unknown(table, word, err);
    if (o->type == WZP_OPTION_FLAG) {
        if (value)
            return wzp_error_set(err, WZP_E_ARGUMENT, "--%s takes no value", o->name);
        return store(o, values, NULL, err);
    }
    if (!value) {
        if (*at + 1 >= argc)
            return wzp_error_set(err, WZP_E_ARGUMENT, "--%s wants a value: %s", o->name,
                                 o->argument);
        value = argv[++*at];
    }
    return store(o, values, value, err);
}

int wzp_options_parse(const struct wzp_option *table, void *values, int argc, char **argv,
                      struct wzp_operands *operands, struct wzp_error *err)
{
    int kept = 1;
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && word[0] == '-' && word[1]) {
            int result = parse_one(table, values, argc, argv, &i, err);
            if (result)
                return result;
        } else {
            argv[kept++] =
                argv[i]; /* operands are moved to the front, over words that were already parsed */
        }
    }
    operands->items = (const char *const *)argv + 1;
    operands->count = (size_t)kept - 1;
    return 0;
}

static const struct wzp_setting_row *setting_of(const struct wzp_option *option)
{
    const struct wzp_setting_row *row;
    for (size_t i = 0; option->key && (row = wzp_setting_row(i)); i++)
        if (strcmp(row->name, option->key) == 0)
            return row;
    return NULL;
}

const char *wzp_option_help(const struct wzp_option *option)
{
    const struct wzp_setting_row *row = setting_of(option);
    return option->help ? option->help : row ? row->help : "";
}

void wzp_options_print(FILE *out, const struct wzp_option *table)
{
    for (; table->name; table++) {
        char left[64], line[256];
        if (table->letter)
            snprintf(left, sizeof left, "-%c, --%s %s", table->letter, table->name,
                     table->argument ? table->argument : "");
        else
            snprintf(left, sizeof left, "    --%s %s", table->name,
                     table->argument ? table->argument : "");
        snprintf(line, sizeof line, "  %-26s %s", left, wzp_option_help(table));
        wzp_terminal_print(out, line, 6);
    }
}

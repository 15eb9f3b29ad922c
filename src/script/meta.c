/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rows of functions as text: annotations for editors (LuaCATS), the lists of the manual. */
#include <string.h>

#include "script/script.h"

#define WORD_MAX 40

/* What a type is called by editors. */
static const char *type_name(const char *type)
{
    static const struct {
        const char *ours, *theirs;
    } rows[] = {{"text", "string"},
                {"bytes", "string"},
                {"event", "wzp.event_name"},
                {"seconds", "number"},
                {"peer", "string|wzp.client"},
                {"sound", "string|wzp.audio"},
                {"source", "wzp.call|wzp.client|wzp.task"},
                {"function", "function"},
                {"table", "table"},
                {"any", "any"},
                {"number", "number"},
                {"integer", "integer"},
                {"boolean", "boolean"},
                {"call", "wzp.call"},
                {"client", "wzp.client"},
                {"task", "wzp.task"},
                {"audio", "wzp.audio"},
                {"ear", "wzp.ear"},
                {"lab", "wzp.lab"},
                {"link", "wzp.link"},
                {"relay", "wzp.relay"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].ours, type) == 0)
            return rows[i].theirs;
    return "any";
}

/* One "name?: type" of a text; returns where it goes on. */
static const char *item(const char *p, char name[WORD_MAX], char type[WORD_MAX], bool *optional)
{
    size_t n = strcspn(p, ":?,}");
    snprintf(name, WORD_MAX, "%.*s", (int)n, p);
    p += n;
    *optional = *p == '?';
    p += *p == '?';
    p += *p == ':';
    p += *p == ' ';
    size_t t = strcspn(p, ",}");
    snprintf(type, WORD_MAX, "%.*s", (int)t, p);
    p += t;
    p += *p == ',';
    return p + (*p == ' ');
}

/* Lua has words that are no names. */
static const char *safe_name(const char *name)
{
    static const char *const words[] = {"for", "end", "function", "in", NULL};
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return "seconds";
    return name;
}

/* ---- LuaCATS ---- */

static void write_options(FILE *out, const char *p)
{
    const char *separator = "";
    fputs("---@param options? {", out);
    while (*p && *p != '}') {
        char name[WORD_MAX], type[WORD_MAX];
        bool optional;
        p = item(p, name, type, &optional);
        if (strcmp(name, "...") == 0)
            fprintf(out, "%s[string]: any", separator);
        else
            fprintf(out, "%s%s%s: %s", separator, name, optional ? "?" : "", type_name(type));
        separator = ", ";
    }
    fputs("}\n", out);
}

static const char *after_options(const char *p)
{
    p += strcspn(p, "}");
    p += *p == '}';
    p += *p == ',';
    return p + (*p == ' ');
}

/* A method's object is none. */
static const char *first_argument(const struct wzp_script_function *f, bool is_method)
{
    const char *p = f->arguments;
    if (!is_method)
        return p;
    p += strcspn(p, ",");
    p += *p == ',';
    return p + (*p == ' ');
}

static void write_parameters(FILE *out, const struct wzp_script_function *f, bool is_method)
{
    const char *p = first_argument(f, is_method);
    while (*p) {
        char name[WORD_MAX], type[WORD_MAX];
        bool optional;
        if (*p == '{') {
            write_options(out, p + 1);
            p = after_options(p);
            continue;
        }
        p = item(p, name, type, &optional);
        if (strcmp(name, "...") == 0)
            fputs("---@param ... any\n", out);
        else
            fprintf(out, "---@param %s%s %s\n", safe_name(name), optional ? "?" : "",
                    type_name(type));
    }
}

static void write_names(FILE *out, const struct wzp_script_function *f, bool is_method)
{
    const char *p = first_argument(f, is_method), *separator = "";
    while (*p) {
        char name[WORD_MAX], type[WORD_MAX];
        bool optional;
        if (*p == '{') {
            fprintf(out, "%soptions", separator);
            p = after_options(p);
        } else {
            p = item(p, name, type, &optional);
            fprintf(out, "%s%s", separator, safe_name(name));
        }
        separator = ", ";
    }
}

/* Its first argument is an object of the module's own class. */
static bool is_method(const struct wzp_script_function *f)
{
    size_t length = strlen(f->module);
    return length > 0 && strncmp(f->arguments, f->module, length) == 0 &&
           f->arguments[length] == ':' && strncmp(f->arguments + length, ": ", 2) == 0 &&
           strncmp(f->arguments + length + 2, f->module, length) == 0;
}

static void write_result(FILE *out, const char *result)
{
    char first[WORD_MAX];
    size_t length = strcspn(result, " |,");
    if (!result[0])
        return;
    snprintf(first, sizeof first, "%.*s", (int)length, result);
    bool fails = strstr(result, "nil");
    const char *type = strcmp(first, "true") == 0    ? "boolean"
                       : strcmp(first, "event") == 0 ? "wzp.event"
                       : strcmp(first, "...") == 0   ? "any"
                                                     : type_name(first);
    fprintf(out, "---@return %s%s # %s\n", type, fails ? "?" : "", result);
    if (fails)
        fputs("---@return string? why\n", out);
}

static void write_function(FILE *out, const struct wzp_script_function *f)
{
    bool method = is_method(f);
    fprintf(out, "\n---%s\n", f->help);
    if (f->waits)
        fputs("---@async\n", out);
    write_parameters(out, f, method);
    write_result(out, f->result);
    fprintf(out, "function wzp%s%s%c%s(", f->module[0] ? "." : "", f->module, method ? ':' : '.',
            f->name);
    write_names(out, f, method);
    fputs(") end\n", out);
}

static void write_event_names(FILE *out)
{
    fputs("\n---@alias wzp.event_name\n", out);
    for (int i = 0; i < WZP_EVENT_COUNT; i++)
        fprintf(out, "---| \"%s\" # %s\n", wzp_event_row((enum wzp_event_type)i)->name,
                wzp_event_row((enum wzp_event_type)i)->help);
    fputs("---| string\n\n---@class wzp.event: wzp.call\n"
          "---@field event wzp.event_name\n---@field t number seconds since the program began\n"
          "---@field call? wzp.call\n---@field client wzp.client\n",
          out);
    const struct wzp_event_field *field;
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        fprintf(out, "---@field %s? any %s\n", field->name, field->help);
}

static void write_classes(FILE *out)
{
    static const char *const modules[] = {"account", "audio", "call", "client", "contacts", "ear",
                                          "events",  "json",  "lab",  "link",   "log",      "relay",
                                          "room",    "task",  "test", "time",   "timer",    "ui"};
    for (size_t m = 0; m < sizeof modules / sizeof modules[0]; m++) {
        struct wzp_script_property p;
        fprintf(out, "\n---@class wzp.%s\n", modules[m]);
        for (size_t i = 0; wzp_script_property_row(&p, i); i++)
            if (strcmp(p.module, modules[m]) == 0)
                fprintf(out, "---@field %s %s %s\n", p.name, type_name(p.type), p.help);
        fprintf(out, "wzp.%s = {}\n", modules[m]);
    }
}

void wzp_script_write_meta(FILE *out)
{
    struct wzp_script_function f;
    fputs("-- SPDX-License-Identifier: MIT OR Apache-2.0\n"
          "-- Made from the rows of the functions (make lua-meta): for editors with a Lua language "
          "server.\n---@meta wzp\n\n---@class wzp\nwzp = {}\n",
          out);
    write_event_names(out);
    write_classes(out);
    for (size_t i = 0; wzp_script_function_row(&f, i); i++)
        write_function(out, &f);
}

/* ---- the manual ---- */

/* A backslash or a dot at the beginning would be mdoc's. */
static void write_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '"')
            fputs("\\(dq", out);
        else
            fputc(*text, out);
        /* One sentence a line. */
        if ((*text == '.' || *text == '?') && text[1] == ' ' && text[2] >= 'A' && text[2] <= 'Z') {
            fputc('\n', out);
            text++;
        }
    }
}

static const char *tier_name(unsigned tiers)
{
    return tiers & WZP_SCRIPT_CONFIG ? "" : tiers & WZP_SCRIPT_USER ? " (user)" : " (test)";
}

void wzp_script_write_manual(FILE *out)
{
    struct wzp_script_function f;
    struct wzp_script_property p;
    const char *module = NULL;
    for (size_t i = 0; wzp_script_function_row(&f, i); i++) {
        fprintf(out, ".It Ic wzp%s%s.%s ", f.module[0] ? "." : "", f.module, f.name);
        fputs(f.arguments[0] ? "Ns Pq Ar \"" : "Ns \"()", out);
        write_roff(out, f.arguments);
        fputs("\"\n", out);
        write_roff(out, f.help);
        if (f.waits)
            fputs("\nIt waits.", out);
        if (tier_name(f.tiers)[0])
            fprintf(out, "\nNot in every program%s.", tier_name(f.tiers));
        if (f.result[0]) {
            fputs("\nReturns ", out);
            write_roff(out, f.result);
            fputs(".", out);
        }
        fputs("\n", out);
    }
    for (size_t i = 0; wzp_script_property_row(&p, i); i++) {
        if (!module || strcmp(module, p.module) != 0)
            module = p.module;
        fprintf(out, ".It Va %s.%s\n", p.module, p.name);
        fprintf(out, "%s: ", p.type);
        write_roff(out, p.help);
        fputs(".\n", out);
    }
}

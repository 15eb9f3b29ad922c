/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines of Lua that a person types: run as tasks, values shown, what could follow offered. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"

#define PATH_MAX_BYTES 256
#define CANDIDATES_MAX 500

/* ---- running ---- */

static void show(lua_State *L, int index)
{
    size_t length;
    char safe[WZP_SCRIPT_LINE_MAX];
    const char *text = luaL_tolstring(L, index, &length);
    wzp_text_filter(safe, sizeof safe, text, length);
    wzp_script_print(wzp_script_of(L), safe);
    lua_pop(L, 1);
}

/* A table is shown by its fields, one a line. */
static void show_value(lua_State *L, int index)
{
    int count = 0;
    show(L, index);
    if (lua_type(L, index) != LUA_TTABLE)
        return;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (++count > 40) {
            wzp_script_print(wzp_script_of(L), "  ...");
            lua_pop(L, 2);
            return;
        }
        luaL_tolstring(L, -2, NULL);
        luaL_tolstring(L, -2, NULL);
        lua_pushfstring(L, "  %s = %s", lua_tostring(L, -2), lua_tostring(L, -1));
        show(L, lua_gettop(L));
        lua_pop(L, 3);
    }
}

static int after_line(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status != LUA_OK && status != LUA_YIELD) {
        show(L, lua_gettop(L));
        return 0;
    }
    int count = lua_gettop(L);
    luaL_checkstack(L, 8, NULL);
    for (int i = 1; i <= count; i++)
        show_value(L, i);
    return 0;
}

/* The body of the task: the function at 1. */
static int run_line(lua_State *L)
{
    return after_line(L, lua_pcallk(L, 0, LUA_MULTRET, 0, 0, after_line), 0);
}

/* First as an expression, then as a statement. */
static int begin_line(lua_State *L)
{
    const char *line = lua_touserdata(L, 1);
    struct wzp_script *s = wzp_script_of(L);
    lua_settop(L, 0);
    lua_pushcfunction(L, run_line);
    const char *expression = lua_pushfstring(L, "return %s", line);
    int status = wzp_sandbox_load(L, expression, strlen(expression), "=line");
    if (status != LUA_OK) {
        lua_pop(L, 1);
        status = wzp_sandbox_load(L, line, strlen(line), "=line");
    }
    if (status != LUA_OK) {
        show(L, lua_gettop(L));
        return 0;
    }
    lua_remove(L, 2);
    struct wzp_script_task *task = wzp_task_new(L, NULL, 1);
    task->background = true;
    wzp_task_resume(task);
    wzp_script_arm(s);
    return 0;
}

void wzp_script_line(struct wzp_script *s, const char *line)
{
    struct wzp_error err = {0};
    if (wzp_script_ready(s, &err)) {
        wzp_script_print(s, err.text);
        return;
    }
    wzp_script_protect(s, begin_line, (void *)(uintptr_t)line);
}

struct asking {
    const char *line;
    bool goes_on;
};

/* Its last error is that the text stopped: as an expression, or as a statement. */
static int ask_line(lua_State *L)
{
    static const char *const starts[] = {"return ", ""};
    struct asking *a = lua_touserdata(L, 1);
    for (size_t i = 0; i < 2; i++) {
        size_t length = 0;
        const char *text = lua_pushfstring(L, "%s%s", starts[i], a->line);
        int status = wzp_sandbox_load(L, text, strlen(text), "=line");
        if (status == LUA_OK) {
            a->goes_on = false;
            return 0;
        }
        const char *why = lua_tolstring(L, -1, &length);
        a->goes_on |= why && length >= 5 && strcmp(why + length - 5, "<eof>") == 0;
    }
    return 0;
}

bool wzp_script_line_goes_on(struct wzp_script *s, const char *line)
{
    struct asking a = {.line = line};
    return !wzp_script_ready(s, NULL) && !wzp_script_protect(s, ask_line, &a) && a.goes_on;
}

/* ---- what could follow ---- */

struct completing {
    const char *line, *word;
    void (*each)(void *context, const char *candidate, const char *help);
    void *context;
    size_t count;
};

static const char *help_of(const char *candidate)
{
    char text[160];
    struct wzp_script_function f;
    for (size_t i = 0; wzp_script_function_row(&f, i); i++) {
        snprintf(text, sizeof text, "wzp%s%s.%s", f.module[0] ? "." : "", f.module, f.name);
        if (strcmp(text, candidate) == 0)
            return f.help;
    }
    return "";
}

static void offer(struct completing *c, const char *before, char joint, const char *name,
                  const char *help)
{
    char candidate[PATH_MAX_BYTES];
    if (c->count == CANDIDATES_MAX)
        return;
    if (joint)
        snprintf(candidate, sizeof candidate, "%s%c%s", before, joint, name);
    else
        snprintf(candidate, sizeof candidate, "%s", name);
    c->count++;
    c->each(c->context, candidate, help ? help : help_of(candidate));
}

/* Fields of the table on top that begin with the last part. */
static void offer_fields(lua_State *L, struct completing *c, const char *before, char joint,
                         const char *last)
{
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        bool fits = name && strncmp(name, last, strlen(last)) == 0 &&
                    (joint != ':' || lua_isfunction(L, -1));
        if (fits)
            offer(c, before, joint, name, NULL);
    }
}

/* Methods and properties of an object, by the rows of its class. */
static void offer_object(struct completing *c, const char *class, const char *before, char joint,
                         const char *last)
{
    struct wzp_script_function f;
    struct wzp_script_property p;
    size_t length = strlen(last);
    for (size_t i = 0; joint == ':' && wzp_script_function_row(&f, i); i++)
        if (strcmp(f.module, class) == 0 && strncmp(f.name, last, length) == 0 &&
            strncmp(f.arguments, class, strlen(class)) == 0)
            offer(c, before, joint, f.name, f.help);
    for (size_t i = 0; joint == '.' && wzp_script_property_row(&p, i); i++)
        if (strcmp(p.module, class) == 0 && strncmp(p.name, last, length) == 0)
            offer(c, before, joint, p.name, p.help);
}

/* Pushes the value of "a.b.c", without running anything of the script; nil where it ends. */
static void push_path(lua_State *L, const char *path)
{
    lua_pushglobaltable(L);
    while (*path && lua_type(L, -1) == LUA_TTABLE) {
        size_t length = strcspn(path, ".:");
        lua_pushlstring(L, path, length);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        path += length + (path[length] != 0);
    }
}

static int find_candidates(lua_State *L)
{
    struct completing *c = lua_touserdata(L, 1);
    char before[PATH_MAX_BYTES];
    const char *last = c->word + strlen(c->word);
    while (last > c->word && last[-1] != '.' && last[-1] != ':')
        last--;
    char joint = last > c->word ? last[-1] : 0;
    snprintf(before, sizeof before, "%.*s", joint ? (int)(last - 1 - c->word) : 0, c->word);
    lua_settop(L, 0);
    push_path(L, before);
    if (lua_type(L, -1) == LUA_TTABLE)
        offer_fields(L, c, before, joint, last);
    else if (lua_type(L, -1) == LUA_TUSERDATA && luaL_getmetafield(L, -1, "__name") == LUA_TSTRING)
        offer_object(c, lua_tostring(L, -1), before, joint, last);
    return 0;
}

size_t wzp_script_complete(struct wzp_script *s, const char *line,
                           void (*each)(void *context, const char *candidate, const char *help),
                           void *context)
{
    static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:";
    const char *word = line + strlen(line);
    while (word > line && strchr(part, word[-1]))
        word--;
    struct completing c = {line, word, each, context, 0};
    wzp_script_protect(s, find_candidates, &c);
    return c.count;
}

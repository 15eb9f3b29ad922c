/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Checks the arguments and options of functions against the description in their row, the same text
 * that the manual shows. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "script/internal.h"

#define WORD_MAX 32

/* ---- options ---- */

void wzp_lua_options_at(lua_State *L, int index)
{
    lua_settop(L, index);
    if (!lua_isnil(L, index))
        return;
    lua_newtable(L);
    lua_replace(L, index);
}

/* Pushes the option; false, with nothing pushed, when there is none. The table is a copy of ours
 * (copy_table). */
static bool push_option(lua_State *L, int index, const char *key)
{
    if (lua_type(L, index) != LUA_TTABLE)
        return false;
    if (lua_getfield(L, index, key) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

double wzp_lua_option_number(lua_State *L, int index, const char *key, double standard)
{
    if (!push_option(L, index, key))
        return standard;
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

bool wzp_lua_option_boolean(lua_State *L, int index, const char *key, bool standard)
{
    if (!push_option(L, index, key))
        return standard;
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

const char *wzp_lua_option_text(lua_State *L, int index, const char *key, const char *standard)
{
    if (!push_option(L, index, key))
        return standard;
    if (lua_type(L, -1) != LUA_TSTRING) /* of a table whose keys no row knows */
        luaL_error(L, "%s must be a text", key);
    const char *value = lua_tostring(L, -1);
    lua_pop(L, 1);
    return value;
}

/* ---- tables ---- */

#define COPIED_BETWEEN_PAYMENTS 256

/* Replaces the table at index by a raw copy. A metatable could answer differently when it is asked
 * again, or the script could change the table meanwhile. No other code refers to the copy, so what
 * was checked is what is used, and strings in it stay valid as long as the copy. */
static void copy_table(lua_State *L, int index)
{
    unsigned unpaid = 0;
    lua_newtable(L);
    int copy = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index) != 0;) {
        if (++unpaid == COPIED_BETWEEN_PAYMENTS) {
            wzp_budget_spend(L, unpaid);
            unpaid = 0;
        }
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, copy);
    }
    lua_replace(L, index);
}

/* ---- types: where an object stands for another value, it takes its place ---- */

static bool is_text(lua_State *L, int index)
{
    size_t length;
    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    const char *text = lua_tolstring(L, index, &length);
    return strlen(text) == length;
}

static bool is_number(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TNUMBER && isfinite(lua_tonumber(L, index));
}

static bool is_seconds(lua_State *L, int index)
{
    return is_number(L, index) && lua_tonumber(L, index) >= 0 && lua_tonumber(L, index) <= 1e9;
}

static bool is_whole(lua_State *L, int index)
{
    int whole = 0;
    lua_tointegerx(L, index, &whole);
    return lua_type(L, index) == LUA_TNUMBER && whole;
}

/* An event stands for its call. */
static bool is_call(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TTABLE && index > 0) {
        lua_pushliteral(L, "call");
        lua_rawget(L, index);
        if (wzp_lua_object(L, -1, "call"))
            lua_replace(L, index);
        else
            lua_pop(L, 1);
    }
    return wzp_lua_object(L, index, "call");
}

static bool is_peer(lua_State *L, int index)
{
    return is_text(L, index) || wzp_lua_object(L, index, "client");
}

static bool is_source(lua_State *L, int index)
{
    return is_call(L, index) || wzp_lua_object(L, index, "client") ||
           wzp_lua_object(L, index, "task");
}

static bool is_sound(lua_State *L, int index)
{
    return is_text(L, index) || wzp_lua_object(L, index, "audio");
}

static bool is_function(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TFUNCTION;
}

/* Its copy takes its place. */
static bool is_table(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE)
        return false;
    copy_table(L, index);
    return true;
}

static bool is_boolean(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TBOOLEAN;
}

static bool is_string(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TSTRING;
}

static bool is_any(lua_State *L, int index)
{
    (void)L;
    (void)index;
    return true;
}

/* Other words are classes of objects. */
static const struct {
    const char *word, *wanted;
    bool (*is)(lua_State *L, int index);
} types[] = {
    {"text", "a text without zero bytes", is_text},
    {"bytes", "a string", is_string},
    {"event", "the name of an event", is_text},
    {"number", "a number that is finite", is_number},
    {"integer", "a whole number", is_whole},
    {"seconds", "seconds, 0 or more", is_seconds},
    {"boolean", "true or false", is_boolean},
    {"function", "a function", is_function},
    {"table", "a table", is_table},
    {"any", "any value", is_any},
    {"call", "a call", is_call},
    {"peer", "a contact, a fingerprint or a client", is_peer},
    {"source", "a call, a client or a task", is_source},
    {"sound", "a sound or the name of a WAV file", is_sound},
};

static bool has_type(lua_State *L, int index, const char *word, const char **wanted)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].word, word) == 0) {
            *wanted = types[i].wanted;
            return types[i].is(L, index);
        }
    *wanted = NULL;
    return wzp_lua_object(L, index, word);
}

/* ---- the text of arguments ---- */

/* "name?: type" at p; returns where it goes on: at ',', '}' or the end. */
static const char *read_item(const char *p, char name[WORD_MAX], char type[WORD_MAX],
                             bool *optional)
{
    size_t n = 0, t = 0;
    for (; *p && !strchr(":?,}", *p); p++)
        if (n + 1 < WORD_MAX)
            name[n++] = *p;
    *optional = *p == '?';
    p += *optional;
    p += *p == ':';
    p += *p == ' ';
    for (; *p && *p != ',' && *p != '}'; p++)
        if (t + 1 < WORD_MAX)
            type[t++] = *p;
    name[n] = type[t] = 0;
    return p;
}

static const char *what_is(lua_State *L, int index)
{
    if (lua_isnone(L, index))
        return "nothing";
    if (lua_type(L, index) == LUA_TNUMBER && isnan(lua_tonumber(L, index)))
        return "nan";
    if (lua_type(L, index) == LUA_TNUMBER)
        return lua_pushfstring(L, "%f", lua_tonumber(L, index));
    if (lua_type(L, index) == LUA_TSTRING)
        return is_text(L, index) ? "a text" : "a text with zero bytes";
    if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
        return lua_tostring(L, -1);
    return luaL_typename(L, index);
}

static void full_name(char *out, size_t size, const struct wzp_lua_row *row)
{
    snprintf(out, size, "wzp.%s%s%s", row->module, row->module[0] ? "." : "", row->name);
}

static int wrong(lua_State *L, const struct wzp_lua_row *row, const char *name, const char *wanted,
                 const char *type, int index)
{
    char function[80], colon[80] = "";
    full_name(function, sizeof function, row);
    if (!wanted)
        wanted = lua_pushfstring(L, "a %s", type);
    if (index == 1 && strcmp(name, row->module) == 0) /* a.dial(b) */
        snprintf(colon, sizeof colon, "; did you mean %s:%s(...)?", name, row->name);
    return luaL_error(L, "%s: %s must be %s, and is %s%s", function, name, wanted,
                      what_is(L, index), colon);
}

/* The keys of a table, which is ours, against "{a: text, b?: number}" at p. */
static void check_required(lua_State *L, const struct wzp_lua_row *row, int index, const char *p)
{
    while (*p && *p != '}') {
        char name[WORD_MAX], type[WORD_MAX];
        const char *wanted;
        bool optional;
        p = read_item(p, name, type, &optional);
        p += *p == ',';
        p += *p == ' ';
        if (strcmp(name, "...") == 0)
            continue;
        lua_getfield(L, index, name);
        int at = lua_gettop(L);
        bool left_out = lua_isnil(L, at) && optional;
        if (!left_out && !has_type(L, at, type, &wanted))
            wrong(L, row, lua_pushfstring(L, "option %s", name), wanted, type, at);
        lua_pushvalue(L, at); /* a copy, or what an object stands for */
        lua_setfield(L, index, name);
        lua_settop(L, at - 1);
    }
}

/* An unknown key is an error, which suggests the nearest known one. */
static void check_known(lua_State *L, const struct wzp_lua_row *row, int index, const char *p)
{
    char function[80];
    full_name(function, sizeof function, row);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        char question[WZP_NEAREST_QUESTION_MAX];
        struct wzp_nearest nearest;
        bool known = false;
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        wzp_nearest_begin(&nearest, key ? key : "");
        for (const char *q = p; *q && *q != '}' && !known;) {
            char name[WORD_MAX], type[WORD_MAX];
            bool optional;
            q = read_item(q, name, type, &optional);
            q += *q == ',';
            q += *q == ' ';
            known = strcmp(name, "...") == 0 || (key && strcmp(name, key) == 0);
            if (strcmp(name, "...") != 0)
                wzp_nearest_try(&nearest, name);
        }
        if (!known && !key)
            luaL_error(L, "%s: options have names", function);
        if (!known)
            luaL_error(L, "%s: there is no option %s%s", function, key,
                       wzp_nearest_question(question, &nearest, ""));
    }
}

static const char *check_options(lua_State *L, const struct wzp_lua_row *row, int index,
                                 const char *p)
{
    const char *keys = p + 1, *end = strchr(p, '}');
    bool last = !end || !end[1];
    if (!lua_isnoneornil(L, index) && !lua_istable(L, index)) {
        if (last)
            wrong(L, row, "the options", "a table", "table", index);
        lua_pushnil(L);
        lua_insert(L, index);
    } else if (lua_isnone(L, index)) {
        lua_settop(L, index);
    }
    if (is_table(L, index)) { /* a copy from here on */
        check_known(L, row, index, keys);
        check_required(L, row, index, keys);
    } else if (keys[0] != '}' && keys[0] != '.' && !memchr(keys, '?', strcspn(keys, ",}"))) {
        wrong(L, row, "the options", "a table", "table", index);
    }
    return end ? end + 1 : keys + strlen(keys);
}

void wzp_lua_check_arguments(lua_State *L, const struct wzp_lua_row *row)
{
    const char *p = row->arguments;
    luaL_checkstack(L, 20, NULL);
    for (int index = 1; *p; index++) {
        if (*p == '{') {
            p = check_options(L, row, index, p);
        } else if (strncmp(p, "...", 3) == 0) {
            return;
        } else {
            char name[WORD_MAX], type[WORD_MAX];
            const char *wanted;
            bool optional;
            p = read_item(p, name, type, &optional);
            bool left_out = optional && lua_isnoneornil(L, index);
            if (left_out && lua_isnone(L, index))
                lua_settop(L, index);
            if (!left_out && lua_isnone(L, index))
                wrong(L, row, name, has_type(L, index, type, &wanted) ? NULL : wanted, type, index);
            if (!left_out && !has_type(L, index, type, &wanted))
                wrong(L, row, name, wanted, type, index);
        }
        p += *p == ',';
        p += *p == ' ';
    }
}

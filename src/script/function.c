/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Functions from their rows: arguments are checked by the very text that the manual shows. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "script/internal.h"

#define WORD_MAX 32

/* ---- objects ---- */

static void class_key(char out[WORD_MAX + 8], const char *class)
{
    snprintf(out, WORD_MAX + 8, "wzp.%s", class);
}

void *wzp_lua_object(lua_State *L, int index, const char *class)
{
    char key[WORD_MAX + 8];
    class_key(key, class);
    return luaL_testudata(L, index, key);
}

void wzp_lua_class(lua_State *L, const char *class)
{
    char key[WORD_MAX + 8];
    class_key(key, class);
    luaL_setmetatable(L, key);
}

int wzp_lua_fail(lua_State *L, const char *sentence)
{
    luaL_pushfail(L);
    lua_pushstring(L, sentence);
    return 2;
}

int wzp_lua_fail_error(lua_State *L, int result, const struct wzp_error *err)
{
    return wzp_lua_fail(L, err->text[0] ? err->text : wzp_strerror(result));
}

int wzp_lua_outcome(lua_State *L, int result, const struct wzp_error *err)
{
    if (result)
        return wzp_lua_fail_error(L, result, err);
    lua_pushboolean(L, 1);
    return 1;
}

int wzp_lua_closed(lua_State *L)
{
    return wzp_lua_fail(L, "closed");
}

void wzp_lua_options_at(lua_State *L, int index)
{
    lua_settop(L, index);
    if (!lua_isnil(L, index))
        return;
    lua_newtable(L);
    lua_replace(L, index);
}

/* Pushes the option; false, with nothing pushed, when there is none. */
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
    const char *value = lua_tostring(L, -1);
    lua_pop(L, 1);
    return value;
}

/* ---- types ---- */

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

static bool is_table(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TTABLE;
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

/* The keys of a table against "{a: text, b?: number}" at p. */
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
        lua_settop(L, at - 1);
    }
}

/* A key that no option has is a mistake: said with the nearest that is there. */
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
    if (!lua_isnoneornil(L, index) && !is_table(L, index)) {
        if (last)
            wrong(L, row, "the options", "a table", "table", index);
        lua_pushnil(L);
        lua_insert(L, index);
    } else if (lua_isnone(L, index)) {
        lua_settop(L, index);
    }
    if (is_table(L, index)) {
        check_known(L, row, index, keys);
        check_required(L, row, index, keys);
    } else if (keys[0] != '}' && keys[0] != '.' && !memchr(keys, '?', strcspn(keys, ",}"))) {
        wrong(L, row, "the options", "a table", "table", index);
    }
    return end ? end + 1 : keys + strlen(keys);
}

static void check_arguments(lua_State *L, const struct wzp_lua_row *row)
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

static int call_row(lua_State *L)
{
    const struct wzp_lua_row *row = lua_touserdata(L, lua_upvalueindex(1));
    check_arguments(L, row);
    return row->run(L);
}

/* wzp.task(...): a module that is a function, too. */
static int call_module(lua_State *L)
{
    lua_remove(L, 1);
    return call_row(L);
}

/* ---- classes ---- */

/* "HOLDER has no NAME", with the nearest of the keys of tables at the given indices; the name is at
 * 2. Raises the error. */
static int complain_missing(lua_State *L, const char *holder, const int *tables, size_t count)
{
    char safe[64], question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest nearest;
    const char *name =
        lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    wzp_text_filter(safe, sizeof safe, name, strlen(name));
    wzp_nearest_begin(&nearest, safe);
    for (size_t i = 0; i < count; i++)
        for (lua_pushnil(L); lua_next(L, tables[i]) != 0; lua_pop(L, 1))
            if (lua_type(L, -2) == LUA_TSTRING)
                wzp_nearest_try(&nearest, lua_tostring(L, -2));
    return luaL_error(L, "%s has no %s%s", holder, safe,
                      wzp_nearest_question(question, &nearest, ""));
}

/* Upvalue: "wzp.test". */
static int index_module(lua_State *L)
{
    const int here[] = {1};
    return complain_missing(L, lua_tostring(L, lua_upvalueindex(1)), here, 1);
}

/* Upvalues: functions of the class, its properties. */
static int index_object(lua_State *L)
{
    const int both[] = {lua_upvalueindex(1), lua_upvalueindex(2)};
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1))
        return 1;
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    const struct wzp_lua_property *property = lua_touserdata(L, -1);
    if (property)
        return property->get(L, lua_touserdata(L, 1));
    luaL_getmetafield(L, 1, "__name");
    return complain_missing(L, lua_pushfstring(L, "a %s", lua_tostring(L, -1)), both, 2);
}

static int object_to_text(lua_State *L)
{
    luaL_getmetafield(L, 1, "__name");
    lua_pushfstring(L, "%s: %p", lua_tostring(L, -1), lua_topointer(L, 1));
    return 1;
}

/* A <close> variable of the class calls this function of it. */
static const struct {
    const char *class, *closer;
    lua_CFunction collect;
} classes[] = {{"call", "hangup", wzp_lua_call_collect},
               {"client", "close", NULL},
               {"task", "cancel", NULL},
               {"audio", NULL, NULL},
               {"ear", "stop", NULL},
               {"lab", NULL, NULL},
               {"link", NULL, NULL},
               {"relay", NULL, NULL}};

static int close_object(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

/* The functions of the class are on top. */
static void make_class(lua_State *L, const char *class, const char *closer, lua_CFunction collect)
{
    static const struct wzp_lua_property *const tables[] = {
        wzp_lua_call_properties, wzp_lua_client_properties, wzp_lua_audio_properties,
        wzp_lua_task_properties, wzp_lua_lab_properties};
    char key[WORD_MAX + 8];
    class_key(key, class);
    luaL_newmetatable(L, key);
    lua_pushstring(L, class);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, object_to_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushvalue(L, -2);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct wzp_lua_property *at = tables[i]; at->name; at++)
            if (strcmp(at->module, class) == 0) {
                lua_pushlightuserdata(L, (void *)(uintptr_t)at);
                lua_setfield(L, -2, at->name);
            }
    lua_pushcclosure(L, index_object, 2);
    lua_setfield(L, -2, "__index");
    if (collect) {
        lua_pushcfunction(L, collect);
        lua_setfield(L, -2, "__gc");
    }
    if (closer) {
        lua_getfield(L, -2, closer);
        lua_pushcclosure(L, close_object, 1);
        lua_setfield(L, -2, "__close");
    }
    lua_pop(L, 1);
}

/* ---- all rows ---- */

static const struct wzp_lua_row *const row_tables[] = {
    wzp_lua_core_rows,   wzp_lua_task_rows,  wzp_lua_event_rows, wzp_lua_client_rows,
    wzp_lua_call_rows,   wzp_lua_audio_rows, wzp_lua_net_rows,   wzp_lua_ui_rows,
    wzp_lua_file_rows,   wzp_lua_test_rows,  wzp_lua_lab_rows,   wzp_lua_link_rows,
    wzp_lua_capture_rows};

static const struct wzp_lua_row *row_at(size_t i)
{
    for (size_t t = 0; t < sizeof row_tables / sizeof row_tables[0]; t++)
        for (const struct wzp_lua_row *at = row_tables[t]; at->name; at++)
            if (i-- == 0)
                return at;
    return NULL;
}

bool wzp_script_function_row(struct wzp_script_function *out, size_t i)
{
    const struct wzp_lua_row *row = row_at(i);
    if (!row)
        return false;
    *out = (struct wzp_script_function){row->module, row->name,  row->arguments, row->result,
                                        row->help,   row->tiers, row->waits};
    return true;
}

bool wzp_script_property_row(struct wzp_script_property *out, size_t i)
{
    static const struct wzp_lua_property *const tables[] = {
        wzp_lua_client_properties, wzp_lua_call_properties, wzp_lua_audio_properties,
        wzp_lua_task_properties, wzp_lua_lab_properties};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct wzp_lua_property *at = tables[t]; at->name; at++)
            if (i-- == 0) {
                *out = (struct wzp_script_property){at->module, at->name, at->type, at->help};
                return true;
            }
    return false;
}

/* Pushes wzp.MODULE (wzp itself for ""), made when it is not there; wzp is at index 1. */
static void push_module(lua_State *L, const char *module)
{
    if (!module[0]) {
        lua_pushvalue(L, 1);
        return;
    }
    lua_getfield(L, 1, module);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, module);
}

static int not_here(lua_State *L)
{
    return luaL_error(L, "wzp.%s is not for scripts of this kind",
                      lua_tostring(L, lua_upvalueindex(1)));
}

static bool is_module(const char *name)
{
    const struct wzp_lua_row *row;
    for (size_t i = 0; (row = row_at(i)); i++)
        if (strcmp(row->module, name) == 0)
            return true;
    return false;
}

/* A function of a higher tier says so, in place of not being there. */
static void set_row(lua_State *L, const struct wzp_lua_row *row, unsigned tier)
{
    push_module(L, row->module);
    if (!row->module[0] && (row->tiers & tier) && is_module(row->name)) {
        push_module(L, row->name);
        lua_createtable(L, 0, 1);
        lua_pushlightuserdata(L, (void *)(uintptr_t)row);
        lua_pushcclosure(L, call_module, 1);
        lua_setfield(L, -2, "__call");
        lua_setmetatable(L, -2);
        lua_pop(L, 2);
        return;
    }
    if (row->tiers & tier) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)row);
        lua_pushcclosure(L, call_row, 1);
    } else {
        lua_pushfstring(L, "%s%s%s", row->module, row->module[0] ? "." : "", row->name);
        lua_pushcclosure(L, not_here, 1);
        if (!row->module[0] && is_module(row->name)) { /* the module itself stays */
            lua_pop(L, 2);
            return;
        }
    }
    lua_setfield(L, -2, row->name);
    lua_pop(L, 1);
}

/* Of the module on top: what is not there is an error that helps, in place of a nil that is called
 * later. rawget() asks for what may be missing. */
static void watch_module(lua_State *L, const char *name)
{
    if (!lua_getmetatable(L, -1))
        lua_createtable(L, 0, 1);
    lua_pushfstring(L, "wzp%s%s", name[0] ? "." : "", name);
    lua_pushcclosure(L, index_module, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* All tables in the table wzp at 1, and that itself. */
static void watch_modules(lua_State *L)
{
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1))
        if (lua_istable(L, -1))
            watch_module(L, lua_tostring(L, -2));
    watch_module(L, "");
}

void wzp_function_open(lua_State *L)
{
    const struct wzp_lua_row *row;
    unsigned tier = wzp_script_of(L)->config.tier;
    lua_settop(L, 0);
    lua_newtable(L);
    for (size_t i = 0; (row = row_at(i)); i++)
        set_row(L, row, tier);
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        push_module(L, classes[i].class);
        make_class(L, classes[i].class, classes[i].closer, classes[i].collect);
        lua_pop(L, 1);
    }
    watch_modules(L);
    lua_setglobal(L, "wzp");
}

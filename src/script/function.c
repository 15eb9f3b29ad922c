/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Functions from their rows, classes of objects, modules. */
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

static int call_row(lua_State *L)
{
    const struct wzp_lua_row *row = lua_touserdata(L, lua_upvalueindex(1));
    wzp_lua_check_arguments(L, row);
    return row->run(L);
}

/* wzp.task(...): a module that is a function, too. */
static int call_module(lua_State *L)
{
    luaL_checkany(L, 1);
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
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
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
    luaL_checktype(L, 1, LUA_TTABLE);
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

static const struct wzp_lua_property *property_at(size_t i)
{
    static const struct wzp_lua_property *const tables[] = {
        wzp_lua_client_properties, wzp_lua_call_properties, wzp_lua_audio_properties,
        wzp_lua_task_properties, wzp_lua_lab_properties};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct wzp_lua_property *at = tables[t]; at->name; at++)
            if (i-- == 0)
                return at;
    return NULL;
}

/* The functions of the class are on top. */
static void make_class(lua_State *L, const char *class, const char *closer, lua_CFunction collect)
{
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
    const struct wzp_lua_property *at;
    for (size_t i = 0; (at = property_at(i)); i++)
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
    wzp_lua_core_rows,   wzp_lua_task_rows,  wzp_lua_event_rows,    wzp_lua_observe_rows,
    wzp_lua_client_rows, wzp_lua_relay_rows, wzp_lua_contacts_rows, wzp_lua_call_rows,
    wzp_lua_audio_rows,  wzp_lua_sound_rows, wzp_lua_net_rows,      wzp_lua_ui_rows,
    wzp_lua_file_rows,   wzp_lua_test_rows,  wzp_lua_lab_rows,      wzp_lua_link_rows,
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
    const struct wzp_lua_property *at = property_at(i);
    if (!at)
        return false;
    *out = (struct wzp_script_property){at->module, at->name, at->type, at->help};
    return true;
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

/* A function of a higher tier raises an error that says so, instead of being nil. */
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

/* Sets a metatable on the module on top: reading a missing field raises a helpful error, instead of
 * a nil that fails later. rawget() reads fields that may be missing. Scripts cannot get the
 * metatable, since its functions rely on being called by Lua itself. */
static void watch_module(lua_State *L, const char *name)
{
    if (!lua_getmetatable(L, -1))
        lua_createtable(L, 0, 1);
    lua_pushfstring(L, "wzp%s%s", name[0] ? "." : "", name);
    lua_pushcclosure(L, index_module, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
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

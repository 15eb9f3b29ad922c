/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The libraries a program sees, by its tier, and replacements for functions that could keep the
 * thread busy inside C, where the budget does not apply: patterns, repetition, table functions on
 * tables with a __len of their own, finalizers. */
#include <lualib.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "script/internal.h"
#include "script/pattern.h"

#define REPEAT_MAX (64u << 20) /* bytes of one string.rep */
#define ELEMENTS_MAX 10000000  /* that one function of table moves */
#define PIECE 4096             /* bytes of a program between two looks at the clock */
#define DATE_FORMAT_MAX 1000   /* bytes */

/* ---- loading ---- */

int wzp_sandbox_load(lua_State *L, const char *text, size_t length, const char *name)
{
    /* "#!" of a program that is run by its name */
    if (length > 2 && text[0] == '#' && text[1] == '!')
        while (length > 0 && text[0] != '\n') {
            text++;
            length--;
        }
    return luaL_loadbufferx(L, text, length, name, "t");
}

/* Text for the compiler, piece by piece: a long program takes long. */
struct pieces {
    const char *at;
    size_t left;
};
static const char *next_piece(lua_State *L, void *context, size_t *length)
{
    struct pieces *p = context;
    const char *piece = p->at;
    *length = p->left < PIECE ? p->left : PIECE;
    wzp_budget_spend(L, *length);
    p->at += *length;
    p->left -= *length;
    return piece;
}

/* load(text, name, mode, environment): never compiled code, which could break Lua itself. */
static int load(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    const char *name = luaL_optstring(L, 2, "=(load)");
    struct pieces pieces = {text, length};
    int status = lua_load(L, next_piece, &pieces, name, "t");
    if (status != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (!lua_isnone(L, 4)) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1))
            lua_pop(L, 1);
    }
    return 1;
}

static bool is_module_name(const char *name)
{
    return name[0] &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_.-")] == 0 &&
           !strstr(name, "..");
}

/* Tries each pattern of the path; leaves the text's function on the stack. */
static bool find_module(lua_State *L, const char *name)
{
    struct wzp_script *s = wzp_script_of(L);
    const char *path = s->config.path ? s->config.path : "";
    const char *place = luaL_gsub(L, name, ".", "/");
    while (*path) {
        size_t length = strcspn(path, ";");
        lua_pushlstring(L, path, length);
        const char *file = luaL_gsub(L, lua_tostring(L, -1), "?", place);
        const struct wzp_host_file wanted = {WZP_PLACE_PATH, file, 4u << 20, false};
        struct wzp_error err = {0};
        char *text = NULL;
        size_t text_length = 0;
        if (s->real.calls->file_read(s->real.context, &text, &text_length, &wanted, &err) == 0) {
            lua_pushfstring(L, "@%s", file);
            int status = wzp_sandbox_load(L, text, text_length, lua_tostring(L, -1));
            wzp_free(text);
            if (status != LUA_OK)
                lua_error(L);
            return true;
        }
        lua_pop(L, 2);
        path += length + (path[length] == ';');
    }
    return false;
}

static int keep_module(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.modules");
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return 1;
}

static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.modules");
    lua_getfield(L, -1, name);
    if (!lua_isnil(L, -1))
        return 1;
    lua_settop(L, 1);
    if (!is_module_name(name) || (!find_module(L, name) && !wzp_module_load(L, name)))
        return luaL_error(L, "module '%s' was not found; scripts are looked for in %s", name,
                          wzp_script_of(L)->config.path ? wzp_script_of(L)->config.path
                                                        : "no folder");
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, keep_module);
    return keep_module(L, LUA_OK, 0);
}

/* ---- functions in place of others ---- */

static int rep(lua_State *L)
{
    size_t length, separator;
    luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &separator);
    if (count > 0 && length + separator > REPEAT_MAX / (size_t)count)
        return luaL_error(L, "not enough memory for a text of that length");
    if (length + separator == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    wzp_budget_spend(L, (length + separator) * (size_t)(count > 0 ? count : 0) / 64);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Calls the original when the table's length is one that can be walked. A metatable could tell
 * another length when the original asks again. */
static int guarded(lua_State *L)
{
    lua_Integer length = lua_type(L, 1) == LUA_TTABLE ? luaL_len(L, 1) : 0;
    if (length > ELEMENTS_MAX)
        return luaL_error(L, "the table is too long for this");
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        return luaL_error(L, "a table with __len is not for this: its length may change");
    wzp_budget_spend(L, length > 0 ? (uint64_t)length : 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* In place of the usual order: texts may be long. */
static int is_less(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING) {
        size_t a = lua_rawlen(L, 1), b = lua_rawlen(L, 2);
        wzp_budget_spend(L, (a < b ? a : b) / 64);
    }
    lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
    return 1;
}

static int sort(lua_State *L)
{
    if (lua_isnoneornil(L, 2)) {
        lua_settop(L, 1);
        lua_pushcfunction(L, is_less);
    }
    return guarded(L);
}

/* Each part of a format is work for the system. */
static int date(lua_State *L)
{
    size_t length = 0;
    luaL_optlstring(L, 1, "", &length);
    if (length > DATE_FORMAT_MAX)
        return luaL_error(L, "the format is too long");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int move(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
    if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from > ELEMENTS_MAX)
        return luaL_error(L, "too many elements to move");
    return guarded(L);
}

static int unpack(lua_State *L)
{
    lua_Integer from = luaL_optinteger(L, 2, 1), to = luaL_optinteger(L, 3, 0);
    if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from > ELEMENTS_MAX)
        return luaL_error(L, "too many results to unpack");
    wzp_budget_spend(L, to >= from ? (lua_Unsigned)to - (lua_Unsigned)from : 0);
    return guarded(L);
}

static int concat(lua_State *L)
{
    if (lua_gettop(L) >= 4) {
        lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_optinteger(L, 4, 0);
        if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from > ELEMENTS_MAX)
            return luaL_error(L, "too many elements to join");
    }
    return guarded(L);
}

/* A message handler for the error that the budget raises would run where hooks are not called: it
 * is skipped. */
static int handle_error(lua_State *L)
{
    if (wzp_script_of(L)->budget.spent)
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int end_xpcall(lua_State *L, int status, lua_KContext below)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - (int)below;
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

static int xpcall(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle_error, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return end_xpcall(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, end_xpcall), 2);
}

/* Finalizers run outside of every budget. */
static int set_metatable(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        lua_rawget(L, 2);
        if (!lua_isnil(L, -1))
            return luaL_error(L, "__gc is not for scripts: use __close and <close> variables");
        lua_pop(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

static int collect(lua_State *L)
{
    const char *what = luaL_optstring(L, 1, "collect");
    if (strcmp(what, "count") == 0) {
        lua_pushnumber(L, (double)wzp_script_of(L)->memory.used / 1024);
        return 1;
    }
    if (strcmp(what, "collect") != 0)
        return luaL_argerror(L, 1, "only \"count\" and \"collect\" are for scripts");
    lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT, 0));
    wzp_budget_spend(L, wzp_script_of(L)->memory.used / 64);
    return 1;
}

/* The text on the stack with its zero bytes as Lua writes them: for C it would end at the first. */
static void escape_zeros(lua_State *L)
{
    luaL_Buffer out;
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length);
    luaL_buffinit(L, &out);
    for (const char *zero; (zero = memchr(bytes, 0, length)); bytes = zero + 1) {
        luaL_addlstring(&out, bytes, (size_t)(zero - bytes));
        luaL_addstring(&out, "\\0");
        length -= (size_t)(zero - bytes) + 1;
    }
    luaL_addlstring(&out, bytes, length);
    luaL_pushresult(&out);
}

static int print(lua_State *L)
{
    luaL_Buffer text;
    int count = lua_gettop(L);
    luaL_buffinit(L, &text);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&text, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    escape_zeros(L);
    struct wzp_script *s = wzp_script_of(L);
    const char *line = lua_tostring(L, -1);
    if (s->config.tap)
        line = lua_pushfstring(L, "# %s", luaL_gsub(L, line, "\n", "\n# "));
    wzp_script_print(s, line);
    return 0;
}

/* ---- globals ---- */

static int unknown_global(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    return luaL_error(L, "variable '%s' is not there (rawget(_G, \"%s\") asks for one)", name,
                      name);
}

static void replace(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

static void remove_names(lua_State *L, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

static void open_debug(lua_State *L)
{
    static const char *const keep[] = {"traceback", "getinfo", NULL};
    luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 0);
    lua_newtable(L);
    for (size_t i = 0; keep[i]; i++) {
        lua_getfield(L, -2, keep[i]);
        lua_setfield(L, -2, keep[i]);
    }
    lua_setglobal(L, LUA_DBLIBNAME);
    lua_pop(L, 1);
}

static void open_libraries(lua_State *L, enum wzp_script_tier tier)
{
    static const luaL_Reg all[] = {{LUA_GNAME, luaopen_base},
                                   {LUA_COLIBNAME, luaopen_coroutine},
                                   {LUA_TABLIBNAME, luaopen_table},
                                   {LUA_STRLIBNAME, luaopen_string},
                                   {LUA_MATHLIBNAME, luaopen_math},
                                   {LUA_UTF8LIBNAME, luaopen_utf8},
                                   {NULL, NULL}};
    for (const luaL_Reg *at = all; at->name; at++) {
        luaL_requiref(L, at->name, at->func, 1);
        lua_pop(L, 1);
    }
    if (tier == WZP_SCRIPT_TEST)
        open_debug(L);
    lua_getglobal(L, LUA_MATHLIBNAME);
    lua_getfield(L, -1, "randomseed");
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.randomseed");
    lua_pop(L, 1);
    luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
    static const char *const keep[] = {"time", "date", "clock", "difftime", NULL};
    lua_newtable(L);
    for (size_t i = 0; keep[i]; i++) {
        lua_getfield(L, -2, keep[i]);
        lua_setfield(L, -2, keep[i]);
    }
    replace(L, "date", date);
    lua_setglobal(L, LUA_OSLIBNAME);
    lua_pop(L, 1);
    /* The table of loaded modules must not give access to the removed functions. */
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

static void guard_tables(lua_State *L)
{
    static const char *const names[] = {"insert", "remove", NULL};
    lua_getglobal(L, LUA_TABLIBNAME);
    for (size_t i = 0; names[i]; i++)
        replace(L, names[i], guarded);
    replace(L, "sort", sort);
    replace(L, "move", move);
    replace(L, "concat", concat);
    replace(L, "unpack", unpack);
    lua_pop(L, 1);
}

static void guard_strings(lua_State *L)
{
    static const char *const gone[] = {"dump", NULL};
    lua_getglobal(L, LUA_STRLIBNAME);
    remove_names(L, gone);
    replace(L, "rep", rep);
    wzp_pattern_open(L);
    lua_pop(L, 1);
}

void wzp_sandbox_open(lua_State *L)
{
    static const char *const gone[] = {"dofile", "loadfile", NULL};
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.modules");
    open_libraries(L, wzp_script_of(L)->config.tier);
    guard_tables(L);
    guard_strings(L);
    lua_pushglobaltable(L);
    remove_names(L, gone);
    replace(L, "setmetatable", set_metatable);
    lua_pushcfunction(L, xpcall);
    lua_setfield(L, -2, "xpcall");
    lua_pushcfunction(L, load);
    lua_setfield(L, -2, "load");
    lua_pushcfunction(L, require);
    lua_setfield(L, -2, "require");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "collectgarbage");
    lua_pushcfunction(L, print);
    lua_setfield(L, -2, "print");
    lua_newtable(L);
    lua_pushcfunction(L, unknown_global);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Modules in Lua that are part of the program (lua/ of the sources): what reads better in Lua. */
#include <string.h>

#include "script/internal.h"

static const struct {
    const char *name, *text;
} modules[] = {
#include "wzp_lua.h"
    {NULL, NULL}};

bool wzp_module_load(lua_State *L, const char *name)
{
    for (size_t i = 0; modules[i].name; i++) {
        if (strcmp(modules[i].name, name) != 0)
            continue;
        const char *chunk = lua_pushfstring(L, "@%s.lua", name);
        if (wzp_sandbox_load(L, modules[i].text, strlen(modules[i].text), chunk) != LUA_OK)
            lua_error(L);
        lua_remove(L, -2);
        return true;
    }
    return false;
}

static int return_all(lua_State *L, int status, lua_KContext below)
{
    (void)status;
    return lua_gettop(L) - (int)below;
}

int wzp_module_call(lua_State *L, const char *name)
{
    int count = lua_gettop(L);
    if (!wzp_module_load(L, name))
        return luaL_error(L, "module %s is missing", name);
    lua_call(L, 0, 1);
    lua_insert(L, 1);
    lua_callk(L, count, LUA_MULTRET, 0, return_all);
    return return_all(L, LUA_OK, 0);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Are two values the same? Tables are, when their fields are. */
#include "script/internal.h"

#define DEPTH_MAX 8 /* tables within tables that are looked into */

static bool same(lua_State *L, int a, int b, int depth);

/* Is every field of the table at a the same in the one at b? */
static bool covers(lua_State *L, int a, int b, int depth)
{
    luaL_checkstack(L, 6, NULL);
    for (lua_pushnil(L); lua_next(L, a) != 0; lua_pop(L, 1)) {
        int value = lua_gettop(L);
        wzp_budget_spend(L, 8); /* tables within tables are many */
        lua_pushvalue(L, value - 1);
        lua_rawget(L, b);
        bool equal = same(L, value, value + 1, depth);
        lua_settop(L, value);
        if (!equal) {
            lua_settop(L, value - 2);
            return false;
        }
    }
    return true;
}

static bool same(lua_State *L, int a, int b, int depth)
{
    if (lua_compare(L, a, b, LUA_OPEQ))
        return true;
    if (lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE || depth == 0)
        return false;
    return covers(L, a, b, depth - 1) && covers(L, b, a, depth - 1);
}

bool wzp_lua_same(lua_State *L, int a, int b)
{
    return same(L, a, b, DEPTH_MAX);
}

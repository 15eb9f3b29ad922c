/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Coroutines of the script: they may wait inside of a task. The marker that a wait yields is passed
 * up through all coroutines to the task; meanwhile no other code may resume or close them. */
#include "script/internal.h"

static const char waiting_mark;

void *wzp_coroutine_waiting_mark(void)
{
    return (void *)(uintptr_t)&waiting_mark;
}

void wzp_coroutine_mark_in_use(lua_State *L, int at, bool is)
{
    lua_pushvalue(L, at);
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.waiting");
    lua_insert(L, -2);
    if (is)
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

bool wzp_coroutine_was_stopped(lua_State *co)
{
    int status = lua_status(co);
    return status != LUA_OK && status != LUA_YIELD && lua_gethookcount(co) == 1;
}

static int go_on_inside(lua_State *L, int status, lua_KContext wraps);

/* Passes on the results of a coroutine that yielded or ended; its values are on top of its
 * stack. */
static int hand_over(lua_State *L, lua_State *co, int status, int count, bool wraps)
{
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, count + 1)) {
            lua_pop(co, count);
            return luaL_error(L, "too many results");
        }
        if (!wraps)
            lua_pushboolean(L, 1);
        lua_xmove(co, L, count);
        return count + !wraps;
    }
    if (wraps) {
        lua_xmove(co, L, 1);
        if (!wzp_coroutine_was_stopped(co))
            lua_resetthread(co);
        return lua_error(L);
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

static int run_inside(lua_State *L, lua_State *co, int arguments, bool wraps)
{
    int count = 0;
    struct wzp_script *s = wzp_script_of(L);
    wzp_budget_refresh(co);
    s->running = co;
    int status = lua_resume(co, L, arguments, &count);
    s->running = L;
    wzp_budget_refresh(L);
    if (status != LUA_YIELD || count != 1 || lua_touserdata(co, -1) != wzp_coroutine_waiting_mark())
        return hand_over(L, co, status, count, wraps);
    lua_pop(co, 1);
    if (!lua_isyieldable(L))
        return luaL_error(L, "nothing can be waited for in here");
    wzp_coroutine_mark_in_use(L, 1, true);
    lua_pushlightuserdata(L, wzp_coroutine_waiting_mark());
    return lua_yieldk(L, 1, wraps, go_on_inside);
}

static int go_on_inside(lua_State *L, int status, lua_KContext wraps)
{
    (void)status;
    wzp_coroutine_mark_in_use(L, 1, false);
    return run_inside(L, lua_tothread(L, 1), 0, wraps != 0);
}

static bool is_in_use(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.waiting");
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    bool waits = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return waits;
}

/* It resumed another one, which runs now. */
static bool is_below(lua_State *co)
{
    lua_Debug ar;
    return lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar);
}

static int begin_inside(lua_State *L, bool wraps)
{
    lua_State *co = lua_tothread(L, 1);
    int arguments = lua_gettop(L) - 1;
    luaL_argexpected(L, co, 1, "coroutine");
    const char *trouble = NULL;
    if (co == L || is_below(co))
        trouble = "cannot resume non-suspended coroutine";
    else if (is_in_use(L))
        trouble = "cannot resume a coroutine that waits in another task";
    else if (lua_status(co) == LUA_OK && lua_gettop(co) == 0)
        trouble = "cannot resume dead coroutine";
    else if (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD)
        trouble = "cannot resume dead coroutine";
    else if (!lua_checkstack(co, arguments))
        trouble = "too many arguments to resume";
    if (trouble && wraps)
        return luaL_error(L, "%s", trouble);
    if (trouble) {
        lua_pushboolean(L, 0);
        lua_pushstring(L, trouble);
        return 2;
    }
    lua_xmove(L, co, arguments);
    return run_inside(L, co, arguments, wraps);
}

static int co_resume(lua_State *L)
{
    return begin_inside(L, false);
}

static int co_close(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    if (co == L || is_below(co) || is_in_use(L))
        return luaL_error(L, "cannot close a coroutine that is in use");
    if (wzp_coroutine_was_stopped(co)) {
        lua_pushboolean(L, 0);
        lua_pushliteral(L, "it ran for too long");
        return 2;
    }
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int wrapped(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    return begin_inside(L, true);
}

static int co_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

void wzp_coroutine_open(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.waiting");
    lua_getglobal(L, "coroutine");
    lua_pushcfunction(L, co_resume);
    lua_setfield(L, -2, "resume");
    lua_pushcfunction(L, co_wrap);
    lua_setfield(L, -2, "wrap");
    lua_getfield(L, -1, "close");
    lua_pushcclosure(L, co_close, 1);
    lua_setfield(L, -2, "close");
    lua_pop(L, 1);
}

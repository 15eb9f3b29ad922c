/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.observe: calls a function with the value of a property of a call or client, now and after
 * each change. */
#include <string.h>

#include "script/internal.h"

/* Pushes the value of "call.state" of the client at 1, nil without a call. */
static void push_observed(lua_State *L, const char *name)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    const char *dot = strchr(name, '.');
    if (strncmp(name, "call.", 5) == 0) {
        struct wzp_script_call *call = client->calls;
        while (call && call->ended)
            call = call->next;
        if (!call) {
            lua_pushnil(L);
            return;
        }
        wzp_lua_call_push(L, call);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_getfield(L, -1, dot + 1);
    lua_remove(L, -2);
}

static const char observing_mark;
/* Stack: client, name, function, last value. */
static int look_again(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    (void)task;
    (void)timed_out;
    push_observed(L, lua_tostring(L, 2));
    if (wzp_lua_same(L, 4, lua_gettop(L))) {
        lua_pop(L, 1);
        return 0;
    }
    lua_pushvalue(L, 3);
    push_observed(L, lua_tostring(L, 2)); /* the function's own: it may change it */
    struct wzp_script_task *told = wzp_task_new(L, NULL, 1);
    told->background = true;
    wzp_task_ready(told);
    lua_pop(L, 1);
    lua_replace(L, 4);
    return 0;
}

static int observing(lua_State *L)
{
    lua_settop(L, 3);
    lua_pushlightuserdata(
        L, (void *)(uintptr_t)&observing_mark); /* is no value: the first one is told */
    wzp_wait_begin(L, look_again, -1);
    wzp_wait_listen(L, &wzp_script_of(L)->anything);
    return wzp_wait(L);
}

static int stop_observing(lua_State *L)
{
    wzp_task_cancel(lua_touserdata(L, lua_upvalueindex(1)));
    return 0;
}

static int observe(lua_State *L)
{
    const char *name = lua_tostring(L, 1);
    struct wzp_script_property row;
    bool known = false;
    for (size_t i = 0; !known && wzp_script_property_row(&row, i); i++) {
        size_t length = strlen(row.module);
        known = strncmp(name, row.module, length) == 0 && name[length] == '.' &&
                strcmp(name + length + 1, row.name) == 0 &&
                (strcmp(row.module, "call") == 0 || strcmp(row.module, "client") == 0);
    }
    if (!known)
        return luaL_error(L,
                          "wzp.observe: there is no %s; call.state or client.registered are, "
                          "for example",
                          name);
    wzp_script_settle(L);
    struct wzp_script *s = wzp_script_of(L);
    lua_pushcfunction(L, observing);
    struct wzp_script_client *client = wzp_lua_object(L, 3, "client");
    if (client)
        wzp_lua_client_push(L, client);
    else
        wzp_lua_client_usual(L);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    struct wzp_script_task *task = wzp_task_new(L, s->config.app ? NULL : s->current, 3);
    task->background = true;
    wzp_task_ready(task);
    lua_pushcclosure(L, stop_observing, 1);
    return 1;
}

const struct wzp_lua_row wzp_lua_observe_rows[] = {
    {"", "observe", "name: text, run: function, client?: client", "function",
     "Calls the function with the value of a property, \"call.state\" or \"client.registered\", "
     "now and whenever it has changed; several changes at once are told as one. Returns a function "
     "that ends this.",
     observe, WZP_TIERS_ALL, false},
    {0}};

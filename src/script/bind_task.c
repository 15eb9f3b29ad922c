/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.task, wzp.wait, wzp.timer, wzp.time, wzp.log: time and tasks. */
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "script/internal.h"

/* ---- tasks ---- */

static int task(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_script_settle(L);
    struct wzp_script_task *made = wzp_task_new(L, s->current, lua_gettop(L) - 1);
    made->background = !s->current;
    wzp_task_ready(made);
    return 1;
}

static int cancel(lua_State *L)
{
    wzp_task_cancel(wzp_lua_object(L, 1, "task"));
    return 0;
}

/* Pushes what the task returned; or nil and why. */
static int push_results(lua_State *L, struct wzp_script_task *joined)
{
    if (joined->cancelled)
        return wzp_lua_fail(L, "cancelled");
    lua_getiuservalue(L, 1, 2);
    if (lua_isnil(L, -1))
        return wzp_lua_fail(L, "not enough memory");
    int table = lua_gettop(L);
    lua_getfield(L, table, "n");
    int count = (int)lua_tointeger(L, -1);
    luaL_checkstack(L, count + 1, "too many results");
    for (int i = 1; i <= count; i++)
        lua_rawgeti(L, table, i);
    if (count == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    return count;
}

static int is_joined(lua_State *L, struct wzp_script_task *waiting, bool timed_out)
{
    struct wzp_script_task *joined = waiting->wait.object;
    (void)timed_out;
    return joined->state == WZP_TASK_DONE ? push_results(L, joined) : 0;
}

static int join(lua_State *L)
{
    struct wzp_script_task *joined = wzp_lua_object(L, 1, "task");
    if (joined == wzp_script_of(L)->current)
        return luaL_error(L, "a task cannot wait for its own end");
    joined->joined = true;
    wzp_tap_task_joined(joined);
    struct wzp_script_wait *wait =
        wzp_wait_begin(L, is_joined, wzp_lua_option_number(L, 2, "timeout", -1));
    wait->object = joined;
    if (joined->state != WZP_TASK_DONE)
        wzp_wait_listen(L, &joined->ended);
    return wzp_wait(L);
}

static int get_done(lua_State *L, void *object)
{
    lua_pushboolean(L, ((struct wzp_script_task *)object)->state == WZP_TASK_DONE);
    return 1;
}

const struct wzp_lua_property wzp_lua_task_properties[] = {
    {"task", "done", "boolean", "it ended, by itself or otherwise", get_done}, {0}};

/* ---- waiting for several things ---- */

/* Check: the first source of the list at index 1 that has fired. The table at index 3 holds the
 * event numbers at the beginning. */
static int has_fired(lua_State *L, struct wzp_script_task *waiting, bool timed_out)
{
    (void)waiting;
    (void)timed_out;
    lua_Integer count = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 1, i);
        int at = lua_gettop(L);
        struct wzp_script_task *ended = wzp_lua_object(L, at, "task");
        if (ended && ended->state == WZP_TASK_DONE)
            return 1;
        struct wzp_script_client *client = wzp_lua_object(L, at, "client");
        struct wzp_script_call *call = wzp_lua_object(L, at, "call");
        if (call)
            client = call->client;
        lua_geti(L, 3, i);
        uint64_t from = (uint64_t)lua_tointeger(L, -1);
        if (client && wzp_lua_event_take(L, client, call, NULL, from, 0))
            return 1;
        if (call && call->ended) {
            lua_settop(L, at);
            return 1;
        }
        lua_settop(L, at - 1);
    }
    return 0;
}

static int wait(lua_State *L)
{
    lua_settop(L, 2);
    lua_Integer count = luaL_len(L, 1);
    lua_newtable(L);
    wzp_wait_begin(L, has_fired, wzp_lua_option_number(L, 2, "timeout", -1));
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 1, i);
        if (lua_istable(L, -1)) { /* an event stands for its call */
            lua_pushliteral(L, "call");
            lua_rawget(L, -2);
            lua_remove(L, -2);
            lua_pushvalue(L, -1);
            lua_seti(L, 1, i);
        }
        struct wzp_script_call *call = wzp_lua_object(L, -1, "call");
        struct wzp_script_client *client = wzp_lua_object(L, -1, "client");
        struct wzp_script_task *ending = wzp_lua_object(L, -1, "task");
        if (!call && !client && !ending)
            return luaL_error(L,
                              "wzp.wait: number %d of the list must be a call, a client or a "
                              "task",
                              (int)i);
        wzp_wait_listen(L, call ? &call->source : client ? &client->source : &ending->ended);
        client = call ? call->client : client;
        lua_pushinteger(L, client ? (lua_Integer)client->events + 1 : 0);
        lua_seti(L, 3, i);
        lua_pop(L, 1);
    }
    return wzp_wait(L);
}

/* ---- timers ---- */

static int never(lua_State *L, struct wzp_script_task *waiting, bool timed_out)
{
    (void)waiting;
    if (!timed_out)
        return 0;
    lua_pushboolean(L, 1);
    return 1;
}

static int sleep_for(lua_State *L)
{
    wzp_wait_begin(L, never, lua_tonumber(L, 1));
    return wzp_wait(L);
}

static int forever(lua_State *L)
{
    wzp_wait_begin(L, never, wzp_lua_option_number(L, 1, "timeout", -1));
    return wzp_wait(L);
}

static int called(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_gettop(L) - 1;
}

static int slept(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_settop(L, 2);
    if (!lua_isfunction(L, 2))
        return 0;
    lua_callk(L, 0, LUA_MULTRET, 0, called);
    return called(L, LUA_OK, 0);
}

/* The body of a task: sleeps, then calls. Sleeping is the function at 3. */
static int after_body(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushcfunction(L, sleep_for);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 0, 0, slept);
    return slept(L, LUA_OK, 0);
}

/* step 0: the function returned, 1: it slept. */
static int again(lua_State *L, int status, lua_KContext step)
{
    if (status == LUA_YIELD && step == 0 && lua_isboolean(L, -1) && !lua_toboolean(L, -1))
        return 0;
    for (;;) {
        lua_settop(L, 2);
        if (step == 0) {
            step = 1;
            lua_pushcfunction(L, sleep_for);
            lua_pushvalue(L, 1);
            lua_callk(L, 1, 0, step, again);
        } else {
            step = 0;
            lua_pushvalue(L, 2);
            lua_callk(L, 0, 1, step, again);
            if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
                return 0;
        }
    }
}

static int every_body(lua_State *L)
{
    return again(L, LUA_OK, 0);
}

static int begin_timer(lua_State *L, lua_CFunction body)
{
    struct wzp_script *s = wzp_script_of(L);
    lua_settop(L, 2);
    wzp_script_settle(L);
    lua_pushcfunction(L, body);
    lua_insert(L, 1);
    struct wzp_script_task *made = wzp_task_new(L, s->current, 2);
    made->background = true;
    wzp_task_ready(made);
    return 1;
}

static int after(lua_State *L)
{
    return begin_timer(L, after_body);
}

static int every(lua_State *L)
{
    if (lua_tonumber(L, 1) < 0.001)
        return luaL_error(L, "wzp.timer.every: a thousandth of a second at least");
    return begin_timer(L, every_body);
}

/* ---- time ---- */

static int now(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_script_settle(L);
    lua_pushnumber(L, wzp_script_seconds(s));
    return 1;
}

static uint64_t wall_seconds(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_script_settle(L);
    return s->host.calls->wall_ms(s->host.context) / 1000;
}

static int wall(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)wall_seconds(L));
    return 1;
}

static void local_time(lua_State *L, struct tm *out)
{
    time_t t = (time_t)wall_seconds(L);
    *out = (struct tm){0};
    localtime_r(&t, out);
}

static int hour(lua_State *L)
{
    struct tm t;
    local_time(L, &t);
    lua_pushinteger(L, t.tm_hour);
    return 1;
}

static int weekday(lua_State *L)
{
    struct tm t;
    local_time(L, &t);
    lua_pushinteger(L, t.tm_wday == 0 ? 7 : t.tm_wday);
    return 1;
}

static int date(lua_State *L)
{
    char text[32];
    struct tm t;
    local_time(L, &t);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &t);
    lua_pushstring(L, text);
    return 1;
}

/* ---- log ---- */

static int write_log(lua_State *L, enum wzp_log_level level)
{
    wzp_script_log(wzp_script_of(L), level, "%s", lua_tostring(L, 1));
    return 0;
}

static int log_error(lua_State *L)
{
    return write_log(L, WZP_LOG_ERROR);
}

static int log_warn(lua_State *L)
{
    return write_log(L, WZP_LOG_WARN);
}

static int log_info(lua_State *L)
{
    return write_log(L, WZP_LOG_INFO);
}

static int log_debug(lua_State *L)
{
    return write_log(L, WZP_LOG_DEBUG);
}

const struct wzp_lua_row wzp_lua_task_rows[] = {
    {"", "task", "run: function, ...", "task",
     "Begins a task: a function that runs beside the others, with these arguments. It ends with "
     "the task that began it.",
     task, WZP_TIERS_ALL, false},
    {"", "wait", "sources: table, {timeout?: seconds}", "event | task | nil, \"timeout\"",
     "Waits until one of the calls, clients and tasks of the list has something: the event, or the "
     "task that ended.",
     wait, WZP_TIERS_ALL, true},
    {"", "forever", "{timeout?: seconds}", "true",
     "Waits until the program is stopped: for programs that live by their hooks.", forever,
     WZP_TIERS_ALL, true},
    {"task", "cancel", "task: task", "", "Ends a task where it waits, and its children.", cancel,
     WZP_TIERS_ALL, false},
    {"task", "join", "task: task, {timeout?: seconds}",
     "... | nil, \"timeout\" | nil, \"cancelled\"",
     "Waits for the end of a task and returns what it returned (true for nothing).", join,
     WZP_TIERS_ALL, true},
    {"timer", "sleep", "for: seconds", "true", "Lets time pass.", sleep_for, WZP_TIERS_ALL, true},
    {"timer", "after", "for: seconds, run?: function", "task",
     "A task that sleeps and then calls the function.", after, WZP_TIERS_ALL, false},
    {"timer", "every", "period: seconds, run: function", "task",
     "A task that calls the function again and again, until it returns false.", every,
     WZP_TIERS_ALL, false},
    {"time", "now", "", "number", "Seconds since the program began; virtual in tests.", now,
     WZP_TIERS_ALL, false},
    {"time", "wall", "", "integer", "Seconds since 1970.", wall, WZP_TIERS_ALL, false},
    {"time", "hour", "", "integer", "The hour of the day here, 0 to 23.", hour, WZP_TIERS_ALL,
     false},
    {"time", "weekday", "", "integer", "The day of the week here, 1 is Monday.", weekday,
     WZP_TIERS_ALL, false},
    {"time", "date", "", "text", "Date and time here, \"2026-11-26 18:30:00\".", date,
     WZP_TIERS_ALL, false},
    {"log", "error", "text: text", "", "A line of the log, for what went wrong.", log_error,
     WZP_TIERS_ALL, false},
    {"log", "warn", "text: text", "", "A line of the log, for what may go wrong.", log_warn,
     WZP_TIERS_ALL, false},
    {"log", "info", "text: text", "", "A line of the log.", log_info, WZP_TIERS_ALL, false},
    {"log", "debug", "text: text", "", "A line of the log, for the search for a fault.", log_debug,
     WZP_TIERS_ALL, false},
    {0}};

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.test: functions for tests. Comparisons report ok or not ok and go on; a wait that times out
 * ends the test that it is in. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"
#include "script/tap.h"

#define EXPECT_SECONDS 10.0
#define POLL (20 * WZP_MILLISECOND)

/* ---- plan ---- */

static int plan(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    const char *clock = wzp_lua_option_text(L, 1, "clock", NULL);
    if (s->time_chosen)
        return luaL_error(L, "wzp.test.plan: the plan comes before everything else");
    if (clock && strcmp(clock, "real") != 0 && strcmp(clock, "virtual") != 0)
        return luaL_error(L, "wzp.test.plan: clock is \"real\" or \"virtual\"");
    if (clock)
        s->in_virtual_time = strcmp(clock, "virtual") == 0;
    s->clock_planned = clock != NULL;
    double seed = wzp_lua_option_number(L, 1, "seed", 0);
    if (!s->config.seed && seed >= 1)
        s->seed = (uint64_t)seed;
    double timeout = wzp_lua_option_number(L, 1, "timeout", 0);
    if (timeout > 0)
        s->give_up = (uint64_t)(timeout * 1e9);
    return 0;
}

static int skip(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_tap_skip(s, luaL_optstring(L, 1, "not here"));
    return wzp_tap_abandon(L);
}

/* ---- comparing ---- */

/* A value as one safe line of YAML. */
static const char *shown(lua_State *L, int index)
{
    char text[200];
    size_t length;
    if (lua_type(L, index) == LUA_TSTRING) {
        const char *raw = lua_tolstring(L, index, &length);
        wzp_text_filter(text, sizeof text, raw, length);
        return lua_pushfstring(L, "'%s'", luaL_gsub(L, text, "'", "''"));
    }
    const char *raw = luaL_tolstring(L, index, &length);
    wzp_text_filter(text, sizeof text, raw, length);
    return lua_pushstring(L, text);
}

static const char *name_at(lua_State *L, int index, const char *standard)
{
    return luaL_optstring(L, index, standard);
}

static int result(lua_State *L, bool passed, const char *name, const char *details)
{
    wzp_tap_result(L, passed, name, details);
    lua_pushboolean(L, passed);
    return 1;
}

static int ok(lua_State *L)
{
    bool passed = lua_toboolean(L, 1);
    return result(L, passed, name_at(L, 2, "it is true"),
                  passed ? NULL : lua_pushfstring(L, "got: %s", shown(L, 1)));
}

static int is(lua_State *L)
{
    lua_settop(L, 3);
    bool passed = wzp_lua_same(L, 1, 2);
    return result(L, passed, name_at(L, 3, "both are the same"),
                  passed ? NULL
                         : lua_pushfstring(L, "expected: %s\ngot: %s", shown(L, 2), shown(L, 1)));
}

static int isnt(lua_State *L)
{
    lua_settop(L, 3);
    bool passed = !wzp_lua_same(L, 1, 2);
    return result(L, passed, name_at(L, 3, "both are not the same"),
                  passed ? NULL : lua_pushfstring(L, "got: %s", shown(L, 1)));
}

static int like(lua_State *L)
{
    lua_settop(L, 3);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "find");
    luaL_tolstring(L, 1, NULL);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    bool passed = lua_toboolean(L, -1);
    return result(
        L, passed, name_at(L, 3, "the text is like the pattern"),
        passed ? NULL : lua_pushfstring(L, "expected: like %s\ngot: %s", shown(L, 2), shown(L, 1)));
}

/* Values that are not numbers, and NaN, are neither less nor more. */
static int compare(lua_State *L, const char *sign, bool holds)
{
    bool numbers = lua_type(L, 1) == LUA_TNUMBER && !isnan(lua_tonumber(L, 1));
    bool passed = numbers && holds;
    const char *standard = lua_pushfstring(L, "%s %s %s", shown(L, 1), sign, shown(L, 2));
    return result(
        L, passed, name_at(L, 3, standard),
        passed ? NULL
               : lua_pushfstring(L, "expected: '%s %s'\ngot: %s", sign, shown(L, 2), shown(L, 1)));
}

static int lt(lua_State *L)
{
    lua_settop(L, 3);
    return compare(L, "<", lua_tonumber(L, 1) < lua_tonumber(L, 2));
}

static int le(lua_State *L)
{
    lua_settop(L, 3);
    return compare(L, "<=", lua_tonumber(L, 1) <= lua_tonumber(L, 2));
}

static int gt(lua_State *L)
{
    lua_settop(L, 3);
    return compare(L, ">", lua_tonumber(L, 1) > lua_tonumber(L, 2));
}

static int ge(lua_State *L)
{
    lua_settop(L, 3);
    return compare(L, ">=", lua_tonumber(L, 1) >= lua_tonumber(L, 2));
}

/* A figure that is kept with the results; max and min make it a test. */
static int record(lua_State *L)
{
    double value = lua_tonumber(L, 2);
    double most = wzp_lua_option_number(L, 3, "max", HUGE_VAL);
    double least = wzp_lua_option_number(L, 3, "min", -HUGE_VAL);
    const char *unit = wzp_lua_option_text(L, 3, "unit", "");
    bool passed = value <= most && value >= least;
    char name[200], details[120];
    snprintf(name, sizeof name, "%.100s: %.6g%s%.20s", lua_tostring(L, 1), value,
             unit[0] ? " " : "", unit);
    snprintf(details, sizeof details, "expected: %.6g to %.6g\ngot: %.6g", least, most, value);
    return result(L, passed, name, details);
}

static int diag(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    luaL_tolstring(L, 1, NULL);
    wzp_script_print(s,
                     lua_pushfstring(L, "# %s", luaL_gsub(L, lua_tostring(L, -1), "\n", "\n# ")));
    return 0;
}

/* ---- expecting ---- */

static const char *object_name(lua_State *L, int index)
{
    struct wzp_script_call *call = wzp_lua_object(L, index, "call");
    struct wzp_script_client *client = wzp_lua_object(L, index, "client");
    if (call)
        client = call->client;
    return lua_pushfstring(L, "%s%s", client && client->name[0] ? client->name : "the client",
                           call ? (call->is_room ? "'s room" : "'s call") : "");
}

static struct wzp_script_client *source_of(lua_State *L, struct wzp_script_call **call)
{
    *call = wzp_lua_object(L, 1, "call");
    return *call ? (*call)->client : wzp_lua_object(L, 1, "client");
}

static const char *expected_name(lua_State *L, const char *verb)
{
    lua_getfield(L, 3, "name");
    if (lua_type(L, -1) == LUA_TSTRING)
        return lua_tostring(L, -1);
    return lua_pushfstring(L, "%s %s %s", object_name(L, 1), verb, lua_tostring(L, 2));
}

static int has_come(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_call *call;
    struct wzp_script_client *client = source_of(L, &call);
    int top = lua_gettop(L);
    (void)task;
    if (client &&
        wzp_lua_event_take(L, client, call, lua_tostring(L, 2), call ? call->first_event : 0, 4)) {
        int event = lua_gettop(L);
        wzp_tap_result(L, true, expected_name(L, "has"), NULL);
        lua_settop(L, event);
        return 1;
    }
    bool over = timed_out || !client || !client->app || (call && call->ended);
    if (!over) {
        lua_settop(L, top);
        return 0;
    }
    const char *why = timed_out ? "it did not come in time" : "the call is over";
    if (call && call->ended)
        why = lua_pushfstring(L, "the call is over: %s", wzp_end_reason_name(call->reason));
    wzp_tap_result(L, false, expected_name(L, "has"),
                   lua_pushfstring(L, "expected: %s within %f s\nmessage: %s", lua_tostring(L, 2),
                                   wzp_lua_option_number(L, 3, "within", EXPECT_SECONDS), why));
    return wzp_tap_abandon(L);
}

/* Source at index 1, name of the event at 2, options at 3. Events from now on have the number in
 * the wait's mark, or higher. */
static int look_out(lua_State *L, wzp_wait_check check, const char *option, double usual)
{
    struct wzp_script_call *call;
    const char *const own[] = {option, "name", NULL};
    wzp_lua_options_at(L, 3);
    wzp_lua_event_fields(L, 2, 3, own);
    struct wzp_script_client *client = source_of(L, &call);
    struct wzp_script_wait *wait =
        wzp_wait_begin(L, check, wzp_lua_option_number(L, 3, option, usual));
    wait->mark = client ? client->events + 1 : 0;
    if (client && client->app)
        wzp_wait_listen(L, call && !call->ended ? &call->source : &client->source);
    return wzp_wait(L);
}

static int expect(lua_State *L)
{
    return look_out(L, has_come, "within", EXPECT_SECONDS);
}

static int has_not_come(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_call *call;
    struct wzp_script_client *client = source_of(L, &call);
    if (client && wzp_lua_event_take(L, client, call, lua_tostring(L, 2), task->wait.mark, 4)) {
        wzp_tap_result(L, false, expected_name(L, "never has"), "message: it came");
        return wzp_tap_abandon(L);
    }
    bool over = timed_out || !client || !client->app || (call && call->ended);
    if (!over)
        return 0;
    wzp_tap_result(L, true, expected_name(L, "never has"), NULL);
    lua_pushboolean(L, 1);
    return 1;
}

static int never(lua_State *L)
{
    return look_out(L, has_not_come, "during", 1);
}

/* The question is at 1, options at 2. */
static int has_become(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    (void)task;
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    bool yes = lua_toboolean(L, -1);
    if (!yes && !timed_out) {
        lua_pop(L, 1);
        return 0;
    }
    const char *name = wzp_lua_option_text(L, 2, "name", "it becomes true");
    if (yes) {
        wzp_tap_result(L, true, name, NULL);
        return 1;
    }
    wzp_tap_result(L, false, name,
                   lua_pushfstring(L, "got: %s\nmessage: not within %f s", shown(L, -1),
                                   wzp_lua_option_number(L, 2, "within", EXPECT_SECONDS)));
    return wzp_tap_abandon(L);
}

static int eventually(lua_State *L)
{
    lua_settop(L, 2);
    struct wzp_script_wait *wait =
        wzp_wait_begin(L, has_become, wzp_lua_option_number(L, 2, "within", EXPECT_SECONDS));
    wait->poll = POLL;
    wzp_wait_listen(L, &wzp_script_of(L)->anything);
    return wzp_wait(L);
}

/* ---- side by side ---- */

/* The list of tasks is at 2. The first error of one is that of all. */
static int all_ended(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    (void)task;
    (void)timed_out;
    lua_Integer count = luaL_len(L, 2);
    bool over = true;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 2, i);
        struct wzp_script_task *one = wzp_lua_object(L, -1, "task");
        if (one->failed) {
            lua_getiuservalue(L, -1, 2);
            lua_geti(L, -1, 2);
            return lua_error(L);
        }
        over = over && one->state == WZP_TASK_DONE;
        lua_pop(L, 1);
    }
    if (!over)
        return 0;
    lua_pushboolean(L, 1);
    return 1;
}

static int all(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    lua_settop(L, 1);
    lua_newtable(L);
    wzp_wait_begin(L, all_ended, -1);
    lua_Integer count = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 1, i);
        if (!lua_isfunction(L, -1))
            return luaL_error(L, "wzp.test.all: a list of functions");
        struct wzp_script_task *one = wzp_task_new(L, s->current, 0);
        one->joined = true;
        wzp_task_ready(one);
        lua_seti(L, 2, i);
    }
    wzp_wait_listen(L, &s->current->child_done);
    return wzp_wait(L);
}

static int tone(lua_State *L)
{
    return wzp_lua_audio_tone(L);
}

static int swarm(lua_State *L)
{
    lua_settop(L, 1);
    if (wzp_lua_option_number(L, 1, "callers", 1) < 1 ||
        wzp_lua_option_number(L, 1, "rate", 1) <= 0)
        return luaL_error(L, "wzp.test.swarm: one caller at least, and a rate above 0");
    return wzp_module_call(L, "swarm");
}

static int seed(lua_State *L)
{
    wzp_script_settle(L);
    lua_pushinteger(L, (lua_Integer)wzp_script_of(L)->seed);
    return 1;
}

const struct wzp_lua_row wzp_lua_test_rows[] = {
    {"test", "plan", "{name?: text, timeout?: seconds, seed?: integer, clock?: text}", "",
     "What a test needs, before everything else: how long it may take (60 s), the seed of its "
     "world, clock \"virtual\" or \"real\".",
     plan, WZP_SCRIPT_TEST, false},
    {"test", "skip", "reason?: text", "", "Ends the script: it cannot be run here.", skip,
     WZP_SCRIPT_TEST, false},
    {"test", "test", "name: text, run: function", "boolean",
     "A test of its own: what is said inside counts for it, and an error ends only it.",
     wzp_tap_subtest, WZP_SCRIPT_TEST, true},
    {"test", "ok", "value: any, name?: text", "boolean", "The value is true.", ok, WZP_SCRIPT_TEST,
     false},
    {"test", "is", "got: any, expected: any, name?: text", "boolean",
     "Both are the same; tables by their fields.", is, WZP_SCRIPT_TEST, false},
    {"test", "isnt", "got: any, other: any, name?: text", "boolean", "They are not the same.", isnt,
     WZP_SCRIPT_TEST, false},
    {"test", "like", "got: any, pattern: text, name?: text", "boolean",
     "The text is like the pattern.", like, WZP_SCRIPT_TEST, false},
    {"test", "lt", "got: any, limit: number, name?: text", "boolean", "Less than the limit.", lt,
     WZP_SCRIPT_TEST, false},
    {"test", "le", "got: any, limit: number, name?: text", "boolean", "At most the limit.", le,
     WZP_SCRIPT_TEST, false},
    {"test", "gt", "got: any, limit: number, name?: text", "boolean", "More than the limit.", gt,
     WZP_SCRIPT_TEST, false},
    {"test", "ge", "got: any, limit: number, name?: text", "boolean", "At least the limit.", ge,
     WZP_SCRIPT_TEST, false},
    {"test", "record", "name: text, value: number, {max?: number, min?: number, unit?: text}",
     "boolean", "A figure kept with the results; max and min make it a test.", record,
     WZP_SCRIPT_TEST, false},
    {"test", "diag", "text: any", "", "A remark for the reader.", diag, WZP_SCRIPT_TEST, false},
    {"test", "expect", "source: source, name: event, {within?: seconds, name?: text, ...}", "event",
     "The event comes (within 10 s, or came and was not expected yet); other options are fields "
     "that it must have, from and to among them. Else the test ends.",
     expect, WZP_SCRIPT_TEST, true},
    {"test", "never", "source: source, name: event, {during?: seconds, name?: text, ...}", "true",
     "The event does not come in that time (1 s).", never, WZP_SCRIPT_TEST, true},
    {"test", "eventually", "question: function, {within?: seconds, name?: text}", "any",
     "The function returns true at last (within 10 s); it is asked at each event. Else the test "
     "ends.",
     eventually, WZP_SCRIPT_TEST, true},
    {"test", "all", "list: table", "true",
     "Runs functions side by side until all have ended; an error of one is the error of all.", all,
     WZP_SCRIPT_TEST, true},
    {"test", "tone", "hz: number", "audio", "A tone that never ends.", tone, WZP_SCRIPT_TEST,
     false},
    {"test", "swarm",
     "{script: function, callers: integer, rate: number, calls?: integer, hold?: any, timeout?: "
     "seconds, progress?: seconds}",
     "table",
     "Places calls (as many as callers) at a rate of so many a second, at most callers at once: "
     "script gets a number and returns the call that it placed, which is held for hold seconds, or "
     "between the two of a list, and hung up. Prints progress and a table; returns calls, "
     "succeeded, failed (by reason), at_once, seconds, and setup_ms with p50, p90, p95, p99, max.",
     swarm, WZP_SCRIPT_TEST, true},
    {"test", "seed", "", "integer", "The seed of this run.", seed, WZP_SCRIPT_TEST, false},
    {0}};

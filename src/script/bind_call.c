/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.call: what can be done with a call or room. Handles outlive their call: functions on an ended
 * call return nil and "closed". */
#include <string.h>

#include "base/error.h"
#include "script/internal.h"

struct wzp_script_call *wzp_lua_call_open(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    return call->client && call->client->app && !call->ended ? call : NULL;
}

void wzp_lua_call_undecided(struct wzp_script_call *call)
{
    if (call->deferred > 0)
        call->deferred--;
    if (call->deferred == 0 && !call->decided && !call->kept && !call->ended && call->client &&
        call->client->app)
        wzp_app_defer(call->client->app, call->id, false);
}

/* ---- commands ---- */

static int outcome(lua_State *L, struct wzp_script_call *call, int result,
                   const struct wzp_error *err)
{
    if (call->client && call->client->app)
        wzp_app_kick(call->client->app);
    return wzp_lua_outcome(L, result, err);
}

/* Answering, rejecting, deferring: the first one counts. NULL: too late, with nil and why on the
 * stack. */
static struct wzp_script_call *undecided(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    if (!call)
        wzp_lua_closed(L);
    else if (call->decided || call->outgoing || call->answered || call->is_room)
        wzp_lua_fail(L, "decided already");
    else
        return call;
    return NULL;
}

/* The softphone, which stays valid even if a hook that runs next closes the client. */
static struct wzp_app *decide(struct wzp_script_call *call)
{
    struct wzp_app *app = call->client->app;
    call->decided = true;
    wzp_app_defer(app, call->id, true);
    return app;
}

static int answer(lua_State *L)
{
    struct wzp_script_call *call = undecided(L);
    struct wzp_error err = {0};
    if (!call)
        return 2;
    const char *mode = wzp_lua_option_text(L, 2, "mode", "trusted");
    bool private = strcmp(mode, "private") == 0 || strcmp(mode, "generic") == 0;
    if (!private && strcmp(mode, "trusted") != 0)
        return luaL_error(L, "wzp.call.answer: mode is \"trusted\" or \"private\"");
    int result = wzp_phone_answer(wzp_app_phone(decide(call)), call->id, !private,
                                  wzp_script_now(wzp_script_of(L)), &err);
    return outcome(L, call, result, &err);
}

static int reject(lua_State *L)
{
    struct wzp_script_call *call = undecided(L);
    struct wzp_error err = {0};
    if (!call)
        return 2;
    const char *reason = luaL_optstring(L, 2, "declined");
    bool busy = strcmp(reason, "busy") == 0;
    if (!busy && strcmp(reason, "declined") != 0)
        return luaL_error(L, "wzp.call.reject: a reason is \"declined\" or \"busy\"");
    int result = wzp_phone_reject(wzp_app_phone(decide(call)), call->id, busy,
                                  wzp_script_now(wzp_script_of(L)), &err);
    return outcome(L, call, result, &err);
}

static int defer(lua_State *L)
{
    struct wzp_script_call *call = undecided(L);
    if (!call)
        return 2;
    call->kept = true;
    return outcome(L, call, wzp_app_defer(call->client->app, call->id, true),
                   &(struct wzp_error){0});
}

static int hangup(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    struct wzp_error err = {0};
    if (!call)
        return wzp_lua_closed(L);
    call->decided = true;
    int result = wzp_phone_hangup(wzp_app_phone(call->client->app), call->id,
                                  wzp_script_now(call->client->script), &err);
    return outcome(L, call, result, &err);
}

typedef int (*switch_call)(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now);

static int turn(lua_State *L, switch_call command)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    if (!call)
        return wzp_lua_closed(L);
    bool on = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
    int result = command(wzp_app_phone(call->client->app), call->id, on,
                         wzp_script_now(call->client->script));
    return outcome(L, call, result, &(struct wzp_error){0});
}

static int mute(lua_State *L)
{
    return turn(L, wzp_phone_mute);
}

static int hold(lua_State *L)
{
    return turn(L, wzp_phone_hold);
}

static int verify(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    if (!call)
        return wzp_lua_closed(L);
    int result = wzp_phone_verify_peer(wzp_app_phone(call->client->app), call->id,
                                       wzp_script_now(call->client->script));
    return outcome(L, call, result, &(struct wzp_error){0});
}

/* A command of the softphone with a file and the number of the call. */
static int with_file(lua_State *L, const char *command)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    struct wzp_error err = {0};
    char number[16];
    if (!call)
        return wzp_lua_closed(L);
    snprintf(number, sizeof number, "%u", (unsigned)call->id);
    const char *items[] = {luaL_optstring(L, 2, "off"), number};
    int result = wzp_lua_do(L, call->client->app, wzp_app_command_find(command), items, 2, &err);
    return outcome(L, call, result, &err);
}

static int record(lua_State *L)
{
    return with_file(L, "record");
}

static int capture(lua_State *L)
{
    return with_file(L, "capture");
}

static int stats(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_call_open(L);
    struct wzp_app_session session;
    if (!call || !wzp_app_session_find(call->client->app, call->id, &session))
        return wzp_lua_closed(L);
    struct wzp_event event = {.type = WZP_EVENT_STATS,
                              .session = call->id,
                              .at = wzp_script_now(call->client->script),
                              .u.stats = session.stats};
    event.about.outgoing = call->outgoing;
    event.about.is_room = call->is_room;
    event.about.proven = call->proven;
    event.about.peer = call->peer;
    event.about.name = session.name;
    event.about.alias = call->alias;
    event.about.room = call->is_room ? call->room : "";
    event.about.call_id = "";
    wzp_lua_event_push(L, call->client, &event);
    lua_pushstring(L, wzp_session_state_name(session.state));
    lua_setfield(L, -2, "state");
    return 1;
}

/* ---- waiting ---- */

/* A state that was reached counts, even if another wait consumed its event. */
static bool is_reached(const struct wzp_script_call *call, const char *name)
{
    static const char *const prefix = "call.";
    if (strncmp(name, prefix, strlen(prefix)) == 0)
        name += strlen(prefix);
    return (strcmp(name, "ended") == 0 && call->ended) ||
           ((strcmp(name, "joined") == 0 || strcmp(name, "connected") == 0) && call->joined) ||
           (strcmp(name, "answered") == 0 && call->answered) ||
           (strcmp(name, "media") == 0 && call->media_at > 0);
}

static int push_reached(lua_State *L, struct wzp_script_call *call, const char *name)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, strcmp(name, "connected") == 0 ? "joined" : name);
    lua_setfield(L, -2, "event");
    wzp_lua_call_push(L, call);
    lua_setfield(L, -2, "call");
    if (call->ended) {
        lua_pushstring(L, wzp_end_reason_name(call->reason));
        lua_setfield(L, -2, "reason");
    }
    luaL_setmetatable(L, "wzp.event");
    return 1;
}

static int has_event(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    const char *name = lua_tostring(L, 2);
    (void)task;
    (void)timed_out;
    if (call->client && wzp_lua_event_take(L, call->client, call, name, call->first_event, 4))
        return 1;
    if (is_reached(call, name))
        return push_reached(L, call, name);
    return call->ended || !call->client ? wzp_lua_closed(L) : 0;
}

static int wait(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    static const char *const own[] = {"timeout", NULL};
    lua_settop(L, 3);
    wzp_lua_event_fields(L, 2, 3, own);
    wzp_wait_begin(L, has_event, wzp_lua_option_number(L, 3, "timeout", -1));
    if (!call->ended && call->client)
        wzp_wait_listen(L, &call->source);
    return wzp_wait(L);
}

/* The call is at 1. When it was not answered in time it is hung up. */
static int is_connected(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    (void)task;
    if (call->joined && !call->ended) {
        lua_pushvalue(L, 1);
        return 1;
    }
    if (call->ended)
        return wzp_lua_fail(L, wzp_end_reason_name(call->reason));
    if (!timed_out)
        return 0;
    hangup(L);
    return wzp_lua_fail(L, "timeout");
}

static int dial(lua_State *L)
{
    struct wzp_error err = {0};
    wzp_session_id id = 0;
    lua_settop(L, 1);
    double timeout = wzp_lua_option_number(L, 1, "timeout", 60);
    lua_getfield(L, 1, "client");
    struct wzp_script_client *client = wzp_lua_object(L, 2, "client");
    if (!client)
        client = wzp_lua_client_usual(L);
    if (!client->app || client->closing)
        return wzp_lua_closed(L);
    lua_getfield(L, 1, "to");
    struct wzp_script_client *peer = wzp_lua_object(L, -1, "client");
    wzp_script_settle(L);
    int result =
        wzp_app_call(client->app, &id, peer ? peer->fingerprint : lua_tostring(L, -1), &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    if (id == 0)
        return wzp_lua_fail(L, "the echo peer begins a little later: use client:dial(\"echo\")");
    struct wzp_script_call *call = wzp_lua_need(L, wzp_lua_call_of(client, id));
    call->outgoing = true;
    wzp_lua_call_push(L, call);
    lua_replace(L, 1);
    lua_settop(L, 1);
    wzp_wait_begin(L, is_connected, timeout);
    if (!call->ended)
        wzp_wait_listen(L, &call->source);
    return wzp_wait(L);
}

const struct wzp_lua_row wzp_lua_call_rows[] = {
    {"call", "dial", "{to: peer, timeout?: seconds, client?: client}",
     "call | nil, text | nil, \"timeout\"",
     "Calls somebody and waits until both are connected; hangs up when that takes too long (60 s).",
     dial, WZP_TIERS_ALL, true},
    {"call", "answer", "call: call, {mode?: text}", "true | nil, text",
     "Takes a call that rings here. mode \"private\": without showing our addresses.", answer,
     WZP_TIERS_ALL, false},
    {"call", "reject", "call: call, reason?: text", "true | nil, text",
     "Refuses a call that rings here: \"declined\" or \"busy\".", reject, WZP_TIERS_ALL, false},
    {"call", "defer", "call: call", "true | nil, text",
     "The caller hears ringing, and the softphone does nothing by itself: the script or a person "
     "decides later.",
     defer, WZP_TIERS_ALL, false},
    {"call", "hangup", "call: call", "true | nil, text", "Ends a call, or leaves a room.", hangup,
     WZP_TIERS_ALL, false},
    {"call", "mute", "call: call, on?: boolean", "true | nil, text",
     "Nobody hears us; false: the others hear us again.", mute, WZP_TIERS_ALL, false},
    {"call", "hold", "call: call, on?: boolean", "true | nil, text",
     "Nobody hears anybody; false: the call goes on.", hold, WZP_TIERS_ALL, false},
    {"call", "verify", "call: call", "true | nil, text",
     "Remembers that the safety code was compared and agrees.", verify, WZP_TIERS_USER, false},
    {"call", "record", "call: call, file?: text", "true | nil, text",
     "Records both sides into a new sound file; without a name, ends the recording. In init.lua, "
     "the file is a name among the recordings.",
     record, WZP_TIERS_ALL, false},
    {"call", "capture", "call: call, file?: text", "true | nil, text",
     "Writes the packets into a new file for client:analyze and wzp analyze; without a name, ends "
     "the capture. In init.lua, the file is a name among the recordings.",
     capture, WZP_TIERS_ALL, false},
    {"call", "stats", "call: call", "table | nil, \"closed\"",
     "Measurements: the fields of the event stats, and state.", stats, WZP_TIERS_ALL, false},
    {"call", "wait", "call: call, name: event, {timeout?: seconds, ...}",
     "event | nil, \"timeout\" | nil, \"closed\"",
     "Waits for an event of the call that no wait has returned yet, or for a state (answered, "
     "connected, media, ended) that the call may have reached already.",
     wait, WZP_TIERS_ALL, true},
    {0}};

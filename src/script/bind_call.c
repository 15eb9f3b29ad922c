/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.call: a call or room and what can be done with it. Handles outlive their call: what is asked
 * of one that ended gives nil and "closed". */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"

struct wzp_script_call *wzp_lua_call_open(lua_State *L)
{
    struct wzp_script_call *call = wzp_lua_object(L, 1, "call");
    return call->client && call->client->app && !call->ended ? call : NULL;
}

/* ---- what events tell ---- */

static void follow_path(struct wzp_script_call *call, const struct wzp_event *event)
{
    call->direct = event->u.path.direct;
    wzp_text_copy(call->why, sizeof call->why, event->u.path.why);
    wzp_text_copy(call->remote, sizeof call->remote, event->u.path.remote);
    if (event->type == WZP_EVENT_PATH)
        call->path_rtt_ms = event->u.path.rtt_ms;
}

static void follow_about(struct wzp_script_call *call, const struct wzp_event *event)
{
    call->outgoing = event->about.outgoing || call->outgoing;
    call->is_room = event->about.is_room || call->is_room;
    if (event->about.peer && event->about.peer[0])
        wzp_text_copy(call->peer, sizeof call->peer, event->about.peer);
    if (event->about.alias && event->about.alias[0])
        wzp_text_copy(call->alias, sizeof call->alias, event->about.alias);
    if (event->about.room && event->about.room[0] && call->is_room)
        wzp_text_copy(call->room, sizeof call->room, event->about.room);
}

void wzp_lua_call_follow(struct wzp_script_call *call, const struct wzp_event *event)
{
    follow_about(call, event);
    switch (event->type) {
    case WZP_EVENT_RINGING: call->rang = event->at; break;
    case WZP_EVENT_ANSWERED:
        call->answered = true;
        call->answered_at = event->at;
        break;
    case WZP_EVENT_JOINED:
        if (!call->joined)
            call->joined_at = event->at;
        call->joined = true;
        follow_path(call, event);
        break;
    case WZP_EVENT_PATH: follow_path(call, event); break;
    case WZP_EVENT_MEDIA: call->media_at = event->at; break;
    case WZP_EVENT_SECURITY:
        call->e2e = event->u.security.e2e;
        call->sealed = event->u.security.confirmed;
        wzp_text_copy(call->sas, sizeof call->sas, event->u.security.sas);
        break;
    case WZP_EVENT_MUTED:
        call->muted = event->u.muted.muted;
        call->held = event->u.muted.held;
        break;
    case WZP_EVENT_ENDED:
        call->ended = true;
        call->ended_at = event->at;
        call->reason = event->u.ended.reason;
        wzp_text_copy(call->end_text, sizeof call->end_text, event->u.ended.text);
        break;
    default: break;
    }
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

static void decide(struct wzp_script_call *call)
{
    call->decided = true;
    wzp_app_defer(call->client->app, call->id, true);
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
    decide(call);
    int result = wzp_phone_answer(wzp_app_phone(call->client->app), call->id, !private,
                                  wzp_script_now(call->client->script), &err);
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
    decide(call);
    int result = wzp_phone_reject(wzp_app_phone(call->client->app), call->id, busy,
                                  wzp_script_now(call->client->script), &err);
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
    int result = wzp_app_do(call->client->app, wzp_app_command_find(command), items, 2, &err);
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

/* States that have been reached count, also when their event was taken by somebody else. */
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

/* ---- properties ---- */

static const char *state_of(const struct wzp_script_call *call)
{
    struct wzp_app_session session;
    if (call->ended || !call->client || !call->client->app ||
        !wzp_app_session_find(call->client->app, call->id, &session))
        return "ended";
    return wzp_session_state_name(session.state);
}

static int get_state(lua_State *L, void *object)
{
    lua_pushstring(L, state_of(object));
    return 1;
}

#define TEXT_PROPERTY(name)                                                                        \
    static int get_##name(lua_State *L, void *object)                                              \
    {                                                                                              \
        lua_pushstring(L, ((struct wzp_script_call *)object)->name);                               \
        return 1;                                                                                  \
    }
#define BOOLEAN_PROPERTY(name)                                                                     \
    static int get_##name(lua_State *L, void *object)                                              \
    {                                                                                              \
        lua_pushboolean(L, ((struct wzp_script_call *)object)->name);                              \
        return 1;                                                                                  \
    }
TEXT_PROPERTY(peer)
TEXT_PROPERTY(alias)
TEXT_PROPERTY(room)
TEXT_PROPERTY(sas)
BOOLEAN_PROPERTY(outgoing)
BOOLEAN_PROPERTY(is_room)
BOOLEAN_PROPERTY(ended)
BOOLEAN_PROPERTY(muted)
BOOLEAN_PROPERTY(held)

static int get_id(lua_State *L, void *object)
{
    lua_pushinteger(L, (lua_Integer)((struct wzp_script_call *)object)->id);
    return 1;
}

static int get_client(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    if (call->client)
        wzp_lua_client_push(L, call->client);
    else
        lua_pushnil(L);
    return 1;
}

static int get_reason(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    if (call->ended)
        lua_pushstring(L, wzp_end_reason_name(call->reason));
    else
        lua_pushnil(L);
    return 1;
}

static int get_e2e(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    lua_pushstring(L, call->sealed ? "on" : call->e2e ? "agreed" : "hop");
    return 1;
}

static int get_path(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    lua_createtable(L, 0, 4);
    lua_pushstring(L, !call->joined ? "none" : call->direct ? "direct" : "relay");
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, call->why);
    lua_setfield(L, -2, "why");
    lua_pushstring(L, call->remote);
    lua_setfield(L, -2, "remote");
    lua_pushinteger(L, (lua_Integer)call->path_rtt_ms);
    lua_setfield(L, -2, "rtt_ms");
    return 1;
}

static int get_path_kind(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    lua_pushstring(L, !call->joined ? "none" : call->direct ? "direct" : "relay");
    return 1;
}

/* Milliseconds of the program's clock. */
static void set_time(lua_State *L, const char *key, uint64_t at)
{
    const struct wzp_script *s = wzp_script_of(L);
    if (!at)
        return;
    lua_pushnumber(L, (double)wzp_time_since(at, s->started) / 1e6);
    lua_setfield(L, -2, key);
}

static int get_times(lua_State *L, void *object)
{
    struct wzp_script_call *call = object;
    lua_createtable(L, 0, 6);
    set_time(L, "dialed", call->began);
    set_time(L, "ringing", call->rang);
    set_time(L, "answered", call->answered_at);
    set_time(L, "connected", call->joined_at);
    set_time(L, "media", call->media_at);
    set_time(L, "ended", call->ended_at);
    return 1;
}

const struct wzp_lua_property wzp_lua_call_properties[] = {
    {"call", "state", "text", "calling, ringing, incoming, joining, up or ended", get_state},
    {"call", "id", "integer", "its number", get_id},
    {"call", "client", "client", "whose it is", get_client},
    {"call", "peer", "text", "fingerprint of the other", get_peer},
    {"call", "alias", "text", "what the other calls itself: not to be trusted", get_alias},
    {"call", "room", "text", "name of the room", get_room},
    {"call", "outgoing", "boolean", "we called", get_outgoing},
    {"call", "is_room", "boolean", "it is a room", get_is_room},
    {"call", "ended", "boolean", "it is over", get_ended},
    {"call", "reason", "text", "why it ended; nil before", get_reason},
    {"call", "muted", "boolean", "nobody hears us", get_muted},
    {"call", "held", "boolean", "on hold", get_held},
    {"call", "sas", "text", "the safety code", get_sas},
    {"call", "e2e", "text", "on, agreed, or hop: to the relay only", get_e2e},
    {"call", "path", "table", "kind (none, direct, relay), why, remote, rtt_ms", get_path},
    {"call", "path_kind", "text", "none, direct or relay", get_path_kind},
    {"call", "times", "table",
     "ms since the program began: dialed, ringing, answered, connected, media, ended", get_times},
    {0}};

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
     "The caller hears ringing, and the softphone does nothing by itself: somebody decides later.",
     defer, WZP_TIERS_ALL, false},
    {"call", "hangup", "call: call", "true | nil, text", "Ends a call, or leaves a room.", hangup,
     WZP_TIERS_ALL, false},
    {"call", "mute", "call: call, on?: boolean", "true | nil, text",
     "Nobody hears us; false: they do again.", mute, WZP_TIERS_ALL, false},
    {"call", "hold", "call: call, on?: boolean", "true | nil, text",
     "Nobody hears anybody; false: the call goes on.", hold, WZP_TIERS_ALL, false},
    {"call", "verify", "call: call", "true | nil, text",
     "The safety code was compared, and agrees.", verify, WZP_TIERS_ALL, false},
    {"call", "record", "call: call, file?: text", "true | nil, text",
     "Writes both sides into a new sound file; without a name: ends that.", record, WZP_TIERS_ALL,
     false},
    {"call", "capture", "call: call, file?: text", "true | nil, text",
     "Writes the packets into a new file for client:analyze and wzp analyze; without a name: ends "
     "that.",
     capture, WZP_TIERS_ALL, false},
    {"call", "stats", "call: call", "table | nil, \"closed\"",
     "Measurements: the fields of the event stats, and state.", stats, WZP_TIERS_ALL, false},
    {"call", "wait", "call: call, name: event, {timeout?: seconds, ...}",
     "event | nil, \"timeout\" | nil, \"closed\"",
     "Waits for an event of the call that was not waited for yet, or for a state (answered, "
     "connected, media, ended) that may be there already.",
     wait, WZP_TIERS_ALL, true},
    {0}};

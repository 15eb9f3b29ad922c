/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is known of a call or room: its events are followed, and scripts read it as properties of
 * the handle, also after its end. */
#include <string.h>

#include "base/text.h"
#include "script/internal.h"

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
    call->proven = event->about.proven || call->proven;
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
BOOLEAN_PROPERTY(proven)
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
    {"call", "proven", "boolean", "a signature has shown that the other is that peer", get_proven},
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

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.relay: the relays that were heard of, and how far they are. */
#include "base/error.h"
#include "script/internal.h"

static void set_text(lua_State *L, const char *key, const char *text)
{
    if (!text[0])
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void push_relay(lua_State *L, const struct wzp_app_relay_state *state)
{
    lua_createtable(L, 0, 12);
    set_text(L, "relay", state->relay);
    set_text(L, "remote", state->remote);
    set_text(L, "build", state->build);
    set_text(L, "region", state->region);
    set_text(L, "text", state->text);
    set_flag(L, "home", state->home);
    set_flag(L, "registered", state->registered);
    set_flag(L, "preferred", state->preferred);
    set_flag(L, "reachable", state->reachable);
    set_flag(L, "proven", state->proven);
    set_flag(L, "changed", state->changed);
    if (state->measured) {
        lua_pushinteger(L, (lua_Integer)state->rtt_ms);
        lua_setfield(L, -2, "rtt_ms");
    }
}

void wzp_lua_relays_push(lua_State *L, struct wzp_app *app)
{
    struct wzp_app_relay_state state;
    lua_newtable(L);
    for (size_t i = 0; app && wzp_app_relay_state(app, i, &state); i++) {
        push_relay(L, &state);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int relay_map(lua_State *L)
{
    wzp_lua_relays_push(L, wzp_lua_usual_app(L));
    return 1;
}

static int ping(lua_State *L)
{
    lua_settop(L, 1);
    struct wzp_script_client *client = wzp_lua_client_usual(L);
    struct wzp_error err = {0};
    int result = wzp_app_ping(client->app, lua_tostring(L, 1), &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    lua_createtable(L, 0, 1); /* of this relay, and no other */
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "relay");
    lua_remove(L, 1);
    lua_pushliteral(L, "pong");
    lua_insert(L, 2);
    lua_pushnil(L);
    lua_insert(L, 3);
    wzp_wait_begin(L, wzp_lua_client_has_event, 10);
    wzp_wait_listen(L, &client->source);
    return wzp_wait(L);
}

const struct wzp_lua_row wzp_lua_relay_rows[] = {
    {"relay", "map", "", "table",
     "The relays that were heard of, a table each: relay (its name), home, registered, preferred "
     "(it should be home: it is, or is clearly nearer), reachable, rtt_ms, remote, region, build, "
     "proven, changed (its certificate), text (why it does not answer).",
     relay_map, WZP_TIERS_ALL, false},
    {"relay", "ping", "relay: text", "event | nil, text",
     "Measures a relay: time to connect, version, certificate.", ping, WZP_TIERS_ALL, true},
    {0}};

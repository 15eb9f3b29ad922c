/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.netcheck: a look at the network, as a table. */
#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/error.h"
#include "script/internal.h"
#include "script/jsonlua.h"
#include "wzp/netcheck.h"

/* A network check under way; it is found through the program's list. */
struct wzp_lua_netcheck {
    struct wzp_lua_netcheck *next;
    struct wzp_script *script;
    struct wzp_app_netcheck *check;
    struct wzp_source source;
    bool done;
};

static void forget(struct wzp_lua_netcheck *one)
{
    struct wzp_lua_netcheck **at = &one->script->netchecks;
    while (*at && *at != one)
        at = &(*at)->next;
    if (*at)
        *at = one->next;
    wzp_source_close(&one->source);
    wzp_app_netcheck_free(one->check);
    wzp_free(one);
}

void wzp_lua_netcheck_forget(struct wzp_script *s)
{
    while (s->netchecks)
        forget(s->netchecks);
}

static void on_done(void *context)
{
    struct wzp_lua_netcheck *one = context;
    one->done = true;
    wzp_source_signal(&one->source);
}

static int has_report(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_lua_netcheck *one = task->wait.object;
    struct wzp_lua_netcheck *at = task->script->netchecks;
    (void)timed_out;
    while (at && at != one)
        at = at->next;
    if (!at)
        return wzp_lua_fail(L, "stopped");
    if (!one->done)
        return 0;
    int status = wzp_app_netcheck_status(one->check);
    char *text = wzp_app_netcheck_json(one->check);
    forget(one);
    if (!text)
        return luaL_error(L, "not enough memory");
    /* Makes a copy in Lua's memory, so that ours is freed before anything can fail. */
    size_t length = strlen(text);
    char *copy = lua_newuserdatauv(L, length + 1, 0);
    memcpy(copy, text, length + 1);
    wzp_free(text);
    if (!wzp_lua_json_to_lua(L, copy, length))
        return wzp_lua_fail(L, "the report cannot be read");
    lua_pushinteger(L, status);
    lua_setfield(L, -2, "status");
    return 1;
}

/* The texts of a list among the options; count through *count. They are valid as long as the
 * options are on the stack: the list is a copy that nobody changes. */
static const char **texts(lua_State *L, int table, const char *key, size_t most, size_t *count)
{
    const char **out = lua_newuserdatauv(L, most * sizeof *out, 0);
    *count = 0;
    if (!lua_istable(L, table))
        return out;
    lua_getfield(L, table, key);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return out;
    }
    lua_Integer length = luaL_len(L, -1);
    if ((size_t)length > most)
        luaL_error(L, "wzp.netcheck: no more than %d %s", (int)most, key);
    for (lua_Integer i = 1; i <= length; i++) {
        lua_geti(L, -1, i);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "wzp.netcheck: %s are texts", key);
        out[(*count)++] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return out;
}

/* Whose network is checked: that of a laboratory's client, else ours. */
static struct wzp_script_client *client_option(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_script_client *client = NULL;
    if (lua_istable(L, 1)) {
        lua_getfield(L, 1, "client");
        client = wzp_lua_object(L, -1, "client");
        lua_pop(L, 1);
    }
    if (!client)
        client = s->own;
    /* A laboratory's console has no network: the first of its clients has. */
    for (struct wzp_script_client *at = s->clients; !client && s->lab && at; at = at->next)
        if (!at->next)
            client = at;
    if (client && (!client->app || client->closing))
        luaL_error(L, "wzp.netcheck: the client is closed");
    return client;
}

static int netcheck(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_error err = {0};
    lua_settop(L, 1);
    wzp_script_settle(L);
    struct wzp_app_netcheck_config config = {.done = on_done};
    config.timeout = wzp_lua_option_number(L, 1, "timeout", 5);
    config.relays = texts(L, 1, "relays", WZP_APP_NETCHECK_RELAYS_MAX, &config.relay_count);
    config.stun = texts(L, 1, "stun", WZP_APP_NETCHECK_STUN_MAX, &config.stun_count);
    struct wzp_script_client *client = client_option(L);
    struct wzp_app_facts facts = {0};
    if (client) {
        wzp_app_facts(client->app, &facts);
        config.stun_setting = wzp_app_settings(client->app)->stun;
    }
    const char *relay = facts.relay[0] ? facts.relay : s->config.relay;
    if (config.relay_count == 0 && relay) {
        config.relays = &relay;
        config.relay_count = 1;
    }
    struct wzp_host host = client && client->host.calls ? client->host : s->host;
    struct wzp_script_wait *wait = wzp_wait_begin(L, has_report, -1);
    struct wzp_lua_netcheck *one = wzp_lua_need(L, wzp_calloc(1, sizeof *one));
    one->script = s;
    one->next = s->netchecks;
    s->netchecks = one;
    config.context = one;
    int result = wzp_app_netcheck_start(&one->check, &host, &config, &err);
    if (result) {
        forget(one);
        return wzp_lua_fail_error(L, result, &err);
    }
    wait->object = one;
    wzp_wait_listen(L, &one->source);
    return wzp_wait(L);
}

const struct wzp_lua_row wzp_lua_net_rows[] = {
    {"", "netcheck", "{relays?: table, stun?: table, timeout?: seconds, client?: client}",
     "table | nil, text",
     "Looks at the network and returns the whole report of wzp netcheck --json as a table, and "
     "status: 0 UDP works, 1 nobody to ask, 2 no UDP, 3 no network. client: the check runs on the "
     "machine of that client.",
     netcheck, WZP_TIERS_ALL, true},
    {0}};

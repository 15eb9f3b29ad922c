/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Softphones as programs see them: the log ("diary") of events, live calls, closing. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"

/* ---- objects by their address ---- */

/* Pushes the table of objects, whose values are weak. */
static void push_objects(lua_State *L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, "wzp.objects") == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.objects");
}

static void push_object(lua_State *L, const void *object)
{
    luaL_checkstack(L, 6, NULL);
    push_objects(L);
    lua_rawgetp(L, -1, object);
    lua_remove(L, -2);
}

void wzp_lua_call_push(lua_State *L, struct wzp_script_call *call)
{
    push_object(L, call);
}

void wzp_lua_client_push(lua_State *L, struct wzp_script_client *client)
{
    push_object(L, client);
}

/* Registers the userdata on top by the object's address, which keeps it alive until it is
 * released. */
static void hold_object(lua_State *L, void *object)
{
    push_objects(L);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, object);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, object);
}

static void let_go(struct wzp_script *s, void *object)
{
    if (!lua_checkstack(s->E, 2))
        return;
    lua_pushnil(s->E);
    lua_rawsetp(s->E, LUA_REGISTRYINDEX, object);
}

/* ---- calls ---- */

static int make_call(lua_State *L)
{
    struct wzp_script_call **out = lua_touserdata(L, 1), wanted = **out;
    struct wzp_script_client *client = wanted.client;
    *out = NULL;
    struct wzp_script_call *call = lua_newuserdatauv(L, sizeof *call, 3);
    *call = wanted;
    call->client = NULL; /* until it is whole */
    wzp_lua_class(L, "call");
    wzp_lua_client_push(L, client);
    lua_setiuservalue(L, -2, 1);
    hold_object(L, call);
    call->client = client;
    call->next = client->calls;
    client->calls = call;
    *out = call;
    return 0;
}

struct wzp_script_call *wzp_lua_call_of(struct wzp_script_client *client, wzp_session_id id)
{
    for (struct wzp_script_call *at = client->calls; id && at; at = at->next)
        if (at->id == id)
            return at;
    if (!id)
        return NULL;
    struct wzp_script_call wanted = {.client = client,
                                     .id = id,
                                     .began = wzp_script_now(client->script),
                                     .first_event = client->events + 1};
    struct wzp_script_call *call = &wanted;
    if (wzp_script_protect(client->script, make_call, &call))
        return NULL;
    return call;
}

static void forget_call(struct wzp_script_call *call)
{
    struct wzp_script_call **at = &call->client->calls;
    /* A call that is not forgotten has a client. */
    while (*at && *at != call) /* NOLINT(clang-analyzer-core.NullDereference) */
        at = &(*at)->next;
    if (*at)
        *at = call->next;
    call->next = NULL;
    call->client = NULL;
}

int wzp_lua_call_collect(lua_State *L)
{
    struct wzp_script_call *call = lua_touserdata(L, 1);
    wzp_source_close(&call->source);
    if (call->client) {
        wzp_lua_sound_end(call);
        forget_call(call);
    }
    return 0;
}

static void end_call(struct wzp_script_call *call)
{
    /* As there. */
    struct wzp_script *s = call->client->script; /* NOLINT(clang-analyzer-core.NullDereference) */
    wzp_lua_sound_end(call);
    wzp_source_close(&call->source);
    let_go(s, call);
}

/* ---- the diary ---- */

static void write_diary(struct wzp_script_client *client, const struct wzp_event *event)
{
    struct wzp_event *copy = wzp_event_copy(event);
    struct wzp_diary_entry *entry = &client->diary[++client->events % WZP_SCRIPT_DIARY];
    wzp_event_free(entry->event);
    *entry = (struct wzp_diary_entry){.event = copy, .number = client->events};
}

/* A softphone with init.lua shows this itself; a script that waits for calls would otherwise wait
 * in vain without notice. */
static void tell_displaced(struct wzp_script_client *client, const struct wzp_event *event)
{
    if (client->owned && event->type == WZP_EVENT_UNREGISTERED && event->u.unregistered.displaced)
        wzp_script_log(client->script, WZP_LOG_ERROR, "%s at %s: %s", client->name,
                       event->u.unregistered.relay, event->u.unregistered.text);
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_script_client *client = context;
    struct wzp_script *s = client->script;
    struct wzp_script_call *call = wzp_lua_call_of(client, event->session);
    write_diary(client, event);
    tell_displaced(client, event);
    if (call) {
        wzp_lua_call_follow(call, event);
        wzp_lua_sound_settle(call);
    }
    wzp_lua_event_dispatch(client, call, event);
    if (call && call->client && event->type == WZP_EVENT_INCOMING &&
        (call->deferred > 0 || call->decided))
        wzp_app_defer(client->app, call->id, true);
    wzp_source_signal(&client->source);
    wzp_source_signal(&s->anything);
    if (call && call->client)
        wzp_source_signal(&call->source);
    if (call && call->client && event->type == WZP_EVENT_ENDED)
        end_call(call);
    if (event->type == WZP_EVENT_STOPPED && s->timer && client->owned)
        s->host.calls->timer_set(s->host.context, s->timer, wzp_script_now(s));
}

/* ---- life ---- */

struct wzp_script_client *wzp_lua_client_new(lua_State *L, struct wzp_app *app, const char *name,
                                             bool owned)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_app_facts facts;
    luaL_checkstack(L, 8, NULL);
    struct wzp_script_client *client = lua_newuserdatauv(L, sizeof *client, 0);
    memset(client, 0, sizeof *client);
    wzp_lua_class(L, "client");
    hold_object(L, client);
    client->script = s;
    client->app = app;
    client->owned = owned;
    wzp_text_copy(client->name, sizeof client->name, name);
    wzp_app_facts(app, &facts);
    wzp_text_copy(client->fingerprint, sizeof client->fingerprint, facts.fingerprint);
    client->listener = (struct wzp_listener){.event = on_event, .context = client};
    wzp_app_listen(app, &client->listener);
    client->next = s->clients;
    s->clients = client;
    return client;
}

/* The app was freed, or is detached from. */
static void leave(struct wzp_script_client *client)
{
    struct wzp_script *s = client->script;
    struct wzp_script_client **at = &s->clients;
    while (*at && *at != client)
        at = &(*at)->next;
    if (*at)
        *at = client->next;
    client->next = NULL;
    while (client->calls) {
        struct wzp_script_call *call = client->calls;
        if (!call->ended) {
            call->ended = true;
            call->reason = WZP_END_LOST;
            call->ended_at = wzp_script_now(s);
            end_call(call);
        }
        forget_call(call);
    }
    wzp_source_close(&client->source);
    for (size_t i = 0; i < WZP_SCRIPT_DIARY; i++) {
        wzp_event_free(client->diary[i].event);
        client->diary[i].event = NULL;
    }
    client->app = NULL;
    if (s->own == client)
        s->own = NULL;
    let_go(s, client);
}

void wzp_lua_client_close(struct wzp_script_client *client)
{
    if (!client->app || client->closing)
        return;
    if (client->owned) {
        client->closing = true;
        wzp_app_stop(client->app);
        return;
    }
    for (struct wzp_script_call *call = client->calls; call; call = call->next)
        wzp_lua_sound_end(call);
    wzp_app_unlisten(client->app, &client->listener);
    leave(client);
}

void wzp_lua_client_reap(struct wzp_script *s, bool at_once)
{
    for (struct wzp_script_client *client = s->clients, *next; client; client = next) {
        next = client->next;
        if (!at_once && !(client->closing && wzp_app_stopped(client->app)))
            continue;
        struct wzp_app *app = client->app;
        for (struct wzp_script_call *call = client->calls; call; call = call->next)
            wzp_lua_sound_end(call);
        wzp_app_unlisten(app, &client->listener);
        if (client->owned)
            wzp_app_free(app);
        void (*gone)(struct wzp_script_client * client) = client->gone;
        if (gone)
            gone(client);
        leave(client);
    }
}

struct wzp_script_client *wzp_lua_client_usual(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_script_client *client = s->own;
    /* The oldest one, which is the last of the list. */
    for (struct wzp_script_client *at = s->clients; !s->own && at; at = at->next)
        if (!at->closing)
            client = at;
    if (!client)
        luaL_error(L, "there is no softphone here: make one with wzp.client{...} or "
                      "wzp.test.lab{...}:client(name)");
    wzp_lua_client_push(L, client);
    return client;
}

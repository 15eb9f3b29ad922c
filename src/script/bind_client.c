/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.client, wzp.account, wzp.room, wzp.events: what a softphone can be asked and told. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"

/* The client at index 1, open; raises an error when it is closed, which is misuse. */
static struct wzp_script_client *open_client(lua_State *L)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    return client->app && !client->closing ? client : NULL;
}

struct wzp_app *wzp_lua_usual_app(lua_State *L)
{
    struct wzp_app *app = wzp_lua_client_usual(L)->app;
    lua_pop(L, 1);
    return app;
}

/* ---- live clients ---- */

int wzp_lua_client_settings(lua_State *L, int index, struct wzp_settings *settings,
                            struct wzp_error *err)
{
    int top = lua_gettop(L), result = 0;
    if (!lua_istable(L, index) || lua_getfield(L, index, "settings") != LUA_TTABLE)
        lua_newtable(L);
    int at = lua_gettop(L);
    for (lua_pushnil(L); !result && lua_next(L, at) != 0; lua_settop(L, at + 1)) {
        luaL_tolstring(L, -1, NULL);
        result = lua_type(L, -3) == LUA_TSTRING
                     ? wzp_settings_set(settings, lua_tostring(L, -3), lua_tostring(L, -1), err)
                     : wzp_error_set(err, WZP_E_ARGUMENT, "settings have names");
    }
    lua_settop(L, top);
    return result;
}

int wzp_lua_client_begin(struct wzp_app **out, const struct wzp_host *host,
                         const struct wzp_app_config *config, struct wzp_error *err)
{
    int result = wzp_app_new(out, host, config, err);
    if (result)
        return result;
    result = wzp_app_start(*out, err);
    if (!result)
        result = wzp_app_register(*out, err);
    if (result)
        wzp_app_free(*out);
    return result;
}

static int make_settings(lua_State *L, struct wzp_settings *settings, struct wzp_error *err)
{
    const struct wzp_script *s = wzp_script_of(L);
    static const struct {
        const char *option, *standard;
    } rows[] = {{"in", "silence"}, {"out", "null"}, {"alias", NULL}};
    const char *relay = wzp_lua_option_text(L, 1, "relay", s->config.relay);
    wzp_settings_default(settings);
    if (!relay)
        return wzp_error_set(err, WZP_E_ARGUMENT, "no relay: relay = \"HOST:PORT\", or --relay");
    int result = wzp_settings_set(settings, "relay", relay, err);
    for (size_t i = 0; !result && i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = wzp_lua_option_text(L, 1, rows[i].option, rows[i].standard);
        if (text)
            result = wzp_settings_set(settings, rows[i].option, text, err);
    }
    return result ? result : wzp_lua_client_settings(L, 1, settings, err);
}

static int client_new(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_settings settings;
    struct wzp_error err = {0};
    struct wzp_app *app;
    lua_settop(L, 1);
    wzp_script_settle(L);
    if (s->in_virtual_time || s->lab)
        return wzp_lab_live_client(L);
    int result = make_settings(L, &settings, &err);
    bool sounds = strcmp(settings.in, "silence") != 0 || strcmp(settings.out, "null") != 0;
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "script",
                                          .sound = sounds ? WZP_SOUND_LATER : WZP_SOUND_NONE,
                                          .throw_away = !wzp_lua_option_boolean(L, 1, "own", false),
                                          .answers = wzp_lua_option_boolean(L, 1, "answers", false),
                                          .echo = wzp_lua_option_boolean(L, 1, "echo", false),
                                          .call_waiting = true};
    if (!result)
        result = wzp_lua_client_begin(&app, &s->host, &config, &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    struct wzp_script_client *client =
        wzp_lua_client_new(L, app, wzp_lua_option_text(L, 1, "name", ""), true);
    client->no_devices = !sounds;
    return 1;
}

static int client_close(lua_State *L)
{
    wzp_lua_client_close(wzp_lua_object(L, 1, "client"));
    return 0;
}

/* ---- calls and rooms ---- */

/* Check: has the session that a command began appeared? For the echo peer it comes later. */
static int is_there(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    (void)timed_out;
    for (struct wzp_script_call *call = client->calls; call; call = call->next)
        if (call->outgoing && !call->is_room && !call->ended &&
            call->first_event > task->wait.mark) {
            wzp_lua_call_push(L, call);
            return 1;
        }
    return client->app ? 0 : wzp_lua_closed(L);
}

static int push_session(lua_State *L, struct wzp_script_client *client, wzp_session_id id)
{
    if (id == 0) {
        uint64_t from = client->events;
        struct wzp_script_wait *wait = wzp_wait_begin(L, is_there, 15);
        wait->mark = from;
        wzp_wait_listen(L, &client->source);
        return wzp_wait(L);
    }
    struct wzp_script_call *call = wzp_lua_need(L, wzp_lua_call_of(client, id));
    wzp_lua_call_push(L, call);
    return 1;
}

const char *wzp_lua_peer_text(lua_State *L, int index)
{
    struct wzp_script_client *peer = wzp_lua_object(L, index, "client");
    return peer ? peer->fingerprint : lua_tostring(L, index);
}

static int dial(lua_State *L)
{
    struct wzp_script_client *client = open_client(L);
    struct wzp_error err = {0};
    wzp_session_id id = 0;
    if (!client)
        return wzp_lua_closed(L);
    wzp_script_settle(L);
    int result = wzp_app_call(client->app, &id, wzp_lua_peer_text(L, 2), &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    lua_settop(L, 1);
    int count = push_session(L, client, id);
    struct wzp_script_call *call = wzp_lua_object(L, -1, "call");
    if (call)
        call->outgoing = true;
    return count;
}

static int join(lua_State *L)
{
    struct wzp_script_client *client = open_client(L);
    struct wzp_error err = {0};
    wzp_session_id id = 0;
    if (!client)
        return wzp_lua_closed(L);
    wzp_script_settle(L);
    int result = wzp_app_join(client->app, &id, lua_tostring(L, 2), &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    struct wzp_script_call *call = wzp_lua_need(L, wzp_lua_call_of(client, id));
    call->is_room = true;
    wzp_text_copy(call->room, sizeof call->room, lua_tostring(L, 2));
    wzp_lua_call_push(L, call);
    return 1;
}

static int room_join(lua_State *L)
{
    wzp_lua_client_usual(L);
    lua_insert(L, 1);
    return join(L);
}

#define REASON_MAX (WZP_RELAY_TEXT_MAX + WZP_ERROR_TEXT_MAX + 32)

/* Why a relay does not answer, as far as that is known; name "": the home relay. */
static bool reason_of(char out[REASON_MAX], struct wzp_app *app, const char *relay)
{
    struct wzp_app_relay_state state;
    for (size_t i = 0; wzp_app_relay_state(app, i, &state); i++) {
        if (relay[0] ? strcmp(state.relay, relay) != 0 : !state.home)
            continue;
        const char *why = state.changed   ? "it shows another certificate than before"
                          : state.text[0] ? state.text
                                          : "no answer yet";
        snprintf(out, REASON_MAX, "timeout: relay %s: %s", state.relay, why);
        return !state.registered || relay[0];
    }
    return false;
}

/* The answer of a relay did not come: the reason is more useful than "timeout". Stack as below. */
static int push_reason(lua_State *L, struct wzp_script_client *client)
{
    const char *name = lua_tostring(L, 2), *relay = "";
    char text[REASON_MAX];
    if (strcmp(name, "pong") == 0 && lua_getfield(L, 4, "relay") == LUA_TSTRING)
        relay = lua_tostring(L, -1);
    else if (strcmp(name, "registered") != 0 && strcmp(name, "client.registered") != 0)
        return 0;
    return reason_of(text, client->app, relay) ? wzp_lua_fail(L, text) : 0;
}

/* An event of the client that nobody expected yet. Stack: client, name, options, fields. */
int wzp_lua_client_has_event(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    (void)task;
    if (!client->app)
        return wzp_lua_closed(L);
    if (wzp_lua_event_take(L, client, NULL, lua_tostring(L, 2), 0, 4))
        return 1;
    return timed_out ? push_reason(L, client) : 0;
}

static int client_wait(lua_State *L)
{
    static const char *const own[] = {"timeout", NULL};
    struct wzp_script_client *client = open_client(L);
    lua_settop(L, 3);
    if (!client)
        return wzp_lua_closed(L);
    wzp_lua_event_fields(L, 2, 3, own);
    wzp_wait_begin(L, wzp_lua_client_has_event, wzp_lua_option_number(L, 3, "timeout", -1));
    wzp_wait_listen(L, &client->source);
    return wzp_wait(L);
}

static int client_take(lua_State *L)
{
    static const char *const own[] = {NULL};
    struct wzp_script_client *client = open_client(L);
    lua_settop(L, 3);
    if (!client)
        return wzp_lua_closed(L);
    wzp_lua_event_fields(L, 2, 3, own);
    return wzp_lua_event_take(L, client, NULL, lua_tostring(L, 2), 0, 4) ? 1 : 0;
}

static int events_wait(lua_State *L)
{
    wzp_lua_client_usual(L);
    lua_insert(L, 1);
    return client_wait(L);
}

/* ---- commands and settings ---- */

static int run_line(lua_State *L, struct wzp_app *app, const char *line)
{
    struct wzp_error err = {0};
    const struct wzp_app_command *row = NULL;
    int result = wzp_lua_do_line(L, app, line, &row, &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    lua_pushstring(L, row && row->done ? row->done : "");
    return 1;
}

static int client_run(lua_State *L)
{
    struct wzp_script_client *client = open_client(L);
    return client ? run_line(L, client->app, lua_tostring(L, 2)) : wzp_lua_closed(L);
}

static int run(lua_State *L)
{
    return run_line(L, wzp_lua_usual_app(L), lua_tostring(L, 1));
}

static int set(lua_State *L)
{
    struct wzp_error err = {0};
    const char *value = luaL_tolstring(L, 2, NULL);
    struct wzp_app *app = wzp_lua_usual_app(L);
    int result = wzp_lua_may_set(L, lua_tostring(L, 1), value, &err);
    if (!result)
        result = wzp_app_set(app, lua_tostring(L, 1), value, NULL, &err);
    return wzp_lua_outcome(L, result, &err);
}

static int get(lua_State *L)
{
    char text[WZP_SETTING_TEXT_MAX];
    if (!wzp_settings_get(text, wzp_app_settings(wzp_lua_usual_app(L)), lua_tostring(L, 1)))
        return wzp_lua_fail(L, "there is no such setting");
    lua_pushstring(L, text);
    return 1;
}

static int register_now(lua_State *L)
{
    struct wzp_error err = {0};
    int result = wzp_app_register(wzp_lua_usual_app(L), &err);
    return wzp_lua_outcome(L, result, &err);
}

static int account(lua_State *L)
{
    struct wzp_app_facts facts;
    wzp_app_facts(wzp_lua_usual_app(L), &facts);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, facts.fingerprint);
    lua_setfield(L, -2, "fingerprint");
    lua_pushstring(L, facts.alias);
    lua_setfield(L, -2, "alias");
    lua_pushstring(L, facts.relay);
    lua_setfield(L, -2, "relay");
    lua_pushboolean(L, facts.registered);
    lua_setfield(L, -2, "registered");
    lua_pushinteger(L, (lua_Integer)facts.sessions);
    lua_setfield(L, -2, "sessions");
    return 1;
}

/* ---- properties ---- */

static int get_name(lua_State *L, void *object)
{
    lua_pushstring(L, ((struct wzp_script_client *)object)->name);
    return 1;
}

static int get_fingerprint(lua_State *L, void *object)
{
    lua_pushstring(L, ((struct wzp_script_client *)object)->fingerprint);
    return 1;
}

static bool facts_of(struct wzp_app_facts *out, void *object)
{
    struct wzp_script_client *client = object;
    if (client->app)
        wzp_app_facts(client->app, out);
    return client->app;
}

static int get_registered(lua_State *L, void *object)
{
    struct wzp_app_facts facts;
    lua_pushboolean(L, facts_of(&facts, object) && facts.registered);
    return 1;
}

static int get_relay(lua_State *L, void *object)
{
    struct wzp_app_facts facts;
    lua_pushstring(L, facts_of(&facts, object) ? facts.relay : "");
    return 1;
}

static int get_alias(lua_State *L, void *object)
{
    struct wzp_app_facts facts;
    lua_pushstring(L, facts_of(&facts, object) ? facts.alias : "");
    return 1;
}

static int get_open(lua_State *L, void *object)
{
    struct wzp_script_client *client = object;
    lua_pushboolean(L, client->app && !client->closing);
    return 1;
}

/* Those that live, the oldest first. */
static int get_calls(lua_State *L, void *object)
{
    struct wzp_script_client *client = object;
    lua_Integer count = 0;
    for (struct wzp_script_call *call = client->calls; call; call = call->next)
        count += !call->ended;
    lua_createtable(L, (int)count, 0);
    for (struct wzp_script_call *call = client->calls; call; call = call->next)
        if (!call->ended) {
            wzp_lua_call_push(L, call);
            lua_rawseti(L, -2, count--);
        }
    return 1;
}

static int get_relays(lua_State *L, void *object)
{
    wzp_lua_relays_push(L, ((struct wzp_script_client *)object)->app);
    return 1;
}

const struct wzp_lua_property wzp_lua_client_properties[] = {
    {"client", "name", "text", "as it was given", get_name},
    {"client", "fingerprint", "text", "who it is", get_fingerprint},
    {"client", "alias", "text", "what it calls itself", get_alias},
    {"client", "relay", "text", "its home relay", get_relay},
    {"client", "relays", "table", "the relay map: as wzp.relay.map gives it", get_relays},
    {"client", "registered", "boolean", "it can be called", get_registered},
    {"client", "open", "boolean", "it was not closed", get_open},
    {"client", "calls", "table", "its present calls and rooms, the oldest first", get_calls},
    {0}};

const struct wzp_lua_row wzp_lua_client_rows[] = {
    {"", "client",
     "{relay?: text, name?: text, alias?: text, in?: text, out?: text, own?: boolean, answers?: "
     "boolean, echo?: boolean, settings?: table}",
     "client | nil, text",
     "Makes a softphone on the real network, registered at the relay, with a new identity or "
     "(own) the person's. answers: it follows auto_answer of its settings; echo: it answers all "
     "and sends back what it hears. In virtual time it is one more client of the laboratory.",
     client_new, WZP_TIERS_USER, false},
    {"client", "close", "client: client", "", "Hangs up and ends the softphone.", client_close,
     WZP_TIERS_ALL, false},
    {"client", "dial", "client: client, peer: peer", "call | nil, text",
     "Calls somebody and returns at once.", dial, WZP_TIERS_ALL, false},
    {"client", "join", "client: client, room: text", "call | nil, text", "Joins a room.", join,
     WZP_TIERS_ALL, false},
    {"client", "wait", "client: client, name: event, {timeout?: seconds, ...}",
     "event | nil, text | nil, \"closed\"",
     "Waits for the next such event of the client that no wait has returned yet; other options are "
     "fields that it must have. When it does not come in time, the text is \"timeout\"; for "
     "registered, the reason follows: \"timeout: relay HOST: no relay listens there\".",
     client_wait, WZP_TIERS_ALL, true},
    {"client", "take", "client: client, name: event, {...}", "event | nil",
     "The next such event that came already and that no wait has returned yet.", client_take,
     WZP_TIERS_ALL, false},
    {"client", "run", "client: client, line: text", "text | nil, text",
     "Does a command as it is typed: \"mute\", \"codec Opus64k\".", client_run, WZP_TIERS_ALL,
     false},
    {"", "run", "line: text", "text | nil, text",
     "Does a command of the softphone as it is typed. init.lua may not keep settings, and its "
     "files are recordings.",
     run, WZP_TIERS_ALL, false},
    {"", "set", "key: text, value: any", "true | nil, text",
     "Changes a setting until the softphone ends. init.lua may set no hook and no token_file, "
     "sound devices to no file, and nothing to be less private.",
     set, WZP_TIERS_ALL, false},
    {"", "get", "key: text", "text | nil, text", "The value of a setting.", get, WZP_TIERS_ALL,
     false},
    {"account", "show", "", "table",
     "Fingerprint, alias, relay, whether it is registered, number of sessions.", account,
     WZP_TIERS_ALL, false},
    {"account", "register", "", "true | nil, text", "Registers at the relay, and stays registered.",
     register_now, WZP_TIERS_ALL, false},
    {"room", "join", "room: text", "call | nil, text", "Joins a room.", room_join, WZP_TIERS_ALL,
     false},
    {"events", "wait", "name: event, {timeout?: seconds, ...}", "event | nil, text",
     "Waits for the next such event of the softphone, as client:wait does.", events_wait,
     WZP_TIERS_ALL, true},
    {0}};

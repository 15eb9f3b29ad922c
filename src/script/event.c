/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events of softphones as tables, by the rows of the event table; hooks; what is expected. */
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "script/internal.h"

/* ---- names ---- */

/* Names that people use instead (aliases). */
static const struct {
    const char *said;
    enum wzp_event_type type;
} other_names[] = {
    {"connected", WZP_EVENT_JOINED}, {"path.changed", WZP_EVENT_PATH}, {"hold", WZP_EVENT_MUTED}};

static bool find_type(const char *name, enum wzp_event_type *out)
{
    for (int i = 0; i < WZP_EVENT_COUNT; i++)
        if (strcmp(wzp_event_row((enum wzp_event_type)i)->name, name) == 0) {
            *out = (enum wzp_event_type)i;
            return true;
        }
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++)
        if (strcmp(other_names[i].said, name) == 0) {
            *out = other_names[i].type;
            return true;
        }
    return false;
}

/* The type that a name means ("ended", "call.incoming", "connected"), raises an error for others.
 * rooms: -1 both, 0 calls only, 1 rooms only. */
static enum wzp_event_type type_of(lua_State *L, const char *name, int *rooms)
{
    enum wzp_event_type type = WZP_EVENT_COUNT;
    const char *plain = name;
    char question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest nearest;
    *rooms = -1;
    if (strncmp(name, "call.", 5) == 0 || strncmp(name, "room.", 5) == 0) {
        *rooms = name[0] == 'r';
        plain = name + 5;
    } else if (strncmp(name, "client.", 7) == 0) {
        plain = name + 7;
    }
    if (find_type(plain, &type))
        return type;
    wzp_nearest_begin(&nearest, plain);
    for (int i = 0; i < WZP_EVENT_COUNT; i++)
        wzp_nearest_try(&nearest, wzp_event_row((enum wzp_event_type)i)->name);
    luaL_error(L, "there is no event %s%s", name, wzp_nearest_question(question, &nearest, ""));
    return type;
}

/* ---- tables ---- */

static void push_members(lua_State *L, const struct wzp_value *value)
{
    lua_createtable(L, (int)value->count, 0);
    for (size_t i = 0; i < value->count; i++) {
        lua_createtable(L, 0, 4);
        lua_pushstring(L, value->members[i].fingerprint);
        lua_setfield(L, -2, "fingerprint");
        lua_pushstring(L, value->members[i].alias);
        lua_setfield(L, -2, "alias");
        lua_pushstring(L, value->members[i].name); /* nil: no contact */
        lua_setfield(L, -2, "name");
        lua_pushboolean(L, value->members[i].self);
        lua_setfield(L, -2, "self");
        lua_pushboolean(L, value->members[i].unproven);
        lua_setfield(L, -2, "unproven");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void set_field(lua_State *L, const struct wzp_event *event,
                      const struct wzp_event_field *field)
{
    struct wzp_value value;
    wzp_event_value(&value, event, field);
    switch (value.kind) {
    case WZP_VALUE_NONE: return;
    case WZP_VALUE_TEXT: lua_pushstring(L, value.text); break;
    case WZP_VALUE_BOOLEAN: lua_pushboolean(L, value.boolean); break;
    case WZP_VALUE_INTEGER: lua_pushinteger(L, value.integer); break;
    case WZP_VALUE_NUMBER: lua_pushnumber(L, value.number); break;
    case WZP_VALUE_MEMBERS: push_members(L, &value); break;
    }
    lua_setfield(L, -2, field->name);
}

/* A field that this event does not have, and no call either. */
static bool is_absent_field(const char *key)
{
    const struct wzp_event_field *field;
    for (const struct wzp_lua_property *at = wzp_lua_call_properties; at->name; at++)
        if (strcmp(at->name, key) == 0)
            return false;
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        if (strcmp(field->name, key) == 0)
            return true;
    for (int type = 0; type < WZP_EVENT_COUNT; type++) {
        const struct wzp_event_row *row = wzp_event_row((enum wzp_event_type)type);
        for (size_t i = 0; i < row->count; i++)
            if (strcmp(row->fields[i].name, key) == 0)
                return true;
    }
    return false;
}

/* ev:answer() and ev.state mean the call's. */
static int index_event(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushliteral(L, "call");
    lua_rawget(L, 1);
    if (lua_isnil(L, -1) || lua_type(L, 2) != LUA_TSTRING)
        return 1;
    if (is_absent_field(lua_tostring(L, 2))) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    return 1;
}

void wzp_lua_event_push(lua_State *L, struct wzp_script_client *client,
                        const struct wzp_event *event)
{
    const struct wzp_event_row *row = wzp_event_row(event->type);
    const struct wzp_event_field *field;
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, (int)row->count + 8);
    lua_pushstring(L, row->name);
    lua_setfield(L, -2, "event");
    lua_pushnumber(L, (double)wzp_time_since(event->at, client->script->started) / 1e9);
    lua_setfield(L, -2, "t");
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        set_field(L, event, field);
    for (size_t i = 0; i < row->count; i++)
        set_field(L, event, &row->fields[i]);
    wzp_lua_client_push(L, client);
    lua_setfield(L, -2, "client");
    struct wzp_script_call *call = client->calls;
    while (call && call->id != event->session)
        call = call->next;
    if (call) {
        wzp_lua_call_push(L, call);
        lua_setfield(L, -2, "call");
        if (luaL_newmetatable(L, "wzp.event")) {
            lua_pushcfunction(L, index_event);
            lua_setfield(L, -2, "__index");
            lua_pushboolean(L, 0);
            lua_setfield(L, -2, "__metatable");
        }
        lua_setmetatable(L, -2);
    }
}

/* ---- what is expected ---- */

/* "from" is who calls, "to" the kind of a path. */
static const char *field_name(const char *key)
{
    return strcmp(key, "from") == 0 ? "peer" : strcmp(key, "to") == 0 ? "kind" : key;
}

static bool is_own(const char *key, const char *const *own)
{
    while (*own && strcmp(*own, key) != 0)
        own++;
    return *own != NULL;
}

/* Does such an event have the field? All its fields are candidates for "did you mean". */
static bool has_field(enum wzp_event_type type, const char *name, struct wzp_nearest *nearest)
{
    static const char *const always[] = {"from", "to", "call", "client"};
    const struct wzp_event_row *row = wzp_event_row(type);
    const struct wzp_event_field *common;
    bool found = strcmp(name, "call") == 0 || strcmp(name, "client") == 0;
    for (size_t i = 0; (common = wzp_event_common_field(i)); i++) {
        found |= strcmp(common->name, name) == 0;
        wzp_nearest_try(nearest, common->name);
    }
    for (size_t i = 0; i < row->count; i++) {
        found |= strcmp(row->fields[i].name, name) == 0;
        wzp_nearest_try(nearest, row->fields[i].name);
    }
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        wzp_nearest_try(nearest, always[i]);
    return found;
}

void wzp_lua_event_fields(lua_State *L, int name, int options, const char *const *own)
{
    int rooms;
    enum wzp_event_type type = type_of(L, lua_tostring(L, name), &rooms);
    lua_newtable(L);
    int fields = lua_gettop(L);
    if (lua_type(L, options) != LUA_TTABLE)
        return;
    for (lua_pushnil(L); lua_next(L, options) != 0; lua_settop(L, fields + 1)) {
        char question[WZP_NEAREST_QUESTION_MAX];
        struct wzp_nearest nearest;
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (!key)
            luaL_error(L, "what is wanted of an event has names");
        if (is_own(key, own))
            continue;
        wzp_nearest_begin(&nearest, key);
        for (const char *const *at = own; *at; at++)
            wzp_nearest_try(&nearest, *at);
        if (!has_field(type, field_name(key), &nearest))
            luaL_error(L, "%s has no %s%s", lua_tostring(L, name), key,
                       wzp_nearest_question(question, &nearest, ""));
        struct wzp_script_client *client = wzp_lua_object(L, -1, "client");
        if (client && strcmp(key, "client") != 0)
            lua_pushstring(L, client->fingerprint);
        lua_setfield(L, fields, field_name(key));
    }
}

/* Does the event on top match the fields of the table (0: any)? Metamethods are not called: they
 * could close the client whose diary is being read. */
static bool fields_match(lua_State *L, int fields)
{
    int event = lua_gettop(L);
    bool match = true;
    if (fields == 0)
        return true;
    for (lua_pushnil(L); match && lua_next(L, fields) != 0; lua_settop(L, event + 1)) {
        lua_pushvalue(L, -2);
        lua_rawget(L, event);
        match = lua_rawequal(L, -1, -2);
    }
    lua_settop(L, event);
    return match;
}

bool wzp_lua_event_take(lua_State *L, struct wzp_script_client *client,
                        struct wzp_script_call *call, const char *name, uint64_t from, int fields)
{
    int rooms = -1;
    enum wzp_event_type type = name ? type_of(L, name, &rooms) : WZP_EVENT_COUNT;
    uint64_t first = client->events > WZP_SCRIPT_DIARY ? client->events - WZP_SCRIPT_DIARY + 1 : 1;
    for (uint64_t n = from > first ? from : first; n <= client->events; n++) {
        struct wzp_diary_entry *entry = &client->diary[n % WZP_SCRIPT_DIARY];
        const struct wzp_event *event = entry->event;
        bool *seen = call ? &entry->seen_by_call : &entry->seen_by_client;
        if (!event || entry->number != n || *seen || (name && event->type != type) ||
            (call && event->session != call->id) ||
            (rooms >= 0 && (!event->session || event->about.is_room != (rooms == 1))))
            continue;
        wzp_lua_event_push(L, client, event);
        if (!fields_match(L, fields)) {
            lua_pop(L, 1);
            continue;
        }
        *seen = true;
        return true;
    }
    return false;
}

/* ---- hooks ---- */

/* The list of hooks in the registry: tables {type, rooms, prio, run, client}, by prio. */
static void push_hooks(lua_State *L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, "wzp.hooks") == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.hooks");
}

static void count_hooks(lua_State *L, int hooks)
{
    struct wzp_script *s = wzp_script_of(L);
    s->handlers = 0;
    for (lua_Integer i = 1; i <= luaL_len(L, hooks); i++) {
        lua_geti(L, hooks, i);
        lua_getfield(L, -1, "type");
        s->handlers |= UINT64_C(1) << lua_tointeger(L, -1);
        lua_pop(L, 2);
    }
}

/* The hook is upvalue 1. A new list is made: one that is being walked stays as it is. */
static int off(lua_State *L)
{
    lua_settop(L, 0);
    lua_newtable(L);
    push_hooks(L);
    lua_Integer kept = 0;
    for (lua_Integer i = 1; i <= luaL_len(L, 2); i++) {
        lua_geti(L, 2, i);
        if (!lua_rawequal(L, -1, lua_upvalueindex(1)))
            lua_seti(L, 1, ++kept);
        else
            lua_pop(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.hooks");
    count_hooks(L, 1);
    lua_pushboolean(L, 1);
    lua_setfield(L, lua_upvalueindex(1), "off");
    return 0;
}

static void insert_hook(lua_State *L, int hook, double prio)
{
    lua_newtable(L);
    int list = lua_gettop(L);
    push_hooks(L);
    lua_Integer at = 0;
    bool placed = false;
    for (lua_Integer i = 1; i <= luaL_len(L, list + 1); i++) {
        lua_geti(L, list + 1, i);
        lua_getfield(L, -1, "prio");
        bool before = !placed && prio > lua_tonumber(L, -1);
        lua_pop(L, 1);
        if (before) {
            lua_pushvalue(L, hook);
            lua_seti(L, list, ++at);
            placed = true;
        }
        lua_seti(L, list, ++at);
    }
    if (!placed) {
        lua_pushvalue(L, hook);
        lua_seti(L, list, ++at);
    }
    lua_pushvalue(L, list);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.hooks");
    count_hooks(L, list);
    lua_settop(L, list - 1);
}

/* Pushes the function that takes the hook away again. */
static int add_hook(lua_State *L, const char *name, int options, int run, int client)
{
    int rooms;
    enum wzp_event_type type = type_of(L, name, &rooms);
    double prio = wzp_lua_option_number(L, options, "prio", 0);
    lua_createtable(L, 0, 5);
    int hook = lua_gettop(L);
    lua_pushinteger(L, type);
    lua_setfield(L, hook, "type");
    lua_pushinteger(L, rooms);
    lua_setfield(L, hook, "rooms");
    lua_pushnumber(L, prio);
    lua_setfield(L, hook, "prio");
    lua_pushvalue(L, run);
    lua_setfield(L, hook, "run");
    if (client) {
        lua_pushvalue(L, client);
        lua_setfield(L, hook, "client");
    }
    insert_hook(L, hook, prio);
    lua_pushcclosure(L, off, 1);
    return 1;
}

static int on(lua_State *L)
{
    return add_hook(L, lua_tostring(L, 1), 2, 3, 0);
}

static int client_on(lua_State *L)
{
    return add_hook(L, lua_tostring(L, 2), 3, 4, 1);
}

struct dispatch {
    struct wzp_script_client *client;
    struct wzp_script_call *call;
    const struct wzp_event *event;
};

static bool is_meant(lua_State *L, int hook, const struct dispatch *d)
{
    lua_getfield(L, hook, "type");
    lua_getfield(L, hook, "rooms");
    lua_getfield(L, hook, "client");
    lua_getfield(L, hook, "off");
    int rooms = (int)lua_tointeger(L, -3);
    struct wzp_script_client *client = wzp_lua_object(L, -2, "client");
    bool meant = lua_tointeger(L, -4) == (lua_Integer)d->event->type &&
                 (rooms < 0 || (d->event->session && d->event->about.is_room == (rooms == 1))) &&
                 (!client || client == d->client) && !lua_toboolean(L, -1);
    lua_pop(L, 4);
    return meant;
}

/* A hook of an incoming call may decide: until all have ended the softphone's rule waits. */
static int run_hooks(lua_State *L)
{
    const struct dispatch *d = lua_touserdata(L, 1);
    struct wzp_script *s = wzp_script_of(L);
    lua_settop(L, 0);
    push_hooks(L);
    wzp_lua_event_push(L, d->client, d->event);
    lua_Integer count = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 1, i);
        if (is_meant(L, 3, d)) {
            lua_getfield(L, 3, "run");
            lua_pushvalue(L, 2);
            struct wzp_script_task *task = wzp_task_new(L, NULL, 1);
            task->background = true;
            if (d->call && d->event->type == WZP_EVENT_INCOMING) {
                task->decides = d->call;
                d->call->deferred++;
            }
            if (s->depth <= WZP_SCRIPT_DEPTH_MAX)
                wzp_task_resume(task);
            else
                wzp_task_ready(task);
        }
        lua_settop(L, 2);
    }
    return 0;
}

void wzp_lua_event_dispatch(struct wzp_script_client *client, struct wzp_script_call *call,
                            const struct wzp_event *event)
{
    struct wzp_script *s = client->script;
    if (!(s->handlers & (UINT64_C(1) << event->type)))
        return;
    struct dispatch d = {client, call, event};
    s->depth++;
    wzp_script_protect(s, run_hooks, &d);
    s->depth--;
}

const struct wzp_lua_row wzp_lua_event_rows[] = {
    {"", "on", "name: event, {prio?: number}, run: function", "function",
     "Calls the function at each such event of any client; the higher prio first. Returns a "
     "function that ends this. A function for \"incoming\" may answer, reject, or defer what the "
     "softphone would do by itself; the first decision counts.",
     on, WZP_TIERS_ALL, false},
    {"client", "on", "client: client, name: event, {prio?: number}, run: function", "function",
     "The same for the events of one client.", client_on, WZP_TIERS_ALL, false},
    {0}};

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.contacts, wzp.history: whom a softphone knows, and whom it called. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"

static int list_contacts(lua_State *L)
{
    struct wzp_app *app = wzp_lua_usual_app(L);
    struct wzp_app_contact contact;
    lua_newtable(L);
    for (size_t i = 0; wzp_app_contact(app, i, &contact); i++) {
        lua_createtable(L, 0, 5);
        lua_pushstring(L, contact.name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, contact.fingerprint);
        lua_setfield(L, -2, "fingerprint");
        lua_pushstring(L, wzp_presence_name(contact.presence));
        lua_setfield(L, -2, "presence");
        lua_pushboolean(L, contact.encrypted);
        lua_setfield(L, -2, "encrypted");
        lua_pushboolean(L, contact.verified);
        lua_setfield(L, -2, "verified");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int find_contact(lua_State *L)
{
    const char *wanted = lua_tostring(L, 1);
    list_contacts(L);
    for (lua_Integer i = 1; i <= luaL_len(L, -1); i++) {
        lua_geti(L, -1, i);
        if (strcmp(wzp_lua_option_text(L, -1, "name", ""), wanted) == 0 ||
            strcmp(wzp_lua_option_text(L, -1, "fingerprint", ""), wanted) == 0)
            return 1;
        lua_pop(L, 1);
    }
    return wzp_lua_fail(L, "there is no such contact");
}

static int do_row(lua_State *L, const char *name, size_t count)
{
    struct wzp_error err = {0};
    const char *items[2] = {lua_tostring(L, 1), count > 1 ? wzp_lua_peer_text(L, 2) : NULL};
    int result =
        wzp_lua_do(L, wzp_lua_usual_app(L), wzp_app_command_find(name), items, count, &err);
    return wzp_lua_outcome(L, result, &err);
}

static int add_contact(lua_State *L)
{
    return do_row(L, "add", 2);
}

static int remove_contact(lua_State *L)
{
    return do_row(L, "remove", 1);
}

#define HISTORY_MOST 10000

/* Copies first: errors of Lua must not pass through the softphone's functions. */
struct past {
    struct past_entry {
        struct wzp_history_entry entry;
        char name[WZP_NAME_MAX];
    } * entries;
    size_t count, room;
};

static void note_past(void *context, const struct wzp_history_entry *entry, const char *name)
{
    struct past *past = context;
    if (past->count == past->room)
        return;
    struct past_entry *at = &past->entries[past->count++];
    at->entry = *entry;
    wzp_text_copy(at->name, sizeof at->name, name);
}

static void push_past(lua_State *L, const struct past_entry *at, lua_Integer number)
{
    static const char *const kinds[] = {"out", "in", "room"};
    const struct wzp_history_entry *entry = &at->entry;
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, (lua_Integer)entry->at_seconds);
    lua_setfield(L, -2, "at");
    lua_pushinteger(L, (lua_Integer)entry->duration_seconds);
    lua_setfield(L, -2, "duration_s");
    lua_pushstring(L, kinds[entry->kind]);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, wzp_end_reason_name(entry->reason));
    lua_setfield(L, -2, "reason");
    lua_pushboolean(L, entry->e2e);
    lua_setfield(L, -2, "e2e");
    lua_pushstring(L, entry->peer);
    lua_setfield(L, -2, "peer");
    lua_pushstring(L, entry->alias);
    lua_setfield(L, -2, "alias");
    lua_pushstring(L, at->name);
    lua_setfield(L, -2, "name");
    lua_rawseti(L, -2, number);
}

static int history(lua_State *L)
{
    struct wzp_error err = {0};
    struct wzp_app *app = wzp_lua_usual_app(L);
    lua_Integer wanted = luaL_optinteger(L, 1, 100);
    size_t most = wanted < 0 ? 0 : wanted > HISTORY_MOST ? HISTORY_MOST : (size_t)wanted;
    struct past past = {.room = most};
    past.entries = lua_newuserdatauv(L, most * sizeof *past.entries + 1, 0);
    int result = wzp_app_history(app, most, note_past, &past, &err);
    lua_newtable(L);
    for (size_t i = 0; i < past.count; i++)
        push_past(L, &past.entries[i], (lua_Integer)i + 1);
    return result ? wzp_lua_fail_error(L, result, &err) : 1;
}

const struct wzp_lua_row wzp_lua_contacts_rows[] = {
    {"", "history", "most?: integer", "table | nil, text", "Calls of the past, the newest first.",
     history, WZP_TIERS_ALL, false},
    {"contacts", "list", "", "table", "All contacts.", list_contacts, WZP_TIERS_ALL, false},
    {"contacts", "find", "who: text", "table | nil, text",
     "The contact of that name or fingerprint.", find_contact, WZP_TIERS_ALL, false},
    {"contacts", "add", "name: text, peer: peer", "true | nil, text", "Adds a contact.",
     add_contact, WZP_TIERS_ALL, false},
    {"contacts", "remove", "name: text", "true | nil, text", "Removes a contact.", remove_contact,
     WZP_TIERS_ALL, false},
    {0}};

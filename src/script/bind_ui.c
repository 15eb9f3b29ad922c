/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.ui, wzp.command, wzp.spawn, wzp.json: the screen and the rest. Every text shown to a person
 * is filtered here, whatever its origin. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"
#include "script/jsonlua.h"
#include "script/spawn.h"
#include "wzp_build.h"

#define TEXT_MAX 512

static void safe(char out[TEXT_MAX], lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_optlstring(L, index, "", &length);
    wzp_text_filter(out, TEXT_MAX, text, length);
}

static int escape(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    char *out = lua_newuserdatauv(L, length + 1, 0);
    wzp_text_filter(out, length + 1, text, length);
    lua_pushstring(L, out);
    return 1;
}

static int say(lua_State *L)
{
    char text[TEXT_MAX];
    struct wzp_script *s = wzp_script_of(L);
    safe(text, L, 1);
    if (s->face.say)
        s->face.say(s->face.context, text);
    else
        wzp_script_print(s, text);
    return 0;
}

static int item(lua_State *L)
{
    char name[TEXT_MAX], text[TEXT_MAX];
    struct wzp_script *s = wzp_script_of(L);
    safe(name, L, 1);
    safe(text, L, 2);
    if (!s->face.item)
        return wzp_lua_fail(L, "there is no screen");
    s->face.item(s->face.context, name, text);
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- keys and commands: tables in the registry ---- */

static void push_list(lua_State *L, const char *key)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, key);
}

static int bind_key(lua_State *L)
{
    char view[TEXT_MAX], key[TEXT_MAX], help[TEXT_MAX];
    struct wzp_script *s = wzp_script_of(L);
    safe(view, L, 1);
    safe(key, L, 2);
    safe(help, L, 3);
    if (!s->face.bind)
        return wzp_lua_fail(L, "there is no screen");
    unsigned number = ++s->numbers;
    push_list(L, "wzp.keys");
    lua_pushvalue(L, 4);
    lua_rawseti(L, -2, number);
    int result = s->face.bind(s->face.context, number, view, key, help);
    if (result) {
        lua_pushnil(L);
        lua_rawseti(L, -2, number);
        return wzp_lua_fail(L, "the screen does not take this key");
    }
    lua_pushinteger(L, number);
    return 1;
}

static int unbind(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    lua_Integer number = lua_tointeger(L, 1);
    push_list(L, "wzp.keys");
    lua_pushnil(L);
    lua_rawseti(L, -2, number);
    if (s->face.unbind)
        s->face.unbind(s->face.context, (unsigned)number);
    return 0;
}

struct pressed {
    unsigned number;
    wzp_session_id session;
};

static int run_key(lua_State *L)
{
    const struct pressed *pressed = lua_touserdata(L, 1);
    struct wzp_script *s = wzp_script_of(L);
    push_list(L, "wzp.keys");
    if (lua_rawgeti(L, -1, pressed->number) != LUA_TFUNCTION)
        return 0;
    lua_createtable(L, 0, 1);
    struct wzp_script_call *call = s->own ? s->own->calls : NULL;
    while (call && call->id != pressed->session)
        call = call->next;
    if (call && pressed->session) {
        wzp_lua_call_push(L, call);
        lua_setfield(L, -2, "call");
    }
    struct wzp_script_task *task = wzp_task_new(L, NULL, 1);
    task->background = true;
    wzp_task_ready(task);
    return 0;
}

void wzp_script_key(struct wzp_script *s, unsigned number, wzp_session_id session)
{
    struct pressed pressed = {number, session};
    wzp_script_protect(s, run_key, &pressed);
}

static int command(lua_State *L)
{
    const char *name = lua_tostring(L, 1);
    char shown[TEXT_MAX];
    safe(shown, L, 1);
    if (!name[0] || name[strcspn(name, " :\"'")] || strcmp(shown, name) != 0)
        return luaL_error(L, "wzp.command: the name of a command is one word");
    if (wzp_app_command_find(name))
        return luaL_error(L, "wzp.command: the softphone has a command %s itself", name);
    push_list(L, "wzp.commands");
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, 3);
    lua_setfield(L, -2, "run");
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "help");
        lua_setfield(L, -2, "help");
        lua_getfield(L, 2, "args");
        lua_setfield(L, -2, "args");
    }
    lua_setfield(L, -2, name);
    return 0;
}

struct typed {
    const char *line;
    bool found;
};

/* Words of the line by the names of the command's arguments; the last one takes the rest. */
static void push_words(lua_State *L, const char *line, const char *names)
{
    lua_newtable(L);
    for (lua_Integer i = 1; *line; i++) {
        size_t name_length = strcspn(names, " "), length = strcspn(line, " ");
        const char *name = names;
        names += name_length + strspn(names + name_length, " ");
        if (name_length > 0 && !*names)
            length = strlen(line);
        lua_pushlstring(L, line, length);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, i);
        if (name_length > 0) {
            lua_pushlstring(L, name, name_length);
            lua_insert(L, -2);
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 1);
        }
        line += length;
        line += strspn(line, " ");
    }
}

static int run_command(lua_State *L)
{
    struct typed *typed = lua_touserdata(L, 1);
    const char *line = typed->line + strspn(typed->line, " ");
    size_t length = strcspn(line, " ");
    push_list(L, "wzp.commands");
    lua_pushlstring(L, line, length);
    if (lua_rawget(L, -2) != LUA_TTABLE)
        return 0;
    typed->found = true;
    int row = lua_gettop(L);
    const char *names = wzp_lua_option_text(L, row, "args", "");
    lua_getfield(L, row, "run");
    line += length;
    push_words(L, line + strspn(line, " "), names);
    struct wzp_script_task *task = wzp_task_new(L, NULL, 1);
    task->background = true;
    wzp_task_ready(task);
    return 0;
}

int wzp_script_command(struct wzp_script *s, const char *line, struct wzp_error *err)
{
    struct typed typed = {.line = line};
    int result = wzp_script_protect(s, run_command, &typed);
    if (result)
        return wzp_error_set(err, result, "out of memory");
    if (!typed.found)
        return wzp_error_set(err, WZP_E_UNKNOWN, "no script has such a command");
    return 0;
}

/* ---- questions ---- */

struct answered {
    unsigned number;
    const char *text;
};

static int keep_answer(lua_State *L)
{
    const struct answered *answered = lua_touserdata(L, 1);
    push_list(L, "wzp.answers");
    if (answered->text)
        lua_pushstring(L, answered->text);
    else
        lua_pushboolean(L, 0);
    lua_rawseti(L, -2, answered->number);
    return 0;
}

void wzp_script_answer(struct wzp_script *s, unsigned number, const char *text)
{
    struct answered answered = {number, text};
    wzp_script_protect(s, keep_answer, &answered);
    wzp_source_signal(&s->anything);
}

static int is_answered(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    (void)timed_out;
    push_list(L, "wzp.answers");
    int type = lua_rawgeti(L, -1, (lua_Integer)task->wait.mark);
    if (type == LUA_TNIL) {
        lua_pop(L, 2);
        return 0;
    }
    lua_pushnil(L);
    lua_rawseti(L, -3, (lua_Integer)task->wait.mark);
    return type == LUA_TSTRING ? 1 : wzp_lua_fail(L, "no answer");
}

static int ask(lua_State *L)
{
    char question[TEXT_MAX];
    struct wzp_script *s = wzp_script_of(L);
    safe(question, L, 1);
    if (!s->face.ask)
        return wzp_lua_fail(L, "there is no screen");
    unsigned number = ++s->numbers;
    struct wzp_script_wait *wait =
        wzp_wait_begin(L, is_answered, wzp_lua_option_number(L, 2, "timeout", -1));
    wait->mark = number;
    if (s->face.ask(s->face.context, number, question))
        return wzp_lua_fail(L, "another question is open");
    wzp_wait_listen(L, &s->anything);
    return wzp_wait(L);
}

static int version(lua_State *L)
{
    lua_pushliteral(L, WZP_VERSION);
    return 1;
}

const struct wzp_lua_row wzp_lua_ui_rows[] = {
    {"ui", "escape", "text: bytes", "text",
     "The text as one line that is safe to show, whoever it came from.", escape, WZP_TIERS_ALL,
     false},
    {"ui", "say", "text: text", "", "A line to the person.", say, WZP_TIERS_ALL, false},
    {"ui", "item", "name: text, text?: text", "true | nil, text",
     "Shows an item in the status bar; without a text, removes it.", item, WZP_TIERS_ALL, false},
    {"ui", "bind", "view: text, key: text, help: text, run: function", "integer | nil, text",
     "Binds a key of a view (\"\" is all) to the function, which gets a table whose field call is "
     "the selected call. Returns the number of the key.",
     bind_key, WZP_TIERS_ALL, false},
    {"ui", "unbind", "number: integer", "", "Removes a key of wzp.ui.bind.", unbind, WZP_TIERS_ALL,
     false},
    {"ui", "ask", "question: text, {timeout?: seconds}", "text | nil, \"timeout\" | nil, text",
     "Asks the person and waits for the answer.", ask, WZP_TIERS_ALL, true},
    {"", "command", "name: text, {args?: text, help?: text}, run: function", "",
     "A command of the person's own: the function gets a table of its words, by number and by the "
     "names in args.",
     command, WZP_TIERS_ALL, false},
    {0}};

const struct wzp_lua_row wzp_lua_core_rows[] = {
    {"", "version", "", "text", "The version of this program.", version, WZP_TIERS_ALL, false},
    {"", "spawn", "arguments: table, {timeout?: seconds, input?: bytes}",
     "table | nil, \"timeout\" | nil, text",
     "Runs another program, without a shell, and waits for its end (30 s at most): status and "
     "output.",
     wzp_spawn_run, WZP_TIERS_USER, true},
    {"json", "decode", "text: bytes", "any | nil, text", "The value that a text in JSON holds.",
     wzp_lua_json_decode, WZP_TIERS_ALL, false},
    {"json", "encode", "value: any", "text",
     "A value as JSON: a call as its number, a client as its name.", wzp_lua_json_encode,
     WZP_TIERS_ALL, false},
    {0}};

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program's life: state, text, main function, end. */
#include "script/script.h"

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "script/internal.h"

#define MEMORY_CONFIG (16u << 20)
#define MEMORY_USER (64u << 20)
#define MEMORY_TEST (256u << 20)
#define TEST_TIME (60 * WZP_SECOND) /* unless its plan says more */

/* ---- small things ---- */

struct wzp_script *wzp_script_of(lua_State *L)
{
    return *(struct wzp_script **)lua_getextraspace(L);
}

uint64_t wzp_script_now(const struct wzp_script *s)
{
    return s->host.calls->now(s->host.context);
}

double wzp_script_seconds(const struct wzp_script *s)
{
    return (double)wzp_time_since(wzp_script_now(s), s->started) / 1e9;
}

void *wzp_lua_need(lua_State *L, void *block)
{
    if (!block)
        luaL_error(L, "not enough memory");
    return block;
}

void wzp_script_print(struct wzp_script *s, const char *line)
{
    if (s->config.print)
        s->config.print(s->config.context, line);
}

void wzp_script_log(struct wzp_script *s, enum wzp_log_level level, const char *format, ...)
{
    char line[WZP_SCRIPT_LINE_MAX];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (length < 0)
        return;
    wzp_log(&s->real.log, level, "script: %s", line);
    if (s->face.say && level <= WZP_LOG_WARN) {
        char safe[WZP_SCRIPT_LINE_MAX];
        wzp_text_filter(safe, sizeof safe, line, strlen(line));
        s->face.say(s->face.context, safe);
    }
}

static void log_lines(struct wzp_script *s, const char *text)
{
    while (*text) {
        const char *blanks = text[0] == '\t' ? "  " : "";
        text += text[0] == '\t';
        size_t length = strcspn(text, "\n");
        wzp_script_log(s, WZP_LOG_ERROR, "%s%.*s", blanks, (int)(length < 400 ? length : 400),
                       text);
        text += length + (text[length] == '\n');
    }
}

static void tell_call(struct wzp_script *s, const struct wzp_script_call *call)
{
    static const char *const directions[] = {"from", "to"};
    if (call->ended)
        return;
    wzp_script_log(s, WZP_LOG_ERROR, "  then %s: %s %s %s, %s, for %.3f s",
                   call->client && call->client->name[0] ? call->client->name : "the client",
                   call->is_room ? "a room" : "a call",
                   call->is_room ? "named" : directions[call->outgoing],
                   call->is_room ? call->room : call->peer,
                   call->joined     ? (call->direct ? "talking directly" : "talking over a relay")
                   : call->answered ? "answered, not connected yet"
                   : call->rang     ? "ringing there"
                                    : "not answered yet",
                   (double)wzp_time_since(wzp_script_now(s), call->began) / 1e9);
}

/* The message of a failed assert in a script is meant for people, like a usage message. */
static bool is_sentence(lua_State *co)
{
    lua_Debug ar = {.name = NULL};
    return lua_getstack(co, 0, &ar) && lua_getinfo(co, "nS", &ar) && ar.what[0] == 'C' && ar.name &&
           strcmp(ar.name, "assert") == 0;
}

/* Lua has put file and line before most of what goes wrong. */
static bool has_place(lua_State *co, const char *words)
{
    lua_Debug ar;
    /* The place is that of a caller close by, and a stack may be deep. */
    for (int level = 0; level < 4 && lua_getstack(co, level, &ar); level++) {
        lua_getinfo(co, "S", &ar);
        size_t length = strlen(ar.short_src);
        if (strncmp(words, ar.short_src, length) == 0 && words[length] == ':')
            return true;
    }
    return false;
}

void wzp_script_error_words(char *out, size_t capacity, struct wzp_script *s, lua_State *co,
                            const char *where)
{
    const char *words = lua_tostring(co, -1);
    lua_Debug ar = {.currentline = -1};
    if (!words)
        words = "an error that is no text";
    if (has_place(co, words)) {
        snprintf(out, capacity, "%s%s%s", where, where[0] ? ": " : "", words);
        return;
    }
    /* What Lua says itself of memory has no line. */
    for (int level = 0; lua_getstack(co, level, &ar) && ar.currentline <= 0; level++)
        lua_getinfo(co, "Sl", &ar);
    snprintf(out, capacity, "%s:%d: %s%s%s", s->config.name ? s->config.name : "script",
             ar.currentline, where, where[0] ? ": " : "", words);
}

void wzp_script_complain(struct wzp_script *s, lua_State *co, const char *where)
{
    char words[WZP_SCRIPT_ERROR_MAX];
    wzp_script_error_words(words, sizeof words, s, co, where);
    wzp_script_log(s, WZP_LOG_ERROR, "%.440s", words);
    /* No traceback without memory for it, nor where the message itself says what to do. */
    if (!is_sentence(co) && !strstr(words, WZP_NO_LAB) && lua_checkstack(co, 10) &&
        s->memory.used + 65536 < s->memory.limit && lua_checkstack(s->E, 10)) {
        luaL_traceback(s->E, co, NULL, 0);
        log_lines(s, lua_tostring(s->E, -1));
        lua_pop(s->E, 1);
    }
    for (struct wzp_script_client *client = s->clients; client; client = client->next)
        for (struct wzp_script_call *call = client->calls; call; call = call->next)
            tell_call(s, call);
}

int wzp_script_protect(struct wzp_script *s, lua_CFunction call, void *argument)
{
    lua_State *L = s->E;
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 16))
        return WZP_E_MEMORY;
    lua_pushcfunction(L, call);
    lua_pushlightuserdata(L, argument);
    int status = lua_pcall(L, 1, 0, 0);
    if (status) {
        const char *words = lua_tostring(L, -1);
        wzp_script_log(s, WZP_LOG_ERROR, "%.400s", words ? words : "an error that is no text");
    }
    lua_settop(L, top);
    return status ? WZP_E_MEMORY : 0;
}

/* ---- birth ---- */

static int open_all(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    s->E = lua_newthread(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->E);
    wzp_sandbox_open(L);
    wzp_coroutine_open(L);
    wzp_function_open(L);
    lua_createtable(L, (int)s->config.argument_count, 0);
    for (size_t i = 0; i < s->config.argument_count; i++) {
        lua_pushstring(L, s->config.arguments[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setglobal(L, "arg");
    if (s->config.app) {
        s->own = wzp_lua_client_new(L, s->config.app, "", false);
        lua_pop(L, 1);
    }
    return 0;
}

static size_t memory_of(const struct wzp_script_config *config)
{
    if (config->memory)
        return config->memory;
    return config->tier == WZP_SCRIPT_CONFIG ? MEMORY_CONFIG
           : config->tier == WZP_SCRIPT_USER ? MEMORY_USER
                                             : MEMORY_TEST;
}

int wzp_script_new(struct wzp_script **out, const struct wzp_script_config *config,
                   struct wzp_error *err)
{
    *out = NULL;
    struct wzp_script *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    s->config = *config;
    if (config->face)
        s->face = *config->face;
    if (config->spaces)
        s->spaces = *config->spaces;
    s->config.face = NULL;
    s->config.spaces = NULL;
    s->real = s->host = *config->host;
    s->memory.limit = memory_of(config);
    s->in_virtual_time = config->in_virtual_time;
    s->seed = config->seed;
    s->started = wzp_script_now(s);
    s->give_up = config->tap ? TEST_TIME : WZP_NEVER;
    s->tap = wzp_tap_new();
    s->L = lua_newstate(wzp_budget_allocate, s);
    if (!s->L || !s->tap) {
        wzp_script_free(s);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    *(struct wzp_script **)lua_getextraspace(s->L) = s;
    lua_pushcfunction(s->L, open_all);
    if (lua_pcall(s->L, 0, 0, 0)) {
        wzp_error_set(err, WZP_E_MEMORY, "%s", lua_tostring(s->L, -1));
        wzp_script_free(s);
        return WZP_E_MEMORY;
    }
    *out = s;
    return 0;
}

static void on_timer(void *owner, uint64_t now)
{
    struct wzp_script *s = owner;
    if (now >= s->give_up && !s->stopping) {
        wzp_tap_too_late(s);
        wzp_script_stop(s);
    }
    wzp_script_turn(s, now);
    wzp_lua_client_reap(s, false);
    wzp_script_check_over(s);
}

/* math.random of the script is seeded like the world, so that runs repeat. */
static int seed_chance(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.randomseed");
    lua_pushinteger(L, (lua_Integer)wzp_script_of(L)->seed);
    lua_call(L, 1, 0);
    return 0;
}

/* The clock is chosen now: its timer, and the time that counts as the beginning. */
int wzp_script_ready(struct wzp_script *s, struct wzp_error *err)
{
    if (s->time_chosen)
        return 0;
    if (!s->seed)
        s->seed = wzp_random_u64(&s->real.random) % 1000000000 + 1;
    if (s->in_virtual_time && !s->lab) {
        int result = wzp_lab_begin(s, err);
        if (result)
            return result;
    }
    int result = s->host.calls->timer_new(s->host.context, &s->timer, on_timer, s);
    if (result)
        return wzp_error_set(err, result, "a timer: %s", wzp_strerror(result));
    s->time_chosen = true;
    wzp_script_protect(s, seed_chance, NULL);
    s->started = wzp_script_now(s);
    if (s->give_up != WZP_NEVER) /* a duration until now */
        s->give_up = wzp_time_add(s->started, s->give_up);
    return 0;
}

void wzp_script_settle(lua_State *L)
{
    struct wzp_error err = {0};
    if (wzp_script_ready(wzp_script_of(L), &err))
        luaL_error(L, "%s", err.text);
}

int wzp_script_load(struct wzp_script *s, const char *text, size_t length, struct wzp_error *err)
{
    char name[256];
    snprintf(name, sizeof name, "@%.200s", s->config.name ? s->config.name : "script");
    int status = wzp_sandbox_load(s->L, text, length, name);
    if (status == LUA_OK)
        return 0;
    wzp_error_set(err, status == LUA_ERRMEM ? WZP_E_MEMORY : WZP_E_SYNTAX, "%s",
                  lua_tostring(s->L, -1));
    lua_pop(s->L, 1);
    return err->code;
}

static int make_main(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    int count = (int)s->config.argument_count;
    /* The text lies on the stack of the main thread. */
    luaL_checkstack(L, count + 4, NULL);
    luaL_checkstack(s->L, 1, NULL);
    lua_pushvalue(s->L, 1);
    lua_xmove(s->L, L, 1);
    for (int i = 0; i < count; i++)
        lua_pushstring(L, s->config.arguments[i]);
    s->main = wzp_task_new(L, NULL, count);
    return 0;
}

int wzp_script_start(struct wzp_script *s, struct wzp_error *err)
{
    if (s->was_started || lua_gettop(s->L) < 1)
        return wzp_error_set(err, WZP_E_STATE, "there is no program to start");
    s->was_started = true;
    if (wzp_script_protect(s, make_main, s))
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    lua_settop(s->L, 0);
    wzp_task_resume(s->main);
    int result = wzp_script_ready(s, err);
    if (result)
        return result;
    wzp_script_arm(s);
    return 0;
}

bool wzp_script_run(struct wzp_script *s)
{
    if (!s->in_virtual_time)
        return wzp_script_is_over(s);
    return wzp_lab_run(s);
}

/* ---- end ---- */

static bool lives_on(const struct wzp_script *s)
{
    /* Beside a user interface hooks and tasks stay; a program by itself ends with its main
     * function. */
    return s->config.app && !s->stopping;
}

bool wzp_script_is_over(const struct wzp_script *s)
{
    if (!s->was_started || !s->main_done || lives_on(s))
        return false;
    for (const struct wzp_script_client *client = s->clients; client; client = client->next)
        if (client->owned)
            return false;
    return true;
}

static void end_tasks(struct wzp_script *s)
{
    struct wzp_script_task *task = s->roots;
    while (task) {
        bool runs = task->state == WZP_TASK_RUNNING;
        wzp_task_cancel(task);
        task = runs ? task->next : s->roots;
        while (task && task->state == WZP_TASK_RUNNING)
            task = task->next;
    }
}

/* Its clients part when the main function has ended; then it is over. */
void wzp_script_check_over(struct wzp_script *s)
{
    if (!s->was_started || !s->main_done || lives_on(s) || s->told_over || s->current)
        return;
    end_tasks(s);
    for (struct wzp_script_client *client = s->clients, *next; client; client = next) {
        next = client->next;
        wzp_lua_client_close(client);
    }
    if (!wzp_script_is_over(s))
        return;
    s->told_over = true;
    if (s->config.over && s->time_chosen)
        s->config.over(s->config.context);
}

void wzp_script_stop(struct wzp_script *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    end_tasks(s);
    wzp_spawn_free(s);
    wzp_lua_netcheck_forget(s);
    s->main_done = !s->main || s->main->state == WZP_TASK_DONE;
    wzp_script_check_over(s);
}

enum wzp_script_status wzp_script_status(const struct wzp_script *s)
{
    return (enum wzp_script_status)s->status;
}

void wzp_script_free(struct wzp_script *s)
{
    if (!s)
        return;
    s->stopping = true;
    s->was_started = false; /* nobody is told any more */
    if (s->E) {
        end_tasks(s);
        wzp_spawn_free(s);
        wzp_lua_netcheck_forget(s);
        wzp_lua_client_reap(s, true);
    }
    if (s->timer)
        s->host.calls->timer_free(s->host.context, s->timer);
    s->timer = NULL;
    wzp_lab_free(s);
    if (s->L)
        lua_close(s->L);
    wzp_heap_fini(&s->alarms);
    wzp_tap_free(s);
    wzp_free(s);
}

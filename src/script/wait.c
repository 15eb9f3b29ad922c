/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How tasks wait: a check on the stack of the function that waits, sources that wake it, a
 * deadline. */
#include "base/error.h"
#include "script/internal.h"

/* ---- sources ---- */

static void unlisten(struct wzp_listen *listen)
{
    if (!listen->source)
        return;
    if (listen->previous)
        listen->previous->next = listen->next;
    else
        listen->source->first = listen->next;
    if (listen->next)
        listen->next->previous = listen->previous;
    *listen = (struct wzp_listen){0};
}

void wzp_wait_forget(struct wzp_script_wait *wait)
{
    for (unsigned i = 0; i < wait->listen_count; i++)
        unlisten(&wait->listens[i]);
    wait->listen_count = 0;
}

void wzp_source_signal(struct wzp_source *source)
{
    for (struct wzp_listen *at = source->first; at; at = at->next)
        if (at->task->state == WZP_TASK_WAITING)
            wzp_task_ready(at->task);
}

void wzp_source_close(struct wzp_source *source)
{
    wzp_source_signal(source);
    while (source->first)
        unlisten(source->first);
}

/* ---- waiting ---- */

struct wzp_script_wait *wzp_wait_begin(lua_State *L, wzp_wait_check check, double timeout)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_script_task *task = s->current;
    if (!task || !lua_isyieldable(L)) /* one wait must not lie inside another */
        luaL_error(L, "nothing can be waited for in here (a comparison function, a replacement "
                      "of gsub, a question of eventually)");
    wzp_script_settle(L);
    struct wzp_script_wait *wait = &task->wait;
    wzp_wait_forget(wait);
    wait->check = check;
    wait->deadline =
        timeout < 0 ? WZP_NEVER : wzp_time_add(wzp_script_now(s), (uint64_t)(timeout * 1e9));
    wait->poll = 0;
    wait->object = NULL;
    wait->mark = 0;
    return wait;
}

void wzp_wait_listen(lua_State *L, struct wzp_source *source)
{
    struct wzp_script_task *task = wzp_script_of(L)->current;
    struct wzp_script_wait *wait = &task->wait;
    if (wait->listen_count == WZP_SCRIPT_LISTENS_MAX)
        luaL_error(L, "no more than %d things can be waited for at once", WZP_SCRIPT_LISTENS_MAX);
    struct wzp_listen *listen = &wait->listens[wait->listen_count++];
    *listen = (struct wzp_listen){.next = source->first, .source = source, .task = task};
    if (source->first)
        source->first->previous = listen;
    source->first = listen;
}

static int go_on(lua_State *L, int status, lua_KContext context);

/* The task sleeps until its sources or its clock wake it. */
static int park(lua_State *L, struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    uint64_t at = task->wait.deadline;
    if (task->wait.poll)
        at = wzp_time_min(at, wzp_time_add(wzp_script_now(s), task->wait.poll));
    wzp_heap_set(&s->alarms, &task->alarm, at);
    lua_pushlightuserdata(L, wzp_coroutine_waiting_mark());
    return lua_yieldk(L, 1, 0, go_on);
}

static int finish(struct wzp_script_task *task, int results)
{
    wzp_wait_forget(&task->wait);
    wzp_heap_set(&task->script->alarms, &task->alarm, WZP_NEVER);
    return results;
}

static int look(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_script_task *task = s->current;
    bool late = wzp_script_now(s) >= task->wait.deadline;
    int results = task->wait.check(L, task, late);
    if (results > 0)
        return finish(task, results);
    if (!late)
        return park(L, task);
    finish(task, 0);
    lua_pushnil(L);
    lua_pushliteral(L, "timeout");
    return 2;
}

static int go_on(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return look(L);
}

int wzp_wait(lua_State *L)
{
    return look(L);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tasks: coroutines of the program's own that run one after another on the thread of the host. A
 * task ends with its parent. Coroutines that the script makes inside of a task: coroutine.c. */
#include <string.h>

#include "base/error.h"
#include "script/internal.h"

#define TURNS_AT_ONCE 20000 /* at one instant */

/* ---- family ---- */

static struct wzp_script_task **family_of(struct wzp_script_task *task)
{
    return task->parent ? &task->parent->children : &task->script->roots;
}

static void enter_family(struct wzp_script_task *task)
{
    struct wzp_script_task **first = family_of(task);
    task->next = *first;
    if (*first)
        (*first)->previous = task;
    *first = task;
}

static void leave_family(struct wzp_script_task *task)
{
    struct wzp_script_task **first = family_of(task);
    if (task->previous)
        task->previous->next = task->next;
    else if (*first == task)
        *first = task->next;
    if (task->next)
        task->next->previous = task->previous;
    task->next = task->previous = NULL;
}

/* ---- making ---- */

struct wzp_script_task *wzp_task_new(lua_State *L, struct wzp_script_task *parent, int arguments)
{
    struct wzp_script *s = wzp_script_of(L);
    luaL_checkstack(L, 8, NULL);
    struct wzp_script_task *task = lua_newuserdatauv(L, sizeof *task, 2);
    memset(task, 0, sizeof *task);
    task->script = s;
    task->state = WZP_TASK_DONE; /* until it is whole */
    wzp_lua_class(L, "task");
    task->L = lua_newthread(L);
    wzp_budget_watch(task->L);
    wzp_coroutine_mark_in_use(L, -1, true); /* only its task resumes it: the wait belongs to that */
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, task);
    if (wzp_heap_reserve(&s->alarms)) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, task);
        luaL_error(L, "not enough memory");
    }
    lua_insert(L, -arguments - 2); /* below the function */
    /* Beside a user interface the main function only sets things up: the tasks that it begins
     * outlive it. */
    task->parent = parent && parent == s->main && s->config.app ? NULL : parent;
    task->arguments = arguments;
    task->alarm.tie = ++s->tasks_made;
    task->state = WZP_TASK_WAITING;
    enter_family(task);
    if (!lua_checkstack(task->L, arguments + 2)) {
        wzp_task_cancel(task);
        luaL_error(L, "not enough memory");
    }
    lua_xmove(L, task->L, arguments + 1);
    return task;
}

void wzp_task_ready(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    if (task->is_ready || task->state != WZP_TASK_WAITING)
        return;
    task->is_ready = true;
    task->ready_next = NULL;
    task->ready_previous = s->ready_last;
    if (s->ready_last)
        s->ready_last->ready_next = task;
    else
        s->ready_first = task;
    s->ready_last = task;
    wzp_script_arm(s);
}

/* Removes it from the middle of the queue in constant time: thousands may end at once. */
static void leave_ready(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    if (!task->is_ready)
        return;
    if (task->ready_previous)
        task->ready_previous->ready_next = task->ready_next;
    else
        s->ready_first = task->ready_next;
    if (task->ready_next)
        task->ready_next->ready_previous = task->ready_previous;
    else
        s->ready_last = task->ready_previous;
    task->is_ready = false;
    task->ready_next = task->ready_previous = NULL;
}

/* ---- end ---- */

static void cancel_children(struct wzp_script_task *task)
{
    while (task->children) {
        struct wzp_script_task *child = task->children;
        wzp_task_cancel(child);
        if (task->children == child) { /* it runs: it ends when it next waits */
            leave_family(child);
            child->parent = NULL;
            enter_family(child);
        }
    }
}

/* Its results stay with the userdata, for those who hold it. */
static void end(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    if (task->state == WZP_TASK_DONE)
        return;
    task->state = WZP_TASK_DONE;
    leave_ready(task);
    wzp_heap_set(&s->alarms, &task->alarm, WZP_NEVER);
    wzp_wait_forget(&task->wait); /* an error may have ended it in the middle of a wait */
    cancel_children(task);
    wzp_source_close(&task->ended);
    if (task->parent)
        wzp_source_signal(&task->parent->child_done);
    leave_family(task);
    wzp_heap_unreserve(&s->alarms);
    if (task->decides)
        wzp_lua_call_undecided(task->decides);
    task->decides = NULL;
    if (s->main == task) {
        s->main = NULL;
        s->main_done = true;
    }
    if (lua_checkstack(s->E, 2)) {
        lua_pushnil(s->E);
        lua_rawsetp(s->E, LUA_REGISTRYINDEX, task); /* replaces a value: takes no memory */
    }
    wzp_script_check_over(s);
}

/* Closes its to-be-closed variables, with a separate budget that does not extend the caller's. */
static void close_thread(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    struct wzp_script_task *outer = s->current;
    struct wzp_budget saved = s->budget;
    if (wzp_coroutine_was_stopped(task->L))
        return;
    task->state = WZP_TASK_RUNNING;
    s->current = task;
    wzp_budget_begin(s);
    wzp_budget_watch(task->L);
    lua_State *from = s->running;
    s->running = task->L;
    lua_resetthread(task->L);
    s->running = from;
    s->current = outer;
    s->budget = saved;
    task->state = WZP_TASK_WAITING;
}

void wzp_task_cancel(struct wzp_script_task *task)
{
    if (task->state == WZP_TASK_DONE)
        return;
    task->cancelled = true;
    cancel_children(task);
    if (task->state == WZP_TASK_RUNNING)
        return;
    wzp_wait_forget(&task->wait);
    close_thread(task);
    end(task);
}

/* ---- running ---- */

static int keep_results(lua_State *L)
{
    struct wzp_script_task *task = lua_touserdata(L, 1);
    int count = lua_gettop(task->L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_createtable(L, count, 1);
    luaL_checkstack(L, count + 4, NULL);
    lua_xmove(task->L, L, count);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 3, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 3, "n");
    lua_setiuservalue(L, 2, 2);
    return 0;
}

/* The words of the error stay as results: nil and text. */
static int keep_error(lua_State *L)
{
    struct wzp_script_task *task = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_createtable(L, 2, 1);
    if (lua_checkstack(task->L, 1)) {
        lua_pushvalue(task->L, -1);
        lua_xmove(task->L, L, 1);
        lua_rawseti(L, 3, 2);
    }
    lua_pushinteger(L, 2);
    lua_setfield(L, 3, "n");
    lua_setiuservalue(L, 2, 2);
    return 0;
}

static void fail(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    char words[WZP_SCRIPT_ERROR_MAX];
    wzp_script_error_words(words, sizeof words, s, task->L, "");
    task->failed = true;
    wzp_script_protect(s, keep_error, task);
    if (wzp_tap_is_told(task->L, -1)) {
        if (s->main == task)
            wzp_tap_main_done(s, NULL);
    } else if (s->main == task) {
        wzp_script_complain(s, task->L, "");
        wzp_tap_main_done(s, words);
    } else if (!task->ended.first && !task->joined) {
        wzp_script_complain(s, task->L,
                            task->background ? "a function of the script" : "a task ends");
        wzp_tap_task_failed(task, words);
    }
    close_thread(task);
}

static void after_run(struct wzp_script_task *task, int status, int count)
{
    struct wzp_script *s = task->script;
    task->state = WZP_TASK_WAITING;
    if (status == LUA_YIELD && !task->cancelled) {
        bool waits = count == 1 && lua_touserdata(task->L, -1) == wzp_coroutine_waiting_mark();
        lua_pop(task->L, count);
        if (!waits) /* coroutine.yield: the others first, and time passes */
            wzp_heap_set(&s->alarms, &task->alarm,
                         wzp_time_add(wzp_script_now(s), WZP_MILLISECOND));
        wzp_script_arm(s);
        return;
    }
    if (status == LUA_YIELD) {
        wzp_task_cancel(task);
        return;
    }
    if (status == LUA_OK) {
        wzp_script_protect(s, keep_results, task);
        if (s->main == task)
            wzp_tap_main_done(s, NULL);
    } else {
        fail(task);
    }
    end(task);
}

void wzp_task_resume(struct wzp_script_task *task)
{
    struct wzp_script *s = task->script;
    struct wzp_script_task *outer = s->current;
    if (task->state != WZP_TASK_WAITING)
        return;
    leave_ready(task);
    wzp_heap_set(&s->alarms, &task->alarm, WZP_NEVER);
    task->state = WZP_TASK_RUNNING;
    s->current = task;
    if (!outer)
        wzp_budget_begin(s);
    int arguments = task->arguments, count = 0;
    task->arguments = 0;
    lua_State *from = s->running;
    s->running = task->L;
    wzp_budget_refresh(task->L);
    int status = lua_resume(task->L, outer ? outer->L : NULL, arguments, &count);
    s->running = from;
    if (from)
        wzp_budget_refresh(from);
    s->current = outer;
    after_run(task, status, count);
}

void wzp_script_turn(struct wzp_script *s, uint64_t now)
{
    struct wzp_heap_node *node;
    if (s->turning)
        return;
    s->turning = true;
    s->turns = now == s->last_turn ? s->turns + 1 : 0;
    s->last_turn = now;
    if (s->turns > TURNS_AT_ONCE) {
        wzp_script_log(s, WZP_LOG_ERROR, "tasks begin tasks and time does not pass: stopped");
        s->turning = false;
        s->status = WZP_SCRIPT_FAILED;
        wzp_script_stop(s);
        return;
    }
    while ((node = wzp_heap_first(&s->alarms)) && node->key <= now) {
        wzp_heap_set(&s->alarms, node, WZP_NEVER);
        wzp_task_ready(WZP_HEAP_OBJECT(node, struct wzp_script_task, alarm));
    }
    /* Tasks that become ready meanwhile run in the next turn, so that none is starved. */
    struct wzp_script_task *last = s->ready_last;
    uint64_t began = wzp_budget_clock();
    while (s->ready_first) {
        struct wzp_script_task *task = s->ready_first;
        wzp_task_resume(task);
        if (task == last || wzp_budget_is_others_turn(s, began))
            break;
        if (!last)
            last = s->ready_last;
    }
    s->turning = false;
    wzp_script_arm(s);
}

void wzp_script_arm(struct wzp_script *s)
{
    if (!s->timer || s->turning)
        return;
    uint64_t at = s->ready_first ? wzp_script_now(s) : wzp_heap_first_key(&s->alarms);
    if (!s->stopping)
        at = wzp_time_min(at, s->give_up);
    s->host.calls->timer_set(s->host.context, s->timer, at);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program may use: bytes through its allocator, processor time and instructions of each
 * resume through a hook that Lua calls every so many instructions. A program that has used up its
 * time gets an error at every instruction from then on, so that catching it does not help. */
#include <time.h>

#include "base/alloc.h"
#include "script/internal.h"

#define HOOK_EVERY 1000 /* instructions between two looks at the clock, some microseconds */
/* One instruction may process the longest string, table or stack (an emptied table is still walked,
 * arguments are copied). So many bytes may be processed between two checks. */
#define BYTES_BETWEEN (4u << 20)
#define BLOCK_BYTES_BETWEEN (64u << 20)
/* Of one resume. Audio and screen share the thread: config and user must be short. */
#define TIME_SHORT (60 * WZP_MILLISECOND)
#define TIME_TEST (10 * WZP_SECOND)
/* For machines without a working CPU time clock. */
#define INSTRUCTIONS_SHORT UINT64_C(40000000)
#define INSTRUCTIONS_TEST UINT64_C(4000000000)

static void on_count(lua_State *L, lua_Debug *ar);

/* Instructions between two checks: the fewer, the longer strings and blocks are. Once the budget is
 * used up it is every instruction, also in new coroutines. */
static int looks_every(const struct wzp_script *s)
{
    size_t text = BYTES_BETWEEN / (s->memory.longest + 1);
    size_t block = BLOCK_BYTES_BETWEEN / (s->memory.largest + 1);
    size_t every = text < block ? text : block;
    if (s->budget.spent)
        return 1;
    return every < 2 ? 2 : every > HOOK_EVERY ? HOOK_EVERY : (int)every;
}

/* A string or block larger than all before: the running code is checked more often from now on.
 * Tests are not limited so tightly. */
static void note_size(struct wzp_script *s, bool is_text, size_t size)
{
    size_t *most = is_text ? &s->memory.longest : &s->memory.largest;
    if (size <= *most || (!is_text && s->config.tier == WZP_SCRIPT_TEST))
        return;
    int before = looks_every(s);
    *most = size;
    if (s->running && !s->budget.spent && looks_every(s) < before)
        lua_sethook(s->running, on_count, LUA_MASKCOUNT, looks_every(s));
}

void *wzp_budget_allocate(void *context, void *block, size_t old_size, size_t size)
{
    struct wzp_script *s = context;
    size_t old = block ? old_size : 0; /* of a new block it is a kind, not a size */
    if (size == 0) {
        wzp_free(block);
        s->memory.used -= old;
        return NULL;
    }
    if (size > old &&
        (size - old > s->memory.limit || s->memory.used > s->memory.limit - (size - old)))
        return NULL;
    void *grown = wzp_realloc(block, size);
    if (!grown && size <= old)
        return block; /* Lua relies on that smaller is always possible */
    if (!grown)
        return NULL;
    s->memory.used += size - old;
    note_size(s, !block && old_size == LUA_TSTRING, size);
    if (s->memory.used > s->memory.peak)
        s->memory.peak = s->memory.used;
    return grown;
}

/* Processor time of this thread: a machine that is busy elsewhere is not the program's fault. */
uint64_t wzp_budget_clock(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t))
        return 0;
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

bool wzp_budget_is_interrupted(const struct wzp_script *s)
{
    return s->config.interrupted && !s->stopping && s->config.interrupted(s->config.context);
}

static bool is_used_up(struct wzp_script *s)
{
    s->budget.interrupted = wzp_budget_is_interrupted(s);
    return s->budget.interrupted || s->budget.instructions >= s->budget.instructions_allowed ||
           wzp_time_since(wzp_budget_clock(), s->budget.began) >= s->budget.allowed;
}

static void pay(lua_State *L, uint64_t instructions)
{
    struct wzp_script *s = wzp_script_of(L);
    if (!s->budget.spent) {
        s->budget.instructions += instructions;
        s->budget.spent = is_used_up(s);
        if (!s->budget.spent) {
            if (lua_gethookcount(L) != looks_every(s)) /* strings grew, or an earlier budget's
                                                          end set another interval */
                wzp_budget_watch(L);
            return;
        }
    }
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    if (s->budget.interrupted)
        luaL_error(L, "interrupted");
    luaL_error(L, "this ran for %d ms without waiting, and was stopped",
               (int)(s->budget.allowed / WZP_MILLISECOND));
}

static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    pay(L, (uint64_t)lua_gethookcount(L));
}

void wzp_budget_spend(lua_State *L, uint64_t instructions)
{
    pay(L, instructions);
}

void wzp_budget_watch(lua_State *L)
{
    lua_sethook(L, on_count, LUA_MASKCOUNT, looks_every(wzp_script_of(L)));
}

void wzp_budget_refresh(lua_State *L)
{
    if (lua_gethookcount(L) > looks_every(wzp_script_of(L)))
        wzp_budget_watch(L);
}

bool wzp_budget_is_others_turn(const struct wzp_script *s, uint64_t began)
{
    return s->config.tier != WZP_SCRIPT_TEST &&
           wzp_time_since(wzp_budget_clock(), began) >= TIME_SHORT;
}

void wzp_budget_begin(struct wzp_script *s)
{
    bool is_test = s->config.tier == WZP_SCRIPT_TEST;
    s->budget.began = wzp_budget_clock();
    s->budget.allowed = is_test ? TIME_TEST : TIME_SHORT;
    s->budget.instructions = 0;
    s->budget.instructions_allowed = is_test ? INSTRUCTIONS_TEST : INSTRUCTIONS_SHORT;
    s->budget.spent = s->budget.interrupted = false;
}

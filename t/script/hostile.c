/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scripts that run forever, in every possible way: each is stopped soon, the error names file and
 * line, and what runs beside it continues. */
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "machine.h"
#include "script/internal.h"
#include "script/lib_script.h"
#include "tap.h"

static struct play p;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#ifdef __SANITIZE_ADDRESS__
#define PATIENCE 10.0   /* sanitizers make everything slower */
#define DEEP "init.lua" /* the time limit may be reached before the memory limit */
#else
#define PATIENCE 1.0
#define DEEP "memory"
#endif

/* Runs a program in the tier of init.lua. Returns the CPU time that it took, in seconds. */
static double run_once(int *result, const char *program)
{
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_CONFIG, .in_virtual_time = true, .seed = 1, .name = "init.lua"};
    play_open(&p);
    *result = play_load(&p, &config, program);
    double began = seconds();
    if (!*result)
        play_run(&p);
    double took = seconds() - began;
    play_end(&p);
    play_close(&p);
    return took;
}

static unsigned count(const char *words)
{
    unsigned found = 0;
    for (const char *at = p.log; (at = strstr(at, words)) != NULL; at++)
        found++;
    return found;
}

/* Checks that the program is stopped and that a task beside it still runs. Other work of the
 * machine (cold caches, slow pages) adds to the time, so the shortest of several runs counts. */
static void is_stopped(const char *what, const char *text, const char *words)
{
    static const char beside[] = "wzp.timer.every(1, function() wzp.log.info('alive') end)\n"
                                 "wzp.timer.after(0.5, function()\n";
    char program[4096];
    int result;
    snprintf(program, sizeof program, "%s%s\nend)\nwzp.timer.sleep(3.5)\n", beside, text);
    double took = run_once(&result, program);
    for (int i = 0; i < 12 && took >= 0.1 * PATIENCE; i++) {
        double again = run_once(&result, program);
        took = again < took ? again : took;
    }
    bool named = play_logs(&p, words) && play_logs(&p, "init.lua:");
    ok(!result && named, "%s is named with its line", what);
    if (!named)
        note("%s%s", p.err.text, p.log);
    unsigned alive = count("alive");
    ok(took < 0.1 * PATIENCE * MACHINE_BUSY ||
           took < 0.1 * PATIENCE * MACHINE_BUSY * machine_slowness(),
       "%s: it took %.0f ms", what, took * 1e3);
    ok(alive == 3, "%s: who runs beside goes on", what);
}

static void endless(void)
{
    is_stopped("an endless loop", "while true do end", "without waiting");
    is_stopped("a loop that catches its end",
               "while true do pcall(function() while true do end end) end", "without waiting");
    is_stopped("a loop that catches it in a coroutine",
               "while true do local c = coroutine.wrap(function() while true do end end)\n"
               "pcall(c) end",
               "without waiting");
    is_stopped("a loop in a handler of errors",
               "while true do xpcall(function() while true do end end, function() while true do "
               "end end) end",
               "without waiting");
    is_stopped("a metamethod that loops",
               "local t = setmetatable({}, {__index = function() while true do end end})\n"
               "return t.x",
               "without waiting");
    is_stopped("an iterator without end", "for _ in function() return 1 end do end",
               "without waiting");
    is_stopped("a comparison that loops", "table.sort({3, 2, 1}, function() while true do end end)",
               "without waiting");
    is_stopped("tasks that begin and end tasks",
               "while true do local t = wzp.task(function() end) t:cancel() end",
               "without waiting");
    is_stopped("a variable that loops when it is closed",
               "local x <close> = setmetatable({}, {__close = function() while true do end end})",
               "without waiting");
}

/* Lua keeps debug hooks disabled in a coroutine that its hook has ended: its to-be-closed variables
 * must not run then. */
static void closing(void)
{
#define CLOSES "local x <close> = setmetatable({}, {__close = function() while true do end end})\n"
    is_stopped("a loop above a variable that loops when it is closed", CLOSES "while true do end",
               "without waiting");
    is_stopped("the same in a coroutine that is closed",
               "local co = coroutine.create(function() " CLOSES " while true do end end)\n"
               "coroutine.resume(co) coroutine.close(co) while true do end",
               "without waiting");
    is_stopped("the same in a coroutine that is wrapped",
               "local f = coroutine.wrap(function() " CLOSES " while true do end end)\n"
               "pcall(f) while true do end",
               "without waiting");
}

/* A coroutine that runs or waits elsewhere cannot be resumed or closed by others. */
static void foreign_coroutines(void)
{
    static const char text[] =
        "local t = wzp.test\n"
        "local main, said = coroutine.running(), nil\n"
        "wzp.task(function() said = {coroutine.resume(main, 1)} end)\n"
        "wzp.timer.sleep(0.2)\n"
        "t.ok(said[1] == false, 'a task that waits is not resumed by another')\n"
        "wzp.task(function() said = {pcall(coroutine.close, main)} end)\n"
        "wzp.timer.sleep(0.2)\n"
        "t.ok(said[1] == false, 'nor closed')\n"
        "local outer\n"
        "outer = coroutine.wrap(function()\n"
        "    local inner = coroutine.wrap(function() outer(1, 2, 3) end)\n"
        "    said = {pcall(inner)}\n"
        "    return 'whole'\n"
        "end)\n"
        "t.is(outer(), 'whole', 'a wrapped coroutine that is called from inside stays whole')\n"
        "t.ok(said[1] == false, 'and who called it is told')\n";
    ok(play(&p, text) == WZP_SCRIPT_PASSED, "coroutines in use are left alone");
    if (p.status != WZP_SCRIPT_PASSED)
        note("%s%s", p.output, p.log);
}

/* As many tasks as memory holds, none of which has run yet: ending them must not take others' time.
 */
static void many(void)
{
    int result;
    double took = 1e9;
    for (int i = 0; i < 12 && took >= 0.1 * PATIENCE; i++) {
        double again = run_once(&result, "pcall(function()\n"
                                         "while true do wzp.task(function() end) end\n"
                                         "end)");
        took = again < took ? again : took;
    }
    ok(!result && took < 0.1 * PATIENCE * MACHINE_BUSY, "tasks without number end in %.0f ms",
       took * 1e3);
}

/* Each task stays within its own time limit; sound and screen must still get their turn between
 * them. */
static void one_after_another(void)
{
    static const char program[] = "for i = 1, 20 do wzp.task(function()\n"
                                  "local t = os.clock() while os.clock() - t < 0.02 do end\n"
                                  "wzp.log.info('had its turn') end) end\n"
                                  "wzp.timer.sleep(1)";
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_CONFIG, .in_virtual_time = true, .seed = 1, .name = "init.lua"};
    play_open(&p);
    if (play_load(&p, &config, program) || wzp_script_start(p.script, &p.err))
        bail("no script: %s", p.err.text);
    wzp_script_turn(p.script, wzp_script_now(p.script));
    unsigned at_once = count("had its turn");
    wzp_script_run(p.script);
    ok(at_once > 0 && at_once <= 8, "of twenty tasks that work for 20 ms %u ran at a stretch",
       at_once);
    is_int(count("had its turn"), 20, "and all of them in the end");
    play_end(&p);
    play_close(&p);
}

static void large(void)
{
    is_stopped("a gigabyte", "local s = string.rep('x', 1 << 30)", "memory");
    is_stopped("a text that grows", "local s = 'x' while true do s = s .. s end", "memory");
    is_stopped("a table that grows", "local t = {} while true do t[#t + 1] = {} end",
               tap_oom_mode() ? "memory" : "");
    is_stopped("repetition of nothing", "string.rep('', 1 << 40) while true do end",
               "without waiting");
    is_stopped("deep recursion", "local function f() return 1 + f() end f()", DEEP);
    is_stopped("deep recursion through C",
               "local function f() return pcall(f) end f() string.rep()", "init.lua");
    is_stopped("a length that lies",
               "table.insert(setmetatable({}, {__len = function() return 1 << 50 end}), 1, 1)",
               "too long");
    is_stopped("a length that lies later",
               "local n = 0 table.insert(setmetatable({}, {__len = function() n = n + 1\n"
               "return n == 1 and 3 or 1 << 50 end}), 1, 1)",
               "__len");
    is_stopped("a move without end", "table.move({}, 1, 1 << 50, 2)", "too many");
}

/* Few instructions, each of which runs long inside C functions. */
static void long_ways(void)
{
    is_stopped("a long text that is walked again and again",
               "local s = string.rep('a', 2000000) while true do utf8.len(s) end",
               "without waiting");
    is_stopped("the same in a coroutine, of a text made outside",
               "local s local f = coroutine.wrap(function() coroutine.yield()\n"
               "while true do utf8.len(s) end end)\n"
               "f() s = string.rep('a', 2000000) f()",
               "without waiting");
    is_stopped("texts that are compared",
               "local a = string.rep('a', 2000000) local b = a .. 'b'\n"
               "while true do local x = a < b end",
               "without waiting");
    is_stopped("waste that is collected again and again",
               "local t = {} for i = 1, 60000 do t[i] = {} end while true do collectgarbage() end",
               "without waiting");
    is_stopped("nothing, unpacked again and again",
               "while true do local n = select('#', table.unpack({}, 1, 200000)) end",
               "without waiting");
}

/* A single instruction that copies, walks or compiles a lot. */
static void wide_steps(void)
{
#define EMPTIED                                                                                    \
    "local t = {} for i = 1, 200000 do t[-i] = true end\n"                                         \
    "for i = 1, 200000 do t[-i] = nil end\n"
    is_stopped("a large table that was emptied, walked again and again",
               EMPTIED "while true do next(t) end", "without waiting");
    is_stopped("the same by an iterator", EMPTIED "while true do for _ in pairs(t) do end end",
               "without waiting");
    is_stopped("the same in a coroutine of a task that is caught",
               EMPTIED "while true do pcall(coroutine.wrap(function() while true do next(t) end "
                       "end)) end",
               "without waiting");
    is_stopped("many arguments, passed on again and again",
               "local function f(...) while true do local n = select('#', ...) end end\n"
               "f(table.unpack({}, 1, 150000))",
               "without waiting");
    is_stopped("long texts that are sorted",
               "local a, t = string.rep('a', 2000000), {} local b = a .. 'b'\n"
               "for i = 1, 4000 do t[i] = i % 2 == 0 and a or b end table.sort(t)",
               "without waiting");
    is_stopped("a comparison that contradicts itself",
               "local t = {} for i = 1, 20000 do t[i] = i end\n"
               "while true do pcall(table.sort, t, function() return true end) end",
               "without waiting");
    is_stopped("a long program that is loaded",
               "local text = string.rep('x=1 ', 500000) while true do load(text) end",
               "without waiting");
    is_stopped("a date of many parts",
               "local format = string.rep('%c', 500000) while true do os.date(format) end",
               "too long");
    is_stopped("a number that is read from a long text",
               "local s = string.rep(' ', 2000000) while true do local n = tonumber(s) end",
               "without waiting");
    is_stopped("texts that are quoted",
               "local s = string.rep('\\0', 1000000)\n"
               "while true do local n = string.format('%q', s) end",
               "init.lua");
    is_stopped("widths of numbers", "while true do local s = string.format('%99.99f', 1e308) end",
               "without waiting");
    is_stopped("characters of a long text",
               "local s = string.rep('\\128', 2000000)\n"
               "while true do pcall(utf8.codepoint, s, 1, -1) utf8.offset(s, -1) end",
               "without waiting");
    is_stopped("coroutines inside metamethods",
               "local mt = {} mt.__index = function(t, k)\n"
               "return coroutine.wrap(function() return setmetatable({}, mt)[k] end)() end\n"
               "while true do pcall(function() return setmetatable({}, mt).x end) end",
               "init.lua");
    is_stopped("a long sound", "while true do wzp.audio.tone { hz = 440, seconds = 150 } end",
               "init.lua");
    is_stopped("silence", "while true do wzp.audio.silence(150) end", "init.lua");
    is_stopped("a long voice", "while true do wzp.audio.voice { seconds = 150 } end", "init.lua");
}

static unsigned asked;

static bool on_asked(void *context)
{
    (void)context;
    return ++asked > 20;
}

static void interrupted(const char *what, const char *text, const char *words)
{
    const struct wzp_script_config config = {.tier = WZP_SCRIPT_TEST,
                                             .in_virtual_time = true,
                                             .seed = 1,
                                             .name = "loop.lua",
                                             .interrupted = on_asked};
    asked = 0;
    play_open(&p);
    int result = play_load(&p, &config, text);
    double began = seconds();
    if (!result)
        play_run(&p);
    double took = seconds() - began;
    bool over = p.over || (p.script && wzp_script_is_over(p.script));
    play_end(&p);
    play_close(&p);
    ok(!result && over && took < 3 * PATIENCE * machine_slowness(),
       "%s ends long before its time is over when somebody interrupts it: %.0f ms", what,
       took * 1e3);
    ok(words ? play_logs(&p, words) : !play_logs(&p, "loop.lua"), "%s: %s", what,
       words ? "where it was is told" : "without a word");
}

static void interrupts(void)
{
    interrupted("a loop that catches its end",
                "while true do pcall(function() while true do end end) end",
                "loop.lua:1: interrupted");
    interrupted("a program that waits a thousand hours",
                "for _ = 1, 3600000 do wzp.timer.sleep(1) end", NULL);
}

/* Ways out of the sandbox are absent or refused. */
static void ways_out(void)
{
    static const char text[] =
        "for _, name in ipairs { 'io', 'package', 'dofile', 'loadfile', 'debug' } do\n"
        "    assert(rawget(_G, name) == nil, name)\n"
        "end\n"
        "assert(os.execute == nil and os.exit == nil and os.getenv == nil and os.remove == nil)\n"
        "assert(string.dump == nil)\n"
        "local f, why = load('\\27Lua\\x54\\0')\n"
        "assert(f == nil and why:find('binary'), why)\n"
        "f, why = load('\\27Lua', 'x', 'b')\n"
        "assert(f == nil and why:find('binary'), why)\n"
        "assert(not pcall(load, function() return '\\27Lua' end))\n"
        "assert(not pcall(collectgarbage, 'stop'))\n"
        "assert(not pcall(setmetatable, {}, { __gc = print }))\n"
        "local task = wzp.task(function() end)\n"
        "assert(getmetatable(task) == nil or type(getmetatable(task)) ~= 'table')\n"
        "assert(not pcall(require, '../../etc/passwd'))\n"
        "assert(not pcall(wzp.audio.tone, { hz = 0 / 0, seconds = 0 / 0 }))\n"
        "wzp.log.info('nothing leads out')\n";
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_CONFIG, .in_virtual_time = true, .seed = 1, .name = "init.lua"};
    play_open(&p);
    int result = play_load(&p, &config, text);
    if (!result)
        play_run(&p);
    play_end(&p);
    play_close(&p);
    ok(play_logs(&p, "nothing leads out"),
       "compiled code, files, processes and finalizers are not for init.lua");
    if (!play_logs(&p, "nothing leads out"))
        note("%s%s", p.err.text, p.log);
}

static void patterns(void)
{
    is_stopped("a pattern that tries everything",
               "string.find(string.rep('a', 100000), '.-.-.-.-b')", "without waiting");
    is_stopped("a costly pattern, caught again and again",
               "while true do pcall(string.find, string.rep('a', 3000), '.-.-.-b') end",
               "without waiting");
    is_stopped("a set that is long",
               "string.find(string.rep('a', 500000), '[' .. string.rep('b', 500000) .. ']')",
               "without waiting");
    is_stopped("a pattern nested deep", "string.find(string.rep('a', 500), string.rep('(a', 40))",
               "captures");
    is_stopped("a replacement that tries everything",
               "string.gsub(string.rep('a', 30000), '(.-)(.-)b', '%1')", "without waiting");
}

static void finalizers(void)
{
    is_stopped("a finalizer", "setmetatable({}, {__gc = function() while true do end end})",
               "__gc is not for scripts");
}

/* The program that runs a script detects that its virtual time does not advance. */
static void standing_still(void)
{
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_USER, .in_virtual_time = true, .seed = 1, .name = "init.lua"};
    play_open(&p);
    int result = play_load(&p, &config,
                           "local function f() wzp.task(f) wzp.timer.sleep(1) end\n"
                           "while true do coroutine.yield() if wzp.time.now() > 1 then break end "
                           "end\n");
    if (!result)
        play_run(&p);
    play_end(&p);
    play_close(&p);
    ok(p.over, "a program that only yields comes to its end: time passes");
    play_open(&p);
    result = play_load(&p, &config,
                       "local function f() wzp.task(f) end\n"
                       "local function g() local t = wzp.task(g) t:join() end\n"
                       "g()\n");
    if (!result)
        play_run(&p);
    play_end(&p);
    play_close(&p);
    ok(play_logs(&p, "time does not pass"), "tasks that begin tasks for ever are stopped");
}

TAP_MAIN
{
    if (!tap_oom_mode()) {
        endless();
        closing();
        long_ways();
        wide_steps();
        ways_out();
        interrupts();
        foreign_coroutines();
        patterns();
        one_after_another();
    }
    many();
    large();
    finalizers();
    standing_still();
}

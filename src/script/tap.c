/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Results of tests as TAP that prove reads: points, subtests in four blanks, what was wrong as YAML
 * with the last events, the seed, and how to run it again; and as JUnit's XML. */
#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "script/internal.h"
#include "script/tap.h"

#define DEPTH_MAX 8
#define ENTRIES_MAX 20000
#define EVENTS_SHOWN 20
#define EXPLAINED_MAX 10 /* failures that are told with events */
#define NAME_MOST 512    /* bytes of a test's name that are shown */

/* All results are kept. */
struct entry {
    struct entry *next;
    bool passed;
    double seconds; /* since the one before */
    char *name, *details;
};
struct wzp_tap {
    struct level {
        unsigned number, failed;
    } levels[DEPTH_MAX];
    unsigned depth, entry_count;
    struct entry *first, *last;
    uint64_t last_at;
    unsigned failed_tasks, explained;
    char task_error[600];
    char skipped[160];
    bool skips, finished;
};
static const char told_mark;

struct wzp_tap *wzp_tap_new(void)
{
    return wzp_calloc(1, sizeof(struct wzp_tap));
}

void wzp_tap_free(struct wzp_script *s)
{
    while (s->tap && s->tap->first) {
        struct entry *entry = s->tap->first;
        s->tap->first = entry->next;
        wzp_free(entry->name);
        wzp_free(entry->details);
        wzp_free(entry);
    }
    wzp_free(s->tap);
    s->tap = NULL;
}

bool wzp_tap_is_told(lua_State *L, int index)
{
    return lua_touserdata(L, index) == &told_mark;
}

int wzp_tap_abandon(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&told_mark);
    return lua_error(L);
}

/* ---- lines ---- */

static void line(struct wzp_script *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line(struct wzp_script *s, const char *format, ...)
{
    char text[WZP_SCRIPT_LINE_MAX];
    unsigned blanks = 4 * s->tap->depth;
    va_list list;
    if (!s->config.tap)
        return;
    memset(text, ' ', blanks);
    va_start(list, format);
    vsnprintf(text + blanks, sizeof text - blanks, format, list);
    va_end(list);
    wzp_script_print(s, text);
}

/* A name in one line, in which '#' means nothing. It may hold what a stranger said. */
static void plain_name(char *out, size_t size, const char *name)
{
    char raw[NAME_MOST];
    size_t at = 0;
    for (; *name && at + 2 < sizeof raw; name++) {
        if (*name == '#' || *name == '\\')
            raw[at++] = '\\';
        raw[at++] = (unsigned char)*name < 32 ? ' ' : *name;
    }
    wzp_text_filter(out, size, raw, at);
}

static void keep_entry(struct wzp_script *s, bool passed, const char *name, const char *details)
{
    struct wzp_tap *tap = s->tap;
    if (tap->entry_count == ENTRIES_MAX)
        return;
    struct entry *entry = wzp_calloc(1, sizeof *entry);
    if (!entry)
        return;
    uint64_t now = wzp_script_now(s);
    entry->passed = passed;
    entry->seconds = (double)wzp_time_since(now, tap->last_at ? tap->last_at : s->started) / 1e9;
    entry->name = wzp_strdup(name);
    entry->details = details ? wzp_strdup(details) : NULL;
    tap->last_at = now;
    tap->entry_count++;
    if (tap->last)
        tap->last->next = entry;
    else
        tap->first = entry;
    tap->last = entry;
}

/* ---- what was wrong ---- */

/* The newest events of all clients, the oldest of them first. */
static void last_events(struct wzp_script *s)
{
    const struct wzp_event *found[EVENTS_SHOWN];
    const struct wzp_script_client *whose[EVENTS_SHOWN];
    unsigned count = 0;
    for (const struct wzp_script_client *client = s->clients; client; client = client->next)
        for (uint64_t n = client->events; n > 0 && client->events - n < WZP_SCRIPT_DIARY; n--) {
            const struct wzp_event *event = client->diary[n % WZP_SCRIPT_DIARY].event;
            unsigned at = count;
            if (!event || (count == EVENTS_SHOWN && event->at <= found[count - 1]->at))
                continue;
            while (at > 0 && found[at - 1]->at < event->at)
                at--;
            unsigned moved = count < EVENTS_SHOWN ? count : EVENTS_SHOWN - 1;
            memmove(&found[at + 1], &found[at], (moved - at) * sizeof found[0]);
            memmove(&whose[at + 1], &whose[at], (moved - at) * sizeof whose[0]);
            found[at] = event;
            whose[at] = client;
            count = moved + 1;
        }
    if (count > 0)
        line(s, "  events: |");
    while (count-- > 0) {
        char sentence[200];
        wzp_event_sentence(sentence, sizeof sentence, found[count]);
        sentence[strcspn(sentence, "\n")] = 0;
        line(s, "    %9.3f %s: %s%s%s", (double)wzp_time_since(found[count]->at, s->started) / 1e9,
             whose[count]->name, wzp_event_row(found[count]->type)->name, sentence[0] ? ", " : "",
             sentence);
    }
}

/* What led there is told once: not again for a test around the one that failed. */
static void explain(struct wzp_script *s, const char *details, bool with_events)
{
    line(s, "  ---");
    while (*details) {
        size_t length = strcspn(details, "\n");
        line(s, "  %.*s", (int)(length < 800 ? length : 800), details);
        details += length + (details[length] == '\n');
    }
    char seed[40] = ""; /* none before there is a world: nothing was left to chance */
    if (s->seed && (s->in_virtual_time || s->config.in_spaces)) {
        line(s, "  seed: %llu", (unsigned long long)s->seed);
        snprintf(seed, sizeof seed, "--seed %llu ", (unsigned long long)s->seed);
    }
    line(s, "  again: wzp run --tap %s%s%s", s->config.in_spaces ? "--namespaces " : "", seed,
         s->config.name ? s->config.name : "SCRIPT");
    if (with_events && s->tap->explained++ < EXPLAINED_MAX)
        last_events(s);
    line(s, "  ...");
}

/* The log has one line for it. */
static void log_failure(struct wzp_script *s, const char *name, const char *details)
{
    char text[512];
    size_t length = 0;
    for (const char *at = details; *at && length + 3 < sizeof text; at++) {
        if (*at == '\n')
            text[length++] = ',';
        text[length++] = *at == '\n' ? ' ' : *at;
    }
    text[length] = '\0';
    wzp_script_log(s, WZP_LOG_ERROR, "failed: %s: %s", name, text);
}

static void count_result(struct wzp_script *s, bool passed, const char *name, const char *details,
                         bool with_events)
{
    char plain[NAME_MOST];
    struct level *level = &s->tap->levels[s->tap->depth];
    plain_name(plain, sizeof plain, name);
    level->number++;
    level->failed += !passed;
    if (!passed)
        s->status = WZP_SCRIPT_FAILED;
    line(s, "%s %u - %s", passed ? "ok" : "not ok", level->number, plain);
    if (!passed && details && s->config.tap)
        explain(s, details, with_events);
    if (!passed && !s->config.tap)
        log_failure(s, name, details ? details : "");
    keep_entry(s, passed, name, passed ? NULL : details ? details : "");
}

/* "at: file:line" of the script's own function that called. */
static const char *where(lua_State *L)
{
    lua_Debug ar;
    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0)
            return lua_pushfstring(L, "at: %s:%d", ar.short_src, ar.currentline);
    }
    return "at: ?";
}

void wzp_tap_result(lua_State *L, bool passed, const char *name, const char *details)
{
    int top = lua_gettop(L);
    luaL_checkstack(L, 8, NULL);
    const char *all = passed ? NULL
                             : lua_pushfstring(L, "%s%s%s", where(L), details ? "\n" : "",
                                               details ? details : "");
    count_result(wzp_script_of(L), passed, name, all, true);
    lua_settop(L, top);
}

/* ---- the end ---- */

void wzp_tap_main_done(struct wzp_script *s, const char *error)
{
    s->tap->depth = 0;
    if (!error || s->stopping)
        return;
    char details[700];
    snprintf(details, sizeof details, "message: |\n  %.600s", error);
    s->status = WZP_SCRIPT_FAILED;
    if (s->config.tap)
        count_result(s, false, "the script runs to its end", details, true);
}

void wzp_tap_task_failed(struct wzp_script_task *task, const char *error)
{
    struct wzp_script *s = task->script;
    if (s->config.app || s->config.tier != WZP_SCRIPT_TEST)
        return;
    task->counted = true;
    if (s->tap->failed_tasks++ == 0)
        wzp_text_copy(s->tap->task_error, sizeof s->tap->task_error, error);
}

void wzp_tap_task_joined(struct wzp_script_task *task)
{
    task->script->tap->failed_tasks -= task->counted;
    task->counted = false;
}

/* Those that nobody asked for. */
static void tell_tasks(struct wzp_script *s)
{
    char details[700];
    if (s->tap->failed_tasks == 0)
        return;
    snprintf(details, sizeof details, "message: |\n  %u failed, the first one: %.600s",
             s->tap->failed_tasks, s->tap->task_error);
    count_result(s, false, "no task fails", details, true);
}

void wzp_tap_too_late(struct wzp_script *s)
{
    char details[100];
    s->tap->depth = 0;
    snprintf(details, sizeof details, "message: still running after %.3f s (timeout of the plan)",
             wzp_script_seconds(s));
    count_result(s, false, "the script ends in time", details, true);
}

void wzp_tap_skip(struct wzp_script *s, const char *reason)
{
    wzp_text_copy(s->tap->skipped, sizeof s->tap->skipped, reason);
    s->tap->skips = true;
}

void wzp_script_finish(struct wzp_script *s)
{
    struct wzp_tap *tap = s->tap;
    if (tap->finished)
        return;
    tap->finished = true;
    tap->depth = 0;
    tell_tasks(s);
    if (tap->skips && tap->levels[0].number == 0) {
        s->status = WZP_SCRIPT_SKIPPED;
        line(s, "1..0 # SKIP %s", tap->skipped);
        return;
    }
    line(s, "1..%u", tap->levels[0].number);
    if (s->in_virtual_time)
        line(s, "# seed %llu, %.3f s of virtual time", (unsigned long long)s->seed,
             wzp_script_seconds(s));
}

/* ---- subtests ---- */

static int end_subtest(lua_State *L, int status, lua_KContext context)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_tap *tap = s->tap;
    (void)context;
    bool broke = status != LUA_OK && status != LUA_YIELD;
    if (broke && !wzp_tap_is_told(L, -1)) {
        const char *text = luaL_gsub(L, luaL_tolstring(L, -1, NULL), "\n", "\n  ");
        wzp_tap_result(L, false, "the test runs to its end",
                       lua_pushfstring(L, "message: |\n  %s", text));
    }
    struct level level = tap->levels[tap->depth];
    line(s, "1..%u", level.number);
    tap->depth--;
    char details[80];
    snprintf(details, sizeof details, "message: %u of %u failed", level.failed, level.number);
    bool passed = level.failed == 0 && level.number > 0;
    if (level.number == 0)
        snprintf(details, sizeof details, "message: nothing was tested");
    count_result(s, passed, lua_tostring(L, 1), details, level.failed == 0);
    lua_pushboolean(L, passed);
    return 1;
}

/* Where it was is only known before the stack is taken down. */
static int add_traceback(lua_State *L)
{
    if (!wzp_tap_is_told(L, 1))
        luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

int wzp_tap_subtest(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    char plain[256];
    if (s->tap->depth + 1 >= DEPTH_MAX)
        return luaL_error(L, "wzp.test.test: tests lie too deep in each other");
    plain_name(plain, sizeof plain, lua_tostring(L, 1));
    line(s, "# Subtest: %s", plain);
    s->tap->depth++;
    s->tap->levels[s->tap->depth] = (struct level){0, 0};
    lua_settop(L, 2);
    lua_pushcfunction(L, add_traceback);
    lua_pushvalue(L, 2);
    return end_subtest(L, lua_pcallk(L, 0, 0, 3, 0, end_subtest), 0);
}

/* ---- JUnit ---- */

/* Of one character: is it one of XML 1.0 (Char, 2.2)? */
static bool is_xml(const char *at, size_t length)
{
    if (length == 3 && at[0] == '\xef' && at[1] == '\xbf')
        return at[2] != '\xbe' && at[2] != '\xbf'; /* U+FFFE and U+FFFF */
    return length > 1 || (length == 1 && ((unsigned char)*at >= 32 || *at == '\n' || *at == '\t'));
}

/* One character that does not belong makes the whole report unreadable. */
static void write_xml(FILE *out, const char *text)
{
    while (text && *text) {
        size_t length = wzp_utf8_length(text, strnlen(text, 4));
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default:
            if (is_xml(text, length))
                fwrite(text, 1, length, out);
            else
                fputc('?', out);
        }
        text += length > 0 ? length : 1;
    }
}

int wzp_script_junit(struct wzp_script *s, FILE *out)
{
    unsigned count = 0, failed = 0;
    const char *name = s->config.name ? s->config.name : "script";
    for (const struct entry *at = s->tap->first; at; at = at->next) {
        count++;
        failed += !at->passed;
    }
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
    write_xml(out, name);
    fprintf(out, "\" tests=\"%u\" failures=\"%u\" skipped=\"%d\" time=\"%.3f\">\n", count, failed,
            s->tap->skips, wzp_script_seconds(s));
    fprintf(out, "  <properties><property name=\"seed\" value=\"%llu\"/></properties>\n",
            (unsigned long long)s->seed);
    for (const struct entry *at = s->tap->first; at; at = at->next) {
        fputs("  <testcase classname=\"", out);
        write_xml(out, name);
        fputs("\" name=\"", out);
        write_xml(out, at->name);
        fprintf(out, "\" time=\"%.3f\"%s>\n", at->seconds, at->passed ? "/" : "");
        if (at->passed)
            continue;
        fputs("    <failure>", out);
        write_xml(out, at->details);
        fputs("</failure>\n  </testcase>\n", out);
    }
    fputs("</testsuite>\n", out);
    return ferror(out) ? WZP_E_IO : 0;
}

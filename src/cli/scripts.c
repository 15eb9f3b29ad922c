/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/scripts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "tui/keymap.h"
#include "wzp_build.h"

#define FILE_MAX (1024 * 1024)
#define PROMPT "lua" /* not a possible file name: those end in .lua */

static size_t place_of(const struct wzp_scripts_item *item)
{
    return (size_t)(item - item->owner->items);
}

/* ---- what they say ---- */

static void add_line(struct wzp_scripts_item *item, const char *line)
{
    char *place = item->lines[item->line_count++ % WZP_SCRIPTS_LINES];
    wzp_text_filter(place, sizeof item->lines[0], line, strlen(line));
}

static void on_say(void *context, const char *line)
{
    struct wzp_scripts_item *item = context;
    add_line(item, line);
    item->owner->tell(item->owner->context, WZP_STYLE_NORMAL, line);
}

static void on_print(void *context, const char *line)
{
    struct wzp_scripts_item *item = context;
    char text[320];
    if (strcmp(item->name, PROMPT) == 0) { /* output of code that the person typed */
        on_say(item, line);
        return;
    }
    add_line(item, line);
    snprintf(text, sizeof text, "%s: %.240s", item->name, line);
    if (item->owner->tui)
        wzp_tui_log(item->owner->tui, WZP_LOG_INFO, text);
    else
        item->owner->tell(item->owner->context, WZP_STYLE_NORMAL, text);
}

/* ---- keys, items, questions ---- */

static int on_bind(void *context, unsigned number, const char *view, const char *key,
                   const char *help)
{
    struct wzp_scripts_item *item = context;
    struct wzp_error err = {0};
    char shown[61], command[WZP_KEYMAP_COMMAND_MAX];
    if (!item->owner->tui)
        return WZP_E_UNSUPPORTED;
    wzp_text_filter(shown, sizeof shown, help, strlen(help));
    snprintf(command, sizeof command, "script-key %zu %u %s", place_of(item), number, shown);
    return wzp_tui_bind(item->owner->tui, view[0] ? view : "global", key, command, &err);
}

static void on_unbind(void *context, unsigned number)
{
    struct wzp_scripts_item *item = context;
    char line[64];
    snprintf(line, sizeof line, "script-key %zu %u ", place_of(item), number);
    if (item->owner->tui)
        wzp_tui_unbind_line(item->owner->tui, line);
}

static void on_item(void *context, const char *name, const char *text)
{
    struct wzp_scripts_item *item = context;
    char whole[80]; /* the name of the item, with this script's prefix */
    snprintf(whole, sizeof whole, "%zu:%.60s", place_of(item), name);
    if (item->owner->tui)
        wzp_tui_item(item->owner->tui, whole, text);
}

static void on_answer(void *context, unsigned number, const char *text)
{
    struct wzp_scripts_item *item = context;
    if (item->script)
        wzp_script_answer(item->script, number, text);
}

static int on_ask(void *context, unsigned number, const char *question)
{
    struct wzp_scripts_item *item = context;
    struct wzp_scripts *s = item->owner;
    char text[200];
    if (s->tui)
        return wzp_tui_ask(s->tui, question, number, on_answer, item);
    if (s->asks)
        return WZP_E_STATE;
    s->asks = item;
    s->question = number;
    snprintf(text, sizeof text, "%.120s (answer with: reply TEXT)", question);
    s->tell(s->context, WZP_STYLE_NORMAL, text);
    return 0;
}

/* ---- life ---- */

static void forget(struct wzp_scripts_item *item)
{
    struct wzp_tui *tui = item->owner->tui;
    char line[32];
    wzp_script_free(item->script);
    item->script = NULL;
    if (item->owner->asks == item)
        item->owner->asks = NULL;
    snprintf(line, sizeof line, "script-key %zu ", place_of(item));
    if (tui) {
        wzp_tui_unbind_line(tui, line);
        wzp_tui_ask_no_more(tui, item);
        snprintf(line, sizeof line, "%zu:", place_of(item));
        wzp_tui_drop_items(tui, line);
    }
}

static void on_reap(void *context)
{
    struct wzp_scripts *s = context;
    wzp_timer_close(s->reaper);
    s->reaper = NULL;
    for (size_t i = 0; i < WZP_SCRIPTS_MAX; i++) {
        struct wzp_scripts_item *item = &s->items[i];
        if (!item->script || !wzp_script_is_over(item->script) || strcmp(item->name, PROMPT) == 0)
            continue;
        if (strcmp(item->state, "running") == 0)
            item->state = wzp_script_status(item->script) == WZP_SCRIPT_PASSED ? "ended" : "failed";
        forget(item);
    }
}

static void on_over(void *context)
{
    struct wzp_scripts_item *item = context;
    struct wzp_scripts *s = item->owner;
    if (!s->reaper && !s->closing)
        (void)wzp_timer_start(&s->reaper, s->loop, 0, 0, on_reap, s);
}

static struct wzp_scripts_item *running(struct wzp_scripts *s, const char *name)
{
    for (size_t i = 0; i < WZP_SCRIPTS_MAX; i++)
        if (s->items[i].script && strcmp(s->items[i].name, name) == 0)
            return &s->items[i];
    return NULL;
}

/* A free place, else that of a script that has ended. NULL: all are running. */
static struct wzp_scripts_item *new_item(struct wzp_scripts *s, const char *name)
{
    struct wzp_scripts_item *found = NULL;
    for (size_t i = WZP_SCRIPTS_MAX; i-- > 0;)
        if (!s->items[i].script && (!found || !s->items[i].name[0] || found->name[0]))
            found = &s->items[i];
    for (size_t i = 0; i < WZP_SCRIPTS_MAX; i++) /* the place of a script of the same name */
        if (strcmp(s->items[i].name, name) == 0 && !s->items[i].script)
            found = &s->items[i];
    if (!found)
        return NULL;
    memset(found, 0, sizeof *found);
    found->owner = s;
    found->state = "failed";
    wzp_text_filter(found->name, sizeof found->name, name, strlen(name));
    return found;
}

static int begin(struct wzp_scripts_item *item, enum wzp_script_tier tier, const char *text,
                 size_t length, struct wzp_error *err)
{
    struct wzp_scripts *s = item->owner;
    const struct wzp_script_face face = {item, on_bind, on_unbind, on_item, on_ask, on_say};
    const struct wzp_script_config config = {.tier = tier,
                                             .name = item->name,
                                             .path = item->folder,
                                             .host = &s->host,
                                             .app = s->app,
                                             .face = &face,
                                             .print = on_print,
                                             .over = on_over,
                                             .context = item};
    int result = wzp_script_new(&item->script, &config, err);
    if (!result)
        result = wzp_script_load(item->script, text, length, err);
    if (!result) {
        item->state = "running";
        result = wzp_script_start(item->script, err);
    }
    if (result) {
        item->state = "failed";
        add_line(item, err->text);
        forget(item);
        return result;
    }
    if (wzp_script_is_over(item->script))
        on_over(item);
    return 0;
}

static int run_file(struct wzp_scripts *s, enum wzp_script_tier tier,
                    const struct wzp_host_file *file, const char *name, struct wzp_error *err)
{
    char *text, path[WZP_PATH_MAX];
    size_t length;
    if (running(s, name))
        return wzp_error_set(err, WZP_E_STATE, "%s is already running: stop %s first", name, name);
    int result = s->host.calls->file_path(s->host.context, path, file, err);
    if (!result)
        result = s->host.calls->file_read(s->host.context, &text, &length, file, err);
    if (result)
        return result;
    struct wzp_scripts_item *item = new_item(s, name);
    if (!item) {
        wzp_free(text);
        return wzp_error_set(err, WZP_E_LIMIT, "%d scripts are already running", WZP_SCRIPTS_MAX);
    }
    wzp_text_copy(item->path, sizeof item->path, path);
    wzp_script_path(item->folder, &s->host, item->path);
    result = begin(item, tier, text, length, err);
    wzp_free(text);
    return result;
}

void wzp_scripts_open(struct wzp_scripts *s, struct wzp_loop *l, const struct wzp_host *host,
                      struct wzp_app *app,
                      void (*tell)(void *context, enum wzp_style style, const char *sentence),
                      void *context)
{
    *s = (struct wzp_scripts){
        .loop = l, .host = *host, .app = app, .tell = tell, .context = context};
}

static int run_init(struct wzp_scripts *s, struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_CONFIG, "init.lua", FILE_MAX, false};
    return run_file(s, WZP_SCRIPT_CONFIG, &file, "init.lua", err);
}

void wzp_scripts_begin(struct wzp_scripts *s, struct wzp_tui *tui, bool init)
{
    struct wzp_error err = {0};
    s->tui = tui;
    int result = init ? run_init(s, &err) : 0;
    if (result && result != WZP_E_NOT_FOUND)
        s->tell(s->context, WZP_STYLE_WARN, err.text);
}

void wzp_scripts_close(struct wzp_scripts *s)
{
    s->closing = true;
    wzp_timer_close(s->reaper);
    s->reaper = NULL;
    for (size_t i = 0; i < WZP_SCRIPTS_MAX; i++)
        if (s->items[i].script)
            forget(&s->items[i]);
    s->tui = NULL;
}

/* ---- commands ---- */

static int run_named(struct wzp_scripts *s, const char *rest, struct wzp_error *err)
{
    const char *slash = strrchr(rest, '/');
    char own[WZP_PATH_MAX];
    struct wzp_host_file file = {WZP_PLACE_PATH, rest, FILE_MAX, false};
    if (!rest[0])
        return wzp_error_set(err, WZP_E_ARGUMENT, "run needs a file");
    if (!slash) { /* a name without a folder is in the person's folder */
        snprintf(own, sizeof own, strcmp(rest, "init.lua") == 0 ? "%.900s" : "scripts/%.900s",
                 rest);
        file = (struct wzp_host_file){WZP_PLACE_CONFIG, own, FILE_MAX, false};
    }
    return run_file(s, strcmp(rest, "init.lua") == 0 ? WZP_SCRIPT_CONFIG : WZP_SCRIPT_USER, &file,
                    slash ? slash + 1 : rest, err);
}

static int stop_named(struct wzp_scripts *s, const char *rest, struct wzp_error *err)
{
    struct wzp_scripts_item *item = running(s, rest);
    if (!item)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no script %.40s runs", rest);
    item->state = "stopped";
    wzp_script_stop(item->script);
    return 0;
}

/* Runs init.lua again, as the file is now. */
static int reload(struct wzp_scripts *s, struct wzp_error *err)
{
    struct wzp_scripts_item *item = running(s, "init.lua");
    if (item) {
        item->state = "stopped";
        forget(item);
    }
    return run_init(s, err);
}

static int reply(struct wzp_scripts *s, const char *rest, struct wzp_error *err)
{
    struct wzp_scripts_item *item = s->asks;
    if (!item)
        return wzp_error_set(err, WZP_E_STATE, "no script asks anything");
    s->asks = NULL;
    on_answer(item, s->question, rest);
    return 0;
}

/* The program that runs typed lines of code; it stays, so that they share their variables. */
static int find_prompt(struct wzp_scripts_item **out, struct wzp_scripts *s, struct wzp_error *err)
{
    *out = running(s, PROMPT);
    if (*out)
        return 0;
    *out = new_item(s, PROMPT);
    if (!*out)
        return wzp_error_set(err, WZP_E_LIMIT, "%d scripts are already running", WZP_SCRIPTS_MAX);
    wzp_script_path((*out)->folder, &s->host, (*out)->path);
    return begin(*out, WZP_SCRIPT_USER, "", 0, err);
}

static int run_code(struct wzp_scripts *s, const char *rest, struct wzp_error *err)
{
    struct wzp_scripts_item *item;
    int result = find_prompt(&item, s, err);
    if (!result)
        wzp_script_line(item->script, rest);
    return result;
}

size_t wzp_scripts_complete(struct wzp_scripts *s, const char *line,
                            void (*each)(void *context, const char *candidate, const char *help),
                            void *context)
{
    struct wzp_scripts_item *item;
    struct wzp_error err = {0};
    if (!s->app || strncmp(line, "lua ", 4) != 0 || find_prompt(&item, s, &err))
        return 0;
    return wzp_script_complete(item->script, line + 4, each, context);
}

static int press_key(struct wzp_scripts *s, const char *rest, wzp_session_id focus)
{
    unsigned place, number;
    if (sscanf(rest, "%u %u", &place, &number) == 2 && place < WZP_SCRIPTS_MAX &&
        s->items[place].script)
        wzp_script_key(s->items[place].script, number, focus);
    return 0;
}

int wzp_scripts_run(struct wzp_scripts *s, const char *line, wzp_session_id focus,
                    struct wzp_error *err)
{
    size_t length = strcspn(line, " ");
    const char *rest = line + length + strspn(line + length, " ");
    if (strncmp(line, "run", length) == 0 && length == 3)
        return run_named(s, rest, err);
    if (strncmp(line, "stop", length) == 0 && length == 4)
        return stop_named(s, rest, err);
    if (strncmp(line, "lua", length) == 0 && length == 3)
        return run_code(s, rest, err);
    if (strncmp(line, "reload", length) == 0 && length == 6)
        return reload(s, err);
    if (strncmp(line, "reply", length) == 0 && length == 5 && !s->tui)
        return reply(s, rest, err);
    if (strncmp(line, "script-key", length) == 0 && length == 10)
        return press_key(s, rest, focus);
    for (size_t i = 0; i < WZP_SCRIPTS_MAX; i++) {
        int result =
            s->items[i].script ? wzp_script_command(s->items[i].script, line, err) : WZP_E_UNKNOWN;
        if (result != WZP_E_UNKNOWN)
            return result;
    }
    return WZP_E_UNKNOWN;
}

bool wzp_scripts_command(size_t i, struct wzp_view_command *out)
{
    static const struct {
        const char *name, *arguments, *help;
    } rows[] = {{"run", "FILE", "runs a script in Lua beside the softphone"},
                {"stop", "NAME", "ends a script that runs"},
                {"lua", "CODE", "runs that code in Lua"},
                {"reload", "", "runs init.lua again, as it is now"}};
    if (i >= sizeof rows / sizeof rows[0])
        return false;
    *out = (struct wzp_view_command){.name = rows[i].name, .help = rows[i].help, .applies = true};
    wzp_text_copy(out->arguments, sizeof out->arguments, rows[i].arguments);
    return true;
}

/* ---- the screen ---- */

static struct wzp_scripts_item *item_at(struct wzp_scripts *s, size_t i)
{
    for (size_t k = 0; k < WZP_SCRIPTS_MAX; k++)
        if (s->items[k].name[0] && i-- == 0)
            return &s->items[k];
    return NULL;
}

static size_t item_count(const struct wzp_scripts *s)
{
    size_t count = 0;
    for (size_t k = 0; k < WZP_SCRIPTS_MAX; k++)
        count += s->items[k].name[0] != '\0';
    return count;
}

static bool has_item(const struct wzp_scripts *s, const char *name)
{
    for (size_t k = 0; k < WZP_SCRIPTS_MAX; k++)
        if (strcmp(s->items[k].name, name) == 0)
            return true;
    return false;
}

static int is_lua(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && length < 64 &&
           strcmp(entry->d_name + length - 4, ".lua") == 0;
}

/* The n-th file in the person's folder that has not run yet. */
static bool file_at(struct wzp_scripts *s, size_t n, char name[64])
{
    const struct wzp_host_file own = {WZP_PLACE_CONFIG, "scripts", 0, false};
    char folder[WZP_PATH_MAX];
    struct dirent **entries;
    bool found = false;
    if (s->host.calls->file_path(s->host.context, folder, &own, NULL))
        return false;
    int count = scandir(folder, &entries, is_lua, alphasort);
    for (int i = 0; i < count; i++) {
        if (!found && !has_item(s, entries[i]->d_name) && n-- == 0) {
            found = true;
            wzp_text_copy(name, 64, entries[i]->d_name);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

bool wzp_scripts_row(struct wzp_scripts *s, size_t i, struct wzp_view_script *out)
{
    const struct wzp_scripts_item *item = item_at(s, i);
    *out = (struct wzp_view_script){0};
    if (!item) {
        if (!file_at(s, i - item_count(s), out->name))
            return false;
        wzp_text_copy(out->state, sizeof out->state, "");
        return true;
    }
    wzp_text_copy(out->name, sizeof out->name, item->name);
    bool failed = item->script && wzp_script_status(item->script) != WZP_SCRIPT_PASSED;
    wzp_text_copy(out->state, sizeof out->state, failed ? "failed" : item->state);
    out->running = item->script != NULL;
    (void)wzp_scripts_line(s, i, 0, out->help, sizeof out->help);
    return true;
}

bool wzp_scripts_line(struct wzp_scripts *s, size_t i, size_t n, char *out, size_t capacity)
{
    const struct wzp_scripts_item *item = item_at(s, i);
    if (!item || n >= item->line_count || n >= WZP_SCRIPTS_LINES)
        return false;
    wzp_text_copy(out, capacity, item->lines[(item->line_count - 1 - n) % WZP_SCRIPTS_LINES]);
    return true;
}

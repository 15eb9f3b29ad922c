/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/init_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "wzp_build.h"

#define SCRIPT_MAX (1u << 20)

static void on_say(void *context, const char *line)
{
    struct wzp_init_script *s = context;
    /* On a screen the rest of a traceback is in the log. */
    if (!s->face.bind || (line[0] != ' ' && strcmp(line, "stack traceback:") != 0))
        s->tell(s->context, false, line);
}

static void on_print(void *context, const char *line)
{
    struct wzp_init_script *s = context;
    char safe[512];
    wzp_text_filter(safe, sizeof safe, line, strlen(line));
    s->tell(s->context, false, safe);
}

static int on_ask(void *context, unsigned number, const char *question)
{
    struct wzp_init_script *s = context;
    char text[600];
    s->question = number;
    snprintf(text, sizeof text, "%s (answer with: reply TEXT)", question);
    s->tell(s->context, false, text);
    return 0;
}

static int on_bind(void *context, unsigned number, const char *view, const char *key,
                   const char *help)
{
    struct wzp_init_script *s = context;
    return s->face.bind(s->face.context, number, view, key, help);
}

static void on_unbind(void *context, unsigned number)
{
    struct wzp_init_script *s = context;
    if (s->face.unbind)
        s->face.unbind(s->face.context, number);
}

static void on_item(void *context, const char *name, const char *text)
{
    struct wzp_init_script *s = context;
    s->face.item(s->face.context, name, text);
}

static void make_path(struct wzp_init_script *s)
{
    const struct wzp_host_file own = {WZP_PLACE_CONFIG, "scripts", 0, false};
    char folder[WZP_PATH_MAX];
    struct wzp_error err = {0};
    if (s->host.calls->file_path(s->host.context, folder, &own, &err))
        snprintf(s->path, sizeof s->path, "%s/lua/?.lua", WZP_DATA_DIR);
    else
        snprintf(s->path, sizeof s->path, "%s/?.lua;%s/lua/?.lua", folder, WZP_DATA_DIR);
}

static int start(struct wzp_init_script *s, const char *text, size_t length, struct wzp_error *err)
{
    const struct wzp_script_face face = {.context = s,
                                         .bind = s->face.bind ? on_bind : NULL,
                                         .unbind = on_unbind,
                                         .item = s->face.item ? on_item : NULL,
                                         .ask = on_ask,
                                         .say = on_say};
    const struct wzp_script_config config = {.tier = WZP_SCRIPT_CONFIG,
                                             .name = "init.lua",
                                             .path = s->path,
                                             .host = &s->host,
                                             .app = s->app,
                                             .face = &face,
                                             .print = on_print,
                                             .context = s};
    int result = wzp_script_new(&s->script, &config, err);
    if (!result)
        result = wzp_script_load(s->script, text, length, err);
    if (!result)
        result = wzp_script_start(s->script, err);
    if (result) {
        wzp_script_free(s->script);
        s->script = NULL;
    }
    return result;
}

static void read_file(struct wzp_init_script *s)
{
    const struct wzp_host_file file = {WZP_PLACE_CONFIG, "init.lua", SCRIPT_MAX, false};
    struct wzp_error err = {0};
    char *text;
    size_t length;
    int result = s->host.calls->file_read(s->host.context, &text, &length, &file, &err);
    s->there = result == 0;
    if (!result) {
        result = start(s, text, length, &err);
        wzp_free(text);
    } else if (result == WZP_E_NOT_FOUND) {
        return;
    }
    if (result)
        s->tell(s->context, true, err.text);
}

void wzp_init_script_open(struct wzp_init_script *s, const struct wzp_host *host,
                          struct wzp_app *app, const struct wzp_script_face *face,
                          void (*tell)(void *context, bool bad, const char *text), void *context)
{
    *s = (struct wzp_init_script){.host = *host, .app = app, .tell = tell, .context = context};
    if (face)
        s->face = *face;
    make_path(s);
    read_file(s);
}

void wzp_init_script_close(struct wzp_init_script *s)
{
    wzp_script_free(s->script);
    s->script = NULL;
    s->app = NULL;
}

int wzp_init_script_run(struct wzp_init_script *s, const char *line, wzp_session_id session,
                        struct wzp_error *err)
{
    if (!s->app)
        return wzp_error_set(err, WZP_E_UNKNOWN, "there is no such command");
    if (strcmp(line, "reload") == 0) {
        wzp_script_free(s->script);
        s->script = NULL;
        s->question = 0;
        read_file(s);
        return s->there ? 0 : wzp_error_set(err, WZP_E_NOT_FOUND, "there is no init.lua");
    }
    /* Without an init.lua there is still Lua. */
    if (!s->script && strncmp(line, "lua ", 4) == 0 && start(s, "", 0, err))
        return err->code;
    if (!s->script)
        return wzp_error_set(err, WZP_E_UNKNOWN, "there is no such command");
    if (strncmp(line, "reply ", 6) == 0) {
        if (!s->question)
            return wzp_error_set(err, WZP_E_STATE, "no script has asked anything");
        wzp_script_answer(s->script, s->question, line + 6);
        s->question = 0;
        return 0;
    }
    if (strncmp(line, "lua ", 4) == 0) {
        wzp_script_line(s->script, line + 4);
        return 0;
    }
    if (strncmp(line, "script-key ", 11) == 0) {
        wzp_script_key(s->script, (unsigned)strtoul(line + 11, NULL, 10), session);
        return 0;
    }
    return wzp_script_command(s->script, line, err);
}

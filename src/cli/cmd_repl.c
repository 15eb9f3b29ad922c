/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp repl: runs lines of Lua as they are typed, with completion and a history of earlier lines.
 * wzp record-script: records the commands for a softphone as a script. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/prompt.h"
#include "cli/script_stand.h"

struct values {
    struct wzp_client_options client;
};
const struct wzp_option wzp_repl_options[] = {
    WZP_CLIENT_SETTING(struct values, "relay", 'r', "HOST[:PORT]", "relay"),
    WZP_CLIENT_ROW(struct values, "config", 'C', STRING, "FILE", config,
                   "read FILE instead of config.toml"),
    WZP_CLIENT_TRACE_ROWS(struct values),
    {0}};

#define HISTORY_BYTES (64u * 1024)
static const struct wzp_host_file history = {WZP_PLACE_STATE, "lua_history", 1u << 20, true};

struct repl {
    struct wzp_script_stand stand;
    struct wzp_prompt prompt;
    struct wzp_lines *lines;
    char pending[8192]; /* lines of an incomplete statement */
    const char *file;   /* the script that is recorded; NULL: wzp repl */
};

static void on_print(void *context, const char *line)
{
    struct repl *r = context; /* the stand is its first member */
    wzp_prompt_print(&r->prompt, line);
}

/* ---- earlier lines ---- */

static void recall_history(struct repl *r)
{
    char *text;
    size_t length;
    if (r->stand.host.calls->file_read(r->stand.host.context, &text, &length, &history, NULL))
        return;
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end)
            break;
        *end = 0;
        wzp_line_set(&r->prompt.line, line);
        wzp_line_remember(&r->prompt.line);
    }
    wzp_free(text);
}

/* Makes the new history: the newest lines of the old one, and the new line. */
static int add_line(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                    struct wzp_error *err)
{
    const char *line = owner;
    size_t from = old_length > HISTORY_BYTES ? old_length - HISTORY_BYTES : 0;
    if (from > 0) {
        const char *end = memchr(old + from, '\n', old_length - from);
        from = end ? (size_t)(end + 1 - old) : old_length;
    }
    size_t kept = old_length - from, length = strlen(line);
    *out = wzp_alloc(kept + length + 2);
    if (!*out)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(*out, old + from, kept);
    memcpy(*out + kept, line, length);
    (*out)[kept + length] = '\n';
    (*out)[kept + length + 1] = 0;
    *out_length = kept + length + 1;
    return 0;
}

/* ---- lines ---- */

/* Adds a line to the pending ones; true when together they are complete and can be run. */
static bool gather(struct repl *r, const char *line)
{
    size_t at = strlen(r->pending);
    int length = snprintf(r->pending + at, sizeof r->pending - at, "%s%s", at ? "\n" : "", line);
    bool whole = length < 0 || (size_t)length >= sizeof r->pending - at ||
                 !wzp_script_line_goes_on(r->stand.script, r->pending);
    r->prompt.text = whole ? "> " : ">> ";
    return whole;
}

static void run_pending(struct repl *r)
{
    if (r->pending[0])
        wzp_script_line(r->stand.script, r->pending);
    r->pending[0] = 0;
}

static void on_line(void *context, const char *line)
{
    struct repl *r = context;
    if (!line) {
        run_pending(r); /* the error says what is missing */
        wzp_script_stop(r->stand.script);
        return;
    }
    if (!line[strspn(line, " \t")])
        return;
    if (r->prompt.is_open)
        (void)r->stand.host.calls->file_update(r->stand.host.context, &history, add_line,
                                               (void *)(uintptr_t)line, NULL);
    if (gather(r, line))
        run_pending(r);
}

/* Passes a typed command to the recording program, as a text. */
static void on_word(void *context, const char *line)
{
    struct repl *r = context;
    char call[2200] = "typed('";
    size_t at = strlen(call);
    for (line = line ? line : "quit"; *line && at + 8 < sizeof call; line++)
        at += (size_t)snprintf(call + at, sizeof call - at, "\\x%02x", (unsigned char)*line);
    snprintf(call + at, sizeof call - at, "')");
    wzp_script_line(r->stand.script, call);
}

static size_t complete(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner)
{
    struct repl *r = context;
    return wzp_script_complete(r->stand.script, line, each, owner);
}

/* ---- life ---- */

static int start_script(struct repl *r, struct wzp_error *err)
{
    const char *text = r->file ? "require('recorder')(arg[1])" : "wzp.forever()";
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_TEST,
        .name = r->file ? "record-script" : "repl",
        .arguments = &r->file,
        .argument_count = r->file ? 1 : 0,
        .path = r->stand.path,
        .host = &r->stand.host,
        .relay = r->stand.settings.relay[0] ? r->stand.settings.relay : NULL,
        .print = on_print,
        .over = wzp_script_stand_over,
        .interrupted = wzp_script_stand_interrupted,
        .context = r};
    int result = wzp_script_new(&r->stand.script, &config, err);
    if (!result)
        result = wzp_script_load(r->stand.script, text, strlen(text), err);
    return result ? result : wzp_script_start(r->stand.script, err);
}

static int play(struct repl *r, const struct values *v, struct wzp_error *err)
{
    int result = wzp_script_stand_open(&r->stand, &v->client, "", err);
    if (!result && r->file && !r->stand.settings.relay[0])
        result = wzp_error_set(err, WZP_E_STATE,
                               "no relay: use --relay HOST:PORT, or set relay in config.toml");
    if (!result)
        result = start_script(r, err);
    if (result)
        return result;
    r->prompt.text = "> ";
    r->prompt.done = on_line;
    r->prompt.complete = complete;
    r->prompt.context = r;
    if (r->file) {
        result = wzp_lines_start(&r->lines, r->stand.loop, STDIN_FILENO, on_word, r);
        if (result)
            return wzp_error_set(err, result, "cannot read standard input");
        wzp_loop_run(r->stand.loop);
        return wzp_script_status(r->stand.script) == WZP_SCRIPT_PASSED
                   ? 0
                   : wzp_error_set(err, WZP_E_STATE, "nothing was recorded");
    }
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (terminal)
        recall_history(r);
    if (!terminal || wzp_prompt_open(&r->prompt, r->stand.loop, err))
        result = wzp_lines_start(&r->lines, r->stand.loop, STDIN_FILENO, on_line, r);
    if (result)
        return wzp_error_set(err, result, "cannot read standard input");
    wzp_loop_run(r->stand.loop);
    return 0;
}

static int run(const char *name, const struct values *v, const char *file)
{
    struct wzp_error err = {0};
    struct repl *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_command_usage(name, "out of memory");
    r->file = file;
    int result = play(r, v, &err);
    wzp_prompt_close(&r->prompt);
    int status = result ? wzp_command_fail(name, WZP_EXIT_USAGE, &err) : WZP_EXIT_DONE;
    wzp_lines_close(r->lines);
    wzp_script_stand_close(&r->stand);
    wzp_free(r);
    return status;
}

int wzp_cmd_repl(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("repl", wzp_repl_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("repl", "repl takes no arguments");
    return run("repl", &v, NULL);
}

int wzp_cmd_record_script(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("record-script", wzp_repl_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 1)
        return wzp_command_usage("record-script", "give the FILE.lua to write");
    return run("record-script", &v, operands.items[0]);
}

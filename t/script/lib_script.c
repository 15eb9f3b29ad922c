/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "script/lib_script.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static void add_line(char *out, size_t *length, const char *line)
{
    size_t room = PLAY_OUTPUT_MAX - *length;
    int count = snprintf(out + *length, room, "%s\n", line);
    *length += count > 0 && (size_t)count < room ? (size_t)count : 0;
}

static void on_print(void *context, const char *line)
{
    struct play *p = context;
    add_line(p->output, &p->length, line);
}

static void on_log(void *context, enum wzp_log_level level, const char *line)
{
    struct play *p = context;
    (void)level;
    if (strncmp(line, "script: ", 8) == 0)
        add_line(p->log, &p->log_length, line + 8);
}

static void on_over(void *context)
{
    ((struct play *)context)->over = true;
}

void play_open(struct play *p)
{
    struct wzp_sim_host *host;
    const struct wzp_log log = {on_log, p, WZP_LOG_DEBUG};
    memset(p, 0, sizeof *p);
    if (wzp_sim_new(&p->sim, 1) || wzp_sim_host_add(p->sim, &host, "here"))
        bail("no world");
    wzp_sim_machine_init(&p->machine, p->sim, host);
    wzp_sim_machine_host(&p->host, &p->machine, &log);
}

int play_load(struct play *p, const struct wzp_script_config *config, const char *text)
{
    struct wzp_script_config wanted = {
        .tier = WZP_SCRIPT_TEST, .tap = true, .in_virtual_time = true, .seed = 1};
    if (config)
        wanted = *config;
    if (!wanted.name)
        wanted.name = "test.lua";
    wanted.host = &p->host;
    wanted.print = on_print;
    wanted.over = on_over;
    wanted.context = p;
    p->length = p->log_length = 0;
    p->output[0] = p->log[0] = 0;
    p->over = false;
    p->err = (struct wzp_error){0};
    int result = wzp_script_new(&p->script, &wanted, &p->err);
    if (!result)
        result = wzp_script_load(p->script, text, strlen(text), &p->err);
    return result;
}

void play_run(struct play *p)
{
    if (wzp_script_start(p->script, &p->err) == 0)
        wzp_script_run(p->script);
}

void play_end(struct play *p)
{
    if (p->script) {
        wzp_script_finish(p->script);
        p->status = (int)wzp_script_status(p->script);
    }
    wzp_script_free(p->script);
    p->script = NULL;
}

void play_close(struct play *p)
{
    wzp_sim_machine_fini(&p->machine);
    wzp_sim_free(p->sim);
    p->sim = NULL;
}

int play(struct play *p, const char *text)
{
    play_open(p);
    int result = play_load(p, NULL, text);
    if (!result)
        play_run(p);
    play_end(p);
    play_close(p);
    return result ? result : p->status;
}

bool play_says(const struct play *p, const char *what)
{
    return strstr(p->output, what);
}

bool play_logs(const struct play *p, const char *what)
{
    return strstr(p->log, what);
}

static struct play file_play;

/* True for the lines of a failed script's output that a person needs first. */
static bool is_telling(const char *line)
{
    static const char *const words[] = {"not ok", "at:", "expected:", "got:", "message:", "[C]"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(line, words[i], strlen(words[i])) == 0)
            return true;
    return strstr(line, ".lua:");
}

/* Makes the shipped examples available to require(), as `examples.echo`. */
static void put_examples(struct play *p)
{
    glob_t found;
    if (glob(tap_source_path("lua/examples/*.lua"), 0, NULL, &found))
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t length;
        char *text = tap_read_file(found.gl_pathv[i], &length);
        const char *name = strstr(found.gl_pathv[i], "lua/examples/");
        wzp_sim_machine_put(&p->machine, WZP_PLACE_PATH, name, text, length);
        free(text);
    }
    globfree(&found);
}

static void run_file(const char *path)
{
    size_t length;
    const char *slash = strrchr(path, '/');
    char *text = tap_read_file(path, &length);
    struct wzp_script_config config = {.tier = WZP_SCRIPT_TEST,
                                       .tap = true,
                                       .in_virtual_time = true,
                                       .seed = 1,
                                       .path = "lua/?.lua",
                                       .name = slash ? slash + 1 : path};
    play_open(&file_play);
    put_examples(&file_play);
    int result = play_load(&file_play, &config, text);
    free(text);
    if (!result)
        play_run(&file_play);
    play_end(&file_play);
    play_close(&file_play);
    bool passed = !result && file_play.status == WZP_SCRIPT_PASSED && file_play.over;
    ok(passed, "%s passes%s%s", config.name, file_play.err.text[0] ? ": " : "", file_play.err.text);
    if (passed)
        return;
    for (char *line = strtok(file_play.output, "\n"); line; line = strtok(NULL, "\n"))
        if (is_telling(line + strspn(line, " ")))
            note("%s", line);
    for (char *line = strtok(file_play.log, "\n"); line; line = strtok(NULL, "\n"))
        note("log: %s", line);
}

void play_files(const char *pattern)
{
    glob_t found;
    const char *only = getenv("WZP_SCRIPT");
    if (glob(tap_source_path(pattern), 0, NULL, &found))
        bail("no scripts");
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!only || strstr(found.gl_pathv[i], only))
            run_file(found.gl_pathv[i]);
    globfree(&found);
}

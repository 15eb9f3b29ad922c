/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp run SCRIPT: runs a program in Lua, on real networks or in a simulation in virtual time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/script_stand.h"

#define SCRIPT_MAX (4u << 20)

struct values {
    struct wzp_client_options client;
    bool tap, in_virtual_time, in_real_time, in_spaces;
    const char *junit;
    unsigned seed;
};
const struct wzp_option wzp_run_options[] = {
    {"tap", 0, WZP_OPTION_FLAG, NULL, offsetof(struct values, tap), 0, 0,
     "print results as TAP, and run in virtual time unless the plan says otherwise", NULL},
    {"virtual", 0, WZP_OPTION_FLAG, NULL, offsetof(struct values, in_virtual_time), 0, 0,
     "run in virtual time", NULL},
    {"real", 0, WZP_OPTION_FLAG, NULL, offsetof(struct values, in_real_time), 0, 0,
     "run in real time, also with --tap", NULL},
    {"namespaces", 0, WZP_OPTION_FLAG, NULL, offsetof(struct values, in_spaces), 0, 0,
     "laboratories are network namespaces with real sockets, in real time (needs root)", NULL},
    {"seed", 0, WZP_OPTION_NUMBER, "N", offsetof(struct values, seed), 0, 0,
     "seed of virtual time, as a failure printed it (default: the plan's, else a new one each "
     "time)",
     NULL},
    {"junit", 0, WZP_OPTION_STRING, "FILE", offsetof(struct values, junit), 0, 0,
     "also write the results for a build server", NULL},
    WZP_CLIENT_SETTING(struct values, "relay", 'r', "HOST[:PORT]", "relay"),
    WZP_CLIENT_ROW(struct values, "config", 'C', STRING, "FILE", config,
                   "read FILE instead of config.toml"),
    WZP_CLIENT_TRACE_ROWS(struct values),
    {0}};

struct run {
    struct wzp_script_stand stand;
    const struct values *values;
    FILE *junit;
    int status;
};

static void on_print(void *context, const char *line)
{
    (void)context;
    puts(line);
    fflush(stdout);
}

static int load(struct run *r, const struct wzp_operands *o, struct wzp_error *err)
{
    const struct values *v = r->values;
    const struct wzp_host_file file = {WZP_PLACE_PATH, o->items[0], SCRIPT_MAX, false};
    char *text;
    size_t length;
    const struct wzp_script_spaces spaces = wzp_script_stand_spaces(&r->stand);
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_TEST,
        .name = o->items[0],
        .path = r->stand.path,
        .host = &r->stand.host,
        .in_virtual_time = (v->tap || v->in_virtual_time) && !v->in_real_time && !v->in_spaces,
        .in_spaces = v->in_spaces,
        .spaces = &spaces,
        .tap = v->tap,
        .seed = v->seed,
        .arguments = o->items + 1,
        .argument_count = o->count - 1,
        .relay = r->stand.settings.relay[0] ? r->stand.settings.relay : NULL,
        .print = on_print,
        .over = wzp_script_stand_over,
        .interrupted = wzp_script_stand_interrupted,
        .context = &r->stand};
    int result = r->stand.host.calls->file_read(r->stand.host.context, &text, &length, &file, err);
    if (result)
        return result;
    result = wzp_script_new(&r->stand.script, &config, err);
    if (!result)
        result = wzp_script_load(r->stand.script, text, length, err);
    wzp_free(text);
    return result;
}

static int junit_failed(const struct run *r, int result, struct wzp_error *err)
{
    return wzp_error_set(err, result, "cannot write %s: %s", r->values->junit,
                         result == WZP_E_IO ? strerror(errno) : wzp_strerror(result));
}

/* Opens the result file before the script runs, so that results are not lost after an hour because
 * it cannot be written. */
static int open_junit(struct run *r, struct wzp_error *err)
{
    if (!r->values->junit)
        return 0;
    r->junit = fopen(r->values->junit, "we");
    return r->junit ? 0 : junit_failed(r, WZP_E_IO, err);
}

static int write_junit(struct run *r, struct wzp_error *err)
{
    if (!r->junit)
        return 0;
    int result = wzp_script_junit(r->stand.script, r->junit);
    if (fclose(r->junit) && !result)
        result = WZP_E_IO;
    r->junit = NULL;
    return result ? junit_failed(r, result, err) : 0;
}

static int play(struct run *r, const struct wzp_operands *o, struct wzp_error *err)
{
    int result = wzp_script_stand_open(&r->stand, &r->values->client, o->items[0], err);
    if (!result)
        result = load(r, o, err);
    if (!result)
        result = open_junit(r, err);
    if (!result)
        result = wzp_script_start(r->stand.script, err);
    if (result)
        return result;
    if (!wzp_script_run(r->stand.script) && !wzp_script_is_over(r->stand.script))
        wzp_loop_run(r->stand.loop);
    wzp_script_finish(r->stand.script);
    r->status = (int)wzp_script_status(r->stand.script);
    return write_junit(r, err);
}

int wzp_cmd_run(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("run", wzp_run_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count < 1)
        return wzp_command_usage("run", "give a SCRIPT");
    struct run *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_command_usage("run", "out of memory");
    r->values = &v;
    status = play(r, &operands, &err) ? wzp_command_fail("run", WZP_EXIT_USAGE, &err) : r->status;
    /* prove(1) counts any exit status as a failure, whatever the TAP plan says. */
    if (status == WZP_SCRIPT_SKIPPED && getenv("HARNESS_ACTIVE"))
        status = WZP_EXIT_DONE;
    if (r->junit)
        fclose(r->junit);
    wzp_script_stand_close(&r->stand);
    wzp_free(r);
    return status;
}

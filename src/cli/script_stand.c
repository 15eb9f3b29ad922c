/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/script_stand.h"

#include <stdio.h>
#include <string.h>

#include "cli/process.h"
#include "loop/space.h"

void wzp_script_path(char out[WZP_SCRIPT_PATH_MAX], const struct wzp_host *host, const char *script)
{
    const struct wzp_host_file own = {WZP_PLACE_CONFIG, "scripts", 0, false};
    char folder[WZP_PATH_MAX] = "";
    char ours[WZP_PROCESS_LUA_PATH_MAX];
    const char *slash = strrchr(script, '/');
    wzp_process_lua_path(ours);
    if (host->calls->file_path(host->context, folder, &own, NULL))
        folder[0] = '\0';
    snprintf(out, WZP_SCRIPT_PATH_MAX, "%.*s/?.lua;%s%s%s", slash ? (int)(slash - script) : 1,
             slash ? script : ".", folder, folder[0] ? "/?.lua;" : "", ours);
}

static void on_interrupt(void *context, int number)
{
    const struct wzp_script_stand *s = context;
    (void)number;
    if (s->script)
        wzp_script_stop(s->script);
    else
        wzp_loop_stop(s->loop);
}

int wzp_script_stand_open(struct wzp_script_stand *s, const struct wzp_client_options *options,
                          const char *script, struct wzp_error *err)
{
    int result = wzp_trace_init(&s->trace, options->verbose, options->log, options->qlog, err);
    if (!result)
        result = wzp_client_settings(&s->settings, options, err);
    if (!result)
        result = wzp_loop_new(&s->loop, err);
    if (result)
        return result;
    const struct wzp_log log = wzp_trace_log(&s->trace);
    wzp_loop_host(&s->host, s->loop, &log);
    wzp_script_path(s->path, &s->host, script);
    return wzp_interrupts_start(&s->interrupts, s->loop, on_interrupt, s, err);
}

struct wzp_script_spaces wzp_script_stand_spaces(const struct wzp_script_stand *s)
{
    return (struct wzp_script_spaces){.loop = s->loop,
                                      .open = wzp_space_new,
                                      .close = wzp_space_free,
                                      .path = wzp_space_path,
                                      .run = wzp_space_run,
                                      .set = wzp_space_set,
                                      .tunnel = wzp_space_tunnel,
                                      .send = wzp_space_send,
                                      .forget_flows = wzp_space_forget_flows,
                                      .host = wzp_space_host};
}

void wzp_script_stand_over(void *context)
{
    wzp_loop_stop(((struct wzp_script_stand *)context)->loop);
}

bool wzp_script_stand_interrupted(void *context)
{
    (void)context;
    return wzp_interrupts_seen();
}

void wzp_script_stand_close(struct wzp_script_stand *s)
{
    wzp_script_free(s->script);
    wzp_interrupts_close(&s->interrupts);
    wzp_loop_free(s->loop);
    wzp_trace_fini(&s->trace);
    s->script = NULL;
    s->loop = NULL;
}

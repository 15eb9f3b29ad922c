/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A stand: what a Lua program needs when it does not run beside a softphone (wzp run, repl,
 * record-script): settings, log, loop, host, and the signals that end it. */
#ifndef WZP_CLI_SCRIPT_STAND_H
#define WZP_CLI_SCRIPT_STAND_H

#include "app/settings.h"
#include "cli/client_options.h"
#include "cli/process.h"
#include "cli/trace.h"
#include "cli/waiting.h"
#include "loop/host.h"
#include "script/script.h"

#define WZP_SCRIPT_PATH_MAX (2 * WZP_PATH_MAX + WZP_PROCESS_LUA_PATH_MAX)

struct wzp_script_stand {
    struct wzp_settings settings;
    struct wzp_trace trace;
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_interrupts interrupts;
    struct wzp_script *script; /* made by the command; an interrupt stops it */
    char path[WZP_SCRIPT_PATH_MAX];
};
/* Opens a stand. s must be all zero, and must be closed also after an error. script: the file that
 * will run, as typed; "" for code that is typed. WZP_E_* with a sentence. */
int wzp_script_stand_open(struct wzp_script_stand *s, const struct wzp_client_options *options,
                          const char *script, struct wzp_error *err);
/* For a script's configuration: the functions that make machines of network namespaces. */
struct wzp_script_spaces wzp_script_stand_spaces(const struct wzp_script_stand *s);
/* For a script's configuration: ends the loop. context is the stand. */
void wzp_script_stand_over(void *context);
/* For a script's configuration: has a signal arrived that ends the script? */
bool wzp_script_stand_interrupted(void *context);
void wzp_script_stand_close(struct wzp_script_stand *s);

/* The search path of `require`: the script's folder, the person's folder, our modules. */
void wzp_script_path(char out[WZP_SCRIPT_PATH_MAX], const struct wzp_host *host,
                     const char *script);

#endif

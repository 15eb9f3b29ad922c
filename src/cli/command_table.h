/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of wzp as a table: dispatch, help, completion and the tests against the man page
 * read the same rows. */
#ifndef WZP_CLI_COMMAND_TABLE_H
#define WZP_CLI_COMMAND_TABLE_H

#include "cli/options.h"

struct wzp_command {
    const char *name;
    const char *synopsis;              /* operands, as the first help line shows them */
    const char *help;                  /* one line */
    const struct wzp_option *options;  /* NULL: none */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns a wzp_exit */
    const char *manual;                /* the page about it */
};
/* Ends with a row whose name is NULL. */
extern const struct wzp_command wzp_commands[];

/* The commands, each in cmd_*.c. */
int wzp_cmd_identity(int argc, char **argv);
int wzp_cmd_ping(int argc, char **argv);
int wzp_cmd_call(int argc, char **argv);
int wzp_cmd_answer(int argc, char **argv);
int wzp_cmd_room(int argc, char **argv);
int wzp_cmd_echo(int argc, char **argv);
int wzp_cmd_contacts(int argc, char **argv);
int wzp_cmd_history(int argc, char **argv);
int wzp_cmd_devices(int argc, char **argv);
int wzp_cmd_demo(int argc, char **argv);
int wzp_cmd_relay(int argc, char **argv);
int wzp_cmd_netcheck(int argc, char **argv);
int wzp_cmd_analyze(int argc, char **argv);
int wzp_cmd_paths(int argc, char **argv);
int wzp_cmd_ctl(int argc, char **argv);
int wzp_cmd_run(int argc, char **argv);
int wzp_cmd_repl(int argc, char **argv);
int wzp_cmd_record_script(int argc, char **argv);
extern const struct wzp_option wzp_identity_options[], wzp_ping_options[], wzp_call_options[],
    wzp_answer_options[], wzp_room_options[], wzp_echo_options[], wzp_contacts_options[],
    wzp_history_options[], wzp_devices_options[], wzp_demo_options[], wzp_relay_options[],
    wzp_paths_options[], wzp_ctl_options[], wzp_netcheck_options[], wzp_run_options[],
    wzp_repl_options[], wzp_analyze_options[];

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of wzp as a table: dispatch, help and the tests against the man page read the same
 * rows. Source: design.md 4.6, 5. */
#ifndef WZP_CLI_COMMAND_H
#define WZP_CLI_COMMAND_H

#include "cli/options.h"

struct wzp_command {
    const char *name;
    const char *synopsis;              /* operands, as the first help line shows them */
    const char *help;                  /* one line */
    const struct wzp_option *options;  /* NULL: none */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns a wzp_exit */
};
/* Ends with a row whose name is NULL. */
extern const struct wzp_command wzp_commands[];

/* Dispatches argv[1]; returns the exit status. */
int wzp_command_main(int argc, char **argv);
/* Prints a command's help. */
void wzp_command_help(FILE *out, const struct wzp_command *command);
/* Says one sentence on stderr as "wzp NAME: sentence" and returns status. */
int wzp_command_fail(const char *name, int status, const struct wzp_error *err);
/* A usage sentence, with a hint to the help. Returns WZP_EXIT_USAGE. */
int wzp_command_usage(const char *name, const char *sentence);
/* Parses with the command's own table and answers --help. Returns -1 to go on, else an exit status.
 */
int wzp_command_parse(const char *name, const struct wzp_option *table, void *values, int argc,
                      char **argv, struct wzp_operands *operands);
/* What a WZP_E_* means as exit status. */
int wzp_exit_of(int code);

/* Lets the softphone that runs do a command with its arguments (o->items[0] is its name) and prints
 * the answer; returns the exit status. */
int wzp_ctl_do(const char *name, const struct wzp_operands *o, bool as_json, double timeout);

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
int wzp_cmd_paths(int argc, char **argv);
int wzp_cmd_ctl(int argc, char **argv);
extern const struct wzp_option wzp_identity_options[], wzp_ping_options[], wzp_call_options[],
    wzp_answer_options[], wzp_room_options[], wzp_echo_options[], wzp_contacts_options[],
    wzp_history_options[], wzp_devices_options[], wzp_demo_options[], wzp_relay_options[],
    wzp_paths_options[], wzp_ctl_options[];

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dispatch and help of wzp, from the table of its commands; what commands share. */
#ifndef WZP_CLI_COMMAND_H
#define WZP_CLI_COMMAND_H

#include "cli/command_table.h"

/* Dispatches argv[1]; returns the exit status. */
int wzp_command_main(int argc, char **argv);
/* Prints one sentence to stderr as "wzp NAME: sentence" and returns status. */
int wzp_command_fail(const char *name, int status, const struct wzp_error *err);
/* Prints a usage error, with a hint to the help. Returns WZP_EXIT_USAGE. */
int wzp_command_usage(const char *name, const char *sentence);
/* Parses with the command's own table and answers --help. Returns -1 to go on, else an exit status.
 */
int wzp_command_parse(const char *name, const struct wzp_option *table, void *values, int argc,
                      char **argv, struct wzp_operands *operands);

/* Gives a command with its arguments (o->items[0] is its name) to the running softphone and prints
 * the answer; returns the exit status. */
int wzp_ctl_do(const char *name, const struct wzp_operands *o, bool as_json, double timeout);

#endif

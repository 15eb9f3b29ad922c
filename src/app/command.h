/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A command line as a command with its arguments: for callers that examine them before the command
 * is run. */
#ifndef WZP_APP_COMMAND_H
#define WZP_APP_COMMAND_H

#include "wzp/app.h"

#define WZP_COMMAND_LINE_MAX 1024 /* bytes with the final 0 */

struct wzp_command_line {
    const struct wzp_app_command *command;
    /* one more than any command takes, so that a superfluous one is noticed */
    const char *arguments[WZP_ARGUMENTS_MAX + 1];
    size_t count;
    char text[WZP_COMMAND_LINE_MAX]; /* the memory that the arguments point into */
};
/* Reads "call Ann"; words are separated by blanks, quotes keep several together. out must not be
 * moved or copied afterwards. WZP_E_TOO_BIG, WZP_E_ARGUMENT, WZP_E_UNKNOWN with the nearest
 * command. */
int wzp_command_line_read(struct wzp_command_line *out, const char *line, struct wzp_error *err);

#endif

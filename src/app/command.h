/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A line of words as a command with its arguments: for who looks at them before they are carried
 * out. */
#ifndef WZP_APP_COMMAND_H
#define WZP_APP_COMMAND_H

#include "wzp/app.h"

#define WZP_COMMAND_LINE_MAX 1024 /* bytes with the final 0 */

struct wzp_command_line {
    const struct wzp_app_command *command;
    const char *arguments[WZP_ARGUMENTS_MAX + 1]; /* one more than any command takes: told */
    size_t count;
    char text[WZP_COMMAND_LINE_MAX]; /* what the arguments point into */
};
/* Reads "call Ann"; words are parted by blanks, quotes hold one together. out is not moved
 * afterwards. WZP_E_TOO_BIG, WZP_E_ARGUMENT, WZP_E_UNKNOWN with the nearest command. */
int wzp_command_line_read(struct wzp_command_line *out, const char *line, struct wzp_error *err);

#endif

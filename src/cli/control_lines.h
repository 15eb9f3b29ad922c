/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The client side of a control socket, of a softphone or a relay: one request, then lines of
 * answer. */
#ifndef WZP_CLI_CONTROL_LINES_H
#define WZP_CLI_CONTROL_LINES_H

#include "base/buffer.h"
#include "cli/options.h"

struct wzp_control_lines {
    int fd;
    int patience; /* time limit for a line, ms; -1: none */
    struct wzp_buffer in;
    size_t used;
};
/* Sends the words as {"command", "arguments"} to a connected socket; r takes over fd and closes it,
 * also after an error. WZP_E_IO. */
int wzp_control_lines_open(struct wzp_control_lines *r, int fd, const struct wzp_operands *words,
                           int patience);
/* The next line, of any length that a softphone sends; valid until the next call; NULL at the end
 * or when the time limit has passed. */
char *wzp_control_line(struct wzp_control_lines *r);
void wzp_control_lines_close(struct wzp_control_lines *r);

#endif

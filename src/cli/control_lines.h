/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The asking side of a control socket, a softphone's or a relay's: one request, then lines. */
#ifndef WZP_CLI_CONTROL_LINES_H
#define WZP_CLI_CONTROL_LINES_H

#include "base/buffer.h"
#include "cli/options.h"

struct wzp_control_lines {
    int fd;
    int patience; /* ms for a line, -1: for ever */
    struct wzp_buffer in;
    size_t used;
};
/* Sends the words as {"command", "arguments"} to a connected socket, which is closed with r,
 * whatever comes back. WZP_E_IO. */
int wzp_control_lines_open(struct wzp_control_lines *r, int fd, const struct wzp_operands *words,
                           int patience);
/* The next line, as long as a softphone sends any, r's until the next call; NULL at the end or when
 * patience is over. */
char *wzp_control_line(struct wzp_control_lines *r);
void wzp_control_lines_close(struct wzp_control_lines *r);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Catches what libraries (such as those of sound servers) write to standard error, and logs it; our
 * own messages go to the original standard error. */
#ifndef WZP_CLI_FOREIGN_H
#define WZP_CLI_FOREIGN_H

#include <stdio.h>

#include "loop/loop.h"

struct wzp_foreign {
    struct wzp_log log;
    FILE *ours; /* standard error as it was; NULL: nothing is caught */
    int caught; /* the read end of the pipe that replaces standard error */
    struct wzp_lines *lines;
};
/* Starts catching. Without free descriptors or memory nothing is changed. Debug builds with
 * sanitizers are not affected, so that their reports appear where they are expected. */
void wzp_foreign_open(struct wzp_foreign *f, struct wzp_loop *loop, const struct wzp_log *log);
/* Restores standard error; what is left in the pipe is logged. Nothing happens when all zero. To be
 * called before the loop is freed. */
void wzp_foreign_close(struct wzp_foreign *f);
/* The stream for our own messages, whether or not standard error is caught. */
FILE *wzp_own_stderr(void);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whatever libraries write to standard error (those of sound servers do) goes to the log; our own
 * messages go where they went before. */
#ifndef WZP_CLI_FOREIGN_H
#define WZP_CLI_FOREIGN_H

#include <stdio.h>

#include "loop/loop.h"

struct wzp_foreign {
    struct wzp_log log;
    FILE *ours; /* standard error as it was; NULL: nothing is caught */
    int caught; /* the end of a pipe at which is read what others write to it */
    struct wzp_lines *lines;
};
/* From now on. Without descriptors or memory all stays as it was. Debug builds with sanitizers keep
 * their reports where they are looked for. */
void wzp_foreign_open(struct wzp_foreign *f, struct wzp_loop *loop, const struct wzp_log *log);
/* Standard error is itself again; what is left goes into the log. All zero: nothing happens. Before
 * the loop is freed. */
void wzp_foreign_close(struct wzp_foreign *f);
/* Where our own words go, whatever is caught. */
FILE *wzp_own_stderr(void);

#endif

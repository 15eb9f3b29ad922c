/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One line at the bottom of a terminal that can be edited, recalled and completed while other lines
 * are printed above it. */
#ifndef WZP_CLI_PROMPT_H
#define WZP_CLI_PROMPT_H

#include "loop/loop.h"
#include "loop/watch.h"
#include "tui/decoder.h"
#include "tui/line.h"

#define WZP_PROMPT_CANDIDATES 64

/* Caller owned, stays where it is from open to close. */
struct wzp_prompt {
    const char *text; /* what stands before the line */
    struct wzp_line line;
    struct wzp_decoder decoder;
    struct wzp_watch *keyboard;
    struct wzp_timer *escape;
    struct wzp_loop *loop;
    char candidates[WZP_PROMPT_CANDIDATES][64];
    size_t candidate_count;
    bool is_open;
    /* A whole line; NULL: the person wants to leave. */
    void (*done)(void *context, const char *line);
    /* Calls each for what could stand in place of the last word; NULL: nothing is completed. */
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    void *context;
};
/* Takes the terminal of standard input and output; text, done, complete and context are set.
 * WZP_E_UNSUPPORTED where there is none. */
int wzp_prompt_open(struct wzp_prompt *p, struct wzp_loop *l, struct wzp_error *err);
/* Gives it back; harmless on one that was not opened. */
void wzp_prompt_close(struct wzp_prompt *p);
/* Prints a line above the one that is edited. */
void wzp_prompt_print(struct wzp_prompt *p, const char *text);

#endif

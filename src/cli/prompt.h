/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A line editor: one line at the bottom of a terminal, with history and completion, while other
 * lines are printed above it. */
#ifndef WZP_CLI_PROMPT_H
#define WZP_CLI_PROMPT_H

#include "loop/loop.h"
#include "loop/watch.h"
#include "tui/decoder.h"
#include "tui/line.h"

#define WZP_PROMPT_CANDIDATES 64

/* Owned by the caller; must not be moved between open and close. */
struct wzp_prompt {
    const char *text; /* the text in front of the line */
    struct wzp_line line;
    struct wzp_decoder decoder;
    struct wzp_watch *keyboard;
    struct wzp_timer *escape;
    struct wzp_loop *loop;
    char candidates[WZP_PROMPT_CANDIDATES][64];
    size_t candidate_count;
    bool is_open;
    /* Gets a complete line; NULL: the person wants to leave (end of input). */
    void (*done)(void *context, const char *line);
    /* Calls each for every candidate for the last word; NULL: no completion. */
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    void *context;
};
/* Takes the terminal of standard input and output; text, done, complete and context are set.
 * WZP_E_UNSUPPORTED where there is none. */
int wzp_prompt_open(struct wzp_prompt *p, struct wzp_loop *l, struct wzp_error *err);
/* Restores the terminal; harmless on one that was not opened. */
void wzp_prompt_close(struct wzp_prompt *p);
/* Prints a line above the edited one. */
void wzp_prompt_print(struct wzp_prompt *p, const char *text);

#endif

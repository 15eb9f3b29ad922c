/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words typed while a call runs: mute, hold, verify, hangup, ... A table; the manual and its test
 * follow it. Source: design.md 1, 4.6. */
#ifndef WZP_CLI_WORDS_H
#define WZP_CLI_WORDS_H

#include "cli/client.h"

struct wzp_word {
    const char *name, *help;
    /* 0, or WZP_E_* with a sentence; done: what is told when it worked, NULL for nothing. */
    int (*run)(struct wzp_client *c, wzp_session_id session, struct wzp_error *err);
    const char *done;
};
/* Row i; NULL past the end. */
const struct wzp_word *wzp_word(size_t i);
/* Listens to standard input: when asked to (--words), or when it is a terminal and we are in its
 * foreground. Answers go to stderr. c->words is closed with the client. */
int wzp_client_words_start(struct wzp_client *c, struct wzp_error *err);

#endif

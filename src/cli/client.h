/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the commands that make calls have in common: a loop with a softphone on it, events printed,
 * commands typed at the terminal, interrupts. */
#ifndef WZP_CLI_CLIENT_H
#define WZP_CLI_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/settings.h"
#include "cli/client_options.h"
#include "cli/events.h"
#include "cli/foreign.h"
#include "cli/hook.h"
#include "cli/scripts.h"
#include "cli/trace.h"
#include "cli/waiting.h"
#include "loop/host.h"
#include "wzp/app.h"

struct wzp_client {
    const char *command;
    struct wzp_client_options options;
    struct wzp_settings settings;
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_listener listener;
    struct wzp_events events;
    struct wzp_trace trace;
    struct wzp_hook hook;
    struct wzp_scripts *scripts; /* of a command that answers calls; NULL: none */
    struct wzp_lines *words;     /* commands typed on standard input; NULL: it is not read */
    struct wzp_interrupts interrupts;
    struct wzp_foreign foreign;
    bool stopping, in_word; /* the softphone is stopping; a typed command is being run */
    bool file_lost;         /* a requested file could not be created */
    bool words_ended;       /* standard input is at its end */
    int status;
    /* Set by the command, may be NULL: called for each event, after it was printed. */
    void (*event)(struct wzp_client *c, const struct wzp_event *event);
    void *context;
};

/* Loads settings, opens loop and softphone; c->event and c->context are set before. config: what
 * the command needs; settings, build, duration and stats are filled in here. wzp_client_close
 * afterwards, also after an error. */
int wzp_client_open(struct wzp_client *c, const char *command,
                    const struct wzp_client_options *options, struct wzp_app_config *config,
                    struct wzp_error *err);
/* Runs until the softphone has stopped; returns the exit status. */
int wzp_client_run(struct wzp_client *c);
/* Hangs up and closes politely; the first status that is given becomes the exit status. */
void wzp_client_stop(struct wzp_client *c, int status);
void wzp_client_close(struct wzp_client *c);
/* Prints a message of the program itself to standard error, with its name in front, wrapped to the
 * terminal's width. */
void wzp_client_say(const struct wzp_client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports an error in the form of an event. */
void wzp_client_tell(struct wzp_client *c, const struct wzp_error *err);
/* Allows programs in Lua beside the softphone, and runs init.lua. WZP_E_MEMORY. */
int wzp_client_scripts(struct wzp_client *c, struct wzp_error *err);
/* Reads commands from standard input: with --words, or when it is a terminal and we are in its
 * foreground. Their answers go to stderr. */
int wzp_client_words(struct wzp_client *c, struct wzp_error *err);
/* Is standard input a terminal, so that a person can be asked? */
bool wzp_client_has_person(const struct wzp_client *c);
/* The exit status for a session that ended for this reason. */
int wzp_client_status_of_end(enum wzp_end_reason reason);

#endif

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
    struct wzp_scripts *scripts; /* of who answers; NULL: none */
    struct wzp_lines *words;     /* of standard input, NULL: nobody listens to it */
    struct wzp_interrupts interrupts;
    struct wzp_foreign foreign;
    bool stopping, in_word; /* it parts; a word of standard input is being obeyed */
    bool file_lost;         /* a file that was asked for could not be begun */
    bool words_ended;       /* standard input said all that it had to */
    int status;
    /* Of the command, may be NULL: an event happened (after it was printed). */
    void (*event)(struct wzp_client *c, const struct wzp_event *event);
    void *context;
};

/* Loads settings, opens loop and softphone; c->event and c->context are set. config: what the
 * command wants; settings, build, duration and stats are filled in. wzp_client_close afterwards,
 * also after an error. */
int wzp_client_open(struct wzp_client *c, const char *command,
                    const struct wzp_client_options *options, struct wzp_app_config *config,
                    struct wzp_error *err);
/* Runs until it was stopped and has parted; returns the exit status. */
int wzp_client_run(struct wzp_client *c);
/* Ends politely: hangs up, closes; the first status stays. */
void wzp_client_stop(struct wzp_client *c, int status);
void wzp_client_close(struct wzp_client *c);
/* A line of the program's own to standard error, which begins with its name and is wrapped to the
 * terminal. */
void wzp_client_say(const struct wzp_client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Tells an error as an event. */
void wzp_client_tell(struct wzp_client *c, const struct wzp_error *err);
/* Programs in Lua may run beside the softphone; init.lua does. WZP_E_MEMORY. */
int wzp_client_scripts(struct wzp_client *c, struct wzp_error *err);
/* Listens to standard input: when asked to (--words), or when it is a terminal and we are in its
 * foreground. Answers go to stderr. */
int wzp_client_words(struct wzp_client *c, struct wzp_error *err);
/* Is there a person at a terminal who can be asked? */
bool wzp_client_has_person(const struct wzp_client *c);
/* Exit status that a session's end means. */
int wzp_client_status_of_end(enum wzp_end_reason reason);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events of a softphone for people (one sentence per line) and for scripts (one JSON object per
 * line, schema version 1). Their fields and sentences are rows of the event table. */
#ifndef WZP_CLI_EVENTS_H
#define WZP_CLI_EVENTS_H

#include <stdbool.h>
#include <stdio.h>

#include "wzp/app.h"

#define WZP_EVENTS_SCHEMA 1 /* printed by wzp --version --json */

/* Where events go: objects and sentences to out, errors for people to stderr with the command's
 * name. t is seconds since the command began. */
struct wzp_events {
    FILE *out;
    const char *command;
    bool json;
    uint64_t began; /* ns */
};
void wzp_events_print(const struct wzp_events *e, const struct wzp_event *event, uint64_t now);
/* Prints an error that is not an event of a softphone. relay: which relay it is about, or NULL. */
void wzp_events_error(const struct wzp_events *e, const struct wzp_error *err, const char *relay,
                      uint64_t now);

#endif

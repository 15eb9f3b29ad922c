/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The services beside a real relay: on its loop the HTTP server for metrics and the token checks,
 * and on a thread of its own the bridge for browsers. */
#ifndef WZP_CLI_RELAY_WEB_H
#define WZP_CLI_RELAY_WEB_H

#include "app/relay_service.h"
#include "crypto/identity.h"
#include "loop/http.h"
#include "loop/loop.h"

struct wzp_token_question;
struct wzp_relay_web {
    struct wzp_relay_config config;
    struct wzp_loop *loop;
    struct wzp_relay_service service;
    struct wzp_relay_crew *crew;
    struct wzp_http_server *http;
    struct wzp_relay_bridge *bridge; /* for browsers; NULL: none */
    struct wzp_log log;
    bool pool_was_up, told_no_pool;
    struct wzp_redis *redis;              /* connection to the shared directory, NULL: none */
    struct wzp_token_question *questions; /* requests that the token service has not answered yet */
};
/* Binds and starts. w->config is set by the caller, the loop is the caller's. A metrics port that
 * cannot be bound is only a warning. On error everything is undone; the sentence names the
 * address. */
/* The other threads of the relay start with wzp_relay_crew_run(w->crew). */
int wzp_relay_web_start(struct wzp_relay_web *w, struct wzp_loop *loop,
                        const struct wzp_identity *identity, const struct wzp_log *log,
                        struct wzp_error *err);
/* To be called before the loop is freed, and not from inside one of its callbacks. */
void wzp_relay_web_stop(struct wzp_relay_web *w);

/* The main function of wzp-relay and of `wzp relay`; messages begin with `program`. */
int wzp_relay_command_main(const char *program, int argc, char **argv);

#endif

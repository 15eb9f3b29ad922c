/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that runs: relay object, UDP socket, metrics server and token checks on one loop. Used by
 * wzp-relay and by the demo. */
#ifndef WZP_CLI_RELAY_SERVICE_H
#define WZP_CLI_RELAY_SERVICE_H

#include "loop/http.h"
#include "loop/loop.h"
#include "crypto/identity.h"
#include "wzp/relay.h"

struct wzp_token_question;
struct wzp_name_question;
struct wzp_relay_service {
    struct wzp_relay_config config;
    struct wzp_loop *loop;
    struct wzp_udp *udp;
    struct wzp_relay *relay;
    struct wzp_http_server *http;
    struct wzp_addr listen; /* really bound */
    struct wzp_log log;
    struct wzp_token_question *questions; /* that the token service has not answered yet */
    struct wzp_name_question *names;      /* that are being resolved */
    /* The drain under way. */
    struct wzp_timer *drain_timer;
    void (*drained)(void *context);
    void *drain_context;
};
/* Binds and starts. s->config is set by the caller, the loop is the caller's. A metrics port that
 * cannot be bound is a warning: relaying goes on without it. On error everything is undone; the
 * sentence names the address. */
int wzp_relay_service_start(struct wzp_relay_service *s, struct wzp_loop *loop,
                            const struct wzp_identity *identity, const struct wzp_log *log,
                            struct wzp_error *err);
/* Before the loop is freed, and not from inside one of its callbacks. */
void wzp_relay_service_stop(struct wzp_relay_service *s);
/* Begins to part; done(context) is called when everybody has left (two seconds at most). */
int wzp_relay_service_drain(struct wzp_relay_service *s, void (*done)(void *context),
                            void *context);

/* main of wzp-relay and of `wzp relay`; program is what messages begin with. */
int wzp_relay_command_main(const char *program, int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay as a service on a host: the relay object and its port, in the real world or in virtual
 * time. What else a relay needs (token service, metrics port) is up to the caller. */
#ifndef WZP_APP_RELAY_SERVICE_H
#define WZP_APP_RELAY_SERVICE_H

#include "wzp/host.h"
#include "wzp/relay.h"
#include "wzp/service.h"

struct wzp_name_question;
struct wzp_relay_service {
    struct wzp_host host;
    struct wzp_host_port *port;
    struct wzp_relay *relay;
    struct wzp_addr listen;          /* really bound */
    struct wzp_relay_host calls;     /* with ours for names */
    struct wzp_name_question *names; /* that are being resolved */
    /* The drain under way. */
    struct wzp_host_timer *drain;
    void (*drained)(void *context);
    void *drain_context;
};
/* wzp_relay_service_new for a struct of the caller's. On error everything is undone. */
int wzp_relay_service_start(struct wzp_relay_service *s, const struct wzp_host *host,
                            const struct wzp_relay_config *config,
                            const uint8_t seed[WZP_SEED_SIZE], const char *build,
                            const struct wzp_relay_host *calls, struct wzp_error *err);
/* Not from inside one of its callbacks; harmless on one that was not started (all zero). */
void wzp_relay_service_stop(struct wzp_relay_service *s);

#endif

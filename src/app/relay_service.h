/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay as a service on a host: the relay object and its port, in the real world or in virtual
 * time. The caller provides everything else that a relay needs (token service, metrics port). */
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
    struct wzp_addr listen;          /* the bound address, with its actual port */
    struct wzp_relay_host calls;     /* the caller's functions, but with our own for names */
    struct wzp_name_question *names; /* names of other relays that are being resolved */
    /* The timer of a graceful shutdown under way. */
    struct wzp_host_timer *drain;
    void (*drained)(void *context);
    void *drain_context;
};
/* wzp_relay_service_new for a struct that the caller owns. On error everything is undone. */
int wzp_relay_service_start(struct wzp_relay_service *s, const struct wzp_host *host,
                            const struct wzp_relay_config *config,
                            const uint8_t seed[WZP_SEED_SIZE], const char *build,
                            const struct wzp_relay_host *calls, struct wzp_error *err);
/* Not from inside one of its callbacks; harmless on one that was not started (all zero). */
void wzp_relay_service_stop(struct wzp_relay_service *s);

#endif

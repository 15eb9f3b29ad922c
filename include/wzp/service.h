/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay as a service on a host: the relay object (wzp/relay.h) with its UDP port, on the real
 * system or in virtual time. Token checks and the HTTP server for metrics are up to the
 * embedder. */
#ifndef WZP_SERVICE_H
#define WZP_SERVICE_H

#include "wzp/host.h"
#include "wzp/relay.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_relay_service;
/* Binds to the configured address (its port may be 0) and starts. calls (may be NULL): the
 * functions that the relay calls; the service itself resolves names of other relays. seed: the
 * relay's identity (secret, copied). Free with wzp_relay_service_free. WZP_E_MEMORY, and errors of
 * wzp_relay_new and of the host's port_open with a sentence that names the address. */
int wzp_relay_service_new_sized(struct wzp_relay_service **out, const struct wzp_host *host,
                                const struct wzp_relay_config *config, size_t size,
                                const uint8_t seed[WZP_SEED_SIZE], const char *build,
                                const struct wzp_relay_host *calls, struct wzp_error *err);
static inline int wzp_relay_service_new(struct wzp_relay_service **out, const struct wzp_host *host,
                                        const struct wzp_relay_config *config,
                                        const uint8_t seed[WZP_SEED_SIZE], const char *build,
                                        const struct wzp_relay_host *calls, struct wzp_error *err)
{
    return wzp_relay_service_new_sized(out, host, config, sizeof *config, seed, build, calls, err);
}
/* Stops and frees it at once; clients are told only if it was drained before. Not from inside one
 * of its callbacks. NULL is fine. */
void wzp_relay_service_free(struct wzp_relay_service *s);
/* The relay object inside, for queries and commands; valid as long as s. */
struct wzp_relay *wzp_relay_service_relay(const struct wzp_relay_service *s);
/* The address that it is bound to, with its actual port. */
struct wzp_addr wzp_relay_service_address(const struct wzp_relay_service *s);
/* To be called after commands to the relay: sends the packets that they caused. */
void wzp_relay_service_kick(struct wzp_relay_service *s);
/* Begins a graceful shutdown; done(context) is called when all connections are closed (two seconds
 * at most). WZP_E_MEMORY, WZP_E_IO. */
int wzp_relay_service_drain(struct wzp_relay_service *s, void (*done)(void *context),
                            void *context);

#ifdef __cplusplus
}
#endif

#endif

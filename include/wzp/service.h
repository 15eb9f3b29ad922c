/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay as a service on a host: the relay object (wzp/relay.h) and its port, in the real world or
 * in virtual time. Its token service and its page for metrics are the embedder's. */
#ifndef WZP_SERVICE_H
#define WZP_SERVICE_H

#include "wzp/host.h"
#include "wzp/relay.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_relay_service;
/* Binds where the configuration says (its port may be 0) and starts. calls (may be NULL): what the
 * relay asks back; names of other relays are resolved here. seed: the relay's identity (secret,
 * copied). Free with wzp_relay_service_free. WZP_E_MEMORY, and errors of wzp_relay_new and of the
 * host's port_open with a sentence that names the address. */
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
/* Ends it without a word, unless it was drained. Not from inside one of its callbacks. NULL is
 * fine. */
void wzp_relay_service_free(struct wzp_relay_service *s);
/* The relay inside, for facts and commands; valid as long as s. */
struct wzp_relay *wzp_relay_service_relay(const struct wzp_relay_service *s);
/* Where it really listens. */
struct wzp_addr wzp_relay_service_address(const struct wzp_relay_service *s);
/* After commands to the relay. */
void wzp_relay_service_kick(struct wzp_relay_service *s);
/* Begins to part; done(context) is called when everybody has left (two seconds at most).
 * WZP_E_MEMORY, WZP_E_IO. */
int wzp_relay_service_drain(struct wzp_relay_service *s, void (*done)(void *context),
                            void *context);

#ifdef __cplusplus
}
#endif

#endif

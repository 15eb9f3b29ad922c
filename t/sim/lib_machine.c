/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_machine.h"

#include <string.h>

#include "tap.h"

void machine_open(struct wzp_sim *sim, struct wzp_sim_machine *m, struct wzp_host *host,
                  const char *name, const char *address)
{
    struct wzp_sim_host *node;
    if (wzp_sim_host_add(sim, &node, name) ||
        wzp_sim_host_address(node, wzp_sim_internet(sim), address))
        bail("no machine %s", name);
    wzp_sim_machine_init(m, sim, node);
    wzp_sim_machine_host(host, m, NULL);
}

void machine_open_relay(struct wzp_sim *sim, struct machine_relay *relay)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    machine_open_relay_with(sim, relay, &config);
}

void machine_open_relay_with(struct wzp_sim *sim, struct machine_relay *relay,
                             struct wzp_relay_config *config)
{
    machine_open(sim, &relay->machine, &relay->host, "relay", MACHINE_RELAY_IP);
    machine_start_relay(relay, config);
}

void machine_start_relay(struct machine_relay *relay, struct wzp_relay_config *config)
{
    static const uint8_t seed[32] = {7};
    struct wzp_error err = {0};
    strcpy(config->listen_addr, MACHINE_RELAY_IP ":4433");
    if (wzp_relay_service_start(&relay->service, &relay->host, config, seed, "test", NULL, &err))
        bail("no relay: %s", err.text);
}

void machine_close_relay(struct machine_relay *relay)
{
    wzp_relay_service_stop(&relay->service);
    wzp_sim_machine_fini(&relay->machine);
}

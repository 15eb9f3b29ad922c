/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_machine.h"

#include <string.h>

#include "base/time.h"
#include "tap.h"

void machine_open(struct wzp_sim *sim, struct wzp_sim_machine *m, struct wzp_host *host,
                  const char *name, const char *address)
{
    machine_open_in(sim, m, host, name, wzp_sim_internet(sim), address);
}

static struct wzp_sim_host *add_host(struct wzp_sim *sim, const char *name,
                                     struct wzp_sim_network *network, const char *address)
{
    struct wzp_sim_host *host;
    if (wzp_sim_host_add(sim, &host, name) || wzp_sim_host_address(host, network, address))
        bail("no machine %s", name);
    return host;
}

void machine_open_in(struct wzp_sim *sim, struct wzp_sim_machine *m, struct wzp_host *host,
                     const char *name, struct wzp_sim_network *network, const char *address)
{
    wzp_sim_machine_init(m, sim, add_host(sim, name, network, address));
    wzp_sim_machine_host(host, m, NULL);
}

struct wzp_sim_network *machine_home(struct wzp_sim *sim, struct wzp_sim_nat **box,
                                     const char *name, const char *inside, const char *outside,
                                     const struct wzp_sim_nat_config *config)
{
    struct wzp_sim_network *internet = wzp_sim_internet(sim), *lan;
    if (wzp_sim_network_new(sim, &lan, name) ||
        wzp_sim_nat_add(sim, box, name, lan, internet, config) ||
        wzp_sim_host_address(wzp_sim_nat_host(*box), lan, inside) ||
        wzp_sim_host_address(wzp_sim_nat_host(*box), internet, outside))
        bail("no home %s", name);
    return lan;
}

void machine_open_stun(struct wzp_sim *sim, struct wzp_sim_stun *stun, const char *address)
{
    struct wzp_sim_host *host = add_host(sim, "stun", wzp_sim_internet(sim), address);
    if (wzp_sim_stun_start(stun, host, 3478, 3479))
        bail("no STUN server");
}

struct wzp_app *machine_start_app(struct wzp_host *host, const struct wzp_app_config *config,
                                  struct wzp_listener *listener, bool registered)
{
    struct wzp_error err = {0};
    struct wzp_app *app;
    if (wzp_app_new(&app, host, config, &err))
        bail("no softphone: %s", err.text);
    if (listener)
        wzp_app_listen(app, listener);
    if (wzp_app_start(app, &err) || (registered && wzp_app_register(app, &err)))
        bail("it does not start: %s", err.text);
    return app;
}

static bool has_stopped(void *context)
{
    return wzp_app_stopped(context);
}

bool machine_stop_app(struct wzp_sim *sim, struct wzp_app *app)
{
    wzp_app_stop(app);
    return wzp_sim_run_for(sim, has_stopped, app, 5 * WZP_SECOND);
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

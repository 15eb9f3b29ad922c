/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Machines of a simulated world on which whole programs run: softphones and a relay. */
#ifndef WZP_T_SIM_LIB_MACHINE_H
#define WZP_T_SIM_LIB_MACHINE_H

#include "app/relay_service.h"
#include "sim/machine.h"
#include "sim/nat.h"
#include "sim/stun.h"
#include "wzp/app.h"

#define MACHINE_RELAY_IP "10.0.0.1"

/* Adds a machine with that name and address to the simulated internet; host gets the interface for
 * programs on it. m and host must not move until wzp_sim_machine_fini. Bails. */
void machine_open(struct wzp_sim *sim, struct wzp_sim_machine *m, struct wzp_host *host,
                  const char *name, const char *address);
/* The same in another network. */
void machine_open_in(struct wzp_sim *sim, struct wzp_sim_machine *m, struct wzp_host *host,
                     const char *name, struct wzp_sim_network *network, const char *address);
/* Adds a network of that name behind a NAT ("box"), which has these addresses inside and on the
 * internet. Bails. */
struct wzp_sim_network *machine_home(struct wzp_sim *sim, struct wzp_sim_nat **box,
                                     const char *name, const char *inside, const char *outside,
                                     const struct wzp_sim_nat_config *config);
/* A STUN server at that address of the internet, ports 3478 and 3479. Bails. */
void machine_open_stun(struct wzp_sim *sim, struct wzp_sim_stun *stun, const char *address);
/* Starts a softphone on that host; events go to the listener (NULL: nobody). registered: tells it
 * to register. Bails. */
struct wzp_app *machine_start_app(struct wzp_host *host, const struct wzp_app_config *config,
                                  struct wzp_listener *listener, bool registered);
/* Tells the softphone to stop; true when it has stopped within five seconds. The caller still frees
 * it. */
bool machine_stop_app(struct wzp_sim *sim, struct wzp_app *app);
/* A relay at MACHINE_RELAY_IP port 4433 on a machine of its own named "relay". Static in tests:
 * large. */
struct machine_relay {
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_relay_service service;
};
/* Starts the relay. Bails. */
void machine_open_relay(struct wzp_sim *sim, struct machine_relay *relay);
/* The same with a configuration; its listen address is filled in. */
void machine_open_relay_with(struct wzp_sim *sim, struct machine_relay *relay,
                             struct wzp_relay_config *config);
/* Starts the relay again, after its service was stopped. Bails. */
void machine_start_relay(struct machine_relay *relay, struct wzp_relay_config *config);
void machine_close_relay(struct machine_relay *relay);

#endif

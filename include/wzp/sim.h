/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A simulation in virtual time, for tests of programs that embed this library: machines on one
 * network, each a host (wzp/host.h) with files in memory, a clock that advances from event to
 * event, and a silent sound card. A minute of a call takes some milliseconds and is the same each
 * time. */
#ifndef WZP_SIM_H
#define WZP_SIM_H

#include "wzp/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_sim;
struct wzp_sim_machine;

/* A new simulation with one network, the internet; time begins at one second, so that 0 can mean
 * "never". WZP_E_MEMORY. */
int wzp_sim_new(struct wzp_sim **out, uint64_t seed);
/* Frees networks and hosts; the machines must be freed before. The objects that they drove are the
 * caller's. */
void wzp_sim_free(struct wzp_sim *s);
/* The time of this simulation, ns. */
uint64_t wzp_sim_now(const struct wzp_sim *s);
/* Runs all events of the next `duration` ns; the clock is then advanced by exactly that. First lets
 * every object send the packets that earlier commands caused. */
void wzp_sim_run(struct wzp_sim *s, uint64_t duration);
/* Runs until done(context) is true (it is called after each event) or `limit` ns have passed;
 * returns whether it became true. */
bool wzp_sim_run_for(struct wzp_sim *s, bool (*done)(void *context), void *context, uint64_t limit);

/* A machine with an address ("10.0.0.2", "2001:db8::2") on the internet of that simulation. To be
 * freed before the simulation, and after the objects that run on it. WZP_E_MEMORY, WZP_E_LIMIT,
 * WZP_E_SYNTAX, WZP_E_DUPLICATE (the address is taken). */
int wzp_sim_machine_new(struct wzp_sim_machine **out, struct wzp_sim *s, const char *address);
/* NULL is fine. */
void wzp_sim_machine_free(struct wzp_sim_machine *m);
/* The machine as a host; log may be NULL. Valid as long as the machine. */
void wzp_sim_machine_host(struct wzp_host *out, struct wzp_sim_machine *m,
                          const struct wzp_log *log);

#ifdef __cplusplus
}
#endif

#endif

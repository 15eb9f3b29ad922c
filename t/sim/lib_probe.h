/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host that sends single UDP payloads from any of its ports and remembers the last one received.
 */
#ifndef WZP_T_SIM_LIB_PROBE_H
#define WZP_T_SIM_LIB_PROBE_H

#include "sim/network.h"

struct probe {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_addr local, remote; /* of the last payload: its destination and its source */
    char text[64];                 /* its content */
    unsigned count;
    bool echo; /* sends every payload back to its source */
};
/* A host with one address; bails when it cannot be made. */
void probe_start(struct probe *p, struct wzp_sim *sim, const char *name,
                 struct wzp_sim_network *net, const char *address);
/* The address from "10.0.0.2:5000". */
struct wzp_addr address_of(const char *text);
/* Sends a word, from "10.0.0.2:5000" to "192.0.2.1:80", and lets a second pass. */
void probe_say(struct probe *p, const char *from, const char *to, const char *word);
void probe_say_to(struct probe *p, const char *from, const struct wzp_addr *to, const char *word);
/* True when `by` sends a word to that address and `p` gets it, within a second. */
bool probe_reached(struct probe *p, struct probe *by, const char *from, const struct wzp_addr *to);
/* Where the last payload came from, as text; valid until the next call. */
const char *probe_from(const struct probe *p);
const char *probe_to(const struct probe *p);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A simulated user's machine: implements the host (include/wzp/host.h) of whole softphones in
 * virtual time. Files are in memory, names in a table, sound comes from a virtual card; ports are
 * those of a host of the network. Several softphones may run on one machine, as separate
 * programs. */
#ifndef WZP_SIM_MACHINE_H
#define WZP_SIM_MACHINE_H

#include "sim/card.h"
#include "sim/network.h"
#include "wzp/host.h"

#define WZP_SIM_NAMES_MAX 16
#define WZP_SIM_NAME_ADDRESSES_MAX 16
#define WZP_SIM_WALL_START_MS UINT64_C(1800000000000) /* wall-clock time at virtual time 0 */

/* One name that can be resolved; count 0: it is known to have no address. */
struct wzp_sim_name {
    char name[64];
    struct wzp_addr addresses[WZP_SIM_NAME_ADDRESSES_MAX]; /* without port */
    size_t count;
    uint64_t delay; /* ns until the answer */
};
struct wzp_sim_file {
    struct wzp_sim_file *next;
    enum wzp_place place;
    bool secret;
    char *text;
    size_t length;
    char name[];
};
struct wzp_sim_item; /* anything open: an audio device, a port */
/* Caller owned; it stays where it is from init to fini. */
struct wzp_sim_machine {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_sim_card card;
    struct wzp_sim_name names[WZP_SIM_NAMES_MAX];
    size_t name_count;
    struct wzp_sim_file *files;
    bool disk_full; /* nothing can be written */
    struct wzp_sim_item *items;
    uint16_t last_port;
    /* Answers inquiries; NULL: WZP_E_UNSUPPORTED. The machine's owner sets it. */
    void (*inquired)(void *context, const struct wzp_inquiry *inquiry, struct wzp_finding *out);
    void *inquired_context;
};
/* host: its host in the simulated network, with its addresses; it outlives the machine. */
void wzp_sim_machine_init(struct wzp_sim_machine *m, struct wzp_sim *sim,
                          struct wzp_sim_host *host);
/* Closes what is open and forgets the files. Before wzp_sim_free. */
void wzp_sim_machine_fini(struct wzp_sim_machine *m);

/* Adds a resolvable name with an address such as "10.0.0.1" (NULL: the name has no address). A
 * further call with the same name adds an address. WZP_E_SYNTAX, WZP_E_LIMIT. */
int wzp_sim_machine_name(struct wzp_sim_machine *m, const char *name, const char *address);
/* Writes a file, as another program would. WZP_E_MEMORY. */
int wzp_sim_machine_put(struct wzp_sim_machine *m, enum wzp_place place, const char *name,
                        const char *text, size_t length);
/* A file, NULL when it does not exist. Valid until the file changes. */
const struct wzp_sim_file *wzp_sim_machine_file(const struct wzp_sim_machine *m,
                                                enum wzp_place place, const char *name);

#endif

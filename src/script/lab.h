/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The laboratory of a program: a world in virtual time with relays, STUN servers, routers and
 * machines with softphones, and lines that can be broken. */
#ifndef WZP_SCRIPT_LAB_H
#define WZP_SCRIPT_LAB_H

#include "app/relay_service.h"
#include "script/internal.h"
#include "sim/machine.h"
#include "sim/nat.h"
#include "sim/stun.h"

#define WZP_LAB_RELAYS_MAX 8
#define WZP_LAB_DELAY (5 * WZP_MILLISECOND) /* of a client's line, each way, when nothing is said */

/* A machine behind its router, or straight on the internet. Stays until the world ends. */
struct wzp_lab_place {
    struct wzp_lab_place *next;
    struct wzp_lab *lab;
    unsigned number;
    char name[WZP_SIM_NAME_MAX];
    char address[32], outside[32]; /* its own; what the internet sees */
    unsigned moves;
    struct wzp_sim_host *host;
    struct wzp_sim_network *lan; /* the internet, when there is no router */
    struct wzp_sim_nat *box;     /* NULL: none */
    struct wzp_sim_machine machine;
    bool has_machine;
    struct wzp_sim_link up, down;
    struct wzp_script_client *client; /* NULL: not yet, or gone */
};
struct wzp_lab_relay {
    struct wzp_lab *lab;
    char name[WZP_SIM_NAME_MAX], address[64];
    uint8_t seed[WZP_SEED_SIZE];
    struct wzp_sim_host *host;
    struct wzp_sim_machine machine;
    struct wzp_relay_config config;
    struct wzp_relay_service service;
    struct wzp_sim_link up, down;
    bool runs;
};
struct wzp_lab_pair; /* link.c */
struct wzp_lab {
    struct wzp_script *script;
    struct wzp_sim *sim;
    struct wzp_sim_host *console; /* the program's own machine, without a network */
    struct wzp_sim_machine machine;
    struct wzp_lab_relay *relays[WZP_LAB_RELAYS_MAX];
    size_t relay_count;
    struct wzp_sim_stun stun[2];
    bool has_stun;
    struct wzp_lab_place *places;
    unsigned place_count;
    struct wzp_lab_pair *pairs;
    bool has_filter;
};

/* The place of that name; NULL. */
struct wzp_lab_place *wzp_lab_place(struct wzp_lab *lab, const char *name);
/* Gives the lines of a place or relay what was set. */
void wzp_lab_set_lines(struct wzp_lab_place *place, struct wzp_lab_relay *relay);
/* Forgets what is between two places; before the world ends. */
void wzp_lab_pairs_free(struct wzp_lab *lab);
/* wzp.lab.link. */
int wzp_lab_link(lua_State *L);

#endif

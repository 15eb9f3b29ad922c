/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The laboratory of a program: a world with relays, STUN servers, routers and machines with
 * softphones, and lines that can be broken. All of it is simulated, in virtual time; or machines
 * and routers are network namespaces with real sockets, and the simulated internet between them,
 * with its lines, runs with the clock (lab_spaces.c). */
#ifndef WZP_SCRIPT_LAB_H
#define WZP_SCRIPT_LAB_H

#include "app/relay_service.h"
#include "script/internal.h"
#include "sim/gate.h"
#include "sim/machine.h"
#include "sim/nat.h"
#include "sim/stun.h"

#define WZP_LAB_RELAYS_MAX 8
/* Gateway of a machine without NAT; only the kernel resolves it. */
#define WZP_LAB_BARE_GATEWAY "10.255.255.254"
#define WZP_LAB_DELAY (5 * WZP_MILLISECOND) /* of a client's line, each way, when nothing is said */

struct wzp_lab_nat {
    const char *name;
    bool has_box;
    struct wzp_sim_nat_config config;
    const char *prerouting, *forward, *postrouting; /* rules of nftables, see lab_spaces.c */
};
/* The network namespaces that stand for a host of the simulated world: that of its router, whose
 * tunnel ends at the gate (sim/gate.h), and that of the machine behind it. A relay has only the
 * first. */
struct wzp_lab_real {
    struct wzp_lab *lab; /* NULL: no namespaces */
    struct wzp_space *edge, *home;
    struct wzp_sim_gate gate;
};

/* A machine behind its router, or straight on the internet. Stays until the world ends. */
struct wzp_lab_place {
    struct wzp_lab_place *next;
    struct wzp_lab *lab;
    unsigned number;
    char name[WZP_SIM_NAME_MAX];
    char address[32], outside[32]; /* its own address; the one that the internet sees */
    char gateway[32];              /* its router's inner address */
    unsigned moves;
    struct wzp_sim_host *host;
    struct wzp_sim_network *lan; /* the internet, when there is no router */
    const struct wzp_lab_nat *nat;
    bool v6;
    struct wzp_sim_nat *box; /* NULL: none, or it is the kernel's */
    struct wzp_lab_real real;
    unsigned rebinds;
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
    struct wzp_lab_real real;
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
    bool in_spaces;
    struct wzp_host_timer *pulse; /* in spaces: the timer that runs the world */
    uint64_t ahead;               /* by how much the host's clock is ahead of the world's, ns */
    bool pulsing;
};

/* ---- lab.c ---- */
/* A world with the program's seed. WZP_E_* with a sentence. */
int wzp_lab_new(struct wzp_lab **out, struct wzp_script *s, struct wzp_error *err);

/* ---- lab_place.c ---- */
/* Raises an error when result is an error code. */
void wzp_lab_must(lua_State *L, int result, const char *what);
/* The kind of router of that name, raises an error for others. */
const struct wzp_lab_nat *wzp_lab_nat(lua_State *L, const char *name);
/* A new machine behind a new router. Raises errors. */
struct wzp_lab_place *wzp_lab_place_new(lua_State *L, struct wzp_lab *lab, const char *name,
                                        const struct wzp_lab_nat *nat, bool v6);
/* wzp.lab.move, wzp.lab.rebind. */
int wzp_lab_move(lua_State *L);
int wzp_lab_rebind(lua_State *L);
/* The place of that name; NULL: none. */
struct wzp_lab_place *wzp_lab_place(struct wzp_lab *lab, const char *name);
/* Applies the settings of its lines to a place or relay. */
void wzp_lab_set_lines(struct wzp_lab_place *place, struct wzp_lab_relay *relay);

/* ---- link.c ---- */
/* Frees the link settings between pairs of places; before the world ends. */
void wzp_lab_pairs_free(struct wzp_lab *lab);

/* ---- lab_spaces.c: machines of the kernel ---- */
/* The world of the program in real time, made when there is none. Raises errors; skips the test
 * where namespaces are not available. */
struct wzp_lab *wzp_lab_spaces_world(lua_State *L);
/* After all machines are closed. */
void wzp_lab_spaces_end(struct wzp_lab *lab);
/* Make the namespace of a relay, whose host has its address; those of a place, with its router. On
 * error what was made stays until wzp_lab_spaces_close. */
int wzp_lab_spaces_relay(struct wzp_lab_relay *relay, struct wzp_error *err);
int wzp_lab_spaces_place(struct wzp_lab_place *place, struct wzp_error *err);
/* move: the machine's address changes from `old` to place->address. rebind: the router's outer
 * address changes from `old` to place->outside, and the router forgets its mappings. */
int wzp_lab_spaces_move(struct wzp_lab_place *place, const char *old, struct wzp_error *err);
int wzp_lab_spaces_rebind(struct wzp_lab_place *place, const char *old, struct wzp_error *err);
/* Makes the struct wzp_host of a softphone or relay in it; a simulated machine keeps its files. */
void wzp_lab_spaces_host(struct wzp_host *out, struct wzp_lab_real *real,
                         struct wzp_sim_machine *machine);
void wzp_lab_spaces_close(struct wzp_lab_real *real);

/* wzp.lab.link. */
int wzp_lab_link(lua_State *L);

#endif

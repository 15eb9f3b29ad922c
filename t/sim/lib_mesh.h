/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several relays that are linked (federation) or form a pool, and people at them. */
#ifndef WZP_T_SIM_LIB_MESH_H
#define WZP_T_SIM_LIB_MESH_H

#include "sim/actors.h"

#define MESH_MAX 4

/* Static in tests: configurations and recorded events are large. */
struct mesh {
    struct wzp_sim *sim;
    struct wzp_sim_relay relays[MESH_MAX];
    struct wzp_relay_config configs[MESH_MAX];
    struct wzp_sim_directory directory; /* of a pool */
    bool is_pool;
    enum wzp_e2e_policy e2e; /* of people who are added from now on */
    size_t count;
    struct wzp_sim_phone people[8];
    size_t people_count;
    int16_t *voices[8];
    bool is_cut;
    size_t cut[2]; /* if is_cut: between which relays */
};
/* Relays 0..count-1 at 10.0.<n>.1:4433, named R0, R1, ..., each 10 ms from the middle. dials: "01
 * 10 12" means that 0 dials 1, 1 dials 0 and 1 dials 2; who is dialled trusts the dialler. Room
 * "general" is global. */
void mesh_raise(struct mesh *m, uint64_t seed, size_t count, const char *dials);
/* The same for a pool: relays of one name that share an identity and a directory, which is 1 ms
 * away. */
void mesh_raise_pool(struct mesh *m, uint64_t seed, size_t count);
void mesh_lower(struct mesh *m);
/* The TLS fingerprint of relay n, whether it runs or not; text holds WZP_TLS_FINGERPRINT_TEXT_MAX.
 */
void mesh_fingerprint(size_t n, char *text);
/* Adds a phone at that relay, whose voice is a tone of that frequency (0: silent); registered or
 * not. */
struct wzp_sim_phone *mesh_person(struct mesh *m, size_t relay, double pitch, bool registered);
/* The same for the identity of that seed: a second phone of somebody, or the same person at another
 * relay. */
struct wzp_sim_phone *mesh_person_as(struct mesh *m, size_t relay, double pitch, bool registered,
                                     uint64_t seed);
/* Links that are up at that relay. */
unsigned mesh_links(struct mesh *m, size_t relay);
/* Lets time pass until every relay has that many links, at most `limit`; returns the time it took,
 * or WZP_NEVER. */
uint64_t mesh_wait_links(struct mesh *m, unsigned links, uint64_t limit);
/* Number of people in the last member list that this phone received. */
size_t mesh_members(const struct wzp_sim_phone *phone);
/* Lets time pass until the phone's member list has so many people; returns the time it took, or
 * WZP_NEVER. */
uint64_t mesh_wait_members(struct mesh *m, const struct wzp_sim_phone *phone, size_t members,
                           uint64_t limit);
/* Drops all packets between two relays until mesh_mend. One pair at a time. */
void mesh_cut(struct mesh *m, size_t a, size_t b);
void mesh_mend(struct mesh *m);
/* As wzp_sim_phone_wait; the time it took, or WZP_NEVER. */
uint64_t mesh_wait(struct wzp_sim_phone *phone, enum wzp_event_type type, size_t count,
                   uint64_t limit);
/* What share of the last second that the phone played is a tone of that frequency. */
double mesh_share(const struct wzp_sim_phone *phone, double pitch);
/* A check for each relay: it has no call. when: the beginning of the check's name. */
void mesh_no_calls(const struct mesh *m, const char *when);
/* Checks of calls that are never connected: rejected, cancelled, not answered. Both sides are told
 * in time, and no relay keeps the call. */
void mesh_check_ends(struct mesh *m, struct wzp_sim_phone *caller, struct wzp_sim_phone *callee);

#endif

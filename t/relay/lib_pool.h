/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several relays behind one name, their directory in virtual time, and stand-ins that connect to
 * any of them. */
#ifndef WZP_T_RELAY_LIB_POOL_H
#define WZP_T_RELAY_LIB_POOL_H

#include "lib_fake.h"
#include "lib_join.h"
#include "sim/actors.h"

#define POOL_MAX 3

struct pool {
    struct wzp_sim *sim;
    struct wzp_sim_directory directory; /* 1 ms away */
    struct wzp_sim_relay relays[POOL_MAX];
    size_t count;
};

/* Static in tests. change may be NULL; it alters the configuration of all. */
void pool_raise(struct pool *p, size_t count, void (*change)(struct wzp_relay_config *config));
void pool_lower(struct pool *p);
struct wzp_relay *pool_relay(struct pool *p, size_t n);
uint64_t pool_now(const struct pool *p);
/* Lets time pass. */
void pool_run(struct pool *p, uint64_t ns);
/* A stand-in comes to relay n from that address and registers; true when it is told that it is,
 * within `limit`. */
bool pool_come(struct pool *p, size_t n, struct fake *fake, uint8_t seed,
               enum wzp_registration_class standing, const char *address, uint64_t limit);
/* What the directory has of that person ('p') or their call ('c'), or NULL. */
const char *pool_text(struct pool *p, char prefix, uint8_t seed);
/* Writes into its place there. */
void pool_write(struct pool *p, char prefix, uint8_t seed, const char *text);
/* True when the text in the directory was written by that relay. */
bool pool_has(struct pool *p, size_t n, uint8_t seed);

#endif

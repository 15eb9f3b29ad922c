/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A pool: several relays behind one name that share a directory, in virtual time; and stand-ins for
 * clients that connect to any of them. */
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

/* Starts the pool; *p is large, static in tests. change may be NULL; it alters the configuration of
 * all relays. */
void pool_raise(struct pool *p, size_t count, void (*change)(struct wzp_relay_config *config));
void pool_lower(struct pool *p);
struct wzp_relay *pool_relay(struct pool *p, size_t n);
uint64_t pool_now(const struct pool *p);
/* Lets time pass. */
void pool_run(struct pool *p, uint64_t ns);
/* A stand-in connects to relay n from that address and registers; true when the relay confirms it
 * within `limit`. */
bool pool_come(struct pool *p, size_t n, struct fake *fake, uint8_t seed,
               enum wzp_registration_class standing, const char *address, uint64_t limit);
/* The directory's text about that person ('p') or their call ('c'), or NULL. */
const char *pool_text(struct pool *p, char prefix, uint8_t seed);
/* Replaces that text in the directory. */
void pool_write(struct pool *p, char prefix, uint8_t seed, const char *text);
/* True when relay n wrote the directory's text about that person. */
bool pool_has(struct pool *p, size_t n, uint8_t seed);

#endif

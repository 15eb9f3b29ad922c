/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where is this person? Asked before a call is routed. People registered here are known at once;
 * about others the pool is asked (pool.h), or a source that a test has set, which may answer later,
 * or never: then the question ends by itself. Who is in neither may be at a relay of the
 * federation.
 * Source: wzp-protocol(7), A direct call. */
#ifndef WZP_RELAY_DIRECTORY_H
#define WZP_RELAY_DIRECTORY_H

#include "base/map.h"
#include "relay/route.h"
#include "relay/timer.h"

#define WZP_RELAY_QUESTIONS_MAX 1024 /* that wait for an answer at a time */

/* route NULL: nobody knows such a person (result 0), or whether could not be learnt (WZP_E_*).
 * Called once per question, maybe from inside _ask. */
typedef void (*wzp_relay_found)(struct wzp_relay *r, void *context,
                                const struct wzp_relay_route *route, int result, uint64_t now);

struct wzp_relay_question {
    struct wzp_relay_timer timer;
    uint64_t handle;
    wzp_relay_found found;
    void *context;
};

/* Somebody else who may know. ask: answers with wzp_relay_directory_answer(handle), at once or
 * later. forget: the answer is not wanted any more; may be NULL. */
struct wzp_relay_source {
    void *context;
    void (*ask)(void *context, struct wzp_relay *r, uint64_t handle,
                const struct wzp_relay_name *name, uint64_t now);
    void (*forget)(void *context, struct wzp_relay *r, uint64_t handle);
};

struct wzp_relay_directory {
    struct wzp_map questions; /* handle -> struct wzp_relay_question */
    uint64_t next_handle;
    struct wzp_relay_source source; /* ask NULL: memory is all there is */
};

/* No allocation. */
void wzp_relay_directory_init(struct wzp_relay_directory *directory,
                              const struct wzp_random *random);
/* Open questions are dropped without an answer. */
void wzp_relay_directory_fini(struct wzp_relay *r);
/* Asks. *handle is 0 when the answer was given already, else what the answer will be about.
 * WZP_E_LIMIT (too many questions wait), WZP_E_MEMORY: found was not and will not be called. */
int wzp_relay_directory_ask(struct wzp_relay *r, uint64_t *handle,
                            const struct wzp_relay_name *name, wzp_relay_found found, void *context,
                            uint64_t now);
/* The answer; one that nobody waits for is ignored. route NULL: not there. */
void wzp_relay_directory_answer(struct wzp_relay *r, uint64_t handle,
                                const struct wzp_relay_route *route, uint64_t now);
/* There will be no answer. */
void wzp_relay_directory_unable(struct wzp_relay *r, uint64_t handle, uint64_t now);
/* Nobody wants the answer any more. Harmless for 0 and for what was answered. */
void wzp_relay_directory_forget(struct wzp_relay *r, uint64_t handle);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finds where a person is registered, before a call is routed. Registrations at this relay are
 * answered at once. For others the pool is asked (pool.h), or a source set by a test. The answer
 * may come later or never; a timer then ends the question. A person found in neither may be at a
 * relay of the federation. Source: wzp-protocol(7), A direct call. */
#ifndef WZP_RELAY_DIRECTORY_H
#define WZP_RELAY_DIRECTORY_H

#include "base/map.h"
#include "relay/route.h"
#include "relay/timer.h"

#define WZP_RELAY_QUESTIONS_MAX 1024 /* pending at a time */

/* The result of a question. route NULL: no such person is known (result 0), or the lookup failed
 * (WZP_E_*). Called once per question, possibly from inside _ask. */
typedef void (*wzp_relay_found)(struct wzp_relay *r, void *context,
                                const struct wzp_relay_route *route, int result, uint64_t now);

struct wzp_relay_question {
    struct wzp_relay_timer timer;
    uint64_t handle;
    wzp_relay_found found;
    void *context;
};

/* An external source of answers. ask: answers with wzp_relay_directory_answer(handle), at once or
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
    struct wzp_relay_source source; /* ask NULL: only local registrations are known */
};

/* No allocation. */
void wzp_relay_directory_init(struct wzp_relay_directory *directory,
                              const struct wzp_random *random);
/* Open questions are dropped without an answer. */
void wzp_relay_directory_fini(struct wzp_relay *r);
/* Asks. *handle is 0 when the answer was given already, else it identifies the pending question.
 * WZP_E_LIMIT (too many pending questions), WZP_E_MEMORY: `found` was not and will not be
 * called. */
int wzp_relay_directory_ask(struct wzp_relay *r, uint64_t *handle,
                            const struct wzp_relay_name *name, wzp_relay_found found, void *context,
                            uint64_t now);
/* The answer to a pending question; others are ignored. route NULL: the person was not found. */
void wzp_relay_directory_answer(struct wzp_relay *r, uint64_t handle,
                                const struct wzp_relay_route *route, uint64_t now);
/* The source failed: there will be no answer. */
void wzp_relay_directory_unable(struct wzp_relay *r, uint64_t handle, uint64_t now);
/* The answer is not wanted any more. No effect for 0 and for answered questions. */
void wzp_relay_directory_forget(struct wzp_relay *r, uint64_t handle);

#endif

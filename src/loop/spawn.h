/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs other programs beside the loop: without a shell, with none of our file descriptors, and with
 * a time limit. */
#ifndef WZP_LOOP_SPAWN_H
#define WZP_LOOP_SPAWN_H

#include "loop/loop.h"
#include "wzp/types.h"

struct wzp_spawn;
/* Runs argv[0] (looked for in PATH when it has no '/') with the arguments behind it, NULL ends
 * them. variables: "NAME=value", NULL ends them; they replace or extend our environment. Standard
 * input and output are /dev/null, standard error is ours; the program gets its own session and is
 * killed after `most` ns, with its process group. done is called once, when it ended, with the exit
 * status, or -1 when a signal ended it. WZP_E_NOT_FOUND, WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_spawn_start(struct wzp_spawn **out, struct wzp_loop *l, const char *const *argv,
                    const char *const *variables, uint64_t most,
                    void (*done)(void *context, int status), void *context, struct wzp_error *err);
/* Forgets the program: done is not called any more, the program goes on until its time limit. NULL
 * is fine. Not after done. */
void wzp_spawn_close(struct wzp_spawn *s);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's control socket: the user who runs it (or root) queries its state and gives commands,
 * in lines of JSON: {"command":"kick","arguments":["..."]}. An answer is any number of lines that
 * begin with {"kind": and a last one that begins with {"ok":. */
#ifndef WZP_CLI_RELAY_CONTROL_H
#define WZP_CLI_RELAY_CONTROL_H

#include "app/relay_service.h"
#include "cli/options.h"
#include "loop/loop.h"

struct wzp_relay_control;
/* Opens the socket at path. drain(context) is called for a graceful shutdown. service and loop must
 * outlive it. Errors of wzp_socket_listen, with a sentence. */
int wzp_relay_control_open(struct wzp_relay_control **out, struct wzp_loop *l,
                           struct wzp_relay_service *service, const char *path,
                           void (*drain)(void *context), void *context, const struct wzp_log *log,
                           struct wzp_error *err);
/* The socket's commands by index, for help and manual; NULL past the end. */
struct wzp_relay_word {
    const char *name, *arguments, *help;
};
const struct wzp_relay_word *wzp_relay_word(size_t i);
/* Not from inside drain. NULL is fine. */
void wzp_relay_control_close(struct wzp_relay_control *c);

/* `wzp-relay ctl --control FILE WORD [ARGUMENT]`: argv[0] is "ctl". Returns an exit status. */
int wzp_relay_ctl_main(const char *program, int argc, char **argv);
extern const struct wzp_option wzp_relay_ctl_options[];

#endif

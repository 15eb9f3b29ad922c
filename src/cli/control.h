/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The control socket of a running softphone ($XDG_RUNTIME_DIR/wzp/control.sock, without that folder
 * run/control.sock in the folder of WZP_PLACE_STATE): other programs of the same person give
 * commands and receive events, as lines of JSON, which wzp(1) describes. Commands and events are
 * those of the tables (wzp/app.h). */
#ifndef WZP_CLI_CONTROL_H
#define WZP_CLI_CONTROL_H

#include "loop/socket.h"
#include "wzp/app.h"

#define WZP_CONTROL_NAME "control.sock" /* in WZP_PLACE_RUNTIME */

struct wzp_control {
    struct wzp_app *app;
    struct wzp_host host;
    struct wzp_socket *socket;
    struct wzp_listener listener;
    uint64_t began;
};
/* Opens the socket for the app. WZP_E_DUPLICATE when another softphone of this person has it,
 * WZP_E_NOT_FOUND without a home directory, and errors of wzp_socket_listen. On error everything is
 * undone. */
int wzp_control_open(struct wzp_control *c, struct wzp_loop *l, const struct wzp_host *host,
                     struct wzp_app *app, struct wzp_error *err);
/* Before the app is freed; harmless on one that is not open (all zero). */
void wzp_control_close(struct wzp_control *c);

/* The client side: returns a descriptor connected to the running softphone, or WZP_E_NOT_FOUND, ...
 * with a sentence. */
int wzp_control_connect(const struct wzp_host *host, struct wzp_error *err);
/* True when the running softphone has this fingerprint; waits two seconds for its answer. */
bool wzp_control_has(const struct wzp_host *host, const char *fingerprint);
/* Asks the running softphone to end, and does not wait for it. */
int wzp_control_quit(const struct wzp_host *host, struct wzp_error *err);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The control socket of a running softphone ($XDG_RUNTIME_DIR/wzp/control.sock, without that folder
 * run/control.sock in the one of the state): other programs of the same person give commands and
 * hear events, as lines of JSON; wzp(1) describes them. Commands and events are those of the
 * tables. */
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
/* Listens for the app. WZP_E_DUPLICATE when another softphone of this person does, WZP_E_NOT_FOUND
 * without any home, and what wzp_socket_listen says. On error nothing is left. */
int wzp_control_open(struct wzp_control *c, struct wzp_loop *l, const struct wzp_host *host,
                     struct wzp_app *app, struct wzp_error *err);
/* Before the app is freed; harmless on one that is not open (all zero). */
void wzp_control_close(struct wzp_control *c);

/* The other side: a file to the softphone that runs, or WZP_E_NOT_FOUND, ... with a sentence. */
int wzp_control_connect(const struct wzp_host *host, struct wzp_error *err);
/* True when the softphone that runs is of this fingerprint; waits two seconds for its answer. */
bool wzp_control_has(const struct wzp_host *host, const char *fingerprint);
/* Asks it to end, and does not wait. */
int wzp_control_quit(const struct wzp_host *host, struct wzp_error *err);

#endif

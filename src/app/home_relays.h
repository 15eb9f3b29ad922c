/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relays of the settings, when there are several: the nearest one is home (the relay we
 * register at), and another takes its place when it fails. Round-trip times decide, with the
 * hysteresis of nat/relay_map.h; home never changes during a call. Only relays of the settings are
 * compared: one that is merely known (relays.h) never becomes home. Source: wzp-protocol(7),
 * Registration. */
#ifndef WZP_APP_HOME_RELAYS_H
#define WZP_APP_HOME_RELAYS_H

#include "app/internal.h"

/* Reads the relays of the settings. WZP_E_SYNTAX, WZP_E_RANGE, WZP_E_LIMIT, WZP_E_ARGUMENT with a
 * sentence that names the faulty one. */
int wzp_home_relays_read(struct wzp_app *app, struct wzp_error *err);
/* Starts measuring them, where there are several. */
void wzp_home_relays_start(struct wzp_app *app);
void wzp_home_relays_fini(struct wzp_app *app);
/* Takes in what an event says about them. */
void wzp_home_relays_follow(struct wzp_app *app, const struct wzp_event *event, uint64_t now);
/* The relay where we are registered, or try to register. */
const char *wzp_home_relay(const struct wzp_app *app);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several relays of the settings: the nearest is home, another one takes its place when it dies.
 * Round trips decide, with the hysteresis of nat/relay_map.h, and nobody moves during a call. These
 * are measured among themselves: one that was only heard of (relays.h) never becomes home. Source:
 * wzp-protocol(7), Registration. */
#ifndef WZP_APP_HOME_RELAYS_H
#define WZP_APP_HOME_RELAYS_H

#include "app/internal.h"

/* The relays of the settings, as they stand there. WZP_E_SYNTAX, WZP_E_RANGE, WZP_E_LIMIT,
 * WZP_E_ARGUMENT with a sentence that names the one. */
int wzp_home_relays_read(struct wzp_app *app, struct wzp_error *err);
/* Looks after them from now on, where there are several. */
void wzp_home_relays_start(struct wzp_app *app);
void wzp_home_relays_fini(struct wzp_app *app);
/* What an event tells of them. */
void wzp_home_relays_follow(struct wzp_app *app, const struct wzp_event *event, uint64_t now);
/* The relay that is home now, or is tried to be. */
const char *wzp_home_relay(const struct wzp_app *app);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether the network is metered (paid for by volume): by the setting, or as the host finds out. On
 * a metered network the phone leaves out what is not necessary (the port search). */
#ifndef WZP_APP_METERED_H
#define WZP_APP_METERED_H

#include "app/internal.h"
#include "wzp/networks.h"

/* Asks the host, when the setting says so and a feature depends on the answer; the phone is told
 * when the answer has changed. */
void wzp_app_metered_ask(struct wzp_app *app);
/* Marks the interfaces of the default route as metered, if they are. */
void wzp_app_metered_mark(const struct wzp_app *app, struct wzp_networks *networks);
/* The app ends: an answer that is still to come is ignored. */
void wzp_app_metered_fini(struct wzp_app *app);

#endif

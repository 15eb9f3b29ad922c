/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether the network is paid for by what goes over it: by the setting, or as the host finds out.
 * What the phone does besides is then left out (a search for a port). */
#ifndef WZP_APP_METERED_H
#define WZP_APP_METERED_H

#include "app/internal.h"
#include "wzp/networks.h"

/* Asks the host, where the setting leaves it to it and something depends on it; the phone is told
 * when the answer is another one. */
void wzp_app_metered_ask(struct wzp_app *app);
/* Marks the networks of the default route. */
void wzp_app_metered_mark(const struct wzp_app *app, struct wzp_networks *networks);
/* The app ends: nobody waits for an answer any more. */
void wzp_app_metered_fini(struct wzp_app *app);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The STUN servers of the settings: their names are resolved, and the phone asks them. */
#ifndef WZP_APP_STUN_H
#define WZP_APP_STUN_H

#include "app/internal.h"

/* Resolves them, at the start and when the networks changed; what is under way is given up. The
 * phone hears of them when all are done and something is new. */
void wzp_app_stun_start(struct wzp_app *app);
/* Gives up what is under way. */
void wzp_app_stun_fini(struct wzp_app *app);

#endif

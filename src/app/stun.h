/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The STUN servers of the settings: their names are resolved, and the phone asks them. */
#ifndef WZP_APP_STUN_H
#define WZP_APP_STUN_H

#include "app/internal.h"

/* Resolves them; called at the start and when the networks have changed, which cancels requests
 * under way. The phone gets the addresses when all requests are done and something has changed. */
void wzp_app_stun_start(struct wzp_app *app);
/* Cancels the requests under way. */
void wzp_app_stun_fini(struct wzp_app *app);

#endif

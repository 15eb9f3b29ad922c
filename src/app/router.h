/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The part of port mapping that packets cannot do: UPnP, which the host speaks on another
 * thread. */
#ifndef WZP_APP_ROUTER_H
#define WZP_APP_ROUTER_H

#include "app/internal.h"

/* The phone's config.portmap_work: begins a request; the phone is given the result. context is the
 * app. */
void wzp_app_router_work(void *context, const struct wzp_portmap_work *work);
/* The app ends: the result of a request under way is ignored. */
void wzp_app_router_fini(struct wzp_app *app);

#endif

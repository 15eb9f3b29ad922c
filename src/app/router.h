/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The part of port mapping that packets cannot do: UPnP, which the host asks on another thread. */
#ifndef WZP_APP_ROUTER_H
#define WZP_APP_ROUTER_H

#include "app/internal.h"

/* Begins work of the phone (config.portmap_work); the phone is told what became of it. context is
 * the app. */
void wzp_app_router_work(void *context, const struct wzp_portmap_work *work);
/* The app ends: what is under way is not told any more. */
void wzp_app_router_fini(struct wzp_app *app);

#endif

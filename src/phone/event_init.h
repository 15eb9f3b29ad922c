/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes empty events, for the phone and for the softphone around it. */
#ifndef WZP_PHONE_EVENT_INIT_H
#define WZP_PHONE_EVENT_INIT_H

#include "wzp/events.h"

/* About no session; all texts "", the contact's name too, all numbers 0. */
void wzp_event_init(struct wzp_event *event, enum wzp_event_type type);

#endif

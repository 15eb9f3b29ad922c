/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The listeners to events, in the order of joining; used by a phone, and by the softphone around
 * it. A listener may remove itself, and add and remove others, from inside an event. */
#ifndef WZP_PHONE_LISTENERS_H
#define WZP_PHONE_LISTENERS_H

#include "wzp/phone.h"

struct wzp_listeners_walk;
/* All zero: nobody. Listeners are their owners'. */
struct wzp_listeners {
    struct wzp_listener *first;
    struct wzp_listeners_walk *walks; /* events being delivered, the newest first */
};
/* Adds it as the last one. Added from inside an event, it hears that event, too. */
void wzp_listeners_add(struct wzp_listeners *l, struct wzp_listener *listener);
/* Removes it: it hears nothing more, not even of an event under way. Harmless when it is not
 * there. */
void wzp_listeners_remove(struct wzp_listeners *l, struct wzp_listener *listener);
void wzp_listeners_tell(struct wzp_listeners *l, const struct wzp_event *event);

#endif

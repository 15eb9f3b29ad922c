/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who hears of events, in the order of joining; of a phone, and of the softphone around it. A
 * listener may leave, join others and make others leave from inside an event. */
#ifndef WZP_PHONE_LISTENERS_H
#define WZP_PHONE_LISTENERS_H

#include "wzp/phone.h"

struct wzp_listeners_walk;
/* All zero: nobody. Listeners are their owners'. */
struct wzp_listeners {
    struct wzp_listener *first;
    struct wzp_listeners_walk *walks; /* under way, the newest first */
};
/* As the last one; from inside an event it hears that one, too. */
void wzp_listeners_add(struct wzp_listeners *l, struct wzp_listener *listener);
/* It hears nothing more, also of an event that is being told; harmless on one that is not there. */
void wzp_listeners_remove(struct wzp_listeners *l, struct wzp_listener *listener);
void wzp_listeners_tell(struct wzp_listeners *l, const struct wzp_event *event);

#endif

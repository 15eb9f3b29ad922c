/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/listeners.h"

/* The delivery of one event: next is the listener that hears it next, corrected when that one
 * leaves. */
struct wzp_listeners_walk {
    struct wzp_listener *next;
    struct wzp_listeners_walk *outer;
};

void wzp_listeners_add(struct wzp_listeners *l, struct wzp_listener *listener)
{
    struct wzp_listener **at = &l->first;

    while (*at)
        at = &(*at)->next;
    listener->next = NULL;
    *at = listener;
    for (struct wzp_listeners_walk *walk = l->walks; walk; walk = walk->outer)
        if (!walk->next)
            walk->next = listener;
}

void wzp_listeners_remove(struct wzp_listeners *l, struct wzp_listener *listener)
{
    struct wzp_listener **at = &l->first;

    while (*at && *at != listener)
        at = &(*at)->next;
    if (!*at)
        return;
    for (struct wzp_listeners_walk *walk = l->walks; walk; walk = walk->outer)
        if (walk->next == listener)
            walk->next = listener->next;
    *at = listener->next;
    listener->next = NULL;
}

void wzp_listeners_tell(struct wzp_listeners *l, const struct wzp_event *event)
{
    struct wzp_listeners_walk walk = {.next = l->first, .outer = l->walks};

    l->walks = &walk;
    while (walk.next) {
        struct wzp_listener *listener = walk.next;
        walk.next = listener->next;
        listener->event(listener->context, event);
    }
    l->walks = walk.outer;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relays that were heard of: from the settings, from what is remembered, from events. For faces
 * to show; which one is home is decided in home_relays.h, certificates are in known_relays.h. */
#ifndef WZP_APP_RELAYS_H
#define WZP_APP_RELAYS_H

#include "nat/relay_map.h"
#include "wzp/app.h"

#define WZP_APP_RELAYS_MAX 32

/* All zero is empty. */
struct wzp_app_relays {
    struct wzp_app_relay_state
        *items; /* in the order of their coming; home, preferred are not set */
    size_t count;
    struct wzp_relay_map *map; /* round trips by address; NULL: none yet */
};
void wzp_relays_fini(struct wzp_app_relays *r);
/* It is known by name. NULL: there are too many, or no memory. */
struct wzp_app_relay_state *wzp_relays_know(struct wzp_app_relays *r, const char *name);
/* A person wants to hear no more of it. */
void wzp_relays_forget(struct wzp_app_relays *r, const char *name);
/* What an event tells of a relay. */
void wzp_relays_follow(struct wzp_app_relays *r, const struct wzp_event *event, uint64_t now);
/* Which should be home, by round trips; NULL: nobody knows. */
const struct wzp_app_relay_state *wzp_relays_preferred(const struct wzp_app_relays *r,
                                                       const char *home, bool registered,
                                                       uint64_t now);

#endif

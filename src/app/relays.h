/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All known relays: from the settings, from pinned certificates, from events. For faces to show;
 * home_relays.h decides which one is home, known_relays.h keeps certificates. */
#ifndef WZP_APP_RELAYS_H
#define WZP_APP_RELAYS_H

#include "nat/relay_map.h"
#include "wzp/app.h"

#define WZP_APP_RELAYS_MAX 32

/* All zero is empty. */
struct wzp_app_relays {
    struct wzp_app_relay_state
        *items; /* in the order in which they became known; home and preferred are not set */
    size_t count;
    struct wzp_relay_map *map; /* round trips by address; NULL: none yet */
};
void wzp_relays_fini(struct wzp_app_relays *r);
/* Finds a relay by name, or adds it. NULL: there are too many, or no memory. */
struct wzp_app_relay_state *wzp_relays_know(struct wzp_app_relays *r, const char *name);
/* Removes a relay. */
void wzp_relays_forget(struct wzp_app_relays *r, const char *name);
/* Takes in what an event says about a relay. */
void wzp_relays_follow(struct wzp_app_relays *r, const struct wzp_event *event, uint64_t now);
/* The relay that should be home by round-trip time; NULL: not known. */
const struct wzp_app_relay_state *wzp_relays_preferred(const struct wzp_app_relays *r,
                                                       const char *home, bool registered,
                                                       uint64_t now);

#endif

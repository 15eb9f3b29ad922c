/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone's state of the relays of its settings (home_relays.h). */
#ifndef WZP_APP_HOME_RELAYS_STATE_H
#define WZP_APP_HOME_RELAYS_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "nat/relay_map.h"
#include "wzp/host.h"
#include "wzp/phone.h"

/* All zero: no relays. */
struct wzp_home_relays {
    struct wzp_relay_entry entries[WZP_PHONE_RELAYS_MAX]; /* in the order in which they are tried */
    /* the address from which each answered last */
    struct wzp_addr at[WZP_PHONE_RELAYS_MAX];
    size_t count;
    struct wzp_relay_map map;
    struct wzp_host_timer *timer;
    uint64_t ask_at, look_at; /* WZP_NEVER: not */
};

#endif

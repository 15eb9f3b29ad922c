/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of ground.h: what the phone knows of its own network situation. Source:
 * wzp-protocol(7), Addresses. */
#ifndef WZP_PHONE_GROUND_STATE_H
#define WZP_PHONE_GROUND_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/classify.h"
#include "nat/gather.h"
#include "nat/local.h"
#include "nat/portmap.h"
#include "nat/predict.h"
#include "nat/stun_client.h"
#include "wire/signal.h"
#include "wzp/networks.h"
#include "wzp/phone.h"

struct wzp_ground {
    struct wzp_gather gather;
    struct wzp_networks networks; /* as they were told last */
    struct wzp_addr gateway;
    struct wzp_addr servers[WZP_PHONE_STUN_MAX];
    size_t server_count;
    struct wzp_stun_client stun;
    bool asking;
    struct wzp_addr seen_by_relay, relay; /* our address, and the relay that saw it */
    uint64_t ask_relay_at[2];             /* WZP_NEVER = not */
    uint64_t moved_at;                    /* 0 = never */
    uint64_t awaited_until; /* until then an offer waits for the relay's first answer */
    struct wzp_nat_behaviour nat;
    struct wzp_portmap portmap;
};

/* Our candidates as texts for a signal; lives as long as the signal is used. */
struct wzp_ground_texts {
    uint32_t generation;
    char reflexive[WZP_ADDR_TEXT_MAX], mapped[WZP_ADDR_TEXT_MAX]; /* "" = none */
    char hosts[WZP_GATHER_HOSTS_MAX + 1][WZP_ADDR_TEXT_MAX];
    char *items[WZP_GATHER_HOSTS_MAX + 1];
    size_t count;
};

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A simulated router with port mapping services (NAT-PMP, PCP, UPnP) in virtual time. It can forget
 * its mappings, be slow or silent, and give false answers. */
#ifndef WZP_T_NAT_LIB_ROUTER_H
#define WZP_T_NAT_LIB_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/portmap.h"

#define ROUTER_MAPPINGS 16
#define ROUTER_PACKETS 32

struct router_mapping {
    enum wzp_portmap_protocol protocol;
    uint16_t internal, external;
    uint8_t nonce[WZP_PCP_NONCE_SIZE];
    uint64_t expires;
};
struct router {
    bool natpmp, pcp, upnp;
    struct wzp_addr address, external;
    uint64_t delay;      /* one-way delay, ns */
    uint64_t work_delay; /* of one UPnP request */
    double loss;         /* of each packet, 0..1 */
    uint64_t born;       /* start of its epoch (seconds since start) */
    uint32_t grant;      /* lifetime that it grants, s; 0 = the requested one */
    unsigned result;     /* result code with which it refuses mappings, 0 = none */
    unsigned conflicts;  /* UPnP: how often it answers 718 (ConflictInMappingEntry) */
    bool permanent_only; /* UPnP: answers 725 (OnlyPermanentLeasesSupported) */
    bool deaf, deaf_to_maps;
    bool wrong_source, wrong_nonce, wrong_port, port_zero;
    struct router_mapping mappings[ROUTER_MAPPINGS];
    size_t count;
    unsigned asked, made, deleted; /* packets received, mappings made, mappings deleted */
    struct wzp_random_seeded seeded;
    struct {
        uint64_t at;
        struct wzp_addr from;
        uint8_t data[64];
        size_t length;
    } queue[ROUTER_PACKETS];
    size_t queued;
    bool working;
    uint64_t work_at;
    struct wzp_portmap_work work;
};

void router_init(struct router *r, const char *external);
/* Forgets all mappings and restarts its epoch, as after a power failure. */
void router_reboot(struct router *r, uint64_t now);
/* Runs the mapping service and its router until that time. Returns the time reached. */
uint64_t router_run(struct router *r, struct wzp_portmap *p, uint64_t now, uint64_t until);

#endif

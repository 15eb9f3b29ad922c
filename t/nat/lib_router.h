/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A router that offers port mapping, for tests: honest, forgetful, slow, deaf or lying, in virtual
 * time. */
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
    uint64_t delay;      /* of one way, ns */
    uint64_t work_delay; /* of one piece of UPnP work */
    double loss;         /* of each packet, 0..1 */
    uint64_t born;       /* its clock began */
    uint32_t grant;      /* s; 0 = what is asked for */
    unsigned result;     /* refuses mappings with it */
    unsigned conflicts;  /* UPnP: says 718 so often */
    bool permanent_only; /* UPnP: says 725 */
    bool deaf, deaf_to_maps;
    bool wrong_source, wrong_nonce, wrong_port, port_zero;
    struct router_mapping mappings[ROUTER_MAPPINGS];
    size_t count;
    unsigned asked, made, deleted; /* packets in, mappings made, mappings taken away */
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
/* Forgets all, as after a power cut. */
void router_reboot(struct router *r, uint64_t now);
/* Lets the mapping service and its router live until then, or until *stop is true. Returns the time
 * reached. */
uint64_t router_run(struct router *r, struct wzp_portmap *p, uint64_t now, uint64_t until);

#endif

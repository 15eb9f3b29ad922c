/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The toll is a send limit against amplification: how many bytes a phone may send, over all its
 * calls, to addresses that callers named and that never answered. A caller who names a third
 * party's address must not make phones that answer automatically send more to it than the call
 * costs the caller. Token buckets of bytes, one for each network (IPv4 /24, IPv6 /56) and one for
 * all, which refill with time. Source: wzp-protocol(7), Race; RFC 9000, 8, for the idea. */
#ifndef WZP_NAT_TOLL_H
#define WZP_NAT_TOLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Capacity of a bucket in bytes, and bytes that it regains in a second. */
#define WZP_TOLL_NETWORK_BURST 10000
#define WZP_TOLL_NETWORK_RATE 60
#define WZP_TOLL_BURST 24000
#define WZP_TOLL_RATE 200
#define WZP_TOLL_NETWORKS 32 /* enough: WZP_TOLL_RATE keeps no more of them below full */

/* All zero is the initial state. */
struct wzp_toll {
    struct wzp_toll_purse {
        struct wzp_addr network; /* none: free */
        uint64_t spent;          /* bytes taken and not refilled yet */
        uint64_t at;             /* the time for which spent holds */
    } all, networks[WZP_TOLL_NETWORKS];
};
/* Takes so many bytes from both buckets. False when less is left: nothing must be sent then. */
bool wzp_toll_take(struct wzp_toll *t, const struct wzp_addr *to, uint64_t bytes, uint64_t now);
/* A host of this network proved that it wants our packets: refunds what was sent into the
 * network. */
void wzp_toll_answered(struct wzp_toll *t, const struct wzp_addr *from);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a phone may send, over all its calls, to addresses that callers named and that never
 * answered: whoever names somebody else's must not make phones that answer by themselves send more
 * than it costs to call them. Two budgets of bytes, one for each network (IPv4 /24, IPv6 /56) and
 * one for all, which fill with time. Source: wzp-protocol(7), Race; RFC 9000, 8, for the idea. */
#ifndef WZP_NAT_TOLL_H
#define WZP_NAT_TOLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Bytes at most, and bytes that come back in a second. */
#define WZP_TOLL_NETWORK_BURST 10000
#define WZP_TOLL_NETWORK_RATE 60
#define WZP_TOLL_BURST 24000
#define WZP_TOLL_RATE 200
#define WZP_TOLL_NETWORKS 32 /* the rate of all keeps no more of them in debt */

/* All zero is the initial state. */
struct wzp_toll {
    struct wzp_toll_purse {
        struct wzp_addr network; /* none: free */
        uint64_t spent;          /* bytes that have not come back */
        uint64_t at;             /* as of then */
    } all, networks[WZP_TOLL_NETWORKS];
};
/* Takes so many bytes of both budgets; false: that is more than is left, send nothing. */
bool wzp_toll_take(struct wzp_toll *t, const struct wzp_addr *to, uint64_t bytes, uint64_t now);
/* Somebody there wants it: what was sent into this network costs nothing. */
void wzp_toll_answered(struct wzp_toll *t, const struct wzp_addr *from);

#endif

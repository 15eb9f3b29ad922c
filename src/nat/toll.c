/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/toll.h"

#include <string.h>

#include "base/time.h"

static struct wzp_addr network_of(const struct wzp_addr *addr)
{
    struct wzp_addr network = *addr;

    wzp_addr_set_port(&network, 0);
    if (wzp_addr_is_v6(addr))
        memset(network.u.in6.sin6_addr.s6_addr + 7, 0, 9);
    else
        memset((uint8_t *)&network.u.in.sin_addr + 3, 0, 1);
    return network;
}

static void refill(struct wzp_toll_purse *p, uint64_t rate, uint64_t now)
{
    uint64_t back = wzp_time_since(now, p->at) / (WZP_SECOND / rate);

    if (back >= p->spent) {
        p->spent = 0;
        p->at = now;
    } else {
        p->spent -= back;
        p->at = wzp_time_add(p->at, back * (WZP_SECOND / rate));
    }
}

/* The bucket of a network; a new network takes the bucket with the least spent. */
static struct wzp_toll_purse *find(struct wzp_toll *t, const struct wzp_addr *to, uint64_t now)
{
    struct wzp_addr network = network_of(to);
    struct wzp_toll_purse *least = &t->networks[0];

    for (size_t i = 0; i < WZP_TOLL_NETWORKS; i++) {
        struct wzp_toll_purse *p = &t->networks[i];
        refill(p, WZP_TOLL_NETWORK_RATE, now);
        if (wzp_addr_equal_ip(&p->network, &network))
            return p;
        if (p->spent < least->spent)
            least = p;
    }
    *least = (struct wzp_toll_purse){.network = network, .at = now};
    return least;
}

bool wzp_toll_take(struct wzp_toll *t, const struct wzp_addr *to, uint64_t bytes, uint64_t now)
{
    struct wzp_toll_purse *p = find(t, to, now);

    refill(&t->all, WZP_TOLL_RATE, now);
    if (p->spent + bytes > WZP_TOLL_NETWORK_BURST || t->all.spent + bytes > WZP_TOLL_BURST)
        return false;
    p->spent += bytes;
    t->all.spent += bytes;
    return true;
}

void wzp_toll_answered(struct wzp_toll *t, const struct wzp_addr *from)
{
    struct wzp_addr network = network_of(from);

    for (size_t i = 0; i < WZP_TOLL_NETWORKS; i++) {
        struct wzp_toll_purse *p = &t->networks[i];
        if (!wzp_addr_equal_ip(&p->network, &network))
            continue;
        t->all.spent -= p->spent < t->all.spent ? p->spent : t->all.spent;
        p->spent = 0;
    }
}

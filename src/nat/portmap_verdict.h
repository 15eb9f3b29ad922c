/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The outcome of asking a router for a port, in words, and whether its answers are of use: a router
 * may report an external address that nobody can reach. */
#ifndef WZP_NAT_PORTMAP_VERDICT_H
#define WZP_NAT_PORTMAP_VERDICT_H

#include <stdbool.h>

#include "nat/portmap_state.h"

/* "NatPmp", "Pcp", "UPnP" as JSON has them; NULL for none. */
const char *wzp_portmap_protocol_name(enum wzp_portmap_protocol protocol);
/* The word and the sentence of a verdict; static. */
const char *wzp_portmap_verdict_word(enum wzp_portmap_verdict verdict);
const char *wzp_portmap_verdict_text(enum wzp_portmap_verdict verdict);

/* Which trouble a router's external address shows, of one that is refused. */
enum wzp_portmap_verdict wzp_portmap_judge(const struct wzp_addr *external);
/* Is a mapping with that address and port of any use? *why: the trouble when it is not. */
bool wzp_portmap_is_usable(const struct wzp_addr *external, enum wzp_portmap_verdict *why);
/* The verdict of a probe that makes no mapping. The three services speak for one router: a usable
 * external address that one of them tells decides, else an unusable one, and only without either a
 * service that tells none. */
enum wzp_portmap_verdict wzp_portmap_judge_probe(const struct wzp_portmap *p);

/* Whether a router still has the same table of mappings. Its clock (the epoch, RFC 6886 3.6, RFC
 * 6887 8.5) counts from the beginning of the table. */
enum wzp_portmap_table {
    WZP_PORTMAP_TABLE_SAME,
    WZP_PORTMAP_TABLE_NEW, /* it began after the mapping was made */
    /* It began at about the time of our last exchange with the router, or later. It may be a new
     * table although the clock shows the expected time: a service that had only just begun when it
     * was asked, and then began once more, shows that. */
    WZP_PORTMAP_TABLE_YOUNG,
};
/* Judges a service's epoch (s since its table began), and keeps it for the next time. */
enum wzp_portmap_table wzp_portmap_judge_clock(struct wzp_portmap_service *s, uint32_t epoch,
                                               uint64_t now);

#endif

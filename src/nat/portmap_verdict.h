/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What came of asking a router for a port, in words, and what its answers are worth: a router may
 * tell an address outside that nobody can reach. */
#ifndef WZP_NAT_PORTMAP_VERDICT_H
#define WZP_NAT_PORTMAP_VERDICT_H

#include <stdbool.h>

#include "nat/portmap_state.h"

/* "NatPmp", "Pcp", "UPnP" as JSON has them; NULL for none. */
const char *wzp_portmap_protocol_name(enum wzp_portmap_protocol protocol);
/* The word and the sentence of a verdict; static. */
const char *wzp_portmap_verdict_word(enum wzp_portmap_verdict verdict);
const char *wzp_portmap_verdict_text(enum wzp_portmap_verdict verdict);

/* Of a router's address outside that is refused: which trouble it shows. */
enum wzp_portmap_verdict wzp_portmap_judge(const struct wzp_addr *external);
/* Is a mapping with that address and port of any use? *why: the trouble when it is not. */
bool wzp_portmap_is_usable(const struct wzp_addr *external, enum wzp_portmap_verdict *why);
/* Of a look that makes no mapping. All three speak for one router: a good address outside that one
 * of them tells counts, then a bad one, and a service that tells none only when there is neither.
 */
enum wzp_portmap_verdict wzp_portmap_judge_probe(const struct wzp_portmap *p);

/* Which table of mappings a router has, as its clock tells, which begins with the table. */
enum wzp_portmap_table {
    WZP_PORTMAP_TABLE_SAME,
    WZP_PORTMAP_TABLE_NEW, /* it began later than the mapping was made */
    /* It is younger than our last word with the router, or nearly so: it may be a new one although
     * the clock shows what it would show anyway. A service that had just begun when it was asked,
     * and began once more, looks like that. */
    WZP_PORTMAP_TABLE_YOUNG,
};
/* Judges what a service's clock shows (s since its table began), and keeps it for the next time. */
enum wzp_portmap_table wzp_portmap_judge_clock(struct wzp_portmap_service *s, uint32_t epoch,
                                               uint64_t now);

#endif

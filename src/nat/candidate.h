/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Candidates (RFC 8445): the addresses where a peer may be reached. The peer names them, so they
 * are not trusted before a packet from there has proved itself: the list is capped, and addresses
 * that no peer can have (of this machine, multicast, the relay's) are refused. Later lists are
 * numbered; one with an older number never replaces a newer one. Source: wzp-protocol(7),
 * Addresses, Race, Moving. */
#ifndef WZP_NAT_CANDIDATE_H
#define WZP_NAT_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/signal.h"

#define WZP_CANDIDATES_MAX 20

/* In the order in which they are tried. */
enum wzp_candidate_kind {
    WZP_CANDIDATE_HOST,
    WZP_CANDIDATE_MAPPED,
    WZP_CANDIDATE_REFLEXIVE,
    WZP_CANDIDATE_PEER_REFLEXIVE, /* seen as source of a proved packet */
    WZP_CANDIDATE_PREDICTED,      /* a port that the peer's router will probably take */
    WZP_CANDIDATE_FOUND,          /* found by a birthday search */
    WZP_CANDIDATE_KINDS
};

struct wzp_candidate {
    enum wzp_candidate_kind kind;
    struct wzp_addr addr;
};
/* All zero is an empty list. */
struct wzp_candidate_list {
    struct wzp_candidate items[WZP_CANDIDATES_MAX];
    size_t count;
    uint32_t refused;   /* addresses no peer can have */
    uint32_t malformed; /* texts that are no address */
    uint32_t duplicate, beyond_limit;
};

/* What is refused in addition to the rules that always hold (port 0, unspecified, multicast,
 * broadcast, link-local, reserved). */
struct wzp_candidate_filter {
    const struct wzp_addr *relays; /* their IP addresses, any port; not owned */
    size_t relay_count;
    bool allow_loopback; /* a laboratory on one machine */
};

/* Adds one. 0, WZP_E_REFUSED, WZP_E_DUPLICATE (address known; the better kind is kept),
 * WZP_E_LIMIT; counted in the list. filter may be NULL. */
int wzp_candidate_add(struct wzp_candidate_list *list, enum wzp_candidate_kind kind,
                      const struct wzp_addr *addr, const struct wzp_candidate_filter *filter);
/* The candidate with this address, NULL when there is none. */
const struct wzp_candidate *wzp_candidate_find(const struct wzp_candidate_list *list,
                                               const struct wzp_addr *addr);
/* True when a candidate has this IP address, whatever the port. */
bool wzp_candidate_knows_ip(const struct wzp_candidate_list *list, const struct wzp_addr *addr);

/* What a peer announced, as texts of an offer, answer, setup or update. Not owned. */
struct wzp_candidate_texts {
    const char *reflexive, *mapped; /* NULL = none */
    const char *const *hosts;
    size_t host_count;
};
/* Reads texts into an empty list, in the dialling order: host, mapped, reflexive. Bad entries are
 * skipped and counted; entries of the form "x-key=value" are skipped silently. */
void wzp_candidate_list_read(struct wzp_candidate_list *list,
                             const struct wzp_candidate_texts *texts,
                             const struct wzp_candidate_filter *filter);

/* The peer's candidates during one call. All zero, then read the offer's or answer's list (that is
 * generation 0). */
struct wzp_candidate_peer {
    struct wzp_candidate_list list;
    uint32_t generation;
    /* Counted: applied; older or repeated; of another call. */
    uint32_t updates, updates_old, updates_foreign;
};
/* Applies a CandidateUpdate: 1 when the list was replaced, 0 when the signal is something else, of
 * another call, or not newer than what is known. */
int wzp_candidate_peer_update(struct wzp_candidate_peer *peer, const char *call_id,
                              const struct wzp_signal *signal,
                              const struct wzp_candidate_filter *filter);

#endif

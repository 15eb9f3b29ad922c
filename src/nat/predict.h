/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Predicts the next port of a NAT that maps per destination, from what two of our programs tell
 * each other about their NATs. Source: wzp-protocol(7), Punches, Addresses. */
#ifndef WZP_NAT_PREDICT_H
#define WZP_NAT_PREDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "nat/candidate.h"
#include "nat/classify.h"

#define WZP_PREDICT_MAX 15 /* ports guessed at most */
#define WZP_PREDICT_SPREAD 4
#define WZP_PREDICT_PAIR 12     /* ports guessed when both NATs are sequential; even */
#define WZP_PREDICT_HINT_MAX 64 /* bytes of the text, with final 0 */

/* last + delta x (offset + 1), and spread steps of delta to either side, modulo 65536, without 0,
 * ascending, each once. out has room for WZP_PREDICT_MAX; spread is cut to 7. Returns how many. */
size_t wzp_predict_ports(uint16_t *out, uint16_t last, int delta, unsigned offset, unsigned spread);

/* The hint: what a peer of ours says of its NAT. It travels as an entry of the host list, which
 * other programs skip: "x-nat=1:MAPPING:ALLOCATION:DELTA:LAST PORT:BIRTHDAY". */
struct wzp_nat_hint {
    bool known;
    enum wzp_nat_mapping mapping;
    enum wzp_nat_allocation allocation;
    int delta;
    uint16_t last_port;
    bool birthday; /* willing to take part in a birthday search */
};
void wzp_nat_hint_from(struct wzp_nat_hint *out, const struct wzp_nat_behaviour *behaviour,
                       bool birthday);
/* Writes the text with final 0 into out (WZP_PREDICT_HINT_MAX bytes); returns out. */
const char *wzp_nat_hint_format(char *out, const struct wzp_nat_hint *hint);
/* WZP_E_SYNTAX for anything else, also for another version. */
int wzp_nat_hint_parse(struct wzp_nat_hint *out, const char *text, size_t length);
/* Looks through a host list for the entry; false when there is none. */
bool wzp_nat_hint_find(struct wzp_nat_hint *out, const char *const *hosts, size_t count);

/* True when the hint says that the NAT maps per destination (a hard one). */
bool wzp_nat_hint_is_hard(const struct wzp_nat_hint *hint);
/* True when it does so sequentially, by a known step from a known port. */
bool wzp_nat_hint_steps(const struct wzp_nat_hint *hint);
/* Adds candidates for the ports that a NAT with this hint will probably use on the reflexive
 * address. Returns how many were added: 0 unless it is sequential. */
size_t wzp_predict_candidates(struct wzp_candidate_list *list, const struct wzp_nat_hint *hint,
                              const struct wzp_addr *reflexive,
                              const struct wzp_candidate_filter *filter);

/* The same when both NATs are sequential. Each port that one side tries makes its own NAT take the
 * next one, so the two sides must try in orders in which they meet. One side tries the next ports
 * as they come (in_order), the other every second one and then those between: one pair meets
 * whatever number of ports others took meanwhile, up to five in all. Adds up to
 * WZP_PREDICT_PAIR. */
size_t wzp_predict_pair(struct wzp_candidate_list *list, const struct wzp_nat_hint *hint,
                        const struct wzp_addr *reflexive, bool in_order,
                        const struct wzp_candidate_filter *filter);

#endif

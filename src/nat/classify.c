/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/classify.h"

#include <string.h>

#include "base/bytes.h"
#include "nat/scope.h"

#define OBSERVATIONS_MAX 64

const char *wzp_nat_type_name(enum wzp_nat_type type)
{
    static const char *const names[] = {"Unknown", "Cone", "SymmetricPort", "Multiple"};
    return names[type];
}

const char *wzp_nat_mapping_name(enum wzp_nat_mapping mapping)
{
    static const char *const names[] = {"unknown", "endpoint-independent", "address-dependent",
                                        "port-dependent"};
    return names[mapping];
}

const char *wzp_nat_filtering_name(enum wzp_nat_filtering filtering)
{
    static const char *const names[] = {"unknown", "endpoint-independent", "address-dependent",
                                        "port-dependent"};
    return names[filtering];
}

const char *wzp_nat_allocation_name(enum wzp_nat_allocation allocation)
{
    static const char *const names[] = {"unknown", "preserving", "sequential", "random"};
    return names[allocation];
}

const char *wzp_nat_confidence_name(enum wzp_nat_confidence confidence)
{
    static const char *const names[] = {"none", "low", "medium", "high"};
    return names[confidence];
}

enum wzp_nat_type wzp_nat_classify(const struct wzp_addr *observed, size_t count,
                                   struct wzp_addr *consensus)
{
    const struct wzp_addr *first = NULL;
    size_t kept = 0;
    bool ips_equal = true, ports_equal = true;
    if (consensus)
        memset(consensus, 0, sizeof *consensus);
    for (size_t i = 0; i < count; i++) {
        if (!wzp_scope_counts_as_public(&observed[i]))
            continue;
        kept++;
        if (!first) {
            first = &observed[i];
            continue;
        }
        ips_equal = ips_equal && wzp_addr_equal_ip(first, &observed[i]);
        ports_equal = ports_equal && wzp_addr_port(first) == wzp_addr_port(&observed[i]);
    }
    if (kept < 2 || !first)
        return WZP_NAT_UNKNOWN;
    if (!ips_equal)
        return WZP_NAT_MULTIPLE;
    if (!ports_equal)
        return WZP_NAT_SYMMETRIC_PORT;
    if (consensus)
        *consensus = *first;
    return WZP_NAT_CONE;
}

/* The most frequent step other than 0, when at least 60 % of the steps have it; else 0. */
static int frequent_step(const int *steps, size_t count)
{
    int best = 0;
    size_t best_times = 0;
    for (size_t i = 0; i < count; i++) {
        size_t times = 0;
        for (size_t k = 0; k < count; k++)
            times += steps[k] == steps[i];
        if (steps[i] != 0 && times > best_times) {
            best = steps[i];
            best_times = times;
        }
    }
    return best_times * 10 >= count * 6 ? best : 0;
}

enum wzp_nat_allocation wzp_nat_allocation_judge(const uint16_t *ports, size_t count, int *delta)
{
    int steps[OBSERVATIONS_MAX];
    bool equal = true, steady = true;
    *delta = 0;
    if (count > OBSERVATIONS_MAX)
        count = OBSERVATIONS_MAX;
    if (count < 2)
        return WZP_NAT_ALLOCATION_UNKNOWN;
    for (size_t i = 1; i < count; i++) {
        steps[i - 1] = wzp_serial16(ports[i], ports[i - 1]);
        equal = equal && steps[i - 1] == 0;
        int off = steps[i - 1] - steps[0];
        steady = steady && off >= -1 && off <= 1;
    }
    if (equal)
        return WZP_NAT_ALLOCATION_PRESERVING;
    if (count == 2)
        return WZP_NAT_ALLOCATION_UNKNOWN;
    if (steps[0] == 0)
        return WZP_NAT_ALLOCATION_RANDOM;
    *delta = steady ? steps[0] : frequent_step(steps, count - 1);
    return *delta ? WZP_NAT_ALLOCATION_SEQUENTIAL : WZP_NAT_ALLOCATION_RANDOM;
}

/* Counts distinct destination addresses; unless `same` is NULL, only those that saw `same`. */
static unsigned count_destinations(const struct wzp_nat_facts *facts, const struct wzp_addr *same,
                                   bool *several_operators)
{
    unsigned found = 0;
    uint32_t operator_id = 0;
    *several_operators = false;
    for (size_t i = 0; i < facts->count; i++) {
        const struct wzp_nat_observation *at = &facts->observations[i];
        bool seen = false;
        if (same && !wzp_addr_equal(&at->mapped, same))
            continue;
        for (size_t k = 0; k < i && !seen; k++)
            seen = wzp_addr_equal_ip(&facts->observations[k].destination, &at->destination) &&
                   (!same || wzp_addr_equal(&facts->observations[k].mapped, same));
        if (seen)
            continue;
        if (found++ && at->operator_id != operator_id)
            *several_operators = true;
        operator_id = at->operator_id;
    }
    return found;
}

static void judge_mapping(struct wzp_nat_behaviour *out, const struct wzp_nat_facts *facts)
{
    bool differs = false, same_ip_differs = false, same_ip_agrees = false;
    for (size_t i = 0; i < facts->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct wzp_nat_observation *a = &facts->observations[i];
            const struct wzp_nat_observation *b = &facts->observations[k];
            if (wzp_addr_equal(&a->destination, &b->destination))
                continue;
            if (wzp_addr_equal(&a->mapped, &b->mapped)) {
                same_ip_agrees |= wzp_addr_equal_ip(&a->destination, &b->destination);
                continue;
            }
            differs = true;
            same_ip_differs |= wzp_addr_equal_ip(&a->destination, &b->destination);
        }
    }
    if (same_ip_differs)
        out->mapping = WZP_NAT_MAPPING_PORT_DEPENDENT;
    else if (differs)
        out->mapping = WZP_NAT_MAPPING_ADDRESS_DEPENDENT;
    else if (out->destinations >= 2)
        out->mapping = WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT;
    if (differs)
        out->varies = WZP_TRI_YES;
    else if (out->destinations >= 2)
        out->varies = WZP_TRI_NO;
    out->mapping_proved = out->mapping != WZP_NAT_MAPPING_UNKNOWN &&
                          (out->mapping != WZP_NAT_MAPPING_ADDRESS_DEPENDENT || same_ip_agrees);
}

/* Judged by how many destinations agree. When the mapping differs by destination, they agree on
 * that. */
static void judge_confidence(struct wzp_nat_behaviour *out, const struct wzp_nat_facts *facts)
{
    unsigned agree = 0;
    bool several = false, operators;
    if (out->varies == WZP_TRI_YES)
        agree = count_destinations(facts, NULL, &several);
    for (size_t i = 0; i < facts->count && out->varies != WZP_TRI_YES; i++) {
        unsigned n = count_destinations(facts, &facts->observations[i].mapped, &operators);
        if (n > agree) {
            agree = n;
            several = operators;
        }
    }
    unsigned level = agree >= 4 ? 3 : agree >= 2 ? agree - 1 : 0;
    if (level > 0 && !several)
        level--;
    out->confidence = (enum wzp_nat_confidence)level;
}

static enum wzp_tri tri(bool yes)
{
    return yes ? WZP_TRI_YES : WZP_TRI_NO;
}

void wzp_nat_judge(struct wzp_nat_behaviour *out, const struct wzp_nat_facts *facts)
{
    uint16_t ports[OBSERVATIONS_MAX];
    size_t port_count = 0;
    bool several;
    memset(out, 0, sizeof *out);
    out->destinations = count_destinations(facts, NULL, &several);
    judge_mapping(out, facts);
    judge_confidence(out, facts);
    for (size_t i = 0; i < facts->count && port_count < OBSERVATIONS_MAX; i++)
        ports[port_count++] = wzp_addr_port(&facts->observations[i].mapped);
    out->allocation = wzp_nat_allocation_judge(ports, port_count, &out->delta);
    if (wzp_scope_of(&facts->local) == WZP_SCOPE_CGNAT ||
        wzp_scope_of(&facts->router_external) == WZP_SCOPE_CGNAT)
        out->cgnat = WZP_TRI_YES;
    if (port_count == 0)
        return;
    const struct wzp_addr *mapped = &facts->observations[facts->count - 1].mapped;
    out->last_port = ports[port_count - 1];
    if (!wzp_addr_is_none(&facts->local)) {
        out->behind_nat = tri(!wzp_addr_equal_ip(&facts->local, mapped));
        out->port_preserved = WZP_TRI_YES;
        for (size_t i = 0; i < port_count; i++)
            if (ports[i] != wzp_addr_port(&facts->local))
                out->port_preserved = WZP_TRI_NO;
    }
    if (out->cgnat == WZP_TRI_UNKNOWN && !wzp_addr_is_none(&facts->router_external) &&
        !wzp_addr_is_unspecified(&facts->router_external))
        out->cgnat = tri(!wzp_addr_equal_ip(&facts->router_external, mapped));
}

bool wzp_nat_is_hard(const struct wzp_nat_behaviour *behaviour)
{
    return behaviour->varies == WZP_TRI_YES;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/portmap_verdict.h"

#include "nat/scope.h"

#define EPOCH_SLACK 2 /* s, RFC 6886 3.6 */

const char *wzp_portmap_protocol_name(enum wzp_portmap_protocol protocol)
{
    static const char *const names[WZP_PORTMAP_PROTOCOLS] = {"NatPmp", "Pcp", "UPnP"};
    return (unsigned)protocol < WZP_PORTMAP_PROTOCOLS ? names[protocol] : NULL;
}

static const struct {
    const char *word, *sentence;
} verdicts[] = {
#define ROW(name, word, sentence) {word, sentence},
    WZP_PORTMAP_VERDICT_TABLE(ROW)
#undef ROW
};

const char *wzp_portmap_verdict_word(enum wzp_portmap_verdict verdict)
{
    return verdicts[verdict].word;
}

const char *wzp_portmap_verdict_text(enum wzp_portmap_verdict verdict)
{
    return verdicts[verdict].sentence;
}

enum wzp_portmap_verdict wzp_portmap_judge(const struct wzp_addr *external)
{
    if (wzp_addr_is_unspecified(external))
        return WZP_PORTMAP_OFFLINE;
    return wzp_scope_is_inner(external) ? WZP_PORTMAP_DOUBLE_NAT : WZP_PORTMAP_LYING;
}

bool wzp_portmap_is_usable(const struct wzp_addr *external, enum wzp_portmap_verdict *why)
{
    bool in_range =
        !wzp_addr_is_none(external) && !wzp_addr_is_v6(external) && wzp_addr_port(external) != 0;
    *why = in_range ? wzp_portmap_judge(external) : WZP_PORTMAP_LYING;
    return in_range && !wzp_scope_refused_external(external);
}

enum wzp_portmap_verdict wzp_portmap_judge_probe(const struct wzp_portmap *p)
{
    enum wzp_portmap_verdict verdict = WZP_PORTMAP_ABSENT;
    for (unsigned i = 0; i < WZP_PORTMAP_PROTOCOLS; i++) {
        const struct wzp_portmap_service *s = &p->services[i];
        if (s->presence != WZP_PORTMAP_PRESENT)
            continue;
        if (wzp_addr_is_none(&s->external))
            verdict = verdict == WZP_PORTMAP_ABSENT ? WZP_PORTMAP_AVAILABLE : verdict;
        else if (!wzp_scope_refused_external(&s->external))
            return WZP_PORTMAP_AVAILABLE;
        else if (verdict != WZP_PORTMAP_DOUBLE_NAT)
            verdict = wzp_portmap_judge(&s->external);
    }
    return verdict;
}

enum wzp_portmap_table wzp_portmap_judge_clock(struct wzp_portmap_service *s, uint32_t epoch,
                                               uint64_t now)
{
    uint64_t elapsed = wzp_time_since(now, s->epoch_at) / WZP_SECOND;
    bool lost = s->has_epoch && (uint64_t)epoch + EPOCH_SLACK < s->epoch + elapsed * 7 / 8;
    bool older = s->has_epoch && epoch > elapsed * 9 / 8 + EPOCH_SLACK;
    s->has_epoch = true;
    s->epoch = epoch;
    s->epoch_at = now;
    if (lost)
        return WZP_PORTMAP_TABLE_NEW;
    return older ? WZP_PORTMAP_TABLE_SAME : WZP_PORTMAP_TABLE_YOUNG;
}

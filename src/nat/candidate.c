/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/candidate.h"

#include <string.h>

#include "base/error.h"
#include "nat/scope.h"

static bool refused(const struct wzp_addr *addr, const struct wzp_candidate_filter *filter)
{
    if (wzp_addr_port(addr) == 0)
        return true;
    for (size_t i = 0; filter && i < filter->relay_count; i++)
        if (!wzp_scope_is_inner(addr) && wzp_addr_equal_ip(&filter->relays[i], addr))
            return true;
    switch (wzp_scope_of(addr)) {
    case WZP_SCOPE_PRIVATE:
    case WZP_SCOPE_CGNAT:
    case WZP_SCOPE_UNIQUE:
    case WZP_SCOPE_DOCUMENTATION:
    case WZP_SCOPE_PUBLIC: return false;
    case WZP_SCOPE_LOOPBACK: return !filter || !filter->allow_loopback;
    default: return true;
    }
}

const struct wzp_candidate *wzp_candidate_find(const struct wzp_candidate_list *list,
                                               const struct wzp_addr *addr)
{
    for (size_t i = 0; i < list->count; i++)
        if (wzp_addr_equal(&list->items[i].addr, addr))
            return &list->items[i];
    return NULL;
}

bool wzp_candidate_knows_ip(const struct wzp_candidate_list *list, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < list->count; i++)
        if (wzp_addr_equal_ip(&list->items[i].addr, addr))
            return true;
    return false;
}

int wzp_candidate_add(struct wzp_candidate_list *list, enum wzp_candidate_kind kind,
                      const struct wzp_addr *addr, const struct wzp_candidate_filter *filter)
{
    if (refused(addr, filter)) {
        list->refused++;
        return WZP_E_REFUSED;
    }
    if (wzp_candidate_find(list, addr)) {
        list->duplicate++;
        return WZP_E_DUPLICATE;
    }
    if (list->count == WZP_CANDIDATES_MAX) {
        list->beyond_limit++;
        return WZP_E_LIMIT;
    }
    list->items[list->count++] = (struct wzp_candidate){.kind = kind, .addr = *addr};
    return 0;
}

static void read_text(struct wzp_candidate_list *list, enum wzp_candidate_kind kind,
                      const char *text, const struct wzp_candidate_filter *filter)
{
    struct wzp_addr addr;
    if (!text || strncmp(text, "x-", 2) == 0)
        return;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        list->malformed++;
    else
        wzp_candidate_add(list, kind, &addr, filter);
}

void wzp_candidate_list_read(struct wzp_candidate_list *list,
                             const struct wzp_candidate_texts *texts,
                             const struct wzp_candidate_filter *filter)
{
    memset(list, 0, sizeof *list);
    /* There may be many host candidates, and the two others are more promising behind a NAT: keep
     * room for those. */
    size_t reserved = (texts->mapped ? 1u : 0u) + (texts->reflexive ? 1u : 0u);
    for (size_t i = 0; i < texts->host_count; i++) {
        if (list->count >= WZP_CANDIDATES_MAX - reserved)
            list->beyond_limit++;
        else
            read_text(list, WZP_CANDIDATE_HOST, texts->hosts[i], filter);
    }
    read_text(list, WZP_CANDIDATE_MAPPED, texts->mapped, filter);
    read_text(list, WZP_CANDIDATE_REFLEXIVE, texts->reflexive, filter);
}

int wzp_candidate_peer_update(struct wzp_candidate_peer *peer, const char *call_id,
                              const struct wzp_signal *signal,
                              const struct wzp_candidate_filter *filter)
{
    if (signal->type != WZP_SIGNAL_CANDIDATE_UPDATE)
        return 0;
    if (!signal->u.candidate_update.call_id ||
        strcmp(signal->u.candidate_update.call_id, call_id)) {
        peer->updates_foreign++;
        return 0;
    }
    if (signal->u.candidate_update.generation <= peer->generation) {
        peer->updates_old++;
        return 0;
    }
    struct wzp_candidate_texts texts = {
        .reflexive = signal->u.candidate_update.reflexive_addr,
        .mapped = signal->u.candidate_update.mapped_addr,
        .hosts = (const char *const *)signal->u.candidate_update.local_addrs.items,
        .host_count = signal->u.candidate_update.local_addrs.count,
    };
    wzp_candidate_list_read(&peer->list, &texts, filter);
    peer->generation = signal->u.candidate_update.generation;
    peer->updates++;
    return 1;
}

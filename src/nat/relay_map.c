/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/relay_map.h"

#include <string.h>

#include "base/error.h"

/* m->count when it is not there. */
static size_t find(const struct wzp_relay_map *m, const struct wzp_addr *addr)
{
    size_t i = 0;
    while (i < m->count && !wzp_addr_equal(&m->entries[i].addr, addr))
        i++;
    return i;
}

const struct wzp_relay_map_entry *wzp_relay_map_find(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *addr)
{
    size_t i = find(m, addr);
    return i < m->count ? &m->entries[i] : NULL;
}

int wzp_relay_map_update_rtt(struct wzp_relay_map *m, const struct wzp_addr *addr, uint32_t rtt_ms,
                             uint64_t now)
{
    if (wzp_addr_is_none(addr))
        return WZP_E_ARGUMENT;
    size_t i = find(m, addr);
    if (i == WZP_RELAY_MAP_MAX)
        return WZP_E_LIMIT;
    struct wzp_relay_map_entry *entry = &m->entries[i];
    if (i == m->count) {
        *entry = (struct wzp_relay_map_entry){.addr = *addr};
        m->count++;
    }
    entry->reachable = true;
    entry->rtt_ms = rtt_ms;
    entry->last_probed = now;
    memmove(entry->samples + 1, entry->samples, sizeof entry->samples - sizeof entry->samples[0]);
    entry->samples[0] = rtt_ms;
    if (entry->sample_count < WZP_RELAY_SAMPLES)
        entry->sample_count++;
    return 0;
}

void wzp_relay_map_mark_unreachable(struct wzp_relay_map *m, const struct wzp_addr *addr,
                                    uint64_t now)
{
    size_t i = find(m, addr);
    if (i == m->count)
        return;
    m->entries[i].reachable = false;
    m->entries[i].last_probed = now;
    m->entries[i].sample_count = 0;
}

static bool is_fresh(const struct wzp_relay_map_entry *entry, uint64_t now)
{
    return entry->reachable && wzp_time_since(now, entry->last_probed) <= WZP_RELAY_AGE;
}

static uint32_t least(const struct wzp_relay_map_entry *entry)
{
    uint32_t best = UINT32_MAX;
    for (unsigned i = 0; i < entry->sample_count; i++)
        if (entry->samples[i] < best)
            best = entry->samples[i];
    return best;
}

const struct wzp_relay_map_entry *wzp_relay_map_home(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *current,
                                                     uint64_t heard_at, uint64_t now)
{
    const struct wzp_relay_map_entry *best = NULL;
    for (size_t i = 0; i < m->count; i++)
        if (is_fresh(&m->entries[i], now) && (!best || least(&m->entries[i]) < least(best)))
            best = &m->entries[i];
    const struct wzp_relay_map_entry *home = wzp_relay_map_find(m, current);
    if (!home)
        return best;
    bool heard = heard_at != 0 && wzp_time_since(now, heard_at) <= WZP_RELAY_HEARD;
    if (!is_fresh(home, now))
        return heard || !best ? home : best;
    bool nearer = (uint64_t)least(best) + WZP_RELAY_BETTER_MS <= least(home) &&
                  (uint64_t)least(best) * 3 <= (uint64_t)least(home) * 2;
    return nearer ? best : home;
}

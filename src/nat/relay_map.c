/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/relay_map.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

static struct wzp_relay_map_entry *find(struct wzp_relay_map *m, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < m->count; i++)
        if (wzp_addr_equal(&m->entries[i].addr, addr))
            return &m->entries[i];
    return NULL;
}

const struct wzp_relay_map_entry *wzp_relay_map_find(const struct wzp_relay_map *m,
                                                     const struct wzp_addr *addr)
{
    for (size_t i = 0; i < m->count; i++)
        if (wzp_addr_equal(&m->entries[i].addr, addr))
            return &m->entries[i];
    return NULL;
}

int wzp_relay_map_upsert(struct wzp_relay_map *m, const char *name, const struct wzp_addr *addr,
                         const char *region)
{
    if (wzp_addr_is_none(addr))
        return WZP_E_ARGUMENT;
    struct wzp_relay_map_entry *entry = find(m, addr);
    if (!entry) {
        if (m->count == WZP_RELAY_MAP_MAX)
            return WZP_E_LIMIT;
        entry = &m->entries[m->count++];
        memset(entry, 0, sizeof *entry);
        entry->addr = *addr;
    }
    wzp_text_filter(entry->name, sizeof entry->name, name, strlen(name));
    if (region && region[0])
        wzp_text_filter(entry->region, sizeof entry->region, region, strlen(region));
    return 0;
}

static uint32_t rank(const struct wzp_relay_map_entry *entry)
{
    return entry->reachable && entry->has_rtt ? entry->rtt_ms : UINT32_MAX;
}

/* Insertion sort: stable, and the list is short and nearly sorted. */
static void sort(struct wzp_relay_map *m)
{
    for (size_t i = 1; i < m->count; i++) {
        struct wzp_relay_map_entry moving = m->entries[i];
        size_t at = i;
        while (at > 0 && rank(&m->entries[at - 1]) > rank(&moving)) {
            m->entries[at] = m->entries[at - 1];
            at--;
        }
        m->entries[at] = moving;
    }
}

void wzp_relay_map_update_rtt(struct wzp_relay_map *m, const struct wzp_addr *addr, uint32_t rtt_ms,
                              uint64_t now)
{
    struct wzp_relay_map_entry *entry = find(m, addr);
    if (!entry)
        return;
    entry->has_rtt = entry->reachable = entry->probed = true;
    entry->rtt_ms = rtt_ms;
    entry->last_probed = now;
    memmove(entry->samples + 1, entry->samples, sizeof entry->samples - sizeof entry->samples[0]);
    entry->samples[0] = rtt_ms;
    if (entry->sample_count < WZP_RELAY_SAMPLES)
        entry->sample_count++;
    sort(m);
}

void wzp_relay_map_mark_unreachable(struct wzp_relay_map *m, const struct wzp_addr *addr,
                                    uint64_t now)
{
    struct wzp_relay_map_entry *entry = find(m, addr);
    if (!entry)
        return;
    entry->reachable = false;
    entry->probed = true;
    entry->last_probed = now;
    entry->sample_count = 0;
    sort(m);
}

const struct wzp_relay_map_entry *wzp_relay_map_preferred(const struct wzp_relay_map *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i].reachable && m->entries[i].has_rtt)
            return &m->entries[i];
    return NULL;
}

static bool stale(const struct wzp_relay_map_entry *entry, uint64_t age, uint64_t now)
{
    return !entry->probed || wzp_time_since(now, entry->last_probed) > age;
}

bool wzp_relay_map_needs_reprobe(const struct wzp_relay_map *m, uint64_t age, uint64_t now)
{
    const struct wzp_relay_map_entry *unused;
    return wzp_relay_map_stale(m, &unused, 1, age, now) > 0;
}

size_t wzp_relay_map_stale(const struct wzp_relay_map *m, const struct wzp_relay_map_entry **out,
                           size_t capacity, uint64_t age, uint64_t now)
{
    size_t found = 0;
    for (size_t i = 0; i < m->count && found < capacity; i++)
        if (stale(&m->entries[i], age, now))
            out[found++] = &m->entries[i];
    return found;
}

int wzp_relay_map_split(const char *item, char *name, size_t name_capacity, char *host,
                        size_t host_capacity)
{
    const char *bar = strchr(item, '|');
    if (!bar)
        return WZP_E_SYNTAX;
    size_t length = (size_t)(bar - item);
    if (length >= name_capacity || !wzp_text_copy(host, host_capacity, bar + 1))
        return WZP_E_TOO_BIG;
    memcpy(name, item, length);
    name[length] = '\0';
    return 0;
}

size_t wzp_relay_map_populate(struct wzp_relay_map *m, const char *const *items, size_t count)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        char name[256], host[WZP_ADDR_TEXT_MAX];
        struct wzp_addr addr;
        if (wzp_relay_map_split(items[i], name, sizeof name, host, sizeof host) < 0 ||
            wzp_addr_parse(&addr, host, strlen(host)) < 0)
            continue;
        if (wzp_relay_map_upsert(m, name, &addr, NULL) == 0)
            taken++;
    }
    return taken;
}

static bool fresh(const struct wzp_relay_map_entry *entry, uint64_t now)
{
    return entry->reachable && entry->has_rtt && entry->sample_count > 0 &&
           wzp_time_since(now, entry->last_probed) <= WZP_RELAY_AGE;
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
        if (fresh(&m->entries[i], now) && (!best || least(&m->entries[i]) < least(best)))
            best = &m->entries[i];
    const struct wzp_relay_map_entry *home = wzp_relay_map_find(m, current);
    if (!home)
        return best;
    bool heard = heard_at != 0 && wzp_time_since(now, heard_at) <= WZP_RELAY_HEARD;
    if (!fresh(home, now))
        return heard || !best ? home : best;
    bool nearer = (uint64_t)least(best) + WZP_RELAY_BETTER_MS <= least(home) &&
                  (uint64_t)least(best) * 3 <= (uint64_t)least(home) * 2;
    return nearer ? best : home;
}

static uint64_t due_at(const struct wzp_relay_map *m, size_t i, const struct wzp_addr *home)
{
    const struct wzp_relay_map_entry *entry = &m->entries[i];
    if (!entry->probed)
        return 0;
    bool near = i < WZP_RELAY_NEAR || wzp_addr_equal(&entry->addr, home);
    return wzp_time_add(entry->last_probed, near ? WZP_RELAY_REPROBE_NEAR : WZP_RELAY_REPROBE);
}

const struct wzp_relay_map_entry *wzp_relay_map_due(const struct wzp_relay_map *m,
                                                    const struct wzp_addr *home, uint64_t now)
{
    const struct wzp_relay_map_entry *due = NULL;
    uint64_t soonest = WZP_NEVER;
    for (size_t i = 0; i < m->count; i++) {
        uint64_t at = due_at(m, i, home);
        if (at <= now && at < soonest) {
            soonest = at;
            due = &m->entries[i];
        }
    }
    return due;
}

uint64_t wzp_relay_map_expiry(const struct wzp_relay_map *m, const struct wzp_addr *home)
{
    uint64_t soonest = WZP_NEVER;
    for (size_t i = 0; i < m->count; i++)
        soonest = wzp_time_min(soonest, due_at(m, i, home));
    return soonest;
}

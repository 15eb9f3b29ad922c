/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/nat_table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

#define TABLE_MAX (1 << 20)

/* A peer that a mapping sent to, and when that expires. */
struct known {
    uint64_t expires;
};

struct key {
    uint8_t bytes[2 * 18 + 9];
    size_t length;
};

static void put_bytes(struct key *key, const void *data, size_t length)
{
    memcpy(key->bytes + key->length, data, length);
    key->length += length;
}

static void put_addr(struct key *key, const struct wzp_addr *a, enum wzp_sim_scope scope)
{
    uint16_t port = scope == WZP_SIM_SCOPE_IP_AND_PORT ? wzp_addr_port(a) : 0;
    if (scope == WZP_SIM_SCOPE_ANY)
        return;
    if (wzp_addr_is_v6(a))
        put_bytes(key, &a->u.in6.sin6_addr, 16);
    else
        put_bytes(key, &a->u.in.sin_addr, 4);
    put_bytes(key, &port, 2);
}

static struct key endpoint_key(const struct wzp_addr *a)
{
    struct key key = {.length = 0};
    put_addr(&key, a, WZP_SIM_SCOPE_IP_AND_PORT);
    return key;
}

/* The scope is part of it: "any port of that address" is not "its port 0". */
static struct key inner_key(const struct wzp_addr *inner, const struct wzp_addr *peer,
                            enum wzp_sim_scope scope)
{
    struct key key = endpoint_key(inner);
    uint8_t byte = (uint8_t)scope;
    put_bytes(&key, &byte, 1);
    put_addr(&key, peer, scope);
    return key;
}

static struct key peer_key(const struct wzp_sim_mapping *m, const struct wzp_addr *peer,
                           enum wzp_sim_scope scope)
{
    struct key key = {.length = 0};
    uint8_t byte = (uint8_t)scope;
    put_bytes(&key, &m->number, sizeof m->number);
    put_bytes(&key, &byte, 1);
    put_addr(&key, peer, scope);
    return key;
}

void wzp_sim_nat_table_init(struct wzp_sim_nat_table *t, const struct wzp_random *random)
{
    memset(t, 0, sizeof *t);
    wzp_map_init(&t->by_inner, TABLE_MAX, random);
    wzp_map_init(&t->by_outer, TABLE_MAX, random);
    wzp_map_init(&t->on_demand, TABLE_MAX, random);
    wzp_map_init(&t->peers, TABLE_MAX, random);
}

static void forget_peers(struct wzp_sim_nat_table *t, uint64_t now)
{
    struct wzp_map_cursor c = {0};
    while (wzp_map_next(&t->peers, &c)) {
        struct known *known = c.value;
        if (known->expires > now)
            continue;
        wzp_map_remove(&t->peers, c.key, c.key_length);
        wzp_free(known);
    }
}

void wzp_sim_nat_table_clear(struct wzp_sim_nat_table *t)
{
    while (t->first)
        wzp_sim_nat_table_remove(t, t->first);
    forget_peers(t, WZP_NEVER);
    wzp_map_fini(&t->by_inner);
    wzp_map_fini(&t->by_outer);
    wzp_map_fini(&t->on_demand);
    wzp_map_fini(&t->peers);
}

struct wzp_sim_mapping *wzp_sim_nat_table_inner(const struct wzp_sim_nat_table *t,
                                                const struct wzp_addr *inner,
                                                const struct wzp_addr *peer,
                                                enum wzp_sim_scope scope, uint64_t now)
{
    struct key key = endpoint_key(inner);
    struct wzp_sim_mapping *m = wzp_map_get(&t->on_demand, key.bytes, key.length);
    if (m && m->expires > now)
        return m;
    key = inner_key(inner, peer, scope);
    m = wzp_map_get(&t->by_inner, key.bytes, key.length);
    return m && m->expires > now ? m : NULL;
}

struct wzp_sim_mapping *wzp_sim_nat_table_outer(const struct wzp_sim_nat_table *t,
                                                const struct wzp_addr *outer)
{
    struct key key = endpoint_key(outer);
    return wzp_map_get(&t->by_outer, key.bytes, key.length);
}

/* Where it is found on the way out. */
static struct wzp_map *inner_map(struct wzp_sim_nat_table *t, struct key *key,
                                 const struct wzp_sim_mapping *m)
{
    *key = m->on_demand ? endpoint_key(&m->inner) : inner_key(&m->inner, &m->peer, m->scope);
    return m->on_demand ? &t->on_demand : &t->by_inner;
}

static int enter(struct wzp_sim_nat_table *t, struct wzp_sim_mapping *m)
{
    struct key outer = endpoint_key(&m->outer), inner;
    struct wzp_map *map = inner_map(t, &inner, m);
    struct wzp_sim_mapping *old = wzp_map_get(map, inner.bytes, inner.length);
    if (old) /* it has expired */
        wzp_sim_nat_table_remove(t, old);
    m->same_port = wzp_map_get(&t->by_outer, outer.bytes, outer.length);
    int result = wzp_map_put(map, inner.bytes, inner.length, m);
    if (result)
        return result;
    result = wzp_map_put(&t->by_outer, outer.bytes, outer.length, m);
    if (result)
        wzp_map_remove(map, inner.bytes, inner.length);
    return result;
}

int wzp_sim_nat_table_add(struct wzp_sim_nat_table *t, struct wzp_sim_mapping **out,
                          const struct wzp_sim_mapping *mapping)
{
    struct wzp_sim_mapping *m = wzp_alloc(sizeof *m);
    if (!m)
        return WZP_E_MEMORY;
    *m = *mapping;
    m->number = t->numbers++;
    int result = enter(t, m);
    if (result) {
        wzp_free(m);
        return result;
    }
    m->previous = NULL;
    m->next = t->first;
    if (t->first)
        t->first->previous = m;
    t->first = m;
    t->count++;
    *out = m;
    return 0;
}

static void leave_port(struct wzp_sim_nat_table *t, struct wzp_sim_mapping *m)
{
    struct key key = endpoint_key(&m->outer);
    struct wzp_sim_mapping *at = wzp_map_get(&t->by_outer, key.bytes, key.length);
    if (at == m && m->same_port) /* replaces, which cannot fail */
        (void)wzp_map_put(&t->by_outer, key.bytes, key.length, m->same_port);
    else if (at == m)
        wzp_map_remove(&t->by_outer, key.bytes, key.length);
    if (at == m)
        return;
    while (at && at->same_port != m)
        at = at->same_port;
    if (at)
        at->same_port = m->same_port;
}

void wzp_sim_nat_table_remove(struct wzp_sim_nat_table *t, struct wzp_sim_mapping *m)
{
    struct key key;
    struct wzp_map *map = inner_map(t, &key, m);
    wzp_map_remove(map, key.bytes, key.length);
    leave_port(t, m);
    *(m->previous ? &m->previous->next : &t->first) = m->next;
    if (m->next)
        m->next->previous = m->previous;
    t->count--;
    wzp_free(m);
}

void wzp_sim_nat_table_sweep(struct wzp_sim_nat_table *t, uint64_t now)
{
    struct wzp_sim_mapping *next;
    for (struct wzp_sim_mapping *m = t->first; m; m = next) {
        next = m->next;
        if (m->expires <= now)
            wzp_sim_nat_table_remove(t, m);
    }
    forget_peers(t, now);
}

static void note(struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                 const struct wzp_addr *peer, enum wzp_sim_scope scope, uint64_t expires)
{
    struct key key = peer_key(m, peer, scope);
    struct known *known = wzp_map_get(&t->peers, key.bytes, key.length);
    if (!known) {
        known = wzp_alloc(sizeof *known);
        if (known && wzp_map_put(&t->peers, key.bytes, key.length, known)) {
            wzp_free(known);
            known = NULL;
        }
    }
    if (known)
        known->expires = expires;
}

void wzp_sim_nat_table_note(struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                            const struct wzp_addr *peer, uint64_t expires)
{
    note(t, m, peer, WZP_SIM_SCOPE_IP, expires);
    note(t, m, peer, WZP_SIM_SCOPE_IP_AND_PORT, expires);
}

bool wzp_sim_nat_table_knows(const struct wzp_sim_nat_table *t, const struct wzp_sim_mapping *m,
                             const struct wzp_addr *peer, enum wzp_sim_scope scope, uint64_t now)
{
    struct key key = peer_key(m, peer, scope);
    const struct known *known = wzp_map_get(&t->peers, key.bytes, key.length);
    return known && known->expires > now;
}

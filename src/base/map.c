/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Chained hash map under SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012). */
#include "base/map.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

#define FIRST_BUCKETS 16

struct wzp_map_entry {
    struct wzp_map_entry *next;
    void *value;
    uint64_t hash;
    uint8_t key_length;
    uint8_t key[];
};

static uint64_t rotate_left(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

static uint64_t load_le(const uint8_t *p, size_t length)
{
    uint64_t v = 0;
    for (size_t i = 0; i < length; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

uint64_t wzp_siphash(const uint64_t key[2], const void *data, size_t length)
{
    const uint8_t *p = data;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t left = length;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = load_le(p, 8);
        v[3] ^= m;
        sip_round(v);
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)(length & 0xff) << 56 | load_le(p, left);
    v[3] ^= last;
    sip_round(v);
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void wzp_map_init(struct wzp_map *m, size_t limit, const struct wzp_random *random)
{
    memset(m, 0, sizeof *m);
    m->limit = limit;
    m->key[0] = wzp_random_u64(random);
    m->key[1] = wzp_random_u64(random);
}

void wzp_map_fini(struct wzp_map *m)
{
    for (size_t i = 0; i < m->bucket_count; i++) {
        struct wzp_map_entry *e = m->buckets[i];
        while (e) {
            struct wzp_map_entry *next = e->next;
            wzp_free(e);
            e = next;
        }
    }
    wzp_free(m->buckets);
    m->buckets = NULL;
    m->bucket_count = 0;
    m->count = 0;
}

/* The link that points to the entry, or NULL when the key is absent. */
static struct wzp_map_entry **find(const struct wzp_map *m, const void *key, size_t key_length,
                                   uint64_t hash)
{
    if (m->bucket_count == 0)
        return NULL;
    struct wzp_map_entry **link = &m->buckets[hash & (m->bucket_count - 1)];
    for (; *link; link = &(*link)->next) {
        const struct wzp_map_entry *e = *link;
        if (e->hash == hash && e->key_length == key_length &&
            (key_length == 0 || memcmp(e->key, key, key_length) == 0))
            return link;
    }
    return NULL;
}

void *wzp_map_get(const struct wzp_map *m, const void *key, size_t key_length)
{
    if (m->count == 0 || key_length > WZP_MAP_KEY_MAX)
        return NULL;
    struct wzp_map_entry **link = find(m, key, key_length, wzp_siphash(m->key, key, key_length));
    return link ? (*link)->value : NULL;
}

/* Doubles the table when it is full. A table that cannot grow still works, only slower; the
 * first one must exist. */
static int make_room(struct wzp_map *m)
{
    if (m->bucket_count > 0 && m->count < m->bucket_count)
        return 0;
    size_t count = m->bucket_count > 0 ? m->bucket_count * 2 : FIRST_BUCKETS;
    struct wzp_map_entry **buckets = wzp_calloc(count, sizeof *buckets);
    if (!buckets)
        return m->bucket_count > 0 ? 0 : WZP_E_MEMORY;
    for (size_t i = 0; i < m->bucket_count; i++) {
        struct wzp_map_entry *e = m->buckets[i];
        while (e) {
            struct wzp_map_entry *next = e->next;
            struct wzp_map_entry **head = &buckets[e->hash & (count - 1)];
            e->next = *head;
            *head = e;
            e = next;
        }
    }
    wzp_free(m->buckets);
    m->buckets = buckets;
    m->bucket_count = count;
    return 0;
}

int wzp_map_put(struct wzp_map *m, const void *key, size_t key_length, void *value)
{
    if (key_length > WZP_MAP_KEY_MAX || !value)
        return WZP_E_ARGUMENT;
    uint64_t hash = wzp_siphash(m->key, key, key_length);
    struct wzp_map_entry **link = find(m, key, key_length, hash);
    if (link) {
        (*link)->value = value;
        return 0;
    }
    if (m->count >= m->limit)
        return WZP_E_LIMIT;
    struct wzp_map_entry *e = wzp_alloc(sizeof *e + key_length);
    if (!e)
        return WZP_E_MEMORY;
    int result = make_room(m);
    if (result < 0) {
        wzp_free(e);
        return result;
    }
    struct wzp_map_entry **head = &m->buckets[hash & (m->bucket_count - 1)];
    e->next = *head;
    e->value = value;
    e->hash = hash;
    e->key_length = (uint8_t)key_length;
    if (key_length > 0)
        memcpy(e->key, key, key_length);
    *head = e;
    m->count++;
    return 0;
}

void *wzp_map_remove(struct wzp_map *m, const void *key, size_t key_length)
{
    if (m->count == 0 || key_length > WZP_MAP_KEY_MAX)
        return NULL;
    struct wzp_map_entry **link = find(m, key, key_length, wzp_siphash(m->key, key, key_length));
    if (!link)
        return NULL;
    struct wzp_map_entry *e = *link;
    void *value = e->value;
    *link = e->next;
    wzp_free(e);
    m->count--;
    return value;
}

int wzp_map_next(const struct wzp_map *m, struct wzp_map_cursor *c)
{
    if (!c->started) {
        c->started = 1;
        c->bucket = 0;
        c->next = m->bucket_count > 0 ? m->buckets[0] : NULL;
    }
    while (!c->next) {
        if (m->bucket_count == 0 || c->bucket + 1 >= m->bucket_count)
            return 0;
        c->next = m->buckets[++c->bucket];
    }
    c->key = c->next->key;
    c->key_length = c->next->key_length;
    c->value = c->next->value;
    c->next = c->next->next; /* looked up now, so that the current entry may go */
    return 1;
}

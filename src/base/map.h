/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hash map from byte strings (up to 255 bytes, copied) to caller's pointers, with a cap. Keys
 * come from outside, so the hash is SipHash-2-4 under a random key: nobody can aim for one
 * bucket. Look-ups do not allocate. */
#ifndef WZP_BASE_MAP_H
#define WZP_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

#define WZP_MAP_KEY_MAX 255

struct wzp_map_entry;
struct wzp_map {
    struct wzp_map_entry **buckets;
    size_t bucket_count; /* power of two, 0 before the first entry */
    size_t count;
    size_t limit; /* most entries allowed */
    uint64_t key[2];
};

/* Empty map for at most limit entries. No allocation yet. */
void wzp_map_init(struct wzp_map *m, size_t limit, const struct wzp_random *random);
/* Frees the table; values are the caller's. */
void wzp_map_fini(struct wzp_map *m);
/* NULL when absent. */
void *wzp_map_get(const struct wzp_map *m, const void *key, size_t key_length);
/* Adds or replaces. value must not be NULL. WZP_E_MEMORY, WZP_E_LIMIT, WZP_E_ARGUMENT (key too
 * long); the map is then unchanged. */
int wzp_map_put(struct wzp_map *m, const void *key, size_t key_length, void *value);
/* Removes and returns the value, NULL when absent. Never allocates. */
void *wzp_map_remove(struct wzp_map *m, const void *key, size_t key_length);

/* Walk: `struct wzp_map_cursor c = {0}; while (wzp_map_next(&m, &c)) use(c.value)`. The current
 * entry may be removed during the walk; nothing may be added. A walk that pauses while c.next is
 * NULL may safely go on after any change; entries added meanwhile may be missed or come twice. */
struct wzp_map_cursor {
    size_t bucket;
    struct wzp_map_entry *next;
    const uint8_t *key;
    size_t key_length;
    void *value;
    int started;
};
int wzp_map_next(const struct wzp_map *m, struct wzp_map_cursor *c);

/* SipHash-2-4 under a 128-bit key. Public so that its published vectors can be tested. */
uint64_t wzp_siphash(const uint64_t key[2], const void *data, size_t length);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Min-heap of objects on 64-bit keys, mostly times: O(log n) to set and clear, O(1) to see the
 * least. Space is reserved when an object is made, so that setting a key cannot fail. Reordering
 * touches only the heap's own tables, not the objects, since a thousand connections do not fit into
 * a CPU cache. */
#ifndef WZP_BASE_HEAP_H
#define WZP_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

/* Part of the object that is kept in order. All-zero is "not in the heap". */
struct wzp_heap_node {
    uint64_t key;
    uint64_t tie; /* of equal keys the one with the least tie is first; fixed while in the heap */
    size_t slot;  /* in the heap's table of objects, from 1; 0 when not in the heap */
};

/* All-zero is an empty heap. */
struct wzp_heap {
    struct wzp_heap_entry {
        uint64_t key;
        size_t slot; /* from 0 */
    } * entries;     /* in heap order, four children each */
    struct wzp_heap_slot {
        struct wzp_heap_node *node;
        size_t position; /* index in entries; in a free slot: the next free slot, from 1 */
    } * slots;
    size_t free; /* first free slot, from 1; 0: no free slot below `used` */
    size_t used; /* slots that were ever in use */
    size_t count, capacity;
    size_t reserved; /* objects that may have a node in it */
};

/* The object of `type` whose `member` the node is. */
#define WZP_HEAP_OBJECT(node, type, member)                                                        \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* One more object may use the heap. WZP_E_MEMORY. */
int wzp_heap_reserve(struct wzp_heap *heap);
/* One object less; its node must be out. */
void wzp_heap_unreserve(struct wzp_heap *heap);
/* Frees the memory; nodes still in it are not touched. */
void wzp_heap_fini(struct wzp_heap *heap);
/* Puts the node in or moves it to its new place; WZP_NEVER takes it out. */
void wzp_heap_set(struct wzp_heap *heap, struct wzp_heap_node *node, uint64_t key);
/* The node with the least key, NULL when empty. Any one of nodes with equal keys and ties. */
struct wzp_heap_node *wzp_heap_first(const struct wzp_heap *heap);
/* The least key, WZP_NEVER when there is none. */
uint64_t wzp_heap_first_key(const struct wzp_heap *heap);

#endif

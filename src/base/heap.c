/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Objects in the order of their keys. */
#include "base/heap.h"

#include <stdbool.h>

#include "base/alloc.h"
#include "base/error.h"

#define CHILDREN 4

int wzp_heap_reserve(struct wzp_heap *heap)
{
    if (heap->reserved == heap->capacity) {
        size_t capacity = heap->capacity > 0 ? heap->capacity * 2 : 64;
        void *entries = wzp_realloc(heap->entries, capacity * sizeof *heap->entries);
        if (!entries)
            return WZP_E_MEMORY;
        heap->entries = entries;
        void *slots = wzp_realloc(heap->slots, capacity * sizeof *heap->slots);
        if (!slots)
            return WZP_E_MEMORY;
        heap->slots = slots;
        heap->capacity = capacity;
    }
    heap->reserved++;
    return 0;
}

void wzp_heap_unreserve(struct wzp_heap *heap)
{
    heap->reserved--;
}

void wzp_heap_fini(struct wzp_heap *heap)
{
    wzp_free(heap->entries);
    wzp_free(heap->slots);
    *heap = (struct wzp_heap){.count = 0};
}

/* ---- slots ---- */

static size_t slot_take(struct wzp_heap *heap, struct wzp_heap_node *node)
{
    size_t slot = heap->free ? heap->free - 1 : heap->used++;
    if (heap->free)
        heap->free = heap->slots[slot].position;
    heap->slots[slot].node = node;
    node->slot = slot + 1;
    return slot;
}

static void slot_give(struct wzp_heap *heap, struct wzp_heap_node *node)
{
    heap->slots[node->slot - 1] = (struct wzp_heap_slot){NULL, heap->free};
    heap->free = node->slot;
    node->slot = 0;
}

/* ---- order ---- */

static void place(struct wzp_heap *heap, size_t at, struct wzp_heap_entry e)
{
    heap->entries[at] = e;
    heap->slots[e.slot].position = at;
}

static bool is_before(const struct wzp_heap *heap, const struct wzp_heap_entry *a,
                      const struct wzp_heap_entry *b)
{
    return a->key != b->key ? a->key < b->key
                            : heap->slots[a->slot].node->tie < heap->slots[b->slot].node->tie;
}

static void sift_up(struct wzp_heap *heap, size_t at, struct wzp_heap_entry e)
{
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!is_before(heap, &e, &heap->entries[parent]))
            break;
        place(heap, at, heap->entries[parent]);
        at = parent;
    }
    place(heap, at, e);
}

/* The first of up to four neighbours. */
static size_t least(const struct wzp_heap *heap, size_t from)
{
    size_t best = from, end = from + CHILDREN < heap->count ? from + CHILDREN : heap->count;
    for (size_t at = from + 1; at < end; at++)
        if (is_before(heap, &heap->entries[at], &heap->entries[best]))
            best = at;
    return best;
}

static void sift_down(struct wzp_heap *heap, size_t at, struct wzp_heap_entry e)
{
    for (size_t child; (child = CHILDREN * at + 1) < heap->count;) {
        child = least(heap, child);
        if (!is_before(heap, &heap->entries[child], &e))
            break;
        place(heap, at, heap->entries[child]);
        at = child;
    }
    place(heap, at, e);
}

static void take_out(struct wzp_heap *heap, struct wzp_heap_node *node)
{
    size_t at = heap->slots[node->slot - 1].position;
    struct wzp_heap_entry last = heap->entries[--heap->count];
    bool is_last = last.slot == node->slot - 1;
    slot_give(heap, node);
    if (is_last)
        return;
    if (at > 0 && is_before(heap, &last, &heap->entries[(at - 1) / CHILDREN]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

void wzp_heap_set(struct wzp_heap *heap, struct wzp_heap_node *node, uint64_t key)
{
    if (key == WZP_NEVER) {
        if (node->slot > 0)
            take_out(heap, node);
        return;
    }
    uint64_t old = node->key;
    node->key = key;
    if (node->slot == 0) {
        const struct wzp_heap_entry e = {key, slot_take(heap, node)};
        sift_up(heap, heap->count++, e);
        return;
    }
    const struct wzp_heap_entry e = {key, node->slot - 1};
    size_t at = heap->slots[e.slot].position;
    if (key < old)
        sift_up(heap, at, e);
    else if (key > old)
        sift_down(heap, at, e);
}

struct wzp_heap_node *wzp_heap_first(const struct wzp_heap *heap)
{
    return heap->count > 0 ? heap->slots[heap->entries[0].slot].node : NULL;
}

uint64_t wzp_heap_first_key(const struct wzp_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].key : WZP_NEVER;
}

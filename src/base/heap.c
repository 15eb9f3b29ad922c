/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Objects in the order of their keys. */
#include "base/heap.h"

#include <stdbool.h>

#include "base/alloc.h"
#include "base/error.h"

int wzp_heap_reserve(struct wzp_heap *heap)
{
    if (heap->reserved == heap->capacity) {
        size_t capacity = heap->capacity > 0 ? heap->capacity * 2 : 64;
        void *entries = wzp_realloc(heap->entries, capacity * sizeof *heap->entries);
        if (!entries)
            return WZP_E_MEMORY;
        heap->entries = entries;
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
    heap->entries = NULL;
    heap->count = heap->capacity = heap->reserved = 0;
}

static void place(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    heap->entries[at] = (struct wzp_heap_entry){node->key, node};
    node->position = at + 1;
}

static bool is_before(const struct wzp_heap *heap, size_t at, const struct wzp_heap_node *node)
{
    const struct wzp_heap_entry *e = &heap->entries[at];
    return e->key != node->key ? e->key < node->key : e->node->tie < node->tie;
}

static bool is_after(const struct wzp_heap *heap, size_t at, const struct wzp_heap_node *node)
{
    const struct wzp_heap_entry *e = &heap->entries[at];
    return e->key != node->key ? e->key > node->key : e->node->tie > node->tie;
}

static void sift_up(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!is_after(heap, parent, node))
            break;
        place(heap, at, heap->entries[parent].node);
        at = parent;
    }
    place(heap, at, node);
}

/* The lesser one of two neighbours. */
static size_t lesser(const struct wzp_heap *heap, size_t at)
{
    const struct wzp_heap_entry *a = &heap->entries[at], *b = a + 1;
    if (at + 1 == heap->count || a->key < b->key)
        return at;
    return b->key < a->key || b->node->tie < a->node->tie ? at + 1 : at;
}

static void sift_down(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    for (size_t child = 2 * at + 1; child < heap->count; child = 2 * at + 1) {
        child = lesser(heap, child);
        if (!is_before(heap, child, node))
            break;
        place(heap, at, heap->entries[child].node);
        at = child;
    }
    place(heap, at, node);
}

static void take_out(struct wzp_heap *heap, struct wzp_heap_node *node)
{
    size_t at = node->position - 1;
    struct wzp_heap_node *last = heap->entries[--heap->count].node;
    node->position = 0;
    if (last == node)
        return;
    if (at > 0 && is_after(heap, (at - 1) / 2, last))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

void wzp_heap_set(struct wzp_heap *heap, struct wzp_heap_node *node, uint64_t key)
{
    if (key == WZP_NEVER) {
        if (node->position > 0)
            take_out(heap, node);
        return;
    }
    uint64_t old = node->key;
    node->key = key;
    if (node->position == 0)
        sift_up(heap, heap->count++, node);
    else if (key < old)
        sift_up(heap, node->position - 1, node);
    else if (key > old)
        sift_down(heap, node->position - 1, node);
}

struct wzp_heap_node *wzp_heap_first(const struct wzp_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].node : NULL;
}

uint64_t wzp_heap_first_key(const struct wzp_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].key : WZP_NEVER;
}

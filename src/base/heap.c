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
        struct wzp_heap_node **nodes = wzp_realloc(heap->nodes, capacity * sizeof *heap->nodes);
        if (!nodes)
            return WZP_E_MEMORY;
        heap->nodes = nodes;
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
    wzp_free(heap->nodes);
    heap->nodes = NULL;
    heap->count = heap->capacity = heap->reserved = 0;
}

static void place(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    heap->nodes[at] = node;
    node->position = at + 1;
}

static bool before(const struct wzp_heap_node *a, const struct wzp_heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void sift_up(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!before(node, heap->nodes[parent]))
            break;
        place(heap, at, heap->nodes[parent]);
        at = parent;
    }
    place(heap, at, node);
}

static void sift_down(struct wzp_heap *heap, size_t at, struct wzp_heap_node *node)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!before(heap->nodes[child], node))
            break;
        place(heap, at, heap->nodes[child]);
        at = child;
    }
    place(heap, at, node);
}

static void take_out(struct wzp_heap *heap, struct wzp_heap_node *node)
{
    size_t at = node->position - 1;
    struct wzp_heap_node *last = heap->nodes[--heap->count];
    node->position = 0;
    if (last == node)
        return;
    if (at > 0 && before(last, heap->nodes[(at - 1) / 2]))
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
    return heap->count > 0 ? heap->nodes[0] : NULL;
}

uint64_t wzp_heap_first_key(const struct wzp_heap *heap)
{
    return heap->count > 0 ? heap->nodes[0]->key : WZP_NEVER;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The heap against a plain list. */
#include "base/heap.h"

#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "tap.h"

#define COUNT 300

struct object {
    char before[24];
    struct wzp_heap_node node;
    uint64_t key; /* what the list says */
};

static struct object objects[COUNT];

/* Whether heap and list agree about the least key, the number and who is in. */
static unsigned differences(const struct wzp_heap *heap)
{
    uint64_t least = WZP_NEVER;
    size_t count = 0;
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT; i++) {
        least = wzp_time_min(least, objects[i].key);
        count += objects[i].key != WZP_NEVER;
        wrong += (objects[i].key == WZP_NEVER) != (objects[i].node.slot == 0);
    }
    wrong += wzp_heap_first_key(heap) != least;
    wrong += heap->count != count;
    struct wzp_heap_node *first = wzp_heap_first(heap);
    if (first)
        wrong += WZP_HEAP_OBJECT(first, struct object, node)->key != least;
    return wrong;
}

static void test_order(void)
{
    struct wzp_heap heap = {0};
    struct wzp_random_seeded seed;
    wzp_random_seeded_init(&seed, 3);
    struct wzp_random random = wzp_random_seeded_source(&seed);
    for (int i = 0; i < COUNT; i++) {
        if (wzp_heap_reserve(&heap) < 0) {
            wzp_heap_fini(&heap);
            bail("no memory");
        }
        objects[i].key = WZP_NEVER;
        objects[i].node.tie = (uint64_t)(COUNT - i);
    }
    ok(!wzp_heap_first(&heap), "an empty heap has no first");
    ok(wzp_heap_first_key(&heap) == WZP_NEVER, "and its least key is never");
    unsigned wrong = 0;
    for (int k = 0; k < 20000; k++) {
        struct object *o = &objects[wzp_random_below(&random, COUNT)];
        o->key = wzp_random_below(&random, 4) == 0 ? WZP_NEVER : wzp_random_below(&random, 1000);
        wzp_heap_set(&heap, &o->node, o->key);
        if (k % 37 == 0)
            wrong += differences(&heap);
    }
    is_int(wrong, 0, "the least is always first, whatever is set, moved and cleared");
    uint64_t last = 0, last_tie = 0;
    unsigned taken = 0, ties = 0, swapped = 0;
    for (struct wzp_heap_node *n; (n = wzp_heap_first(&heap)); taken++) {
        wrong += n->key < last;
        ties += taken > 0 && n->key == last;
        swapped += taken > 0 && n->key == last && n->tie < last_tie;
        last = n->key;
        last_tie = n->tie;
        wzp_heap_set(&heap, n, WZP_NEVER);
    }
    is_int(wrong, 0, "%u come out in the order of their keys", taken);
    ok(ties > 0 && swapped == 0, "of %u equal ones that with the least tie comes first", ties);
    for (int i = 0; i < COUNT; i++)
        wzp_heap_unreserve(&heap);
    is_int(heap.reserved, 0, "none reserved");
    wzp_heap_fini(&heap);
}

static void test_reserve(void)
{
    struct wzp_heap heap = {0};
    struct wzp_heap_node nodes[200];
    memset(nodes, 0, sizeof nodes);
    size_t reserved = 0;
    for (size_t i = 0; i < 200 && wzp_heap_reserve(&heap) == 0; i++)
        reserved++;
    long calls = (long)wzp_alloc_calls();
    for (size_t i = 0; i < reserved; i++)
        wzp_heap_set(&heap, &nodes[i], 1000 - i);
    for (size_t i = 0; i < reserved; i += 2)
        wzp_heap_set(&heap, &nodes[i], WZP_NEVER);
    is_int((long)wzp_alloc_calls() - calls, 0, "what was reserved is set without the allocator");
    is_int(heap.count, reserved / 2, "half of them are in after half were cleared");
    wzp_heap_set(&heap, &nodes[0], WZP_NEVER);
    is_int(heap.count, reserved / 2, "clearing what is not in changes nothing");
    wzp_heap_fini(&heap);
}

TAP_MAIN
{
    test_order();
    test_reserve();
}

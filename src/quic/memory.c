/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ngtcp2's heap: base/alloc.h with free lists in front of it for the small blocks that come and go
 * with streams, path challenges and acknowledgements, so that a connection in steady state calls
 * the heap for no packet. Blocks carry their class in a header. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

#define CLASSES 5 /* 64, 128, 256, 512, 1024 bytes */
#define KEEP 256  /* free blocks kept per class */

struct header {
    size_t size;
    size_t class; /* CLASSES: straight from the heap */
};
union block {
    struct header header;
    union block *next; /* while free */
    max_align_t align;
};
struct wzp_quic_memory {
    union block *free_blocks[CLASSES];
    unsigned count[CLASSES];
};

static size_t class_of(size_t size)
{
    size_t c = 0;
    while (c < CLASSES && size > ((size_t)64 << c))
        c++;
    return c;
}

static void *take(size_t size, void *context)
{
    struct wzp_quic_memory *m = context;
    if (size > SIZE_MAX - sizeof(union block))
        return NULL;
    size_t c = class_of(size);
    union block *b;
    if (c < CLASSES && m->free_blocks[c]) {
        b = m->free_blocks[c];
        m->free_blocks[c] = b->next;
        m->count[c]--;
    } else {
        b = wzp_alloc(sizeof *b + (c < CLASSES ? (size_t)64 << c : size));
        if (!b)
            return NULL;
    }
    b->header.size = size;
    b->header.class = c;
    return b + 1;
}

static void give(void *p, void *context)
{
    struct wzp_quic_memory *m = context;
    if (!p)
        return;
    union block *b = (union block *)p - 1;
    size_t c = b->header.class;
    if (c == CLASSES || m->count[c] >= KEEP) {
        wzp_free(b);
        return;
    }
    b->next = m->free_blocks[c];
    m->free_blocks[c] = b;
    m->count[c]++;
}

static void *take_zeroed(size_t count, size_t size, void *context)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    void *p = take(count * size, context);
    if (p)
        memset(p, 0, count * size);
    return p;
}

static void *resize(void *p, size_t size, void *context)
{
    if (!p)
        return take(size, context);
    union block *b = (union block *)p - 1;
    if (b->header.class < CLASSES && size <= ((size_t)64 << b->header.class)) {
        b->header.size = size;
        return p;
    }
    void *q = take(size, context);
    if (!q)
        return NULL;
    memcpy(q, p, b->header.size < size ? b->header.size : size);
    give(p, context);
    return q;
}

int wzp_quic_memory_init(struct wzp_quic_endpoint *ep)
{
    ep->blocks = wzp_calloc(1, sizeof(*ep->blocks));
    if (!ep->blocks)
        return WZP_E_MEMORY;
    ep->memory.user_data = ep->blocks;
    ep->memory.malloc = take;
    ep->memory.free = give;
    ep->memory.calloc = take_zeroed;
    ep->memory.realloc = resize;
    return 0;
}

void wzp_quic_memory_fini(struct wzp_quic_endpoint *ep)
{
    if (!ep->blocks)
        return;
    for (size_t c = 0; c < CLASSES; c++)
        while (ep->blocks->free_blocks[c]) {
            union block *b = ep->blocks->free_blocks[c];
            ep->blocks->free_blocks[c] = b->next;
            wzp_free(b);
        }
    wzp_free(ep->blocks);
    ep->blocks = NULL;
}

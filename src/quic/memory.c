/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ngtcp2's heap: free lists on top of base/alloc.h, for the small blocks that come and go with
 * streams, path challenges and acknowledgements, so that a connection in steady state calls the
 * heap for no packet. Blocks carry their class in a header. Each connection has an account with a
 * limit: a peer can make ngtcp2 keep many times the bytes it sends (one byte out of order costs a
 * buffer of 8 KiB), and ngtcp2 has no limit of its own. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

#define STEP 64    /* bytes between size classes; small, since rounding costs every connection */
#define CLASSES 16 /* up to 1024 bytes */
#define KEEP 256   /* free blocks kept per class */

struct header {
    uint32_t size;
    uint32_t class; /* CLASSES: straight from the heap */
};
union block {
    struct header header;
    union block *next; /* while free */
    _Alignas(max_align_t) uint8_t align;
};
struct wzp_quic_memory {
    union block *free_blocks[CLASSES];
    unsigned count[CLASSES];
};

static size_t class_of(size_t size)
{
    size_t c = size > 0 ? (size - 1) / STEP : 0;
    return c < CLASSES ? c : CLASSES;
}

/* Bytes that the caller may use of a block. */
static size_t room_of(size_t size, size_t class)
{
    return class < CLASSES ? (class + 1) * STEP : size;
}

/* What a block costs. */
static size_t cost_of(size_t size, size_t class)
{
    return sizeof(union block) + room_of(size, class);
}

static void *take(size_t size, void *context)
{
    struct wzp_quic_account *account = context;
    struct wzp_quic_memory *m = account->blocks;
    if (size > UINT32_MAX)
        return NULL;
    size_t c = class_of(size), cost = cost_of(size, c);
    if (account->limit < account->used || cost > account->limit - account->used) {
        account->exceeded = true;
        return NULL;
    }
    union block *b;
    if (c < CLASSES && m->free_blocks[c]) {
        b = m->free_blocks[c];
        m->free_blocks[c] = b->next;
        m->count[c]--;
    } else {
        b = wzp_alloc(cost);
        if (!b)
            return NULL;
    }
    account->used += cost;
    b->header = (struct header){(uint32_t)size, (uint32_t)c};
    return b + 1;
}

static void give(void *p, void *context)
{
    struct wzp_quic_account *account = context;
    struct wzp_quic_memory *m = account->blocks;
    if (!p)
        return;
    union block *b = (union block *)p - 1;
    size_t c = b->header.class;
    account->used -= cost_of(b->header.size, c);
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
    if (b->header.class < CLASSES && size <= room_of(size, b->header.class)) {
        b->header.size = (uint32_t)size;
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
    ep->blocks = wzp_calloc(1, sizeof *ep->blocks);
    return ep->blocks ? 0 : WZP_E_MEMORY;
}

void wzp_quic_memory_account(struct wzp_quic_conn *conn)
{
    conn->memory.blocks = conn->ep->blocks;
    conn->memory.limit = SIZE_MAX;
    conn->library_memory = (ngtcp2_mem){.user_data = &conn->memory,
                                        .malloc = take,
                                        .free = give,
                                        .calloc = take_zeroed,
                                        .realloc = resize};
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

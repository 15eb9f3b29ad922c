/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* New connections that belong to another thread. The server name in the ClientHello decides which
 * thread serves a connection: until the ClientHello is complete, nothing is sent and its packets
 * are kept. If it belongs to another thread, this endpoint drops its state and passes the kept
 * packets on, and later ones that still carry the ID that the client chose. Once that thread has
 * answered, the client's packets carry its thread number. Source: wzp-protocol(7), QUIC; RFC 9000
 * 7.2. */
#include "quic/internal.h"

#include <string.h>

#include "base/alloc.h"

struct wzp_quic_early {
    struct wzp_quic_early *next;
    struct wzp_addr local, remote;
    uint8_t ecn;
    size_t length;
    uint8_t data[];
};

bool wzp_quic_early_keep(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                         const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                         size_t length)
{
    struct wzp_quic_early **at = &conn->early;
    size_t count = 0;
    for (; *at; at = &(*at)->next)
        count++;
    if (count == WZP_QUIC_EARLY_MAX)
        return false;
    struct wzp_quic_early *e = wzp_alloc(sizeof *e + length);
    if (!e)
        return false;
    *e = (struct wzp_quic_early){.local = *local, .remote = *remote, .ecn = ecn, .length = length};
    memcpy(e->data, data, length);
    *at = e;
    return true;
}

void wzp_quic_early_clear(struct wzp_quic_conn *conn)
{
    while (conn->early) {
        struct wzp_quic_early *e = conn->early;
        conn->early = e->next;
        wzp_free(e);
    }
    conn->is_early = false;
}

void wzp_quic_early_place(struct wzp_quic_conn *conn)
{
    const struct wzp_quic_endpoint *ep = conn->ep;
    int thread = ep->callbacks.place ? ep->callbacks.place(ep->owner, conn->sni) : ep->thread;
    conn->is_elsewhere = conn->is_early && thread >= 0 && thread != ep->thread;
    if (conn->is_elsewhere)
        conn->thread = (uint8_t)thread;
    else
        wzp_quic_early_clear(conn);
}

/* Routes the connection's IDs to the other thread from now on. Without memory for that the client
 * retransmits until the other thread answers. */
static void redirect(struct wzp_quic_conn *conn, uint64_t now)
{
    struct wzp_quic_endpoint *ep = conn->ep;
    if (ep->passed_count >= WZP_QUIC_PASSED_MAX || wzp_heap_reserve(&ep->heap) < 0)
        return;
    struct wzp_quic_passed *p = wzp_calloc(1, sizeof *p);
    if (!p) {
        wzp_heap_unreserve(&ep->heap);
        return;
    }
    p->route.kind = WZP_QUIC_ROUTE_PASSED;
    p->thread = conn->thread;
    /* cids[0] is the ID that the client chose. Replacing the value of a key that is there cannot
     * fail. */
    p->cid = conn->cids[0];
    (void)wzp_map_put(&ep->routes, p->cid.data, p->cid.length, p);
    p->next = ep->passed;
    p->link = &ep->passed;
    if (p->next)
        p->next->link = &p->next;
    ep->passed = p;
    ep->passed_count++;
    wzp_heap_set(&ep->heap, &p->timer, wzp_time_add(now, WZP_QUIC_PASSED_TIME));
}

void wzp_quic_early_pass(struct wzp_quic_conn *conn, uint64_t now)
{
    const struct wzp_quic_endpoint *ep = conn->ep;
    struct wzp_quic_early *early = conn->early;
    unsigned thread = conn->thread;
    conn->early = NULL;
    redirect(conn, now);
    wzp_quic_conn_destroy(conn);
    while (early) {
        struct wzp_quic_early *e = early;
        early = e->next;
        if (ep->callbacks.pass)
            ep->callbacks.pass(ep->owner, thread, &e->local, &e->remote, e->ecn, e->data,
                               e->length);
        wzp_free(e);
    }
}

void wzp_quic_passed_receive(struct wzp_quic_endpoint *ep, const struct wzp_quic_passed *p,
                             const struct wzp_addr *local, const struct wzp_addr *remote,
                             uint8_t ecn, const uint8_t *data, size_t length)
{
    if (ep->callbacks.pass)
        ep->callbacks.pass(ep->owner, p->thread, local, remote, ecn, data, length);
}

void wzp_quic_passed_free(struct wzp_quic_endpoint *ep, struct wzp_quic_passed *p)
{
    wzp_heap_set(&ep->heap, &p->timer, WZP_NEVER);
    wzp_heap_unreserve(&ep->heap);
    if (wzp_map_get(&ep->routes, p->cid.data, p->cid.length) == p)
        wzp_map_remove(&ep->routes, p->cid.data, p->cid.length);
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    ep->passed_count--;
    wzp_free(p);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/link.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "phone/account.h"
#include "phone/carrier.h"
#include "phone/ping.h"
#include "phone/stream.h"

int wzp_link_open(struct wzp_link **out, struct wzp_phone *p, enum wzp_link_kind kind,
                  const struct wzp_relay_place *place, const char *sni, void *owner, uint64_t now)
{
    *out = NULL;
    if (p->link_count >= WZP_PHONE_LINKS_MAX)
        return WZP_E_LIMIT;
    struct wzp_link *link = wzp_calloc(1, sizeof *link);
    if (!link)
        return WZP_E_MEMORY;
    link->kind = kind;
    link->phone = p;
    link->owner = owner;
    int result =
        wzp_quic_connect(&link->conn, p->endpoint, &place->local, &place->remote, sni, link, now);
    if (result < 0) {
        wzp_free(link);
        return result;
    }
    link->next = p->links;
    p->links = link;
    p->link_count++;
    *out = link;
    return 0;
}

void wzp_link_drop(struct wzp_link **link, const char *reason, bool flush, uint64_t now)
{
    if (!*link)
        return;
    (*link)->owner = NULL;
    if ((*link)->conn)
        wzp_quic_conn_close((*link)->conn, 0, reason, flush, now);
    *link = NULL;
}

int wzp_link_send(struct wzp_link *link, const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;

    if (!link || !link->conn)
        return WZP_E_STATE;
    int result = wzp_signal_write(&text, &length, signal);
    if (result < 0)
        return result;
    result = wzp_quic_conn_send_signal(link->conn, text, length, now);
    wzp_wipe(text, length); /* it may be a token */
    wzp_free(text);
    return result;
}

void wzp_link_reap(struct wzp_phone *p)
{
    struct wzp_link **at = &p->links;

    while (*at) {
        struct wzp_link *link = *at;
        if (link->conn) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        wzp_free(link);
        p->link_count--;
    }
}

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    if (!link->owner)
        return;
    switch (link->kind) {
    case WZP_LINK_ACCOUNT: wzp_account_connected(link->phone, now); break;
    case WZP_LINK_MEDIA: wzp_carrier_connected(link->owner, now); break;
    case WZP_LINK_PING: wzp_ping_connected(link->owner, now); break;
    case WZP_LINK_VERSION: break;
    }
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct wzp_link *link = user;
    struct wzp_signal signal;

    (void)owner;
    (void)conn;
    if (!link->owner)
        return;
    if (link->kind != WZP_LINK_ACCOUNT && link->kind != WZP_LINK_MEDIA)
        return;
    int result = wzp_signal_parse(&signal, text, length, NULL);
    if (result < 0) {
        /* Unknown variants belong to newer programs; the rest is rubbish. Both are skipped. */
        if (result != WZP_E_UNKNOWN)
            link->phone->signals_bad++;
        return;
    }
    if (link->kind == WZP_LINK_ACCOUNT)
        wzp_account_signal(link->phone, &signal, now);
    else
        wzp_carrier_signal(link->owner, &signal, now);
    wzp_signal_fini(&signal);
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    if (link->owner && link->kind == WZP_LINK_MEDIA)
        wzp_stream_receive(link->owner, conn, data, length, now);
}

static void on_uni(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                   size_t length, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    if (link->owner && link->kind == WZP_LINK_VERSION)
        wzp_ping_build(link->owner, data, length, now);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    void *listener = link->owner;
    link->conn = NULL;
    link->owner = NULL;
    if (!listener)
        return;
    switch (link->kind) {
    case WZP_LINK_ACCOUNT: wzp_account_closed(link->phone, why, now); break;
    case WZP_LINK_MEDIA: wzp_carrier_closed(listener, conn, why, now); break;
    case WZP_LINK_PING:
    case WZP_LINK_VERSION: wzp_ping_closed(listener, why, now); break;
    }
}

struct wzp_quic_callbacks wzp_link_callbacks(void)
{
    struct wzp_quic_callbacks callbacks = {
        .connected = on_connected,
        .signal = on_signal,
        .datagram = on_datagram,
        .uni = on_uni,
        .closed = on_closed,
    };
    return callbacks;
}

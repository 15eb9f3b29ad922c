/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/link.h"

#include "base/alloc.h"
#include "base/bytes.h"

static int link_new(struct wzp_link **out, struct wzp_phone *p, const struct wzp_link_calls *calls,
                    void *owner)
{
    *out = NULL;
    if (p->link_count >= WZP_PHONE_LINKS_MAX)
        return WZP_E_LIMIT;
    struct wzp_link *link = wzp_calloc(1, sizeof *link);
    if (!link)
        return WZP_E_MEMORY;
    link->calls = calls;
    link->phone = p;
    link->owner = owner;
    *out = link;
    return 0;
}

static void link_join(struct wzp_link *link)
{
    struct wzp_phone *p = link->phone;

    link->known_as = link->conn;
    link->next = p->links;
    p->links = link;
    p->link_count++;
}

int wzp_link_adopt(struct wzp_link **out, struct wzp_phone *p, const struct wzp_link_calls *calls,
                   void *owner, struct wzp_quic_conn *conn)
{
    struct wzp_addr local;
    int result = link_new(out, p, calls, owner);

    if (result < 0)
        return result;
    (*out)->conn = conn;
    wzp_quic_conn_path(conn, &local, &(*out)->remote);
    wzp_quic_conn_set_user(conn, *out);
    link_join(*out);
    return 0;
}

int wzp_link_open(struct wzp_link **out, struct wzp_phone *p, const struct wzp_link_calls *calls,
                  void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                  const char *sni, uint64_t now)
{
    struct wzp_link *link;
    int result = link_new(&link, p, calls, owner);

    *out = NULL;
    if (result < 0)
        return result;
    link->remote = *remote;
    wzp_quic_endpoint_guess_rtt(p->endpoint, calls->rtt_guess);
    result = wzp_quic_connect(&link->conn, p->endpoint, local, remote, sni, link, now);
    if (result < 0) {
        wzp_free(link);
        return result;
    }
    link_join(link);
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

static void log_signal(const struct wzp_link *link, const char *way,
                       const struct wzp_signal *signal)
{
    const char *id = wzp_signal_call_id(signal);
    if (!id)
        id = "";
    wzp_log(&link->phone->config.log, WZP_LOG_DEBUG, "phone: %s: %s %s%s%s", link->calls->name, way,
            wzp_signal_type_name(signal->type), id[0] ? ", call " : "", id);
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
    log_signal(link, "sent", signal);
    result = wzp_quic_conn_send_signal(link->conn, text, length, now);
    wzp_wipe(text, length); /* it may be a token */
    wzp_free(text);
    return result;
}

void wzp_link_reap(struct wzp_phone *p, bool all)
{
    struct wzp_link **at = &p->links;

    while (*at) {
        struct wzp_link *link = *at;
        if (link->conn && !all) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        wzp_free(link);
        p->link_count--;
    }
}

/* ---- the endpoint's callbacks; connections without an owner are skipped ---- */

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    wzp_log(&link->phone->config.log, WZP_LOG_DEBUG, "phone: %s: connected", link->calls->name);
    if (link->owner && link->calls->connected)
        link->calls->connected(link->owner, link, now);
}

/* Unknown variants come from newer programs, the rest is malformed. Both are skipped and counted,
 * and only the first of each kind is logged, so that a flood of them does not flood the log. */
static void note_unread(struct wzp_link *link, int result)
{
    struct wzp_phone *p = link->phone;
    uint64_t *count = result == WZP_E_UNKNOWN ? &p->signals_unknown : &p->signals_bad;

    if ((*count)++ == 0)
        wzp_log(&p->config.log, WZP_LOG_WARN, "phone: %s: a signal could not be read (%s)",
                link->calls->name,
                result == WZP_E_UNKNOWN ? "of a newer program" : wzp_strerror(result));
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct wzp_link *link = user;
    struct wzp_signal signal;

    (void)owner;
    (void)conn;
    if (!link || !link->owner || !link->calls->signal)
        return;
    int result = wzp_signal_parse(&signal, text, length, NULL);
    if (result < 0) {
        note_unread(link, result);
        return;
    }
    log_signal(link, "received", &signal);
    link->calls->signal(link->owner, link, &signal, now);
    wzp_signal_fini(&signal);
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    if (link && link->owner && link->calls->datagram)
        link->calls->datagram(link->owner, link, data, length, now);
}

static void on_uni(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                   size_t length, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    if (link && link->owner && link->calls->uni)
        link->calls->uni(link->owner, link, data, length, now);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    struct wzp_link *link = user;

    (void)owner;
    (void)conn;
    if (!link)
        return;
    void *listener = link->owner;
    wzp_log(&link->phone->config.log, WZP_LOG_DEBUG, "phone: %s: closed (%d, 0x%llx)%s%s",
            link->calls->name, (int)why->kind, (unsigned long long)why->code,
            why->reason[0] ? ": " : "", why->reason);
    link->owner = NULL;
    link->conn = NULL;
    if (listener && link->calls->closed)
        link->calls->closed(listener, link, why, now);
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

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* qlog: records of every connection, none without a listener, nothing secret. */
#include <string.h>

#include "lib_link.h"
#include "tap.h"

#define CONNS 8

static struct log {
    const struct wzp_quic_conn *conn;
    bool ended;
    size_t length;
    char text[65536];
} logs[CONNS];
static unsigned log_count, after_the_end;

static struct log *log_of(const struct wzp_quic_conn *conn)
{
    for (unsigned i = 0; i < log_count; i++)
        if (logs[i].conn == conn && !logs[i].ended)
            return &logs[i];
    if (log_count == CONNS)
        bail("too many connections");
    logs[log_count].conn = conn;
    return &logs[log_count++];
}

static void qlog(void *owner, const struct wzp_quic_conn *conn, const void *data, size_t length)
{
    struct log *l = log_of(conn);
    (void)owner;
    after_the_end += l->ended;
    l->ended = length == 0;
    if (length > sizeof l->text - 1 - l->length)
        length = sizeof l->text - 1 - l->length;
    if (length > 0)
        memcpy(l->text + l->length, data, length);
    l->length += length;
}

/* JSON text sequences (RFC 7464): each record begins with 0x1e and ends with a line end. */
static unsigned bad_records(const struct log *l)
{
    unsigned bad = 0;
    size_t begin = 0;
    for (size_t i = 0; i < l->length; i++) {
        if (l->text[i] != '\n')
            continue;
        bad += l->text[begin] != 0x1e || l->text[begin + 1] != '{' || l->text[i - 1] != '}';
        begin = i + 1;
    }
    return bad + (begin != l->length);
}

TAP_MAIN
{
    struct net net;
    struct node client, server;
    net_init(&net, 98);
    net_qlog = qlog;
    net_pair(&net, &client, &server, "_signal");
    struct wzp_quic_conn *dialled = node_conn(&client);
    wzp_quic_conn_send_signal(dialled, "a-secret-token", 14, net.now);
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_close(dialled, 0, "done", false, net.now);
    net_run(&net, WZP_SECOND);
    is_int(log_count, 2, "each side of a connection has its log");
    for (unsigned i = 0; i < log_count; i++) {
        struct log *l = &logs[i];
        l->text[l->length] = '\0';
        note("%zu bytes", l->length);
        is_int(bad_records(l), 0, "a sequence of JSON records");
        ok(strstr(l->text, "\"qlog_format\":\"JSON-SEQ\""), "that says what it is");
        ok(strstr(l->text, "transport:packet_sent") && strstr(l->text, "transport:packet_received"),
           "and tells packets that come and go");
        ok(!strstr(l->text, "a-secret-token"), "but not what is in them");
        ok(l->ended, "its end is told");
    }
    is_int(after_the_end, 0, "and nothing follows the end");
    net_qlog = NULL;
    struct node silent;
    node_init(&silent, &net, false, 1001, NULL);
    node_dial(&silent, &server, "_signal");
    net_run(&net, WZP_SECOND);
    is_int(silent.connected, 1, "an endpoint without a listener connects");
    is_int(log_count, 3, "and only the other side logs");
    net_fini(&net);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Endpoints that dial and accept direct peers for a while: two phones and a relay. */
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

#define CALL "18a5f3c2b1d0e000"
#define NAME "call-call-" CALL

struct stage {
    struct net net;
    struct node relay, dialer, acceptor;
    struct wzp_quic_conn *signal; /* the acceptor's, to the relay */
};

static void stage_init(struct stage *s, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    net_init(&s->net, seed);
    node_init(&s->relay, &s->net, true, 4433, NULL);
    node_init(&s->dialer, &s->net, false, 1000, NULL);
    node_init(&s->acceptor, &s->net, false, 2000, NULL);
    s->signal = node_dial(&s->acceptor, &s->relay, "_signal");
    net_until(&s->net, &s->acceptor.connected, 1, 5 * WZP_SECOND);
}

static void take_certificate(struct node *n)
{
    struct wzp_error err = {0, ""};
    int result = wzp_quic_endpoint_set_certificate(n->ep, &n->certificate, &err);
    if (result < 0)
        bail("certificate: %s", err.text);
}

/* Dials the acceptor and waits for the outcome. */
static void attempt(struct stage *s, const char *sni)
{
    unsigned ends = s->dialer.connected + s->dialer.closed;
    node_dial(&s->dialer, &s->acceptor, sni);
    uint64_t limit = s->net.now + 15 * WZP_SECOND;
    while (s->dialer.connected + s->dialer.closed == ends && s->net.now < limit)
        net_run(&s->net, 10 * WZP_MILLISECOND);
    net_run(&s->net, 100 * WZP_MILLISECOND);
}

static void test_only_while_a_call_waits(void)
{
    struct stage s;
    stage_init(&s, 91);
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    attempt(&s, NAME);
    is_int(s.dialer.why.kind, WZP_QUIC_CLOSE_HANDSHAKE, "without a certificate nobody answers");
    take_certificate(&s.acceptor);
    uint64_t begin = s.net.now;
    attempt(&s, NAME);
    is_int(s.dialer.why.kind, WZP_QUIC_CLOSE_TRANSPORT, "with one, but no call, a dial is refused");
    is_int(s.dialer.why.code, NGTCP2_CONNECTION_REFUSED, "as refused");
    ok(s.net.now - begin < 200 * WZP_MILLISECOND, "at once");
    is_int(s.acceptor.accepted, 0, "nobody was accepted so far");
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    attempt(&s, NAME);
    is_int(s.dialer.connected, 1, "while a call waits the dialer connects");
    is_int(s.acceptor.accepted, 1, "and is accepted");
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, false);
    struct wzp_quic_conn *direct = node_conn(&s.dialer);
    attempt(&s, NAME);
    is_int(s.dialer.why.code, NGTCP2_CONNECTION_REFUSED, "after it the next one is refused");
    wzp_quic_conn_send_datagram(direct, "voice", 5, 0, s.net.now);
    wzp_quic_conn_send_signal(s.signal, "still here", 10, s.net.now);
    net_run(&s.net, WZP_SECOND);
    is_bytes(s.acceptor.datagram, s.acceptor.datagram_length, "voice", 5,
             "the direct connection goes on");
    is_str(s.relay.signals[0], "still here", "and so does the acceptor's own to the relay");
    net_fini(&s.net);
}

static void test_names(void)
{
    struct stage s;
    stage_init(&s, 92);
    take_certificate(&s.acceptor);
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    s.acceptor.admitted = NAME;
    static const char *const wrong[] = {"call-" CALL, "call-call-18a5f3c2b1d0e001", "_signal",
                                        "ping", NULL};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        attempt(&s, wrong[i]);
        is_int(s.dialer.why.code, 0x170, "a dialer who asks for %s is refused as unknown",
               wrong[i] ? wrong[i] : "nobody");
    }
    is_int(s.acceptor.accepted, 0, "the acceptor does not hear of them");
    struct wzp_quic_counters c;
    wzp_quic_endpoint_counters(s.acceptor.ep, &c);
    is_int(c.refused_name, 5, "each is counted");
    is_int(wzp_quic_endpoint_connections(s.acceptor.ep), 1, "nothing of them is kept");
    attempt(&s, "CALL-call-" CALL);
    is_int(s.dialer.connected, 1, "the call's name is served, in any case of letters");
    is_str(wzp_quic_conn_sni(node_conn(&s.acceptor)), NAME, "and told in lower case");
    net_fini(&s.net);
}

/* wzp-protocol(7), Race: both sides prove their identity over the same exporter. */
static void test_exporter(void)
{
    struct stage s;
    uint8_t a[32], b[32], relay[32];
    static const char label[] = "EXPORTER-WZP-E2E-1";
    stage_init(&s, 93);
    take_certificate(&s.acceptor);
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    attempt(&s, NAME);
    struct wzp_quic_conn *dialled = node_conn(&s.dialer), *accepted = node_conn(&s.acceptor);
    is_int(wzp_quic_conn_export(dialled, a, label, CALL, strlen(CALL)), 0, "the dialer exports");
    is_int(wzp_quic_conn_export(accepted, b, label, CALL, strlen(CALL)), 0, "the acceptor exports");
    is_bytes(a, sizeof a, b, sizeof b, "the same bytes");
    wzp_quic_conn_export(s.signal, relay, label, CALL, strlen(CALL));
    ok(memcmp(a, relay, sizeof a) != 0, "which no other connection has");
    ok(wzp_quic_conn_is_server(accepted) && !wzp_quic_conn_is_server(s.signal),
       "one endpoint has both roles");
    wzp_quic_conn_send_signal(accepted, "from the acceptor", 17, s.net.now);
    wzp_quic_conn_send_signal(dialled, "from the dialer", 15, s.net.now);
    net_run(&s.net, WZP_SECOND);
    is_str(s.dialer.signals[0], "from the acceptor", "signals go both ways");
    is_str(s.acceptor.signals[0], "from the dialer", "whoever dialled");
    net_fini(&s.net);
}

static void test_both_dial(void)
{
    struct stage s;
    stage_init(&s, 94);
    take_certificate(&s.acceptor);
    take_certificate(&s.dialer);
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    wzp_quic_endpoint_set_accepting(s.dialer.ep, true);
    node_dial(&s.dialer, &s.acceptor, NAME);
    node_dial(&s.acceptor, &s.dialer, NAME);
    net_run(&s.net, WZP_SECOND);
    is_int(s.dialer.accepted + s.acceptor.accepted, 2, "two phones may dial each other at once");
    is_int(s.dialer.connected + s.acceptor.connected, 3, "both connections come up");
    is_int(s.dialer.closed + s.acceptor.closed, 0, "none disturbs another");
    net_fini(&s.net);
}

static void test_certificates(void)
{
    struct stage s;
    struct wzp_certificate broken;
    struct wzp_error err = {0, ""};
    uint8_t secret[32] = {5}, sha[32];
    stage_init(&s, 95);
    broken = s.acceptor.certificate;
    broken.secret[0] ^= 1;
    is_int(wzp_quic_endpoint_set_certificate(s.acceptor.ep, &broken, &err), WZP_E_CRYPTO,
           "a certificate that is not the key's is refused");
    ok(err.text[0], "with a sentence: %s", err.text);
    take_certificate(&s.acceptor);
    wzp_quic_endpoint_set_accepting(s.acceptor.ep, true);
    attempt(&s, NAME);
    wzp_certificate_make(&s.acceptor.certificate, secret);
    is_int(wzp_quic_endpoint_set_certificate(s.acceptor.ep, &s.acceptor.certificate, &err),
           WZP_E_STATE, "a certificate in use is not replaced");
    wzp_quic_conn_close(node_conn(&s.dialer), 0, "hangup", false, s.net.now);
    net_run(&s.net, WZP_SECOND);
    take_certificate(&s.acceptor);
    attempt(&s, NAME);
    ok(wzp_quic_conn_peer_certificate(node_conn(&s.dialer), sha) == 0 &&
           memcmp(sha, s.acceptor.certificate.sha256, sizeof sha) == 0,
       "when the call is over it is, and the next dialer sees the new one");
    net_fini(&s.net);
}

TAP_MAIN
{
    test_only_while_a_call_waits();
    test_names();
    test_exporter();
    test_both_dial();
    test_certificates();
}

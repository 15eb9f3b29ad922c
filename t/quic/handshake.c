/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Handshakes: every reserved name, certificates and signatures, exporters, ciphers, and what is
 * refused with which code. */
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <string.h>

#include "lib_link.h"
#include "quic/internal.h"
#include "tap.h"

static void test_names(void)
{
    static const char *const names[] = {"ping",
                                        "version",
                                        "_probe",
                                        "_federation",
                                        "_signal",
                                        "default",
                                        "call-18a5f3c2b1d0e000",
                                        "a_b.c-d.e_f"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct net net;
        struct node client, server;
        uint8_t sha[32];
        net_init(&net, 1 + i);
        net_pair(&net, &client, &server, names[i]);
        is_str(wzp_quic_conn_sni(node_conn(&server)), names[i], "the server sees the name %s",
               names[i]);
        is_str(wzp_quic_conn_sni(node_conn(&client)), names[i], "the client knows it too");
        int result = wzp_quic_conn_peer_certificate(node_conn(&client), sha);
        ok(result == 0 && memcmp(sha, server.certificate.sha256, 32) == 0, "certificate known");
        wzp_quic_conn_send_signal(node_conn(&client), "\"Reflect\"", 9, net.now);
        wzp_quic_conn_send_signal(node_conn(&server), "\"Hold\"", 6, net.now);
        wzp_quic_conn_send_datagram(node_conn(&client), "abc", 3, 7, net.now);
        net_run(&net, WZP_SECOND);
        is_str(server.signals[0], "\"Reflect\"", "a signal arrived whole");
        is_str(client.signals[0], "\"Hold\"", "and one the other way");
        is_bytes(server.datagram, server.datagram_length, "abc", 3, "a datagram arrived");
        is_int(client.acked, 1, "and was acknowledged");
        net_fini(&net);
    }
}

/* Dials with something about the session changed before the first packet. */
static void attempt(const char *sni, const char *forged_name, const char *alpn,
                    const char *priorities, void (*check)(struct node *, struct node *, void *),
                    void *context)
{
    struct net net;
    struct node client, server;
    net_init(&net, 77);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    struct wzp_quic_conn *conn = node_dial(&client, &server, sni);
    if (forged_name != NULL)
        gnutls_server_name_set(conn->tls, GNUTLS_NAME_DNS, forged_name, strlen(forged_name));
    if (alpn != NULL)
        session_offer(conn, alpn);
    if (priorities != NULL && gnutls_priority_set_direct(conn->tls, priorities, NULL) < 0)
        bail("priorities %s", priorities);
    net_run(&net, 3 * WZP_SECOND);
    check(&client, &server, context);
    net_fini(&net);
}

static void expect_code(struct node *client, struct node *server, void *context)
{
    const unsigned *code = context;
    is_int(client->connected, 0, "not connected");
    is_int(server->accepted, 0, "not accepted");
    is_int(client->closed, 1, "closed");
    is_int(client->why.kind, WZP_QUIC_CLOSE_TRANSPORT, "by the transport");
    is_int(client->why.code, *code, "with code 0x%x", *code);
    is_int(wzp_quic_endpoint_connections(server->ep), 0, "the server forgot it");
    struct wzp_quic_counters counters;
    wzp_quic_endpoint_counters(server->ep, &counters);
    is_int(counters.handshakes_failed, 1, "and counted it");
}

static void expect_name(struct node *client, struct node *server, void *context)
{
    is_int(client->connected, 1, "connected");
    if (server->conn != NULL)
        is_str(wzp_quic_conn_sni(server->conn), context, "the server sees \"%s\"", (char *)context);
}

static void test_refused(void)
{
    unsigned no_alpn = 0x178, bad_name = 0x12f;
    attempt("room", NULL, "h3", NULL, expect_code, &no_alpn);
    attempt("room", NULL, "", NULL, expect_code, &no_alpn);
    attempt(NULL, "1234", NULL, NULL, expect_code, &bad_name);
    attempt(NULL, "-x", NULL, NULL, expect_code, &bad_name);
    attempt(NULL, "a_.-b", NULL, NULL, expect_code, &bad_name);
    attempt(NULL, "10.0.0.1", NULL, NULL, expect_name, (char[]){""});
    attempt(NULL, NULL, NULL, NULL, expect_name, (char[]){""});
    attempt(NULL, "General_Room", NULL, NULL, expect_name, (char[]){"general_room"});
    attempt("General_Room", NULL, NULL, NULL, expect_name, (char[]){"general_room"});
}

static void expect_cipher(struct node *client, struct node *server, void *context)
{
    (void)server;
    is_int(client->connected, 1, "connected");
    if (client->conn != NULL)
        is_str(gnutls_cipher_get_name(gnutls_cipher_get(client->conn->tls)), context, "cipher");
}

static void test_ciphers(void)
{
    attempt("_signal", NULL, NULL, NULL, expect_cipher, (char[]){"AES-128-GCM"});
    /* The order of the existing programs: ours wins. */
    attempt("_signal", NULL, NULL,
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:"
            "+CHACHA20-POLY1305:%DISABLE_TLS13_COMPAT_MODE",
            expect_cipher, (char[]){"AES-128-GCM"});
    attempt("_signal", NULL, NULL,
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM:%DISABLE_TLS13_COMPAT_MODE",
            expect_cipher, (char[]){"AES-256-GCM"});
    attempt("_signal", NULL, NULL,
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305:"
            "%DISABLE_TLS13_COMPAT_MODE",
            expect_cipher, (char[]){"CHACHA20-POLY1305"});
    /* A key share the server does not take: it asks again, and the name is read twice. */
    attempt("_hello_retry", NULL, NULL,
            "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP256R1:"
            "%DISABLE_TLS13_COMPAT_MODE",
            expect_name, (char[]){"_hello_retry"});
}

/* Gives the server another key, with or without the certificate that belongs to it. */
static void replace_key(struct node *server, gnutls_pk_algorithm_t kind, bool matching)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_privkey_t key, other;
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_init(&key);
    gnutls_x509_privkey_init(&other);
    gnutls_x509_crt_init(&crt);
    unsigned bits =
        kind == GNUTLS_PK_RSA
            ? 2048
            : (unsigned)GNUTLS_CURVE_TO_BITS(kind == GNUTLS_PK_ECDSA ? GNUTLS_ECC_CURVE_SECP256R1
                                                                     : GNUTLS_ECC_CURVE_ED25519);
    int result = gnutls_x509_privkey_generate(key, kind, bits, 0);
    if (result == 0)
        result = gnutls_x509_privkey_generate(other, kind, bits, 0);
    unsigned char serial = 1;
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, &serial, 1);
    gnutls_x509_crt_set_activation_time(crt, 0);
    gnutls_x509_crt_set_expiration_time(crt, 100); /* long ago: nobody looks */
    gnutls_x509_crt_set_dn(crt, "CN=test", NULL);
    gnutls_x509_crt_set_key(crt, key);
    if (result < 0 || gnutls_x509_crt_sign2(crt, crt, key,
                                            kind == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512
                                                                            : GNUTLS_DIG_SHA256,
                                            0) < 0)
        bail("no certificate");
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    if (gnutls_certificate_set_x509_key(credentials, &crt, 1, matching ? key : other) < 0)
        bail("no credentials");
    gnutls_certificate_free_credentials(server->ep->server_credentials);
    server->ep->server_credentials = credentials;
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_privkey_deinit(other);
}

static void try_key(gnutls_pk_algorithm_t kind, bool matching, const char *what)
{
    struct net net;
    struct node client, server;
    net_init(&net, 5);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    replace_key(&server, kind, matching);
    node_dial(&client, &server, "room");
    net_run(&net, 3 * WZP_SECOND);
    is_int(client.connected, matching, "%s, %s", what,
           matching ? "its own: accepted" : "not the certificate's key: refused");
    if (!matching) {
        is_int(client.why.kind, WZP_QUIC_CLOSE_TRANSPORT, "as a transport error");
        is_int(client.why.code & ~0xffu, 0x100, "of TLS");
        is_int(server.accepted, 0, "the server learns it before it accepts");
    }
    net_fini(&net);
}

static void test_signatures(void)
{
    try_key(GNUTLS_PK_EDDSA_ED25519, true, "ed25519");
    try_key(GNUTLS_PK_ECDSA, true, "ecdsa p-256");
    try_key(GNUTLS_PK_RSA, true, "rsa-pss");
    try_key(GNUTLS_PK_EDDSA_ED25519, false, "ed25519");
    try_key(GNUTLS_PK_ECDSA, false, "ecdsa p-256");
}

static void test_exporter(void)
{
    struct net net;
    struct node client, server;
    uint8_t a[32], b[32], c[32];
    struct wzp_quic_conn *early;
    net_init(&net, 9);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    early = node_dial(&client, &server, "one");
    is_int(wzp_quic_conn_export(early, a, "wzp test", NULL, 0), WZP_E_STATE, "no exporter yet");
    is_int(wzp_quic_conn_peer_certificate(early, a), WZP_E_STATE, "no certificate yet");
    ok(!wzp_quic_conn_is_established(early), "not established yet");
    net_run(&net, WZP_SECOND);
    is_int(wzp_quic_conn_export(node_conn(&client), a, "wzp test", "ctx", 3), 0, "client exports");
    is_int(wzp_quic_conn_export(node_conn(&server), b, "wzp test", "ctx", 3), 0, "server exports");
    is_bytes(a, 32, b, 32, "the same");
    wzp_quic_conn_export(node_conn(&server), c, "wzp other", "ctx", 3);
    ok(memcmp(b, c, 32) != 0, "another label gives another key");
    wzp_quic_conn_export(node_conn(&server), c, "wzp test", NULL, 0);
    ok(memcmp(b, c, 32) != 0, "so does another context");
    node_dial(&client, &server, "one");
    net_run(&net, WZP_SECOND);
    wzp_quic_conn_export(node_conn(&client), c, "wzp test", "ctx", 3);
    ok(memcmp(a, c, 32) != 0, "and another connection");
    ok(wzp_quic_conn_is_established(node_conn(&server)) &&
           wzp_quic_conn_is_server(node_conn(&server)) &&
           !wzp_quic_conn_is_server(node_conn(&client)),
       "roles");
    net_fini(&net);
}

static void test_arguments(void)
{
    struct net net;
    struct node client, server;
    struct wzp_quic_conn *conn;
    struct wzp_addr six, none;
    uint8_t ip[16] = {0xfd};
    net_init(&net, 10);
    node_init(&client, &net, false, 1000, NULL);
    node_init(&server, &net, true, 4433, NULL);
    memset(&none, 0, sizeof none);
    wzp_addr_from_ip6(&six, ip, 4433);
    is_int(wzp_quic_connect(&conn, client.ep, &client.addr, &six, "x", NULL, net.now),
           WZP_E_ARGUMENT, "families differ");
    is_int(wzp_quic_connect(&conn, client.ep, &client.addr, &none, "x", NULL, net.now),
           WZP_E_ARGUMENT, "no address");
    is_int(wzp_quic_connect(&conn, client.ep, &client.addr, &server.addr, "a b", NULL, net.now),
           WZP_E_ARGUMENT, "a space in the name");
    is_int(
        wzp_quic_connect(&conn, client.ep, &client.addr, &server.addr, "10.1.2.3", NULL, net.now),
        WZP_E_ARGUMENT, "an address as name");
    struct wzp_certificate broken = server.certificate;
    struct wzp_quic_config config = {.random = net.random, .certificate = &broken};
    struct wzp_quic_endpoint *ep;
    struct wzp_error err = {0, ""};
    broken.secret[0] ^= 1;
    is_int(wzp_quic_endpoint_new(&ep, &config, &err), WZP_E_CRYPTO,
           "a certificate that is not the key's");
    ok(err.text[0] != '\0', "with a sentence: %s", err.text);
    net_fini(&net);
}

TAP_MAIN
{
    test_names();
    test_refused();
    test_ciphers();
    test_signatures();
    test_exporter();
    test_arguments();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TLS 1.3 through GnuTLS. The client's side is ngtcp2's stock glue. The server's side is our own,
 * because GnuTLS refuses server names with '_' (`_signal`): a hook that sees the ClientHello before
 * it is parsed keeps the true name; the transport-parameter extension, registered by us for the
 * phase that runs before server names are read, then writes '-' over each '_' of the buffer being
 * parsed. The transcript hash already holds the original bytes, so both ends still agree. Tickets
 * are off: their binders would be checked against the altered bytes.
 * Chains, names and dates of peers are not looked at (the owner pins the certificate), but the
 * CertificateVerify signature is: GnuTLS always checks it.
 * Source: wzp-protocol(7), QUIC, Names, Certificate. */
#include "quic/internal.h"

#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "crypto/primitives.h"

#define EXTENSION_TRANSPORT_PARAMETERS 57
/* GnuTLS buffers a whole handshake message before it parses it. Those of honest peers have some 300
 * bytes, 2 KiB with post-quantum key shares, and certificate chains seldom more than 8 KiB. */
#define HANDSHAKE_MESSAGE_MAX 16384

/* AES-128-GCM first: it takes a third of ChaCha20's time here, and is strong enough. */
static const char priority[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:-SIGN-ALL:+SIGN-EDDSA-ED25519:"
    "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:"
    "+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:"
    "%DISABLE_TLS13_COMPAT_MODE:%SERVER_PRECEDENCE";

/* ---- credentials ---- */

static int import_key(gnutls_x509_privkey_t key, const struct wzp_certificate *cert)
{
    uint8_t public_key[32], certified[32];
    wzp_ed25519_public(public_key, cert->secret);
    /* GnuTLS compares key and certificate too, but not for Ed25519. */
    if (wzp_certificate_public_key(certified, cert->der, cert->der_length) < 0 ||
        memcmp(public_key, certified, sizeof certified) != 0)
        return GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
    gnutls_datum_t x = {public_key, sizeof public_key};
    gnutls_datum_t k = {(unsigned char *)(uintptr_t)cert->secret, sizeof cert->secret};
    return gnutls_x509_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL, &k);
}

static int set_certificate(gnutls_certificate_credentials_t credentials,
                           const struct wzp_certificate *cert)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t der = {(unsigned char *)(uintptr_t)cert->der, (unsigned)cert->der_length};
    int result = gnutls_x509_privkey_init(&key);
    if (result >= 0)
        result = import_key(key, cert);
    if (result >= 0)
        result = gnutls_x509_crt_init(&crt);
    if (result >= 0)
        result = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
    if (result >= 0)
        result = gnutls_certificate_set_x509_key(credentials, &crt, 1, key);
    if (crt)
        gnutls_x509_crt_deinit(crt);
    if (key)
        gnutls_x509_privkey_deinit(key);
    return result;
}

static int set_error(int result, struct wzp_error *err)
{
    return wzp_error_set(err, result == GNUTLS_E_MEMORY_ERROR ? WZP_E_MEMORY : WZP_E_CRYPTO,
                         "GnuTLS cannot use the certificate or settings: %s",
                         gnutls_strerror(result));
}

int wzp_quic_tls_certificate(struct wzp_quic_endpoint *ep, const struct wzp_certificate *cert,
                             struct wzp_error *err)
{
    gnutls_certificate_credentials_t credentials = NULL;
    int result = gnutls_certificate_allocate_credentials(&credentials);
    if (result >= 0)
        result = set_certificate(credentials, cert);
    if (result < 0) {
        if (credentials)
            gnutls_certificate_free_credentials(credentials);
        return set_error(result, err);
    }
    if (ep->server_credentials)
        gnutls_certificate_free_credentials(ep->server_credentials);
    ep->server_credentials = credentials;
    return 0;
}

int wzp_quic_tls_endpoint_init(struct wzp_quic_endpoint *ep, const struct wzp_certificate *cert,
                               struct wzp_error *err)
{
    const char *where = NULL;
    int result = gnutls_priority_init(&ep->priority, priority, &where);
    if (result >= 0)
        result = gnutls_certificate_allocate_credentials(&ep->client_credentials);
    if (result < 0)
        return set_error(result, err);
    return cert ? wzp_quic_tls_certificate(ep, cert, err) : 0;
}

void wzp_quic_tls_endpoint_fini(struct wzp_quic_endpoint *ep)
{
    if (ep->server_credentials)
        gnutls_certificate_free_credentials(ep->server_credentials);
    if (ep->client_credentials)
        gnutls_certificate_free_credentials(ep->client_credentials);
    if (ep->priority)
        gnutls_priority_deinit(ep->priority);
}

/* ---- the server's side ---- */

static struct wzp_quic_conn *conn_of(gnutls_session_t session)
{
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    return ref->user_data;
}

static int on_hello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                    const gnutls_datum_t *message)
{
    struct wzp_quic_conn *conn = conn_of(session);
    struct wzp_quic_endpoint *ep = conn->ep;
    if (type != GNUTLS_HANDSHAKE_CLIENT_HELLO || !incoming || when != GNUTLS_HOOK_PRE)
        return 0;
    conn->hello = message->data;
    conn->hello_length = message->size;
    size_t length = 0;
    const uint8_t *name = wzp_quic_sni_find(message->data, message->size, &length);
    conn->sni[0] = '\0';
    conn->refusal = 0;
    if (name && wzp_quic_sni_take(conn->sni, name, length) < 0) {
        conn->refusal = GNUTLS_E_RECEIVED_DISALLOWED_NAME; /* becomes illegal_parameter */
    } else if (ep->callbacks.admit &&
               !ep->callbacks.admit(ep->owner, conn->sni, &conn->remote, conn->now)) {
        conn->refusal = GNUTLS_E_UNRECOGNIZED_NAME;
        ep->counters.refused_name++;
    } else {
        wzp_quic_early_place(conn);
        if (conn->is_elsewhere)
            conn->refusal = GNUTLS_E_UNRECOGNIZED_NAME; /* ends the connection here, before the
                                                           owner is told */
    }
    if (!conn->is_elsewhere)
        wzp_quic_early_clear(conn);
    wzp_quic_conn_named(conn);
    return 0;
}

static int on_parameters_received(gnutls_session_t session, const unsigned char *data, size_t size)
{
    struct wzp_quic_conn *conn = conn_of(session);
    if (conn->refusal)
        return conn->refusal;
    uint8_t *hello = conn->hello;
    /* Only when this extension lies in the remembered buffer is that buffer the one being parsed.
     */
    if (hello && data >= hello && data + size <= hello + conn->hello_length) {
        size_t length = 0;
        uint8_t *name = wzp_quic_sni_find(hello, conn->hello_length, &length);
        for (size_t i = 0; name && i < length; i++)
            if (name[i] == '_')
                name[i] = '-';
    }
    conn->hello = NULL;
    int result = ngtcp2_conn_decode_and_set_remote_transport_params(conn->quic, data, size);
    if (result != 0) {
        ngtcp2_conn_set_tls_error(conn->quic, result);
        return -1;
    }
    return 0;
}

/* GnuTLS's "mandatory" refuses only peers that offer other protocols, not peers that offer none
 * (wzp-protocol(7), QUIC). */
bool wzp_quic_tls_alpn_agreed(struct wzp_quic_conn *conn)
{
    gnutls_datum_t selected;
    if (gnutls_alpn_get_selected_protocol(conn->tls, &selected) != 0)
        return false;
    conn->takes_bundles = selected.size == sizeof WZP_QUIC_ALPN_BUNDLE - 1 &&
                          memcmp(selected.data, WZP_QUIC_ALPN_BUNDLE, selected.size) == 0;
    return true;
}

static int on_parameters_wanted(gnutls_session_t session, gnutls_buffer_t out)
{
    struct wzp_quic_conn *conn = conn_of(session);
    uint8_t bytes[256];
    if (!wzp_quic_tls_alpn_agreed(conn))
        return GNUTLS_E_NO_APPLICATION_PROTOCOL;
    /* ngtcp2 got its parameters before the name was known; it waits no longer than they say. */
    ngtcp2_transport_params p = *ngtcp2_conn_get_local_transport_params(conn->quic);
    p.max_ack_delay = conn->ack_delay;
    ngtcp2_ssize n = ngtcp2_transport_params_encode(bytes, sizeof bytes, &p);
    if (n < 0 || gnutls_buffer_append_data(out, bytes, (size_t)n) < 0)
        return -1;
    return 0;
}

static int on_secrets(gnutls_session_t session, gnutls_record_encryption_level_t level,
                      const void *read_secret, const void *write_secret, size_t size)
{
    ngtcp2_conn *quic = conn_of(session)->quic;
    ngtcp2_encryption_level l = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
    if (read_secret &&
        ngtcp2_crypto_derive_and_install_rx_key(quic, NULL, NULL, NULL, l, read_secret, size) != 0)
        return -1;
    if (write_secret &&
        ngtcp2_crypto_derive_and_install_tx_key(quic, NULL, NULL, NULL, l, write_secret, size) != 0)
        return -1;
    return 0;
}

static int on_message(gnutls_session_t session, gnutls_record_encryption_level_t level,
                      gnutls_handshake_description_t type, const void *data, size_t size)
{
    ngtcp2_conn *quic = conn_of(session)->quic;
    if (type == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC)
        return 0;
    int result = ngtcp2_conn_submit_crypto_data(
        quic, ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level), data, size);
    if (result != 0) {
        ngtcp2_conn_set_tls_error(quic, result);
        return -1;
    }
    return 0;
}

static int on_alert(gnutls_session_t session, gnutls_record_encryption_level_t level,
                    gnutls_alert_level_t alert_level, gnutls_alert_description_t alert)
{
    (void)level;
    (void)alert_level;
    ngtcp2_conn_set_tls_alert(conn_of(session)->quic, (uint8_t)alert);
    return 0;
}

/* ---- key log ---- */

#ifdef WZP_DEBUG_KEYS
/* NSS key log format: label, client random, secret. */
static int on_keys(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    const struct wzp_quic_endpoint *ep = conn_of(session)->ep;
    gnutls_datum_t client, server;
    char line[256], random[2 * 32 + 1], text[2 * 64 + 1];
    gnutls_session_get_random(session, &client, &server);
    if (!ep->callbacks.keys || client.size > 32 || secret->size > 64)
        return 0;
    wzp_hex_encode(random, client.data, client.size);
    wzp_hex_encode(text, secret->data, secret->size);
    int length = snprintf(line, sizeof line, "%s %s %s", label, random, text);
    if (length > 0 && (size_t)length < sizeof line)
        ep->callbacks.keys(ep->owner, line, (size_t)length);
    wzp_wipe(text, sizeof text);
    wzp_wipe(line, sizeof line);
    return 0;
}
#endif

/* ---- sessions ---- */

static ngtcp2_conn *quic_of(ngtcp2_crypto_conn_ref *ref)
{
    return ((struct wzp_quic_conn *)ref->user_data)->quic;
}

static int session_new(struct wzp_quic_conn *conn, unsigned flags,
                       gnutls_certificate_credentials_t credentials)
{
    int result = gnutls_init(&conn->tls, flags | GNUTLS_NO_TICKETS);
    if (result < 0) {
        conn->tls = NULL;
        return WZP_E_MEMORY;
    }
    conn->ref.get_conn = quic_of;
    conn->ref.user_data = conn;
    gnutls_session_set_ptr(conn->tls, &conn->ref);
    gnutls_handshake_set_max_packet_length(conn->tls, HANDSHAKE_MESSAGE_MAX);
#ifdef WZP_DEBUG_KEYS
    gnutls_session_set_keylog_function(conn->tls, on_keys);
#endif
    /* In the client's order of preference: existing peers know only the second. */
    const gnutls_datum_t alpn[] = {
        {(unsigned char *)(uintptr_t)WZP_QUIC_ALPN_BUNDLE, sizeof WZP_QUIC_ALPN_BUNDLE - 1},
        {(unsigned char *)(uintptr_t)WZP_QUIC_ALPN, sizeof WZP_QUIC_ALPN - 1},
    };
    if (gnutls_priority_set(conn->tls, conn->ep->priority) < 0 ||
        gnutls_credentials_set(conn->tls, GNUTLS_CRD_CERTIFICATE, credentials) < 0 ||
        gnutls_alpn_set_protocols(conn->tls, alpn, sizeof alpn / sizeof alpn[0],
                                  GNUTLS_ALPN_MANDATORY) < 0)
        return WZP_E_CRYPTO;
    return 0;
}

int wzp_quic_tls_server(struct wzp_quic_conn *conn)
{
    int result = session_new(conn, GNUTLS_SERVER | GNUTLS_NO_END_OF_EARLY_DATA,
                             conn->ep->server_credentials);
    if (result < 0)
        return result;
    gnutls_handshake_set_secret_function(conn->tls, on_secrets);
    gnutls_handshake_set_read_function(conn->tls, on_message);
    gnutls_alert_set_read_function(conn->tls, on_alert);
    gnutls_handshake_set_hook_function(conn->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                       on_hello);
    if (gnutls_session_ext_register(
            conn->tls, "QUIC transport parameters", EXTENSION_TRANSPORT_PARAMETERS,
            GNUTLS_EXT_VERSION_NEG, on_parameters_received, on_parameters_wanted, NULL, NULL, NULL,
            GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE) < 0)
        return WZP_E_CRYPTO;
    return 0;
}

int wzp_quic_tls_client(struct wzp_quic_conn *conn, const char *sni)
{
    int result = session_new(conn, GNUTLS_CLIENT, conn->ep->client_credentials);
    if (result < 0)
        return result;
    if (ngtcp2_crypto_gnutls_configure_client_session(conn->tls) != 0)
        return WZP_E_CRYPTO;
    if (sni && gnutls_server_name_set(conn->tls, GNUTLS_NAME_DNS, sni, strlen(sni)) < 0)
        return WZP_E_MEMORY;
    return 0;
}

void wzp_quic_tls_handshake_done(struct wzp_quic_conn *conn)
{
    unsigned count = 0;
    if (conn->is_server)
        return;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(conn->tls, &count);
    if (!chain || count == 0)
        return;
    wzp_sha256(conn->peer_certificate, chain[0].data, chain[0].size);
    conn->have_peer_certificate = true;
}

int wzp_quic_conn_peer_certificate(const struct wzp_quic_conn *conn, uint8_t sha256[32])
{
    if (!conn->have_peer_certificate)
        return WZP_E_STATE;
    memcpy(sha256, conn->peer_certificate, 32);
    return 0;
}

void wzp_quic_conn_forget_tls(struct wzp_quic_conn *conn)
{
    if (!conn->is_server || !conn->handshake_done || !conn->tls)
        return;
    ngtcp2_conn_set_tls_native_handle(conn->quic, NULL);
    gnutls_deinit(conn->tls);
    conn->tls = NULL;
}

int wzp_quic_conn_export(const struct wzp_quic_conn *conn, uint8_t out[32], const char *label,
                         const void *context, size_t context_length)
{
    if (!conn->handshake_done || !conn->tls)
        return WZP_E_STATE;
    int result = gnutls_prf_rfc5705(conn->tls, strlen(label), label, context_length,
                                    context_length > 0 ? context : NULL, 32, (char *)out);
    return result < 0 ? WZP_E_CRYPTO : 0;
}

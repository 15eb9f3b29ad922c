/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/redis_tls.h"

#if WZP_WITH_HIREDIS
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct wzp_redis_tls {
    const struct wzp_pool_url *url;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};

/* Instead of all roots: exactly that certificate. Not 0 ends the handshake. */
static int check_fingerprint(gnutls_session_t session)
{
    const struct wzp_redis_tls *tls = gnutls_session_get_ptr(session);
    unsigned count = 0;
    uint8_t sha256[32];
    size_t size = sizeof sha256;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    bool is_it = chain && count > 0 &&
                 gnutls_fingerprint(GNUTLS_DIG_SHA256, &chain[0], sha256, &size) == 0 &&
                 memcmp(sha256, tls->url->sha256, sizeof sha256) == 0;
    return is_it ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int begin(struct wzp_redis_tls *tls, int fd)
{
    bool is_name = strspn(tls->url->host, "0123456789.") != strlen(tls->url->host) &&
                   !strchr(tls->url->host, ':');
    int result = gnutls_certificate_allocate_credentials(&tls->credentials);
    if (result == 0 && !tls->url->is_pinned)
        result = gnutls_certificate_set_x509_system_trust(tls->credentials);
    if (result >= 0)
        result = gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (result == 0)
        result = gnutls_set_default_priority(tls->session);
    if (result == 0)
        result = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
    if (result == 0 && is_name)
        result = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, tls->url->host,
                                        strlen(tls->url->host));
    if (result < 0)
        return result;
    gnutls_session_set_ptr(tls->session, tls);
    if (tls->url->is_pinned)
        gnutls_session_set_verify_function(tls->session, check_fingerprint);
    else
        gnutls_session_set_verify_cert(tls->session, tls->url->host, 0);
    gnutls_transport_set_int(tls->session, fd);
    return 0;
}

int wzp_redis_tls_new(struct wzp_redis_tls **out, const struct wzp_pool_url *url, int fd,
                      struct wzp_error *err)
{
    struct wzp_redis_tls *tls = wzp_calloc(1, sizeof *tls);
    *out = NULL;
    if (!tls)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for TLS");
    tls->url = url;
    int result = begin(tls, fd);
    if (result < 0) {
        wzp_redis_tls_free(tls);
        return wzp_error_set(err, WZP_E_CRYPTO, "no TLS: %s", gnutls_strerror(result));
    }
    *out = tls;
    return 0;
}

int wzp_redis_tls_shake(struct wzp_redis_tls *tls, bool *wants_write, struct wzp_error *err)
{
    int result = gnutls_handshake(tls->session);
    if (result == 0)
        return 1;
    *wants_write = gnutls_record_get_direction(tls->session) != 0;
    if (!gnutls_error_is_fatal(result))
        return 0;
    if (result == GNUTLS_E_CERTIFICATE_ERROR && tls->url->is_pinned)
        return wzp_error_set(err, WZP_E_CRYPTO, "its certificate is not the configured one");
    if (result == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
        return wzp_error_set(err, WZP_E_CRYPTO,
                             "no root of this system vouches for its certificate and that name");
    return wzp_error_set(err, WZP_E_CRYPTO, "TLS: %s", gnutls_strerror(result));
}

static long result_of(ssize_t n)
{
    if (n >= 0)
        return (long)n;
    return gnutls_error_is_fatal((int)n) ? WZP_E_CRYPTO : WZP_E_AGAIN;
}

long wzp_redis_tls_read(struct wzp_redis_tls *tls, void *data, size_t length)
{
    return result_of(gnutls_record_recv(tls->session, data, length));
}

long wzp_redis_tls_write(struct wzp_redis_tls *tls, const void *data, size_t length)
{
    return result_of(gnutls_record_send(tls->session, data, length));
}

void wzp_redis_tls_free(struct wzp_redis_tls *tls)
{
    if (!tls)
        return;
    if (tls->session)
        gnutls_deinit(tls->session);
    if (tls->credentials)
        gnutls_certificate_free_credentials(tls->credentials);
    wzp_free(tls);
}

#endif

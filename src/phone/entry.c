/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/entry.h"

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "phone/link.h"
#include "phone/ping.h"
#include "phone/session.h"

void wzp_phone_enter(struct wzp_phone *p, uint64_t now)
{
    p->now = now;
    p->depth++;
}

/* Opens the endpoint to peers only while a call expects one. Must not run inside a callback of the
 * endpoint. */
static void open_or_close(struct wzp_phone *p)
{
    bool wanted = p->racing > 0;

    if (wanted == p->accepting)
        return;
    if (wanted && !p->has_certificate) {
        struct wzp_certificate certificate;
        uint8_t secret[32];
        wzp_random_bytes(&p->config.random, secret, sizeof secret);
        wzp_certificate_make(&certificate, secret);
        p->has_certificate =
            wzp_quic_endpoint_set_certificate(p->endpoint, &certificate, NULL) == 0;
        wzp_wipe(secret, sizeof secret);
        wzp_certificate_wipe(&certificate);
    }
    p->accepting = wanted;
    wzp_quic_endpoint_set_accepting(p->endpoint, wanted && p->has_certificate);
}

void wzp_phone_leave(struct wzp_phone *p)
{
    if (--p->depth > 0)
        return;
    wzp_session_reap(p, false);
    wzp_ping_reap(p, false);
    wzp_link_reap(p, false);
    open_or_close(p);
}

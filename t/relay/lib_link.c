/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_link.h"

#include <string.h>

#include "base/alloc.h"
#include "tap.h"

void link_certificate(struct wzp_certificate *out, uint8_t seed)
{
    struct wzp_identity identity;
    fake_identity(&identity, seed);
    wzp_certificate_of_relay(out, &identity);
}

void link_fingerprint(char *text, uint8_t seed)
{
    struct wzp_certificate certificate;
    link_certificate(&certificate, seed);
    wzp_tls_fingerprint_format(text, certificate.sha256);
}

static void say(struct wzp_relay *r, struct fake *fake, uint8_t seed, bool proven,
                uint8_t exporter_byte, const char *instance, uint64_t now)
{
    struct wzp_signal signal = {0};
    struct wzp_certificate certificate;
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char *capability = (char *)(uintptr_t)WZP_RELAY_CAPABILITY;
    uint8_t exporter[32];
    char *text;
    size_t length;
    memset(exporter, exporter_byte, sizeof exporter);
    link_certificate(&certificate, seed);
    wzp_federation_hello_make(&signal, fingerprint, &certificate, exporter);
    signal.u.federation_hello.proof.present = proven;
    signal.u.federation_hello.instance = (char *)(uintptr_t)instance;
    if (proven) {
        signal.u.federation_hello.capabilities.items = &capability;
        signal.u.federation_hello.capabilities.count = 1;
    }
    if (wzp_signal_write(&text, &length, &signal) < 0)
        bail("no hello");
    fake_send(r, fake, text, now);
    wzp_free(text);
}

void link_hello(struct wzp_relay *r, struct fake *fake, uint8_t seed, bool proven, uint8_t exporter,
                uint64_t now)
{
    say(r, fake, seed, proven, exporter, NULL, now);
}

void link_hello_of(struct wzp_relay *r, struct fake *fake, uint8_t seed, const char *instance,
                   uint64_t now)
{
    say(r, fake, seed, true, LINK_EXPORTER, instance, now);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The proof in a FederationHello that the relay which speaks on this TLS connection owns the
 * certificate it names. For the relay's links to other relays (wzp-protocol(7), Links). Source:
 * wzp-protocol(7), Links. */
#ifndef WZP_CRYPTO_FEDERATION_H
#define WZP_CRYPTO_FEDERATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/handshake.h"
#include "wire/signal.h"

/* "WZP-FED/1 hello" || 00 || SHA-256(certificate) || exporter */
#define WZP_FEDERATION_TBS_SIZE (16 + 32 + WZP_EXPORTER_SIZE)

/* The bytes that are signed; exporter is the connection's value for WZP_EXPORTER_FEDERATION. */
void wzp_federation_tbs(uint8_t out[WZP_FEDERATION_TBS_SIZE], const uint8_t sha256[32],
                        const uint8_t exporter[WZP_EXPORTER_SIZE]);
/* Fills tls_fingerprint and proof of a FederationHello (and its type). text and certificate are
 * referenced by hello, so they must live as long. build and capabilities are the caller's. */
void wzp_federation_hello_make(struct wzp_signal *hello, char text[WZP_TLS_FINGERPRINT_TEXT_MAX],
                               struct wzp_certificate *certificate,
                               const uint8_t exporter[WZP_EXPORTER_SIZE]);
/* Checks a received hello. sha256 gets the claimed fingerprint, *proven 1 when the proof holds and
 * 0 when there is none. The caller then looks the fingerprint up in its configuration, and refuses
 * its own (both ends see the same exporter, so a proof can be sent back). WZP_E_SYNTAX (the claim
 * is no fingerprint), WZP_E_CRYPTO (a proof that is wrong), each with a sentence. */
int wzp_federation_hello_check(int *proven, uint8_t sha256[32], const struct wzp_signal *hello,
                               const uint8_t exporter[WZP_EXPORTER_SIZE], struct wzp_error *err);

#endif

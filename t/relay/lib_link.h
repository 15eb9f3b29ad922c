/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stand-ins for other relays. Each has the certificate of an identity whose seed is all one
 * byte. */
#ifndef WZP_T_RELAY_LIB_LINK_H
#define WZP_T_RELAY_LIB_LINK_H

#include "crypto/federation.h"
#include "lib_fake.h"

#define LINK_EXPORTER ((uint8_t)WZP_EXPORTER_FEDERATION[14]) /* as lib_fake has it */

void link_certificate(struct wzp_certificate *out, uint8_t seed);
/* text holds WZP_TLS_FINGERPRINT_TEXT_MAX. */
void link_fingerprint(char *text, uint8_t seed);
/* A hello as the relay of that seed; proven: of our kind, with the proof of a connection whose
 * exporter is `exporter`. */
void link_hello(struct wzp_relay *r, struct fake *fake, uint8_t seed, bool proven, uint8_t exporter,
                uint64_t now);
/* The same, proven, from that life of it (16 hexadecimal digits). */
void link_hello_of(struct wzp_relay *r, struct fake *fake, uint8_t seed, const char *instance,
                   uint64_t now);

#endif

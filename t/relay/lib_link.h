/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stand-ins for other relays on federation links. Each has the certificate of an identity whose
 * seed is all one byte. */
#ifndef WZP_T_RELAY_LIB_LINK_H
#define WZP_T_RELAY_LIB_LINK_H

#include "crypto/federation.h"
#include "lib_fake.h"

/* the exporter that lib_fake.c returns */
#define LINK_EXPORTER ((uint8_t)WZP_EXPORTER_FEDERATION[14])

void link_certificate(struct wzp_certificate *out, uint8_t seed);
/* text holds WZP_TLS_FINGERPRINT_TEXT_MAX. */
void link_fingerprint(char *text, uint8_t seed);
/* Sends the hello of the relay of that seed. proven: as our relays do, with the proof for a
 * connection with that exporter; otherwise as an existing relay. */
void link_hello(struct wzp_relay *r, struct fake *fake, uint8_t seed, bool proven, uint8_t exporter,
                uint64_t now);
/* The same, proven, with that instance number (16 hexadecimal digits), which is new at each start.
 */
void link_hello_of(struct wzp_relay *r, struct fake *fake, uint8_t seed, const char *instance,
                   uint64_t now);

#endif

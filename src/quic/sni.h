/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The server name in a ClientHello, read from the bytes themselves, since GnuTLS refuses names with
 * '_' before it would show them. Hostile input: bounded, checked, no allocation. Source:
 * wzp-protocol(7), Names; RFC 8446 4.1.2, RFC 6066 3. */
#ifndef WZP_QUIC_SNI_H
#define WZP_QUIC_SNI_H

#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

/* Finds the first host name in a ClientHello body (without the 4 bytes of handshake header). NULL
 * when there is none. */
uint8_t *wzp_quic_sni_find(uint8_t *hello, size_t length, size_t *name_length);
/* Checks a name from the wire and lower-cases it into out; an address literal counts as no name
 * (""). WZP_E_SYNTAX. */
int wzp_quic_sni_take(char out[WZP_SNI_MAX + 1], const uint8_t *name, size_t length);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A peer that sends any bytes on its streams and any QUIC frames, on a connection of our own code.
 * Programs that link this replace ngtcp2's encryption callback, so that whole packets can be made
 * of any frames. */
#ifndef WZP_T_QUIC_LIB_ATTACKER_H
#define WZP_T_QUIC_LIB_ATTACKER_H

#include "lib_link.h"

/* A new stream of conn in both directions, -1 without credit. */
int64_t attacker_open(struct wzp_quic_conn *conn);
/* Sends as much of the bytes as windows allow, in packets of their own; returns how much. data must
 * live as long as the connection. */
size_t attacker_write(struct net *net, struct wzp_quic_conn *conn, const struct wzp_addr *to,
                      int64_t stream, const uint8_t *data, size_t length, bool fin);
/* Sends one packet with these frames, at most 1100 bytes of them. false: ngtcp2 may not send. */
bool attacker_frames(struct net *net, struct wzp_quic_conn *conn, const struct wzp_addr *to,
                     const uint8_t *frames, size_t length);
/* A variable-length integer (RFC 9000 16) of 4 bytes. */
uint8_t *attacker_number(uint8_t *out, uint32_t value);

#endif

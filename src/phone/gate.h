/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The gate is the certificate check (pins, trust on first use) that every connection to a relay
 * must pass before anything secret is sent on it. Source: wzp-protocol(7), Certificate. */
#ifndef WZP_PHONE_GATE_H
#define WZP_PHONE_GATE_H

#include "phone/internal.h"

enum wzp_gate {
    WZP_GATE_OPEN,
    /* Changed, but its identity is pinned: send nothing secret before it proves that. */
    WZP_GATE_PROVE,
    WZP_GATE_SHUT /* the user must accept it first */
};

/* Seconds since 1970. */
uint64_t wzp_phone_wall(const struct wzp_phone *p, uint64_t now);
/* Judges the certificate of a fresh connection to place. Pins a new relay (when the user trusts new
 * ones) and emits an event about it. *pin gets the verdict, certificate (32 bytes) the SHA-256. On
 * WZP_GATE_SHUT the caller first stops using the connection and then calls wzp_gate_ask: a listener
 * of that event may end what the connection belongs to, and the event tells why it stopped. */
enum wzp_gate wzp_gate_check(struct wzp_phone *p, enum wzp_pin_verdict *pin,
                             uint8_t certificate[32], const struct wzp_relay_place *place,
                             const struct wzp_quic_conn *conn, uint64_t now);
/* The relay proved this identity key on that connection: pins it, or accepts the changed
 * certificate because of it. False when it is not the pinned identity: the caller stops, and then
 * asks. */
bool wzp_gate_proven(struct wzp_phone *p, enum wzp_pin_verdict *pin, const uint8_t certificate[32],
                     const struct wzp_relay_place *place, const uint8_t identity[32], uint64_t now);
/* Asks the user, unless no certificate was shown at all; wzp_phone_accept_relay may follow. */
void wzp_gate_ask(struct wzp_phone *p, enum wzp_pin_verdict pin, const uint8_t certificate[32],
                  const struct wzp_relay_place *place);
/* The user accepted this certificate of this relay; it is pinned when the relay next shows it. */
void wzp_gate_accept(struct wzp_phone *p, const char *relay, const uint8_t certificate[32]);
/* True when a relay of this name is pinned already. */
bool wzp_gate_knows(const struct wzp_phone *p, const char *name);

#endif

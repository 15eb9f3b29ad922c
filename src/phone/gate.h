/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The certificate check that every connection passes before anything secret is said on it: is this
 * the relay we know? Source: wzp-protocol(7), Certificate. */
#ifndef WZP_PHONE_GATE_H
#define WZP_PHONE_GATE_H

#include "phone/internal.h"

enum wzp_gate {
    WZP_GATE_OPEN,
    WZP_GATE_PROVE, /* changed, but its identity is known: nothing secret until it proved that */
    WZP_GATE_SHUT   /* a person must accept it first */
};

/* Seconds since 1970. */
uint64_t wzp_phone_wall(const struct wzp_phone *p, uint64_t now);
/* Judges the certificate of a fresh connection to place. Remembers a new relay (when the user
 * trusts new ones) and says so in an event. *pin is the verdict. certificate (32) is filled.
 * WZP_GATE_SHUT: the caller stops first, and asks then (wzp_gate_ask): a listener may end what it
 * belongs to, and what is said then is why it stopped. */
enum wzp_gate wzp_gate_check(struct wzp_phone *p, enum wzp_pin_verdict *pin,
                             uint8_t certificate[32], const struct wzp_relay_place *place,
                             const struct wzp_quic_conn *conn, uint64_t now);
/* The relay proved this identity key on that connection: remembers it, or takes the changed
 * certificate because of it. False when it is not the identity we know: stop, then ask. */
bool wzp_gate_proven(struct wzp_phone *p, enum wzp_pin_verdict *pin, const uint8_t certificate[32],
                     const struct wzp_relay_place *place, const uint8_t identity[32], uint64_t now);
/* Asks the user, unless no certificate was shown at all; wzp_phone_accept_relay may follow. */
void wzp_gate_ask(struct wzp_phone *p, enum wzp_pin_verdict pin, const uint8_t certificate[32],
                  const struct wzp_relay_place *place);
/* The person said yes to this certificate of this relay; it counts when it is seen. */
void wzp_gate_accept(struct wzp_phone *p, const char *relay, const uint8_t certificate[32]);
/* True when this name is known already. */
bool wzp_gate_knows(const struct wzp_phone *p, const char *name);

#endif

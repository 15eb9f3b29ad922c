/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stand-ins for clients (lib_fake.h) that join rooms and begin calls. */
#ifndef WZP_T_RELAY_LIB_JOIN_H
#define WZP_T_RELAY_LIB_JOIN_H

#include "lib_fake.h"

struct join_options {
    uint8_t seed;         /* of the identity */
    bool bound;           /* with a proof that is bound to this connection */
    const char *alias;    /* may be NULL */
    uint32_t version;     /* of the protocol; 0: not mentioned */
    const char *password; /* for the room; NULL: none */
    long lacking;         /* n: the n-th allocation of the relay fails; 0: none */
};
/* Sends a CallOffer; true when that leads into the room. */
bool fake_join(struct wzp_relay *r, struct fake *fake, const struct join_options *options,
               uint64_t now);
/* DirectCallOffer from a registered stand-in to the person of that fingerprint. */
void fake_offer(struct wzp_relay *r, struct fake *from, const char *target, const char *id,
                uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers STUN Binding requests on a port that serves something else too: relays and listening
 * phones. An answer is never longer than its request, and each address has a rate limit, so an
 * attacker with a forged source address gains no amplification. Fixed memory. Source:
 * wzp-protocol(7), STUN; RFC 8489. */
#ifndef WZP_NAT_STUN_SERVER_H
#define WZP_NAT_STUN_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bucket.h"
#include "base/random.h"

#define WZP_STUN_SERVER_SLOTS 1024
/* Answers a second, per address (v6: per /64). A whole office may be behind one address, and one
 * netcheck sends 20 requests; it would take a missing answer for packet loss. */
#define WZP_STUN_SERVER_RATE 20
#define WZP_STUN_SERVER_BURST 100

struct wzp_stun_server {
    /* Of the hash that spreads addresses over the slots; secret, so that nobody can choose a
     * slot. */
    uint64_t key[2];
    struct {
        uint64_t owner; /* hash of the address, 0 = nobody */
        struct wzp_bucket bucket;
    } slots[WZP_STUN_SERVER_SLOTS];
    uint64_t answered, limited, too_short; /* counters */
};

/* Initial state. */
void wzp_stun_server_init(struct wzp_stun_server *s, const struct wzp_random *random);
/* Writes the answer to a datagram to out. Returns its length, or 0: no request, shorter than its
 * answer would be (see wzp_stun_write_padded_request), or asked too often. *to gets where to send
 * it: where the request came from or, with RESPONSE-PORT (RFC 5780 7.5), another port there, 1024
 * or above. */
size_t wzp_stun_server_answer(struct wzp_stun_server *s, uint8_t *out, size_t capacity,
                              struct wzp_addr *to, const struct wzp_addr *remote,
                              const uint8_t *data, size_t length, uint64_t now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An attacker with a bare QUIC endpoint on the simulated network, who knows the protocol and keeps
 * to none of its rules. */
#ifndef WZP_T_SIM_LIB_STRANGER_H
#define WZP_T_SIM_LIB_STRANGER_H

#include "crypto/handshake.h"
#include "quic/quic.h"
#include "sim/network.h"
#include "wire/signal.h"

#define STRANGER_INBOX_MAX 256

struct stranger {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_quic_endpoint *endpoint;
    struct wzp_quic_conn *conn; /* NULL once closed */
    struct wzp_addr address, relay;
    struct wzp_identity identity;
    struct wzp_random random;
    char sni[300];
    bool connected, closed;
    bool unproven; /* set after dialling: joins without the proof of this connection */
    struct wzp_quic_close why;
    char *inbox[STRANGER_INBOX_MAX];
    size_t inbox_count;
    uint64_t datagrams;
};
/* Dials the relay from that address with that server name and waits up to 3 s for the handshake;
 * seed makes the identity. Bails when it cannot dial. */
void stranger_dial(struct stranger *s, struct wzp_sim *sim, const char *address, const char *relay,
                   const char *sni, uint64_t seed);
void stranger_free(struct stranger *s);
/* Sends one signal as it is; a little time passes. */
void stranger_say(struct stranger *s, const char *text);
void stranger_send(struct stranger *s, const struct wzp_signal *signal);
void stranger_datagram(struct stranger *s, const void *data, size_t length);
/* The newest received message that contains the word, waiting up to 2 s; or NULL. */
const char *stranger_hears(struct stranger *s, const char *word);
/* Registers; true when the relay accepts. */
bool stranger_register(struct stranger *s, bool proven);
/* CallOffer with all proofs; true when that leads into the room. */
bool stranger_join(struct stranger *s);
/* The value of one of the relay's metrics, the sum over all its labels; name with or without
 * labels. */
double stage_metric(void *relay, const char *name, uint64_t now);

#endif

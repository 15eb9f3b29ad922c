/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A client that behaves as the existing application in a direct call: its offers carry no keys; as
 * the dialer it dials all IPv4 addresses at once, as the acceptor it sends nothing; it dials the
 * relay a second later, sends one MediaPathReport and waits three seconds for the peer's; there is
 * no handshake on the direct path. Source: wzp-protocol(7), Race, Old peers. */
#ifndef WZP_T_SIM_LIB_OLD_H
#define WZP_T_SIM_LIB_OLD_H

#include "crypto/certificate.h"
#include "crypto/handshake.h"
#include "media/encoder.h"
#include "nat/candidate.h"
#include "nat/role.h"
#include "quic/quic.h"
#include "sim/network.h"

struct old {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_quic_endpoint *endpoint;
    struct wzp_certificate certificate;
    struct wzp_identity identity;
    struct wzp_random random;
    struct wzp_addr local, relay;
    struct wzp_quic_conn *signal, *direct, *leg;
    struct wzp_quic_conn *dials[WZP_CANDIDATES_MAX];
    size_t dial_count;
    bool registered, trusted;
    char reflexive[64], call_id[64], room[80], caller[64];
    /* The race: times, 0 = not yet. */
    enum wzp_role role;
    struct wzp_candidate_list peer;
    uint64_t setup_at, direct_at, leg_at, ended_at, settled_at;
    bool direct_failed, leg_dialled, leg_ready, reported;
    bool peer_reported, peer_ok, is_direct, hung_up;
    /* Media, on the chosen path. */
    struct wzp_encoder *encoder;
    uint16_t sequence;
    unsigned heard, heard_elsewhere;
    bool over;
};

/* Adds the client to that network, at that address and port; registered when this returns. Bails.
 */
void old_open(struct old *o, struct wzp_sim *sim, struct wzp_sim_network *net, const char *address,
              unsigned port, const char *relay);
void old_close(struct old *o);
/* Offers a call. Incoming offers are answered automatically. */
void old_call(struct old *o, const char *fingerprint);

#endif

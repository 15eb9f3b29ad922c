/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A person with the existing application on the simulated network, in what it does for a direct
 * call: no keys of its own in offers, all IPv4 addresses dialled at once and nothing sent by who
 * accepts, the relay a second later, one report and three seconds for the other's, no handshake on
 * the direct path. Source: wzp-protocol(7), Race, Old peers. */
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
    /* Media, on the path that was settled on. */
    struct wzp_encoder *encoder;
    uint16_t sequence;
    unsigned heard, heard_elsewhere;
    bool over;
};

/* At home in that network, at that address and port; registered when it returns. Bails. */
void old_open(struct old *o, struct wzp_sim *sim, struct wzp_sim_network *net, const char *address,
              unsigned port, const char *relay);
void old_close(struct old *o);
/* Offers a call. Answers to offers it gives by itself. */
void old_call(struct old *o, const char *fingerprint);

#endif

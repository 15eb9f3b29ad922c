/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A whole relay and raw QUIC clients on a simulated network in virtual time: every packet takes
 * net.delay. */
#ifndef WZP_T_RELAY_LIB_CLIENT_H
#define WZP_T_RELAY_LIB_CLIENT_H

#include "base/random.h"
#include "crypto/handshake.h"
#include "quic/quic.h"
#include "sim/network.h"
#include "wire/signal.h"
#include "wzp/relay.h"

#define PEERS_MAX 16
#define INBOX_MAX 512
#define FRAMES_MAX 2048
#define FRAME_KEPT 64

struct net;

struct frame {
    uint8_t data[FRAME_KEPT];
    size_t length;
    uint64_t at;
};

/* One client: one endpoint, one connection. */
struct peer {
    struct net *net;
    struct wzp_quic_endpoint *endpoint;
    struct wzp_quic_conn *conn; /* NULL once closed */
    struct wzp_sim_host *host;
    struct wzp_addr address;
    struct wzp_identity identity;
    char sni[300];
    bool connected, closed, frozen; /* frozen: sends and receives no packets */
    uint32_t version; /* set after dialling: the version of its media packets, instead of 1 */
    struct wzp_quic_close why;
    char *inbox[INBOX_MAX];
    size_t inbox_count, inbox_read;
    struct frame *frames;
    size_t frame_count;
    char uni[300];
};

struct net {
    struct wzp_relay *relay;
    struct wzp_identity relay_identity;
    struct wzp_addr relay_address;
    struct wzp_sim *sim;
    struct wzp_sim_host *relay_host;
    struct wzp_random random;
    uint64_t now;   /* when time passed last */
    uint64_t delay; /* one way */
    struct peer *peers[PEERS_MAX];
    size_t peer_count;
    uint64_t relay_allocations; /* allocations made inside the relay's four driver callbacks */
    uint64_t packets_from_relay;
    uint64_t request;
    char token[64];
    int stream_limit; /* of the peers that dial from now on, see struct wzp_quic_config */
};

/* A relay at 192.0.2.9:4433 and no peers. config NULL: defaults. */
void net_init(struct net *net, const struct wzp_relay_config *config);
void net_fini(struct net *net);
/* Lets virtual time pass. */
void net_run(struct net *net, uint64_t ns);

/* Dials with that server name (NULL: none) from 198.51.100.<index + 1>:5000; the identity's seed
 * is all `seed` bytes. */
void peer_dial(struct net *net, struct peer *peer, const char *sni, uint8_t seed);
void peer_close(struct peer *peer);
void peer_free(struct peer *peer);
void peer_send(struct peer *peer, const char *text);
void peer_send_signal(struct peer *peer, const struct wzp_signal *signal);
/* The next message of that type, letting up to 3 s pass; others that came before it are skipped.
 * NULL when none came. */
const char *peer_wait(struct peer *peer, enum wzp_signal_type type);
/* The same, parsed (wzp_signal_fini it). False when none came. */
bool peer_wait_signal(struct peer *peer, enum wzp_signal_type type, struct wzp_signal *out);
/* True when a message of that type is unread. */
bool peer_has(struct peer *peer, enum wzp_signal_type type);
void peer_forget(struct peer *peer);

/* Registers with that class (plain, signed or proven; anonymous: zero key); true on a successful
 * ack. */
bool peer_register(struct peer *peer, enum wzp_registration_class standing);
/* A relay with defaults and two people, registered without proof as existing clients are. */
void net_of_two(struct net *net, struct peer *a, struct peer *b);
/* Sends CallOffer and waits for CallAnswer and then RoomUpdate. */
bool peer_join(struct peer *peer, bool bound);
void peer_offer(struct peer *peer, const struct peer *target, const char *call_id);
void peer_answer(struct peer *peer, const char *call_id, const char *mode);
void peer_hangup(struct peer *peer, const char *reason, const char *call_id);
/* Sends one media frame: sequence, a payload of `length` bytes, and a quality report unless NULL.
 */
void peer_frame(struct peer *peer, uint16_t sequence, size_t length,
                const struct wzp_quality_report *report);
/* Any bytes as one datagram. */
void peer_datagram(struct peer *peer, const uint8_t *data, size_t length);

#endif

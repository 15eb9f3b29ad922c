/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A simulated network for the tests of this folder: endpoints with addresses; packets are delayed,
 * lost, reordered or dropped as too big. Virtual time; everything derives from one seed. */
#ifndef WZP_T_QUIC_LIB_LINK_H
#define WZP_T_QUIC_LIB_LINK_H

#include "base/random.h"
#include "crypto/certificate.h"
#include "quic/quic.h"
#include "sim/network.h"

#define NODES_MAX 8
#define TEXTS_MAX 512

struct net;

/* One endpoint and what its callbacks reported. */
struct node {
    struct net *net;
    struct wzp_sim_host *host;
    struct wzp_quic_endpoint *ep;
    struct wzp_addr addr; /* where it receives */
    struct wzp_certificate certificate;
    struct wzp_quic_conn *conn; /* the last one accepted or connected */
    unsigned accepted, connected, closed, path_changed;
    struct wzp_quic_close why; /* of the last close */
    unsigned signal_count;
    char *signals[TEXTS_MAX]; /* copies of the first ones (malloc) */
    size_t signal_bytes;
    unsigned datagram_count;
    uint8_t datagram[2048]; /* the last one */
    size_t datagram_length;
    size_t datagram_bytes;
    unsigned acked, lost;
    uint64_t last_id;
    unsigned uni_count;
    uint8_t uni[512];
    size_t uni_length;
    unsigned other_count;
    uint8_t other[2048]; /* the last packet that was not QUIC */
    size_t other_length;
    const char *admitted; /* the only server name that is served; NULL: every one */
    /* What to do when something happens. NULL: nothing. */
    void (*on_accept)(struct node *node, struct wzp_quic_conn *conn);
    void (*on_connect)(struct node *node, struct wzp_quic_conn *conn);
    void (*on_signal)(struct node *node, struct wzp_quic_conn *conn, const char *text,
                      size_t length);
    void (*on_datagram)(struct node *node, struct wzp_quic_conn *conn, const uint8_t *data,
                        size_t length);
    void (*on_other)(struct node *node, const struct wzp_addr *local, const struct wzp_addr *remote,
                     const uint8_t *data, size_t length);
    uint64_t packets; /* sent into the net, UDP payloads */
};

/* Called for each packet that enters the net; false drops it. The addresses may be rewritten (NAT).
 */
typedef bool (*net_filter)(struct net *net, struct wzp_addr *from, struct wzp_addr *to,
                           uint8_t *data, size_t *length);

struct net {
    struct wzp_sim *sim;
    uint64_t now; /* also inside the callbacks */
    struct wzp_random random;
    struct node *nodes[NODES_MAX];
    size_t node_count;
    uint64_t delay, jitter; /* ns, one way; jitter reorders */
    double loss, duplicate; /* 0..1 */
    size_t mtu;             /* largest UDP payload, 0: no limit */
    net_filter filter;
    void *filter_context;
    uint64_t packets; /* that entered */
    unsigned too_big;
    bool keep_trace;
    size_t trace_count;
    struct {
        struct wzp_addr from, to;
        size_t length;
        uint8_t data[1500];
    } trace[32];
};

/* The qlog and key log callbacks of the nodes that are made from now on; NULL: none. */
extern void (*net_qlog)(void *owner, const struct wzp_quic_conn *conn, const void *data,
                        size_t length);
extern void (*net_keys)(void *owner, const char *line, size_t length);
/* The callbacks place and pass, which distribute new connections to threads; NULL: none. */
extern int (*net_place)(void *owner, const char *sni);
extern void (*net_pass)(void *owner, unsigned thread, const struct wzp_addr *local,
                        const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                        size_t length);

void net_init(struct net *net, uint64_t seed);
void net_fini(struct net *net);
/* A node with an endpoint at 10.0.0.<n>:port; server: with a certificate. config may be NULL. */
void node_init(struct node *node, struct net *net, bool server, uint16_t port,
               const struct wzp_quic_config *config);
void node_fini(struct node *node);
/* Forgets the endpoint and makes a new one with the same certificate and address. */
void node_restart(struct node *node, const struct wzp_quic_config *config);
/* Dials; bails on failure. */
struct wzp_quic_conn *node_dial(struct node *from, struct node *to, const char *sni);
/* Lets all nodes send what is ready. */
void net_flush(struct net *net);
/* Runs the net for that long. */
void net_run(struct net *net, uint64_t duration);
/* Runs until *counter >= value, for at most duration. True when reached. */
bool net_until(struct net *net, const unsigned *counter, unsigned value, uint64_t duration);
/* Delivers a packet as if `from` had sent it. */
void net_inject(struct net *net, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length);
/* The node's connection; bails when there is none. */
struct wzp_quic_conn *node_conn(struct node *node);
/* A running connection between two new nodes. */
void net_pair(struct net *net, struct node *client, struct node *server, const char *sni);
/* Makes a connection that was just dialled offer this ALPN protocol alone, "" for none. It gets a
 * new TLS session, since GnuTLS cannot change the offer of an existing one. */
void session_offer(struct wzp_quic_conn *conn, const char *alpn);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definitions shared by the files of this folder: the endpoint, the connection, and the small
 * modules they are made of. Private to this folder. Every module owns one part of struct
 * wzp_quic_conn and is named after it. */
#ifndef WZP_QUIC_INTERNAL_H
#define WZP_QUIC_INTERNAL_H

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "base/heap.h"
#include "base/map.h"
#include "quic/inbox.h"
#include "quic/outbox.h"
#include "quic/quic.h"
#include "quic/sni.h"
#include "wire/bundle.h"
#include "wire/name.h"

#define WZP_QUIC_CID_SIZE 8    /* of the connection IDs we choose (wzp-protocol(7), QUIC) */
#define WZP_QUIC_MTU_BASE 1200 /* carries everywhere (RFC 9000 14) */
#define WZP_QUIC_CIDS_MAX 24   /* IDs of one connection that are routed at once */
#define WZP_QUIC_TOKENS_MAX 8  /* stateless reset tokens of one peer that are watched at once */
#define WZP_QUIC_REPLIES 64    /* stateless answers waiting to be sent */
#define WZP_QUIC_REPLY_MAX 256 /* bytes of one of them */
#define WZP_QUIC_RESETS_PER_SECOND 10000 /* each smaller than what it answers */
#define WZP_QUIC_TOMBSTONES 4096         /* closed connections that still answer late packets */
#define WZP_QUIC_POOL_MAX 32768          /* datagram buffers of one endpoint */
#define WZP_QUIC_LOCAL_STREAMS 100       /* ours, open at once (wzp-protocol(7), QUIC) */
#define WZP_QUIC_UNVALIDATED_MAX                                                                   \
    8 /* handshakes under way from an address that is not validated; further ones get a Retry */
#define WZP_QUIC_ADDRESS_HELD ((size_t)4 << 20)   /* bytes of unfinished messages of an address */
#define WZP_QUIC_ENDPOINT_HELD ((size_t)64 << 20) /* and of all */
#define WZP_QUIC_EARLY_MAX 4     /* packets of a connection before its ClientHello is whole */
#define WZP_QUIC_PASSED_MAX 4096 /* connections passed to other threads ... */
#define WZP_QUIC_PASSED_TIME (10 * WZP_SECOND) /* ... for so long */
#define WZP_QUIC_FLUSH_TIME (1 * WZP_SECOND)
#define WZP_QUIC_ACK_THRESHOLD 1 /* every packet that we send acknowledges all that is received */
/* While media flows, acknowledgements and other control frames wait for a datagram whose packet
 * they can share, or until there is more to acknowledge: a side that only listens sends 8 packets a
 * second instead of 40. The longest wait is the max_ack_delay that we announce, less the possible
 * delay of timers. The peer adds max_ack_delay to its time-outs; but datagrams are not
 * retransmitted, and the delay is subtracted from the round trip. The wait is longer than the
 * longest frames (120 ms, for very narrow lines), so that even these take acknowledgements along.
 * Connections without media (signals) keep the 25 ms of RFC 9000. Once so many bytes came that a
 * sender's minimum congestion window may be full, the wait is short in any case. */
#define WZP_QUIC_ACK_DELAY_MEDIA (135 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_DELAY_SIGNALS (25 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_SLACK (5 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_SOON (20 * WZP_MILLISECOND)
/* The acknowledgement delay is subtracted from a round trip sample only down to min_rtt (RFC 9002
 * 5.3), and the sample of the handshake includes both sides' computation. So now and then media are
 * acknowledged on arrival, to give a true sample: whenever the next frame would come too late to
 * share a packet, and otherwise once in this time. */
#define WZP_QUIC_ACK_PROMPT (5 * WZP_SECOND)
#define WZP_QUIC_ACK_SOON_BYTES 6000
#define WZP_QUIC_MEDIA_RECENT (150 * WZP_MILLISECOND)

/* The caller's datagram ids are below 2^62; the two highest bits say what else to count (mtu.c). */
#define WZP_QUIC_ID_BITS 61
#define WZP_QUIC_ID_FIRST                                                                          \
    (UINT64_C(1) << 63)                       /* first datagram of its packet: the packet's fate   \
                                               */
#define WZP_QUIC_ID_PROBE (UINT64_C(1) << 62) /* path MTU probe */
#define WZP_QUIC_ID_LARGE (UINT64_C(1) << 61) /* in a packet larger than the base size */

/* What ngtcp2 holds for one connection (memory.c). */
struct wzp_quic_account {
    struct wzp_quic_memory *blocks;
    size_t used, limit; /* bytes, with the heap's own rounding */
    bool exceeded;
};

/* What a connection ID is routed to. First member of every kind of target. */
struct wzp_quic_route {
    enum { WZP_QUIC_ROUTE_CONN, WZP_QUIC_ROUTE_TOMBSTONE, WZP_QUIC_ROUTE_PASSED } kind;
};

struct wzp_quic_cid {
    uint8_t length;
    uint8_t data[NGTCP2_MAX_CIDLEN];
};

/* A tombstone: a closed connection in its closing or draining period. It answers late packets with
 * its CONNECTION_CLOSE, ever more rarely, or drops them when the peer closed (RFC 9000 10.2). */
struct wzp_quic_tombstone {
    struct wzp_quic_route route;
    struct wzp_heap_node timer;
    struct wzp_quic_tombstone *next_pending,
        **link_pending;                      /* list of tombstones with a packet to send */
    struct wzp_quic_tombstone *next, **link; /* all of them */
    struct wzp_addr local, remote;
    unsigned received, answered;
    size_t cid_count;
    struct wzp_quic_cid cids[WZP_QUIC_CIDS_MAX];
    size_t length; /* of the packet, 0 when draining */
    uint8_t packet[];
};

/* Connection ID of a new connection that belongs to another thread (pass.c). */
struct wzp_quic_passed {
    struct wzp_quic_route route;
    struct wzp_heap_node timer;
    struct wzp_quic_passed *next, **link; /* all of them */
    struct wzp_quic_cid cid;
    uint8_t thread;
};

struct wzp_quic_datagram {
    struct wzp_quic_buffer *buffer;
    uint64_t id;
    uint64_t flush_at;
};

/* Path MTU search (mtu.c). */
struct wzp_quic_mtu {
    uint16_t size;            /* UDP payload in use */
    uint16_t limit;           /* the most the path may be asked for; 0 before the handshake ended */
    uint16_t room;            /* bytes of datagrams that a packet of this size has room for */
    bool wanted;              /* larger packets would be of use: the search may begin */
    uint8_t step;             /* which candidate is being probed */
    uint8_t sent, lost;       /* probes of this candidate */
    uint8_t large_lost;       /* lost in a row: packets larger than the base size */
    uint64_t next;            /* when the next probe may go, WZP_NEVER when none is due */
    uint64_t stream_progress; /* when stream data was last acknowledged, or first sent */
};

/* The round trip that statistics show (rtt.c). */
struct wzp_quic_rtt {
    uint64_t smoothed; /* ns */
    unsigned samples;  /* in the average; 0: ngtcp2's own value is used */
    uint64_t library;  /* ngtcp2's smoothed_rtt at the last look ... */
    uint64_t least;    /* ... and its min_rtt */
    uint64_t latest;   /* the last sample, without the peer's delay */
    uint64_t seen;     /* samples so far */
};

struct wzp_quic_conn {
    struct wzp_quic_route route;
    struct wzp_heap_node timer;
    struct wzp_quic_endpoint *ep;
    struct wzp_quic_conn *next, **link;                /* all of them */
    struct wzp_quic_conn *ready_next, *ready_previous; /* in the ready list */
    /* In the list of connections whose datagrams wait to share a packet; the longest wait ends
     * last. */
    struct wzp_quic_conn *held_next, *held_previous;
    uint64_t held_until;
    bool is_held;
    bool is_ready;
    bool is_server;
    bool handshake_done;
    bool announced;   /* the owner knows this connection: `closed` must follow */
    bool half_open;   /* counted in the endpoint's half_open */
    bool close_asked; /* wzp_quic_conn_close was called */
    bool close_flush;
    bool reset_seen;   /* stateless reset */
    bool refused;      /* its address has its share of connections already */
    bool is_early;     /* its ClientHello is not complete: nothing is sent, received packets are
                          kept in `early` */
    bool is_elsewhere; /* it belongs to `thread`, another one */
    uint8_t thread;
    bool in_library; /* inside a call of ngtcp2 that may run callbacks */
    bool migrate_asked;
    bool stream_seen;   /* the packet being read carried stream data */
    bool datagram_seen; /* or a datagram */
    bool ack_seen;      /* or an acknowledgement */
    bool timer_fired;   /* ngtcp2 has something to send: waiting datagrams join it */
    bool library_expiry_known;
    bool peer_takes_datagrams;
    bool takes_bundles;      /* both ends agreed on wire/bundle.h */
    uint64_t peer_frame_max; /* largest DATAGRAM frame the peer takes */
    uint64_t now;            /* of the call in progress, for callbacks */
    uint64_t media_until;    /* while now is below: datagrams flow */
    uint64_t prompt_until;   /* until then, after a signal, acknowledgements do not wait */
    uint64_t prompt_next;    /* the first media packet after this time is acknowledged on arrival */
    uint64_t media_at;       /* when the last media packet came ... */
    uint64_t media_gap;      /* ... and the time since the one before */
    struct wzp_quic_rtt rtt;
    uint64_t waits_since;    /* when the first packet came since we last sent one */
    size_t waits_bytes;      /* how much came since then */
    uint64_t library_expiry; /* ngtcp2's last expiry, while known; the true one is no earlier */
    uint64_t probe_timeout, library_patience; /* their values at that time (timer.c) */
    uint64_t ack_delay; /* max_ack_delay that we announce; depends on the server name */
    ngtcp2_conn *quic;
    gnutls_session_t tls;
    ngtcp2_crypto_conn_ref ref;
    void *user;
    struct wzp_addr local, remote; /* last validated path */
    struct wzp_addr migrate_to;
    struct wzp_quic_address *address; /* the address this connection counts for, NULL when
                                         dialled */
    bool address_validated;
    struct wzp_addr counted; /* key of `address` */
    size_t held;             /* bytes of unfinished messages */
    size_t budget;
    struct wzp_quic_account memory; /* of ngtcp2 for this connection */
    ngtcp2_mem library_memory;
    char sni[WZP_SNI_MAX + 1];
    struct wzp_quic_early *early; /* oldest first */
    /* ClientHello being read (tls.c). */
    uint8_t *hello;
    size_t hello_length;
    int refusal;   /* GnuTLS's error code for refusing the name, 0 when it is not refused */
    uint8_t alert; /* TLS alert that we raise ourselves, 0 for none */
    uint8_t peer_certificate[32];
    bool have_peer_certificate;
    /* Closing. */
    uint64_t close_code;
    uint64_t close_deadline;
    char close_reason[sizeof(((struct wzp_quic_close *)0)->reason)];
    /* Routes. */
    size_t cid_count;
    struct wzp_quic_cid cids[WZP_QUIC_CIDS_MAX];
    size_t token_count;
    uint8_t tokens[WZP_QUIC_TOKENS_MAX][NGTCP2_STATELESS_RESET_TOKENLEN];
    /* Signals. */
    struct wzp_quic_inbox inbox;
    struct wzp_quic_outbox outbox;
    unsigned local_streams; /* bidirectional streams of ours that the peer has not ended */
    struct wzp_quic_uni_in *unis;
    /* Datagrams: a ring. */
    struct wzp_quic_datagram queue[WZP_QUIC_DATAGRAM_QUEUE];
    unsigned queue_head, queue_count;
    size_t queue_bytes;
    uint64_t queue_flush; /* earliest flush_at of the queue */
    unsigned write_turn;
    struct wzp_quic_mtu mtu;
    /* Counters. */
    uint64_t packets_sent, packets_received, packets_lost;
    uint64_t received_at, steady_since; /* time of the last packet; since when the peer was never
                                           silent for long */
    uint64_t bytes_sent, bytes_received;
    uint64_t datagrams_dropped;
};

struct wzp_quic_reply {
    struct wzp_addr local, remote;
    size_t length;
    uint8_t data[WZP_QUIC_REPLY_MAX];
};

struct wzp_quic_endpoint {
    struct wzp_quic_callbacks callbacks;
    void *owner;
    struct wzp_random random;
    struct wzp_log log;
    size_t connection_limit, half_open_limit, per_address_limit, signal_limit, budget;
    size_t held;        /* bytes of unfinished messages of all connections */
    uint64_t rtt_guess; /* of new connections; 0: the usual */
    bool accepting;
    uint8_t thread;
    uint64_t clock; /* largest now seen: ngtcp2's time must not go back */
    gnutls_certificate_credentials_t server_credentials; /* NULL: only dials */
    gnutls_certificate_credentials_t client_credentials;
    gnutls_priority_t priority;
    uint8_t reset_secret[32];
    uint8_t retry_secret[32];
    ngtcp2_transport_params parameters; /* what every connection of ours announces */
    struct wzp_quic_memory *blocks;
    struct wzp_map routes;    /* connection ID -> route */
    struct wzp_map tokens;    /* stateless reset token -> connection */
    struct wzp_map addresses; /* IP -> struct wzp_quic_address */
    struct wzp_heap heap;
    struct wzp_quic_conn *conns;
    size_t conn_count, half_open;
    struct wzp_quic_tombstone *tombstones, *pending_tombstones;
    size_t tombstone_count;
    struct wzp_quic_passed *passed;
    size_t passed_count;
    struct wzp_quic_conn *ready_head, *ready_tail;
    struct wzp_quic_conn *held_head, *held_tail;
    struct wzp_quic_reply *replies; /* ring of WZP_QUIC_REPLIES */
    size_t reply_head, reply_count;
    uint64_t reset_window; /* second in which resets_sent counts */
    unsigned resets_sent;
    /* A packet that ngtcp2 wrote for another path than that of the batch being sent. */
    struct wzp_addr stash_local, stash_remote;
    size_t stash_length;
    uint8_t stash_ecn;
    uint8_t stash[WZP_PACKET_MAX];
    struct wzp_quic_raw *raw, *raw_last; /* packets of the owner's, oldest first */
    size_t raw_count;
    struct wzp_quic_buffer *free_buffers;
    size_t buffer_count;
    struct wzp_quic_counters counters;
};

/* ---- endpoint.c: lists and time ---- */
uint64_t wzp_quic_endpoint_clock(struct wzp_quic_endpoint *ep, uint64_t now);
void wzp_quic_ready(struct wzp_quic_conn *conn);
void wzp_quic_unready(struct wzp_quic_conn *conn);
/* A connection ID of ours: byte 0 is the endpoint's thread number, the others are random. A router
 * of packets to threads reads it with wzp_quic_thread_of. */
void wzp_quic_endpoint_name(struct wzp_quic_endpoint *ep, uint8_t *cid, size_t length);
/* Room for one stateless answer, NULL when the ring is full. The caller fills length bytes of data.
 */
struct wzp_quic_reply *wzp_quic_reply_new(struct wzp_quic_endpoint *ep,
                                          const struct wzp_addr *local,
                                          const struct wzp_addr *remote);
/* Takes back the last wzp_quic_reply_new, when there is nothing to send after all. */
void wzp_quic_reply_cancel(struct wzp_quic_endpoint *ep);

/* ---- raw.c: what is not QUIC ---- */
/* Whether a packet is QUIC by its first byte. */
bool wzp_quic_first_byte(const uint8_t *data, size_t length);
void wzp_quic_raw_hand_over(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                            const struct wzp_addr *remote, const uint8_t *data, size_t length,
                            uint64_t now);
/* Writes the oldest waiting raw packet. 1, or 0 when none waits. */
int wzp_quic_raw_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out);
void wzp_quic_raw_clear(struct wzp_quic_endpoint *ep);

/* ---- accept.c: packets that belong to no connection ---- */
void wzp_quic_accept(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                     const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                     uint64_t now);
/* Queues a stateless reset for a packet of `length` bytes that came with this connection ID, unless
 * the packet is too short or the rate limit is reached. */
void wzp_quic_stateless_reset(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                              const struct wzp_addr *remote, const uint8_t *cid, size_t length,
                              uint64_t now);

/* ---- pass.c: new connections that belong to other threads ---- */
/* Keeps a copy of a packet of a new connection. False: the packet must not be processed. */
bool wzp_quic_early_keep(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                         const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                         size_t length);
void wzp_quic_early_clear(struct wzp_quic_conn *conn);
/* The ClientHello is complete, its name is in conn->sni: sets is_elsewhere and thread if the
 * connection belongs to another thread. */
void wzp_quic_early_place(struct wzp_quic_conn *conn);
/* Passes the new connection to conn->thread. The connection is freed afterwards. */
void wzp_quic_early_pass(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_passed_receive(struct wzp_quic_endpoint *ep, const struct wzp_quic_passed *p,
                             const struct wzp_addr *local, const struct wzp_addr *remote,
                             uint8_t ecn, const uint8_t *data, size_t length);
void wzp_quic_passed_free(struct wzp_quic_endpoint *ep, struct wzp_quic_passed *p);

/* ---- address.c: what one address costs ---- */
enum wzp_quic_admission { WZP_QUIC_ADMIT, WZP_QUIC_RETRY, WZP_QUIC_REFUSE };
/* Decides on a new connection. validated: it came back with a Retry token. */
enum wzp_quic_admission wzp_quic_address_ask(struct wzp_quic_endpoint *ep,
                                             const struct wzp_addr *remote, bool validated);
/* Counts conn for its address. WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_quic_address_take(struct wzp_quic_conn *conn, const struct wzp_addr *remote,
                          bool validated);
/* The peer's address is validated. false: the address has its share of connections already. */
bool wzp_quic_address_validate(struct wzp_quic_conn *conn);
/* conn holds so many bytes of messages. false: its address, or all together, hold too much. */
bool wzp_quic_address_hold(struct wzp_quic_conn *conn, size_t bytes);
void wzp_quic_address_release(struct wzp_quic_conn *conn);

/* ---- budget.c: what one peer may hold ---- */
void wzp_quic_budget_init(struct wzp_quic_conn *conn);
/* Sets the transport parameters that announce the budget to the peer. */
void wzp_quic_budget_parameters(const struct wzp_quic_conn *conn, ngtcp2_transport_params *p);
void wzp_quic_budget_established(struct wzp_quic_conn *conn);

/* ---- conn.c: one connection's life ---- */
struct wzp_quic_accept_info {
    const ngtcp2_pkt_hd *header;
    const ngtcp2_cid
        *original; /* the ID of the first Initial when the peer came back from a Retry, else NULL */
};
int wzp_quic_conn_new_server(struct wzp_quic_conn **out, struct wzp_quic_endpoint *ep,
                             const struct wzp_addr *local, const struct wzp_addr *remote,
                             const struct wzp_quic_accept_info *info, uint64_t now);
/* Frees everything at once, without callbacks and packets. */
void wzp_quic_conn_destroy(struct wzp_quic_conn *conn);
/* Processes one packet. The connection may be freed afterwards. */
void wzp_quic_conn_receive(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now);
int wzp_quic_conn_route_add(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length);
void wzp_quic_conn_route_remove(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length);
void wzp_quic_path_of(ngtcp2_path *out, const struct wzp_addr *local,
                      const struct wzp_addr *remote);

/* ---- timer.c: when a connection is called next ---- */
/* conn->sni is known now: sets conn->ack_delay. */
void wzp_quic_conn_named(struct wzp_quic_conn *conn);
/* Whether ngtcp2's answer to the packet just read can wait for the next datagram: the packet held
 * media, or acknowledged what a server sent, and no handshake, signal or change of path is under
 * way. Other packets may carry a PATH_CHALLENGE, which is answered at once. */
bool wzp_quic_conn_can_wait(const struct wzp_quic_conn *conn, const struct wzp_addr *remote,
                            uint64_t now);
/* Media of `length` bytes came: decides whether they are acknowledged now or, as a rule, later. */
void wzp_quic_conn_wait(struct wzp_quic_conn *conn, size_t length, uint64_t now);
/* Handles the connection's timer. The connection may be freed afterwards. */
void wzp_quic_conn_handle_timer(struct wzp_quic_conn *conn, uint64_t now);
/* Whether ngtcp2's expiry has passed. */
bool wzp_quic_conn_library_due(struct wzp_quic_conn *conn, uint64_t now);
/* A packet of datagrams was written, so ngtcp2's next expiry is no earlier than a probe timeout
 * from now. True: the timer is set before that and may stay, without asking ngtcp2. */
bool wzp_quic_conn_keep_timer(struct wzp_quic_conn *conn, uint64_t now);
/* Sets the timer to the earliest expiry. With `settled` an expiry in the past is postponed by a
 * millisecond, since all that could be done now was done. */
void wzp_quic_conn_update_timer(struct wzp_quic_conn *conn, uint64_t now, bool settled);

/* ---- signal.c ---- */
/* The transport of every connection's inbox; its context is the connection. */
extern const struct wzp_quic_inbox_host wzp_quic_signal_host;

/* ---- callbacks.c ---- */
void wzp_quic_callbacks_fill(ngtcp2_callbacks *out);

/* ---- write.c ---- */
/* Writes packets of one connection, which is not in the ready list, into out. 1: written, and the
 * connection is in the ready list again unless it ended; 0: nothing to send now; -1: the connection
 * ended and is freed. */
int wzp_quic_conn_write(struct wzp_quic_conn *conn, struct wzp_packet *out, uint64_t now);

/* ---- close.c ---- */
/* Ends a connection because of a result of ngtcp2. The connection is gone afterwards. */
void wzp_quic_conn_fail(struct wzp_quic_conn *conn, int library_error, uint64_t now);
/* Ends the connection as wzp_quic_conn_close asked. It is freed afterwards. */
void wzp_quic_conn_finish(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_tombstone_receive(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t);
void wzp_quic_tombstone_free(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t);
/* Writes the packet of the next pending tombstone. 1, or 0 when none is pending. */
int wzp_quic_tombstone_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out);

/* ---- datagram.c ---- */
bool wzp_quic_datagrams_due(const struct wzp_quic_conn *conn, uint64_t now);
/* When the first waiting datagrams must leave, or WZP_NEVER. The connections that hold them have
 * their own list: with timers in the heap, every connection of a room would be removed and inserted
 * again for each frame. */
uint64_t wzp_quic_datagrams_expiry(const struct wzp_quic_endpoint *ep);
void wzp_quic_datagrams_handle_expiry(struct wzp_quic_endpoint *ep, uint64_t now);
/* What the next DATAGRAM frame carries: the oldest datagram as it is or, where bundles
 * (wire/bundle.h) are agreed on, as many datagrams without a fate callback as fit. */
struct wzp_quic_load {
    unsigned count; /* datagrams, from the oldest on */
    bool is_full;   /* the next one would not fit beside them */
    size_t length;  /* bytes of the frame's data */
    uint64_t id;    /* the owner's, 0 for several */
    size_t vec_count;
    ngtcp2_vec vec[1 + 2 * WZP_BUNDLE_ITEMS_MAX];
    uint8_t mark[WZP_BUNDLE_HEAD];
    uint8_t heads[WZP_BUNDLE_ITEMS_MAX][WZP_BUNDLE_ITEM_HEAD];
};
/* The queue must not be empty. Pointers in out point into the queue and into out itself. */
void wzp_quic_datagrams_load(const struct wzp_quic_conn *conn, struct wzp_quic_load *out);
/* Takes the oldest ones out of the ring. */
void wzp_quic_datagrams_pop(struct wzp_quic_conn *conn, unsigned count);
void wzp_quic_datagrams_clear(struct wzp_quic_conn *conn);
void wzp_quic_datagram_fate(struct wzp_quic_conn *conn, uint64_t id, bool acknowledged);
void wzp_quic_pool_free(struct wzp_quic_endpoint *ep);

/* ---- mtu.c ---- */
void wzp_quic_mtu_init(struct wzp_quic_mtu *mtu);
/* Back to the base size, search from the start: after the handshake and after a change of path. */
void wzp_quic_mtu_restart(struct wzp_quic_conn *conn, uint64_t now);
/* Larger packets would be of use: begins the search, once. */
void wzp_quic_mtu_want(struct wzp_quic_conn *conn, uint64_t now);
/* Writes a probe if one is due: its length, 0 for none, or an error of ngtcp2. */
ngtcp2_ssize wzp_quic_mtu_write(struct wzp_quic_conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *pi,
                                uint8_t *data, size_t capacity, uint64_t now);
/* Checks for streams that make no progress: their packets may be too large for the path (a black
 * hole). */
void wzp_quic_mtu_check_streams(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_mtu_fate(struct wzp_quic_conn *conn, uint64_t id, bool acknowledged);
bool wzp_quic_mtu_is_probe(const uint8_t *data, size_t length);
/* Sets conn->mtu.room anew: after everything that may have changed the size or the peer's
 * connection ID. conn->mtu.room is read several times for each datagram of each receiver, but
 * ngtcp2 is asked only once for each packet received. */
void wzp_quic_mtu_refresh(struct wzp_quic_conn *conn);

/* ---- rtt.c ---- */
/* The handshake is over, or the path is new: forgets earlier measurements. */
void wzp_quic_rtt_restart(struct wzp_quic_conn *conn);
/* An acknowledgement came. */
void wzp_quic_rtt_sample(struct wzp_quic_conn *conn);

/* ---- tls.c ---- */
int wzp_quic_tls_endpoint_init(struct wzp_quic_endpoint *ep, const struct wzp_certificate *cert,
                               struct wzp_error *err);
/* Takes over a certificate for the server's side, in place of an older one. */
int wzp_quic_tls_certificate(struct wzp_quic_endpoint *ep, const struct wzp_certificate *cert,
                             struct wzp_error *err);
void wzp_quic_tls_endpoint_fini(struct wzp_quic_endpoint *ep);
int wzp_quic_tls_server(struct wzp_quic_conn *conn);
int wzp_quic_tls_client(struct wzp_quic_conn *conn, const char *sni);
/* False: no ALPN was agreed on. Notes whether it is the one with bundles. */
bool wzp_quic_tls_alpn_agreed(struct wzp_quic_conn *conn);
/* Keeps what the owner may ask for after the handshake. */
void wzp_quic_tls_handshake_done(struct wzp_quic_conn *conn);

/* ---- memory.c: ngtcp2's heap ---- */
/* Opens the account of a connection. */
void wzp_quic_memory_account(struct wzp_quic_conn *conn);
int wzp_quic_memory_init(struct wzp_quic_endpoint *ep);
void wzp_quic_memory_fini(struct wzp_quic_endpoint *ep);

/* ---- library.c: what differs between versions of ngtcp2 ---- */
void wzp_quic_library_stats(const struct wzp_quic_conn *conn, struct wzp_quic_stats *out);
void wzp_quic_library_settings(struct wzp_quic_endpoint *ep, ngtcp2_settings *out, uint64_t now);

/* ---- uni.c: streams in one direction ---- */
int wzp_quic_uni_data(struct wzp_quic_conn *conn, int64_t stream_id, bool fin, const uint8_t *data,
                      size_t length);
void wzp_quic_uni_close(struct wzp_quic_conn *conn, int64_t stream_id);
void wzp_quic_uni_clear(struct wzp_quic_conn *conn);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of this room share: the endpoint, the connection, and the small modules they are
 * made of. Nobody outside the room includes this. Every module owns one part of struct
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
#define WZP_QUIC_LOCAL_STREAMS 100 /* of ours that a peer may leave open (wzp-protocol(7), QUIC) */
#define WZP_QUIC_UNVALIDATED_MAX                                                                   \
    8 /* handshakes under way from an address that is not validated; more are asked to come back */
#define WZP_QUIC_ADDRESS_HELD ((size_t)4 << 20)   /* bytes of unfinished messages of an address */
#define WZP_QUIC_ENDPOINT_HELD ((size_t)64 << 20) /* and of all */
#define WZP_QUIC_EARLY_MAX 4     /* packets of a newcomer kept until its ClientHello is whole */
#define WZP_QUIC_PASSED_MAX 4096 /* newcomers whose packets go to another thread, ... */
#define WZP_QUIC_PASSED_TIME (10 * WZP_SECOND) /* ... for so long */
#define WZP_QUIC_FLUSH_TIME (1 * WZP_SECOND)
#define WZP_QUIC_ACK_THRESHOLD 1 /* a packet of ours that leaves acknowledges all there is */
/* While media flows, acknowledgements and the like wait for a datagram to ride with, or for more to
 * acknowledge: a side that only listens sends 8 packets a second instead of 40, and a relay gets
 * as many fewer from each listener. How long is what we announce as max_ack_delay, less what timers
 * may be late: the peer adds that to its time-outs, but for datagrams there is nothing to repeat,
 * and what is waited for is not counted into the round trip. Connections without media (signals)
 * keep the 25 ms of RFC 9000. The longest frames (120 ms), which are for lines that carry next to
 * nothing, still find them waiting. When so many bytes came that a sender's smallest window may be
 * full, the wait is short all the same. */
#define WZP_QUIC_ACK_DELAY_MEDIA (135 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_DELAY_SIGNALS (25 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_SLACK (5 * WZP_MILLISECOND)
#define WZP_QUIC_ACK_SOON (20 * WZP_MILLISECOND)
/* How long an acknowledgement waited is subtracted from the round trip only down to the least that
 * was ever seen (RFC 9002 5.3), and the handshake's takes in what both sides computed. So media are
 * acknowledged on arrival now and then: where nothing else leaves always, by foreseeing that the
 * next frame comes too late, else once in so long. */
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

/* What a connection ID leads to. First member of all kinds. */
struct wzp_quic_route {
    enum { WZP_QUIC_ROUTE_CONN, WZP_QUIC_ROUTE_TOMBSTONE, WZP_QUIC_ROUTE_PASSED } kind;
};

struct wzp_quic_cid {
    uint8_t length;
    uint8_t data[NGTCP2_MAX_CIDLEN];
};

/* A closed connection in its closing or draining period: it repeats its CONNECTION_CLOSE to late
 * packets, ever more rarely, and swallows them when the peer closed (RFC 9000 10.2). */
struct wzp_quic_tombstone {
    struct wzp_quic_route route;
    struct wzp_heap_node timer;
    struct wzp_quic_tombstone *next_pending,
        **link_pending;                      /* in the list of those with a packet to send */
    struct wzp_quic_tombstone *next, **link; /* all of them */
    struct wzp_addr local, remote;
    unsigned received, answered;
    size_t cid_count;
    struct wzp_quic_cid cids[WZP_QUIC_CIDS_MAX];
    size_t length; /* of the packet, 0 when draining */
    uint8_t packet[];
};

/* The ID of a newcomer that is another thread's (pass.c). */
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
    bool wanted;              /* larger packets would be of use: it may be searched */
    uint8_t step;             /* which candidate is being probed */
    uint8_t sent, lost;       /* probes of this candidate */
    uint8_t large_lost;       /* lost in a row: packets larger than the base size */
    uint64_t next;            /* when the next probe may go, WZP_NEVER when none is due */
    uint64_t stream_progress; /* when stream data was last acknowledged, or first sent */
};

/* The round trip that is shown (rtt.c). */
struct wzp_quic_rtt {
    uint64_t smoothed; /* ns */
    unsigned samples;  /* that it is made of, 0: ngtcp2's own counts */
    uint64_t library;  /* ngtcp2's smoothed one as seen last ... */
    uint64_t least;    /* ... and its least */
    uint64_t latest;   /* the last sample, without the peer's delay */
    uint64_t seen;     /* samples so far */
};

struct wzp_quic_conn {
    struct wzp_quic_route route;
    struct wzp_heap_node timer;
    struct wzp_quic_endpoint *ep;
    struct wzp_quic_conn *next, **link;                /* all of them */
    struct wzp_quic_conn *ready_next, *ready_previous; /* in the ready list */
    /* Among those whose datagrams wait for company; the one that waits longest is the last. */
    struct wzp_quic_conn *held_next, *held_previous;
    uint64_t held_until;
    bool is_held;
    bool is_ready;
    bool is_server;
    bool handshake_done;
    bool announced;   /* the owner knows it: `closed` is due */
    bool half_open;   /* counted in the endpoint's half_open */
    bool close_asked; /* wzp_quic_conn_close was called */
    bool close_flush;
    bool reset_seen;   /* stateless reset */
    bool refused;      /* its address has its share */
    bool is_early;     /* its ClientHello is not whole: nothing is sent, what came is in `early` */
    bool is_elsewhere; /* it is that thread's */
    uint8_t thread;
    bool in_library; /* inside a call of ngtcp2 that runs callbacks */
    bool migrate_asked;
    bool stream_seen;   /* the packet being read carried stream data */
    bool datagram_seen; /* or a datagram */
    bool ack_seen;      /* or an acknowledgement */
    bool timer_fired;   /* ngtcp2 has something to send: waiting datagrams go along */
    bool library_expiry_known;
    bool peer_takes_datagrams;
    bool takes_bundles;      /* both ends agreed on wire/bundle.h */
    uint64_t peer_frame_max; /* largest DATAGRAM frame the peer takes */
    uint64_t now;            /* of the call in progress, for callbacks */
    uint64_t media_until;    /* while now is below: datagrams flow */
    uint64_t prompt_until;   /* a signal came: what ngtcp2 has to say does not wait */
    uint64_t prompt_next;    /* from then on media are acknowledged on arrival, once */
    uint64_t media_at;       /* when the last media packet came ... */
    uint64_t media_gap;      /* ... after the one before */
    struct wzp_quic_rtt rtt;
    uint64_t waits_since;    /* when the first packet came since we last sent one */
    size_t waits_bytes;      /* how much came since then */
    uint64_t library_expiry; /* what ngtcp2 said last, while known: its appointment is no earlier */
    uint64_t probe_timeout, library_patience; /* as they were then (timer.c) */
    uint64_t ack_delay; /* max_ack_delay that we announce, by the name that was asked for */
    ngtcp2_conn *quic;
    gnutls_session_t tls;
    ngtcp2_crypto_conn_ref ref;
    void *user;
    struct wzp_addr local, remote; /* last validated path */
    struct wzp_addr migrate_to;
    struct wzp_quic_address *address; /* that it counts for, NULL when dialled */
    bool address_validated;
    struct wzp_addr counted; /* whose that is */
    size_t held;             /* bytes of unfinished messages */
    size_t budget;
    struct wzp_quic_account memory; /* of ngtcp2 for this connection */
    ngtcp2_mem library_memory;
    char sni[WZP_SNI_MAX + 1];
    struct wzp_quic_early *early; /* oldest first */
    /* ClientHello being read (tls.c). */
    uint8_t *hello;
    size_t hello_length;
    int refusal;   /* GnuTLS's word for why the name is refused, 0 when it is not */
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
    unsigned local_streams; /* of ours, in both directions, that the peer has not ended */
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
    uint64_t received_at, steady_since; /* the last packet; since when no pause was long */
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
    /* A packet that was written but belongs to another path than the batch it was written for. */
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
/* Gives back the last wzp_quic_reply_new, when there was nothing to say after all. */
void wzp_quic_reply_cancel(struct wzp_quic_endpoint *ep);

/* ---- raw.c: what is not QUIC ---- */
/* Whether a packet is QUIC by its first byte. */
bool wzp_quic_first_byte(const uint8_t *data, size_t length);
void wzp_quic_raw_hand_over(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                            const struct wzp_addr *remote, const uint8_t *data, size_t length,
                            uint64_t now);
/* Writes the oldest waiting one. 1 or 0. */
int wzp_quic_raw_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out);
void wzp_quic_raw_clear(struct wzp_quic_endpoint *ep);

/* ---- accept.c: packets that belong to no connection ---- */
void wzp_quic_accept(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                     const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                     uint64_t now);
/* Stateless reset for a packet of `length` bytes that came with this connection ID, if it is wise
 * to send one. */
void wzp_quic_stateless_reset(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                              const struct wzp_addr *remote, const uint8_t *cid, size_t length,
                              uint64_t now);

/* ---- pass.c: newcomers of other threads ---- */
/* Keeps a copy of a packet of a newcomer. False: it must not be read. */
bool wzp_quic_early_keep(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                         const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                         size_t length);
void wzp_quic_early_clear(struct wzp_quic_conn *conn);
/* The ClientHello is there, its name in conn->sni: sets is_elsewhere and thread, or it stays. */
void wzp_quic_early_place(struct wzp_quic_conn *conn);
/* Gives the newcomer to conn->thread. The connection is gone afterwards. */
void wzp_quic_early_pass(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_passed_receive(struct wzp_quic_endpoint *ep, const struct wzp_quic_passed *p,
                             const struct wzp_addr *local, const struct wzp_addr *remote,
                             uint8_t ecn, const uint8_t *data, size_t length);
void wzp_quic_passed_free(struct wzp_quic_endpoint *ep, struct wzp_quic_passed *p);

/* ---- address.c: what one address costs ---- */
enum wzp_quic_admission { WZP_QUIC_ADMIT, WZP_QUIC_RETRY, WZP_QUIC_REFUSE };
/* What a newcomer gets; validated: it came back with a Retry token. */
enum wzp_quic_admission wzp_quic_address_ask(struct wzp_quic_endpoint *ep,
                                             const struct wzp_addr *remote, bool validated);
/* Counts conn for its address. WZP_E_MEMORY, WZP_E_LIMIT. */
int wzp_quic_address_take(struct wzp_quic_conn *conn, const struct wzp_addr *remote,
                          bool validated);
/* The peer has shown that the address is his. false: it has its share already. */
bool wzp_quic_address_validate(struct wzp_quic_conn *conn);
/* conn holds so many bytes of messages. false: its address, or all together, hold too much. */
bool wzp_quic_address_hold(struct wzp_quic_conn *conn, size_t bytes);
void wzp_quic_address_release(struct wzp_quic_conn *conn);

/* ---- budget.c: what one peer may hold ---- */
void wzp_quic_budget_init(struct wzp_quic_conn *conn);
/* What of it is announced to the peer. */
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
/* One packet for it. The connection may be gone afterwards. */
void wzp_quic_conn_receive(struct wzp_quic_conn *conn, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now);
int wzp_quic_conn_route_add(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length);
void wzp_quic_conn_route_remove(struct wzp_quic_conn *conn, const uint8_t *cid, size_t length);
void wzp_quic_path_of(ngtcp2_path *out, const struct wzp_addr *local,
                      const struct wzp_addr *remote);

/* ---- timer.c: when it is called next ---- */
/* conn->sni is what it is: sets conn->ack_delay. */
void wzp_quic_conn_named(struct wzp_quic_conn *conn);
/* Whether what ngtcp2 wants to say to the packet just read can wait for the next datagram: it was
 * media, or acknowledged what a server sent, and neither handshake, signals nor a change of path
 * are under way. Other packets may carry a PATH_CHALLENGE. */
bool wzp_quic_conn_can_wait(const struct wzp_quic_conn *conn, const struct wzp_addr *remote,
                            uint64_t now);
/* Media of so many bytes came: shall they be acknowledged now? As a rule that waits. */
void wzp_quic_conn_wait(struct wzp_quic_conn *conn, size_t length, uint64_t now);
/* Its time has come. The connection may be gone afterwards. */
void wzp_quic_conn_handle_timer(struct wzp_quic_conn *conn, uint64_t now);
/* Whether ngtcp2 has an appointment that is over. */
bool wzp_quic_conn_library_due(struct wzp_quic_conn *conn, uint64_t now);
/* A packet of datagrams was written, which makes ngtcp2's next appointment no earlier than a probe
 * timeout from now. True: the timer stands before that and may stay, nobody need be asked. */
bool wzp_quic_conn_keep_timer(struct wzp_quic_conn *conn, uint64_t now);
/* Sets the timer to the earliest appointment. With `settled` a past appointment is put off by a
 * millisecond: all that could be done now was done. */
void wzp_quic_conn_update_timer(struct wzp_quic_conn *conn, uint64_t now, bool settled);

/* ---- signal.c ---- */
/* The transport of every connection's inbox; its context is the connection. */
extern const struct wzp_quic_inbox_host wzp_quic_signal_host;

/* ---- callbacks.c ---- */
void wzp_quic_callbacks_fill(ngtcp2_callbacks *out);

/* ---- write.c ---- */
/* Writes packets of one connection, which is not in the ready list, into out. 1: done, and it is
 * ready again unless it ended; 0: nothing to send now; -1: it ended (and is gone). */
int wzp_quic_conn_write(struct wzp_quic_conn *conn, struct wzp_packet *out, uint64_t now);

/* ---- close.c ---- */
/* Ends a connection because of a result of ngtcp2. The connection is gone afterwards. */
void wzp_quic_conn_fail(struct wzp_quic_conn *conn, int library_error, uint64_t now);
/* Ends it as wzp_quic_conn_close asked. The connection is gone afterwards. */
void wzp_quic_conn_finish(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_tombstone_receive(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t);
void wzp_quic_tombstone_free(struct wzp_quic_endpoint *ep, struct wzp_quic_tombstone *t);
/* Writes the packet of the next pending one. 1 or 0. */
int wzp_quic_tombstone_write(struct wzp_quic_endpoint *ep, struct wzp_packet *out);

/* ---- datagram.c ---- */
bool wzp_quic_datagrams_due(const struct wzp_quic_conn *conn, uint64_t now);
/* When the first of those that wait for company has waited long enough, WZP_NEVER. They have a list
 * of their own: as appointments of the heap they would take every connection of a room out of it
 * and in for each frame. */
uint64_t wzp_quic_datagrams_expiry(const struct wzp_quic_endpoint *ep);
void wzp_quic_datagrams_handle_expiry(struct wzp_quic_endpoint *ep, uint64_t now);
/* What the next DATAGRAM frame carries: the oldest datagram as it is or, where bundles are agreed
 * on, as many as fit of those whose fate nobody asked for. */
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
/* The queue must not be empty. What is in out points into it and into out itself. */
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
/* Streams that make no progress may have met a black hole. */
void wzp_quic_mtu_check_streams(struct wzp_quic_conn *conn, uint64_t now);
void wzp_quic_mtu_fate(struct wzp_quic_conn *conn, uint64_t id, bool acknowledged);
bool wzp_quic_mtu_is_probe(const uint8_t *data, size_t length);
/* Sets conn->mtu.room anew: after everything that may have changed the size or the peer's
 * connection ID. It is read several times for each datagram of each receiver, ngtcp2 is asked once
 * for each packet received. */
void wzp_quic_mtu_refresh(struct wzp_quic_conn *conn);

/* ---- rtt.c ---- */
/* The handshake is over, or the path is a new one: what was measured so far does not count. */
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
/* False: on none. Notes whether it is the one with bundles. */
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

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* QUIC for everything WZP does: one endpoint = one UDP port per family, many connections, client
 * and server at once. Sans-I/O over ngtcp2 and GnuTLS: bytes and `now` come in, packets and
 * callbacks come out, nothing here owns a socket, clock or thread. (GnuTLS draws its own randomness
 * for TLS keys; that changes contents, never sizes or times, so simulations stay deterministic.)
 * Signals: one message per bidirectional stream, delivered whole and in stream-ID order. Datagrams:
 * queued per connection in shared, counted buffers, several per packet, reported as acknowledged or
 * lost when asked for. Source: wzp-protocol(7), QUIC, Streams and frames, Names; RFC 9000, 9001,
 * 9002, 9221, 8899. */
#ifndef WZP_QUIC_QUIC_H
#define WZP_QUIC_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "wzp/stats.h"

#define WZP_QUIC_ALPN "wzp"
#define WZP_QUIC_ALPN_BUNDLE "wzp-bundle" /* the same, and DATAGRAM frames may be bundles */
#define WZP_QUIC_DATAGRAM_QUEUE                                                                    \
    64 /* datagrams waiting per connection; when full, the oldest is dropped */
#define WZP_QUIC_SIGNAL_QUEUE                                                                      \
    64 /* signals waiting per connection; one more is refused (a slow peer) */
#define WZP_QUIC_SIGNAL_QUEUE_BYTES (1024 * 1024)
#define WZP_QUIC_RAW_QUEUE 64 /* packets of the owner's waiting; one more is refused */
#define WZP_QUIC_RAW_MAX 1200 /* bytes of one of them */
#define WZP_QUIC_BUDGET_NEWCOMER (64 * 1024)    /* see wzp_quic_conn_set_budget */
#define WZP_QUIC_BUDGET_REGISTERED (256 * 1024) /* for a peer that proved who it is */
#define WZP_QUIC_BUDGET_LINK (2 * 1024 * 1024)  /* for another relay: it lists all its people */
#define WZP_QUIC_BUDGET_MAX (16 * 1024 * 1024)
#define WZP_QUIC_STREAM_TIME                                                                       \
    (10 * WZP_SECOND) /* a message must be whole this long after its stream began */
#define WZP_QUIC_HANDSHAKE_TIME (10 * WZP_SECOND)
#define WZP_QUIC_IDLE_TIME (30 * WZP_SECOND)
#define WZP_QUIC_KEEP_ALIVE (5 * WZP_SECOND)
/* Of a registration: short, so that a relay that was killed and restarted is noticed by its
 * stateless reset. */
#define WZP_QUIC_KEEP_ALIVE_SIGNALS (2 * WZP_SECOND)
/* Between relays: the users of a relay that falls silent count as gone everywhere else. */
#define WZP_QUIC_KEEP_ALIVE_FEDERATION WZP_SECOND
#define WZP_QUIC_MTU_PROBE_INTERVAL (300 * WZP_SECOND)

struct wzp_quic_endpoint;
struct wzp_quic_conn;

/* Why a connection ended. */
struct wzp_quic_close {
    enum {
        WZP_QUIC_CLOSE_LOCAL,     /* we closed it */
        WZP_QUIC_CLOSE_PEER,      /* the peer closed it (application code) */
        WZP_QUIC_CLOSE_TRANSPORT, /* transport or TLS error, either side; code as on the wire
                                     (0x01xx = TLS alert) */
        WZP_QUIC_CLOSE_IDLE,      /* idle timeout */
        WZP_QUIC_CLOSE_HANDSHAKE, /* no answer in the handshake's time */
        WZP_QUIC_CLOSE_RESET      /* stateless reset */
    } kind;
    uint64_t code;
    char reason[128]; /* filtered, may be "" */
};

/* Callbacks to the owner of the endpoint. All calls come from inside _receive, _handle_expiry or
 * _next_packet. Inside a callback every function of this header that takes a conn may be called
 * (they only queue); endpoint-level functions may not, except _connect and _send_raw. NULL members
 * are skipped. `user` is what the owner set on the connection. */
struct wzp_quic_callbacks {
    /* A ClientHello came, before anything is spent on its handshake: shall this server name ("" for
     * none, lower-cased) be served? false refuses it with the alert unrecognized_name. remote is
     * not validated yet. Asked again after a HelloRetryRequest. NULL: every name is served. */
    bool (*admit)(void *owner, const char *sni, const struct wzp_addr *remote, uint64_t now);
    /* For several endpoints that share an address, see config.thread: returns the thread number of
     * the endpoint that serves this server name; this endpoint's own number keeps the connection.
     * NULL: this endpoint serves every name. */
    int (*place)(void *owner, const char *sni);
    /* A packet of a new connection that belongs to another thread: the owner hands it to _receive
     * of that thread's endpoint. data is valid during the call. Without this callback such
     * connections never complete. */
    void (*pass)(void *owner, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length);
    /* A peer finished the handshake (server side): SNI, addresses and exporter are known. The owner
     * sets its user pointer here. */
    void (*accepted)(void *owner, struct wzp_quic_conn *conn, uint64_t now);
    /* Our dial finished the handshake: certificate and exporter are known. */
    void (*connected)(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now);
    /* One whole signal: JSON text with a final 0, the callee's to read only. */
    void (*signal)(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                   size_t length, uint64_t now);
    /* One datagram; data is valid during the call. */
    void (*datagram)(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                     size_t length, uint64_t now);
    /* Fate of a datagram sent with id != 0. A loss may turn out to be wrong: then acknowledged
     * follows for the same id. */
    void (*datagram_fate)(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t id,
                          bool acknowledged, uint64_t now);
    /* A peer's unidirectional stream ended (or reached 256 bytes): the answer to SNI "version". */
    void (*uni)(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                size_t length, uint64_t now);
    /* The path changed: the peer's address moved and was validated. */
    void (*path_changed)(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now);
    /* The end, exactly once per connection that was accepted or that wzp_quic_connect returned;
     * conn is invalid when this returns. */
    void (*closed)(void *owner, struct wzp_quic_conn *conn, void *user,
                   const struct wzp_quic_close *why, uint64_t now);
    /* A packet that is not QUIC by its first byte (RFC 9443: STUN, a punch, anything): it has
     * touched no connection and is answered by nothing but what the owner sends. length is at
     * least 1, the bytes are hostile and valid during the call. */
    void (*other)(void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                  const uint8_t *data, size_t length, uint64_t now);
    /* A packet came for a connection that this endpoint does not know, and was answered with a
     * stateless reset: its sender was connected before the owner restarted. remote is not
     * validated. */
    void (*stray)(void *owner, const struct wzp_addr *remote, uint64_t now);
    /* Everything that happens to a connection, for debugging: qlog records (JSON text sequences,
     * RFC 7464), in pieces. Costs much; NULL costs nothing. Frames are named, their contents are
     * not recorded. conn only tells connections apart: records come before `accepted` and after
     * `closed`. The last call of each has length 0. */
    void (*qlog)(void *owner, const struct wzp_quic_conn *conn, const void *data, size_t length);
    /* The secrets of each TLS session, one line of the NSS key log without its line end: only in
     * programs compiled with WZP_DEBUG_KEYS, never called in others. */
    void (*keys)(void *owner, const char *line, size_t length);
};

struct wzp_quic_config {
    struct wzp_quic_callbacks callbacks;
    void *owner;
    struct wzp_random random;
    struct wzp_log log;
    const struct wzp_certificate
        *certificate;        /* accepts connections from the start; NULL: only dials. Copied. */
    size_t connection_limit; /* 0: 16384 */
    size_t
        half_open_limit; /* handshakes under way before newcomers must validate by Retry; 0: 256 */
    size_t per_address_limit; /* connections from one IP (v6: /64) that is validated; 0: no limit */
    size_t signal_limit;      /* bytes of one signal accepted; 0: WZP_FRAME_MAX */
    size_t signal_budget;     /* bytes that the unfinished signals of one accepted connection may
                                 hold, see wzp_quic_conn_set_budget; 0: WZP_QUIC_BUDGET_NEWCOMER */
    int stream_limit; /* signals a peer may have under way; 0: the most, WZP_QUIC_INBOX_STREAMS;
                         negative: none at all, for an endpoint that only speaks */
    uint8_t thread;   /* goes into the connection IDs we choose, see wzp_quic_thread_of */
};

/* New endpoint. WZP_E_MEMORY, WZP_E_CRYPTO (GnuTLS refused the certificate). Freed with
 * wzp_quic_endpoint_free, which forgets connections without callbacks and without packets (close
 * first, then drive next_packet, to part politely). */
int wzp_quic_endpoint_new(struct wzp_quic_endpoint **out, const struct wzp_quic_config *config,
                          struct wzp_error *err);
void wzp_quic_endpoint_free(struct wzp_quic_endpoint *ep);

/* ---- the four calls that a driver makes (loop/ or sim/) ---- */

/* One UDP payload that arrived. local is the address it came to (the socket's own is enough),
 * remote where from. Anything that is not for us is dropped and counted. Never fails. */
void wzp_quic_endpoint_receive(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                               const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                               size_t length, uint64_t now);
/* For a router in front of several endpoints that share one address, each with its own
 * config.thread: which one a QUIC packet belongs to. It is the first byte of the destination
 * connection ID, -1 when there is none. Connection IDs are 8 bytes: the thread number, then 56
 * random bits. The IDs that a new client chooses for its first packets are random instead, so the
 * router takes the result modulo the number of threads: that spreads newcomers evenly, and all
 * packets of one newcomer go to one endpoint until it uses the ID that this endpoint chose.
 * Reads `length` bytes of data, trusts none of them. */
int wzp_quic_thread_of(const uint8_t *data, size_t length);
/* When _handle_expiry must be called next; WZP_NEVER when no timer is set. O(1). */
uint64_t wzp_quic_endpoint_expiry(const struct wzp_quic_endpoint *ep);
void wzp_quic_endpoint_handle_expiry(struct wzp_quic_endpoint *ep, uint64_t now);

/* 1 with a packet, 0 when there is nothing to send now. Call until 0 after every batch of receives
 * and after handle_expiry. */
int wzp_quic_endpoint_next_packet(struct wzp_quic_endpoint *ep, struct wzp_packet *out,
                                  uint64_t now);
/* The same four calls as a struct wzp_driver, for loop/ and sim/; valid as long as ep. */
void wzp_quic_endpoint_driver(struct wzp_driver *out, struct wzp_quic_endpoint *ep);

/* Queues a packet that is not QUIC, to leave by the same socket: given out by next_packet before
 * everything else. Copied. WZP_E_LIMIT (WZP_QUIC_RAW_QUEUE wait), WZP_E_TOO_BIG
 * (WZP_QUIC_RAW_MAX), WZP_E_ARGUMENT (empty, addresses missing or of two families),
 * WZP_E_MEMORY. */
int wzp_quic_endpoint_send_raw(struct wzp_quic_endpoint *ep, const struct wzp_addr *local,
                               const struct wzp_addr *remote, const void *data, size_t length);

/* Sets the certificate of an endpoint that was made without one, or replaces it: a phone that dials
 * can then also accept a direct peer. Copied. It does not switch accepting on. WZP_E_STATE
 * (accepted connections live), WZP_E_MEMORY, WZP_E_CRYPTO, with the sentence in err. */
int wzp_quic_endpoint_set_certificate(struct wzp_quic_endpoint *ep,
                                      const struct wzp_certificate *certificate,
                                      struct wzp_error *err);
/* Server side on or off (off: Initials of new peers are refused at once; for draining, and while no
 * call waits for a direct peer). Switching on needs a certificate. Connections that were accepted,
 * or whose handshake has begun, go on. */
void wzp_quic_endpoint_set_accepting(struct wzp_quic_endpoint *ep, bool accepting);
size_t wzp_quic_endpoint_connections(const struct wzp_quic_endpoint *ep);

/* Counters of an endpoint, all since it was made. */
struct wzp_quic_counters {
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    uint64_t dropped_unknown; /* no connection, not an Initial */
    uint64_t dropped_malformed;
    uint64_t other_in; /* not QUIC by their first byte */
    uint64_t raw_out, raw_dropped /* queue full or too big */;
    uint64_t refused_limit; /* connection or address limit */
    uint64_t refused_name;  /* not admitted by the owner */
    uint64_t retries_sent;
    uint64_t handshakes_failed;
    uint64_t datagrams_in, datagrams_out, datagrams_dropped /* queue full or too big */;
    uint64_t signals_in, signals_out;
    uint64_t signals_discarded; /* thrown away, for one of the following reasons: */
    uint64_t signals_stalled;   /* not whole in time */
    uint64_t signals_cut;       /* the peer reset or ended the stream in the middle */
    uint64_t signals_malformed; /* empty */
    uint64_t signals_too_big;
    uint64_t signals_crowded; /* unfinished signals of their address, or of all peers, held too
                                 much memory */
    uint64_t over_budget;     /* connections closed because they cost too much memory */
};
void wzp_quic_endpoint_counters(const struct wzp_quic_endpoint *ep, struct wzp_quic_counters *out);

/* ---- connections ---- */

/* Sets the initial round trip estimate of new connections, used until it is measured, ns; 0: 300
 * ms. A lost first packet is repeated after three times this. */
void wzp_quic_endpoint_guess_rtt(struct wzp_quic_endpoint *ep, uint64_t rtt);
/* Dials. sni: lower-case name, or NULL for none. The connection exists at once (datagrams and
 * signals may be queued), `connected` or `closed` follows. WZP_E_MEMORY, WZP_E_LIMIT,
 * WZP_E_ARGUMENT (families differ, bad name). */
int wzp_quic_connect(struct wzp_quic_conn **out, struct wzp_quic_endpoint *ep,
                     const struct wzp_addr *local, const struct wzp_addr *remote, const char *sni,
                     void *user, uint64_t now);
/* Orderly end: what is queued already, signals and datagrams, is flushed first when flush is true
 * and credit allows (at most 1 s). `closed` follows with kind LOCAL. Idempotent. */
void wzp_quic_conn_close(struct wzp_quic_conn *conn, uint64_t code, const char *reason, bool flush,
                         uint64_t now);

/* The owner's pointer (NULL: no callbacks but what the endpoint needs itself), and state of the
 * connection. */
void wzp_quic_conn_set_user(struct wzp_quic_conn *conn, void *user);
void *wzp_quic_conn_user(const struct wzp_quic_conn *conn);
bool wzp_quic_conn_is_server(const struct wzp_quic_conn *conn);
bool wzp_quic_conn_is_established(
    const struct wzp_quic_conn *conn); /* handshake done, not closing */
/* The server name that the client asked for, lower-cased; "" when it sent none. */
const char *wzp_quic_conn_sni(const struct wzp_quic_conn *conn);
/* Current validated path. */
void wzp_quic_conn_path(const struct wzp_quic_conn *conn, struct wzp_addr *local,
                        struct wzp_addr *remote);
/* SHA-256 of the server's certificate (client side). WZP_E_STATE before the handshake ended. */
int wzp_quic_conn_peer_certificate(const struct wzp_quic_conn *conn, uint8_t sha256[32]);
/* TLS exporter (RFC 8446 7.5), 32 bytes. WZP_E_STATE (no handshake yet, or forgotten),
 * WZP_E_CRYPTO. */
int wzp_quic_conn_export(const struct wzp_quic_conn *conn, uint8_t out[32], const char *label,
                         const void *context, size_t context_length);
/* Frees the TLS session of an accepted connection, a third of an idle connection's memory, once the
 * owner needs nothing more from TLS. Packet protection keys stay, and key updates still work (RFC
 * 9001 6). From now on _export returns WZP_E_STATE. Does nothing on a dialled connection. */
void wzp_quic_conn_forget_tls(struct wzp_quic_conn *conn);
/* Moves a dialled connection to another local address at once (network change). WZP_E_STATE. */
int wzp_quic_conn_migrate(struct wzp_quic_conn *conn, const struct wzp_addr *new_local,
                          uint64_t now);

/* Sets how much memory the peer's unfinished signals may hold in total. An accepted connection
 * begins with config.signal_budget; the owner grants more to a peer that has proved its identity.
 * Half of `bytes` is for the first bytes of up to bytes / 8192 concurrent signals (100 at most);
 * three eighths is the longest signal accepted. A value below the present one, or above
 * WZP_QUIC_BUDGET_MAX, changes nothing. Dialled connections have 3 MiB from the start. */
void wzp_quic_conn_set_budget(struct wzp_quic_conn *conn, size_t bytes);
/* True when the queue of outgoing signals is at least half full: the owner should postpone what is
 * not urgent. */
bool wzp_quic_conn_is_behind(const struct wzp_quic_conn *conn);
/* Queues one signal on a stream of its own. WZP_E_LIMIT: the queue is full, because the peer grants
 * no stream credit or reads too slowly; the owner should close the connection. WZP_E_CLOSED,
 * WZP_E_MEMORY, WZP_E_TOO_BIG. The text is copied. */
int wzp_quic_conn_send_signal(struct wzp_quic_conn *conn, const char *text, size_t length,
                              uint64_t now);
/* Server side answer to "version": bytes on one unidirectional stream, then FIN. Errors as above;
 * the bytes are copied. */
int wzp_quic_conn_send_uni(struct wzp_quic_conn *conn, const void *data, size_t length);

/* Datagram bytes shared by several receivers: from the endpoint's pool, counted, no heap call once
 * the pool is warm. */
struct wzp_quic_buffer {
    uint32_t references;
    uint32_t length;
    struct wzp_quic_buffer *next_free;
    uint8_t data[1500];
};
/* Holds one reference; NULL when the pool is at its cap. */
struct wzp_quic_buffer *wzp_quic_buffer_new(struct wzp_quic_endpoint *ep, const void *data,
                                            size_t length);
void wzp_quic_buffer_unref(struct wzp_quic_endpoint *ep, struct wzp_quic_buffer *buffer);
/* Queues a datagram (takes a reference of its own). id != 0 asks for datagram_fate; ids are below
 * 2^61 (WZP_E_ARGUMENT). flush_at: until then the datagram may wait for others to share its packet
 * (0 = no wait); a full packet leaves at once. WZP_E_TOO_BIG (larger than the path allows now),
 * WZP_E_CLOSED, WZP_E_STATE (peer takes no datagrams). When the queue is full the oldest is dropped
 * and counted. No allocation. */
int wzp_quic_conn_send_buffer(struct wzp_quic_conn *conn, struct wzp_quic_buffer *buffer,
                              uint64_t id, uint64_t flush_at, uint64_t now);
/* The same for the caller's own bytes (copied into a pool buffer). WZP_E_MEMORY when the pool is at
 * its cap. */
int wzp_quic_conn_send_datagram(struct wzp_quic_conn *conn, const void *data, size_t length,
                                uint64_t id, uint64_t now);
/* Largest datagram payload the path carries now; 0 when the peer takes none. */
size_t wzp_quic_conn_datagram_max(const struct wzp_quic_conn *conn);

/* Snapshot of a connection's path. */
void wzp_quic_conn_stats(const struct wzp_quic_conn *conn, struct wzp_quic_stats *out);
/* For how long before its last packet the peer was never silent for longer than this program's
 * keep-alives of signals allow, ns. */
uint64_t wzp_quic_conn_steady(const struct wzp_quic_conn *conn);

#endif

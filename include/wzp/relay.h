/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's public interface: configuration, the four functions of a driver (struct wzp_driver),
 * answers to HTTP requests, and draining (a graceful shutdown). Sans-I/O: the real loop and the
 * simulator drive the same object. A relay can run as several objects, one per thread, which share
 * a port and exchange messages called letters. Relays behind one name can share a directory (a
 * Redis server, called the pool here). Source: wzp-protocol(7), Registration, Media handshake,
 * Links. */
#ifndef WZP_RELAY_H
#define WZP_RELAY_H

#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WZP_RELAY_NAME_MAX 256
#define WZP_RELAY_LIST_MAX 64
#define WZP_RELAY_THREADS_MAX 64
#define WZP_RELAY_LETTER_MAX 1280 /* bytes */

/* Another relay: one that we connect to (url), or one that may connect to us. */
struct wzp_relay_peer {
    char url[WZP_RELAY_NAME_MAX];
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char label[WZP_RELAY_NAME_MAX];
    /* ours: existing relays do not prove their identity; accept this one from any address */
    bool allow_unproven;
    uint64_t spare[4]; /* for what comes later; 0 */
};

#define WZP_RELAY_MEMBERS_MAX 64
#define WZP_RELAY_MEMBER_TEXT_MAX 64
/* Access rule of a room: who may enter it, by a list of members, a password, or both; a member of
 * the list needs no password. */
struct wzp_relay_room_rule {
    char name[WZP_RELAY_NAME_MAX];
    char password[128];                                             /* secret; "" = none */
    char members[WZP_RELAY_MEMBERS_MAX][WZP_RELAY_MEMBER_TEXT_MAX]; /* fingerprints */
    size_t member_count;
    bool proven;       /* only clients that prove possession of their key */
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* All settings of a relay, from its file and flags. Owned by the caller, without pointers;
 * wzp_relay_config_default gives the defaults. "ours" marks keys that the existing relay (the one
 * this one is compatible with) does not have. */
struct wzp_relay_config {
    char listen_addr[WZP_RELAY_NAME_MAX];
    char remote_relay[WZP_RELAY_NAME_MAX];
    char advertised_addr[WZP_RELAY_NAME_MAX];
    char region[64];
    char auth_url[1024];
    char log_level[16];
    char static_dir[1024];
    char debug_tap[WZP_RELAY_NAME_MAX];
    unsigned max_sessions;    /* room members, 100 */
    unsigned max_signals;     /* registered connections, ours: 10000 */
    unsigned max_per_address; /* connections from one IP, ours: 256; 0 = no limit */
    unsigned ring_seconds;    /* ours: 60 */
    unsigned grace_seconds;   /* ours: time to register again before active calls are ended, 15 */
    /* ours: longest delay to pack several frames to one receiver into one packet, us, 1000 */
    unsigned coalesce_us;
    unsigned threads;          /* ours: number of threads, 1 */
    unsigned sender_packets;   /* ours: frames per second one member may send, 250; 0 = no limit */
    unsigned sender_kbit;      /* ours: kbit/s one member may send, 512; 0 = no limit */
    bool require_signed;       /* ours: refuse plain registrations */
    int metrics_port, ws_port; /* -1 off, 0 any free; ws_port: HTTP and WebSocket for browsers */
    char metrics_host[64];     /* ours: address of /metrics, "127.0.0.1" */
    bool metrics_compat;       /* ours: also the metrics per member that the existing relay has */
    bool probe_mesh, trunking_enabled;
    char probe_targets[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX];
    size_t probe_target_count;
    struct wzp_relay_peer peers[WZP_RELAY_LIST_MAX], trusted[WZP_RELAY_LIST_MAX];
    size_t peer_count, trusted_count;
    char global_rooms[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX];
    size_t global_room_count;
    struct wzp_relay_room_rule rooms[WZP_RELAY_LIST_MAX]; /* ours */
    size_t room_count;
    /* ours: "" or "memory", or the address of the shared directory of the relays behind one name */
    char directory[512];
    char ws_host[64];     /* ours: address of ws_port, "0.0.0.0" */
    unsigned ws_visitors; /* ours: most browsers at once, 64 */
    /* ours: most browsers from one address, 8 */
    unsigned ws_per_address;
    /* ours: hosts whose web pages may connect */
    char ws_origins[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX];
    size_t ws_origin_count;
};
/* Fills in the defaults. size: of the struct, see contrib/doc/abi.txt. */
void wzp_relay_config_default_sized(struct wzp_relay_config *c, size_t size);
/* The same with the size of the struct that the caller was compiled with. All pairs of a function
 * and its _sized variant work like this. */
static inline void wzp_relay_config_default(struct wzp_relay_config *c)
{
    wzp_relay_config_default_sized(c, sizeof *c);
}
/* Reads a TOML file's text into c. Unknown keys and keys without effect are reported through warn
 * (may be NULL), with the line and the nearest known name; wrong types and values are errors that
 * name the line. A file written for the existing relay is accepted. */
int wzp_relay_config_parse_sized(struct wzp_relay_config *c, size_t size, const char *text,
                                 size_t length, void (*warn)(void *context, const char *sentence),
                                 void *context, struct wzp_error *err);
static inline int wzp_relay_config_parse(struct wzp_relay_config *c, const char *text,
                                         size_t length,
                                         void (*warn)(void *context, const char *sentence),
                                         void *context, struct wzp_error *err)
{
    return wzp_relay_config_parse_sized(c, sizeof *c, text, length, warn, context, err);
}
/* An example configuration with comments, such as the existing relay writes when its file is
 * missing; static. */
const char *wzp_relay_config_example(void);
/* A row of the table of configuration keys, for help, man page and their tests. no_effect: what to
 * tell whoever sets this key, in the file or by a flag; NULL when the key works. */
struct wzp_relay_config_key {
    const char *name, *type, *standard, *text, *no_effect;
};
/* Row i, static; NULL past the end. */
const struct wzp_relay_config_key *wzp_relay_config_key(size_t i);

/* A request to the directory that relays behind one name share: a table of short texts that expire,
 * and publish/subscribe channels. An empty text counts as none. The texts are valid until the call
 * returns. */
enum wzp_pool_verb {
    WZP_POOL_GET, /* reads the value of the key */
    /* writes value, but only where the present value is `expected` (compare and swap) */
    WZP_POOL_PUT,
    WZP_POOL_PUBLISH /* sends value to all subscribers of the channel `key` */
};
struct wzp_pool_request {
    enum wzp_pool_verb verb;
    uint64_t number;      /* identifies the answer; 0: no answer is wanted */
    const char *key;      /* or channel */
    const char *expected; /* PUT; NULL: the key has no value */
    const char *value;    /* PUT: NULL deletes the key. PUBLISH: ends with 0 */
    size_t length;        /* of value */
    unsigned seconds;     /* PUT: until it expires */
};

/* Counters of the bridge for browsers that runs beside the relay; all count since its start, except
 * `now`. */
struct wzp_relay_bridge_counts {
    uint64_t now, opened, refused;                       /* browsers */
    uint64_t frames_in, frames_out;                      /* frames of 20 ms from and to browsers */
    uint64_t over_rate, slow, malformed, tokens_refused; /* connections closed, by reason */
    /* refused because the web page's host is not in ws_origins */
    uint64_t foreign;
};
/* Functions of the host that the relay calls, always from inside the driver functions. */
struct wzp_relay_host {
    void *context;
    /* Asks for a token to be checked by the service at auth_url; the answer is
     * wzp_relay_auth_result with the same request number. NULL when no auth_url is set. */
    void (*authenticate)(void *context, uint64_t request, const char *token);
    /* Asks for the addresses of a peer relay given as host:port; the answer is wzp_relay_resolved
     * with the same request number. NULL: only literal addresses can be used. */
    void (*resolve)(void *context, uint64_t request, const char *name);
    /* One relay on several threads: the number of this object, and how many there are (0: one). All
     * have the same seed and configuration, and share one port. */
    unsigned thread, threads;
    /* Sends a letter (a message of up to WZP_RELAY_LETTER_MAX bytes) to another thread's
     * wzp_relay_take_letter, in order. False: the queue is full, and the letter was not taken. */
    bool (*post)(void *context, unsigned thread, const void *data, size_t length);
    /* Hands a packet over to another thread's wzp_relay_take_packet; it may be lost. */
    void (*pass)(void *context, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length);
    /* Sends a request to the directory at config.directory, in the order of the calls; the answer
     * is wzp_relay_pool_answer with the same number, later, not from inside. False: not possible
     * now, and nothing was sent. NULL: there is no directory. */
    bool (*pool)(void *context, const struct wzp_pool_request *request);
    /* Reads the counters of the bridge, for /metrics; NULL: there is no bridge. */
    void (*bridge)(void *context, struct wzp_relay_bridge_counts *out);
    void (*spare[2])(void); /* for what comes later; NULL */
};

struct wzp_relay;
/* New relay. seed = the relay's identity (secret, copied); local = the address that its socket is
 * bound to (from which the advertised address is derived); build = version text for answers to
 * `version` connections and for the field relay_build of messages. host may be NULL; it, random and
 * log are copied. WZP_E_MEMORY, WZP_E_CRYPTO with a sentence. */
int wzp_relay_new_sized(struct wzp_relay **out, const struct wzp_relay_config *config, size_t size,
                        const uint8_t seed[WZP_SEED_SIZE], const struct wzp_addr *local,
                        const char *build, const struct wzp_relay_host *host,
                        const struct wzp_random *random, const struct wzp_log *log, uint64_t now,
                        struct wzp_error *err);
static inline int wzp_relay_new(struct wzp_relay **out, const struct wzp_relay_config *config,
                                const uint8_t seed[WZP_SEED_SIZE], const struct wzp_addr *local,
                                const char *build, const struct wzp_relay_host *host,
                                const struct wzp_random *random, const struct wzp_log *log,
                                uint64_t now, struct wzp_error *err)
{
    return wzp_relay_new_sized(out, config, sizeof *config, seed, local, build, host, random, log,
                               now, err);
}
/* Frees the relay at once and tells no client; drain first to end politely. NULL is fine. */
void wzp_relay_free(struct wzp_relay *r);

/* ---- the four functions of a driver ---- */

/* A UDP payload arrived at local from remote, with the ECN bits of its IP header; data is only
 * read. There is no error: packets that are not for this relay are dropped. */
void wzp_relay_receive(struct wzp_relay *r, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now);
/* When wzp_relay_handle_expiry is to be called next, ns, or WZP_NEVER. It can change with every
 * call of another function. */
uint64_t wzp_relay_expiry(const struct wzp_relay *r);
/* To be called when that time has come; harmless earlier. */
void wzp_relay_handle_expiry(struct wzp_relay *r, uint64_t now);
/* The next packet to send, into the caller's buffer: 1, or 0 when there is none now. */
int wzp_relay_next_packet(struct wzp_relay *r, struct wzp_packet *out, uint64_t now);
/* These four functions as a struct wzp_driver, which loop/ and sim/ take; valid as long as r. */
void wzp_relay_driver(struct wzp_driver *out, struct wzp_relay *r);

/* Delivers a letter that another thread's object sent with post; data is only read. */
void wzp_relay_take_letter(struct wzp_relay *r, unsigned from, const void *data, size_t length,
                           uint64_t now);
/* Delivers a packet that another thread's object sent with pass; like wzp_relay_receive. */
void wzp_relay_take_packet(struct wzp_relay *r, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now);

/* The answer of the token service: the fingerprint that the token belongs to, NULL = refused. */
void wzp_relay_auth_result(struct wzp_relay *r, uint64_t request, const char *fingerprint,
                           uint64_t now);
/* The answer of the resolver: addresses with their ports; count 0: the name does not exist, or
 * cannot be resolved now. */
void wzp_relay_resolved(struct wzp_relay *r, uint64_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now);
/* The answer of the directory. result 0: GET: value is the present value, NULL: none; PUT: written;
 * PUBLISH: somebody received it. WZP_E_REFUSED: PUT: not written, value (NULL: none) is the present
 * one. WZP_E_NOT_FOUND: PUBLISH: there is no subscriber. Any other: the directory did not answer
 * this request. Values longer than 512 bytes may be cut. */
void wzp_relay_pool_answer(struct wzp_relay *r, uint64_t number, int result, const char *value,
                           size_t length, uint64_t now);
/* A text arrived on one of the channels that wzp_relay_pool_channel names; only read. */
void wzp_relay_pool_heard(struct wzp_relay *r, const char *text, size_t length, uint64_t now);
/* is_up: the directory can be asked from now on, and the channels are subscribed. Not is_up: it
 * cannot be reached any more, because of why (for the log; NULL: nothing to log). */
void wzp_relay_pool_state(struct wzp_relay *r, bool is_up, const char *why, uint64_t now);
/* Writes the name of channel i (0, 1) that the host has to subscribe to. out holds 64 bytes. False:
 * there are no more. */
bool wzp_relay_pool_channel(const struct wzp_relay *r, unsigned i, char *out);
struct wzp_relay_report;
/* The answer to one HTTP GET (/metrics /healthz /readyz /presence /presence/<fp> /peers /mesh
 * /route/<fp>), made in steps of well under half a millisecond, between which packets can be
 * handled. WZP_E_MEMORY. */
int wzp_relay_report_new(struct wzp_relay_report **out, struct wzp_relay *r, const char *path);
/* Makes one step; false when the report is complete (or memory ran out). */
bool wzp_relay_report_step(struct wzp_relay_report *report, uint64_t now);
/* Frees a complete report and returns its HTTP status code; *body is new text (wzp_free it), *type
 * static. Negative: WZP_E_MEMORY, and there is no body. */
int wzp_relay_report_take(struct wzp_relay_report *report, char **body, size_t *length,
                          const char **type);
/* Frees a report that is not needed any more; to be called before the relay is freed. NULL is
 * fine. */
void wzp_relay_report_free(struct wzp_relay_report *report);
/* All steps in one call, for callers that have no packets to handle in between. Results as
 * wzp_relay_report_take. */
int wzp_relay_http(struct wzp_relay *r, const char *path, char **body, size_t *length,
                   const char **type, uint64_t now);
/* Begins a graceful shutdown: new connections are refused, every connection is closed (code 0,
 * "shutdown"), active calls get a Hangup. Complete when wzp_relay_drained is true. */
void wzp_relay_drain(struct wzp_relay *r, uint64_t now);
/* True when all connections are closed. */
bool wzp_relay_drained(const struct wzp_relay *r);

/* SHA-256 of the certificate, which clients pin, for the lines that are logged at the start. text
 * holds WZP_TLS_FINGERPRINT_TEXT_MAX. */
void wzp_relay_tls_fingerprint(const struct wzp_relay *r, char *text);
/* The advertised address, which callers are told. text holds WZP_ADDR_TEXT_MAX. */
void wzp_relay_advertised(const struct wzp_relay *r, char *text);

/* Counters for benchmarks and tests. */
struct wzp_relay_counters {
    uint64_t frames_in, frames_out, bytes_out, frames_dropped, frames_malformed;
    uint64_t active_sessions, active_rooms, registered, calls;
};
/* A copy of them. size: of *out, see contrib/doc/abi.txt. */
void wzp_relay_counters_sized(const struct wzp_relay *r, struct wzp_relay_counters *out,
                              size_t size);
static inline void wzp_relay_counters(const struct wzp_relay *r, struct wzp_relay_counters *out)
{
    wzp_relay_counters_sized(r, out, sizeof *out);
}

#ifdef __cplusplus
}
#endif

#endif

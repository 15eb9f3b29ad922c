/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay as its drivers see it: configuration, the four calls, an HTTP answerer, and draining.
 * Sans-I/O: the real loop and the simulator drive the same object. Source: wzp-protocol(7),
 * Registration, Media handshake, Links. */
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

/* Another relay: one to dial (url), or one that may dial us. */
struct wzp_relay_peer {
    char url[WZP_RELAY_NAME_MAX];
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char label[WZP_RELAY_NAME_MAX];
    bool allow_unproven; /* ours: existing relays prove nothing; accept one from any address */
    uint64_t spare[4];   /* for what comes later; 0 */
};

#define WZP_RELAY_MEMBERS_MAX 64
#define WZP_RELAY_MEMBER_TEXT_MAX 64
/* Who may enter a room of this relay: a list, a password, or both; who is on the list needs no
 * password. */
struct wzp_relay_room_rule {
    char name[WZP_RELAY_NAME_MAX];
    char password[128];                                             /* secret; "" = none */
    char members[WZP_RELAY_MEMBERS_MAX][WZP_RELAY_MEMBER_TEXT_MAX]; /* fingerprints */
    size_t member_count;
    bool proven;       /* only clients that prove their key */
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* Everything a file or flag can say. Caller owned, no pointers. Defaults by
 * wzp_relay_config_default. */
struct wzp_relay_config {
    char listen_addr[WZP_RELAY_NAME_MAX];
    char remote_relay[WZP_RELAY_NAME_MAX];
    char advertised_addr[WZP_RELAY_NAME_MAX];
    char region[64];
    char auth_url[1024];
    char log_level[16];
    char static_dir[1024];
    char debug_tap[WZP_RELAY_NAME_MAX];
    unsigned max_sessions;     /* room members, 100 */
    unsigned max_signals;      /* registered connections, ours: 10000 */
    unsigned max_per_address;  /* connections from one IP, ours: 256; 0 = no limit */
    unsigned ring_seconds;     /* ours: 60 */
    unsigned grace_seconds;    /* ours: re-registration before active calls end, 15 */
    unsigned coalesce_us;      /* ours: longest wait for company of frames to one receiver, 1000 */
    unsigned threads;          /* ours: threads that share the work, 1 */
    unsigned sender_packets;   /* ours: frames per second one member may send, 250; 0 = no limit */
    unsigned sender_kbit;      /* ours: kbit/s one member may send, 512; 0 = no limit */
    bool require_signed;       /* ours: refuse plain registrations */
    int metrics_port, ws_port; /* -1 off, 0 any free; ws_port: HTTP and WebSocket for browsers */
    char metrics_host[64];     /* ours: address of /metrics, "127.0.0.1" */
    bool metrics_compat;       /* ours: also the series per member of the existing relay */
    bool probe_mesh, trunking_enabled;
    char probe_targets[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX];
    size_t probe_target_count;
    struct wzp_relay_peer peers[WZP_RELAY_LIST_MAX], trusted[WZP_RELAY_LIST_MAX];
    size_t peer_count, trusted_count;
    char global_rooms[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX];
    size_t global_room_count;
    struct wzp_relay_room_rule rooms[WZP_RELAY_LIST_MAX]; /* ours */
    size_t room_count;
    char directory[512];     /* ours: "" or "memory", or where relays of one name share theirs */
    char ws_host[64];        /* ours: address of ws_port, "0.0.0.0" */
    unsigned ws_visitors;    /* ours: browsers in all, 64 */
    unsigned ws_per_address; /* ours: and from one address, 8 */
    char ws_origins[WZP_RELAY_LIST_MAX][WZP_RELAY_NAME_MAX]; /* ours: hosts whose pages may */
    size_t ws_origin_count;
};
/* Fills in what a relay does without a file. size: of the struct, see contrib/doc/abi.txt. */
void wzp_relay_config_default_sized(struct wzp_relay_config *c, size_t size);
/* The same with the size of the struct that the caller was compiled with; so all such pairs. */
static inline void wzp_relay_config_default(struct wzp_relay_config *c)
{
    wzp_relay_config_default_sized(c, sizeof *c);
}
/* Reads a TOML file's text into c. Unknown keys and keys without effect are told through warn (may
 * be NULL), with line and nearest known name; wrong types or values are errors with line. A file
 * written for the existing relay works. */
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
/* Commented example text as the existing relay writes for a missing file; static. */
const char *wzp_relay_config_example(void);
/* Row of the key table, for help, man page and their test. NULL past the end. no_effect: what to
 * tell who sets it here or by a flag, NULL when the key works. */
struct wzp_relay_config_key {
    const char *name, *type, *standard, *text, *no_effect;
};
/* Row i, static; NULL past the end. */
const struct wzp_relay_config_key *wzp_relay_config_key(size_t i);

/* A question to the directory that relays behind one name share: a table of short texts that
 * expire, and channels. An empty text is as none. The texts live until the call returns. */
enum wzp_pool_verb {
    WZP_POOL_GET,    /* what stands under the key? */
    WZP_POOL_PUT,    /* writes value, but only over what is expected there */
    WZP_POOL_PUBLISH /* tells value to all who listen to the channel `key` */
};
struct wzp_pool_request {
    enum wzp_pool_verb verb;
    uint64_t number;      /* of the answer; 0: none is wanted */
    const char *key;      /* or channel */
    const char *expected; /* PUT; NULL: nothing stands there */
    const char *value;    /* PUT: NULL takes away. PUBLISH: ends with 0 */
    size_t length;        /* of value */
    unsigned seconds;     /* PUT: until it expires */
};

/* Of a bridge for browsers beside the relay, all since its start but `now`. */
struct wzp_relay_bridge_counts {
    uint64_t now, opened, refused;                       /* browsers */
    uint64_t frames_in, frames_out;                      /* of 20 ms, from and to them */
    uint64_t over_rate, slow, malformed, tokens_refused; /* why they were closed */
    uint64_t foreign;                                    /* for pages of others */
};
/* What the relay asks of its host. Calls come from inside the driver calls. */
struct wzp_relay_host {
    void *context;
    /* A token must be checked by the service at auth_url; answer with
     * wzp_relay_auth_result(request). NULL when no auth_url is set. */
    void (*authenticate)(void *context, uint64_t request, const char *token);
    /* The addresses of a peer given as host:port are wanted; answer with
     * wzp_relay_resolved(request). NULL: only literal addresses are dialled. */
    void (*resolve)(void *context, uint64_t request, const char *name);
    /* One relay on several threads: this object's number, and how many there are (0: one). All have
     * the same seed and configuration, and share one port. */
    unsigned thread, threads;
    /* Takes a letter (up to WZP_RELAY_LETTER_MAX bytes) to another thread's wzp_relay_take_letter,
     * in order. False: the way is full, it was not taken. */
    bool (*post)(void *context, unsigned thread, const void *data, size_t length);
    /* Takes a packet to another thread's wzp_relay_take_packet, or loses it. */
    void (*pass)(void *context, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length);
    /* Asks the directory at config.directory, in the order of the calls; answer later, not from
     * inside, with wzp_relay_pool_answer(number). False: not now, and nothing was asked. NULL:
     * there is none. */
    bool (*pool)(void *context, const struct wzp_pool_request *request);
    /* What the bridge counted, for /metrics; NULL: there is none. */
    void (*bridge)(void *context, struct wzp_relay_bridge_counts *out);
    void (*spare[2])(void); /* for what comes later; NULL */
};

struct wzp_relay;
/* New relay. seed = the relay's identity (secret, copied); local = the address its socket is bound
 * to (for the advertised address); build = version text for `version` and relay_build. host may be
 * NULL; it, random and log are copied. WZP_E_MEMORY, WZP_E_CRYPTO with a sentence. */
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
/* Without a word to anybody; NULL is fine. */
void wzp_relay_free(struct wzp_relay *r);

/* ---- the four calls ---- */

/* A UDP payload came from remote to local, with the ECN bits of its IP header; data is only read.
 * Nothing is refused: what is not for us is dropped. */
void wzp_relay_receive(struct wzp_relay *r, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now);
/* When wzp_relay_handle_expiry wants to be called next, ns; WZP_NEVER. Changes with every call. */
uint64_t wzp_relay_expiry(const struct wzp_relay *r);
/* That time has come; harmless earlier. */
void wzp_relay_handle_expiry(struct wzp_relay *r, uint64_t now);
/* The next packet to send, into the caller's buffer: 1, or 0 when there is none now. */
int wzp_relay_next_packet(struct wzp_relay *r, struct wzp_packet *out, uint64_t now);
/* The same four as loop/ and sim/ take them; valid as long as r. */
void wzp_relay_driver(struct wzp_driver *out, struct wzp_relay *r);

/* A letter that another thread's object posted; data is only read. */
void wzp_relay_take_letter(struct wzp_relay *r, unsigned from, const void *data, size_t length,
                           uint64_t now);
/* A packet that another thread's object passed: as wzp_relay_receive. */
void wzp_relay_take_packet(struct wzp_relay *r, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now);

/* Answer of the token service: fingerprint NULL = refused. */
void wzp_relay_auth_result(struct wzp_relay *r, uint64_t request, const char *fingerprint,
                           uint64_t now);
/* Answer of the resolver: addresses with their ports; none: there is no such name, or not now. */
void wzp_relay_resolved(struct wzp_relay *r, uint64_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now);
/* The directory answered. result 0: GET: value is what stands there, NULL: nothing; PUT: done;
 * PUBLISH: somebody heard it. WZP_E_REFUSED: PUT: not done, value (NULL: nothing) stands there.
 * WZP_E_NOT_FOUND: PUBLISH: nobody listens. Any other: it did not answer that. Values longer than
 * 512 bytes may be cut. */
void wzp_relay_pool_answer(struct wzp_relay *r, uint64_t number, int result, const char *value,
                           size_t length, uint64_t now);
/* A text came on one of the channels that wzp_relay_pool_channel names; only read. */
void wzp_relay_pool_heard(struct wzp_relay *r, const char *text, size_t length, uint64_t now);
/* The directory can be asked now, and the channels are listened to; or no longer, because of why
 * (for the log; NULL: no matter). */
void wzp_relay_pool_state(struct wzp_relay *r, bool is_up, const char *why, uint64_t now);
/* Channel number i (0, 1) to be listened to. out holds 64. False: there are no more. */
bool wzp_relay_pool_channel(const struct wzp_relay *r, unsigned i, char *out);
struct wzp_relay_report;
/* The answer to one HTTP GET (/metrics /healthz /readyz /presence /presence/<fp> /peers /mesh
 * /route/<fp>), made in steps of well under half a millisecond with room for packets between them.
 * WZP_E_MEMORY. */
int wzp_relay_report_new(struct wzp_relay_report **out, struct wzp_relay *r, const char *path);
/* Writes some more; false when that was all (or memory ran out). */
bool wzp_relay_report_step(struct wzp_relay_report *report, uint64_t now);
/* Ends a finished report: returns the status code; *body is new text (wzp_free it), *type static.
 * Negative: WZP_E_MEMORY, and there is no body. */
int wzp_relay_report_take(struct wzp_relay_report *report, char **body, size_t *length,
                          const char **type);
/* Gives one up; before the relay is freed. NULL is fine. */
void wzp_relay_report_free(struct wzp_relay_report *report);
/* All steps at once, for whoever has nothing else to do. Results as _take. */
int wzp_relay_http(struct wzp_relay *r, const char *path, char **body, size_t *length,
                   const char **type, uint64_t now);
/* Graceful end: no newcomers, everybody gets a close (code 0, "shutdown"), active calls a Hangup.
 * Done when wzp_relay_drained. */
void wzp_relay_drain(struct wzp_relay *r, uint64_t now);
/* True when everybody has left. */
bool wzp_relay_drained(const struct wzp_relay *r);

/* For the start-up lines: SHA-256 of the certificate, which clients pin. text holds
 * WZP_TLS_FINGERPRINT_TEXT_MAX. */
void wzp_relay_tls_fingerprint(const struct wzp_relay *r, char *text);
/* The address told to callers. text holds WZP_ADDR_TEXT_MAX. */
void wzp_relay_advertised(const struct wzp_relay *r, char *text);

/* Counters the benchmarks and tests read. */
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

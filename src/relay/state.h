/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the relay's modules share: the relay, one client connection, and the few things that every
 * module does with them (send, close, log). A client is reached through function pointers (struct
 * wzp_relay_link), so that tests and fuzzers can act as clients without QUIC. Source:
 * wzp-protocol(7), Names, Relay rules. */
#ifndef WZP_RELAY_STATE_H
#define WZP_RELAY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat/stun_server.h"
#include "relay/access.h"
#include "relay/calls.h"
#include "relay/directory.h"
#include "relay/event_log.h"
#include "relay/tap.h"
#include "relay/federation.h"
#include "relay/interest.h"
#include "relay/metrics.h"
#include "relay/neighbour.h"
#include "relay/order.h"
#include "relay/pool.h"
#include "relay/presence.h"
#include "relay/prober.h"
#include "relay/room.h"
#include "relay/seats.h"
#include "relay/share.h"
#include "relay/threads.h"
#include "relay/timer.h"
#include "relay/upstream.h"
#include "wire/close.h"
#include "wzp/relay.h"

#define WZP_RELAY_ALIAS_MAX 64         /* bytes, after control characters were replaced */
#define WZP_RELAY_HELD_MAX (16 * 1024) /* longest message kept while a token is checked */
#define WZP_RELAY_FIRST_TIME (10 * WZP_SECOND)
#define WZP_RELAY_AUTH_TIME (10 * WZP_SECOND)
#define WZP_RELAY_TOKENS_ASKED 4                   /* requests pending at the token service */
#define WZP_RELAY_TOKENS_WAITING 256               /* clients queued for a check, in all ... */
#define WZP_RELAY_TOKENS_PER_ADDRESS 8             /* ... and from one address */
#define WZP_RELAY_ASK_TIME (2 * WZP_SECOND)        /* silent so long after a Ping: dead ... */
#define WZP_RELAY_ASK_STEP (250 * WZP_MILLISECOND) /* ... checked this often */
#define WZP_RELAY_WATCH_STEP WZP_SECOND /* both parties of a call are checked this often */
#define WZP_RELAY_LINGER_TIME (100 * WZP_MILLISECOND)
#define WZP_RELAY_GUEST_TIME (60 * WZP_SECOND) /* a NAT probe is done in seconds */
#define WZP_RELAY_PROBES_MAX 512               /* health checks of others at a time */
#define WZP_RELAY_DRAIN_TIME (2 * WZP_SECOND)
#define WZP_RELAY_QUESTION_TIME (2 * WZP_SECOND) /* for the directory's answer */
#define WZP_RELAY_SIGNAL_RATE 20                 /* messages per second and connection, after ... */
#define WZP_RELAY_SIGNAL_BURST 60                /* ... this many at once */
#define WZP_RELAY_SIGNAL_EXCESS 400 /* messages over the rate before the connection is closed */
#define WZP_RELAY_LINK_TIMES 50     /* a link may send so many times what a client may */
#define WZP_RELAY_LINK_OFFERS 200   /* call offers at once over one link */
#define WZP_RELAY_LINK_PART 4       /* calls from one link may ring up to 1/PART of all */
#define WZP_RELAY_LINK_BYTES (2 * 1024 * 1024) /* message bytes per second on one link, after ... */
#define WZP_RELAY_LINK_BYTES_BURST (16 * 1024 * 1024) /* ... so many at once */
#define WZP_RELAY_PARTY_RATE 10  /* messages per second one side of a call sends the other ... */
#define WZP_RELAY_PARTY_BURST 20 /* ... after so many at once */
#define WZP_RELAY_INBOX_RATE 50  /* messages per second that all others may send one person ... */
#define WZP_RELAY_INBOX_BURST 32 /* ... after so many at once; calls that ring at once: half */
#define WZP_RELAY_EARLY_MAX 4    /* candidates one side may send before the answer */
#define WZP_RELAY_OFFER_RATE 4   /* calls one connection may begin per second ... */
#define WZP_RELAY_OFFER_BURST 20 /* ... after so many at once */
#define WZP_RELAY_ASK_AFTER (6 * WZP_SECOND)    /* of silence: a Ping is sent to the party */
#define WZP_RELAY_SILENCE_TIME (8 * WZP_SECOND) /* a party silent so long is shown as missing */
#define WZP_RELAY_RING_SILENCE (9 * WZP_SECOND) /* a ringing callee silent so long is dead ... */
#define WZP_RELAY_RING_STEADY (10 * WZP_SECOND) /* ... if no pause was long in this time before */
#define WZP_RELAY_GONE_TIME (22 * WZP_SECOND)   /* a call ends after such silence of a party */
#define WZP_RELAY_QUIET_TIME (4 * WZP_SECOND)   /* nothing sent to a party: maybe direct */
#define WZP_RELAY_LEFT_TIME (10 * WZP_SECOND)   /* out of the room at an existing relay */
#define WZP_RELAY_LOG_RATE 20  /* lines per second that peers can cause, after ... */
#define WZP_RELAY_LOG_BURST 50 /* ... this many at once */

/* The state of a connection; the dispatcher's table says which messages it accepts in each. */
enum wzp_relay_stage {
    WZP_RELAY_STAGE_TOKEN,      /* waiting for AuthToken */
    WZP_RELAY_STAGE_CHECKING,   /* the token service was asked; one message is kept */
    WZP_RELAY_STAGE_REGISTER,   /* waiting for RegisterPresence */
    WZP_RELAY_STAGE_ASKING,     /* registering: an older registration, or the pool, is asked */
    WZP_RELAY_STAGE_OFFER,      /* waiting for CallOffer */
    WZP_RELAY_STAGE_PLACING,    /* the first thread was asked whether it may enter its room */
    WZP_RELAY_STAGE_ANONYMOUS,  /* a NAT probe: Reflect and Ping only */
    WZP_RELAY_STAGE_REGISTERED, /* receives and places calls */
    WZP_RELAY_STAGE_DISPLACED,  /* a newer registration of the same person took over */
    WZP_RELAY_STAGE_MEMBER,     /* in a room */
    WZP_RELAY_STAGE_PROBE,      /* another relay's health check */
    WZP_RELAY_STAGE_PROBING,    /* our health check of another relay */
    WZP_RELAY_STAGE_QUERY,      /* our query connection to an existing relay */
    WZP_RELAY_STAGE_UPSTREAM,   /* a member's connection to the remote relay */
    WZP_RELAY_STAGE_DIALLING,   /* being dialled: another relay */
    WZP_RELAY_STAGE_HELLO,      /* another relay that has not identified itself yet */
    WZP_RELAY_STAGE_LINK,       /* another relay */
    WZP_RELAY_STAGE_CLOSING,    /* no further message is read */
    WZP_RELAY_STAGE_COUNT
};

/* How a client is reached. send: results of wzp_quic_conn_send_signal. */
struct wzp_relay_link {
    int (*send)(void *at, const char *text, size_t length, uint64_t now);
    void (*close)(void *at, uint64_t code, const char *reason, bool flush, uint64_t now);
    void (*path)(const void *at, struct wzp_addr *local, struct wzp_addr *remote);
    int (*export_key)(const void *at, uint8_t out[32], const char *label);
    /* Packets received from the client so far. It is alive if this grows. */
    uint64_t (*heard)(const void *at);
    /* As wzp_quic_conn_steady. */
    uint64_t (*steady)(const void *at);
};

/* To QUIC connections. */
extern const struct wzp_relay_link wzp_relay_quic_link;

/* A connection for any purpose: `purpose` says what for, `stage` says how far it is. Fields of
 * other purposes stay zero. */
struct wzp_relay_client {
    struct wzp_relay_client *next, *previous; /* all clients */
    const struct wzp_relay_link *link;
    void *at;
    struct wzp_quic_conn *conn; /* for datagrams; NULL for a test's stand-in */
    enum wzp_relay_stage stage;
    enum wzp_purpose purpose;
    char sni[WZP_SNI_MAX + 1];
    uint64_t since;
    struct wzp_relay_timer timer;
    struct wzp_bucket signals;
    unsigned excess; /* messages over the rate */

    /* identity */
    struct wzp_relay_name name;
    char alias[WZP_RELAY_ALIAS_MAX + 1]; /* "" = none */
    enum wzp_registration_class standing;
    bool by_token; /* name came from the token service */
    bool bound;    /* CallOffer carried a valid binding */
    bool hidden;   /* does not want to be seen by people who watch */

    /* while another party is asked about it: stages CHECKING, ASKING, PLACING */
    uint64_t request;
    char *token; /* queued for its check, owned */
    struct wzp_relay_client *next_token;
    uint64_t asked_at, heard_before;      /* stage ASKING: start, and packets of the older one */
    struct wzp_relay_pool_wait *claim;    /* likewise: the request to the pool */
    struct wzp_relay_client *next_asking; /* stage PLACING */
    char *held;                           /* message received meanwhile, owned */
    size_t held_length;

    /* of a registered person */
    struct wzp_relay_seat seat;
    struct wzp_relay_presence_entry *entry; /* also of a member of a room */
    struct wzp_relay_client *older;         /* earlier registration of the same person */
    struct wzp_bucket inbox;                /* limits messages of others to this person */
    struct wzp_bucket offers;               /* limits calls that this person begins */
    struct wzp_relay_asking *asking;        /* offers whose callee is being located */
    unsigned asking_count;
    struct wzp_relay_interests interests;
    uint64_t pool_number; /* of its registration, for the pool */
    uint64_t moved_to;    /* the pool relay that now has its person; 0: none */

    /* of a member of a room */
    struct wzp_relay_member member;
    struct wzp_relay_origin origin;    /* at the time it took a place */
    uint32_t version;                  /* of the media header it announced; 1: none announced */
    uint64_t visit, visit_heard;       /* its visit (visit.h), and the packets reported so far */
    struct wzp_relay_client *upstream; /* its connection to the remote relay */

    /* connections to another relay */
    struct wzp_relay_neighbour *neighbour; /* of a link */
    unsigned hellos;                       /* read on this connection */
    bool is_dialled;
    struct wzp_relay_neighbour *questioned; /* the neighbour that it queries */
    struct wzp_relay_prober *prober;        /* that it belongs to */
    struct wzp_relay_client *downstream;    /* the member that it belongs to */
    bool is_let_in;                         /* the remote relay admitted the member */
};

/* A pending request to the token service. */
struct wzp_relay_asked {
    uint64_t request; /* 0: free */
    uint64_t at;
};

struct wzp_relay {
    struct wzp_relay_config config;
    struct wzp_relay_load load;
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    struct wzp_addr local;
    struct wzp_relay_host host;
    struct wzp_random random;
    struct wzp_log log;
    char build[64];
    struct wzp_quic_endpoint *endpoint;
    struct wzp_stun_server stun; /* answers clients that ask for their reflexive address */

    struct wzp_relay_client *clients;
    size_t client_count, signal_count, probe_count; /* all, on `_signal`, on `_probe` */
    struct wzp_relay_timers timers;
    struct wzp_relay_presence presence;
    struct wzp_relay_seats seats;
    struct wzp_relay_watched watched;
    struct wzp_relay_calls calls;
    struct wzp_relay_directory directory;
    struct wzp_relay_pool pool;
    struct wzp_relay_neighbours neighbours;
    struct wzp_relay_probers probers;
    struct wzp_relay_federation federation;
    struct wzp_relay_threads threads;
    struct wzp_relay_visits visits;
    struct wzp_relay_event_log events;
    struct wzp_relay_tap tap;
    struct wzp_relay_bans bans;
    struct wzp_relay_access access;
    struct wzp_map rooms; /* name -> struct wzp_relay_room */
    size_t members;

    struct wzp_addr remote; /* the remote relay of forward mode; none: off */
    size_t upstreams;       /* connections to it */
    struct wzp_addr probe_ip[WZP_RELAY_LIST_MAX];
    struct wzp_relay_meter_limits limits; /* apply to every member */
    struct wzp_relay_shares places;       /* places in rooms, by address */
    struct {
        struct wzp_relay_asked asked[WZP_RELAY_TOKENS_ASKED];
        struct wzp_relay_client *first, *last; /* queued for their check */
        size_t waiting;
    } tokens;

    struct wzp_relay_timer drain;
    bool draining, drained;
    uint64_t next_request, next_session;
    struct wzp_bucket log_bucket;
    uint64_t log_suppressed;
    struct wzp_relay_totals total;
};

/* A new connection with that server name (as in the ClientHello, lower-cased); conn NULL for a
 * stand-in. Begins what its purpose requires. NULL without memory (the caller closes the
 * connection); a refused client is returned in stage CLOSING. */
struct wzp_relay_client *wzp_relay_client_new(struct wzp_relay *r,
                                              const struct wzp_relay_link *link, void *at,
                                              struct wzp_quic_conn *conn, const char *sni,
                                              uint64_t now);
/* Dials another relay; the new client is in stage DIALLING. A failure is reported by
 * wzp_relay_client_gone. Errors of wzp_quic_connect: nothing was sent, *out is NULL. */
int wzp_relay_client_dial(struct wzp_relay_client **out, struct wzp_relay *r,
                          const struct wzp_addr *to, const char *sni, uint64_t now);
/* The connection is gone: all its state is undone and the client is freed. */
void wzp_relay_client_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Closes with code 0 and a reason, after what is queued was sent; nothing is read from it any
 * more. Idempotent. */
void wzp_relay_client_close(struct wzp_relay *r, struct wzp_relay_client *client,
                            const char *reason, uint64_t now);
/* The same for a client that does not respond: queued data is discarded. */
void wzp_relay_client_cut(struct wzp_relay *r, struct wzp_relay_client *client, const char *reason,
                          uint64_t now);
/* Closes with another code. */
void wzp_relay_client_close_with(struct wzp_relay *r, struct wzp_relay_client *client,
                                 enum wzp_close_code code, const char *reason, uint64_t now);
/* Queues one message text. A client whose queue is full is closed ("slow reader"), so that nobody
 * waits for it. */
void wzp_relay_client_send_text(struct wzp_relay *r, struct wzp_relay_client *client,
                                const char *text, size_t length, uint64_t now);
/* Writes the message and queues it. WZP_E_MEMORY: nothing was sent. */
int wzp_relay_client_send(struct wzp_relay *r, struct wzp_relay_client *client,
                          const struct wzp_signal *signal, uint64_t now);
/* Stores an alias received from outside: at most WZP_RELAY_ALIAS_MAX bytes, cut at a character.
 * NULL = none. */
void wzp_relay_client_alias(struct wzp_relay_client *client, const char *alias);

/* Logs a line caused by a peer, at a limited rate, so that nobody can fill the log. */
void wzp_relay_log(struct wzp_relay *r, uint64_t now, enum wzp_log_level level, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
/* "who (address)" of a client for a log line; out holds WZP_RELAY_WHO_MAX. Returns out. */
#define WZP_RELAY_WHO_MAX 192
const char *wzp_relay_who(char *out, const struct wzp_relay_client *client);
/* True when the debug tap should log this room (wzp-protocol(7), Rooms). */
bool wzp_relay_tapped(const struct wzp_relay *r, const char *room);
/* Address for CallSetup.relay_addr of this client (wzp-protocol(7), A direct call); out holds
 * WZP_ADDR_TEXT_MAX. */
void wzp_relay_address_for(const struct wzp_relay *r, const struct wzp_relay_client *client,
                           char *out);

#endif

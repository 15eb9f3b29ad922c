/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Neighbours: the other relays that the configuration names, and the links to them. A neighbour is
 * identified by the SHA-256 of its certificate. We dial it, it dials us, or both. All its
 * connections form one logical link, which is up while any of them is. We read from both
 * connections and write to one. Trust: a relay that we dial must present the configured
 * certificate. A relay that dials us proves that it owns the certificate that it claims; an
 * existing relay, which sends no proof, may only claim a neighbour's certificate from that
 * neighbour's own address. "Ours" are relays of our own kind, "existing" ones run another program
 * (federation.h). Source: wzp-protocol(7), Links, Rooms of several relays. */
#ifndef WZP_RELAY_NEIGHBOUR_H
#define WZP_RELAY_NEIGHBOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "crypto/certificate.h"
#include "relay/presence.h"
#include "relay/timer.h"
#include "wzp/relay.h"

#define WZP_RELAY_HELLO_TIME (5 * WZP_SECOND)
#define WZP_RELAY_HELLOS_MAX 4 /* read on one connection before it is proven */
/* The delay of the first dial after a loss is FIRST. It doubles with each failure up to QUICK, or
 * up to REFUSED if the relay answers but no link comes up. When the time of failure divided by PART
 * is longer than that, it is the upper bound instead, but never more than MAX. */
#define WZP_RELAY_RETRY_FIRST (200 * WZP_MILLISECOND)
#define WZP_RELAY_RETRY_QUICK WZP_SECOND
#define WZP_RELAY_RETRY_REFUSED (4 * WZP_SECOND)
#define WZP_RELAY_RETRY_PART 8
#define WZP_RELAY_RETRY_MAX (300 * WZP_SECOND)
#define WZP_RELAY_DIAL_TIME (2 * WZP_SECOND)    /* a dial is given up after this, for ... */
#define WZP_RELAY_DIAL_MINUTE (60 * WZP_SECOND) /* ... so long; then QUIC's own limit applies */
#define WZP_RELAY_STEADY_TIME (10 * WZP_SECOND) /* a link that lasted so long resets the failures */
#define WZP_RELAY_LINK_STEP (500 * WZP_MILLISECOND) /* a link is checked this often; ... */
#define WZP_RELAY_LINK_SILENCE (4 * WZP_SECOND)     /* ... silent for four keep-alives: dead */
/* At this time after our start an existing relay has closed any connection of our previous run, and
 * has forgotten the newer connection with it (dial.c). */
#define WZP_RELAY_STRAY_TIME (36 * WZP_SECOND)
#define WZP_RELAY_STRAY_WAIT (500 * WZP_MILLISECOND) /* after a reset ended the old connection */
#define WZP_RELAY_RENEWALS_MAX 3
#define WZP_RELAY_RESOLVED_MAX 4 /* addresses of one name that are tried */
#define WZP_RELAY_REFUSED_MAX 16 /* refused relays that are remembered for the log */
#define WZP_RELAY_REFUSED_TIME (600 * WZP_SECOND) /* ... which mentions each of them this often */
#define WZP_RELAY_LIFE_TIME (10 * WZP_SECOND)     /* between Hellos to an existing relay */
/* The capability that relays of our own kind announce: frames with their origin, answers to offers,
 * hop counts. */
#define WZP_RELAY_CAPABILITY "wzp-federation-1"

struct wzp_relay;
struct wzp_relay_client;
enum { WZP_RELAY_DIALLED, WZP_RELAY_ACCEPTED };

struct wzp_relay_neighbour {
    size_t index;
    uint8_t sha256[32];
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX]; /* lower-case, with colons */
    char label[WZP_RELAY_NAME_MAX];
    const char *url;     /* to dial; NULL: we do not dial. In the configuration. */
    bool allow_unproven; /* from any address, without a proof */
    bool dials_first;    /* if there are two connections, both ends write to the one we dialled */
    struct wzp_addr addresses[WZP_RELAY_RESOLVED_MAX]; /* of url */
    unsigned address_count, address_next;
    uint64_t resolving; /* number of the pending request, 0: none */

    struct wzp_relay_client *links[2];
    bool is_up;
    bool is_ours;    /* proven, and speaks WZP_RELAY_CAPABILITY */
    char region[64]; /* as it announced */
    uint64_t up_since, failing_since;
    unsigned failures;
    bool answered;     /* the last dial completed its handshake */
    uint64_t instance; /* drawn by that relay at its start; another one: it restarted; 0: unknown */
    struct wzp_relay_timer retry;
    bool told_pin, told_down; /* already logged, until it changes */

    /* For an existing relay: may its answers about who is registered there be trusted
     * (old_query.c)? */
    enum {
        WZP_RELAY_WORD_UNKNOWN,
        WZP_RELAY_WORD_TRUE,
        WZP_RELAY_WORD_DOUBTFUL,
    } word;
    struct wzp_relay_client *trial, *query; /* connections that test it, and that ask it */
    bool is_tried;                          /* the test registration was sent */
    unsigned questions;                     /* not answered yet */
    struct wzp_relay_timer try;

    struct wzp_relay_timer renew;
    unsigned renewals; /* done or scheduled */

    struct wzp_relay_name *people; /* registered there, as it reported */
    size_t people_count;
    struct wzp_relay_timer watch;   /* while the link is up */
    uint64_t heard[2], heard_at[2]; /* packets received on each, and when that grew */
    struct wzp_relay_timer tell;    /* armed: the list of who is registered here is to be sent */
    struct wzp_bucket bytes;        /* limits its messages */
    struct wzp_bucket named;        /* limits entries in its lists of rooms */
    struct wzp_bucket lists;        /* limits its lists of who is registered there */
    struct wzp_bucket offers;       /* limits its offers, and hangups without a call id */
    size_t ringing;                 /* calls from there that are not answered yet */
    struct wzp_bucket out;          /* limits messages that clients here send over it */
    uint64_t frames_in, frames_out;
};

struct wzp_relay_neighbours {
    struct wzp_relay_neighbour *items;
    size_t count;
    uint64_t instance, since; /* of this run of the relay */
    struct {
        struct wzp_addr address;
        uint64_t told_at;
        uint64_t count;
    } refused[WZP_RELAY_REFUSED_MAX];
};

/* Reads the configuration; dialling begins at `now`. WZP_E_MEMORY. */
int wzp_relay_neighbours_init(struct wzp_relay *r, uint64_t now);
void wzp_relay_neighbours_fini(struct wzp_relay *r);
/* The connection to write to, NULL when the link is down. */
struct wzp_relay_client *wzp_relay_neighbour_link(const struct wzp_relay_neighbour *neighbour);
/* By the first bytes of its fingerprint; NULL. */
struct wzp_relay_neighbour *wzp_relay_neighbour_by_home(const struct wzp_relay *r,
                                                        const uint8_t home[8]);
struct wzp_relay_neighbour *wzp_relay_neighbour_find(const struct wzp_relay *r,
                                                     const uint8_t sha256[32]);
/* Round trip to it, ns; 0 when the link is down. */
uint64_t wzp_relay_neighbour_rtt(const struct wzp_relay_neighbour *neighbour);
/* Queues a message; false when the link is down or memory lacks. */
bool wzp_relay_neighbour_send(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                              const struct wzp_signal *signal, uint64_t now);

/* Relays that a client may try instead of this one, as "label|address": first those with a link
 * that is up, by ascending round trip, then the others of [[peers]]. */
struct wzp_relay_available {
    char texts[WZP_RELAY_LIST_MAX][2 * WZP_RELAY_NAME_MAX];
    char *items[WZP_RELAY_LIST_MAX];
    size_t count;
};
void wzp_relay_neighbours_list(const struct wzp_relay *r, struct wzp_relay_available *out);
/* Sends the Hello with the proof for this connection. Sent again on a link it is a sign of life: an
 * existing relay forgets our people after 15 s without one. */
void wzp_relay_neighbour_hello(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Closes a connection that cannot become a link, and logs it at a limited rate. */
void wzp_relay_link_refuse(struct wzp_relay *r, struct wzp_relay_client *client, const char *why,
                           const char *claim, uint64_t now);
/* Checks whether the link is alive. */
void wzp_relay_neighbour_watch(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* The connection leads to the neighbour, which has identified itself: the link is up. */
void wzp_relay_link_attach(struct wzp_relay *r, struct wzp_relay_client *client,
                           struct wzp_relay_neighbour *neighbour, uint64_t now);
/* The relay on `link` has restarted: its other connections are cut, and all that it reported before
 * is forgotten. */
void wzp_relay_neighbour_restarted(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                                   const struct wzp_relay_client *link, uint64_t now);
/* Schedules the next dial, if the neighbour has a url. */
void wzp_relay_neighbour_redial(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                                uint64_t now);
/* The retry timer expired: dials. */
void wzp_relay_neighbour_retry(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* A packet of a connection that belonged to a previous run of this relay came from there. */
void wzp_relay_neighbour_stray(struct wzp_relay *r, const struct wzp_addr *remote, uint64_t now);
/* Dials again, because the neighbour may send nothing on the present link (dial.c). */
void wzp_relay_neighbour_renew(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* Closes a connection that carries nothing any more, without waiting for queued data. side:
 * WZP_RELAY_DIALLED or WZP_RELAY_ACCEPTED. */
void wzp_relay_neighbour_cut(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                             size_t side, const char *why, uint64_t now);
/* Our dial completed its handshake, so that the certificate is known. */
void wzp_relay_link_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* A connection to or from another relay is gone, whether it became a link or not. */
void wzp_relay_link_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif

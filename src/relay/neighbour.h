/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Other relays: who they are, the links to them, and who may be one. A neighbour is one relay of
 * the configuration, known by the SHA-256 of its certificate. We dial it, it dials us, or both:
 * that is one logical link, which is up while any of its connections is; both are read, one is
 * written to. Trust: what we dial must show the configured certificate; who dials us proves that it
 * owns the one it claims, or, being of the existing kind, claims a configured one from that entry's
 * own address. Source: wzp-protocol(7), Links, Rooms of several relays. */
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
#define WZP_RELAY_HELLOS_MAX 4 /* that are read of one connection, until one is proven */
/* Until the first dial after a loss, then doubling to QUICK, or to REFUSED where somebody answers,
 * or to that part of the time that it failed already, if that is longer, and at most to MAX. */
#define WZP_RELAY_RETRY_FIRST (200 * WZP_MILLISECOND)
#define WZP_RELAY_RETRY_QUICK WZP_SECOND
#define WZP_RELAY_RETRY_REFUSED (4 * WZP_SECOND)
#define WZP_RELAY_RETRY_PART 8
#define WZP_RELAY_RETRY_MAX (300 * WZP_SECOND)
#define WZP_RELAY_DIAL_TIME (2 * WZP_SECOND)        /* a dial is given up after this, for ... */
#define WZP_RELAY_DIAL_MINUTE (60 * WZP_SECOND)     /* ... so long; then it has QUIC's own time */
#define WZP_RELAY_STEADY_TIME (10 * WZP_SECOND)     /* a link that lasted so long was no failure */
#define WZP_RELAY_LINK_STEP (500 * WZP_MILLISECOND) /* a link is looked at this often; ... */
#define WZP_RELAY_LINK_SILENCE (4 * WZP_SECOND) /* ... four keep-alives and nothing came: dead */
/* So late after our start an existing relay has ended any older connection of ours, and forgotten
 * the newer one with it (dial.c). */
#define WZP_RELAY_STRAY_TIME (36 * WZP_SECOND)
#define WZP_RELAY_STRAY_WAIT (500 * WZP_MILLISECOND) /* after it was told by a reset */
#define WZP_RELAY_RENEWALS_MAX 3
#define WZP_RELAY_RESOLVED_MAX 4 /* addresses of one name that are tried */
#define WZP_RELAY_REFUSED_MAX 16 /* refused relays that are remembered for the log */
#define WZP_RELAY_REFUSED_TIME (600 * WZP_SECOND) /* ... which names each of them this often */
#define WZP_RELAY_LIFE_TIME (10 * WZP_SECOND)     /* between signs of life to an existing relay */
/* What our relays say they can: frames with their origin, answers about offers, hop counts. */
#define WZP_RELAY_CAPABILITY "wzp-federation-1"

struct wzp_relay;
struct wzp_relay_client;
enum { WZP_RELAY_DIALLED, WZP_RELAY_ACCEPTED };

struct wzp_relay_neighbour {
    size_t index;
    uint8_t sha256[32];
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX]; /* lower-case, with colons */
    char label[WZP_RELAY_NAME_MAX];
    const char *url;     /* to dial; NULL: it dials us. In the configuration. */
    bool allow_unproven; /* from any address */
    bool dials_first;    /* of two connections, both ends write to the one that we dialled */
    struct wzp_addr addresses[WZP_RELAY_RESOLVED_MAX]; /* of url */
    unsigned address_count, address_next;
    uint64_t resolving; /* request under way, 0: none */

    struct wzp_relay_client *links[2];
    bool is_up;
    bool is_ours;    /* proven, and speaks WZP_RELAY_CAPABILITY */
    char region[64]; /* it told */
    uint64_t up_since, failing_since;
    unsigned failures;
    bool answered;     /* the last dial got through */
    uint64_t instance; /* it told: another one is another life of that relay; 0: not told */
    struct wzp_relay_timer retry;
    bool told_pin, told_down; /* in the log, until it changes */

    /* Of the existing kind: is it true what it says of whom it has (old_query.c)? */
    enum {
        WZP_RELAY_WORD_UNKNOWN,
        WZP_RELAY_WORD_TRUE,
        WZP_RELAY_WORD_DOUBTFUL,
    } word;
    struct wzp_relay_client *trial, *query; /* connections by which it is tried, and asked */
    bool is_tried;                          /* it has what it is tried with */
    unsigned questions;                     /* that it has not answered */
    struct wzp_relay_timer try;

    struct wzp_relay_timer renew;
    unsigned renewals; /* that were or are to be */

    struct wzp_relay_name *people; /* registered there, as it told */
    size_t people_count;
    struct wzp_relay_timer watch;   /* while the link is up */
    uint64_t heard[2], heard_at[2]; /* packets that came by each, and when that last grew */
    struct wzp_relay_timer tell;    /* armed: who is registered here is to be told */
    struct wzp_bucket bytes;        /* of its messages */
    struct wzp_bucket named;        /* people in its lists of rooms */
    struct wzp_bucket lists;        /* of who is registered there */
    struct wzp_bucket offers;       /* that come from it, and hangups that say of no call */
    size_t ringing;                 /* calls from there that nobody answered yet */
    struct wzp_bucket out;          /* what people here may send over it */
    uint64_t frames_in, frames_out;
};

struct wzp_relay_neighbours {
    struct wzp_relay_neighbour *items;
    size_t count;
    uint64_t instance, since; /* of our own life */
    struct {
        struct wzp_addr address;
        uint64_t told_at;
        uint64_t count;
    } refused[WZP_RELAY_REFUSED_MAX];
};

/* From the configuration; dialling begins at now. WZP_E_MEMORY. */
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

/* Relays that a client may try instead of this one, as "label|address": those whose link is up come
 * first, the nearest before all, then the others of [[peers]]. */
struct wzp_relay_available {
    char texts[WZP_RELAY_LIST_MAX][2 * WZP_RELAY_NAME_MAX];
    char *items[WZP_RELAY_LIST_MAX];
    size_t count;
};
void wzp_relay_neighbours_list(const struct wzp_relay *r, struct wzp_relay_available *out);
/* Says who we are, with the proof that belongs to this connection. Said again on a link it is a
 * sign of life: an existing relay forgets people after 15 s without any. */
void wzp_relay_neighbour_hello(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Closes a connection that is no link, and says so in the log, but not each time. */
void wzp_relay_link_refuse(struct wzp_relay *r, struct wzp_relay_client *client, const char *why,
                           const char *claim, uint64_t now);
/* Time to look whether the link is alive. */
void wzp_relay_neighbour_watch(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* That connection leads to it and has said so: the link is up. */
void wzp_relay_link_attach(struct wzp_relay *r, struct wzp_relay_client *client,
                           struct wzp_relay_neighbour *neighbour, uint64_t now);
/* It is another life of that relay that speaks on `link`: the others are cut, and all that it told
 * before is forgotten. */
void wzp_relay_neighbour_restarted(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                                   const struct wzp_relay_client *link, uint64_t now);
/* Dials it after a while, if it is one to dial. */
void wzp_relay_neighbour_redial(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                                uint64_t now);
/* Time to dial (again). */
void wzp_relay_neighbour_retry(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* A packet of a connection that an earlier life of ours had came from there. */
void wzp_relay_neighbour_stray(struct wzp_relay *r, const struct wzp_addr *remote, uint64_t now);
/* Time to dial it anew, because its link may be one by which it sends nothing. */
void wzp_relay_neighbour_renew(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                               uint64_t now);
/* Parts with a connection that leads nowhere: its last words need not arrive. side:
 * WZP_RELAY_DIALLED or WZP_RELAY_ACCEPTED. */
void wzp_relay_neighbour_cut(struct wzp_relay *r, struct wzp_relay_neighbour *neighbour,
                             size_t side, const char *why, uint64_t now);
/* Our dial is through: certificate known. */
void wzp_relay_link_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* A connection to or from another relay is gone (or was one that never became a link). */
void wzp_relay_link_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);

#endif

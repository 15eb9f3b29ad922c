/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Registry of direct calls on this relay: the two parties, the state, and the timers that end calls
 * that would otherwise remain for ever. It sends nothing; direct.c does. Source: wzp-protocol(7), A
 * direct call. */
#ifndef WZP_RELAY_CALLS_H
#define WZP_RELAY_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bucket.h"
#include "base/map.h"
#include "crypto/handshake.h"
#include "relay/route.h"
#include "relay/timer.h"
#include "relay/visit.h"
#include "wire/name.h"
#include "wire/signal.h"

#define WZP_RELAY_CALLS_PER_PERSON 8 /* calls that one person has begun or answered and not ended */
#define WZP_RELAY_RINGING_MAX 16     /* calls that ring at one person at once */
#define WZP_RELAY_ADDRESSES_MAX 32   /* local addresses kept of an offer */
#define WZP_RELAY_NAMED_MAX 16       /* existing relays listed as asked */

enum wzp_relay_call_state { WZP_RELAY_CALL_PENDING, WZP_RELAY_CALL_ACTIVE };
enum { WZP_RELAY_CALLER, WZP_RELAY_CALLEE };

/* Addresses as opaque texts (wzp-protocol(7), A direct call), owned. */
struct wzp_relay_addresses {
    char *reflexive, *mapped;
    char *seen; /* the reflexive one, if its relay confirms it (vouch.h); NULL */
    struct wzp_string_list locals;
};
/* Copies the addresses; locals beyond WZP_RELAY_ADDRESSES_MAX are left out. WZP_E_MEMORY (out is
 * then empty). */
int wzp_relay_addresses_copy(struct wzp_relay_addresses *out,
                             const struct wzp_relay_addresses *from);
void wzp_relay_addresses_fini(struct wzp_relay_addresses *addresses);

struct wzp_relay_call;
struct wzp_relay_party {
    struct wzp_relay_call *call;
    struct wzp_relay_party *next, *previous; /* the same person's other calls */
    struct wzp_relay_route route;            /* whoever proves less is not this party */
    struct wzp_relay_timer grace;
    bool absent;                /* signal connection lost, may come back */
    struct wzp_bucket messages; /* limits what it may send to the other side */
    unsigned early;             /* candidates it sent before the answer */
    /* Liveness: packets received on all its connections, and when that last grew. */
    uint64_t heard, heard_at;
    uint64_t sent_at; /* at an existing relay: when the other side last sent there */
    bool was_asked;   /* it was silent, and a Ping was sent to it */
    bool had_media;   /* it was in the call's room */
    struct wzp_relay_visit visit;
};

struct wzp_relay_call {
    char id[WZP_CALL_ID_MAX + 1];
    enum wzp_relay_call_state state;
    struct wzp_relay_party party[2];
    struct wzp_relay_addresses caller; /* of the offer, until the answer */
    struct wzp_relay_timer ring;       /* until the answer */
    struct wzp_relay_timer watch;      /* from then on, and while it rings here */
    struct wzp_relay_timer asked;      /* for other relays to report that it rings */
    char meet[WZP_ADDR_TEXT_MAX];      /* the relay that carries the media; "": this one */
    /* For a call from an existing relay: when that relay has surely stored the call; the callee's
     * message held until then (owned, or NULL), and whether it ends the call (early.c). */
    uint64_t known_at;
    char *early;
    bool early_ends;
    struct wzp_relay_timer early_timer;
    unsigned looks;                  /* checks so far while the call is active */
    enum wzp_hangup_reason foretold; /* of a refusal that follows; NORMAL: none announced */
    unsigned hops;                   /* relays that its offer may still pass */
    /* Existing relays that were asked, by this relay or by relays before it: the first bytes of
     * their fingerprints. */
    uint8_t named[WZP_RELAY_NAMED_MAX][8];
    size_t named_count;
    size_t *ringing; /* counter of ringing calls that includes this one; NULL */
    char *offer;     /* for other relays, if the first lacks the callee; owned, or NULL */
};

struct wzp_relay_calls {
    struct wzp_map by_id;     /* id -> call */
    struct wzp_map by_person; /* key -> first struct wzp_relay_party of that person */
    struct wzp_relay_timers *timers;
};

/* Initialises an empty registry of at most limit calls. timers stay the caller's and must outlive
 * it. */
void wzp_relay_calls_init(struct wzp_relay_calls *calls, size_t limit,
                          struct wzp_relay_timers *timers, const struct wzp_random *random);
/* Frees all calls without notifying anybody; their timers are not disarmed. */
void wzp_relay_calls_fini(struct wzp_relay_calls *calls);
/* A new pending call; its ring timer runs. WZP_E_DUPLICATE (the id is taken), WZP_E_LIMIT (one
 * of the two has too many calls, or all together), WZP_E_MEMORY, WZP_E_ARGUMENT (bad id, or
 * both are the same person). */
int wzp_relay_calls_add(struct wzp_relay_call **out, struct wzp_relay_calls *calls, const char *id,
                        const struct wzp_relay_route *caller, const struct wzp_relay_route *callee,
                        uint64_t now);
/* NULL when there is none. */
struct wzp_relay_call *wzp_relay_calls_get(const struct wzp_relay_calls *calls, const char *id);
/* Counts the call in *counter while it rings. The counter must outlive the call. */
void wzp_relay_calls_rings(struct wzp_relay_call *call, size_t *counter);
/* Pending becomes active: ringing stops, addresses are forgotten, both sides are watched. */
void wzp_relay_calls_activate(struct wzp_relay_calls *calls, struct wzp_relay_call *call,
                              uint64_t now);
/* Removes and frees the call. */
void wzp_relay_calls_remove(struct wzp_relay_calls *calls, struct wzp_relay_call *call);
/* First call of a person; the others by ->next. NULL without any. */
struct wzp_relay_party *wzp_relay_calls_of(const struct wzp_relay_calls *calls,
                                           const struct wzp_relay_name *name);
/* The party of the call that this person is, if `standing` is at least that of the party. NULL when
 * the person is no party. */
struct wzp_relay_party *wzp_relay_call_party(struct wzp_relay_call *call,
                                             const struct wzp_relay_name *name,
                                             enum wzp_registration_class standing);
/* The other side. */
struct wzp_relay_party *wzp_relay_party_peer(struct wzp_relay_party *party);
/* The person's signal connection is gone: the grace time begins. */
void wzp_relay_party_lose(struct wzp_relay_calls *calls, struct wzp_relay_party *party,
                          uint64_t now);
/* The party is present again. */
void wzp_relay_party_back(struct wzp_relay_calls *calls, struct wzp_relay_party *party);
/* The person registered (again) with this standing: their parties are present again, where the
 * standing suffices. */
void wzp_relay_calls_return(struct wzp_relay_calls *calls, const struct wzp_relay_name *name,
                            enum wzp_registration_class standing);

#endif

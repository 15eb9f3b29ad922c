/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms and calls over links to other relays.
 *
 * Words used here: a neighbour is another relay that the configuration names (neighbour.h). A relay
 * of our own kind runs this program and has said so (WZP_RELAY_CAPABILITY). An existing relay is a
 * neighbour that runs another program of the network; it knows none of our extensions. A guest is a
 * member of the room at another relay. A home or origin is the relay where a guest, or a frame,
 * comes from.
 *
 * Global rooms: each neighbour receives the list of members that it does not know of itself:
 * members at this relay, and guests that other neighbours reported. The list is sent again only
 * when it changed. Between relays of our own kind each entry carries its home relay and the hop
 * count to it. A relay's report about its own members takes precedence over reports by others. No
 * relay is told what it reported itself, and no entry travels further than WZP_RELAY_HOPS_MAX. So
 * lists do not circulate, and nobody who left stays listed in a mesh.
 *
 * A media datagram on a link is a room tag and the frame. Between relays of our own kind it also
 * carries the origin relay, so that sender numbers of different relays do not collide. Each frame
 * is delivered once, even if it arrives by several links.
 *
 * Direct calls: the far side of a call is a route (route.h). An offer goes to the neighbour that
 * reported the callee as registered there, else to all neighbours; those of our own kind answer
 * whether they have the callee. Source: wzp-protocol(7), Rooms of several relays, Calls between
 * relays. */
#ifndef WZP_RELAY_FEDERATION_H
#define WZP_RELAY_FEDERATION_H

#include "base/map.h"
#include "relay/neighbour.h"
#include "relay/route.h"
#include "wire/media.h"
#include "wire/name.h"

#define WZP_RELAY_HOPS_MAX 4     /* relays between two people, and between a caller and a callee */
#define WZP_RELAY_GUESTS_MAX 256 /* guests of one room that one neighbour may report */
#define WZP_RELAY_NAMED_RATE 20000   /* room list entries read per second, after ... */
#define WZP_RELAY_NAMED_BURST 100000 /* ... so many at once */
#define WZP_RELAY_LISTS_RATE 2   /* presence lists read from a neighbour per second, after ... */
#define WZP_RELAY_LISTS_BURST 10 /* ... so many at once */
#define WZP_RELAY_TOLD_RATE 5    /* lists of one room sent to a neighbour per second, after ... */
#define WZP_RELAY_TOLD_BURST 10  /* ... so many at once */
#define WZP_RELAY_TELL_AGAIN (50 * WZP_MILLISECOND) /* until a list held back is tried again */
#define WZP_RELAY_SEEN_SLOTS 16384                  /* frames remembered to detect duplicates ... */
#define WZP_RELAY_SEEN_TIME (2 * WZP_SECOND)        /* ... for so long */
#define WZP_RELAY_NUMBERS_MAX 64 /* speakers at other relays that get a number in one room */
#define WZP_RELAY_GHOSTS_MAX 16  /* members who left a room that are remembered ... */
#define WZP_RELAY_GHOST_TIME (5 * WZP_SECOND) /* ... for so long (ghost.c) */
#define WZP_RELAY_LINKED_MAX 4
#define WZP_RELAY_LINKED_TIME (2 * WZP_SECOND)  /* links between others are assumed so long */
#define WZP_RELAY_NUMBER_TIME (30 * WZP_SECOND) /* a speaker's number is kept so long */
#define WZP_RELAY_SPEAKER_RATE 100 /* frames per second and speaker that a neighbour may send */
#define WZP_RELAY_LINK_RATE 100    /* call messages per second sent over one link ... */
#define WZP_RELAY_LINK_BURST 16    /* ... after so many offers at once, or twice as many others */
#define WZP_RELAY_SPEAKERS_MIN 5   /* speakers allowed in any case: 500/s, as existing relays */
#define WZP_RELAY_SPEAKERS_MAX 40  /* and at most, however many its list names */
#define WZP_RELAY_TICK (10 * WZP_MILLISECOND) /* list changes of this period are sent together */
#define WZP_RELAY_TELL_TIME WZP_SECOND        /* likewise changes of who is registered here */
#define WZP_RELAY_ASKED_TIME (1500 * WZP_MILLISECOND) /* for neighbours to report ringing */
#define WZP_RELAY_KNOWN_TIME (100 * WZP_MILLISECOND)  /* for it to store a call it offers */
#define WZP_RELAY_ORIGIN_SIZE 4 /* bytes of a relay's fingerprint in a frame */
#define WZP_RELAY_HOMES_MAX 16  /* relays whose path is tracked (spare.c) */
#define WZP_RELAY_CANARY 50     /* one in so many spared frames is sent all the same */
#define WZP_RELAY_PROPER_TIME (300 * WZP_MILLISECOND) /* without a frame: path in doubt */

struct wzp_relay_room;
struct wzp_relay_call;
struct wzp_relay_party;

/* Sets of neighbours, one bit per neighbour (route.h). */
static inline bool wzp_relay_is_marked(const uint64_t set[2], const struct wzp_relay_neighbour *n)
{
    return (set[n->index / 64] >> n->index % 64 & 1) != 0;
}
static inline void wzp_relay_mark(uint64_t set[2], const struct wzp_relay_neighbour *n)
{
    set[n->index / 64] |= UINT64_C(1) << n->index % 64;
}
static inline void wzp_relay_unmark(uint64_t set[2], const struct wzp_relay_neighbour *n)
{
    set[n->index / 64] &= ~(UINT64_C(1) << n->index % 64);
}

/* A member of the room at another relay, as a neighbour reported. */
struct wzp_relay_guest {
    char fingerprint[WZP_RELAY_KEY_MAX + 1];
    char alias[65];
    char label[65];  /* of the home relay; "" = the reporting neighbour */
    uint8_t home[8]; /* first bytes of the home relay's fingerprint; all 0: unknown */
    uint8_t hops;    /* 1: the home is the reporting neighbour */
    bool proven;
    struct wzp_relay_neighbour *by;
};

/* The state of one room with respect to one neighbour. */
struct wzp_relay_remote {
    struct wzp_relay_guest *guests; /* owned */
    size_t count;
    bool is_active;     /* it has members there, so it gets the room's frames */
    bool told_active;   /* the last message it got says that the room has members here */
    uint64_t told_hash; /* of the list it was last sent */
    struct wzp_bucket frames;
    struct wzp_bucket told;                                    /* limits the lists sent to it */
    uint8_t homes[WZP_RELAY_HOMES_MAX][WZP_RELAY_ORIGIN_SIZE]; /* of its guests (spare.c) */
    size_t home_count;
    unsigned spared;
    uint64_t frames_in; /* received from it */
    /* Existing relays that are linked directly with this one, also an existing relay (carry.c). */
    struct {
        const struct wzp_relay_neighbour *with;
        uint64_t at;
    } linked[WZP_RELAY_LINKED_MAX];
};

/* The number in this room of a speaker at another relay (carry.c). */
struct wzp_relay_number {
    uint8_t origin[WZP_RELAY_ORIGIN_SIZE];
    uint8_t theirs, ours;                 /* ours 0: free */
    const struct wzp_relay_neighbour *by; /* the link its last frame came by */
    bool is_mark; /* `theirs` is a mark (carry.c), and the origin is unknown */
    uint64_t at;
};

/* The neighbour by which frames of one origin relay should arrive (spare.c). */
struct wzp_relay_proper {
    const struct wzp_relay_neighbour *by;     /* NULL: free */
    const struct wzp_relay_neighbour *helper; /* delivers them while `by` does not */
    uint64_t at;                              /* when the last one came from `by` */
    uint8_t origin[WZP_RELAY_ORIGIN_SIZE];
};

/* A member who left (ghost.c). */
struct wzp_relay_ghost {
    char fingerprint[WZP_RELAY_KEY_MAX + 1];
    uint64_t at; /* 0: free */
};

struct wzp_relay_global {
    struct wzp_relay_global *next;
    char name[WZP_SNI_MAX + 1]; /* canonical */
    char alias[33];             /* the hashed name that browsers use; "" for rooms of calls */
    uint8_t tag[8], origin_tag[8];
    bool is_call, is_dirty;
    struct wzp_relay_room *room; /* members at this relay; NULL: none */
    struct wzp_map best;         /* fingerprint -> the guest entry that is used */
    struct wzp_relay_ghost ghosts[WZP_RELAY_GHOSTS_MAX];
    struct wzp_relay_number numbers[WZP_RELAY_NUMBERS_MAX];
    struct wzp_relay_proper proper[WZP_RELAY_HOMES_MAX];
    struct wzp_relay_remote remotes[]; /* by index of the neighbour */
};

struct wzp_relay_federation {
    struct wzp_relay_global *first;
    struct wzp_map by_name; /* also under the alias */
    struct wzp_map by_tag;  /* both tags */
    struct wzp_map learnt;  /* person -> neighbour that reported them as registered there */
    struct wzp_relay_timer tick;
    struct wzp_relay_seen *seen; /* owned; NULL before the first link */
    uint64_t seen_key[2];
    struct wzp_random random;
};

/* Makes the global rooms of the configuration. WZP_E_MEMORY. */
int wzp_relay_federation_init(struct wzp_relay *r);
void wzp_relay_federation_fini(struct wzp_relay *r);
/* The link came up (or turned out to lead to a relay of our own kind), or went down. */
void wzp_relay_federation_up(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
void wzp_relay_federation_down(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);

/* ---- rooms: global.c ---- */
/* The global room of that name (plain or hashed). A room of a call that leads to another relay is
 * made if it does not exist. NULL for a room of this relay alone. */
struct wzp_relay_global *wzp_relay_global_find(struct wzp_relay *r, const char *name);
/* True when this neighbour may receive the room's list and frames, and send some. */
bool wzp_relay_global_allows(const struct wzp_relay *r, const struct wzp_relay_global *global,
                             const struct wzp_relay_neighbour *n);
/* Fills `best`: of several guest entries of one person the one with the fewest hops is used. */
void wzp_relay_global_choose(struct wzp_relay *r, struct wzp_relay_global *global);
/* The members at this relay changed: schedules new lists to the neighbours. */
void wzp_relay_global_changed(struct wzp_relay *r, struct wzp_relay_global *global, uint64_t now);
/* The call with that id is over. */
void wzp_relay_global_call_ended(struct wzp_relay *r, const char *id, uint64_t now);
/* Is that person in the room at this relay? */
bool wzp_relay_global_is_here(const struct wzp_relay_global *global, const char *fingerprint);
/* The call whose room has this name; NULL. */
struct wzp_relay_call *wzp_relay_global_call(const struct wzp_relay *r, const char *name);
/* Frees the global room; the local room of that name remains, without being global. */
void wzp_relay_global_free(struct wzp_relay *r, struct wzp_relay_global *global);
/* Sends all changed lists to the neighbours: global_tell.c. */
void wzp_relay_federation_tick(struct wzp_relay *r, uint64_t now);
/* Fills in the guests who are not also members here, at most `most` of them. The texts belong to
 * the room. Returns how many. */
size_t wzp_relay_global_guests(const struct wzp_relay_global *global, struct wzp_participant *out,
                               size_t most);
/* The number of rooms in which some neighbour has members. */
size_t wzp_relay_global_active(const struct wzp_relay *r);

/* ---- media: carry.c ---- */
/* ---- people who left: ghost.c ---- */
/* This person left the room here, or at the relay that reported them as its own member. `best` is
 * filled again. */
void wzp_relay_ghost_left(struct wzp_relay *r, struct wzp_relay_global *global,
                          const char *fingerprint, uint64_t now);
/* The same for every member who is in one list of a neighbour and not in its next list. */
void wzp_relay_ghost_compare(struct wzp_relay *r, struct wzp_relay_global *global,
                             const struct wzp_relay_guest *before, size_t before_count,
                             const struct wzp_relay_guest *after, size_t after_count, uint64_t now);
/* Removes from a new list the entries of unknown home about members who just left (ghost.c).
 * Returns how many entries remain. */
size_t wzp_relay_ghost_filter(const struct wzp_relay_global *global, struct wzp_relay_guest *guests,
                              size_t count, uint64_t now);

/* Allocates the table that detects duplicate frames, if there is none: WZP_E_MEMORY. */
int wzp_relay_carry_start(struct wzp_relay *r);
/* A frame of a member here, with its sender number: sent to all relays with members in the room. */
void wzp_relay_carry_out(struct wzp_relay *r, struct wzp_relay_global *global, const uint8_t *frame,
                         size_t length, uint64_t now);
/* A datagram received on a link. */
void wzp_relay_carry_in(struct wzp_relay *r, struct wzp_relay_client *link, const uint8_t *data,
                        size_t length, uint64_t now);

/* ---- one path per frame: spare.c ---- */
/* The neighbour's list of guests changed: notes the home relays in it. */
void wzp_relay_spare_told(struct wzp_relay_remote *remote);
/* True when a frame of this origin need not be sent to that neighbour: it gets it by another
 * path. */
bool wzp_relay_spare(struct wzp_relay_remote *remote, const uint8_t *origin);
/* `best` changed: chooses the proper path of each origin relay anew. */
void wzp_relay_spare_choose(struct wzp_relay_global *global, uint64_t now);
/* A frame of that origin arrived; again: it is a duplicate. */
void wzp_relay_spare_came(struct wzp_relay *r, struct wzp_relay_global *global,
                          const struct wzp_relay_neighbour *from, const uint8_t *origin, bool again,
                          uint64_t now);
/* True when this neighbour delivers frames of that home relay in place of the proper path. It must
 * not be told of guests there, or it would stop sending their frames. */
bool wzp_relay_spare_helps(const struct wzp_relay_global *global,
                           const struct wzp_relay_neighbour *n, const uint8_t *home);

/* ---- calls: forward.c, forward_take.c ---- */
/* Sends a message of this relay in its envelope (FederatedSignalForward) to one neighbour. False:
 * it was not sent. */
bool wzp_relay_envelope_signal(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *signal, uint64_t now);
/* Ends a call at an existing relay by messages that it passes on to its client. The caller
 * (is_caller) or the callee of the call is at that relay. The Hangup itself follows (old_end.c). */
void wzp_relay_old_hang_up(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                           const struct wzp_relay_route *route, const struct wzp_signal *hangup,
                           bool is_caller, uint64_t now);
/* True for the neighbour that the route leads to. While the callee is not found yet: true for the
 * neighbours that were asked and have not said no. */
bool wzp_relay_federation_leads_to(const struct wzp_relay_route *route,
                                   const struct wzp_relay_neighbour *n);
extern const struct wzp_relay_way wzp_relay_way_federation;
/* A route to somebody who is not registered here: to the neighbour that reported them, else to all
 * neighbours. False when no link is up. */
bool wzp_relay_federation_route(struct wzp_relay *r, struct wzp_relay_route *route,
                                const struct wzp_relay_name *name);
/* The existing relay where this party is, or NULL. */
const struct wzp_relay_neighbour *wzp_relay_party_old(const struct wzp_relay_party *party);
/* True when one of the two parties is at a neighbour, so that the call's room is shared with it. */
bool wzp_relay_call_leads_away(const struct wzp_relay_call *call);
/* The existing relays of these names were asked about the callee by relays before this one. This
 * relay does not ask them again, and passes the names on to relays of our own kind. */
void wzp_relay_federation_asked_before(struct wzp_relay *r, struct wzp_relay_call *call,
                                       const struct wzp_string_list *names);
/* That neighbour says whether the callee of calls not yet answered is there. response: a
 * RouteResponse. */
void wzp_relay_federation_said(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *response, bool is_there, uint64_t now);
/* No neighbour reported in time that the call rings. */
void wzp_relay_federation_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* ---- who is registered where: whereabouts.c ---- */
/* Who is registered here changed: schedules the list to neighbours of our own kind. */
void wzp_relay_federation_people(struct wzp_relay *r, uint64_t now);
/* Sends that list to one neighbour; an existing relay gets a sign of life instead. */
void wzp_relay_federation_tell(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* Updates the calls that lead over a link that came up or went down. */
void wzp_relay_federation_calls(struct wzp_relay *r, struct wzp_relay_neighbour *n, bool is_up,
                                uint64_t now);
/* Forgets what a neighbour reported about who is registered there. */
void wzp_relay_federation_unlearn(struct wzp_relay *r, struct wzp_relay_neighbour *n);

#endif

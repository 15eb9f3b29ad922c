/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms and calls over links to other relays.
 *
 * Global rooms: every neighbour is told who is in them, which is those here and those that other
 * neighbours told of, and is told again only when its list changed. Between our own relays each
 * person comes with the relay they are at and how many hops away that is: what a relay says of its
 * own people beats what others say of them, nobody is told what they told, and nothing travels
 * further than WZP_RELAY_HOPS_MAX, so that no list goes round in circles and nobody stays in a mesh
 * after having left.
 *
 * Media travel as a tag and the frame; between our own relays with the relay they began at, so that
 * their sender numbers do not collide. Each frame arrives once, whatever ways it took.
 *
 * Direct calls: the far side is a route. An offer goes to where its callee was heard of, else to
 * all neighbours, whose own kind answer whether they have them. Source: wzp-protocol(7), Rooms of
 * several relays, Calls between relays. */
#ifndef WZP_RELAY_FEDERATION_H
#define WZP_RELAY_FEDERATION_H

#include "base/map.h"
#include "relay/neighbour.h"
#include "relay/route.h"
#include "wire/media.h"
#include "wire/name.h"

#define WZP_RELAY_HOPS_MAX 4     /* relays between two people, and between a caller and a callee */
#define WZP_RELAY_GUESTS_MAX 256 /* people of one room that one neighbour may tell of */
#define WZP_RELAY_NAMED_RATE 20000   /* people in its lists that are read, a second, after ... */
#define WZP_RELAY_NAMED_BURST 100000 /* ... so many at once */
#define WZP_RELAY_LISTS_RATE 2       /* lists of who is registered there, a second, after ... */
#define WZP_RELAY_LISTS_BURST 10     /* ... so many at once */
#define WZP_RELAY_TOLD_RATE 5        /* times a second that a neighbour is told of a room ... */
#define WZP_RELAY_TOLD_BURST 10      /* ... after so many at once */
#define WZP_RELAY_TELL_AGAIN (50 * WZP_MILLISECOND) /* until what was put off is tried again */
#define WZP_RELAY_SEEN_SLOTS 16384                  /* frames that are remembered ... */
#define WZP_RELAY_SEEN_TIME (2 * WZP_SECOND)        /* ... for so long */
#define WZP_RELAY_NUMBERS_MAX 64 /* speakers of other relays that are told apart in a room */
#define WZP_RELAY_GHOSTS_MAX 16  /* people who left a room that are remembered ... */
#define WZP_RELAY_GHOST_TIME (5 * WZP_SECOND) /* ... for so long (ghost.c) */
#define WZP_RELAY_LINKED_MAX 4
#define WZP_RELAY_LINKED_TIME (2 * WZP_SECOND)  /* after the last frame that came by both */
#define WZP_RELAY_NUMBER_TIME (30 * WZP_SECOND) /* after their last frame */
#define WZP_RELAY_SPEAKER_RATE 100 /* frames per second and person that a neighbour may send */
#define WZP_RELAY_LINK_RATE 100    /* messages per second that people send over a link ... */
#define WZP_RELAY_LINK_BURST 16    /* ... after so many offers at once, or twice as much else */
#define WZP_RELAY_SPEAKERS_MIN 5   /* it may do so for as many in any case: 500, as the existing */
#define WZP_RELAY_SPEAKERS_MAX 40  /* and for no more in one room, whoever is said to be there */
#define WZP_RELAY_TICK (10 * WZP_MILLISECOND)         /* changes of lists are told together */
#define WZP_RELAY_TELL_TIME WZP_SECOND                /* who is registered here is told together */
#define WZP_RELAY_ASKED_TIME (1500 * WZP_MILLISECOND) /* for neighbours to say whether it rings */
#define WZP_RELAY_KNOWN_TIME (100 * WZP_MILLISECOND) /* until an existing one has noted its offer */
#define WZP_RELAY_ORIGIN_SIZE 4                      /* of a relay's fingerprint, in a frame */
#define WZP_RELAY_HOMES_MAX 16 /* relays whose frames are known to take another way */
#define WZP_RELAY_CANARY 50    /* one of so many frames is passed on all the same */
#define WZP_RELAY_PROPER_TIME (300 * WZP_MILLISECOND) /* without a frame a way is in doubt */

struct wzp_relay_room;
struct wzp_relay_call;
struct wzp_relay_party;

/* Sets of neighbours, a bit for each (route.h). */
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

/* Somebody in a room at another relay, as a neighbour told. */
struct wzp_relay_guest {
    char fingerprint[WZP_RELAY_KEY_MAX + 1];
    char alias[65];
    char label[65];  /* of the relay they are at; "" = the neighbour's own */
    uint8_t home[8]; /* first bytes of that relay's fingerprint, all 0: not told */
    uint8_t hops;    /* 1: at the neighbour itself */
    bool proven;
    struct wzp_relay_neighbour *by;
};

/* One room and one neighbour. */
struct wzp_relay_remote {
    struct wzp_relay_guest *guests; /* owned */
    size_t count;
    bool is_active;     /* it has people there, so it gets the room's frames */
    bool told_active;   /* it was told that we have */
    uint64_t told_hash; /* of the list it was told */
    struct wzp_bucket frames;
    struct wzp_bucket told;                                    /* lists to it */
    uint8_t homes[WZP_RELAY_HOMES_MAX][WZP_RELAY_ORIGIN_SIZE]; /* of its guests (spare.c) */
    size_t home_count;
    unsigned spared;
    uint64_t frames_in; /* that came from it */
    /* Existing relays with which this one, of their kind, has a way of its own (carry.c). */
    struct {
        const struct wzp_relay_neighbour *with;
        uint64_t at;
    } linked[WZP_RELAY_LINKED_MAX];
};

/* A speaker at another relay (carry.c). */
struct wzp_relay_number {
    uint8_t origin[WZP_RELAY_ORIGIN_SIZE];
    uint8_t theirs, ours;                 /* ours 0: free */
    const struct wzp_relay_neighbour *by; /* who brought its last frame */
    bool is_mark;                         /* theirs is one; origin is not known */
    uint64_t at;
};

/* By whom frames of one relay come (spare.c). */
struct wzp_relay_proper {
    const struct wzp_relay_neighbour *by;     /* NULL: free */
    const struct wzp_relay_neighbour *helper; /* who passes them on while `by` does not */
    uint64_t at;                              /* when `by` brought the last one */
    uint8_t origin[WZP_RELAY_ORIGIN_SIZE];
};

/* Somebody who left (ghost.c). */
struct wzp_relay_ghost {
    char fingerprint[WZP_RELAY_KEY_MAX + 1];
    uint64_t at; /* 0: free */
};

struct wzp_relay_global {
    struct wzp_relay_global *next;
    char name[WZP_SNI_MAX + 1]; /* canonical */
    char alias[33];             /* how browsers call it, "" for calls */
    uint8_t tag[8], origin_tag[8];
    bool is_call, is_dirty;
    struct wzp_relay_room *room; /* here, NULL: nobody is */
    struct wzp_map best;         /* fingerprint -> the guest that counts */
    struct wzp_relay_ghost ghosts[WZP_RELAY_GHOSTS_MAX];
    struct wzp_relay_number numbers[WZP_RELAY_NUMBERS_MAX];
    struct wzp_relay_proper proper[WZP_RELAY_HOMES_MAX];
    struct wzp_relay_remote remotes[]; /* by neighbour */
};

struct wzp_relay_federation {
    struct wzp_relay_global *first;
    struct wzp_map by_name; /* also under the alias */
    struct wzp_map by_tag;  /* both tags */
    struct wzp_map learnt;  /* person -> neighbour that told it has them */
    struct wzp_relay_timer tick;
    struct wzp_relay_seen *seen; /* owned; NULL before the first link */
    uint64_t seen_key[2];
    struct wzp_random random;
};

/* Rooms of the configuration. WZP_E_MEMORY. */
int wzp_relay_federation_init(struct wzp_relay *r);
void wzp_relay_federation_fini(struct wzp_relay *r);
/* The link came up (or turned out to be to one of ours), or went down. */
void wzp_relay_federation_up(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
void wzp_relay_federation_down(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);

/* ---- rooms: global.c ---- */
/* The global room of that name (either form), made for a call that leads to another relay; NULL for
 * a room of this relay alone. */
struct wzp_relay_global *wzp_relay_global_find(struct wzp_relay *r, const char *name);
/* True when this neighbour may hear of the room and speak in it. */
bool wzp_relay_global_allows(const struct wzp_relay *r, const struct wzp_relay_global *global,
                             const struct wzp_relay_neighbour *n);
/* Fills `best`: of several who tell of one person the nearest counts. */
void wzp_relay_global_choose(struct wzp_relay *r, struct wzp_relay_global *global);
/* Who is here changed: the neighbours will be told. */
void wzp_relay_global_changed(struct wzp_relay *r, struct wzp_relay_global *global, uint64_t now);
/* The call with that id is over. */
void wzp_relay_global_call_ended(struct wzp_relay *r, const char *id, uint64_t now);
/* Is that person in the room at this relay? */
bool wzp_relay_global_is_here(const struct wzp_relay_global *global, const char *fingerprint);
/* The call whose room has this name; NULL. */
struct wzp_relay_call *wzp_relay_global_call(const struct wzp_relay *r, const char *name);
/* Forgets the room, and that the local one is global. */
void wzp_relay_global_free(struct wzp_relay *r, struct wzp_relay_global *global);
/* All that changed is told: global_tell.c. */
void wzp_relay_federation_tick(struct wzp_relay *r, uint64_t now);
/* People in the room at other relays who are not also here: at most `most`, texts are the room's.
 * Returns how many. */
size_t wzp_relay_global_guests(const struct wzp_relay_global *global, struct wzp_participant *out,
                               size_t most);
/* Rooms that any neighbour has people in. */
size_t wzp_relay_global_active(const struct wzp_relay *r);

/* ---- media: carry.c ---- */
/* ---- people who left: ghost.c ---- */
/* Somebody left the room here, or at a relay that said itself that they were there. The chosen
 * guests are chosen anew. */
void wzp_relay_ghost_left(struct wzp_relay *r, struct wzp_relay_global *global,
                          const char *fingerprint, uint64_t now);
/* The same for all who are in one list of a neighbour, and not in the next. */
void wzp_relay_ghost_compare(struct wzp_relay *r, struct wzp_relay_global *global,
                             const struct wzp_relay_guest *before, size_t before_count,
                             const struct wzp_relay_guest *after, size_t after_count, uint64_t now);
/* Takes hearsay of people who just left out of a new list; returns how many are left in it. */
size_t wzp_relay_ghost_filter(const struct wzp_relay_global *global, struct wzp_relay_guest *guests,
                              size_t count, uint64_t now);

/* Makes the memory of frames, if there is none: WZP_E_MEMORY. */
int wzp_relay_carry_start(struct wzp_relay *r);
/* A frame of a member here, with its sender number: to all relays that have people in the room. */
void wzp_relay_carry_out(struct wzp_relay *r, struct wzp_relay_global *global, const uint8_t *frame,
                         size_t length, uint64_t now);
/* A datagram from a link. */
void wzp_relay_carry_in(struct wzp_relay *r, struct wzp_relay_client *link, const uint8_t *data,
                        size_t length, uint64_t now);

/* ---- each frame by one way: spare.c ---- */
/* A neighbour told who is at its place. */
void wzp_relay_spare_told(struct wzp_relay_remote *remote);
/* True when this frame of that relay need not be passed on to it. */
bool wzp_relay_spare(struct wzp_relay_remote *remote, const uint8_t *origin);
/* Who counts for whom was chosen anew. */
void wzp_relay_spare_choose(struct wzp_relay_global *global, uint64_t now);
/* A frame of that relay came; again: it had come before. */
void wzp_relay_spare_came(struct wzp_relay *r, struct wzp_relay_global *global,
                          const struct wzp_relay_neighbour *from, const uint8_t *origin, bool again,
                          uint64_t now);
/* True when this neighbour stands in for the way by which frames of that relay should come: it must
 * not be told of people there. */
bool wzp_relay_spare_helps(const struct wzp_relay_global *global,
                           const struct wzp_relay_neighbour *n, const uint8_t *home);

/* ---- calls: forward.c, forward_take.c ---- */
/* A message of ours in its envelope to one neighbour. False: it was not sent. */
bool wzp_relay_envelope_signal(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *signal, uint64_t now);
/* The end of a call, of which somebody at this neighbour of the existing kind is the caller or the
 * callee, in messages that it passes on; the Hangup itself follows (old_end.c). */
void wzp_relay_old_hang_up(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                           const struct wzp_relay_route *route, const struct wzp_signal *hangup,
                           bool is_caller, uint64_t now);
/* True for the neighbour that the route leads to, and for those that were asked while it leads to
 * none. */
bool wzp_relay_federation_leads_to(const struct wzp_relay_route *route,
                                   const struct wzp_relay_neighbour *n);
extern const struct wzp_relay_way wzp_relay_way_federation;
/* The way to somebody who is not here: where they were heard of, or everywhere. False when no link
 * is up. */
bool wzp_relay_federation_route(struct wzp_relay *r, struct wzp_relay_route *route,
                                const struct wzp_relay_name *name);
/* The relay of the existing kind where this party is, or NULL. */
const struct wzp_relay_neighbour *wzp_relay_party_old(const struct wzp_relay_party *party);
/* True when one of the two is at a neighbour, and so the call's room is shared with it. */
bool wzp_relay_call_leads_away(const struct wzp_relay_call *call);
/* The existing relays of these names were asked about this call's callee on its way here, so that
 * this one asks them no more, and tells its own kind. */
void wzp_relay_federation_asked_before(struct wzp_relay *r, struct wzp_relay_call *call,
                                       const struct wzp_string_list *names);
/* What that neighbour says of somebody, whom calls that nobody answered yet may lead to: whether
 * they are there. response: a RouteResponse. */
void wzp_relay_federation_said(struct wzp_relay *r, struct wzp_relay_neighbour *n,
                               const struct wzp_signal *response, bool is_there, uint64_t now);
/* Nobody said in time that it rings. */
void wzp_relay_federation_asked(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now);
/* ---- who is where: whereabouts.c ---- */
/* Who is registered here changed: our own kind of neighbours will be told. */
void wzp_relay_federation_people(struct wzp_relay *r, uint64_t now);
/* Now it is told to this one. */
void wzp_relay_federation_tell(struct wzp_relay *r, struct wzp_relay_neighbour *n, uint64_t now);
/* Calls that lead over a link that came up or went down. */
void wzp_relay_federation_calls(struct wzp_relay *r, struct wzp_relay_neighbour *n, bool is_up,
                                uint64_t now);
/* Forgets what a neighbour told about who is registered there. */
void wzp_relay_federation_unlearn(struct wzp_relay *r, struct wzp_relay_neighbour *n);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls whose media are on a thread other than the first. The registry of calls belongs to the
 * first thread, but the rooms of calls are distributed over the threads like all rooms, by name. A
 * visit is the presence of a call's party in the call's room on another thread. The first thread
 * admits the party, learns from which visitors packets come, and says which are missing. Rooms of
 * calls that lead to other relays stay on the first thread, which has the links (they are "held").
 * It tells the other threads which those are before the call is set up. */
#ifndef WZP_RELAY_VISIT_H
#define WZP_RELAY_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "relay/letter.h"

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_call;
struct wzp_relay_party;

/* The visit of one party. */
struct wzp_relay_visit {
    uint64_t number; /* 0: it is in no room of another thread */
    unsigned thread;
    uint64_t heard;  /* packets received from it there */
    bool is_missing; /* that thread was told that it is missing */
};

struct wzp_relay_visits {
    struct wzp_map parties; /* number -> struct wzp_relay_party, on the first thread */
    struct wzp_map held;    /* id -> anything: calls held by the first thread, on the others */
};

/* Initialises it for at most limit calls. No allocation. Not needed in a relay of one thread. */
void wzp_relay_visits_init(struct wzp_relay *r, size_t limit);
void wzp_relay_visits_fini(struct wzp_relay *r);
/* True when the room of the call with that id is on the first thread. */
bool wzp_relay_visit_is_held(const struct wzp_relay *r, const char *call_id);
/* Called on each thread once a second: tells the first thread from which visitors packets came. */
void wzp_relay_visits_tell(struct wzp_relay *r);
/* Letters of the first thread: a member is missing or heard again; a call's room is held there, or
 * no longer. */
void wzp_relay_visits_take_mark(struct wzp_relay *r, const struct wzp_relay_letter_mark *mark,
                                uint64_t now);
void wzp_relay_visits_take_hold(struct wzp_relay *r, const struct wzp_relay_letter_hold *hold);

/* ---- on the first thread ---- */
/* True when that party of the call already has a member in its room; the new one replaces it. */
bool wzp_relay_visit_is_again(const struct wzp_relay *r, const struct wzp_relay_client *visitor,
                              const char *call_id);
/* A client on another thread wants to enter a call's room. Returns the reason to refuse it, or NULL
 * and the visit's number. */
const char *wzp_relay_visit_begin(uint64_t *number, struct wzp_relay *r, unsigned thread,
                                  const struct wzp_relay_client *visitor, const char *call_id);
/* The visitor left. A number that is no visit's (replaced by a newer one, or the call is over) is
 * ignored. */
void wzp_relay_visit_end(struct wzp_relay *r, uint64_t number);
/* Letter of another thread: from which visitors packets came. */
void wzp_relay_visits_take_heard(struct wzp_relay *r, const struct wzp_relay_letter_heard *heard);
/* The party is missing or heard again: the other members of its room see it. */
void wzp_relay_visit_mark(struct wzp_relay *r, struct wzp_relay_party *party, bool is_missing);
/* The call is established: tells the other threads if its room is held here. The call is over: its
 * visits end, and the other threads forget that its room was held. */
void wzp_relay_visits_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call);
void wzp_relay_visits_call_over(struct wzp_relay *r, struct wzp_relay_call *call);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls whose media are on another thread than the call. The registry of calls is the first
 * thread's, but a call's room is spread over the threads as any other, by the call's id: each who
 * enters it there visits on behalf of a party. The first thread says who may, hears from whom
 * something comes, and says who is missing. Only rooms of calls that lead to other relays stay
 * with it, where the links are; it tells the others which those are before the call is set up. */
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

/* A party's part of it. */
struct wzp_relay_visit {
    uint64_t number; /* 0: it has nobody in a room of another thread */
    unsigned thread;
    uint64_t heard;  /* from it there */
    bool is_missing; /* and it was told so */
};

struct wzp_relay_visits {
    struct wzp_map parties; /* number -> struct wzp_relay_party, on the first thread */
    struct wzp_map held;    /* id -> anything: calls of the first thread, on the others */
};

/* At most limit calls. No allocation. A relay of one thread does without. */
void wzp_relay_visits_init(struct wzp_relay *r, size_t limit);
void wzp_relay_visits_fini(struct wzp_relay *r);
/* True when the room of the call with that id is the first thread's. */
bool wzp_relay_visit_is_held(const struct wzp_relay *r, const char *call_id);
/* A step of each thread's, once a second: tells the first one from whom something came. */
void wzp_relay_visits_tell(struct wzp_relay *r);
/* The first thread's letters: a member is missing, or there again; a call's room is the first
 * thread's, or was. */
void wzp_relay_visits_take_mark(struct wzp_relay *r, const struct wzp_relay_letter_mark *mark,
                                uint64_t now);
void wzp_relay_visits_take_hold(struct wzp_relay *r, const struct wzp_relay_letter_hold *hold);

/* ---- on the first thread ---- */
/* True when the visitor's side of that call has somebody in its room, who makes way. */
bool wzp_relay_visit_is_again(const struct wzp_relay *r, const struct wzp_relay_client *visitor,
                              const char *call_id);
/* Somebody asks on another thread to be let into a call's room: the reason why not, or NULL and the
 * visit's number. */
const char *wzp_relay_visit_begin(uint64_t *number, struct wzp_relay *r, unsigned thread,
                                  const struct wzp_relay_client *visitor, const char *call_id);
/* They left. A number that is no visit's (a newer one replaced it, or the call is over) is ignored.
 */
void wzp_relay_visit_end(struct wzp_relay *r, uint64_t number);
/* Another thread's letter: from whom something came. */
void wzp_relay_visits_take_heard(struct wzp_relay *r, const struct wzp_relay_letter_heard *heard);
/* That party is missing, or there again: the others in its room see it. */
void wzp_relay_visit_mark(struct wzp_relay *r, struct wzp_relay_party *party, bool is_missing);
/* The call stands, and its room is to be found; it is over. */
void wzp_relay_visits_call_stands(struct wzp_relay *r, const struct wzp_relay_call *call);
void wzp_relay_visits_call_over(struct wzp_relay *r, struct wzp_relay_call *call);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls and rooms as the phone holds them: how they are made, end and are freed. One that has ended
 * says nothing more and is freed when the outermost call into the phone returns. What differs
 * between the two is in a table of functions. */
#ifndef WZP_PHONE_SESSION_H
#define WZP_PHONE_SESSION_H

#include "phone/internal.h"

struct wzp_session_kind {
    size_t size; /* of the whole struct, whose first member is the session */
    /* The user's wish, or the phone's end. */
    void (*hang_up)(struct wzp_session *s, uint64_t now);
    /* Its own times, beside the leg's. */
    uint64_t (*expiry)(const struct wzp_session *s);
    void (*expire)(struct wzp_session *s, uint64_t now);
    /* The end was told: secrets go. */
    void (*wipe)(struct wzp_session *s);
    /* Its memory goes; NULL: there is none. */
    void (*fini)(struct wzp_session *s);
    /* Facts of its own for the statistics. */
    void (*describe)(const struct wzp_session *s, struct wzp_session_stats *out);
};

/* New live session with a fresh handle. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_session_new(struct wzp_session **out, struct wzp_phone *p,
                    const struct wzp_session_kind *kind, bool is_room, bool outgoing, uint64_t now);
/* Says ENDED, closes the media connection, wipes the keys. Nothing happens the second time. */
void wzp_session_end(struct wzp_session *s, enum wzp_end_reason reason, const char *text,
                     uint64_t now);
/* How long it stands: of a call since the answer, of a room since media began; 0 before. */
uint64_t wzp_session_duration_ms(const struct wzp_session *s, uint64_t now);
/* Live session of a handle, NULL. */
struct wzp_session *wzp_session_find(const struct wzp_phone *p, wzp_session_id id);
/* When its time comes. */
uint64_t wzp_session_expiry(const struct wzp_session *s);
void wzp_session_expire(struct wzp_session *s, uint64_t now);
/* Frees the ended ones; all: the live ones too, without a word. */
void wzp_session_reap(struct wzp_phone *p, bool all);
/* A handle for something that ends before it begins (busy). */
wzp_session_id wzp_session_number(struct wzp_phone *p);

#endif

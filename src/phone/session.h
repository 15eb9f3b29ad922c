/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls and rooms as the phone holds them: how they are made, end and are freed. A session that has
 * ended emits no more events, and is freed when the outermost call into the phone returns. What
 * differs between calls and rooms is in a table of functions. */
#ifndef WZP_PHONE_SESSION_H
#define WZP_PHONE_SESSION_H

#include "phone/internal.h"

struct wzp_session_kind {
    size_t size; /* of the whole struct, whose first member is the session */
    /* Ends it, because the user wants to or the phone shuts down. */
    void (*hang_up)(struct wzp_session *s, uint64_t now);
    /* Its own deadlines, beside the leg's. */
    uint64_t (*expiry)(const struct wzp_session *s);
    void (*expire)(struct wzp_session *s, uint64_t now);
    /* Wipes its secrets; called when the end has been told. */
    void (*wipe)(struct wzp_session *s);
    /* Frees its own memory; NULL: it has none. */
    void (*fini)(struct wzp_session *s);
    /* Adds its own fields to the statistics. */
    void (*describe)(const struct wzp_session *s, struct wzp_session_stats *out);
};

/* New live session with a fresh handle. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_session_new(struct wzp_session **out, struct wzp_phone *p,
                    const struct wzp_session_kind *kind, bool is_room, bool outgoing, uint64_t now);
/* Emits ENDED, closes the media connection, wipes the keys. Does nothing the second time. */
void wzp_session_end(struct wzp_session *s, enum wzp_end_reason reason, const char *text,
                     uint64_t now);
/* How long it has been established: a call since the answer, a room since media began; 0 before. */
uint64_t wzp_session_duration_ms(const struct wzp_session *s, uint64_t now);
/* Live session of a handle, NULL. */
struct wzp_session *wzp_session_find(const struct wzp_phone *p, wzp_session_id id);
/* The next deadline, WZP_NEVER for none; and the work that is due at it. */
uint64_t wzp_session_expiry(const struct wzp_session *s);
void wzp_session_expire(struct wzp_session *s, uint64_t now);
/* Frees the ended ones; all: the live ones too, without events. */
void wzp_session_reap(struct wzp_phone *p, bool all);
/* A handle for a call that ends before it becomes a session (busy). */
wzp_session_id wzp_session_number(struct wzp_phone *p);

#endif

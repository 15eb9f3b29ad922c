/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call leaves behind in files (its line in the history, what is now known of its peer and
 * relay), written by another thread: another call may be running, and a disk takes its time. One
 * file at a time; what cannot be written stays, and is tried again with the next call and at the
 * end. */
#ifndef WZP_APP_SAVING_H
#define WZP_APP_SAVING_H

#include "wzp/app.h"

/* A call ended: the entry is written soon. Failures are told as events. */
void wzp_saving_add(struct wzp_app *app, const struct wzp_history_entry *entry);
/* Is this entry of the history file also among the unsaved ones: has the other thread written it,
 * and we do not know yet? */
bool wzp_saving_has(const struct wzp_app *app, const struct wzp_history_entry *entry);
/* Forgets the calls of a fingerprint or in a room, NULL: all. WZP_E_NOT_FOUND: there are none;
 * errors of writing, with a sentence. */
int wzp_saving_forget(struct wzp_app *app, const char *peer, struct wzp_error *err);
/* Writes what is known of relays and peers, here and now. Errors with a sentence. */
int wzp_saving_known_now(struct wzp_app *app, struct wzp_error *err);
/* Writes all that is left, here and now. Failures are logged. */
void wzp_saving_fini(struct wzp_app *app);

#endif

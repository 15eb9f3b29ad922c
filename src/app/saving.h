/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writes what remains of a call in files (its line in the history, what is now known of its peer
 * and relay) on another thread, because a disk is slow and another call may be running. One file is
 * written at a time; what cannot be written is kept, and tried again after the next call and at the
 * end. */
#ifndef WZP_APP_SAVING_H
#define WZP_APP_SAVING_H

#include "wzp/app.h"

/* A call ended: schedules its entry to be written. Failures are reported as events. */
void wzp_saving_add(struct wzp_app *app, const struct wzp_history_entry *entry);
/* Is this entry of the history file also among the unsaved ones? That happens when the other thread
 * has written it but has not reported so yet. */
bool wzp_saving_has(const struct wzp_app *app, const struct wzp_history_entry *entry);
/* Removes the calls with a fingerprint or in a room from the history, NULL: all. WZP_E_NOT_FOUND:
 * there are none; errors of writing, with a sentence. */
int wzp_saving_forget(struct wzp_app *app, const char *peer, struct wzp_error *err);
/* Writes what is known of relays and peers at once, on this thread. Errors with a sentence. */
int wzp_saving_known_now(struct wzp_app *app, struct wzp_error *err);
/* Writes all that remains at once, on this thread. Failures are logged. */
void wzp_saving_fini(struct wzp_app *app);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A mock softphone behind the screen: the test sets the state that is shown; command lines are
 * recorded and not executed. */
#ifndef WZP_T_TUI_CANNED_H
#define WZP_T_TUI_CANNED_H

#include "tui/tui.h"

#define CANNED_LINES 16
struct canned {
    struct wzp_view view;
    uint64_t wall_ms;
    struct wzp_view_facts facts;
    struct wzp_view_session sessions[4];
    size_t session_count;
    size_t contact_count; /* those beyond the listed ones are called "Contact 17" */
    size_t past_count;
    struct wzp_view_check check;
    struct wzp_view_sound sound;
    bool speaking, says_paths;
    char lines[CANNED_LINES][128]; /* what was run, oldest first */
    size_t line_count;
    int run_result;
};
/* Sets everything to the same initial state. */
void canned_init(struct canned *c);
/* Adds a call with a contact that has lasted for a while, direct and encrypted. */
struct wzp_view_session *canned_call(struct canned *c, wzp_session_id id);
struct wzp_view_session *canned_incoming(struct canned *c, wzp_session_id id);
struct wzp_view_session *canned_room(struct canned *c, wzp_session_id id);
/* An event of a session, with the rest empty. */
struct wzp_event canned_event(enum wzp_event_type type, wzp_session_id session);
/* The newest line that was run, "" for none. */
const char *canned_last(const struct canned *c);
/* Key by name. */
void canned_press(struct wzp_tui *t, const char *name, uint64_t now);
void canned_type(struct wzp_tui *t, const char *text, uint64_t now);
/* Draws and looks for a text in the picture. */
bool canned_shows(struct wzp_tui *t, const char *text, uint64_t now);
bool canned_lacks(struct wzp_tui *t, const char *text, uint64_t now);

#endif

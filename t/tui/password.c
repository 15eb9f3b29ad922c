/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A room password that is typed as the second word of a command is not shown, and is not kept in
 * the history of lines. */
#include "tap.h"
#include "tui/lib_canned.h"

#define T WZP_SECOND * 10

TAP_MAIN
{
    static struct canned canned;
    struct wzp_tui *tui;
    canned_init(&canned);
    const struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&tui, &config, 0) || wzp_tui_resize(tui, 80, 24))
        bail("no model");
    canned_press(tui, ":", T);
    canned_type(tui, "room \"tea party\" xyzzy", T);
    ok(canned_shows(tui, ":room \"tea party\" *****", T) && canned_lacks(tui, "xyzzy", T),
       "a room's password is not shown while it is typed");
    canned_press(tui, "Left", T);
    canned_press(tui, "Backspace", T);
    ok(canned_shows(tui, ":room \"tea party\" ****", T) && canned_lacks(tui, "*****", T),
       "though it is edited as any line");
    canned_press(tui, "Enter", T);
    is_str(canned_last(&canned), "room \"tea party\" xyzy", "the room is joined with it");
    canned_press(tui, ":", T);
    canned_press(tui, "Up", T);
    ok(canned_shows(tui, ":room \"tea party\"", T) && canned_lacks(tui, "xyzy", T) &&
           canned_lacks(tui, "party\" *", T),
       "and an earlier line comes back without it");
    canned_press(tui, "Esc", T);
    canned_press(tui, ":", T);
    canned_type(tui, "call open sesame", T);
    ok(canned_shows(tui, "call open sesame", T), "other commands are shown as they are");
    wzp_tui_free(tui);
}

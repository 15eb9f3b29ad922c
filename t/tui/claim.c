/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An unproven caller's fingerprint is a claim, and is shown as one. */
#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "tui/lib_canned.h"

#define T WZP_SECOND * 10

static struct canned canned;
static struct wzp_tui *tui;

static struct wzp_event begin(int width, int height)
{
    canned_init(&canned);
    struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&tui, &config, WZP_SECOND) || wzp_tui_resize(tui, width, height)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
    wzp_tui_draw(tui, WZP_SECOND);
    struct wzp_view_session *s = canned_incoming(&canned, 9);
    snprintf(s->name, sizeof s->name, "Bob");
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, 9);
    event.u.incoming.why = "";
    return event;
}

TAP_MAIN
{
    struct wzp_event event = begin(80, 24);
    wzp_tui_event(tui, &event, T);
    ok(canned_shows(tui, "! says to be one of your contacts", T) &&
           canned_shows(tui, "Bob (not proven) is calling", T),
       "who proves nothing is not shown as the contact whose fingerprint is claimed");
    struct wzp_tui_signal signal;
    ok(wzp_tui_signal(tui, &signal) && strstr(signal.title, "Bob (not proven) is calling"),
       "nor in the title: %s", signal.title);
    event.u.incoming.proven = true;
    wzp_tui_event(tui, &event, T);
    ok(canned_shows(tui, "one of your contacts", T) && canned_lacks(tui, "says to be", T) &&
           canned_lacks(tui, "not proven", T),
       "who proves it is");
    wzp_tui_free(tui);
    event = begin(40, 10);
    wzp_tui_event(tui, &event, T);
    ok(canned_shows(tui, "! says to be your contact", T), "on a small screen, too");
    wzp_tui_free(tui);
}

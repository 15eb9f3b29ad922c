/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the screen shows while the softphone cannot use its relay because of the relay's
 * certificate, and how long a call is shown as ringing. */
#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "tui/lib_canned.h"

static struct canned canned;

static struct wzp_tui *open_tui(int width, int height)
{
    struct wzp_tui *t;
    canned_init(&canned);
    const struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&t, &config, 0) || wzp_tui_resize(t, width, height))
        bail("no model");
    return t;
}

/* The message stays in every view, whatever else happens. */
static void lasts(int width, int height)
{
    struct wzp_tui *t = open_tui(width, height);
    canned.facts.registered = false;
    snprintf(canned.facts.barred_by, sizeof canned.facts.barred_by, "%s", "[2001:db8::7]:4433");
    struct wzp_event warning = canned_event(WZP_EVENT_ERROR, 0);
    warning.u.error.text = "older news";
    warning.u.error.relay = "";
    for (int i = 0; i < 8; i++)
        wzp_tui_event(t, &warning, WZP_SECOND);
    unsigned missing = 0;
    for (int i = 0; i < 10; i++) {
        char key[2] = {(char)('0' + i)};
        canned_press(t, key, 100 * WZP_SECOND);
        missing += !canned_shows(t, ":accept", 100 * WZP_SECOND) ||
                   !canned_shows(t, ":set relay", 100 * WZP_SECOND) ||
                   !canned_shows(t, "certificate", 100 * WZP_SECOND);
    }
    is_int(missing, 0, "%dx%d: what happened and both ways on stand on each screen", width, height);
    canned_press(t, "?", 100 * WZP_SECOND);
    ok(canned_shows(t, ":accept", 100 * WZP_SECOND), "also beside the help");
    canned_press(t, "Escape", 100 * WZP_SECOND);
    canned_incoming(&canned, 7);
    ok(canned_shows(t, ":accept", 100 * WZP_SECOND), "and beside a call that comes in");
    canned.session_count = 0;
    canned.facts.barred_by[0] = '\0';
    ok(canned_lacks(t, ":accept", 200 * WZP_SECOND), "until it is decided");
    wzp_tui_free(t);
}

static void rings(void)
{
    struct wzp_tui *t = open_tui(80, 24);
    canned_call(&canned, 7);
    canned.says_paths = true;
    struct wzp_event event = canned_event(WZP_EVENT_RINGING, 7);
    wzp_tui_event(t, &event, WZP_SECOND);
    ok(canned_shows(t, "ringing", WZP_SECOND), "a call that rings is said to");
    event = canned_event(WZP_EVENT_JOINED, 7);
    wzp_tui_event(t, &event, WZP_SECOND + 100 * WZP_MILLISECOND);
    ok(canned_lacks(t, "ringing", WZP_SECOND + 100 * WZP_MILLISECOND),
       "and not any more when it is connected");
    wzp_tui_free(t);
}

TAP_MAIN
{
    lasts(80, 24);
    lasts(40, 12);
    lasts(120, 35);
    rings();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What must be visible in the smallest terminal: the keys of a question, the whole of a log line,
 * the quality of a bad call; and keys that fit the situation. */
#include <stdio.h>

#include "tap.h"
#include "tui/lib_canned.h"

#define T (WZP_SECOND * 10)
static struct canned canned;
static struct wzp_tui *tui;

static void begin(int width, int height)
{
    struct wzp_tui_config config = {.view = &canned.view};
    canned_init(&canned);
    if (wzp_tui_new(&tui, &config, WZP_SECOND) || wzp_tui_resize(tui, width, height)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
}

static void end(void)
{
    wzp_tui_free(tui);
    tui = NULL;
}

static bool shows(const char *text)
{
    return canned_shows(tui, text, T);
}

static void keys_of_a_question(void)
{
    begin(40, 12);
    wzp_tui_notice(tui, WZP_STYLE_NORMAL, "registered at relay.example.org", T);
    ok(shows("registered at relay"), "a notice takes the row of the keys on a small screen");
    canned_incoming(&canned, 9);
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, 9);
    event.u.incoming.why = "";
    wzp_tui_event(tui, &event, T);
    wzp_tui_notice(tui, WZP_STYLE_NORMAL, "registered at relay.example.org", T);
    ok(shows("a answer") && shows("d decline"), "but not while somebody calls");
    end();
    begin(40, 12);
    canned_call(&canned, 3);
    wzp_tui_notice(tui, WZP_STYLE_NORMAL, "registered at relay.example.org", T);
    canned_press(tui, "q", T);
    ok(shows("Enter hang up and leave"), "nor while it is asked whether to leave");
    end();
}

static void line_of_the_log(void)
{
    begin(40, 16);
    canned_press(tui, "0", T);
    wzp_tui_log(tui, WZP_LOG_WARN, "short");
    ok(shows("short") && !shows("────"), "a line that fits stands in its row");
    wzp_tui_log(tui, WZP_LOG_WARN,
                "relay.example.org:4433: its certificate changed; whoever runs it can say why");
    ok(shows("say why"), "of one that does not the whole is below, when it is selected");
    canned_press(tui, "Up", T);
    ok(!shows("say why"), "and only then");
    end();
}

static void keys_that_fit(void)
{
    begin(80, 24);
    canned_press(tui, "2", T);
    ok(shows("c dial") && !shows("x hang up"), "without a call there is nothing to hang up");
    canned_press(tui, "3", T);
    ok(shows("Enter join again") && !shows("x leave"), "nor, outside of rooms, to leave");
    canned_room(&canned, 4);
    ok(shows("x leave"), "in one there is");
    canned_call(&canned, 3);
    canned_press(tui, "2", T);
    ok(shows("x hang up"), "as in a call");
    end();
}

static void call_that_waits(void)
{
    begin(80, 24);
    struct wzp_view_session *s = canned_call(&canned, 3);
    struct wzp_event path = canned_event(WZP_EVENT_PATH, 3);
    path.u.path.why = "direct over the local network";
    path.u.path.remote = path.u.path.relay = "";
    wzp_tui_event(tui, &path, T);
    canned_press(tui, "2", T);
    ok(shows("talking") && shows("direct over the local network"),
       "a call that goes on says which path it has, and why");
    s->stats.up = s->stats.e2e_confirmed = false;
    ok(shows("interrupted") && !shows("talking"), "one that waits for its network says so");
    ok(!shows("direct over the local network"), "and not why it had the path that is gone");
    ok(!shows("nothing sealed"), "and not that it was never encrypted");
    end();
}

static void sound_of_a_bad_call(void)
{
    begin(40, 10);
    struct wzp_view_session *s = canned_call(&canned, 3);
    canned_press(tui, "2", T);
    ok(!shows("Quality"), "on few rows a good call has other things to tell");
    s->stats.mos = 2.5;
    s->stats.heard.jitter.loss_percent_5s = 12;
    ok(shows("MOS 2.5, poor: losses"), "a bad one tells so, and why");
    s->stats.heard.jitter.loss_percent_5s = 0;
    s->stats.path.rtt_smoothed = 900 * WZP_MILLISECOND;
    ok(shows("poor: a long way"), "which may be the way");
    s->stats.path.rtt_smoothed = 0;
    s->stats.heard.jitter.jitter_ms = 60;
    ok(shows("poor: jitter"), "or when packets come");
    end();
    begin(80, 24);
    s = canned_call(&canned, 3);
    s->stats.mos = 0;
    canned_press(tui, "2", T);
    ok(shows("nothing was heard yet"), "silence has no quality");
    end();
}

TAP_MAIN
{
    keys_of_a_question();
    line_of_the_log();
    keys_that_fit();
    call_that_waits();
    sound_of_a_bad_call();
}

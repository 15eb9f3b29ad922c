/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Push to talk. On a terminal that reports key releases the release ends it. Other terminals repeat
 * a held key: once repeats have come, their end counts as the release. A key that was pressed once
 * and does not repeat switches talking on until the next press or a time-out. */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"

#define REPEAT_GAP (150 * WZP_MILLISECOND) /* repeats of a held key come faster than that */
/* without a repeat for this long the key was released */
#define REPEAT_END (400 * WZP_MILLISECOND)
#define FIRST_REPEAT (700 * WZP_MILLISECOND) /* longest delay before the first repeat */
#define TALK_MOST (60 * WZP_SECOND)

static int speak(struct wzp_tui *t, bool on, struct wzp_error *err)
{
    char line[32], told[128];
    snprintf(line, sizeof line, "%s %u", on ? "unmute" : "mute", (unsigned)t->talk_session);
    return t->view->run(t->view->context, line, told, sizeof told, err);
}

static void end(struct wzp_tui *t)
{
    struct wzp_error err = {0};
    if (!t->talking)
        return;
    t->talking = false;
    speak(t, false, &err);
    wzp_tui_touch(t);
}

int wzp_tui_talk_pressed(struct wzp_tui *t, struct wzp_error *err)
{
    struct wzp_view_session s;
    uint64_t since = t->now - t->talk_pressed_at;
    t->talk_pressed_at = t->now;
    if (t->talking && t->releases) /* a repeat */
        return 0;
    if (t->talking && (since < REPEAT_GAP || (!t->talk_repeats && since < FIRST_REPEAT))) {
        t->talk_repeats = true;
        t->talk_until = t->now + REPEAT_END;
        return 0;
    }
    if (t->talking) {
        end(t);
        return 0;
    }
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call to talk in");
    if (!s.stats.muted)
        return wzp_error_set(err, WZP_E_STATE,
                             "you are heard all the time; mute first, then hold this key to talk");
    t->talk_session = s.id;
    int result = speak(t, true, err);
    t->talking = result == 0;
    t->talk_repeats = false;
    t->talk_until = t->now + TALK_MOST;
    return result;
}

void wzp_tui_talk_released(struct wzp_tui *t)
{
    if (t->releases)
        end(t);
}

uint64_t wzp_tui_talk_expiry(const struct wzp_tui *t)
{
    return t->talking ? t->talk_until : WZP_NEVER;
}

void wzp_tui_talk_tick(struct wzp_tui *t)
{
    if (t->talking && t->now >= t->talk_until)
        end(t);
}

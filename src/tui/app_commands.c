/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Commands that the softphone carries out: each runs one of the softphone's own commands with the
 * selected call, device or relay added. */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"

/* A new call puts the others on hold, so that nobody hears a conversation with somebody else
 * unknowingly. */
static void hold_others(struct wzp_tui *t, const char *line, uint64_t now)
{
    static const char *const verbs[] = {"call ", "room ", "answer ", "private "};
    wzp_session_id held[WZP_SESSIONS_SHOWN];
    struct wzp_view_session s;
    size_t count = 0;
    bool begins = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        begins |= strncmp(line, verbs[i], strlen(verbs[i])) == 0;
    for (size_t i = 0; begins && t->view->session(t->view->context, i, &s); i++)
        if (s.stats.up && !s.stats.held && count < WZP_SESSIONS_SHOWN)
            held[count++] = s.id;
    for (size_t i = 0; i < count; i++) {
        char hold[32], told[128];
        struct wzp_error err = {0};
        snprintf(hold, sizeof hold, "hold %u", (unsigned)held[i]);
        if (t->view->run(t->view->context, hold, told, sizeof told, &err) == 0)
            wzp_tui_notice(t, WZP_STYLE_NORMAL, "The other call is on hold; o goes on with it",
                           now);
    }
}

int wzp_tui_run_app(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err)
{
    char told[512] = "";
    int result = t->view->run(t->view->context, line, told, sizeof told, err);
    if (result == 0 && told[0])
        wzp_tui_notice(t, WZP_STYLE_NORMAL, told, now);
    if (result == 0)
        hold_others(t, line, now);
    wzp_tui_touch(t);
    return result;
}

/* Runs "VERB id" for the session in focus. */
static int run_focused(struct wzp_tui *t, const char *verb, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_session s;
    char line[64];
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call");
    snprintf(line, sizeof line, "%s %u", verb, (unsigned)s.id);
    return wzp_tui_run_app(t, line, now, err);
}

static int run_incoming(struct wzp_tui *t, const char *verb, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_session s;
    char line[64];
    if (!wzp_tui_incoming(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "nobody is calling");
    snprintf(line, sizeof line, "%s %u", verb, (unsigned)s.id);
    int result = wzp_tui_run_app(t, line, now, err);
    if (result == 0 && strcmp(verb, "decline") != 0) {
        t->focus = s.id;
        wzp_tui_show(t, WZP_SCREEN_CALL);
    }
    return result;
}

#define COMMAND(name)                                                                              \
    static int do_##name(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err)
#define UNUSED (void)rest, (void)now, (void)err

COMMAND(answer_call)
{
    (void)rest;
    return run_incoming(t, "answer", now, err);
}

COMMAND(answer_privately)
{
    (void)rest;
    return run_incoming(t, "private", now, err);
}

COMMAND(decline_call)
{
    (void)rest;
    return run_incoming(t, "decline", now, err);
}

COMMAND(ignore_call)
{
    (void)rest;
    struct wzp_view_session s;
    char line[32], told[128] = "";
    if (!wzp_tui_incoming(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "nobody is calling");
    snprintf(line, sizeof line, "ignore %u", (unsigned)s.id);
    int result = t->view->run(t->view->context, line, told, sizeof told, err);
    if (result)
        return result;
    struct wzp_remembered *r = wzp_tui_remembered(t, s.id, true);
    if (r)
        r->ignored = true;
    wzp_tui_notice(t, WZP_STYLE_NORMAL,
                   "Ignored: it rings on for the caller; the call stands on screen call", now);
    return 0;
}

COMMAND(end_call)
{
    (void)rest;
    return run_focused(t, "hangup", now, err);
}

COMMAND(toggle_mute)
{
    (void)rest;
    struct wzp_view_session s;
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call to be muted");
    return run_focused(t, s.stats.muted ? "unmute" : "mute", now, err);
}

COMMAND(toggle_hold)
{
    (void)rest;
    struct wzp_view_session s;
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call to be held");
    return run_focused(t, s.stats.held ? "resume" : "hold", now, err);
}

COMMAND(code_agrees)
{
    (void)rest;
    return run_focused(t, "verify", now, err);
}

static int step_call(struct wzp_tui *t, int step, struct wzp_error *err)
{
    struct wzp_view_session s;
    size_t count = 0, here = 0;
    for (size_t i = 0; t->view->session(t->view->context, i, &s); i++, count++)
        if (s.id == t->focus)
            here = i;
    if (count == 0)
        return wzp_error_set(err, WZP_E_STATE, "there is no call");
    size_t next = (here + (step > 0 ? 1 : count - 1)) % count;
    if (t->view->session(t->view->context, next, &s))
        t->focus = s.id;
    t->lists[WZP_SCREEN_CALL].selected = next;
    wzp_tui_touch(t);
    return 0;
}

COMMAND(next_call)
{
    UNUSED;
    return step_call(t, 1, err);
}

COMMAND(previous_call)
{
    UNUSED;
    return step_call(t, -1, err);
}

/* Sets the volume of the selected member of a room, else of the other side of the call. change:
 * "+10", "0", ... */
static int set_volume(struct wzp_tui *t, bool toggle, const char *change, uint64_t now,
                      struct wzp_error *err)
{
    struct wzp_view_session s;
    char who[64] = "", line[128];
    wzp_session_id id;
    unsigned percent = 100;
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is nobody to be heard");
    id = s.id;
    if (t->screen == WZP_SCREEN_ROOM || s.stats.is_room) {
        if (!wzp_tui_room_member(t, &id, who, &percent))
            return wzp_error_set(err, WZP_E_STATE, "select somebody else in the room first");
    } else {
        percent = t->view->volume ? t->view->volume(t->view->context, s.id, "") : 100;
    }
    snprintf(line, sizeof line, "volume %s \"%s\" %u",
             !toggle   ? change
             : percent ? "0"
                       : "100",
             who, (unsigned)id);
    return wzp_tui_run_app(t, line, now, err);
}

COMMAND(louder)
{
    (void)rest;
    return set_volume(t, false, "+10", now, err);
}

COMMAND(quieter)
{
    (void)rest;
    return set_volume(t, false, "-10", now, err);
}

COMMAND(silence)
{
    (void)rest;
    return set_volume(t, true, NULL, now, err);
}

COMMAND(talk)
{
    UNUSED;
    return wzp_tui_talk_pressed(t, err);
}

/* One key must not delete anything: the command is only put into the line, and needs Enter. */
COMMAND(forget_selected)
{
    (void)now;
    (void)rest;
    char who[WZP_RELAY_TEXT_MAX], line[WZP_RELAY_TEXT_MAX + 32];
    struct wzp_view_relay relay;
    if (t->screen == WZP_SCREEN_RELAYS &&
        t->view->relay(t->view->context, t->lists[WZP_SCREEN_RELAYS].selected, &relay)) {
        snprintf(line, sizeof line, "forget-relay %s", relay.name);
        wzp_tui_type(t, WZP_TYPING_COMMAND, line);
        return 0;
    }
    bool known =
        t->screen == WZP_SCREEN_ROOM ? wzp_tui_recent_room(t, who) : wzp_tui_history_peer(t, who);
    if (!known)
        return wzp_error_set(err, WZP_E_STATE, "select a call or a room of the past first");
    snprintf(line, sizeof line, "forget-calls \"%s\"", who);
    wzp_tui_type(t, WZP_TYPING_COMMAND, line);
    return 0;
}

/* Uses the selected relay; where none is selected, begins a command line for a relay's name. */
COMMAND(use_relay)
{
    (void)rest;
    struct wzp_view_relay relay;
    char line[WZP_RELAY_TEXT_MAX + 16];
    if (!t->view->relay ||
        !t->view->relay(t->view->context, t->lists[WZP_SCREEN_RELAYS].selected, &relay)) {
        wzp_tui_type(t, WZP_TYPING_COMMAND, "keep relay ");
        return 0;
    }
    if (relay.home)
        return wzp_error_set(err, WZP_E_STATE, "that one is yours already");
    snprintf(line, sizeof line, "keep relay %s", relay.name);
    return wzp_tui_run_app(t, line, now, err);
}

COMMAND(stop_script)
{
    (void)rest;
    struct wzp_view_script s;
    char line[96];
    if (!t->view->script ||
        !t->view->script(t->view->context, t->lists[WZP_SCREEN_SCRIPTS].selected, &s) || !s.running)
        return wzp_error_set(err, WZP_E_STATE, "select a script that runs first");
    snprintf(line, sizeof line, "stop %s", s.name);
    return wzp_tui_run_app(t, line, now, err);
}

COMMAND(use_microphone)
{
    (void)rest;
    return wzp_tui_use_device(t, true, false, now, err);
}

COMMAND(use_loudspeaker)
{
    (void)rest;
    return wzp_tui_use_device(t, false, true, now, err);
}

COMMAND(test_tone)
{
    (void)rest;
    return wzp_tui_run_app(t, "try tone", now, err);
}

COMMAND(hear_myself)
{
    (void)rest;
    struct wzp_view_sound sound = {0};
    if (t->view->sound)
        t->view->sound(t->view->context, &sound);
    return wzp_tui_run_app(t, sound.hears ? "try off" : "try hear", now, err);
}

COMMAND(ping_all)
{
    (void)rest;
    struct wzp_view_relay relay;
    if (!t->view->relay)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "there are no relays here");
    int result = 0;
    for (size_t i = 0; i < 64 && t->view->relay(t->view->context, i, &relay); i++) {
        char line[WZP_RELAY_TEXT_MAX + 8];
        snprintf(line, sizeof line, "ping %s", relay.name);
        result = wzp_tui_run_app(t, line, now, err);
    }
    return result;
}

const struct wzp_tui_command wzp_tui_app_commands[] = {
    {"answer-call", "", "answers the incoming call", do_answer_call},
    {"answer-privately", "", "answers over the relay only, to hide your addresses",
     do_answer_privately},
    {"decline-call", "", "declines the incoming call", do_decline_call},
    {"ignore-call", "", "hides the call; the caller still hears it ring", do_ignore_call},
    {"end-call", "", "hangs up this call, or leaves this room", do_end_call},
    {"toggle-mute", "", "mutes you, or unmutes you", do_toggle_mute},
    {"toggle-hold", "", "holds this call, or resumes it", do_toggle_hold},
    {"louder", "", "makes the peer, or selected member, 10 % louder", do_louder},
    {"quieter", "", "makes the peer, or selected member, 10 % quieter", do_quieter},
    {"silence", "", "silences that person for you, or undoes that", do_silence},
    {"talk", "", "while pressed, you are heard in spite of mute", do_talk},
    {"code-agrees", "", "confirms that the safety codes, read aloud, agree", do_code_agrees},
    {"next-call", "", "shows the next of several calls", do_next_call},
    {"previous-call", "", "shows the previous of several calls", do_previous_call},
    {"forget-selected", "", "forgets the selected calls, or relay; asks first", do_forget_selected},
    {"use-relay", "", "registers at the selected relay from now on", do_use_relay},
    {"stop-script", "", "ends the selected script", do_stop_script},
    {"use-microphone", "", "uses the selected device as microphone", do_use_microphone},
    {"use-loudspeaker", "", "uses the selected device as loudspeaker", do_use_loudspeaker},
    {"test-tone", "", "plays a tone on the loudspeaker", do_test_tone},
    {"hear-myself", "", "plays your voice back a second later, or stops it", do_hear_myself},
    {"ping-all", "", "measures all relays", do_ping_all},
    {0},
};

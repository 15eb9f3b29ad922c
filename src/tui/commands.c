/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands that are about the screen, and those that add "this call" to a command of the
 * softphone. Keys and the line at the bottom both run lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/internal.h"

/* Who talks to one person is not heard by another without knowing it: a new call holds the
 * others. */
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

static int run_view(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err)
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

/* "VERB id" for the session in focus. */
static int run_focused(struct wzp_tui *t, const char *verb, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_session s;
    char line[64];
    if (!wzp_tui_focused(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "there is no call");
    snprintf(line, sizeof line, "%s %u", verb, (unsigned)s.id);
    return run_view(t, line, now, err);
}

static int run_incoming(struct wzp_tui *t, const char *verb, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_session s;
    char line[64];
    if (!wzp_tui_incoming(t, &s))
        return wzp_error_set(err, WZP_E_STATE, "nobody is calling");
    snprintf(line, sizeof line, "%s %u", verb, (unsigned)s.id);
    int result = run_view(t, line, now, err);
    if (result == 0 && strcmp(verb, "decline") != 0) {
        t->focus = s.id;
        wzp_tui_show(t, WZP_SCREEN_CALL);
    }
    return result;
}

/* ---- moving about ---- */

static int do_screen(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err)
{
    (void)now;
    int i = 0;
    while (i < WZP_SCREEN_COUNT && strcmp(wzp_screens[i]->name, rest) != 0)
        i++;
    if (i == WZP_SCREEN_COUNT)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no screen \"%.40s\"", rest);
    if (!wzp_screen_offered(t, (enum wzp_screen_id)i)) {
        struct wzp_view_facts facts = {0};
        t->view->facts(t->view->context, &facts);
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "screen %s is not offered %s", rest,
                             facts.demo ? "in a demonstration" : "here");
    }
    wzp_tui_show(t, (enum wzp_screen_id)i);
    return 0;
}

static int step_screen(struct wzp_tui *t, int step)
{
    int i = (int)t->screen;
    do {
        i = (i + step + WZP_SCREEN_COUNT) % WZP_SCREEN_COUNT;
    } while (!wzp_screen_offered(t, (enum wzp_screen_id)i));
    wzp_tui_show(t, (enum wzp_screen_id)i);
    return 0;
}

#define COMMAND(name)                                                                              \
    static int do_##name(struct wzp_tui *t, const char *rest, uint64_t now, struct wzp_error *err)
#define UNUSED (void)rest, (void)now, (void)err

COMMAND(next_screen)
{
    UNUSED;
    return step_screen(t, 1);
}

COMMAND(previous_screen)
{
    UNUSED;
    return step_screen(t, -1);
}

static int move(struct wzp_tui *t, long step)
{
    if (t->overlay == WZP_OVERLAY_NONE) {
        wzp_tui_list_move(t, step);
        return 0;
    }
    size_t rows = wzp_tui_help_rows(t);
    long top = (long)t->overlay_top + step;
    t->overlay_top = top < 0 ? 0 : (size_t)top >= rows ? (rows ? rows - 1 : 0) : (size_t)top;
    wzp_tui_touch(t);
    return 0;
}

static long page_of(const struct wzp_tui *t)
{
    long page =
        t->overlay != WZP_OVERLAY_NONE ? t->canvas.height - 6 : (long)t->lists[t->screen].page - 1;
    return page > 1 ? page : 1;
}

COMMAND(up)
{
    UNUSED;
    return move(t, -1);
}

COMMAND(down)
{
    UNUSED;
    return move(t, 1);
}

COMMAND(page_up)
{
    UNUSED;
    return move(t, -page_of(t));
}

COMMAND(page_down)
{
    UNUSED;
    return move(t, page_of(t));
}

COMMAND(first)
{
    UNUSED;
    return move(t, -1000000000);
}

COMMAND(last)
{
    UNUSED;
    return move(t, 1000000000);
}

COMMAND(open)
{
    (void)rest;
    const struct wzp_tui_screen *s = wzp_screens[t->screen];
    return s->open ? s->open(t, now, err) : 0;
}

COMMAND(find_next)
{
    UNUSED;
    if (!wzp_tui_list_search(t, 1, false))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing more is found");
    return 0;
}

COMMAND(find_previous)
{
    UNUSED;
    if (!wzp_tui_list_search(t, -1, false))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing more is found");
    return 0;
}

COMMAND(search)
{
    UNUSED;
    wzp_tui_type(t, WZP_TYPING_SEARCH, "");
    return 0;
}

COMMAND(command)
{
    UNUSED;
    wzp_tui_type(t, WZP_TYPING_COMMAND, "");
    return 0;
}

COMMAND(type)
{
    (void)now;
    (void)err;
    char text[WZP_KEYMAP_COMMAND_MAX + 2];
    snprintf(text, sizeof text, "%.90s ", rest);
    wzp_tui_type(t, WZP_TYPING_COMMAND, text);
    return 0;
}

COMMAND(edit)
{
    (void)now;
    wzp_tui_touch(t);
    int result = wzp_tui_edit(t, rest);
    return result == WZP_E_UNKNOWN ? wzp_error_set(err, result, "edit knows no \"%.40s\"", rest)
                                   : 0;
}

static void leave(struct wzp_tui *t)
{
    t->leaving = true;
    if (t->config.quit)
        t->config.quit(t->config.context);
}

/* The pages of the first run: the words are shown when somebody says so, and devices follow. */
static void go_on(struct wzp_tui *t, enum wzp_overlay was, uint64_t now)
{
    if (was == WZP_OVERLAY_WELCOME && t->view->words) {
        t->overlay = WZP_OVERLAY_WORDS;
        return;
    }
    t->first_run = false;
    if (!wzp_screen_offered(t, WZP_SCREEN_DEVICES))
        return;
    wzp_tui_show(t, WZP_SCREEN_DEVICES);
    (void)run_view(t, "try levels", now, NULL); /* what is wrong is seen when one tries */
}

COMMAND(confirm)
{
    (void)rest;
    if (t->typing != WZP_TYPING_NOT)
        return wzp_tui_accept(t, now, err);
    enum wzp_overlay was = t->overlay;
    t->overlay = WZP_OVERLAY_NONE;
    wzp_tui_touch(t);
    if (was == WZP_OVERLAY_QUIT)
        leave(t);
    else if (t->first_run)
        go_on(t, was, now);
    return 0;
}

COMMAND(close)
{
    UNUSED;
    if (t->typing == WZP_TYPING_ANSWER) {
        wzp_tui_type(t, WZP_TYPING_NOT, "");
        wzp_tui_answer(t, NULL);
    } else if (t->typing != WZP_TYPING_NOT)
        wzp_tui_type(t, WZP_TYPING_NOT, "");
    else if (t->overlay == WZP_OVERLAY_HELP && t->help_search[0])
        t->help_search[0] = '\0';
    else if (t->first_run && t->overlay != WZP_OVERLAY_HELP) { /* the words another time */
        t->overlay = WZP_OVERLAY_NONE;
        go_on(t, WZP_OVERLAY_WORDS, now);
    } else {
        t->overlay = WZP_OVERLAY_NONE;
    }
    t->notice.text[0] = '\0';
    wzp_tui_touch(t);
    return 0;
}

COMMAND(help)
{
    UNUSED;
    t->overlay = t->overlay == WZP_OVERLAY_HELP ? WZP_OVERLAY_NONE : WZP_OVERLAY_HELP;
    t->overlay_top = 0;
    t->help_search[0] = '\0';
    if (rest[0])
        wzp_text_copy(t->help_search, sizeof t->help_search, rest);
    return 0;
}

COMMAND(show_contact)
{
    UNUSED;
    t->overlay = WZP_OVERLAY_CONTACT;
    return 0;
}

COMMAND(show_words)
{
    UNUSED;
    if (!t->view->words)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the words cannot be shown here");
    t->overlay = WZP_OVERLAY_WORDS;
    return 0;
}

COMMAND(theme)
{
    (void)now;
    const struct wzp_theme *theme = wzp_theme_find(rest);
    if (!theme)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "themes are dark, light, mono and contrast, not \"%.40s\"", rest);
    t->theme = theme;
    t->signal.redraw = true;
    return 0;
}

COMMAND(redraw)
{
    UNUSED;
    t->signal.redraw = true;
    return 0;
}

COMMAND(suspend)
{
    UNUSED;
    if (t->config.suspend)
        t->config.suspend(t->config.context);
    return 0;
}

COMMAND(take_over)
{
    (void)rest;
    int result = t->config.take_over
                     ? t->config.take_over(t->config.context, err)
                     : wzp_error_set(err, WZP_E_UNSUPPORTED, "that cannot be done here");
    if (result == 0)
        wzp_tui_notice(t, WZP_STYLE_NORMAL, "Asked the other softphone to end ...", now);
    return result;
}

COMMAND(quit)
{
    UNUSED;
    struct wzp_view_session s;
    if (t->leaving || t->overlay == WZP_OVERLAY_QUIT || !wzp_tui_focused(t, &s))
        leave(t);
    else
        t->overlay = WZP_OVERLAY_QUIT;
    return 0;
}

COMMAND(bind)
{
    (void)now;
    char line[256];
    snprintf(line, sizeof line, "bind %.240s", rest);
    return wzp_keymap_line(&t->keymap, line, WZP_KEY_TYPED, err);
}

COMMAND(unbind)
{
    (void)now;
    char line[256];
    snprintf(line, sizeof line, "unbind %.240s", rest);
    return wzp_keymap_line(&t->keymap, line, WZP_KEY_TYPED, err);
}

/* ---- calls ---- */

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

/* Of the selected member of a room, else of the other one in the call. change: "+10", "0", ... */
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
    return run_view(t, line, now, err);
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

/* Nothing is lost by one key: the line is typed, and wants its Enter. */
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

/* Where there is none yet its name is asked for. */
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
    return run_view(t, line, now, err);
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
    return run_view(t, line, now, err);
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
    return run_view(t, "try tone", now, err);
}

COMMAND(hear_myself)
{
    (void)rest;
    struct wzp_view_sound sound = {0};
    if (t->view->sound)
        t->view->sound(t->view->context, &sound);
    return run_view(t, sound.hears ? "try off" : "try hear", now, err);
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
        result = run_view(t, line, now, err);
    }
    return result;
}

static const struct wzp_tui_command commands[] = {
    {"screen", "NAME", "shows a screen", do_screen},
    {"next-screen", "", "the screen to the right", do_next_screen},
    {"previous-screen", "", "the screen to the left", do_previous_screen},
    {"up", "", "one row up", do_up},
    {"down", "", "one row down", do_down},
    {"page-up", "", "one page up", do_page_up},
    {"page-down", "", "one page down", do_page_down},
    {"first", "", "to the first row", do_first},
    {"last", "", "to the last row", do_last},
    {"open", "", "does what the selected row is for", do_open},
    {"search", "", "looks for a text in the list, or in this help", do_search},
    {"find-next", "", "the next row that holds the text", do_find_next},
    {"find-previous", "", "the row before that holds the text", do_find_previous},
    {"command", "", "types a command", do_command},
    {"type", "TEXT", "types a command that begins with TEXT", do_type},
    {"edit", "ACTION", "in the line: left, word-left, delete-left, complete, older, ...", do_edit},
    {"confirm", "", "yes; the end of typing", do_confirm},
    {"close", "", "no; closes what lies on top", do_close},
    {"help", "[TEXT]", "keys and commands, those that hold TEXT", do_help},
    {"answer-call", "", "answers who is calling", do_answer_call},
    {"answer-privately", "", "answers, and gives no address away: over the relay only",
     do_answer_privately},
    {"decline-call", "", "says no to who is calling", do_decline_call},
    {"ignore-call", "", "takes the call from the screen; it rings on for the caller",
     do_ignore_call},
    {"end-call", "", "hangs up this call, or leaves this room", do_end_call},
    {"toggle-mute", "", "nobody hears you, or again", do_toggle_mute},
    {"toggle-hold", "", "holds this call, or goes on", do_toggle_hold},
    {"louder", "", "the other one, or who is selected in a room, by 10 %", do_louder},
    {"quieter", "", "the same the other way", do_quieter},
    {"silence", "", "you do not hear them, or again", do_silence},
    {"talk", "", "while pressed, you are heard in spite of mute", do_talk},
    {"code-agrees", "", "you compared the safety code aloud, and it is the same", do_code_agrees},
    {"next-call", "", "the next of several calls", do_next_call},
    {"previous-call", "", "the call before", do_previous_call},
    {"forget-selected", "", "forgets the selected calls, or relay; asks first", do_forget_selected},
    {"use-relay", "", "registers at the selected relay from now on", do_use_relay},
    {"stop-script", "", "ends the selected script", do_stop_script},
    {"use-microphone", "", "the selected device for what you say", do_use_microphone},
    {"use-loudspeaker", "", "the selected device for what you hear", do_use_loudspeaker},
    {"test-tone", "", "plays a tone on the loudspeaker", do_test_tone},
    {"hear-myself", "", "what you say comes back a second later, or no longer", do_hear_myself},
    {"ping-all", "", "measures all relays", do_ping_all},
    {"show-contact", "", "your own contact, as text and QR code", do_show_contact},
    {"show-words", "", "the 24 words of your identity, to write down", do_show_words},
    {"bind", "CONTEXT KEY COMMAND", "a key for a command", do_bind},
    {"unbind", "CONTEXT KEY", "a key that means nothing any more", do_unbind},
    {"theme", "NAME", "dark, light, mono, contrast", do_theme},
    {"redraw", "", "draws the whole screen anew", do_redraw},
    {"suspend", "", "back to the shell; fg comes back", do_suspend},
    {"take-over", "", "ends another softphone of yours, and takes its place", do_take_over},
    {"quit", "", "hangs up everything and leaves", do_quit},
};

const struct wzp_tui_command *wzp_tui_command(size_t i)
{
    return i < sizeof commands / sizeof commands[0] ? &commands[i] : NULL;
}

int wzp_tui_run(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err)
{
    char copy[WZP_LINE_MAX + 80]; /* without blanks around it */
    t->now = now;
    line += strspn(line, " :");
    size_t size = strlen(line);
    while (size > 0 && line[size - 1] == ' ')
        size--;
    if (size >= sizeof copy)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the command is too long");
    memcpy(copy, line, size);
    copy[size] = '\0';
    size_t length = strcspn(copy, " ");
    const char *rest = copy + length + strspn(copy + length, " ");
    wzp_tui_touch(t);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strlen(commands[i].name) == length && strncmp(commands[i].name, copy, length) == 0)
            return commands[i].run(t, rest, now, err);
    return run_view(t, copy, now, err);
}

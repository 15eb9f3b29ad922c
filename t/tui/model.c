/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What keys, events and time do to the screen's state: no terminal and no clock are involved. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"
#include "tui/lib_canned.h"

#define MS WZP_MILLISECOND
static struct canned canned;
static struct wzp_tui *tui;
static bool has_quit, has_stopped;

static void on_quit(void *context)
{
    (void)context;
    has_quit = true;
}

static void on_suspend(void *context)
{
    (void)context;
    has_stopped = true;
}

static struct wzp_tui *begin(int width, int height)
{
    canned_init(&canned);
    has_quit = has_stopped = false;
    struct wzp_tui_config config = {.view = &canned.view, .quit = on_quit, .suspend = on_suspend};
    if (wzp_tui_new(&tui, &config, WZP_SECOND) || wzp_tui_resize(tui, width, height)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
    wzp_tui_draw(tui, WZP_SECOND);
    return tui;
}

static void end(void)
{
    wzp_tui_free(tui);
    tui = NULL;
}

static void press(const char *name, uint64_t now)
{
    canned_press(tui, name, now);
}

#define shows(text, now) canned_shows(tui, text, now)
#define lacks(text, now) canned_lacks(tui, text, now)
#define T WZP_SECOND * 10

static void ring(wzp_session_id id, uint64_t now)
{
    canned_incoming(&canned, id);
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, id);
    event.u.incoming.why = "";
    wzp_tui_event(tui, &event, now);
}

static void test_answer(void)
{
    begin(80, 24);
    wzp_tui_draw(tui, T);
    ring(9, T);
    is_int(wzp_tui_due(tui), 0, "an incoming call is drawn at once");
    struct wzp_tui_signal signal;
    ok(wzp_tui_signal(tui, &signal) && signal.bell && signal.title_changed,
       "it rings, and the title tells");
    ok(strstr(signal.title, "\"Mallory ? evil\" is calling"), "who: %s", signal.title);
    ok(strstr(signal.notification, "Mallory"), "the desktop is told");
    wzp_tui_signal(tui, &signal);
    ok(!signal.bell && !signal.notification[0], "once");
    ok(shows("a stranger: not in your contacts", T) && shows("not proven", T),
       "what is known of the caller is said");
    press("a", T + 299 * MS);
    is_str(canned_last(&canned), "", "a key that was meant for something else does not answer");
    press("F5", T + 299 * MS);
    is_str(canned_last(&canned), "", "nor does the key that works everywhere");
    press("a", T + 300 * MS);
    is_str(canned_last(&canned), "answer 9", "300 ms later it does");
    ok(shows("2Calls", T), "and the call is shown");
    end();
    begin(80, 24);
    ring(9, T);
    press("p", T + 400 * MS);
    is_str(canned_last(&canned), "private 9", "privately");
    press("d", T + 400 * MS);
    is_str(canned_last(&canned), "decline 9", "or not at all");
    press("i", T + 400 * MS);
    ok(lacks("Incoming call", T + 400 * MS), "an ignored call leaves the screen");
    press("a", T + 500 * MS);
    is_str(canned_last(&canned), "ignore 9", "and its keys mean nothing any more");
    end();
}

/* A truncated fingerprint may be somebody else's. */
static void test_narrow_incoming(void)
{
    begin(40, 20);
    ring(9, T);
    ok(shows("9c1e:0001:ffee:1234:", T) && shows("5678:9abc:def0:4242", T),
       "a caller's fingerprint is whole in a narrow terminal, too");
    end();
}

static void test_typing_is_safe(void)
{
    begin(80, 24);
    press("c", T);
    ring(9, T);
    canned_type(tui, "add d", T + WZP_SECOND);
    is_str(canned_last(&canned), "", "a call that comes while somebody types steals no key");
    ok(shows(":call add d", T + WZP_SECOND) && shows("Incoming call", T + WZP_SECOND),
       "and is seen all the same");
    wzp_tui_paste(tui, "\x1b[A\nd\n", 6, T + WZP_SECOND);
    ok(shows(":call add d?[A d", T + WZP_SECOND), "what is pasted is text");
    press("F6", T + WZP_SECOND);
    is_str(canned_last(&canned), "decline 9", "some keys work while typing, too");
    press("Esc", T + WZP_SECOND);
    canned.session_count = 0;
    wzp_tui_paste(tui, "xxqd", 4, T + WZP_SECOND);
    is_str(canned_last(&canned), "decline 9", "pasted text is never a key");
    ok(!has_quit, "not even q");
    end();
}

static void test_calls(void)
{
    begin(80, 24);
    canned_call(&canned, 7);
    press("m", T);
    is_str(canned_last(&canned), "mute 7", "m mutes the call");
    canned.sessions[0].stats.muted = true;
    press("F2", T);
    is_str(canned_last(&canned), "unmute 7", "F2 as well, and back");
    press("o", T);
    is_str(canned_last(&canned), "hold 7", "o holds it");
    canned_call(&canned, 8)->stats.held = true;
    press("2", T);
    press("Down", T);
    press("Enter", T);
    ok(canned.line_count >= 2 && strcmp(canned.lines[canned.line_count - 2], "hold 7") == 0 &&
           strcmp(canned_last(&canned), "resume 8") == 0,
       "Enter goes to the other call and holds the first");
    press("x", T);
    is_str(canned_last(&canned), "hangup 8", "x hangs up what is in focus");
    press("[", T);
    press("v", T);
    is_str(canned_last(&canned), "verify 7", "[ goes back, v says that the code agrees");
    canned.run_result = WZP_E_STATE;
    press("x", T);
    ok(shows("that did not work", T), "what fails is told");
    canned.run_result = 0;
    press(":", T);
    canned_type(tui, "call Bob", T);
    press("Enter", T);
    is_str(canned_last(&canned), "hold 7", "a new call holds those that are heard");
    press("q", T);
    ok(!has_quit && shows("2 calls are still running", T), "q asks while calls run");
    press("Esc", T);
    press("q", T);
    press("Enter", T);
    ok(has_quit, "Enter leaves");
    end();
}

static void test_talk(void)
{
    begin(80, 24);
    canned_call(&canned, 7)->stats.muted = true;
    press("2", T);
    uint64_t now = T;
    press("Space", now);
    is_str(canned_last(&canned), "unmute 7", "Space talks");
    ok(shows("TALKING", now), "which is seen");
    now += 500 * MS; /* the key begins to repeat */
    for (int i = 0; i < 40; i++, now += 33 * MS) {
        press("Space", now);
        wzp_tui_tick(tui, now);
    }
    is_str(canned_last(&canned), "unmute 7", "a held key talks on");
    wzp_tui_tick(tui, now + 500 * MS);
    is_str(canned_last(&canned), "mute 7", "until its repeats end");
    now += 5 * WZP_SECOND;
    press("Space", now);
    wzp_tui_tick(tui, now + 20 * WZP_SECOND);
    is_str(canned_last(&canned), "unmute 7", "one press switches on");
    press("Space", now + 21 * WZP_SECOND);
    is_str(canned_last(&canned), "mute 7", "and the next off");
    press("Space", now + 30 * WZP_SECOND);
    wzp_tui_tick(tui, now + 91 * WZP_SECOND);
    is_str(canned_last(&canned), "mute 7", "or the time-out");
    now += 100 * WZP_SECOND;
    wzp_tui_key(tui, (struct wzp_key){.code = WZP_KEY_RELEASES}, now);
    wzp_tui_key(tui, (struct wzp_key){.code = WZP_KEY_SPACE}, now);
    wzp_tui_key(tui, (struct wzp_key){.code = WZP_KEY_SPACE, .kind = WZP_KEY_REPEAT},
                now + 30 * WZP_SECOND);
    is_str(canned_last(&canned), "unmute 7", "where releases are told");
    wzp_tui_key(tui, (struct wzp_key){.code = WZP_KEY_SPACE, .kind = WZP_KEY_RELEASE},
                now + 31 * WZP_SECOND);
    is_str(canned_last(&canned), "mute 7", "the release ends it at once");
    canned.sessions[0].stats.muted = false;
    press("Space", now + 40 * WZP_SECOND);
    ok(shows("mute first", now + 40 * WZP_SECOND), "who is heard anyway is told so");
    end();
}

/* Searches, and calls the contact that was found. */
static void call_found(const char *words)
{
    press("/", T);
    canned_type(tui, words, T);
    press("Enter", T);
    press("Enter", T);
}

static void test_lists(void)
{
    begin(80, 24);
    call_found("4242");
    is_str(canned_last(&canned), "call 1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
           "what stands inside a fingerprint by chance is not what was looked for");
    press("1", T);
    call_found("9C1E:0");
    is_str(canned_last(&canned), "call 9c1e:0001:ffee:1234:5678:9abc:def0:4242",
           "its beginning is");
    press("1", T);
    canned.contact_count = 10000;
    press("End", T);
    ok(shows("Contact 9999", T), "the last of 10 000 contacts");
    press("/", T);
    canned_type(tui, "contact 4321", T);
    ok(shows("Contact 4321", T), "is found as it is typed");
    press("Enter", T);
    press("Enter", T);
    is_str(canned_last(&canned), "call 0000:0000:0000:0000:0000:0000:0000:0000", "Enter calls it");
    press("1", T);
    canned.contact_count = 2;
    ok(shows("Bob from work", T), "a list that shrank");
    canned.contact_count = 0;
    press("Down", T);
    press("Enter", T);
    ok(shows("no contact is selected", T), "even to nothing");
    press("4", T);
    press("Enter", T);
    is_str(canned_last(&canned), "call 1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
           "history calls again");
    press("8", T);
    press("End", T);
    press("Enter", T);
    press("C-u", T);
    canned_type(tui, "45", T);
    press("Enter", T);
    ok(canned.line_count >= 2 &&
           strcmp(canned.lines[canned.line_count - 2], "set ring_seconds 45") == 0,
       "a setting is edited in place");
    is_str(canned_last(&canned), "keep ring_seconds", "and kept");
    press("6", T);
    press("Enter", T);
    is_str(canned.lines[canned.line_count - 2], "set out alsa:default",
           "a device is chosen for both ways");
    is_str(canned_last(&canned), "keep out", "and the next time, too");
    end();
}

static void test_words(void)
{
    begin(80, 24);
    press(":", T);
    canned_type(tui, "theme no", T);
    press("Enter", T);
    ok(shows("themes are dark, light, mono and contrast", T), "a wrong command is told");
    press(":", T);
    canned_type(tui, "bind global Z call echo", T);
    press("Enter", T);
    press("Z", T);
    is_str(canned_last(&canned), "call echo", "a key can be bound while it runs");
    press(":", T);
    press("Up", T);
    press("Enter", T);
    press(":", T);
    canned_type(tui, "thm", T);
    press("Backspace", T);
    canned_type(tui, "e", T);
    press("Tab", T);
    ok(shows(":theme", T), "one candidate is completed");
    canned_type(tui, "c", T);
    press("Tab", T);
    press("Enter", T);
    is_str(wzp_tui_theme(tui)->name, "contrast", "and so is its argument");
    press("?", T);
    press("/", T);
    canned_type(tui, "echo", T);
    press("Enter", T);
    ok(shows("Z ", T) && shows("typed", T), "help shows bindings as they are, and where from");
    press("Esc", T);
    press("Esc", T);
    press("C-z", T);
    ok(has_stopped, "ctrl-z");
    static const char file[] = "bind global y quit\nnonsense\n";
    wzp_tui_keys(tui, file, sizeof file - 1, T);
    ok(shows("1 line of keys.conf is wrong", T), "a wrong keys.conf is told");
    press("y", T);
    ok(has_quit, "and the rest of it holds");
    end();
}

static void test_silence(void)
{
    begin(80, 24);
    canned_call(&canned, 7)->stats.level_in_dbfs = -127;
    uint64_t now = T;
    for (; now <= T + 5 * WZP_SECOND; now += 200 * MS)
        wzp_tui_tick(tui, now);
    ok(shows("Your microphone gives silence", now), "a silent microphone is told within 5 s");
    canned.sessions[0].stats.muted = true;
    for (; now <= T + 30 * WZP_SECOND; now += 200 * MS)
        wzp_tui_tick(tui, now);
    ok(lacks("Your microphone gives silence", now), "not to one who is muted, and not for ever");
    end();
}

static void test_screen_not_offered(void)
{
    begin(80, 24);
    canned.view.check = NULL;
    press("5", T);
    ok(shows("screen netcheck is not offered here", T), "a screen without what it shows says so");
    canned.facts.demo = true;
    press("5", T);
    ok(shows("screen netcheck is not offered in a demonstration", T), "in a demonstration, too");
    struct wzp_error err = {0};
    is_int(wzp_tui_run(tui, "screen nonsense", T, &err), WZP_E_NOT_FOUND, "one that is none");
    end();
}

static void test_time(void)
{
    begin(80, 24);
    wzp_tui_draw(tui, T);
    ok(wzp_tui_expiry(tui) == WZP_NEVER, "without a call nothing moves: no timer at all");
    ok(wzp_tui_due(tui) == WZP_NEVER, "and no picture is due");
    canned_call(&canned, 7);
    wzp_tui_tick(tui, T);
    ok(wzp_tui_expiry(tui) <= T + 200 * MS && wzp_tui_expiry(tui) > T,
       "in a call meters move five times a second");
    end();
    canned_init(&canned);
    canned_call(&canned, 7);
    struct wzp_tui_config config = {.view = &canned.view, .bytes_per_second = 400};
    if (wzp_tui_new(&tui, &config, T) || wzp_tui_resize(tui, 80, 24)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
    wzp_tui_draw(tui, T);
    wzp_tui_drawn(tui, 1200, T);
    wzp_tui_tick(tui, T + WZP_SECOND);
    is_int(wzp_tui_due(tui), T + 3 * WZP_SECOND,
           "on a slow line 1200 bytes buy three seconds of rest");
    canned_press(tui, "4", T + WZP_SECOND);
    is_int(wzp_tui_due(tui), 0, "but a key is answered at once");
    end();
}

static void test_notices(void)
{
    begin(80, 24);
    wzp_tui_notice(tui, WZP_STYLE_WARN, "the first", T);
    wzp_tui_notice(tui, WZP_STYLE_WARN, "the second", T + 100 * MS);
    ok(shows("the first", T + 200 * MS), "a notice is not taken away before it was read");
    wzp_tui_tick(tui, T + 2 * WZP_SECOND);
    ok(shows("the second", T + 2 * WZP_SECOND), "then comes the next");
    press("[", T + 2 * WZP_SECOND);
    ok(shows("there is no call", T + 2 * WZP_SECOND), "what a key says is said at once");
    for (int i = 0; i < 100; i++)
        wzp_tui_notice(tui, WZP_STYLE_WARN, "again", T + 2 * WZP_SECOND);
    wzp_tui_tick(tui, T + 12 * WZP_SECOND);
    ok(wzp_tui_expiry(tui) <= T + 22 * WZP_SECOND, "and there is an end to many");
    end();

    begin(80, 24);
    canned.says_paths = true;
    struct wzp_event path = canned_event(WZP_EVENT_PATH, 5);
    path.u.path.remote = "the old";
    path.u.path.relay = path.u.path.why = "";
    wzp_tui_event(tui, &path, T);
    wzp_tui_notice(tui, WZP_STYLE_NORMAL, "something else", T);
    ok(shows("media path: the old", T), "a path is told");
    path.u.path.remote = "the new";
    wzp_tui_event(tui, &path, T + 100 * MS);
    ok(lacks("the old", T + 100 * MS) && shows("something else", T + 100 * MS),
       "and no longer than it holds");
    wzp_tui_tick(tui, T + 3 * WZP_SECOND);
    ok(shows("media path: the new", T + 3 * WZP_SECOND), "the one that holds is told in turn");
    end();
}

static void test_missed(void)
{
    const struct wzp_view_past declined = {.kind = WZP_VIEW_IN, .reason = WZP_END_DECLINED};
    const struct wzp_view_past cancelled = {.kind = WZP_VIEW_IN, .reason = WZP_END_CANCELLED};
    const struct wzp_view_past out = {.kind = WZP_VIEW_OUT, .reason = WZP_END_CANCELLED};
    ok(!wzp_view_was_missed(&declined), "a call that was declined was not missed");
    ok(wzp_view_was_missed(&cancelled), "one that nobody took was");
    ok(!wzp_view_was_missed(&out), "one's own is never missed");
}

static void test_members(void)
{
    static struct wzp_member many[1500];
    begin(80, 24);
    canned_room(&canned, 5);
    for (size_t i = 0; i < 1500; i++) {
        snprintf(many[i].fingerprint, sizeof many[i].fingerprint, "%04zx:0000", i);
        snprintf(many[i].alias, sizeof many[i].alias, "Member %zu", i);
        many[i].unproven = i == 998;
    }
    struct wzp_event event = canned_event(WZP_EVENT_MEMBERS, 5);
    event.u.members.items = many;
    event.u.members.count = 1500;
    wzp_tui_event(tui, &event, T);
    press("3", T);
    press("End", T);
    ok(shows("Member 999", T) && shows("1000 here", T), "a thousand members of a room, no more");
    ok(shows("(unproven) \"Member", T) && shows("  \"Member 997\"", T),
       "who did not prove the key is marked");
    for (int i = 0; i < 100; i++) {
        snprintf(many[0].alias, sizeof many[0].alias, "\x1b]2;name %d\a", i);
        wzp_tui_event(tui, &event, T);
    }
    press("Home", T);
    ok(shows("?]2;name 99?", T), "one who changes its name all the time is shown, harmless");
    struct wzp_event ended = canned_event(WZP_EVENT_ENDED, 5);
    ended.u.ended.text = "";
    canned.session_count = 0;
    wzp_tui_event(tui, &ended, T);
    ok(shows("You are in no room", T), "and gone when the room is");
    end();
}

static void test_log(void)
{
    begin(80, 24);
    for (int i = 0; i < 1200; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d", i);
        wzp_tui_log(tui, WZP_LOG_INFO, line);
    }
    press("0", T);
    ok(shows("line 1199", T) && lacks("line 699 ", T), "the newest 500 lines of the log are kept");
    press("Home", T);
    wzp_tui_log(tui, WZP_LOG_INFO, "the very last");
    ok(lacks("the very last", T), "who reads further up is not disturbed");
    end();
}

/* Volumes: of the selected member of a room, of the other side of a call. */
static void test_volumes(void)
{
    static const struct wzp_member list[] = {
        {.fingerprint = "c0de:5678:9abc:def0:1234:5678:9abc:def0", .alias = "Quiet Otter"},
        {.fingerprint = "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
         .alias = "Ann",
         .name = "Annette"},
        {.fingerprint = "9c1e:0001:ffee:1234:5678:9abc:def0:4242", .alias = "(unproven) Annette"},
    };
    begin(100, 24);
    canned_room(&canned, 5);
    struct wzp_event event = canned_event(WZP_EVENT_MEMBERS, 5);
    event.u.members.items = list;
    event.u.members.count = 3;
    wzp_tui_event(tui, &event, T);
    press("3", T);
    ok(shows("120 %", T) && shows("silent", T), "volumes of members are seen");
    ok(shows("3 here", T) && shows("Unknown voice", T),
       "and a voice of nobody whom the relay names");
    ok(shows("  Annette", T) && shows("\"(unproven) Annette\"", T),
       "a contact has the name that we gave, others theirs in quotes");
    press("+", T);
    ok(shows("select somebody else", T), "your own voice has no volume");
    press("Down", T);
    press("+", T);
    is_str(canned_last(&canned), "volume +10 \"1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845\" 5",
           "+ makes the selected member louder");
    press("s", T);
    is_str(canned_last(&canned), "volume 0 \"1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845\" 5",
           "s silences somebody");
    press("Down", T);
    press("s", T);
    is_str(canned_last(&canned), "volume 100 \"9c1e:0001:ffee:1234:5678:9abc:def0:4242\" 5",
           "and who is silent is heard again");
    press("End", T);
    press("-", T);
    is_str(canned_last(&canned), "volume -10 \"#257\" 5", "Unknown voice has one, too");
    end();
    begin(80, 24);
    canned_call(&canned, 7);
    press("2", T);
    press("-", T);
    is_str(canned_last(&canned), "volume -10 \"\" 7", "in a call it is that of the other one");
    end();
}

/* The devices screen: a choice is saved, the sound test ends when the screen is left. */
static void test_devices(void)
{
    begin(80, 24);
    press("6", T);
    ok(shows("at rest: h, and speak", T), "at rest the devices say how they are tried");
    canned.view.no_card = true;
    press("6", T);
    ok(shows("There is no sound card here", T), "and that there is no sound card");
    canned.view.no_card = false;
    press("h", T);
    is_str(canned_last(&canned), "try hear", "h lets one hear oneself");
    canned.sound = (struct wzp_view_sound){
        .running = true, .hears = true, .level_in_dbfs = -20, .level_out_dbfs = -26};
    ok(shows("comes back a second later", T) && shows("-20 dB", T), "with meters");
    press("h", T);
    is_str(canned_last(&canned), "try off", "and no longer");
    press("t", T);
    is_str(canned_last(&canned), "try tone", "t plays a tone");
    press("Down", T);
    press("i", T);
    ok(strcmp(canned.lines[canned.line_count - 2], "set in alsa:headset") == 0 &&
           strcmp(canned_last(&canned), "keep in") == 0,
       "i chooses a microphone, and keeps it");
    press("Down", T);
    press("i", T);
    ok(shows("that device is no microphone", T), "what is none is told");
    press("Enter", T);
    ok(strcmp(canned.lines[canned.line_count - 2], "set out alsa:hdmi") == 0 &&
           strcmp(canned_last(&canned), "keep out") == 0,
       "Enter takes it for what it can be");
    press("1", T);
    is_str(canned_last(&canned), "try off", "who leaves the screen ends the trial");
    end();
    begin(80, 24);
    wzp_tui_first_run(tui);
    ok(shows("Welcome", T) && lacks("abandon", T), "the first run welcomes, without a secret");
    press("Enter", T);
    ok(shows("abandon", T) && shows("actual", T), "the 24 words come when one says so");
    press("Enter", T);
    ok(shows("Microphone", T) && lacks("abandon", T), "then the devices");
    is_str(canned_last(&canned), "try levels", "with meters that live");
    end();
    begin(80, 24);
    wzp_tui_first_run(tui);
    press("Esc", T);
    ok(shows("Microphone", T) && lacks("abandon", T), "who wants no words now sees none");
    end();
}

/* Earlier rooms, and forgetting them. */
static void test_past(void)
{
    begin(80, 24);
    press("3", T);
    ok(shows("Rooms you were in", T) && shows("general", T), "rooms of the past are offered");
    press("Enter", T);
    is_str(canned_last(&canned), "room \"general\"", "Enter joins one again");
    press("d", T);
    ok(shows(":forget-calls \"general\"", T), "d asks before it forgets");
    press("Esc", T);
    is_str(canned_last(&canned), "room \"general\"", "and does not, unless one says so");
    press("d", T);
    press("Enter", T);
    is_str(canned_last(&canned), "forget-calls \"general\"", "Enter says so");
    press("4", T);
    press("d", T);
    press("Enter", T);
    is_str(canned_last(&canned), "forget-calls \"1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845\"",
           "calls of the history, too");
    canned.past_count = 0;
    press("d", T);
    ok(shows("select a call or a room", T), "where there is nothing, nothing is forgotten");
    end();
}

static void test_lines(void)
{
    begin(80, 24);
    wzp_tui_notice(tui, WZP_STYLE_WARN, "first\nsecond", T);
    ok(shows("! first", T) && lacks("second", T) && lacks("first?", T),
       "a notice is its first line");
    press("0", T);
    ok(shows("W first", T) && shows("W second", T), "the log has all of it");
    end();
}

static void test_items(void)
{
    begin(120, 24);
    wzp_tui_item(tui, "load", "12 calls");
    wzp_tui_item(tui, "line", "good\033[31m");
    ok(shows("12 calls  good?[31m", T), "items of scripts stand in the bar, safe to show");
    wzp_tui_item(tui, "load", "13 calls");
    ok(shows("13 calls", T) && lacks("12 calls", T), "one changes");
    wzp_tui_item(tui, "load", "");
    wzp_tui_item(tui, "nothing", "");
    ok(lacks("calls", T) && shows("good", T), "and goes");
    char name[16];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "item%d", i);
        wzp_tui_item(tui, name, "x");
    }
    ok(shows("good", T), "there is an end to many");
    end();
}

static char answered[80];

static void on_answer(void *context, unsigned number, const char *text)
{
    (void)context;
    snprintf(answered, sizeof answered, "%u %s", number, text ? text : "none");
}

/* A room that requires a password: it is asked for, hidden while typed, and used. */
static void test_locked_room(void)
{
    begin(80, 24);
    struct wzp_event ended = canned_event(WZP_EVENT_ENDED, 5);
    ended.about.is_room = true;
    ended.about.room = "board";
    ended.u.ended.reason = WZP_END_REFUSED;
    wzp_tui_event(tui, &ended, T);
    ok(lacks("Password", T), "a room that refuses for another reason asks for nothing");
    ended.u.ended.password_wanted = true;
    wzp_tui_event(tui, &ended, T);
    ok(shows("Password of board:", T), "one that wants a password asks for it");
    canned_type(tui, "correct horse", T);
    ok(lacks("horse", T), "which is not shown");
    press("Enter", T);
    is_str(canned_last(&canned), "room board \"correct horse\"", "and it is joined with that");
    wzp_tui_event(tui, &ended, T);
    canned_type(tui, "a\"b", T);
    press("Enter", T);
    is_str(canned_last(&canned), "room board 'a\"b'", "also where it holds a quote");
    wzp_tui_event(tui, &ended, T);
    canned_type(tui, "a\"b'c", T);
    press("Enter", T);
    ok(shows("wzp room --password", T), "one with both says where it can be given");
    size_t before = canned.line_count;
    wzp_tui_event(tui, &ended, T);
    press("Esc", T);
    ok(canned.line_count == before && lacks("Password", T), "who does not want to is left alone");
    end();
}

/* Scripts beside the screen: status items, questions, keys. */
static void test_programs(void)
{
    begin(80, 24);
    wzp_tui_item(tui, "tea", "tea at \x1b[2Jfour");
    ok(shows("tea at ?[2Jfour", T), "an item of a program stands in the bar, harmless");
    wzp_tui_item(tui, "tea", "");
    ok(lacks("tea at", T), "until it takes it away");
    for (int i = 0; i < 10; i++) {
        char name[8];
        snprintf(name, sizeof name, "%d", i);
        wzp_tui_item(tui, name, "item");
    }
    ok(shows("item", T), "too many find no place");
    is_int(wzp_tui_ask(tui, "Your name?", 7, on_answer, tui), 0, "a program asks");
    is_int(wzp_tui_ask(tui, "And yours?", 8, on_answer, NULL), WZP_E_STATE, "one at a time");
    ok(shows("Your name?", T), "which is seen");
    canned_type(tui, "Bob", T);
    press("Enter", T);
    is_str(answered, "7 Bob", "and answered");
    wzp_tui_ask(tui, "Again?", 9, on_answer, tui);
    press("Esc", T);
    is_str(answered, "9 none", "or not");
    wzp_tui_ask(tui, "Again?", 10, on_answer, tui);
    wzp_tui_ask_no_more(tui, tui);
    is_int(wzp_tui_ask_secret(tui, "Which word?", 11, on_answer, tui), 0,
           "it may ask for a secret");
    canned_type(tui, "sesame", T);
    ok(shows("Which word? ******", T) && lacks("sesame", T), "which nobody reads over a shoulder");
    press("Left", T);
    press("Backspace", T);
    ok(shows("Which word? *****", T) && lacks("******", T), "though it is edited as any line");
    press("Enter", T);
    is_str(answered, "11 sesae", "and answered");
    ok(lacks("sesae", T), "nothing of it stays");
    wzp_tui_ask_secret(tui, "Which word?", 12, on_answer, tui);
    canned_type(tui, "sesame", T);
    press("C-u", T);
    canned_type(tui, "open", T);
    press("Esc", T);
    press(":", T);
    press("C-y", T);
    ok(lacks("sesame", T) && lacks("open", T),
       "what was cut from a secret cannot be put elsewhere");
    press("Esc", T);
    strcpy(answered, "9 none");
    ok(lacks("Again?", T) && strcmp(answered, "9 none") == 0, "who is gone asks no more");
    struct wzp_error err = {0};
    is_int(wzp_tui_run(tui, "bind global F9 script-key 2 5 says hi", T, &err), 0,
           "a key of a program");
    press("F9", T);
    is_str(canned_last(&canned), "script-key 2 5 says hi", "is pressed");
    press("?", T);
    press("/", T);
    canned_type(tui, "says hi", T);
    press("Enter", T);
    ok(shows("F9", T), "the help knows it by what the script says of it");
    press("Esc", T);
    press("Esc", T);
    wzp_tui_unbind_line(tui, "script-key 2 ");
    press("F9", T);
    is_int(canned.line_count, 1, "and taken back with it");
    press("9", T);
    ok(shows("declines strangers", T) && shows("watching", T), "scripts and what they said");
    press("s", T);
    is_str(canned_last(&canned), "stop init.lua", "s stops one");
    press("Down", T);
    press("s", T);
    ok(shows("select a script that runs", T), "that runs");
    end();
}

/* The mouse, when it is enabled: screens, rows, the wheel; it never answers a question. */
static void test_mouse(void)
{
    begin(80, 24);
    wzp_tui_draw(tui, T);
    wzp_tui_click(tui, 0, 27, 1, T);
    ok(shows("yesterday 17:00", T), "the name of a screen shows it");
    wzp_tui_click(tui, 0, 2, 1, T);
    wzp_tui_draw(tui, T);
    wzp_tui_click(tui, 0, 10, 4, T);
    is_int(canned.line_count, 0, "a row is selected");
    wzp_tui_draw(tui, T);
    wzp_tui_click(tui, 0, 10, 4, T);
    is_str(canned_last(&canned), "call 9c1e:0001:ffee:1234:5678:9abc:def0:4242",
           "and does what Enter does, once more");
    press("1", T);
    wzp_tui_draw(tui, T);
    wzp_tui_click(tui, 65, 0, 0, T);
    press("Enter", T);
    is_str(canned_last(&canned), "call 77aa:1100:2233:4455:6677:8899:aabb:ccdd",
           "the wheel moves the list");
    press("1", T);
    ring(9, T);
    size_t before = canned.line_count;
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x += 3) {
            wzp_tui_draw(tui, T + WZP_SECOND);
            if (y != 1)
                wzp_tui_click(tui, 0, x, y, T + WZP_SECOND);
        }
    is_int(canned.line_count, before, "no place on the screen answers a call");
    wzp_tui_click(tui, 0, 5000, -3, T);
    wzp_tui_click(tui, 4000000000u, 0, 0, T);
    ok(shows("Incoming call", T + WZP_SECOND), "places that are none are nothing");
    end();
}

TAP_MAIN
{
    test_items();
    test_answer();
    test_narrow_incoming();
    test_typing_is_safe();
    test_calls();
    test_talk();
    test_lists();
    test_words();
    test_silence();
    test_screen_not_offered();
    test_time();
    test_notices();
    test_missed();
    test_members();
    test_volumes();
    test_devices();
    test_past();
    test_lines();
    test_mouse();
    test_locked_room();
    test_programs();
    test_log();
}

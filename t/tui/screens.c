/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every screen at four sizes, in UTF-8 and in ASCII, compared with sheets in t/tui/golden. With
 * WZP_SCREENS=FOLDER the sheets are written there instead ("make screens"), for a person to look at
 * and to keep. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "tui/lib_canned.h"

static void in_call(struct canned *c, struct wzp_tui *t, wzp_session_id id)
{
    struct wzp_event path = canned_event(WZP_EVENT_PATH, id);
    path.u.path.direct = true;
    path.u.path.remote = "198.51.100.23:40112";
    path.u.path.relay = "relay.example.org:4433";
    path.u.path.why = "both routers keep one port for everybody";
    struct wzp_event security = canned_event(WZP_EVENT_SECURITY, id);
    security.u.security.e2e = security.u.security.confirmed = true;
    security.u.security.sas = "0547-1281-1633";
    security.u.security.why = "";
    wzp_tui_event(t, &path, WZP_SECOND);
    wzp_tui_event(t, &security, WZP_SECOND);
    for (unsigned i = 0; i < 100; i++) { /* a line whose quality falls and rises again */
        struct wzp_session_stats *s = &c->sessions[0].stats;
        unsigned bad = i > 40 && i < 70;
        s->path.rtt_smoothed = (20 + i % 7 + 60 * bad) * WZP_MILLISECOND;
        s->heard.jitter.loss_percent_5s = bad ? 3 + i % 5 : 0.2 * (i % 3);
        s->heard.jitter.buffered_ms = 38 + 40 * bad + i % 4;
        s->bytes_sent += 3300;
        s->path.bytes_received += 4300;
        wzp_tui_tick(t, (2 + i) * WZP_SECOND);
    }
    c->sessions[0].stats.path.rtt_smoothed = 23 * WZP_MILLISECOND;
    c->sessions[0].stats.heard.jitter.loss_percent_5s = 0.4;
}

static void members(struct wzp_tui *t, wzp_session_id id)
{
    static const struct wzp_member list[] = {
        {.fingerprint = "c0de:5678:9abc:def0:1234:5678:9abc:def0",
         .alias = "Quiet Otter",
         .relay_label = ""},
        {.fingerprint = "1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845",
         .alias = "Ann",
         .name = "Ann",
         .relay_label = ""},
        {.fingerprint = "9c1e:0001:ffee:1234:5678:9abc:def0:4242",
         .alias = "Bob \x1b]0;evil\a",
         .relay_label = "relay-2"},
        {.fingerprint = "77aa:1100:2233:4455:6677:8899:aabb:ccdd",
         .alias = "渡辺 さくら",
         .relay_label = "relay-2"},
        {.fingerprint = "5e5e:2222:3333:4444:5555:6666:7777:8888", .alias = "", .relay_label = ""},
    };
    struct wzp_event event = canned_event(WZP_EVENT_MEMBERS, id);
    event.u.members.items = list;
    event.u.members.count = sizeof list / sizeof list[0];
    wzp_tui_event(t, &event, WZP_SECOND);
}

/* ---- scenes ---- */

#define NOW (200 * WZP_SECOND)
static void keys(struct wzp_tui *t, const char *names)
{
    char copy[128], *rest = copy;
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strsep(&rest, " "));)
        canned_press(t, name, NOW);
}

static void scene_contacts(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "Down Down");
}

static void scene_no_contacts(struct canned *c, struct wzp_tui *t)
{
    c->contact_count = 0;
    c->facts.registered = false;
    struct wzp_event event = canned_event(WZP_EVENT_ERROR, 0);
    event.u.error.relay = "relay.example.org:4433";
    event.u.error.text = "relay.example.org:4433 does not answer; tried again in 2 s";
    wzp_tui_event(t, &event, NOW);
}

static void scene_many(struct canned *c, struct wzp_tui *t)
{
    c->contact_count = 10000;
    canned_press(t, "End", NOW);
    canned_press(t, "PageUp", NOW);
}

static void scene_dial(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "c Tab Tab Tab");
}

static void scene_call(struct canned *c, struct wzp_tui *t)
{
    canned_call(c, 7);
    in_call(c, t, 7);
    keys(t, "2");
}

static void scene_call_muted_relay(struct canned *c, struct wzp_tui *t)
{
    struct wzp_view_session *s = canned_call(c, 7);
    s->stats.direct = s->stats.e2e = s->stats.e2e_confirmed = false;
    s->stats.muted = true;
    s->stats.mos = 2.9;
    s->stats.path.rtt_smoothed = 420 * WZP_MILLISECOND;
    s->stats.heard.jitter.loss_percent_5s = 14;
    struct wzp_event event = canned_event(WZP_EVENT_SECURITY, 7);
    event.u.security.sas = "";
    event.u.security.why = "the other program knows no end-to-end encryption";
    wzp_tui_event(t, &event, NOW);
    struct wzp_event path = canned_event(WZP_EVENT_PATH, 7);
    path.u.path.relay = "relay.example.org:4433";
    path.u.path.remote = "192.0.2.1:4433";
    path.u.path.why = "nothing came through the other router";
    wzp_tui_event(t, &path, NOW);
    keys(t, "2");
}

static void scene_several(struct canned *c, struct wzp_tui *t)
{
    canned_call(c, 7);
    in_call(c, t, 7);
    struct wzp_view_session *held = canned_call(c, 8);
    snprintf(held->name, sizeof held->name, "Bob from work");
    held->stats.held = true;
    canned_incoming(c, 9);
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, 9);
    event.u.incoming.why = "the caller knows no end-to-end encryption";
    event.about.name = "";
    wzp_tui_event(t, &event, NOW - WZP_SECOND);
    keys(t, "i 2");
}

static void scene_incoming(struct canned *c, struct wzp_tui *t)
{
    canned_incoming(c, 9);
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, 9);
    event.u.incoming.why = "the caller knows no end-to-end encryption";
    wzp_tui_event(t, &event, NOW - WZP_SECOND);
}

static void scene_incoming_known(struct canned *c, struct wzp_tui *t)
{
    canned_call(c, 7);
    in_call(c, t, 7);
    struct wzp_view_session *s = canned_incoming(c, 9);
    snprintf(s->name, sizeof s->name, "Bob from work");
    struct wzp_event event = canned_event(WZP_EVENT_INCOMING, 9);
    event.u.incoming.proven = event.u.incoming.e2e = true;
    event.u.incoming.why = "";
    wzp_tui_event(t, &event, NOW - WZP_SECOND);
}

static void scene_room(struct canned *c, struct wzp_tui *t)
{
    canned_room(c, 5);
    c->speaking = true;
    members(t, 5);
    keys(t, "3 Down");
}

static void scene_no_room(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "3");
}

static void scene_history(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "4");
}

static void scene_netcheck(struct canned *c, struct wzp_tui *t)
{
    snprintf(c->check.verdict, sizeof c->check.verdict,
             "Good: your router keeps one port for everybody, so most calls will be direct. There "
             "is no IPv6.");
    keys(t, "5");
}

static void scene_netcheck_running(struct canned *c, struct wzp_tui *t)
{
    c->check.running = true;
    c->check.percent = 60;
    keys(t, "5");
}

static void scene_devices(struct canned *c, struct wzp_tui *t)
{
    c->sound = (struct wzp_view_sound){
        .running = true, .hears = true, .level_in_dbfs = -21, .level_out_dbfs = -36};
    keys(t, "6");
}

static void scene_devices_gone(struct canned *c, struct wzp_tui *t)
{
    c->sound = (struct wzp_view_sound){
        .running = true, .level_in_dbfs = -127, .level_out_dbfs = -127, .playback_lost = true};
    keys(t, "6");
}

static void scene_relays(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "7");
}

static void scene_settings(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "8 Down Down Down Enter");
}

static void scene_scripts(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    /* no key for it: not every softphone has scripts */
    wzp_tui_run(t, "screen scripts", NOW, NULL);
}

static void scene_log(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    wzp_tui_log(t, WZP_LOG_INFO, "registered at relay.example.org:4433");
    wzp_tui_log(t, WZP_LOG_WARN, "ALSA lib pcm.c:2721: Unknown PCM cards.pcm.rear");
    wzp_tui_log(t, WZP_LOG_ERROR, "a peer says: \x1b[2J \xe2\x80\xae");
    wzp_tui_log(t, WZP_LOG_DEBUG, "quic: 3 datagrams in one packet");
    keys(t, "0");
}

static void scene_help(struct canned *c, struct wzp_tui *t)
{
    canned_call(c, 7);
    keys(t, "2 ?");
}

static void scene_help_search(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    keys(t, "? / m u t e Enter");
}

static void scene_quit(struct canned *c, struct wzp_tui *t)
{
    canned_call(c, 7);
    keys(t, "q");
}

static void scene_welcome(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    wzp_tui_first_run(t);
}

static void scene_words(struct canned *c, struct wzp_tui *t)
{
    (void)c;
    wzp_tui_first_run(t);
    keys(t, "w");
}

static const struct {
    const char *name;
    void (*set)(struct canned *c, struct wzp_tui *t);
} scenes[] = {
    {"contacts", scene_contacts},
    {"no contacts, an error", scene_no_contacts},
    {"ten thousand contacts", scene_many},
    {"dialling with completion", scene_dial},
    {"a call", scene_call},
    {"a bad call over the relay, muted", scene_call_muted_relay},
    {"several calls", scene_several},
    {"a stranger calls", scene_incoming},
    {"a contact calls during a call", scene_incoming_known},
    {"a room", scene_room},
    {"in no room", scene_no_room},
    {"history", scene_history},
    {"netcheck", scene_netcheck},
    {"netcheck runs", scene_netcheck_running},
    {"devices", scene_devices},
    {"a device that is gone", scene_devices_gone},
    {"relays", scene_relays},
    {"settings", scene_settings},
    {"scripts", scene_scripts},
    {"log", scene_log},
    {"help", scene_help},
    {"help, searched", scene_help_search},
    {"leaving", scene_quit},
    {"first run", scene_welcome},
    {"the words", scene_words},
};
#define SCENES (sizeof scenes / sizeof scenes[0])

static void draw_scene(struct wzp_buffer *out, size_t i, int width, int height, bool ascii)
{
    struct canned c;
    struct wzp_tui *t;
    canned_init(&c);
    struct wzp_tui_config config = {.view = &c.view, .ascii = ascii};
    if (wzp_tui_new(&t, &config, WZP_SECOND))
        return;
    if (wzp_tui_resize(t, width, height) == 0) {
        wzp_tui_draw(t, NOW); /* so that the sizes of pages are known */
        scenes[i].set(&c, t);
        wzp_buffer_format(out, "=== %s\n", scenes[i].name);
        wzp_canvas_sheet(wzp_tui_draw(t, NOW), out);
    }
    wzp_tui_free(t);
}

static void compare(const char *got, const char *path)
{
    size_t length;
    char *want = tap_read_file(tap_source_path(path), &length);
    const char *scene = "the head";
    unsigned line = 1;
    const char *a = got, *b = want;
    for (; *a && *a == *b; a++, b++) {
        if (*a == '\n') {
            line++;
            if (strncmp(a + 1, "=== ", 4) == 0)
                scene = a + 5;
        }
    }
    ok(*a == *b, "%s is what is drawn", path);
    if (*a != *b) {
        note("differs in line %u of \"%.*s\"; make screens shows them all", line,
             (int)strcspn(scene, "\n"), scene);
        while (a > got && a[-1] != '\n') {
            a--;
            b--;
        }
        note("got:  %.*s", (int)strcspn(a, "\n"), a);
        note("want: %.*s", (int)strcspn(b, "\n"), b);
    }
    free(want);
}

static void one_sheet(int width, int height, bool ascii)
{
    char path[512];
    struct wzp_buffer sheet;
    wzp_buffer_init(&sheet, 4 << 20);
    wzp_buffer_text(&sheet, "# SPDX-License-Identifier: MIT OR Apache-2.0\n");
    for (size_t i = 0; i < SCENES; i++)
        draw_scene(&sheet, i, width, height, ascii);
    wzp_buffer_text(&sheet, "=== end\n");
    const char *folder = getenv("WZP_SCREENS");
    snprintf(path, sizeof path, "%s/%dx%d.%s.txt", folder ? folder : "t/tui/golden", width, height,
             ascii ? "ascii" : "utf8");
    if (folder) {
        FILE *file = fopen(path, "w");
        ok(file && fwrite(sheet.text, 1, sheet.length, file) == sheet.length, "%s is written",
           path);
        if (file)
            fclose(file);
    } else if (!WZP_WITH_QRENCODE) {
        skip(1, "built without libqrencode: the first run shows no code");
    } else if (!tap_oom_mode()) {
        compare(sheet.text, path);
    }
    if (ascii) {
        size_t beyond = 0;
        for (size_t i = 0; i < sheet.length; i++)
            beyond += (unsigned char)sheet.text[i] > 0x7e;
        is_int(beyond, 0, "%dx%d in the C locale is ASCII", width, height);
    }
    wzp_buffer_fini(&sheet);
}

/* Panes are dragged to any width while a screen is shown. */
static void narrow(void)
{
    static const int heights[] = {1, 2, 5, 8, 12, 24};
    struct wzp_buffer sheet;
    size_t drawn = 0;
    for (int width = 1; width <= 40; width++)
        for (size_t h = 0; h < sizeof heights / sizeof heights[0]; h++)
            for (size_t i = 0; i < SCENES; i++) {
                wzp_buffer_init(&sheet, 1 << 20);
                draw_scene(&sheet, i, width, heights[h], false);
                drawn += strstr(sheet.text, scenes[i].name) != NULL;
                wzp_buffer_fini(&sheet);
            }
    is_int(drawn, 40 * 6 * SCENES, "every screen is drawn in windows of 1 to 40 columns");
}

TAP_MAIN
{
    static const int sizes[][2] = {{80, 24}, {40, 10}, {120, 35}, {200, 60}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        one_sheet(sizes[i][0], sizes[i][1], false);
        one_sheet(sizes[i][0], sizes[i][1], true);
    }
    if (!tap_oom_mode())
        narrow();
}

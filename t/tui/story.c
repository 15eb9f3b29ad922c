/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A real softphone with the screen, in virtual time: keys have their effect on the other side, and
 * events are shown; the same in line mode. */
#include <stdio.h>
#include <string.h>

#include "app/relay_service.h"
#include "app/settings.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "sim/machine.h"
#include "tap.h"
#include "tui/app_view.h"
#include "tui/lib_canned.h"
#include "tui/plain.h"

static struct wzp_sim *sim;
static struct wzp_sim_machine relay_machine;
static struct wzp_host relay_host;
static struct wzp_relay_service relay;
static struct wzp_relay_config relay_config;

struct person {
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_app *app;
    struct wzp_app_view view;
    struct wzp_listener listener;
    struct wzp_tui *tui; /* of the full screen */
    struct wzp_plain plain;
    struct wzp_buffer heard; /* of line mode */
};
static struct person ann, bob;

static uint64_t now(void)
{
    return ann.host.calls->now(ann.host.context);
}

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    if (p->tui)
        wzp_tui_event(p->tui, event, now());
    else
        wzp_plain_event(&p->plain, &p->heard, event);
}

/* ---- waiting ---- */

static const char *wanted;

static bool is_seen(void)
{
    struct wzp_buffer sheet;
    if (wzp_tui_expiry(ann.tui) <= now())
        wzp_tui_tick(ann.tui, now());
    wzp_buffer_init(&sheet, 1 << 20);
    wzp_canvas_sheet(wzp_tui_draw(ann.tui, now()), &sheet);
    bool found = strstr(sheet.text, wanted) != NULL;
    wzp_buffer_fini(&sheet);
    return found;
}

static bool is_heard(void)
{
    return strstr(bob.heard.text, wanted) != NULL;
}

/* Checks fifty times a second, for half a minute at most. */
static bool wait_for(bool (*is_true)(void))
{
    for (int i = 0; i < 1500; i++) {
        if (is_true())
            return true;
        wzp_sim_run(sim, 20 * WZP_MILLISECOND);
    }
    return false;
}

static void sees(const char *text, const char *what)
{
    wanted = text;
    if (!ok(wait_for(is_seen), "%s", what))
        canned_shows(ann.tui, text, now());
}

static void hears(const char *text, const char *what)
{
    wanted = text;
    ok(wait_for(is_heard), "%s", what);
}

/* ---- people ---- */

static int open_person(struct person *p, const char *name, const char *address)
{
    struct wzp_sim_host *host;
    struct wzp_settings settings;
    struct wzp_error err = {0};
    char text[WZP_ADDR_TEXT_MAX];
    wzp_buffer_init(&p->heard, 1 << 20);
    if (wzp_sim_host_add(sim, &host, name) ||
        wzp_sim_host_address(host, wzp_sim_internet(sim), address))
        return WZP_E_MEMORY;
    wzp_sim_machine_init(&p->machine, sim, host);
    wzp_sim_machine_host(&p->host, &p->machine, NULL);
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", wzp_addr_format(text, &relay.listen), NULL);
    wzp_settings_set(&settings, "in", "tone:440", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    wzp_settings_set(&settings, "alias", name, NULL);
    struct wzp_app_config config = {.settings = &settings,
                                    .build = "test",
                                    .sound = WZP_SOUND_LATER,
                                    .answers = true,
                                    .call_waiting = true};
    int result = wzp_app_new(&p->app, &p->host, &config, &err);
    if (result)
        return result;
    wzp_app_view_init(&p->view, p->app, &p->host, "test");
    p->plain.view = &p->view.view;
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    wzp_app_listen(p->app, &p->listener);
    result = wzp_app_register(p->app, &err);
    return result ? result : wzp_app_start(p->app, &err);
}

static void close_person(struct person *p)
{
    if (p->app)
        wzp_app_unlisten(p->app, &p->listener);
    wzp_app_view_fini(&p->view);
    wzp_app_free(p->app);
    wzp_tui_free(p->tui);
    wzp_buffer_fini(&p->heard);
    wzp_sim_machine_fini(&p->machine);
    *p = (struct person){0};
}

static void press(const char *name)
{
    canned_press(ann.tui, name, now());
}

static void bob_says(const char *line)
{
    wzp_plain_line(&bob.plain, &bob.heard, line);
}

/* ---- the story ---- */

static void a_call(const char *peer)
{
    char line[160];
    snprintf(line, sizeof line, ":add \"Bob B\" %s", peer);
    press(":");
    canned_type(ann.tui, line, now());
    press("Enter");
    sees("Bob B", "a contact that is typed stands in the list");
    press("Enter");
    sees("ringing", "Enter calls it");
    hears("Say: answer", "the other one is told, and how to answer");
    bob_says("answer");
    sees("end to end", "the call is answered and sealed");
    sees("0:10", "ten seconds later it still runs");
    bob_says("calls");
    ok(strstr(bob.heard.text, "talking") && strstr(bob.heard.text, "encrypted end to end"),
       "line by line the same is told");
    press("m");
    sees("MUTED", "m mutes");
    press("v");
    sees("code compared", "v says that the code agrees");
    press("x");
    sees("No call.", "x hangs up");
    hears("ended", "which the other side hears");
}

static void another_call(const char *peer)
{
    char line[160];
    snprintf(line, sizeof line, "call %s", peer);
    bob_says(line);
    sees("Incoming call", "the other one calls");
    sees("one of your contacts", "and is known");
    press("a");
    wzp_sim_run(sim, 100 * WZP_MILLISECOND);
    ok(canned_shows(ann.tui, "Incoming call", now()), "a key at once does not answer");
    wzp_sim_run(sim, 400 * WZP_MILLISECOND);
    press("a");
    sees("talking", "a bit later it does");
    bob_says("hangup");
    sees("No call.", "the other side hangs up");
    press("4");
    sees("Bob B", "and all of it stands in the history");
    sees("direct over the local network", "with its path, and why");
    bob_says("history");
    ok(strstr(bob.heard.text, "normal"), "there as well");
    press("8");
    sees("token_file", "settings are shown");
    press("End");
    sees("ring_seconds", "to the last");
    press("Enter");
    press("C-u");
    canned_type(ann.tui, "45", now());
    press("Enter");
    sees("kept for the next time", "and kept when they are changed");
}

static void see_kept(const char *key, bool is_kept, const char *what)
{
    const struct wzp_sim_file *file =
        wzp_sim_machine_file(&ann.machine, WZP_PLACE_CONFIG, "config.toml");
    ok((file && strstr(file->text, key)) == is_kept, "%s: %s", what, file ? file->text : "-");
}

static bool one_card(void *context, size_t i, struct wzp_view_device *out)
{
    (void)context;
    *out = (struct wzp_view_device){.input = true, .output = true};
    snprintf(out->spec, sizeof out->spec, "alsa:default");
    return i == 0;
}

/* The only card is chosen for input and output, as in the first run. */
static void a_card_that_is_not_there(void)
{
    ann.machine.card.no_capture = ann.machine.card.no_playback = true;
    ann.view.view.device = one_card;
    press("6");
    canned_type(ann.tui, ":try levels", now());
    press("Enter");
    sees("The microphone works", "a tone may be tried");
    press("Home");
    press("Enter");
    sees("alsa:default: no such device", "a device that cannot be opened is told");
    sees("choose another", "with what to do");
    ok(canned_lacks(ann.tui, "The microphone works", now()) &&
           canned_lacks(ann.tui, "kept for", now()),
       "and nothing is said to work, or to be kept");
    see_kept("alsa:default", false, "nothing is kept of it");
    ann.machine.card.no_playback = false;
    press("Enter");
    sees("alsa:default: no such device", "half a card");
    see_kept("\nout = \"alsa:default\"", true, "its loudspeaker is kept");
    see_kept("\nin = \"alsa:default\"", false, "its microphone is not");
    ann.machine.card.no_capture = false;
    press("Enter");
    sees("kept for the next time", "a whole card is kept");
    see_kept("\nin = \"alsa:default\"", true, "with its microphone");
    canned_type(ann.tui, ":set in tone:440", now());
    press("Enter");
    canned_type(ann.tui, ":set out null", now());
    press("Enter");
    canned_type(ann.tui, ":try off", now());
    press("Enter");
}

/* What cannot be saved is reported, still shown, and saved when there is space again. */
static void a_full_disk(const char *peer)
{
    char line[160];
    snprintf(line, sizeof line, ":call %s", peer);
    ann.machine.disk_full = true;
    press("Esc");
    canned_type(ann.tui, line, now());
    press("Enter");
    hears("Say: answer", "another call");
    wzp_sim_run(sim, WZP_SECOND);
    press("x");
    sees("the call is not in the history file yet", "a full disk is told");
    const struct wzp_sim_file *file =
        wzp_sim_machine_file(&ann.machine, WZP_PLACE_STATE, "history");
    size_t before = file ? file->length : 0;
    ok(before > 0, "what was there stays there");
    size_t pasts = ann.view.view.pasts(&ann.view);
    is_int(pasts, 3, "the call is seen in the history all the same");
    ann.machine.disk_full = false;
    press("Esc");
    canned_type(ann.tui, line, now());
    press("Enter");
    wzp_sim_run(sim, WZP_SECOND);
    press("x");
    wzp_sim_run(sim, WZP_SECOND);
    file = wzp_sim_machine_file(&ann.machine, WZP_PLACE_STATE, "history");
    size_t lines = 0;
    for (size_t i = 0; file && i < file->length; i++)
        lines += file->text[i] == '\n';
    is_int(lines, 4, "with room again both are written");
}

static void story(void)
{
    struct wzp_app_facts ann_facts, bob_facts;
    struct wzp_tui_config config = {.view = &ann.view.view};
    int result = open_person(&ann, "ann", "10.0.0.2");
    if (!result)
        result = open_person(&bob, "bob", "10.0.0.3");
    if (!result)
        result = wzp_tui_new(&ann.tui, &config, now());
    if (!result)
        result = wzp_tui_resize(ann.tui, 80, 24);
    if (result)
        return;
    wzp_app_facts(ann.app, &ann_facts);
    wzp_app_facts(bob.app, &bob_facts);
    sees("● on 10.0.0.1:4433", "the screen tells that we are registered");
    hears("registered", "and so do lines");
    a_call(bob_facts.fingerprint);
    another_call(ann_facts.fingerprint);
    a_card_that_is_not_there();
    a_full_disk(bob_facts.fingerprint);
}

TAP_MAIN
{
    static const uint8_t seed[32] = {7};
    struct wzp_sim_host *host;
    struct wzp_error err = {0};
    wzp_relay_config_default(&relay_config);
    snprintf(relay_config.listen_addr, sizeof relay_config.listen_addr, "10.0.0.1:4433");
    if (wzp_sim_new(&sim, 5))
        bail("no world");
    if (wzp_sim_host_add(sim, &host, "relay") == 0 &&
        wzp_sim_host_address(host, wzp_sim_internet(sim), "10.0.0.1") == 0) {
        wzp_sim_machine_init(&relay_machine, sim, host);
        wzp_sim_machine_host(&relay_host, &relay_machine, NULL);
        if (wzp_relay_service_start(&relay, &relay_host, &relay_config, seed, "test", NULL, &err) ==
            0)
            story();
        close_person(&ann);
        close_person(&bob);
        wzp_relay_service_stop(&relay);
        wzp_sim_machine_fini(&relay_machine);
    }
    wzp_sim_free(sim);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_softphone.h"

#include <stdio.h>
#include <string.h>

#include "app/audio_spec.h"
#include "app/store.h"
#include "audio/audio.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/tui_extras.h"
#include "wzp_build.h"

#define NO_CARD "No sound card here: you send a tone, and hear nothing"

/* Called when the demonstration starts: without a sound card it plays a tone instead, so that no
 * missing device is reported. */
static void look_for_sound(struct wzp_tui_program *p)
{
    struct wzp_audio_options pair = {.wake = NULL};
    if (wzp_client_given(&p->values.client, "in") ||
        wzp_audio_spec_parse(&pair.source, p->settings.in, true, NULL) ||
        wzp_audio_spec_parse(&pair.sink, p->settings.out, false, NULL) ||
        wzp_audio_check(&pair, NULL) != WZP_E_DEVICE)
        return;
    p->sound_replaced = true;
    wzp_settings_set(&p->settings, "in", "tone:440", NULL);
    wzp_settings_set(&p->settings, "out", "null", NULL);
    wzp_tui_wrong_add(&p->wrong, NO_CARD);
}

/* Replaces a sound card that was lost later by the tone. */
static void replace_sound(struct wzp_tui_program *p)
{
    struct wzp_error err = {0};
    if (p->sound_replaced || wzp_client_given(&p->values.client, "in"))
        return;
    p->sound_replaced = true;
    wzp_app_set(p->app, "in", "tone:440", NULL, &err);
    wzp_app_set(p->app, "out", "null", NULL, &err);
    if (p->on_screen)
        wzp_tui_notice(p->face.tui, WZP_STYLE_WARN, NO_CARD, wzp_loop_now(p->loop));
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_tui_program *p = context;
    if (event->type == WZP_EVENT_STOPPED) {
        wzp_loop_stop(p->loop);
        return;
    }
    if (p->on_screen) {
        wzp_face_event(&p->face, event);
        if (p->values.demo && event->type == WZP_EVENT_ERROR && event->u.error.code == WZP_E_DEVICE)
            replace_sound(p);
        return;
    }
    struct wzp_buffer b;
    wzp_buffer_init(&b, 1 << 16);
    wzp_plain_event(&p->plain, &b, event);
    wzp_tui_write_out(&b);
}

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    struct wzp_tui_program *p = context;
    if (p->on_screen)
        wzp_tui_log(p->face.tui, level, line);
    else
        fprintf(stderr, "%s: %s\n", wzp_log_level_name(level), line);
}

/* ---- the control socket, and who has it ---- */

static void open_control(struct wzp_tui_program *p)
{
    struct wzp_error err = {0};
    int result = wzp_control_open(&p->control, p->loop, &p->host, p->app, &err);
    if (result == WZP_E_DUPLICATE)
        wzp_tui_tell(p, WZP_STYLE_WARN,
                     "Another softphone of yours is already running: :take-over ends it and takes "
                     "its place");
    else if (result && result != WZP_E_NOT_FOUND)
        wzp_tui_tell(p, WZP_STYLE_WARN, err.text);
}

static void take_place(struct wzp_tui_program *p)
{
    open_control(p);
    if (p->control.socket)
        wzp_tui_tell(p, WZP_STYLE_NORMAL,
                     "The other softphone ended; this one takes your calls now");
}

static void on_retry(void *context)
{
    struct wzp_tui_program *p = context;
    wzp_timer_close(p->retry);
    p->retry = NULL;
    take_place(p);
}

int wzp_tui_take_over(void *context, struct wzp_error *err)
{
    struct wzp_tui_program *p = context;
    if (p->control.socket)
        return wzp_error_set(err, WZP_E_STATE, "no other softphone of yours is running");
    int result = wzp_control_quit(&p->host, err);
    if (result == WZP_E_NOT_FOUND) { /* the other softphone ended by itself meanwhile */
        take_place(p);
        return p->control.socket ? 0 : result;
    }
    if (!result)
        wzp_tui_tell(p, WZP_STYLE_NORMAL, "Asked the other softphone to end ...");
    if (!result && !p->retry)
        result = wzp_timer_start(&p->retry, p->loop, 3 * WZP_SECOND, 0, on_retry, p);
    return result;
}

/* ---- life ---- */

static void on_script_says(void *context, enum wzp_style style, const char *sentence)
{
    wzp_tui_tell(context, style, sentence);
}

static void on_complaint(void *context, const char *sentence)
{
    wzp_tui_tell(context, WZP_STYLE_WARN, sentence);
}

static int run_line(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err);

/* Makes the softphone from the settings, and its view. */
static int make_softphone(struct wzp_tui_program *p, struct wzp_error *err)
{
    struct wzp_app_config config = {.settings = &p->settings,
                                    .build = WZP_VERSION,
                                    .sound = WZP_SOUND_LATER,
                                    .answers = true,
                                    .call_waiting = true,
                                    .watches = true,
                                    .config_file = p->values.client.config,
                                    .accept_relay = p->values.client.accept_relay};
    int result = wzp_app_new(&p->app, &p->host, &config, err);
    if (result)
        return result;
    wzp_app_view_init(&p->view, p->app, &p->host, WZP_VERSION);
    p->view.demo = p->values.demo;
    wzp_tui_extras(p);
    p->run_line = p->view.view.run;
    p->view.view.run = run_line;
    wzp_scripts_open(&p->scripts, p->loop, &p->host, p->app, on_script_says, p);
    p->listener = (struct wzp_listener){.event = on_event, .context = p};
    wzp_app_listen(p->app, &p->listener);
    wzp_hook_open(&p->hook, p->loop, p->app, on_complaint, p);
    return 0;
}

void wzp_tui_softphone_close(struct wzp_tui_program *p)
{
    wzp_control_close(&p->control);
    wzp_hook_close(&p->hook);
    wzp_scripts_close(&p->scripts);
    if (p->app)
        wzp_app_unlisten(p->app, &p->listener);
    wzp_app_view_fini(&p->view);
    wzp_app_free(p->app);
    p->app = NULL;
}

void wzp_tui_softphone_start(void *context)
{
    struct wzp_tui_program *p = context;
    struct wzp_error err = {0};
    wzp_timer_close(p->start);
    p->start = NULL;
    p->begun = true;
    if (p->stopping)
        return;
    /* A demonstration runs no init.lua. */
    wzp_scripts_begin(&p->scripts, p->on_screen ? p->face.tui : NULL, !p->values.demo);
    if (!wzp_app_settings(p->app)->relay[0] && !p->values.demo) {
        wzp_tui_tell(p, WZP_STYLE_WARN,
                     "No relay yet: type :keep relay HOST:PORT; who runs one tells you its name");
        return;
    }
    int result = wzp_app_register(p->app, &err);
    if (!result)
        result = wzp_app_start(p->app, &err);
    p->started = result == 0;
    if (!result && p->values.demo)
        result = wzp_tui_demo_meet(&p->demo, p->app, &err);
    if (!p->values.demo)
        open_control(p);
    if (result)
        wzp_tui_tell(p, WZP_STYLE_BAD, err.text);
}

/* The first relay is set: a softphone that was not started is made again with it. */
static void on_relay_named(void *context)
{
    struct wzp_tui_program *p = context;
    struct wzp_error err = {0};
    p->settings = *wzp_app_settings(p->app);
    p->started = false;
    /* --accept-relay was meant for the relays at the start */
    p->values.client.accept_relay = false;
    wzp_tui_softphone_close(p);
    if (make_softphone(p, &err) == 0) {
        wzp_tui_softphone_start(p);
        return;
    }
    wzp_tui_tell(p, WZP_STYLE_BAD, err.text);
    wzp_loop_stop(p->loop);
}

/* A softphone keeps its home relay: for another relay a new softphone is made. */
static void change_relay(struct wzp_tui_program *p)
{
    struct wzp_app_facts facts;
    wzp_app_facts(p->app, &facts);
    if (facts.sessions > 0)
        wzp_tui_tell(p, WZP_STYLE_WARN,
                     "Calls go on: the other relay is used from the next start, or when "
                     "it is set again without calls");
    else
        (void)wzp_timer_start(&p->start, p->loop, 0, 0, on_relay_named, p);
}

static int run_line(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err)
{
    struct wzp_tui_program *p = wzp_tui_program_of(context);
    told[0] = '\0';
    if (strcmp(line, "netcheck") == 0 && p->view.view.check)
        return wzp_tui_netcheck_start(&p->netcheck, &p->host, wzp_app_settings(p->app), err);
    if (p->start && !p->begun) /* from a pipe a line may come before the loop's first turn */
        wzp_tui_softphone_start(p);
    char relay[WZP_RELAY_TEXT_MAX];
    wzp_text_copy(relay, sizeof relay, wzp_app_settings(p->app)->relay);
    int result = p->run_line(context, line, told, capacity, err);
    if (result == WZP_E_UNKNOWN) {
        struct wzp_error other = {0};
        wzp_session_id focus = p->on_screen ? wzp_tui_focus(p->face.tui) : 0;
        int ran = wzp_scripts_run(&p->scripts, line, focus, &other);
        if (ran != WZP_E_UNKNOWN)
            return ran ? wzp_error_set(err, ran, "%s", other.text) : 0;
    }
    if (!p->start && !p->values.demo && strcmp(relay, wzp_app_settings(p->app)->relay) != 0)
        change_relay(p);
    return result;
}

/* The demonstration's peers first: their relay is also the person's. Uses default settings, because
 * the person's are for other relays. */
static int open_demo(struct wzp_tui_program *p, struct wzp_error *err)
{
    int result = wzp_tui_demo_open(&p->demo, p->loop, &p->log, WZP_VERSION, err);
    if (result)
        return result;
    p->host = p->demo.host;
    wzp_text_copy(p->settings.relay, sizeof p->settings.relay, p->demo.relay_text);
    look_for_sound(p);
    return 0;
}

/* Does an identity exist already, before the softphone makes one? */
static bool has_identity(struct wzp_tui_program *p)
{
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    bool created;
    int result = wzp_store_identity(&identity, path, &p->host, false, &created, &err);
    wzp_identity_wipe(&identity);
    return result == 0;
}

/* Makes a softphone even when the settings are wrong, so that there is a screen on which they can
 * be corrected. */
static int make_some_softphone(struct wzp_tui_program *p, struct wzp_error *err)
{
    struct wzp_error wrong = {0};
    static const char *const keys[] = {"in", "out", "relay", "token_file"};
    int result = make_softphone(p, &wrong);
    if (!result)
        return 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        /* a wrong option is misuse, not a broken file */
        if (wzp_client_given(&p->values.client, keys[i]))
            return wzp_error_set(err, result, "%s", wrong.text);
    wzp_tui_wrong_add(&p->wrong, wrong.text);
    wzp_tui_softphone_close(p);
    wzp_tui_settings_safe(&p->settings);
    return make_softphone(p, err);
}

int wzp_tui_softphone_open(struct wzp_tui_program *p, struct wzp_error *err)
{
    p->log = (struct wzp_log){.write = log_line,
                              .context = p,
                              .level = p->values.client.verbose ? WZP_LOG_DEBUG : WZP_LOG_WARN};
    int result = p->values.demo ? wzp_tui_settings_demo(&p->settings, &p->values.client, err)
                                : wzp_tui_settings(&p->settings, &p->values.client, &p->wrong, err);
    if (!result)
        result = wzp_loop_new(&p->loop, err);
    if (result)
        return result;
    wzp_loop_host(&p->host, p->loop, &p->log);
    if (p->values.demo)
        result = open_demo(p, err);
    bool first = !result && !p->values.demo && !has_identity(p);
    if (!result)
        result = make_some_softphone(p, err);
    p->view.first_run = first;
    return result;
}

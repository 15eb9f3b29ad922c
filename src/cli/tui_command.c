/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_command.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "app/audio_spec.h"
#include "app/store.h"
#include "audio/audio.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/client_options.h"
#include "cli/control.h"
#include "cli/hook.h"
#include "cli/tui_demo.h"
#include "cli/tui_face.h"
#include "cli/tui_netcheck.h"
#include "cli/scripts.h"
#include "cli/tui_settings.h"
#include "cli/waiting.h"
#include "crypto/mnemonic.h"
#include "loop/host.h"
#include "tui/app_view.h"
#include "tui/plain.h"
#include "wzp_build.h"

struct values {
    struct wzp_client_options client;
    const char *theme, *keys;
    bool demo, plain, ascii, mouse;
};
#define ROW(name, letter, kind, argument, field, help)                                             \
    {                                                                                              \
        name, letter, WZP_OPTION_##kind, argument, offsetof(struct values, field), 0, 0, help,     \
            NULL                                                                                   \
    }
const struct wzp_option wzp_tui_options[] = {
    ROW("demo", 'D', FLAG, NULL, demo, "a relay and peers on this machine, nothing leaves it"),
    ROW("plain", 'p', FLAG, NULL, plain, "line by line, for screen readers and pipes"),
    ROW("theme", 'T', STRING, "NAME", theme, "dark, light, mono, contrast"),
    ROW("ascii", 'A', FLAG, NULL, ascii, "draw with ASCII only"),
    ROW("mouse", 'm', FLAG, NULL, mouse, "the mouse chooses screens and rows"),
    ROW("keys", 'k', STRING, "FILE", keys, "instead of keys.conf"),
    WZP_CLIENT_SETTING(struct values, "relay", 'r', "HOST[:PORT]", "relay"),
    WZP_CLIENT_SETTING(struct values, "in", 'i', "SRC", "in"),
    WZP_CLIENT_SETTING(struct values, "out", 'o', "DST", "out"),
    WZP_CLIENT_SETTING(struct values, "alias", 'a', "NAME", "alias"),
    WZP_CLIENT_SETTING(struct values, "e2e", 'e', "P", "e2e"),
    WZP_CLIENT_SETTING(struct values, "codec", 'c', "C", "codec"),
    WZP_CLIENT_SETTING(struct values, "token", 't', "FILE", "token_file"),
    WZP_CLIENT_ROW(struct values, "accept-relay", 0, FLAG, NULL, accept_relay,
                   "accept the relay's new or changed certificate"),
    WZP_CLIENT_ROW(struct values, "config", 'C', STRING, "FILE", config, "instead of config.toml"),
    WZP_CLIENT_ROW(struct values, "verbose", 'v', FLAG, NULL, verbose, "debug lines in the log"),
    {0}};

#define DEVICES_MAX 64
struct program {
    const char *name;
    struct values values;
    struct wzp_settings settings;
    struct wzp_tui_wrong wrong; /* in the settings */
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_log log;
    struct wzp_tui_demo demo;
    struct wzp_tui_netcheck netcheck;
    struct wzp_app *app;
    struct wzp_app_view view;
    struct wzp_listener listener;
    struct wzp_control control;
    struct wzp_hook hook;
    struct wzp_scripts scripts;
    struct wzp_face face;
    struct wzp_plain plain;
    struct wzp_lines *lines;
    struct wzp_interrupts interrupts;
    struct wzp_timer *retry; /* of the control socket */
    struct wzp_timer *start; /* the softphone starts behind the first picture */
    struct wzp_view_device devices[DEVICES_MAX];
    size_t device_count;
    int (*run_line)(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err); /* the view's own, like: */
    bool (*command)(void *context, size_t i, struct wzp_view_command *out);
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    bool devices_known, on_screen, started, stopping, sound_replaced, begun;
    int status;
};

/* ---- what the view cannot know ---- */

static int zone_minutes(void *context, uint64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local;
    (void)context;
    return localtime_r(&when, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

static struct program *program_of(struct wzp_app_view *view)
{
    return (struct program *)((char *)view - offsetof(struct program, view));
}

static void take_device(void *context, const char *name, const char *description, bool capture,
                        bool playback)
{
    struct program *p = context;
    if (p->device_count == DEVICES_MAX)
        return;
    struct wzp_view_device *d = &p->devices[p->device_count++];
    *d = (struct wzp_view_device){.input = capture, .output = playback};
    snprintf(d->spec, sizeof d->spec, "alsa:%.100s", name);
    wzp_text_filter(d->help, sizeof d->help, description, strlen(description));
}

static bool device(void *context, size_t i, struct wzp_view_device *out)
{
    struct program *p = program_of(context);
    char in[WZP_SETTING_TEXT_MAX] = "", to[WZP_SETTING_TEXT_MAX] = "";
    if (!p->devices_known) {
        if (wzp_audio_list(take_device, p, NULL))
            take_device(p, "default", "what the system prefers", true, true);
        p->devices_known = true;
    }
    if (i >= p->device_count)
        return false;
    *out = p->devices[i];
    wzp_settings_get(in, wzp_app_settings(p->app), "in");
    wzp_settings_get(to, wzp_app_settings(p->app), "out");
    out->chosen_input = strcmp(in, out->spec) == 0;
    out->chosen_output = strcmp(to, out->spec) == 0;
    return true;
}

static bool words(void *context, char *out, size_t capacity)
{
    struct program *p = program_of(context);
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX], text[WZP_MNEMONIC_TEXT_MAX];
    bool created;
    if (wzp_store_identity(&identity, path, &p->host, false, &created, &err))
        return false;
    wzp_mnemonic_encode(text, identity.seed);
    bool fits = wzp_text_copy(out, capacity, text);
    wzp_wipe(text, sizeof text);
    wzp_identity_wipe(&identity);
    return fits;
}

static void check(void *context, struct wzp_view_check *out)
{
    wzp_tui_netcheck_state(&program_of(context)->netcheck, out);
}

static bool finding(void *context, size_t i, struct wzp_view_finding *out)
{
    return wzp_tui_netcheck_finding(&program_of(context)->netcheck, i, out);
}

static bool script(void *context, size_t i, struct wzp_view_script *out)
{
    return wzp_scripts_row(&program_of(context)->scripts, i, out);
}

static bool script_line(void *context, size_t i, size_t n, char *out, size_t capacity)
{
    return wzp_scripts_line(&program_of(context)->scripts, i, n, out, capacity);
}

static size_t complete(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner)
{
    struct program *p = program_of(context);
    size_t count = wzp_scripts_complete(&p->scripts, line, each, owner);
    return count > 0 ? count : p->complete(context, line, each, owner);
}

/* Some more than the softphone's own. */
static bool command(void *context, size_t i, struct wzp_view_command *out)
{
    struct program *p = program_of(context);
    size_t own = 0, scripts = 0;
    if (p->command(context, i, out))
        return true;
    while (p->command(context, own, out))
        own++;
    if (wzp_scripts_command(i - own, out))
        return true;
    while (wzp_scripts_command(scripts, out))
        scripts++;
    if (!p->view.view.check || i != own + scripts)
        return false;
    *out = (struct wzp_view_command){
        .name = "netcheck", .help = "checks the network: will calls be direct", .applies = true};
    return true;
}

/* ---- events ---- */

static void write_out(struct wzp_buffer *b)
{
    fwrite(b->text, 1, b->length, stdout);
    fflush(stdout);
    wzp_buffer_fini(b);
}

#define NO_CARD "No sound card here: you send a tone, and hear nothing"

/* Without a sound card the demonstration goes on with a tone; one that is not there when it begins
 * is not even looked for. */
static void look_for_sound(struct program *p)
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

/* Also when it is gone later. */
static void replace_sound(struct program *p)
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
    struct program *p = context;
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
    write_out(&b);
}

static void stop(void *context)
{
    struct program *p = context;
    if (p->stopping)
        return;
    p->stopping = true;
    if (wzp_app_stopped(p->app))
        wzp_loop_stop(p->loop);
    else
        wzp_app_stop(p->app);
}

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    struct program *p = context;
    if (p->on_screen)
        wzp_tui_log(p->face.tui, level, line, wzp_loop_now(p->loop));
    else
        fprintf(stderr, "%s: %s\n", wzp_log_level_name(level), line);
}

/* ---- line by line ---- */

static void on_line(void *context, const char *line)
{
    struct program *p = context;
    struct wzp_buffer b;
    wzp_buffer_init(&b, 1 << 20);
    if (line)
        wzp_plain_line(&p->plain, &b, line);
    write_out(&b);
    if (!line || p->plain.quit || ferror(stdout))
        stop(p);
}

static void on_signal(void *context, int number)
{
    struct program *p = context;
    (void)number;
    if (p->stopping)
        wzp_loop_stop(p->loop);
    stop(p);
}

static int open_plain(struct program *p, struct wzp_error *err)
{
    struct wzp_buffer b;
    p->plain.view = &p->view.view;
    p->plain.ascii = p->values.ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
    wzp_buffer_init(&b, 1 << 16);
    wzp_plain_hello(&p->plain, &b);
    write_out(&b);
    int result = wzp_interrupts_start(&p->interrupts, p->loop, on_signal, p, err);
    if (result)
        return result;
    if (wzp_lines_start(&p->lines, p->loop, STDIN_FILENO, on_line, p))
        return wzp_error_set(err, WZP_E_IO, "cannot read commands from standard input");
    return 0;
}

static void tell(struct program *p, enum wzp_style style, const char *text)
{
    if (p->on_screen) {
        wzp_tui_notice(p->face.tui, style, text, wzp_loop_now(p->loop));
        wzp_face_kick(&p->face);
    } else {
        printf("%s\n", text);
        fflush(stdout);
    }
}

static void on_looked(void *context, const char *verdict, bool good)
{
    tell(context, good ? WZP_STYLE_GOOD : WZP_STYLE_WARN, verdict);
}

/* ---- the control socket, and who has it ---- */

static void open_control(struct program *p)
{
    struct wzp_error err = {0};
    int result = wzp_control_open(&p->control, p->loop, &p->host, p->app, &err);
    if (result == WZP_E_DUPLICATE)
        tell(p, WZP_STYLE_WARN,
             "Another softphone of yours is already running: :take-over ends it and takes its "
             "place");
    else if (result && result != WZP_E_NOT_FOUND)
        tell(p, WZP_STYLE_WARN, err.text);
}

static void on_retry(void *context)
{
    struct program *p = context;
    wzp_timer_close(p->retry);
    p->retry = NULL;
    open_control(p);
    if (p->control.socket)
        tell(p, WZP_STYLE_NORMAL, "The other softphone ended; this one takes your calls now");
}

static int take_over(void *context, struct wzp_error *err)
{
    struct program *p = context;
    if (p->control.socket)
        return wzp_error_set(err, WZP_E_STATE, "no other softphone of yours is running");
    int result = wzp_control_quit(&p->host, err);
    if (!result && !p->retry)
        result = wzp_timer_start(&p->retry, p->loop, 3 * WZP_SECOND, 0, on_retry, p);
    return result;
}

/* ---- the screen ---- */

static void read_keys(struct program *p)
{
    struct wzp_host_file file = {.place = p->values.keys ? WZP_PLACE_PATH : WZP_PLACE_CONFIG,
                                 .name = p->values.keys ? p->values.keys : "keys.conf",
                                 .limit = 256 * 1024};
    struct wzp_error err = {0};
    char *text;
    size_t length;
    int result = p->host.calls->file_read(p->host.context, &text, &length, &file, &err);
    uint64_t now = wzp_loop_now(p->loop);
    if (result == 0) {
        wzp_tui_keys(p->face.tui, text, length, now);
        wzp_free(text);
    } else if (result != WZP_E_NOT_FOUND || p->values.keys) {
        wzp_tui_notice(p->face.tui, WZP_STYLE_WARN, err.text, now);
    }
}

static int open_screen(struct program *p, struct wzp_error *err)
{
    struct wzp_face_config config = {.view = &p->view.view,
                                     .theme = p->values.theme,
                                     .ascii = p->values.ascii,
                                     .mouse = p->values.mouse,
                                     .stop = stop,
                                     .take_over = take_over,
                                     .context = p};
    int result = wzp_face_open(&p->face, p->loop, &p->host, &config, err);
    if (result)
        return result;
    p->on_screen = true;
    read_keys(p);
    if (p->view.first_run)
        wzp_tui_first_run(p->face.tui);
    wzp_face_kick(&p->face);
    return 0;
}

/* ---- life ---- */

static void on_script_says(void *context, enum wzp_style style, const char *sentence)
{
    tell(context, style, sentence);
}

static void on_complaint(void *context, const char *sentence)
{
    tell(context, WZP_STYLE_WARN, sentence);
}

static int run_line(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err);

/* The softphone of the settings, and its view. */
static int make_softphone(struct program *p, struct wzp_error *err)
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
    p->view.view.zone_minutes = zone_minutes;
    p->view.view.device = device;
    p->view.view.no_card = !wzp_audio_has_card();
    p->view.view.words = words;
    p->run_line = p->view.view.run;
    p->view.view.run = run_line;
    if (!p->values.demo) { /* of which nothing leaves the machine */
        p->netcheck.told = on_looked;
        p->netcheck.context = p;
        p->view.view.check = check;
        p->view.view.finding = finding;
    }
    p->command = p->view.view.command;
    p->view.view.command = command;
    p->complete = p->view.view.complete;
    p->view.view.complete = complete;
    p->view.view.script = script;
    p->view.view.script_line = script_line;
    wzp_scripts_open(&p->scripts, p->loop, &p->host, p->app, on_script_says, p);
    p->listener = (struct wzp_listener){.event = on_event, .context = p};
    wzp_app_listen(p->app, &p->listener);
    wzp_hook_open(&p->hook, p->loop, p->app, on_complaint, p);
    return 0;
}

static void close_softphone(struct program *p)
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

/* What is missing is told, and the screen stays: no relay, no network. */
static void on_start(void *context)
{
    struct program *p = context;
    struct wzp_error err = {0};
    wzp_timer_close(p->start);
    p->start = NULL;
    p->begun = true;
    if (p->stopping)
        return;
    /* A demonstration is nobody's softphone: no init.lua. */
    wzp_scripts_begin(&p->scripts, p->on_screen ? p->face.tui : NULL, !p->values.demo);
    if (!wzp_app_settings(p->app)->relay[0] && !p->values.demo) {
        tell(p, WZP_STYLE_WARN,
             "No relay yet: type :set relay HOST:PORT, and :keep relay to remember it");
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
        tell(p, WZP_STYLE_BAD, err.text);
}

/* The relay is named for the first time: a softphone that never began is made anew with it. */
static void on_relay_named(void *context)
{
    struct program *p = context;
    struct wzp_error err = {0};
    p->settings = *wzp_app_settings(p->app);
    p->started = false;
    close_softphone(p);
    if (make_softphone(p, &err) == 0) {
        on_start(p);
        return;
    }
    tell(p, WZP_STYLE_BAD, err.text);
    wzp_loop_stop(p->loop);
}

/* A softphone has one home relay for its life: another one is made for another relay. */
static void change_relay(struct program *p)
{
    struct wzp_app_facts facts;
    wzp_app_facts(p->app, &facts);
    if (facts.sessions > 0)
        tell(p, WZP_STYLE_WARN,
             "Calls go on: the other relay is used from the next start, or when "
             "it is set again without calls");
    else
        (void)wzp_timer_start(&p->start, p->loop, 0, 0, on_relay_named, p);
}

static int run_line(void *context, const char *line, char *told, size_t capacity,
                    struct wzp_error *err)
{
    struct program *p = program_of(context);
    told[0] = '\0';
    if (strcmp(line, "netcheck") == 0 && p->view.view.check)
        return wzp_tui_netcheck_start(&p->netcheck, &p->host, wzp_app_settings(p->app), err);
    if (p->start && !p->begun) /* from a pipe a line may come before the first turn */
        on_start(p);
    int result = p->run_line(context, line, told, capacity, err);
    if (result == WZP_E_UNKNOWN) {
        struct wzp_error other = {0};
        wzp_session_id focus = p->on_screen ? wzp_tui_focus(p->face.tui) : 0;
        int ran = wzp_scripts_run(&p->scripts, line, focus, &other);
        if (ran != WZP_E_UNKNOWN)
            return ran ? wzp_error_set(err, ran, "%s", other.text) : 0;
    }
    if (!result && !p->start && !p->values.demo && strncmp(line, "set relay ", 10) == 0)
        change_relay(p);
    return result;
}

/* Company first: its relay is the person's. Settings of the person are about other relays. */
static int open_demo(struct program *p, struct wzp_error *err)
{
    int result = wzp_tui_demo_open(&p->demo, p->loop, &p->log, WZP_VERSION, err);
    if (result)
        return result;
    p->host = p->demo.host;
    wzp_text_copy(p->settings.relay, sizeof p->settings.relay, p->demo.relay_text);
    look_for_sound(p);
    return 0;
}

/* Before the softphone makes one. */
static bool has_identity(struct program *p)
{
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    bool created;
    int result = wzp_store_identity(&identity, path, &p->host, false, &created, &err);
    wzp_identity_wipe(&identity);
    return result == 0;
}

/* Whatever the settings say there is a screen, where they can be mended. */
static int make_some_softphone(struct program *p, struct wzp_error *err)
{
    struct wzp_error wrong = {0};
    static const char *const keys[] = {"in", "out", "relay", "token_file"};
    int result = make_softphone(p, &wrong);
    if (!result)
        return 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (wzp_client_given(&p->values.client, keys[i])) /* that is misuse, not a broken file */
            return wzp_error_set(err, result, "%s", wrong.text);
    wzp_tui_wrong_add(&p->wrong, wrong.text);
    close_softphone(p);
    wzp_tui_settings_safe(&p->settings);
    return make_softphone(p, err);
}

static int open_softphone(struct program *p, struct wzp_error *err)
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

static int run(struct program *p, struct wzp_error *err)
{
    int result = open_softphone(p, err);
    bool plain = p->values.plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    if (!result && !plain) {
        result = open_screen(p, err);
        if (result == WZP_E_UNSUPPORTED) { /* a terminal, but not one for pictures */
            fprintf(stderr, "%s: %s; line by line instead\n", p->name, err->text);
            plain = true;
            result = 0;
        }
    }
    if (!result && plain)
        result = open_plain(p, err);
    for (size_t i = 0; !result && i < p->wrong.count; i++)
        tell(p, WZP_STYLE_WARN, p->wrong.sentences[i]);
    if (!result)
        result = wzp_timer_start(&p->start, p->loop, 0, 0, on_start, p);
    if (!result)
        wzp_loop_run(p->loop);
    return result;
}

static void close_program(struct program *p)
{
    wzp_scripts_close(&p->scripts); /* they speak to the screen */
    if (p->on_screen)
        wzp_face_close(&p->face);
    p->on_screen = false;
    wzp_lines_close(p->lines);
    wzp_timer_close(p->start);
    wzp_timer_close(p->retry);
    wzp_interrupts_close(&p->interrupts);
    bool busy = wzp_tui_netcheck_close(&p->netcheck);
    close_softphone(p);
    wzp_tui_demo_close(&p->demo);
    if (!busy) /* else the end of the process ends it */
        wzp_loop_free(p->loop);
}

static int help(const char *name)
{
    printf("usage: %s [OPTION...]\nThe softphone in a terminal; ? shows the keys.\n\noptions:\n",
           name);
    wzp_options_print(stdout, wzp_tui_options);
    fputs("  -h, --help                 this text; the manual: man wzp-tui\n"
          "  -V, --version              the version\n",
          stdout);
    return WZP_EXIT_DONE;
}

int wzp_tui_command_main(const char *name, int argc, char **argv)
{
    struct wzp_operands operands;
    struct wzp_error err = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help(name);
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
            return printf("%s %s\n", name, WZP_VERSION) > 0 ? WZP_EXIT_DONE : WZP_EXIT_USAGE;
    }
    struct program *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return WZP_EXIT_USAGE;
    p->name = name;
    int result = wzp_options_parse(wzp_tui_options, &p->values, argc, argv, &operands, &err);
    if (!result && operands.count > 0)
        result = wzp_error_set(&err, WZP_E_ARGUMENT, "wzp-tui takes no arguments");
    if (!result && p->values.theme && !wzp_theme_find(p->values.theme))
        result =
            wzp_error_set(&err, WZP_E_ARGUMENT, "--theme is one of dark, light, mono, contrast");
    bool asked_wrongly = result != 0;
    if (!result)
        result = run(p, &err);
    close_program(p);
    wzp_free(p);
    if (result)
        fprintf(stderr, "%s: %s%s\n", name, err.text, asked_wrongly ? " (try --help)" : "");
    return result ? WZP_EXIT_USAGE : WZP_EXIT_DONE;
}

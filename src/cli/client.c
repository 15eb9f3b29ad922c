/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "loop/files.h"
#include "wzp_build.h"

int wzp_client_status_of_end(enum wzp_end_reason reason)
{
    switch (reason) {
    case WZP_END_NORMAL:
    case WZP_END_CANCELLED: return WZP_EXIT_DONE;
    case WZP_END_BUSY:
    case WZP_END_DECLINED:
    case WZP_END_REFUSED:
    case WZP_END_OFFLINE: return WZP_EXIT_REFUSED;
    case WZP_END_TIMEOUT: return WZP_EXIT_TIMEOUT;
    case WZP_END_LOST: return WZP_EXIT_LOST;
    default: return WZP_EXIT_NETWORK;
    }
}

void wzp_client_tell(struct wzp_client *c, const struct wzp_error *err)
{
    uint64_t now = c->loop ? wzp_loop_now(c->loop) : c->events.began;
    wzp_events_error(&c->events, err, NULL, now);
}

/* ---- events ---- */

/* True when our relay's certificate waits for a person's acceptance. */
static bool is_barred(const struct wzp_client *c, const struct wzp_event *event)
{
    struct wzp_app_facts facts;
    if (event->type != WZP_EVENT_RELAY_PIN)
        return false;
    wzp_app_facts(c->app, &facts);
    return strcasecmp(facts.barred_by, event->u.relay_pin.relay) == 0;
}

void wzp_client_say(const struct wzp_client *c, const char *format, ...)
{
    char text[2 * WZP_ERROR_TEXT_MAX + 256];
    va_list arguments;
    int begin = snprintf(text, sizeof text, "wzp %s: ", c->command);
    va_start(arguments, format);
    (void)vsnprintf(text + begin, sizeof text - (size_t)begin, format, arguments);
    va_end(arguments);
    wzp_terminal_print(wzp_own_stderr(), text, 6);
}

/* There is no person to accept it: says how to start the command again, and ends. */
static void refuse_barred(struct wzp_client *c)
{
    wzp_client_say(c, "the relay's certificate is not accepted; if its operator confirms it, use "
                      "--accept-relay");
    wzp_client_stop(c, WZP_EXIT_REFUSED);
}

static void tell_barred(struct wzp_client *c)
{
    if (c->words && !c->words_ended)
        wzp_client_say(c, "if its operator confirms the certificate, say accept; else quit, and "
                          "use another relay");
    else
        refuse_barred(c);
}

static void print_event(struct wzp_client *c, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_STOPPED)
        return; /* the program reports it when it ends */
    if (event->type == WZP_EVENT_MUTED && c->in_word && !c->events.json)
        return; /* the typed command reports it itself */
    wzp_events_print(&c->events, event, event->at);
    if (ferror(c->events.out) && !c->stopping) {
        wzp_client_say(c, "cannot write to standard output");
        wzp_client_stop(c, WZP_EXIT_USAGE);
    }
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_client *c = context;
    print_event(c, event);
    if (is_barred(c, event))
        tell_barred(c);
    if (c->event)
        c->event(c, event);
    if (event->type == WZP_EVENT_STOPPED)
        wzp_loop_stop(c->loop);
}

/* ---- life ---- */

void wzp_client_stop(struct wzp_client *c, int status)
{
    if (c->stopping)
        return;
    c->stopping = true;
    c->status = status;
    wzp_app_stop(c->app);
}

static void on_interrupt(void *context, int number)
{
    struct wzp_client *c = context;
    (void)number;
    if (c->stopping)
        wzp_loop_stop(c->loop); /* second request: end at once */
    wzp_client_stop(c, WZP_EXIT_DONE);
}

static void on_complaint(void *context, const char *sentence)
{
    const struct wzp_client *c = context;
    wzp_client_say(c, "%s", sentence);
}

static bool uses_device(const struct wzp_settings *s)
{
    return strncmp(s->in, "alsa:", 5) == 0 || strncmp(s->out, "alsa:", 5) == 0 ||
           strncmp(s->ring, "alsa:", 5) == 0;
}

static bool uses_standard(const char *spec)
{
    return strcmp(spec, "-") == 0 || strcmp(spec, "file:-") == 0;
}

/* The capture file is created when the call begins; that it cannot be is reported before anybody is
 * called. */
static int check_capture(const char *path, struct wzp_error *err)
{
    int result = wzp_file_extend(path, true, true, 0, NULL, 0, err);
    if (!result && unlink(path))
        result = wzp_error_set(err, WZP_E_IO, "cannot write %s", path);
    return result;
}

int wzp_client_open(struct wzp_client *c, const char *command,
                    const struct wzp_client_options *options, struct wzp_app_config *config,
                    struct wzp_error *err)
{
    c->command = command;
    c->options = *options;
    c->events = (struct wzp_events){.out = stdout, .command = command, .json = options->json};
    int result = wzp_trace_init(&c->trace, options->verbose, options->log, options->qlog, err);
    if (!result && options->capture)
        result = check_capture(options->capture, err);
    if (!result)
        result = wzp_client_settings(&c->settings, options, err);
    if (!result)
        result = wzp_loop_new(&c->loop, err);
    if (!result && uses_standard(c->settings.in) && options->words)
        result = wzp_error_set(err, WZP_E_ARGUMENT,
                               "standard input cannot carry both sound and commands");
    if (result)
        return result;
    const struct wzp_log log = wzp_trace_log(&c->trace);
    if (config->sound != WZP_SOUND_NONE && uses_device(&c->settings))
        wzp_foreign_open(&c->foreign, c->loop, &log);
    if (uses_standard(c->settings.out))
        c->events.out = wzp_own_stderr(); /* standard output carries only the sound */
    wzp_loop_host(&c->host, c->loop, &log);
    wzp_trace_app(&c->trace, config);
    c->events.began = wzp_loop_now(c->loop);
    config->settings = &c->settings;
    config->build = WZP_VERSION;
    config->duration = options->duration;
    config->stats = options->stats;
    config->accept_relay = options->accept_relay;
    config->config_file = options->config;
    result = wzp_app_new(&c->app, &c->host, config, err);
    if (result)
        return result;
    c->listener = (struct wzp_listener){.event = on_event, .context = c};
    wzp_app_listen(c->app, &c->listener);
    wzp_hook_open(&c->hook, c->loop, c->app, on_complaint, c);
    /* An interrupt must end the call properly, or the peer stays in it alone. */
    return wzp_interrupts_start(&c->interrupts, c->loop, on_interrupt, c, err);
}

/* An incomplete recording is a failure, so that a script notices. */
int wzp_client_run(struct wzp_client *c)
{
    struct wzp_app_facts facts;
    wzp_loop_run(c->loop);
    wzp_app_facts(c->app, &facts);
    bool lost = facts.file_lost || c->file_lost || c->trace.qlog_failed;
    return c->status == WZP_EXIT_DONE && lost ? WZP_EXIT_USAGE : c->status;
}

static void on_script(void *context, enum wzp_style style, const char *text)
{
    const struct wzp_client *c = context;
    (void)style;
    wzp_client_say(c, "%s", text);
}

int wzp_client_scripts(struct wzp_client *c, struct wzp_error *err)
{
    struct wzp_host host = c->host;
    host.log.write = NULL; /* errors are reported here; the log would repeat them */
    c->scripts = wzp_alloc(sizeof *c->scripts);
    if (!c->scripts)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    wzp_scripts_open(c->scripts, c->loop, &host, c->app, on_script, c);
    wzp_scripts_begin(c->scripts, NULL, true);
    return 0;
}

void wzp_client_close(struct wzp_client *c)
{
    wzp_lines_close(c->words);
    if (c->scripts)
        wzp_scripts_close(c->scripts);
    wzp_free(c->scripts);
    c->scripts = NULL;
    wzp_interrupts_close(&c->interrupts);
    wzp_hook_close(&c->hook);
    wzp_app_free(c->app);
    wzp_foreign_close(&c->foreign);
    wzp_loop_free(c->loop);
    wzp_trace_fini(&c->trace);
    c->app = NULL;
    c->loop = NULL;
}

/* ---- words ---- */

static void print_words(const struct wzp_client *c)
{
    const struct wzp_app_command *row;
    size_t longest = 0;
    for (size_t i = 0; (row = wzp_app_command(i)); i++)
        if (wzp_app_applies(c->app, row) && strlen(row->name) > longest)
            longest = strlen(row->name);
    for (size_t i = 0; (row = wzp_app_command(i)); i++) {
        char line[512];
        if (!wzp_app_applies(c->app, row))
            continue;
        snprintf(line, sizeof line, "  %-*s  %s", (int)longest, row->name, row->help);
        wzp_terminal_print(wzp_own_stderr(), line, (unsigned)longest + 4);
    }
}

/* Removes the bytes that a terminal sends for keys without text (arrows, Ctrl-L), which end up in
 * the line. out holds strlen(line) + 1 bytes. */
static void drop_keys(char *out, const char *line)
{
    for (const char *at = line; *at; at++) {
        if (*at == '\033') {
            bool has_parameters = at[1] == '[';
            at += at[1] == '[' || at[1] == 'O';
            while (has_parameters && at[1] && (at[1] < '@' || at[1] > '~'))
                at++;
            at += at[1] != '\0';
        } else if ((unsigned char)*at >= ' ' && *at != '\177') {
            *out++ = *at;
        } else if (*at == '\t') {
            *out++ = ' ';
        }
    }
    *out = '\0';
}

/* Standard input has ended: a person who was asked about a certificate cannot answer any more. */
static void on_last_word(struct wzp_client *c)
{
    struct wzp_app_facts facts;
    c->words_ended = true;
    wzp_app_facts(c->app, &facts);
    if (facts.barred_by[0] && !c->stopping)
        refuse_barred(c);
}

static void on_line(void *context, const char *typed)
{
    struct wzp_client *c = context;
    const struct wzp_app_command *row;
    struct wzp_error err = {0};
    char line[WZP_LINES_MAX + 1];
    if (!typed)
        on_last_word(c);
    if (!typed || c->stopping)
        return;
    drop_keys(line, typed);
    const char *word = line + strspn(line, " ");
    if (!word[0])
        return;
    if (strcmp(word, "help") == 0 || strcmp(word, "?") == 0) {
        print_words(c);
        return;
    }
    c->in_word = true;
    int result = wzp_app_run(c->app, line, &row, &err);
    struct wzp_error other = {0};
    if (result == WZP_E_UNKNOWN && c->scripts &&
        (result = wzp_scripts_run(c->scripts, line, 0, &other)) != WZP_E_UNKNOWN) {
        if (result)
            wzp_client_say(c, "%s", other.text);
        c->in_word = false;
        return;
    }
    c->in_word = false;
    if (result)
        wzp_client_say(c, "%s", err.text);
    else if (row->done)
        wzp_client_say(c, "%s", row->done);
    if (result == WZP_E_UNKNOWN)
        print_words(c);
    if (!result && strcmp(row->name, "quit") == 0)
        c->stopping = true; /* the softphone is stopping already */
}

bool wzp_client_has_person(const struct wzp_client *c)
{
    return c->options.words || (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp());
}

int wzp_client_words(struct wzp_client *c, struct wzp_error *err)
{
    if (!wzp_client_has_person(c))
        return 0;
    /* When the process is put into the background later, typed commands are lost, but the call
     * continues. */
    signal(SIGTTIN, SIG_IGN);
    int result = wzp_lines_start(&c->words, c->loop, STDIN_FILENO, on_line, c);
    if (result && !c->options.words)
        return 0; /* the terminal cannot be watched: no commands */
    return result ? wzp_error_set(err, result, "cannot read commands from standard input") : 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp netcheck: which path calls take from this network, and why. */
#include <langinfo.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/client_options.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/terminal.h"
#include "cli/waiting.h"
#include "loop/host.h"
#include "nat/netcheck_report.h"
#include "wzp/netcheck.h"

#define TEXT_MAX (64 * 1024)

struct values {
    struct wzp_client_options client;
    struct wzp_option_list relays, stun;
    double timeout, every, lifetime;
    bool watch, all;
    unsigned probes;
    const char *bind;
};
const struct wzp_option wzp_netcheck_options[] = {
    {"relay", 'r', WZP_OPTION_REPEAT, "HOST[:PORT]", offsetof(struct values, relays), 0, 0,
     "measure this relay; may be repeated (default: that of config.toml)", NULL},
    {"stun", 'S', WZP_OPTION_REPEAT, "HOST[:PORT]", offsetof(struct values, stun), 0, 0,
     "ask this STUN server; may be repeated (default: those of config.toml)", NULL},
    {"all", 'a', WZP_OPTION_FLAG, NULL, offsetof(struct values, all), 0, 0,
     "also try TCP and ICMP, and whether a web page asks to sign in", NULL},
    {"bind", 'b', WZP_OPTION_STRING, "ADDRESS[:PORT]", offsetof(struct values, bind), 0, 0,
     "send from this address of the machine", NULL},
    {"probes", 'p', WZP_OPTION_NUMBER, "N", offsetof(struct values, probes), 1, 10,
     "round trips to each relay (default 10 by STUN, else 3)", NULL},
    {"mapping-lifetime", 'L', WZP_OPTION_SECONDS, "S", offsetof(struct values, lifetime), 0, 0,
     "then measure how long the router keeps a mapping, up to S seconds", NULL},
    {"timeout", 'T', WZP_OPTION_SECONDS, "S", offsetof(struct values, timeout), 0, 0,
     "report what is known after S seconds (default 5)", NULL},
    {"watch", 'w', WZP_OPTION_FLAG, NULL, offsetof(struct values, watch), 0, 0,
     "repeat, and tell what changed", NULL},
    {"every", 'n', WZP_OPTION_SECONDS, "S", offsetof(struct values, every), 0, 0,
     "seconds between two runs of --watch (default 30)", NULL},
    WZP_CLIENT_ROW(struct values, "json", 'j', FLAG, NULL, json,
                   "one JSON object per line on stdout"),
    WZP_CLIENT_ROW(struct values, "config", 'C', STRING, "FILE", config,
                   "read FILE instead of config.toml"),
    WZP_CLIENT_ROW(struct values, "verbose", 'v', FLAG, NULL, verbose, "log to stderr"),
    {0}};

struct netcheck {
    const struct values *values;
    struct wzp_settings settings;
    const char *relay; /* the relay of the settings */
    struct wzp_loop *loop;
    struct wzp_host host;
    /* before: the previous check, which this one is compared with */
    struct wzp_app_netcheck *check, *before;
    struct wzp_timer *pause;
    struct wzp_interrupts interrupts;
    uint64_t began;
    bool shows_progress, ended;
    int status;
};

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", wzp_log_level_name(level), line);
}

/* ---- signs of life ---- */

static void clear_progress(const struct netcheck *n)
{
    if (n->shows_progress)
        fputs("\r\033[K", stderr);
}

static void on_progress(void *context, unsigned steps, unsigned expected)
{
    const struct netcheck *n = context;
    double low, high, wait;
    if (!n->shows_progress)
        return;
    fprintf(stderr, "\r\033[Klooking at the network: %u of %u", steps, expected);
    if (!n->check || !wzp_app_netcheck_lifetime(n->check, &low, &high, &wait))
        return;
    fprintf(stderr, "; a mapping lives longer than %.0f s", low);
    if (high > 0)
        fprintf(stderr, ", not %.0f s", high);
    fprintf(stderr, "; silent for %.0f s", wait);
}

/* ---- what was found ---- */

static void write_head(struct wzp_json *j, void *context)
{
    const struct netcheck *n = context;
    wzp_json_number(j, "t", (double)wzp_time_since(wzp_loop_now(n->loop), n->began) / 1e9);
    wzp_json_text(j, "event", "netcheck");
}

/* Prints line by line, each wrapped to the width of a terminal. */
static void print_lines(char *text)
{
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = '\0';
        wzp_terminal_print(stdout, text, 4);
    }
    fputs(text, stdout);
}

/* Prints and frees the text. */
static int print_buffer(struct wzp_buffer *text, bool is_json)
{
    int result = text->result;
    if (!result && is_json)
        fwrite(text->text, 1, text->length, stdout);
    else if (!result)
        print_lines(text->text);
    wzp_buffer_fini(text);
    return !result && fflush(stdout) ? WZP_E_IO : result;
}

static int print_report(struct netcheck *n, const struct wzp_netcheck_report *report)
{
    struct wzp_buffer text;
    wzp_buffer_init(&text, TEXT_MAX);
    if (n->values->client.json) {
        wzp_netcheck_write_json_with(&text, report, write_head, n);
        wzp_buffer_char(&text, '\n');
    } else {
        wzp_netcheck_write_text(&text, report, strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0);
    }
    return print_buffer(&text, n->values->client.json);
}

/* Two reports that are compared. */
struct comparison {
    struct netcheck *n;
    const struct wzp_netcheck_report *before, *after;
};

/* Prints one difference, as a sentence or as a JSON object with the values of both reports. */
static void print_change(void *context, const struct wzp_netcheck_field *field, const char *was,
                         const char *is)
{
    const struct comparison *c = context;
    if (c->n->values->client.json) {
        struct wzp_json_line out;
        uint64_t now = wzp_loop_now(c->n->loop);
        char text[256];
        snprintf(text, sizeof text, "%s: %.100s -> %.100s", field->name, was, is);
        wzp_json_line_begin(&out, (double)wzp_time_since(now, c->n->began) / 1e9,
                            "netcheck_change");
        wzp_json_text(&out.json, "field", field->name);
        field->write(&out.json, "before", c->before);
        field->write(&out.json, "after", c->after);
        wzp_json_text(&out.json, "text", text);
        wzp_json_line_end(&out, stdout);
        return;
    }
    char clock[16];
    time_t seconds = (time_t)(c->after->now_ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(clock, sizeof clock, "%H:%M:%S", &local);
    printf("%s %s: %s -> %s\n", clock, field->name, was, is);
    fflush(stdout);
}

/* A line for each difference; nothing when there is none. */
static void print_changes(struct netcheck *n, const struct wzp_netcheck_report *before,
                          const struct wzp_netcheck_report *report)
{
    struct comparison comparison = {n, before, report};
    wzp_netcheck_each_change(before, report, print_change, &comparison);
}

/* ---- one look after the other ---- */

static void stop(struct netcheck *n, int status)
{
    clear_progress(n);
    n->status = status;
    wzp_loop_stop(n->loop);
}

static void look(void *context);

static void on_done(void *context)
{
    struct netcheck *n = context;
    struct wzp_error err = {0};
    const struct wzp_netcheck_report *report = wzp_app_netcheck_report(n->check);
    clear_progress(n);
    int result = 0;
    if (n->before)
        print_changes(n, wzp_app_netcheck_report(n->before), report);
    if (!n->before || n->values->client.json)
        result = print_report(n, report);
    if (result) {
        wzp_error_set(&err, result, "cannot write the report: %s", wzp_strerror(result));
        stop(n, wzp_command_fail("netcheck", WZP_EXIT_USAGE, &err));
        return;
    }
    n->status = wzp_app_netcheck_status(n->check);
    if (!n->values->watch || n->ended) {
        stop(n, n->status);
        return;
    }
    wzp_app_netcheck_free(n->before);
    n->before = n->check;
    n->check = NULL;
    if (wzp_turn_start(&n->pause, n->loop, (uint64_t)(n->values->every * 1e9), look, n))
        stop(n, WZP_EXIT_USAGE);
}

static int begin(struct netcheck *n, struct wzp_error *err)
{
    const struct values *v = n->values;
    const struct wzp_app_netcheck_config config = {
        .relays = v->relays.count > 0 ? v->relays.items : &n->relay,
        .relay_count = v->relays.count > 0 ? v->relays.count : n->relay[0] != '\0',
        .stun = v->stun.items,
        .stun_count = v->stun.count,
        .stun_setting = n->settings.stun,
        .all = v->all,
        .bind = v->bind,
        .probes = v->probes,
        .timeout = v->timeout,
        .mapping_lifetime = v->lifetime,
        .progress = on_progress,
        .done = on_done,
        .context = n};
    return wzp_app_netcheck_start(&n->check, &n->host, &config, err);
}

static void look(void *context)
{
    struct netcheck *n = context;
    struct wzp_error err = {0};
    if (begin(n, &err))
        stop(n, wzp_command_fail("netcheck", WZP_EXIT_USAGE, &err));
}

/* An interrupt ends the check at once: there is nothing to close. A watch that is ended has
 * succeeded. While the lifetime of a mapping is measured, the report is printed without it. */
static void on_interrupt(void *context, int number)
{
    struct netcheck *n = context;
    double low, high, wait;
    (void)number;
    n->ended = true;
    if (n->check && wzp_app_netcheck_lifetime(n->check, &low, &high, &wait))
        wzp_app_netcheck_stop(n->check); /* everything else is known and gets reported */
    else
        stop(n, n->before ? n->status : WZP_EXIT_USAGE);
}

/* ---- */

static int start(struct netcheck *n, struct wzp_error *err)
{
    struct wzp_log log = {.write = log_line,
                          .level = n->values->client.verbose ? WZP_LOG_DEBUG : WZP_LOG_WARN};
    int result = wzp_client_settings(&n->settings, &n->values->client, err);
    n->relay = n->settings.relay;
    if (!result)
        result = wzp_loop_new(&n->loop, err);
    if (result)
        return result;
    n->began = wzp_loop_now(n->loop);
    wzp_loop_host(&n->host, n->loop, &log);
    result = wzp_interrupts_start(&n->interrupts, n->loop, on_interrupt, n, err);
    return result ? result : begin(n, err);
}

/* Ends without freeing the loop when a thread still waits: a name server or a router that does not
 * answer holds it for longer than a person waits. */
static void end(struct netcheck *n)
{
    bool busy = (n->check && wzp_app_netcheck_busy(n->check)) ||
                (n->before && wzp_app_netcheck_busy(n->before));
    wzp_app_netcheck_free(n->check);
    wzp_app_netcheck_free(n->before);
    if (busy) {
        if (fflush(stdout) || ferror(stdout))
            n->status = WZP_EXIT_USAGE;
        _exit(n->status);
    }
    wzp_turn_close(&n->pause);
    wzp_interrupts_close(&n->interrupts);
    wzp_loop_free(n->loop);
}

int wzp_cmd_netcheck(int argc, char **argv)
{
    struct values v = {.every = 30, .timeout = 5};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("netcheck", wzp_netcheck_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("netcheck", "relays are named with --relay");
    struct netcheck n = {.values = &v, .shows_progress = isatty(STDERR_FILENO)};
    int result = start(&n, &err);
    if (result)
        n.status = wzp_command_fail("netcheck", WZP_EXIT_USAGE, &err);
    else
        wzp_loop_run(n.loop);
    end(&n);
    return n.status;
}

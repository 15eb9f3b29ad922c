/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp ping [RELAY...]: time to connect, version, certificate; with -n several probes and their
 * sums. */
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/waiting.h"

#define RELAYS_MAX 16
#define PAUSE (200 * WZP_MILLISECOND) /* between probes of one relay */

struct values {
    struct wzp_client_options client;
    double timeout;
    unsigned count;
};
const struct wzp_option wzp_ping_options[] = {
    {"count", 'n', WZP_OPTION_NUMBER, "N", offsetof(struct values, count), 1, 1000,
     "probes of each relay (default 1)", NULL},
    {"timeout", 'T', WZP_OPTION_SECONDS, "S", offsetof(struct values, timeout), 0, 0,
     "give up a probe after S seconds (default 10)", NULL},
    WZP_CLIENT_ROW(struct values, "json", 'j', FLAG, NULL, json,
                   "one JSON object per line on stdout"),
    WZP_CLIENT_ROW(struct values, "config", 'C', STRING, "FILE", config,
                   "read FILE instead of config.toml"),
    WZP_CLIENT_TRACE_ROWS(struct values),
    {0}};

struct ping;
/* One relay that is measured. */
struct target {
    struct ping *ping;
    const char *name;
    struct wzp_timer *timer; /* time limit of the probe under way, or the pause before the next */
    bool waiting;            /* a probe is under way */
    unsigned sent, answers;
    double least, most, sum; /* ms */
};
struct ping {
    struct wzp_client client;
    const struct values *values;
    struct target targets[RELAYS_MAX];
    size_t count, unfinished;
    /* the most serious one so far: a changed certificate, then a network error, then no answer */
    int status;
};

/* ---- sums ---- */

static void weigh(struct ping *p, int status)
{
    static const int weights[] = {[WZP_EXIT_DONE] = 0,
                                  [WZP_EXIT_USAGE] = 4,
                                  [WZP_EXIT_TIMEOUT] = 1,
                                  [WZP_EXIT_NETWORK] = 2,
                                  [WZP_EXIT_REFUSED] = 3};
    if (weights[status] > weights[p->status])
        p->status = status;
}

static void print_sums(const struct target *t)
{
    const struct wzp_client *c = &t->ping->client;
    double loss = 100.0 * (t->sent - t->answers) / t->sent;
    double average = t->answers ? t->sum / t->answers : 0;
    if (c->options.json) {
        struct wzp_json_line line;
        uint64_t now = wzp_loop_now(c->loop);
        wzp_json_line_begin(&line, (double)wzp_time_since(now, c->events.began) / 1e9, "ping");
        wzp_json_text(&line.json, "relay", t->name);
        wzp_json_unsigned(&line.json, "sent", t->sent);
        wzp_json_unsigned(&line.json, "received", t->answers);
        wzp_json_number(&line.json, "loss_percent", loss);
        if (t->answers) {
            wzp_json_number(&line.json, "min_ms", t->least);
            wzp_json_number(&line.json, "avg_ms", average);
            wzp_json_number(&line.json, "max_ms", t->most);
        }
        wzp_json_line_end(&line, stdout);
        return;
    }
    printf("%s: %u %s, %u answered, %.0f %% lost", t->name, t->sent,
           wzp_plural(t->sent, "probe", "probes"), t->answers, loss);
    if (t->answers)
        printf(", min/avg/max %.0f/%.1f/%.0f ms", t->least, average, t->most);
    putchar('\n');
    fflush(stdout);
}

/* ---- probes ---- */

static void probe(void *context);

static void wait_for(struct target *t, uint64_t time, void (*fire)(void *context))
{
    struct wzp_error err = {0};
    if (wzp_turn_start(&t->timer, t->ping->client.loop, time, fire, t) == 0)
        return;
    wzp_error_set(&err, WZP_E_MEMORY, "out of memory");
    wzp_client_tell(&t->ping->client, &err);
    wzp_client_stop(&t->ping->client, WZP_EXIT_USAGE);
}

static void probe_done(struct target *t, int status)
{
    struct ping *p = t->ping;
    wzp_turn_close(&t->timer);
    t->waiting = false;
    weigh(p, status);
    if (t->sent < p->values->count) {
        wait_for(t, PAUSE, probe);
        return;
    }
    if (p->values->count > 1)
        print_sums(t);
    if (--p->unfinished == 0)
        wzp_client_stop(&p->client, p->status);
}

static void on_timeout(void *context)
{
    struct target *t = context;
    struct wzp_error err = {0};
    const struct wzp_client *c = &t->ping->client;
    wzp_error_set(&err, WZP_E_TIMEOUT, "no answer within %g s", t->ping->values->timeout);
    wzp_events_error(&c->events, &err, t->name, wzp_loop_now(c->loop));
    probe_done(t, WZP_EXIT_TIMEOUT);
}

static void probe(void *context)
{
    struct target *t = context;
    struct wzp_client *c = &t->ping->client;
    struct wzp_error err = {0};
    t->sent++;
    t->waiting = true;
    wait_for(t, (uint64_t)(t->ping->values->timeout * 1e9), on_timeout);
    int result = wzp_app_ping(c->app, t->name, &err);
    if (!result)
        return;
    /* the error's text begins with the name, which the event has anyway */
    size_t length = strlen(t->name);
    if (strncmp(err.text, t->name, length) == 0 && strncmp(err.text + length, ": ", 2) == 0)
        memmove(err.text, err.text + length + 2, strlen(err.text + length + 2) + 1);
    wzp_events_error(&c->events, &err, t->name, wzp_loop_now(c->loop));
    probe_done(t,
               result == WZP_E_SYNTAX || result == WZP_E_RANGE ? WZP_EXIT_USAGE : WZP_EXIT_NETWORK);
}

/* Finds the relay of an answer; an answer after its time limit is ignored. */
static struct target *find(struct ping *p, const char *relay)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->targets[i].waiting && strcasecmp(p->targets[i].name, relay) == 0)
            return &p->targets[i];
    return NULL;
}

static void on_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct ping *p = c->context;
    bool is_pong = event->type == WZP_EVENT_PONG;
    if (!is_pong && event->type != WZP_EVENT_ERROR)
        return;
    struct target *t = find(p, is_pong ? event->u.pong.relay : event->u.error.relay);
    if (!t)
        return;
    if (!is_pong) {
        probe_done(t, event->u.error.code == WZP_E_TIMEOUT ? WZP_EXIT_TIMEOUT : WZP_EXIT_NETWORK);
        return;
    }
    double ms = event->u.pong.rtt_ms;
    t->least = t->answers && t->least < ms ? t->least : ms;
    t->most = t->most > ms ? t->most : ms;
    t->sum += ms;
    t->answers++;
    probe_done(t, event->u.pong.pin == WZP_PIN_MISMATCH ? WZP_EXIT_REFUSED : WZP_EXIT_DONE);
}

/* ---- */

static int check_names(const struct ping *p, struct wzp_error *err)
{
    char host[256];
    uint16_t port;
    for (size_t i = 0; i < p->count; i++) {
        int result = wzp_addr_split(host, sizeof host, &port, p->targets[i].name, WZP_DEFAULT_PORT);
        if (result) {
            wzp_error_set(err, result,
                          "this is no address: expected HOST, HOST:PORT or [IPV6]:PORT with a port "
                          "from 1 to 65535");
            wzp_error_prefix(err, p->targets[i].name);
            return result;
        }
    }
    return 0;
}

static int start(struct ping *p, const struct wzp_operands *operands, struct wzp_error *err)
{
    struct wzp_app_config config = {.throw_away = true, .know_relays = true, .no_relay = true};
    int result = wzp_client_open(&p->client, "ping", &p->values->client, &config, err);
    if (result)
        return result;
    p->count = p->unfinished = operands->count ? operands->count : 1;
    for (size_t i = 0; i < p->count; i++)
        p->targets[i] = (struct target){
            .ping = p, .name = operands->count ? operands->items[i] : p->client.settings.relay};
    if (!operands->count && !p->client.settings.relay[0])
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "give 1 to 16 relays, host:port each, or set relay in config.toml");
    result = check_names(p, err);
    if (!result)
        result = wzp_app_start(p->client.app, err);
    for (size_t i = 0; !result && i < p->count; i++)
        probe(&p->targets[i]);
    return result;
}

int wzp_cmd_ping(int argc, char **argv)
{
    struct values v = {.timeout = 10, .count = 1};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("ping", wzp_ping_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count > RELAYS_MAX)
        return wzp_command_usage("ping", "give 1 to 16 relays, host:port each");
    struct ping p = {.values = &v, .client = {.event = on_event}};
    p.client.context = &p;
    int result = start(&p, &operands, &err);
    if (result) {
        wzp_client_tell(&p.client, &err);
        status = result == WZP_E_NETWORK ? WZP_EXIT_NETWORK : WZP_EXIT_USAGE;
    } else {
        status = wzp_client_run(&p.client);
    }
    for (size_t i = 0; i < p.count; i++)
        wzp_turn_close(&p.targets[i].timer);
    wzp_client_close(&p.client);
    return status;
}

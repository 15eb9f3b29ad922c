/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp ping RELAY...: time to connect, version, certificate. */
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"

#define RELAYS_MAX 16

struct values {
    struct wzp_client_options client;
    double timeout;
};
const struct wzp_option wzp_ping_options[] = {
    {"json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, client.json), 0, 0,
     "one JSON object per line on stdout", NULL},
    {"timeout", 'T', WZP_OPTION_SECONDS, "S", offsetof(struct values, timeout), 0, 0,
     "give up after S seconds (default 10)", NULL},
    {"config", 'C', WZP_OPTION_STRING, "FILE", offsetof(struct values, client.config), 0, 0,
     "instead of config.toml", NULL},
    {"verbose", 'v', WZP_OPTION_FLAG, NULL, offsetof(struct values, client.verbose), 0, 0,
     "log to stderr", NULL},
    {0}};

struct ping;
/* One relay asked. */
struct target {
    struct ping *ping;
    const char *name;
};
struct ping {
    struct wzp_client client;
    struct target targets[RELAYS_MAX];
    size_t waiting;
    int status; /* network trouble weighs more than silence */
    struct wzp_timer *timer;
};

static void done_one(struct ping *p, int code)
{
    if (code)
        p->status = code == WZP_E_TIMEOUT && p->status != WZP_EXIT_NETWORK ? WZP_EXIT_TIMEOUT
                                                                           : WZP_EXIT_NETWORK;
    if (p->waiting > 0 && --p->waiting == 0)
        wzp_client_stop(&p->client, p->status);
}

static void fail_one(struct ping *p, const char *name, const struct wzp_error *err)
{
    wzp_events_error(&p->client.events, err, name, wzp_loop_now(p->client.loop));
    done_one(p, err->code);
}

static void on_event(struct wzp_client *c, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_PONG)
        done_one(c->context, 0);
    else if (event->type == WZP_EVENT_ERROR && event->u.error.relay[0])
        done_one(c->context, event->u.error.code);
}

static void on_resolved(void *context, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *resolve_error)
{
    struct target *t = context;
    struct ping *p = t->ping;
    struct wzp_error err = {0};
    struct wzp_relay_entry relay;
    if (p->client.stopping)
        return;
    if (resolve_error && resolve_error->code) {
        fail_one(p, t->name, resolve_error);
        return;
    }
    if (wzp_client_entry(&p->client, &relay, t->name, addrs, count, &err) == 0)
        wzp_phone_ping(p->client.phone, &relay, wzp_loop_now(p->client.loop), &err);
    if (err.code)
        fail_one(p, t->name, &err);
    wzp_client_kick(&p->client);
}

static void on_timeout(void *context)
{
    struct ping *p = context;
    struct wzp_error err = {0};
    wzp_error_set(&err, WZP_E_TIMEOUT, "no answer from %zu relay%s", p->waiting,
                  p->waiting == 1 ? "" : "s");
    wzp_client_tell(&p->client, &err);
    wzp_client_stop(&p->client, p->status ? p->status : WZP_EXIT_TIMEOUT);
}

static int start(struct ping *p, const struct values *v, const struct wzp_operands *operands,
                 struct wzp_error *err)
{
    int result = wzp_client_open(&p->client, "ping", &v->client, NULL, WZP_SOUND_NONE, false, err);
    for (size_t i = 0; !result && i < operands->count; i++) {
        p->targets[i] = (struct target){.ping = p, .name = operands->items[i]};
        result = wzp_resolve(p->client.loop, operands->items[i], WZP_DEFAULT_PORT, on_resolved,
                             &p->targets[i], err);
        if (result)
            wzp_error_prefix(err, operands->items[i]);
    }
    if (!result) {
        result = wzp_timer_start(&p->timer, p->client.loop, (uint64_t)(v->timeout * 1e9), 0,
                                 on_timeout, p);
        if (result)
            wzp_error_set(err, result, "%s", wzp_strerror(result));
    }
    return result;
}

int wzp_cmd_ping(int argc, char **argv)
{
    struct values v = {.timeout = 10};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("ping", wzp_ping_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count < 1 || operands.count > RELAYS_MAX)
        return wzp_command_usage("ping", "give 1 to 16 relays, host:port each");
    struct ping p = {.client = {.throw_away = true, .know_relays = true, .event = on_event},
                     .waiting = operands.count};
    p.client.context = &p;
    int result = start(&p, &v, &operands, &err);
    if (result) {
        wzp_events_error(&p.client.events, &err, NULL, p.client.events.began);
        wzp_client_close(&p.client);
        return result == WZP_E_NETWORK ? WZP_EXIT_NETWORK : WZP_EXIT_USAGE;
    }
    wzp_loop_run(p.client.loop);
    wzp_timer_close(p.timer);
    status = p.client.status;
    wzp_client_close(&p.client);
    return status;
}

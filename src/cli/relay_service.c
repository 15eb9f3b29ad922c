/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_service.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "wzp_build.h"

#define RELAY_PORT 4433 /* of a peer's name without one */
#define DRAIN_POLL (20 * WZP_MILLISECOND)

/* ---- token checks ---- */

struct wzp_token_question {
    struct wzp_relay_service *service;
    struct wzp_token_question *next;
    uint64_t request;
};

static void remove_question(struct wzp_token_question *q)
{
    struct wzp_token_question **at = &q->service->questions;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    wzp_free(q);
}

static void on_checked(void *context, const char *fingerprint, const char *alias,
                       const struct wzp_error *err)
{
    struct wzp_token_question *q = context;
    struct wzp_relay_service *s = q->service;
    (void)alias;
    if (!fingerprint && err)
        wzp_log(&s->log, WZP_LOG_WARN, "token refused: %s", err->text);
    wzp_relay_auth_result(s->relay, q->request, fingerprint, wzp_loop_now(s->loop));
    wzp_udp_kick(s->udp);
    remove_question(q);
}

static void authenticate(void *context, uint64_t request, const char *token)
{
    struct wzp_relay_service *s = context;
    struct wzp_token_question *q = wzp_alloc(sizeof *q);
    if (q) {
        *q = (struct wzp_token_question){.service = s, .next = s->questions, .request = request};
        s->questions = q;
        if (wzp_token_check(s->loop, s->config.auth_url, token, on_checked, q) == 0)
            return;
        remove_question(q);
    }
    wzp_relay_auth_result(s->relay, request, NULL, wzp_loop_now(s->loop));
}

/* ---- names of other relays ---- */

struct wzp_name_question {
    struct wzp_relay_service *service;
    struct wzp_name_question *next;
    uint64_t request;
};

static void on_resolved(void *context, const struct wzp_addr *addresses, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_name_question *q = context;
    struct wzp_relay_service *s = q->service;
    struct wzp_name_question **at = &s->names;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (!count && err)
        wzp_log(&s->log, WZP_LOG_DEBUG, "%s", err->text);
    wzp_relay_resolved(s->relay, q->request, addresses, count, wzp_loop_now(s->loop));
    wzp_udp_kick(s->udp);
    wzp_free(q);
}

static void resolve(void *context, uint64_t request, const char *name)
{
    struct wzp_relay_service *s = context;
    struct wzp_error err = {0};
    struct wzp_name_question *q = wzp_alloc(sizeof *q);
    if (q) {
        *q = (struct wzp_name_question){.service = s, .next = s->names, .request = request};
        if (wzp_resolve(s->loop, name, RELAY_PORT, on_resolved, q, &err) == 0) {
            s->names = q;
            return;
        }
        wzp_free(q);
    }
    wzp_relay_resolved(s->relay, request, NULL, 0, wzp_loop_now(s->loop));
}

/* ---- http ---- */

static int report_begin(void *context, void **job, const char *path)
{
    struct wzp_relay_report *report = NULL;
    int result = wzp_relay_report_new(&report, ((struct wzp_relay_service *)context)->relay, path);
    *job = report;
    return result;
}

static bool report_step(void *context, void *job)
{
    return wzp_relay_report_step(job, wzp_loop_now(((struct wzp_relay_service *)context)->loop));
}

static int report_take(void *context, void *job, char **body, size_t *length, const char **type)
{
    (void)context;
    return wzp_relay_report_take(job, body, length, type);
}

static void report_drop(void *context, void *job)
{
    (void)context;
    wzp_relay_report_free(job);
}

static const struct wzp_http_maker reports = {
    .begin = report_begin, .step = report_step, .take = report_take, .drop = report_drop};

static void start_http(struct wzp_relay_service *s)
{
    struct wzp_error err = {0};
    struct wzp_addr addr;
    char text[WZP_RELAY_NAME_MAX];
    if (s->config.metrics_port < 0)
        return;
    const char *host = s->config.metrics_host[0] ? s->config.metrics_host : "127.0.0.1";
    bool v6 = strchr(host, ':');
    snprintf(text, sizeof text, "%s%s%s:%d", v6 ? "[" : "", host, v6 ? "]" : "",
             s->config.metrics_port);
    if (wzp_addr_parse(&addr, text, strlen(text)))
        wzp_error_set(&err, WZP_E_SYNTAX, "metrics_host is not an address");
    else
        wzp_http_server_start(&s->http, s->loop, &addr, &reports, s, &err);
    if (err.code)
        wzp_log(&s->log, WZP_LOG_WARN, "no metrics: %s", err.text);
    else
        wzp_log(&s->log, WZP_LOG_INFO, "metrics on http://%s%s%s:%u/metrics", v6 ? "[" : "", host,
                v6 ? "]" : "", wzp_http_server_port(s->http));
}

/* ---- life ---- */

static int bind_socket(struct wzp_relay_service *s, struct wzp_error *err)
{
    struct wzp_addr addr;
    const char *text = s->config.listen_addr;
    if (wzp_addr_parse(&addr, text, strlen(text)))
        return wzp_error_set(err, WZP_E_SYNTAX, "listen address is not ip:port");
    int result = wzp_udp_open(&s->udp, s->loop, &addr, err);
    if (!result)
        s->listen = wzp_udp_local(s->udp, wzp_addr_is_v6(&addr) ? AF_INET6 : AF_INET);
    return result;
}

int wzp_relay_service_start(struct wzp_relay_service *s, struct wzp_loop *loop,
                            const struct wzp_identity *identity, const struct wzp_log *log,
                            struct wzp_error *err)
{
    s->loop = loop;
    s->log = *log;
    int result = bind_socket(s, err);
    if (result)
        return result;
    const struct wzp_relay_host host = {.context = s,
                                        .authenticate = s->config.auth_url[0] ? authenticate : NULL,
                                        .resolve = resolve};
    struct wzp_random random = wzp_system_random();
    result = wzp_relay_new(&s->relay, &s->config, identity->seed, &s->listen, WZP_VERSION, &host,
                           &random, log, wzp_loop_now(loop), err);
    if (result) {
        wzp_udp_close(s->udp);
        s->udp = NULL;
        return result;
    }
    struct wzp_driver driver;
    wzp_relay_driver(&driver, s->relay);
    wzp_udp_attach(s->udp, &driver);
    start_http(s);
    return 0;
}

void wzp_relay_service_stop(struct wzp_relay_service *s)
{
    wzp_timer_close(s->drain_timer);
    s->drain_timer = NULL;
    if (s->http)
        wzp_http_server_close(s->http);
    if (s->udp)
        wzp_udp_close(s->udp);
    if (s->relay)
        wzp_relay_free(s->relay);
    s->http = NULL;
    s->udp = NULL;
    s->relay = NULL;
    /* The loop ends with the service: these are not answered any more. */
    while (s->questions)
        remove_question(s->questions);
    while (s->names) {
        struct wzp_name_question *q = s->names;
        s->names = q->next;
        wzp_free(q);
    }
}

static void on_drain(void *context)
{
    struct wzp_relay_service *s = context;
    wzp_udp_kick(s->udp);
    if (!wzp_relay_drained(s->relay))
        return;
    wzp_timer_close(s->drain_timer);
    s->drain_timer = NULL;
    s->drained(s->drain_context);
}

int wzp_relay_service_drain(struct wzp_relay_service *s, void (*done)(void *context), void *context)
{
    s->drained = done;
    s->drain_context = context;
    int result = wzp_timer_start(&s->drain_timer, s->loop, DRAIN_POLL, DRAIN_POLL, on_drain, s);
    if (result)
        return result;
    wzp_relay_drain(s->relay, wzp_loop_now(s->loop));
    wzp_udp_kick(s->udp);
    return 0;
}

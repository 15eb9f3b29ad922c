/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_web.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/relay_bridge.h"
#include "cli/relay_crew.h"
#include "loop/host.h"
#include "loop/redis.h"
#include "wzp_build.h"

/* ---- token checks ---- */

struct wzp_token_question {
    struct wzp_relay_web *web;
    struct wzp_token_question *next;
    uint64_t request;
};

static void remove_question(struct wzp_token_question *q)
{
    struct wzp_token_question **at = &q->web->questions;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    wzp_free(q);
}

static void on_checked(void *context, const char *fingerprint, const char *alias,
                       const struct wzp_error *err)
{
    struct wzp_token_question *q = context;
    struct wzp_relay_web *w = q->web;
    (void)alias;
    if (!fingerprint && err)
        wzp_log(&w->log, WZP_LOG_WARN, "token refused: %s", err->text);
    wzp_relay_auth_result(w->service.relay, q->request, fingerprint, wzp_loop_now(w->loop));
    wzp_relay_service_kick(&w->service);
    remove_question(q);
}

static void authenticate(void *context, uint64_t request, const char *token)
{
    struct wzp_relay_web *w = context;
    struct wzp_token_question *q = wzp_alloc(sizeof *q);
    if (q) {
        *q = (struct wzp_token_question){.web = w, .next = w->questions, .request = request};
        w->questions = q;
        int result = wzp_token_check(w->loop, w->config.auth_url, token, on_checked, q);
        if (!result)
            return;
        wzp_log(&w->log, WZP_LOG_WARN, "the token service cannot be asked: %s",
                wzp_strerror(result));
        remove_question(q);
    }
    wzp_relay_auth_result(w->service.relay, request, NULL, wzp_loop_now(w->loop));
}

/* ---- the directory that relays behind one name share ---- */

static bool ask_pool(void *context, const struct wzp_pool_request *request)
{
    const struct wzp_relay_web *w = context;
    return w->redis && wzp_redis_ask(w->redis, request);
}

static void on_pool_answer(void *context, uint64_t number, int result, const char *value,
                           size_t length)
{
    struct wzp_relay_web *w = context;
    wzp_relay_pool_answer(w->service.relay, number, result, value, length, wzp_loop_now(w->loop));
    wzp_relay_service_kick(&w->service);
}

static void on_pool_heard(void *context, const char *text, size_t length)
{
    struct wzp_relay_web *w = context;
    wzp_relay_pool_heard(w->service.relay, text, length, wzp_loop_now(w->loop));
    wzp_relay_service_kick(&w->service);
}

static void on_pool_state(void *context, bool is_up, const char *why)
{
    struct wzp_relay_web *w = context;
    if (!is_up && !w->pool_was_up && !w->told_no_pool) {
        w->told_no_pool = true; /* the relay logs changes; this one was never up */
        wzp_log(&w->log, WZP_LOG_WARN,
                "the directory is not there yet (%s): people here are served, it is tried again",
                why);
    }
    w->pool_was_up |= is_up;
    wzp_relay_pool_state(w->service.relay, is_up, why, wzp_loop_now(w->loop));
    wzp_relay_service_kick(&w->service);
}

static int start_pool(struct wzp_relay_web *w, struct wzp_error *err)
{
    const struct wzp_redis_calls calls = {
        .context = w, .answer = on_pool_answer, .heard = on_pool_heard, .state = on_pool_state};
    char channels[WZP_REDIS_CHANNELS][64] = {"", ""};
    char shown[WZP_POOL_URL_SHOWN_MAX];
    struct wzp_pool_url url;
    int result = wzp_pool_url_parse(&url, w->config.directory, strlen(w->config.directory), err);
    if (result || url.is_memory)
        return result;
    for (unsigned i = 0; i < WZP_REDIS_CHANNELS; i++)
        (void)wzp_relay_pool_channel(w->service.relay, i, channels[i]);
    result = wzp_redis_new(&w->redis, w->loop, &url, (const char(*)[64])channels, &calls, err);
    wzp_wipe(&url.password, sizeof url.password);
    if (!result)
        wzp_log(&w->log, WZP_LOG_INFO, "the directory is shared with others: %s",
                wzp_pool_url_show(shown, &url));
    return result;
}

/* ---- http ---- */

static int report_begin(void *context, void **job, const char *path)
{
    struct wzp_relay_report *report = NULL;
    int result =
        wzp_relay_report_new(&report, ((struct wzp_relay_web *)context)->service.relay, path);
    *job = report;
    return result;
}

static bool report_step(void *context, void *job)
{
    return wzp_relay_report_step(job, wzp_loop_now(((struct wzp_relay_web *)context)->loop));
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

static void start_http(struct wzp_relay_web *w)
{
    struct wzp_error err = {0};
    struct wzp_addr addr;
    char text[WZP_ADDR_TEXT_MAX];
    if (w->config.metrics_port < 0)
        return;
    const char *host = w->config.metrics_host[0] ? w->config.metrics_host : "127.0.0.1";
    if (wzp_addr_parse_ip(&addr, host, (uint16_t)w->config.metrics_port))
        wzp_error_set(&err, WZP_E_SYNTAX, "metrics_host is not an address");
    else
        wzp_http_server_start(&w->http, w->loop, &addr, &reports, w, &err);
    if (err.code) {
        wzp_log(&w->log, WZP_LOG_WARN, "no metrics: %s", err.text);
        return;
    }
    wzp_addr_set_port(&addr, wzp_http_server_port(w->http)); /* port 0 was "any": the actual one */
    wzp_log(&w->log, WZP_LOG_INFO, "metrics on http://%s/metrics", wzp_addr_format(text, &addr));
}

/* ---- browsers ---- */

static void count_bridge(void *context, struct wzp_relay_bridge_counts *out)
{
    const struct wzp_relay_web *w = context;
    if (w->bridge)
        wzp_relay_bridge_counts(w->bridge, out);
}

/* As with the metrics port, the relay runs without the bridge if it cannot start. */
static void start_bridge(struct wzp_relay_web *w)
{
    struct wzp_error err = {0};
    char text[WZP_ADDR_TEXT_MAX];
    if (w->config.ws_port < 0)
        return;
    if (wzp_relay_bridge_start(&w->bridge, &w->config, &w->service.listen, &w->log, &err))
        wzp_log(&w->log, WZP_LOG_WARN, "no browsers: %s", err.text);
    else
        wzp_log(&w->log, WZP_LOG_INFO, "browsers on http://%s/",
                wzp_addr_format(text, wzp_relay_bridge_at(w->bridge)));
}

/* ---- life ---- */

int wzp_relay_web_start(struct wzp_relay_web *w, struct wzp_loop *loop,
                        const struct wzp_identity *identity, const struct wzp_log *log,
                        struct wzp_error *err)
{
    const struct wzp_relay_host calls = {.context = w,
                                         .authenticate =
                                             w->config.auth_url[0] ? authenticate : NULL,
                                         .pool = ask_pool,
                                         .bridge = w->config.ws_port >= 0 ? count_bridge : NULL};
    w->loop = loop;
    w->log = *log;
    int result = wzp_relay_crew_start(&w->crew, &w->service, loop, &w->config, identity->seed,
                                      WZP_VERSION, &calls, log, err);
    if (!result)
        result = start_pool(w, err);
    if (!result)
        start_http(w);
    if (!result)
        start_bridge(w);
    else
        wzp_relay_web_stop(w);
    return result;
}

void wzp_relay_web_stop(struct wzp_relay_web *w)
{
    if (w->http)
        wzp_http_server_close(w->http);
    w->http = NULL;
    wzp_relay_bridge_stop(w->bridge);
    w->bridge = NULL;
    wzp_redis_close(w->redis);
    w->redis = NULL;
    wzp_relay_crew_stop(w->crew);
    w->crew = NULL;
    /* The loop ends with the service: requests to the token service are not answered any more. */
    while (w->questions)
        remove_question(w->questions);
}

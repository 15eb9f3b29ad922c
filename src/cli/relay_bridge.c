/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_bridge.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "app/browser.h"
#include "base/alloc.h"
#include "base/bucket.h"
#include "base/error.h"
#include "base/map.h"
#include "base/text.h"
#include "base/time.h"
#include "loop/host.h"
#include "loop/loop.h"
#include "loop/web.h"
#include "wzp_build.h"

/* log lines about refused web pages: at most this many at once, then one a second */
#define FOREIGN_LINES 10
#define PARTING_TIME (300 * WZP_MILLISECOND) /* for the last packets and bytes */

struct wzp_relay_bridge {
    const struct wzp_relay_config *config;
    const struct wzp_log *log;
    struct wzp_bucket foreign_lines;
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_web_server *web;
    struct wzp_wake *wake; /* woken to end the thread */
    struct wzp_timer *publishing, *parting;
    struct wzp_addr relay;
    uint64_t key[2]; /* key of the hash that maps browsers' addresses to loopback addresses */
    char refusal[WZP_ERROR_TEXT_MAX];
    struct wzp_addr at; /* the address that browsers connect to */
    pthread_t thread;
    bool runs;
    struct {
        atomic_uint_fast64_t now, opened, refused, frames_in, frames_out, over_rate, slow,
            malformed, tokens_refused, foreign;
    } counts;
};

struct guest {
    struct wzp_relay_bridge *bridge;
    struct wzp_web_visitor *visitor;
    struct wzp_browser *browser;
};

static void add(atomic_uint_fast64_t *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* ---- from the browser's phone ---- */

static void on_text(void *context, const char *text, size_t length)
{
    const struct guest *g = context;
    (void)wzp_web_send(g->visitor, true, text, length);
}

/* Frames that a slow reader cannot take are dropped: later they would only be late. */
static void on_sound(void *context, const uint8_t *data, size_t length)
{
    const struct guest *g = context;
    if (wzp_web_send(g->visitor, false, data, length))
        add(&g->bridge->counts.frames_out);
}

static void on_ended(void *context, const char *why)
{
    const struct guest *g = context;
    wzp_web_part(g->visitor, WZP_WEBSOCKET_POLICY, why);
}

/* ---- from the browser ---- */

/* The loopback address that stands for a browser's address or network. */
static struct wzp_addr place_of(const struct wzp_relay_bridge *b, const struct wzp_addr *from)
{
    struct wzp_addr out;
    bool v6 = wzp_addr_is_v6(from);
    const uint8_t any[16] = {0};
    uint64_t hash = v6 ? wzp_siphash(b->key, &from->u.in6.sin6_addr, 8)
                       : wzp_siphash(b->key, &from->u.in.sin_addr, 4);
    const uint8_t local[4] = {127, (uint8_t)(1 + hash % 254), (uint8_t)(hash >> 16),
                              (uint8_t)(1 + (hash >> 32) % 254)};
    if (wzp_addr_is_v6(&b->relay))
        wzp_addr_from_ip6(&out, any, 0);
    else
        wzp_addr_from_ip4(&out, local, 0);
    return out;
}

static const char *on_opened(void *context, struct wzp_web_visitor *visitor, void **data,
                             const char *name, const struct wzp_addr *from)
{
    static const struct wzp_browser_calls calls = {on_text, on_sound, on_ended};
    struct wzp_relay_bridge *b = context;
    struct wzp_error err = {0};
    struct guest *g = wzp_calloc(1, sizeof *g);
    if (!g)
        return "not enough memory";
    *g = (struct guest){.bridge = b, .visitor = visitor};
    const struct wzp_browser_options options = {.room = name,
                                                .relay = b->relay,
                                                .from = place_of(b, from),
                                                .wants_token = b->config->auth_url[0] != '\0',
                                                .build = WZP_VERSION,
                                                .calls = &calls,
                                                .context = g};
    if (wzp_browser_new(&g->browser, &b->host, &options, &err)) {
        wzp_free(g);
        (void)wzp_text_copy(b->refusal, sizeof b->refusal, err.text);
        return b->refusal;
    }
    *data = g;
    return NULL;
}

/* A web page of another host wants to connect a browser. True when the operator allows it
 * (ws_origins). */
static bool on_foreign(void *context, const char *page, const char *host,
                       const struct wzp_addr *from)
{
    struct wzp_relay_bridge *b = context;
    const struct wzp_relay_config *c = b->config;
    char address[WZP_ADDR_TEXT_MAX];
    for (size_t i = 0; i < c->ws_origin_count; i++)
        if (strcmp(c->ws_origins[i], "*") == 0 || (page[0] && strcmp(c->ws_origins[i], page) == 0))
            return true;
    if (wzp_bucket_take(&b->foreign_lines, 1, WZP_SECOND, FOREIGN_LINES, wzp_loop_now(b->loop)))
        wzp_log(b->log, WZP_LOG_WARN,
                "a browser at %s may not come by a page of %s: it asked for %s, and ws_origins "
                "does not name that page",
                wzp_addr_format(address, from), page[0] ? page : "an unknown host",
                host[0] ? host : "no host");
    return false;
}

static void on_web_text(void *context, void *data, const char *text, size_t length)
{
    (void)context;
    wzp_browser_text(((struct guest *)data)->browser, text, length);
}

static void on_web_binary(void *context, void *data, const uint8_t *bytes, size_t length)
{
    struct wzp_relay_bridge *b = context;
    add(&b->counts.frames_in);
    wzp_browser_sound(((struct guest *)data)->browser, bytes, length);
}

static void on_web_closed(void *context, void *data)
{
    struct wzp_relay_bridge *b = context;
    struct guest *g = data;
    struct wzp_browser_stats stats;
    wzp_browser_stats(g->browser, &stats);
    if (stats.token_refused)
        add(&b->counts.tokens_refused);
    wzp_browser_leave(g->browser);
    wzp_free(g);
}

/* ---- the thread ---- */

static void publish(void *context)
{
    struct wzp_relay_bridge *b = context;
    struct wzp_web_stats stats;
    wzp_web_stats(b->web, &stats);
    atomic_store_explicit(&b->counts.now, stats.now, memory_order_relaxed);
    atomic_store_explicit(&b->counts.opened, stats.opened, memory_order_relaxed);
    atomic_store_explicit(&b->counts.refused, stats.refused, memory_order_relaxed);
    atomic_store_explicit(&b->counts.over_rate, stats.over_rate, memory_order_relaxed);
    atomic_store_explicit(&b->counts.slow, stats.slow, memory_order_relaxed);
    atomic_store_explicit(&b->counts.malformed, stats.malformed, memory_order_relaxed);
    atomic_store_explicit(&b->counts.foreign, stats.foreign, memory_order_relaxed);
}

static void on_parted(void *context)
{
    struct wzp_relay_bridge *b = context;
    wzp_loop_stop(b->loop);
}

static void on_wake(void *context)
{
    struct wzp_relay_bridge *b = context;
    if (b->parting)
        return;
    wzp_web_close(b->web);
    b->web = NULL;
    wzp_timer_close(b->publishing);
    b->publishing = NULL;
    if (wzp_timer_start(&b->parting, b->loop, PARTING_TIME, 0, on_parted, b))
        wzp_loop_stop(b->loop);
}

static void *run(void *context)
{
    struct wzp_relay_bridge *b = context;
    wzp_loop_run(b->loop);
    return NULL;
}

static int start_thread(struct wzp_relay_bridge *b, struct wzp_error *err)
{
    sigset_t all, before;
    sigfillset(&all); /* the main thread handles signals */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&b->thread, NULL, run, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    b->runs = !result;
    return result ? wzp_error_set(err, WZP_E_IO, "cannot start a thread: %s", strerror(result)) : 0;
}

/* ---- life ---- */

static int open_all(struct wzp_relay_bridge *b, const struct wzp_log *log, struct wzp_error *err)
{
    struct wzp_web_options options = {
        .folder = b->config->static_dir[0] ? b->config->static_dir : NULL,
        .visitors = b->config->ws_visitors,
        .per_address = b->config->ws_per_address,
        .calls = {on_opened, on_web_text, on_web_binary, on_web_closed, on_foreign},
        .context = b};
    if (wzp_addr_parse_ip(&options.listen, b->config->ws_host, (uint16_t)b->config->ws_port) < 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "ws_host is not an address");
    int result = wzp_loop_new(&b->loop, err);
    if (result)
        return result;
    wzp_loop_host(&b->host, b->loop, log);
    wzp_random_bytes(&b->host.random, b->key, sizeof b->key);
    result = wzp_web_start(&b->web, b->loop, &options, err);
    if (result)
        return result;
    b->at = options.listen;
    wzp_addr_set_port(&b->at, wzp_web_port(b->web)); /* port 0 was "any": the actual one */
    if (wzp_wake_new(&b->wake, b->loop, on_wake, b) ||
        wzp_timer_start(&b->publishing, b->loop, WZP_SECOND, WZP_SECOND, publish, b))
        return wzp_error_set(err, WZP_E_IO, "no timer for the bridge");
    return start_thread(b, err);
}

int wzp_relay_bridge_start(struct wzp_relay_bridge **out, const struct wzp_relay_config *config,
                           const struct wzp_addr *listen, const struct wzp_log *log,
                           struct wzp_error *err)
{
    struct wzp_relay_bridge *b = wzp_calloc(1, sizeof *b);
    *out = NULL;
    if (!b)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for a bridge");
    b->config = config;
    b->log = log;
    b->relay = *listen;
    if (wzp_addr_is_unspecified(listen))
        wzp_addr_from_ip4(&b->relay, (const uint8_t[4]){127, 0, 0, 1}, wzp_addr_port(listen));
    int result = open_all(b, log, err);
    if (result)
        wzp_relay_bridge_stop(b);
    else
        *out = b;
    return result;
}

const struct wzp_addr *wzp_relay_bridge_at(const struct wzp_relay_bridge *b)
{
    return &b->at;
}

void wzp_relay_bridge_counts(struct wzp_relay_bridge *b, struct wzp_relay_bridge_counts *out)
{
    out->now = atomic_load_explicit(&b->counts.now, memory_order_relaxed);
    out->opened = atomic_load_explicit(&b->counts.opened, memory_order_relaxed);
    out->refused = atomic_load_explicit(&b->counts.refused, memory_order_relaxed);
    out->frames_in = atomic_load_explicit(&b->counts.frames_in, memory_order_relaxed);
    out->frames_out = atomic_load_explicit(&b->counts.frames_out, memory_order_relaxed);
    out->over_rate = atomic_load_explicit(&b->counts.over_rate, memory_order_relaxed);
    out->slow = atomic_load_explicit(&b->counts.slow, memory_order_relaxed);
    out->malformed = atomic_load_explicit(&b->counts.malformed, memory_order_relaxed);
    out->foreign = atomic_load_explicit(&b->counts.foreign, memory_order_relaxed);
    out->tokens_refused = atomic_load_explicit(&b->counts.tokens_refused, memory_order_relaxed);
}

void wzp_relay_bridge_stop(struct wzp_relay_bridge *b)
{
    if (!b)
        return;
    if (b->runs) {
        wzp_wake_ring(b->wake);
        pthread_join(b->thread, NULL);
    }
    wzp_web_close(b->web);
    wzp_timer_close(b->publishing);
    wzp_timer_close(b->parting);
    wzp_wake_close(b->wake);
    wzp_loop_free(b->loop);
    wzp_free(b);
}

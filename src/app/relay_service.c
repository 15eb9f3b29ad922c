/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/relay_service.h"

#include <string.h>

#include "app/host_call.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"

#define RELAY_PORT 4433 /* of a relay's name without a port */
#define DRAIN_POLL (20 * WZP_MILLISECOND)

/* The port is opened before there is a relay, since the relay wants to know its address: until then
 * the port drives nothing. */
static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    const struct wzp_relay_service *s = object;
    if (s->relay)
        wzp_relay_receive(s->relay, local, remote, ecn, data, length, now);
}

static uint64_t expiry(const void *object)
{
    const struct wzp_relay_service *s = object;
    return s->relay ? wzp_relay_expiry(s->relay) : WZP_NEVER;
}

static void handle_expiry(void *object, uint64_t now)
{
    const struct wzp_relay_service *s = object;
    if (s->relay)
        wzp_relay_handle_expiry(s->relay, now);
}

static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    const struct wzp_relay_service *s = object;
    return s->relay ? wzp_relay_next_packet(s->relay, out, now) : 0;
}

static int open_port(struct wzp_relay_service *s, const char *listen, struct wzp_error *err)
{
    struct wzp_addr addr;
    const struct wzp_driver driver = {s, receive, expiry, handle_expiry, next_packet};
    if (wzp_addr_parse(&addr, listen, strlen(listen)))
        return wzp_error_set(err, WZP_E_SYNTAX, "listen address is not ip:port");
    int result = WZP_HOST(s, port_open, &s->port, &addr, &driver, err);
    if (!result)
        s->listen = WZP_HOST(s, port_local, s->port, wzp_addr_is_v6(&addr) ? AF_INET6 : AF_INET);
    return result;
}

/* ---- names of other relays ---- */

struct wzp_name_question {
    struct wzp_relay_service *service;
    struct wzp_name_question *next;
    struct wzp_host_request *asked;
    uint64_t request;
};

static void forget_name(struct wzp_name_question *q)
{
    struct wzp_name_question **at = &q->service->names;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    wzp_free(q);
}

static void on_resolved(void *owner, const struct wzp_addr *addresses, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_name_question *q = owner;
    struct wzp_relay_service *s = q->service;
    if (!count && err)
        wzp_log(&s->host.log, WZP_LOG_DEBUG, "%s", err->text);
    wzp_relay_resolved(s->relay, q->request, addresses, count, WZP_HOST(s, now));
    forget_name(q);
    wzp_relay_service_kick(s);
}

static void resolve(void *context, uint64_t request, const char *name)
{
    struct wzp_relay_service *s = context;
    struct wzp_name_question *q = wzp_calloc(1, sizeof *q);
    if (q) {
        *q = (struct wzp_name_question){.service = s, .next = s->names, .request = request};
        s->names = q;
        if (WZP_HOST(s, resolve, &q->asked, name, RELAY_PORT, on_resolved, q, NULL) == 0)
            return;
        forget_name(q);
    }
    wzp_relay_resolved(s->relay, request, NULL, 0, WZP_HOST(s, now));
}

/* The relay's callbacks get the caller's context, except name resolution, which is handled here. */
static void authenticate(void *context, uint64_t request, const char *token)
{
    struct wzp_relay_service *s = context;
    s->calls.authenticate(s->calls.context, request, token);
}

static bool post(void *context, unsigned thread, const void *data, size_t length)
{
    const struct wzp_relay_service *s = context;
    return s->calls.post(s->calls.context, thread, data, length);
}

static void pass(void *context, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    const struct wzp_relay_service *s = context;
    s->calls.pass(s->calls.context, thread, local, remote, ecn, data, length);
}

static bool ask_pool(void *context, const struct wzp_pool_request *request)
{
    const struct wzp_relay_service *s = context;
    return s->calls.pool(s->calls.context, request);
}

static void bridge(void *context, struct wzp_relay_bridge_counts *out)
{
    const struct wzp_relay_service *s = context;
    s->calls.bridge(s->calls.context, out);
}

/* ---- life ---- */

static int start(struct wzp_relay_service *s, const struct wzp_host *host,
                 const struct wzp_relay_config *config, size_t size,
                 const uint8_t seed[WZP_SEED_SIZE], const char *build,
                 const struct wzp_relay_host *calls, struct wzp_error *err)
{
    memset(s, 0, sizeof *s);
    if (host->calls->size < sizeof *host->calls)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the host was compiled for an older library");
    s->host = *host;
    if (calls)
        s->calls = *calls;
    const struct wzp_relay_host ours = {.context = s,
                                        .authenticate = s->calls.authenticate ? authenticate : NULL,
                                        .resolve = resolve,
                                        .thread = s->calls.thread,
                                        .threads = s->calls.threads,
                                        .post = s->calls.post ? post : NULL,
                                        .pass = s->calls.pass ? pass : NULL,
                                        .pool = s->calls.pool ? ask_pool : NULL,
                                        .bridge = s->calls.bridge ? bridge : NULL};
    int result = open_port(s, config->listen_addr, err);
    if (!result)
        result = wzp_relay_new_sized(&s->relay, config, size, seed, &s->listen, build, &ours,
                                     &s->host.random, &s->host.log, WZP_HOST(s, now), err);
    if (result)
        wzp_relay_service_stop(s);
    else
        wzp_relay_service_kick(s);
    return result;
}

void wzp_relay_service_stop(struct wzp_relay_service *s)
{
    if (!s->host.calls)
        return;
    while (s->names) { /* requests under way are not answered any more */
        WZP_HOST(s, resolve_cancel, s->names->asked);
        forget_name(s->names);
    }
    WZP_HOST(s, timer_free, s->drain);
    WZP_HOST(s, port_close, s->port);
    wzp_relay_free(s->relay);
    s->drain = NULL;
    s->port = NULL;
    s->relay = NULL;
}

int wzp_relay_service_start(struct wzp_relay_service *s, const struct wzp_host *host,
                            const struct wzp_relay_config *config,
                            const uint8_t seed[WZP_SEED_SIZE], const char *build,
                            const struct wzp_relay_host *calls, struct wzp_error *err)
{
    return start(s, host, config, sizeof *config, seed, build, calls, err);
}

int wzp_relay_service_new_sized(struct wzp_relay_service **out, const struct wzp_host *host,
                                const struct wzp_relay_config *config, size_t size,
                                const uint8_t seed[WZP_SEED_SIZE], const char *build,
                                const struct wzp_relay_host *calls, struct wzp_error *err)
{
    struct wzp_relay_service *s = wzp_alloc(sizeof *s);
    *out = NULL;
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = start(s, host, config, size, seed, build, calls, err);
    if (result)
        wzp_free(s);
    else
        *out = s;
    return result;
}

void wzp_relay_service_free(struct wzp_relay_service *s)
{
    if (!s)
        return;
    wzp_relay_service_stop(s);
    wzp_free(s);
}

struct wzp_relay *wzp_relay_service_relay(const struct wzp_relay_service *s)
{
    return s->relay;
}

struct wzp_addr wzp_relay_service_address(const struct wzp_relay_service *s)
{
    return s->listen;
}

void wzp_relay_service_kick(struct wzp_relay_service *s)
{
    if (s->port)
        WZP_HOST(s, port_kick, s->port);
}

static void on_drain(void *owner, uint64_t now)
{
    struct wzp_relay_service *s = owner;
    wzp_relay_service_kick(s);
    if (wzp_relay_drained(s->relay))
        s->drained(s->drain_context);
    else
        WZP_HOST(s, timer_set, s->drain, wzp_time_add(now, DRAIN_POLL));
}

int wzp_relay_service_drain(struct wzp_relay_service *s, void (*done)(void *context), void *context)
{
    uint64_t now = WZP_HOST(s, now);
    s->drained = done;
    s->drain_context = context;
    int result = WZP_HOST(s, timer_new, &s->drain, on_drain, s);
    if (result)
        return result;
    wzp_relay_drain(s->relay, now);
    WZP_HOST(s, timer_set, s->drain, wzp_time_add(now, DRAIN_POLL));
    wzp_relay_service_kick(s);
    return 0;
}

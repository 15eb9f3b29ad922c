/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tasks of a network check besides sending packets: name resolution, round trips to relays,
 * inquiries. */
#include <stdio.h>
#include <string.h>

#include "app/netcheck.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

/* Time for one connection, and for a second one that asks for the version. */
#define PROBE_TIME (1900 * WZP_MILLISECOND)
#define REFLECT_TIME (1500 * WZP_MILLISECOND)

/* Is it a host inquiry? */
static bool is_inquiry(const struct wzp_netcheck_job *job)
{
    return job->work.kind != WZP_NETCHECK_RESOLVE_STUN &&
           job->work.kind != WZP_NETCHECK_RESOLVE_RELAY &&
           job->work.kind != WZP_NETCHECK_PROBE_RELAY && job->work.kind != WZP_NETCHECK_REFLECT;
}

static void forget_job(struct wzp_netcheck_job *job)
{
    struct wzp_netcheck_job **at = job->owner ? &job->owner->jobs : NULL;
    while (at && *at != job)
        at = &(*at)->next;
    if (at)
        *at = job->next;
    wzp_free(job);
}

/* Reports a task's result to the check, which may start others. Frees the job. */
static void finish(struct wzp_netcheck_job *job, struct wzp_netcheck_done *done)
{
    struct wzp_app_netcheck *c = job->owner;
    done->id = job->work.id;
    forget_job(job);
    if (!c)
        return;
    wzp_netcheck_work_done(&c->check, done, WZP_HOST(c, now));
    if (!c->in_port)
        WZP_HOST(c, port_kick, c->port);
    wzp_app_netcheck_step(c);
}

/* Reports a task that could not be started, so that the next search for tasks does not find it
 * again. */
static void fail(struct wzp_app_netcheck *c, unsigned id, int result, const char *why)
{
    const struct wzp_netcheck_done done = {
        .id = id, .result = result, .error = why && why[0] ? why : NULL};
    wzp_netcheck_work_done(&c->check, &done, WZP_HOST(c, now));
}

/* ---- names ---- */

static void on_resolved(void *owner, const struct wzp_addr *addresses, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_netcheck_job *job = owner;
    struct wzp_netcheck_done done = {.result = count > 0 ? 0 : WZP_E_NOT_FOUND};
    for (; done.addr_count < count && done.addr_count < WZP_NETCHECK_ADDRS_MAX; done.addr_count++)
        done.addrs[done.addr_count] = addresses[done.addr_count];
    if (!count && err)
        done.error = err->text;
    job->request = NULL;
    finish(job, &done);
}

static int begin_name(struct wzp_netcheck_job *job, struct wzp_error *err)
{
    struct wzp_app_netcheck *c = job->owner;
    return WZP_HOST(c, resolve, &job->request, job->work.text, job->work.default_port, on_resolved,
                    job, err);
}

/* ---- round trips ---- */

/* A probe uses a unique name, the number of its task, by which its event is recognised. */
static int begin_probe(struct wzp_netcheck_job *job)
{
    struct wzp_app_netcheck *c = job->owner;
    struct wzp_relay_entry relay = {.addresses = {job->work.addr}, .count = 1};
    snprintf(relay.name, sizeof relay.name, "netcheck-%u", job->work.id);
    job->waiting = false;
    job->deadline = wzp_time_add(WZP_HOST(c, now), PROBE_TIME);
    /* A failure may be reported inside this call, which frees the job. */
    int result = wzp_phone_ping(c->phone, &relay, WZP_HOST(c, now), NULL);
    if (result != WZP_E_LIMIT)
        return result;
    job->deadline = WZP_NEVER;
    job->waiting = true;
    return 0;
}

/* ---- what a relay sees ---- */

/* Registers for a moment with a random identity, so that the relay tells our external address. */
static int begin_reflect(struct wzp_netcheck_job *job)
{
    struct wzp_app_netcheck *c = job->owner;
    struct wzp_relay_entry relay = {.addresses = {job->work.addr}, .count = 1};
    uint64_t now = WZP_HOST(c, now);
    snprintf(relay.name, sizeof relay.name, "netcheck-%u", job->work.id);
    job->deadline = wzp_time_add(now, REFLECT_TIME);
    int result = wzp_phone_set_relays(c->phone, &relay, 1, NULL, NULL);
    return result ? result : wzp_phone_register_start(c->phone, now, NULL);
}

static struct wzp_netcheck_job *find_reflect(const struct wzp_app_netcheck *c)
{
    struct wzp_netcheck_job *job = c->jobs;
    while (job && job->work.kind != WZP_NETCHECK_REFLECT)
        job = job->next;
    return job;
}

void wzp_netcheck_work_look(struct wzp_app_netcheck *c)
{
    struct wzp_netcheck_job *job = find_reflect(c);
    struct wzp_netcheck_done done = {.observed = wzp_phone_seen_by_relay(c->phone)};
    if (!job || wzp_addr_is_none(&done.observed))
        return;
    wzp_phone_shutdown(c->phone, WZP_HOST(c, now));
    finish(job, &done);
}

/* ---- probes that wait ---- */

static struct wzp_netcheck_job *find_waiting(const struct wzp_app_netcheck *c)
{
    struct wzp_netcheck_job *job = c->jobs;
    while (job && !job->waiting)
        job = job->next;
    return job;
}

static struct wzp_netcheck_job *find_probe(const struct wzp_app_netcheck *c, const char *name)
{
    unsigned id;
    struct wzp_netcheck_job *job = c->jobs;
    if (!name || sscanf(name, "netcheck-%u", &id) != 1)
        return NULL;
    while (job && job->work.id != id)
        job = job->next;
    return job && !is_inquiry(job) ? job : NULL;
}

void wzp_netcheck_work_event(void *context, const struct wzp_event *event)
{
    struct wzp_app_netcheck *c = context;
    struct wzp_netcheck_done done = {.result = 0};
    struct wzp_netcheck_job *job = NULL;
    if (event->type == WZP_EVENT_PONG) {
        job = find_probe(c, event->u.pong.relay);
        done.rtt = event->u.pong.rtt_ms * WZP_MILLISECOND;
    } else if (event->type == WZP_EVENT_ERROR) {
        job = find_probe(c, event->u.error.relay);
        done.result = event->u.error.code ? event->u.error.code : WZP_E_NETWORK;
        done.error = event->u.error.text;
    }
    if (job)
        finish(job, &done);
}

uint64_t wzp_netcheck_work_expiry(const struct wzp_app_netcheck *c)
{
    uint64_t soonest = WZP_NEVER;
    for (const struct wzp_netcheck_job *job = c->jobs; job; job = job->next)
        soonest = wzp_time_min(soonest, job->deadline);
    return soonest;
}

void wzp_netcheck_work_expire(struct wzp_app_netcheck *c, uint64_t now)
{
    while (wzp_netcheck_work_expiry(c) <= now) {
        struct wzp_netcheck_job *job = c->jobs;
        while (job->deadline > now)
            job = job->next;
        struct wzp_netcheck_done done = {.result = WZP_E_TIMEOUT,
                                         .error = "no answer from the relay"};
        finish(job, &done);
    }
}

/* ---- inquiries ---- */

static void on_finding(void *owner, const struct wzp_finding *finding)
{
    struct wzp_netcheck_job *job = owner;
    struct wzp_netcheck_done done = {.result = finding->result,
                                     .value = finding->value,
                                     .portmap = {.id = job->work.portmap.id,
                                                 .result = finding->result,
                                                 .upnp_error = finding->upnp_error,
                                                 .external = finding->external,
                                                 .external_port = finding->external_port,
                                                 .lifetime = finding->lifetime}};
    finish(job, &done);
}

static int begin_inquiry(struct wzp_netcheck_job *job)
{
    static const enum wzp_inquiry_kind kinds[] = {
        [WZP_NETCHECK_UPNP] = WZP_INQUIRE_UPNP_LOOK,  [WZP_NETCHECK_TCP] = WZP_INQUIRE_TCP,
        [WZP_NETCHECK_ICMP] = WZP_INQUIRE_ICMP,       [WZP_NETCHECK_CAPTIVE] = WZP_INQUIRE_CAPTIVE,
        [WZP_NETCHECK_METERED] = WZP_INQUIRE_METERED, [WZP_NETCHECK_MTU] = WZP_INQUIRE_MTU};
    struct wzp_app_netcheck *c = job->owner;
    const struct wzp_netcheck_work *work = &job->work;
    const struct wzp_inquiry inquiry = {.kind = kinds[work->kind],
                                        .addr = work->kind == WZP_NETCHECK_UPNP ? work->portmap.lan
                                                                                : work->addr,
                                        .internal_port = work->portmap.internal_port,
                                        .external_port = work->portmap.external_port,
                                        .lifetime = work->portmap.lifetime};
    return WZP_HOST(c, inquire, &inquiry, on_finding, job);
}

/* ---- all of it ---- */

static int begin(struct wzp_netcheck_job *job, struct wzp_error *err)
{
    switch (job->work.kind) {
    case WZP_NETCHECK_RESOLVE_STUN:
    case WZP_NETCHECK_RESOLVE_RELAY: return begin_name(job, err);
    case WZP_NETCHECK_PROBE_RELAY: return begin_probe(job);
    case WZP_NETCHECK_REFLECT: return begin_reflect(job);
    /* Only looks for the router's service: no port mapping is made. */
    case WZP_NETCHECK_UPNP:
        return job->work.portmap.ask == WZP_PORTMAP_ASK_PROBE ? begin_inquiry(job)
                                                              : WZP_E_UNSUPPORTED;
    default: return begin_inquiry(job);
    }
}

static void begin_or_fail(struct wzp_netcheck_job *job)
{
    struct wzp_app_netcheck *c = job->owner;
    unsigned id = job->work.id;
    struct wzp_error err = {0};
    int result = begin(job, &err);
    if (result) {
        forget_job(job);
        fail(c, id, result, err.text);
    }
}

void wzp_netcheck_work_begin(struct wzp_app_netcheck *c)
{
    struct wzp_netcheck_work work;
    struct wzp_netcheck_job *waiting = find_waiting(c);
    if (waiting)
        begin_or_fail(waiting);
    while (wzp_netcheck_next_work(&c->check, &work)) {
        struct wzp_netcheck_job *job = wzp_calloc(1, sizeof *job);
        if (!job) {
            fail(c, work.id, WZP_E_MEMORY, NULL);
            continue;
        }
        *job = (struct wzp_netcheck_job){
            .owner = c, .next = c->jobs, .work = work, .deadline = WZP_NEVER};
        c->jobs = job;
        begin_or_fail(job);
    }
}

void wzp_netcheck_work_forget(struct wzp_app_netcheck *c)
{
    while (c->jobs) {
        struct wzp_netcheck_job *job = c->jobs;
        c->jobs = job->next;
        job->owner = NULL;
        if (is_inquiry(job))
            continue; /* an inquiry frees its job itself when it ends */
        if (job->request)
            WZP_HOST(c, resolve_cancel, job->request);
        wzp_free(job);
    }
}

bool wzp_app_netcheck_busy(const struct wzp_app_netcheck *c)
{
    const struct wzp_netcheck_job *job = c->jobs;
    while (job &&
           (job->work.kind == WZP_NETCHECK_PROBE_RELAY || job->work.kind == WZP_NETCHECK_REFLECT))
        job = job->next;
    return job;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/machine.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "sim/machine_internal.h"
#include "sim/networks.h"

#define ANSWER_DELAY (1 * WZP_MILLISECOND)

/* ---- what is open ---- */

void wzp_sim_item_add(struct wzp_sim_machine *m, struct wzp_sim_item *item,
                      void (*close)(struct wzp_sim_item *item))
{
    item->machine = m;
    item->close = close;
    item->previous = NULL;
    item->next = m->items;
    if (item->next)
        item->next->previous = item;
    m->items = item;
}

void wzp_sim_item_remove(struct wzp_sim_item *item)
{
    if (item->previous)
        item->previous->next = item->next;
    else
        item->machine->items = item->next;
    if (item->next)
        item->next->previous = item->previous;
}

/* ---- clocks and timers ---- */

static uint64_t now_of(void *context)
{
    struct wzp_sim_machine *m = context;
    return wzp_sim_now(m->sim);
}

static uint64_t wall_ms(void *context)
{
    return WZP_SIM_WALL_START_MS + (now_of(context) - WZP_SECOND) / WZP_MILLISECOND;
}

struct wzp_host_timer {
    struct wzp_sim_item item;
    struct wzp_sim_timer timer;
    void (*fire)(void *owner, uint64_t now);
    void *owner;
};

static void close_timer(struct wzp_sim_item *item)
{
    struct wzp_host_timer *t = (struct wzp_host_timer *)item;
    wzp_sim_item_remove(item);
    wzp_sim_timer_fini(&t->timer);
    wzp_free(t);
}

static void timer_fired(void *context, uint64_t now)
{
    struct wzp_host_timer *t = context;
    t->fire(t->owner, now);
}

static int timer_new(void *context, struct wzp_host_timer **out,
                     void (*fire)(void *owner, uint64_t now), void *owner)
{
    struct wzp_sim_machine *m = context;
    *out = NULL;
    struct wzp_host_timer *t = wzp_calloc(1, sizeof *t);
    if (!t || wzp_sim_timer_init(&t->timer, m->sim, timer_fired, t)) {
        wzp_free(t);
        return WZP_E_MEMORY;
    }
    t->fire = fire;
    t->owner = owner;
    wzp_sim_item_add(m, &t->item, close_timer);
    *out = t;
    return 0;
}

static void timer_set(void *context, struct wzp_host_timer *t, uint64_t at)
{
    uint64_t now = now_of(context);
    wzp_sim_timer_set(&t->timer, at < now ? now : at);
}

static void timer_free(void *context, struct wzp_host_timer *t)
{
    (void)context;
    if (t)
        close_timer(&t->item);
}

/* ---- names, watches: requests ---- */

struct wzp_host_request {
    struct wzp_sim_item item;
    struct wzp_sim_timer timer;
    struct wzp_sim_name found;
    uint16_t port;
    void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                 const struct wzp_error *err);
    void (*changed)(void *owner, uint64_t now); /* of a watch, which has no done */
    void *owner;
};

static void close_request(struct wzp_sim_item *item)
{
    struct wzp_host_request *r = (struct wzp_host_request *)item;
    wzp_sim_item_remove(item);
    wzp_sim_timer_fini(&r->timer);
    wzp_free(r);
}

static void answer(void *context, uint64_t now)
{
    struct wzp_host_request r = *(struct wzp_host_request *)context;
    struct wzp_error err = {0};
    (void)now;
    close_request(&((struct wzp_host_request *)context)->item);
    for (size_t i = 0; i < r.found.count; i++)
        wzp_addr_set_port(&r.found.addresses[i], r.port);
    if (r.found.count == 0)
        wzp_error_set(&err, WZP_E_NOT_FOUND, "cannot find \"%s\": unknown node or service",
                      r.found.name);
    r.done(r.owner, r.found.addresses, r.found.count, r.found.count > 0 ? NULL : &err);
}

static struct wzp_sim_name *find_name(struct wzp_sim_machine *m, const char *name)
{
    for (size_t i = 0; i < m->name_count; i++)
        if (strcmp(m->names[i].name, name) == 0)
            return &m->names[i];
    return NULL;
}

/* Resolves literals and names of the table; all others are unknown. */
static void look_up(struct wzp_sim_machine *m, struct wzp_sim_name *out, const char *name)
{
    const struct wzp_sim_name *known = find_name(m, name);
    if (known) {
        *out = *known;
        return;
    }
    wzp_text_copy(out->name, sizeof out->name, name);
    out->delay = ANSWER_DELAY;
    out->count = wzp_addr_parse_ip(&out->addresses[0], name, 1) == 0;
}

static int resolve(void *context, struct wzp_host_request **out, const char *name,
                   uint16_t default_port,
                   void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                                const struct wzp_error *err),
                   void *owner, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    char host[256];
    uint16_t port;
    *out = NULL;
    int result = wzp_addr_split(host, sizeof host, &port, name, default_port);
    if (result)
        return wzp_error_set(err, result,
                             "this is no address: expected HOST, HOST:PORT or [IPV6]:PORT "
                             "with a port from 1 to 65535");
    struct wzp_host_request *r = wzp_calloc(1, sizeof *r);
    if (!r || wzp_sim_timer_init(&r->timer, m->sim, answer, r)) {
        wzp_free(r);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    r->port = port;
    r->done = done;
    r->owner = owner;
    look_up(m, &r->found, host);
    wzp_sim_item_add(m, &r->item, close_request);
    wzp_sim_timer_set(&r->timer, now_of(m) + r->found.delay);
    *out = r;
    return 0;
}

static void request_close(void *context, struct wzp_host_request *request)
{
    (void)context;
    if (request)
        close_request(&request->item);
}

int wzp_sim_machine_name(struct wzp_sim_machine *m, const char *name, const char *address)
{
    struct wzp_sim_name *row = find_name(m, name);
    if (!row) {
        if (m->name_count == WZP_SIM_NAMES_MAX)
            return WZP_E_LIMIT;
        row = &m->names[m->name_count++];
        *row = (struct wzp_sim_name){.delay = ANSWER_DELAY};
        wzp_text_copy(row->name, sizeof row->name, name);
    }
    if (!address) {
        row->count = 0;
        return 0;
    }
    if (row->count == WZP_SIM_NAME_ADDRESSES_MAX)
        return WZP_E_LIMIT;
    int result = wzp_addr_parse_ip(&row->addresses[row->count], address, 1);
    row->count += result == 0;
    return result;
}

/* ---- networks ---- */

static void networks(void *context, struct wzp_networks *out)
{
    struct wzp_sim_machine *m = context;
    wzp_sim_host_networks(m->host, out);
}

/* Watchers may be removed while they are called: so the next one is searched for after each
 * call. */
static void on_change(void *context, uint64_t now)
{
    struct wzp_sim_machine *m = context;
    struct wzp_sim_item *next;
    for (struct wzp_sim_item *item = m->items; item; item = next) {
        next = item->next;
        if (item->close != close_request)
            continue;
        struct wzp_host_request *r = (struct wzp_host_request *)item;
        if (r->changed)
            wzp_sim_timer_set(&r->timer, now);
    }
}

static void tell_change(void *context, uint64_t now)
{
    struct wzp_host_request *r = context;
    r->changed(r->owner, now);
}

static int networks_watch(void *context, struct wzp_host_request **out,
                          void (*changed)(void *owner, uint64_t now), void *owner)
{
    struct wzp_sim_machine *m = context;
    *out = NULL;
    struct wzp_host_request *r = wzp_calloc(1, sizeof *r);
    if (!r || wzp_sim_timer_init(&r->timer, m->sim, tell_change, r)) {
        wzp_free(r);
        return WZP_E_MEMORY;
    }
    r->changed = changed;
    r->owner = owner;
    wzp_sim_item_add(m, &r->item, close_request);
    wzp_sim_host_watch(m->host, on_change, m);
    *out = r;
    return 0;
}

/* ---- work ---- */

struct work {
    struct wzp_sim_item item;
    struct wzp_sim_timer timer;
    void (*run)(void *owner);
    void (*done)(void *owner);
    void *owner;
};

/* Also at the machine's end: the owner frees itself in done. */
static void end_work(struct wzp_sim_item *item)
{
    struct work *w = (struct work *)item;
    wzp_sim_item_remove(item);
    wzp_sim_timer_fini(&w->timer);
    w->done(w->owner);
    wzp_free(w);
}

static void do_work(void *context, uint64_t now)
{
    struct work *w = context;
    (void)now;
    w->run(w->owner);
    end_work(&w->item);
}

static int work(void *context, void (*run)(void *owner), void (*done)(void *owner), void *owner)
{
    struct wzp_sim_machine *m = context;
    struct work *w = wzp_calloc(1, sizeof *w);
    if (!w || wzp_sim_timer_init(&w->timer, m->sim, do_work, w)) {
        wzp_free(w);
        return WZP_E_MEMORY;
    }
    w->run = run;
    w->done = done;
    w->owner = owner;
    wzp_sim_item_add(m, &w->item, end_work);
    wzp_sim_timer_set(&w->timer, now_of(m) + ANSWER_DELAY);
    return 0;
}

/* ---- files, as by another thread ---- */

struct update {
    struct wzp_sim_machine *machine;
    struct wzp_host_file file;
    wzp_host_merge merge;
    void (*done)(void *owner, const struct wzp_error *err);
    void *owner;
    struct wzp_error err; /* code 0: it is written */
};

static void run_update(void *context)
{
    struct update *u = context;
    u->err = (struct wzp_error){0};
    u->err.code = wzp_sim_file_update(u->machine, &u->file, u->merge, u->owner, &u->err);
}

static void end_update(void *context)
{
    struct update *u = context;
    u->done(u->owner, u->err.code ? &u->err : NULL);
    wzp_free(u);
}

static int file_update_later(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                             void (*done)(void *owner, const struct wzp_error *err), void *owner,
                             struct wzp_error *err)
{
    struct update *u = wzp_calloc(1, sizeof *u);
    if (!u || work(context, run_update, end_update, u)) {
        wzp_free(u);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    *u = (struct update){
        .machine = context, .file = *file, .merge = merge, .done = done, .owner = owner};
    /* This result stays when the machine ends before the work runs. */
    wzp_error_set(&u->err, WZP_E_STATE, "%s is not written: the machine ends", file->name);
    return 0;
}

/* ---- inquiries ---- */

struct inquiry {
    struct wzp_sim_machine *machine;
    struct wzp_inquiry question;
    struct wzp_finding finding;
    void (*done)(void *owner, const struct wzp_finding *finding);
    void *owner;
};

static void run_inquiry(void *owner)
{
    struct inquiry *q = owner;
    if (q->machine->inquired)
        q->machine->inquired(q->machine->inquired_context, &q->question, &q->finding);
}

static void inquiry_done(void *owner)
{
    struct inquiry *q = owner;
    q->done(q->owner, &q->finding);
    wzp_free(q);
}

static int inquire(void *context, const struct wzp_inquiry *question,
                   void (*done)(void *owner, const struct wzp_finding *finding), void *owner)
{
    struct inquiry *q = wzp_calloc(1, sizeof *q);
    if (!q)
        return WZP_E_MEMORY;
    *q = (struct inquiry){.machine = context,
                          .question = *question,
                          .finding = {.result = WZP_E_UNSUPPORTED},
                          .done = done,
                          .owner = owner};
    int result = work(context, run_inquiry, inquiry_done, q);
    if (result)
        wzp_free(q);
    return result;
}

/* ---- life ---- */

void wzp_sim_machine_init(struct wzp_sim_machine *m, struct wzp_sim *sim, struct wzp_sim_host *host)
{
    *m = (struct wzp_sim_machine){.sim = sim, .host = host};
}

/* Power failure: everything open is lost without callbacks, the files stay. */
static void crash(struct wzp_sim_machine *m)
{
    while (m->items)
        m->items->close(m->items);
}

void wzp_sim_machine_fini(struct wzp_sim_machine *m)
{
    crash(m);
    if (m->host)
        wzp_sim_host_watch(m->host, NULL, NULL);
    wzp_sim_files_fini(m);
    wzp_sim_recording_fini(&m->card.heard);
}

int wzp_sim_machine_new(struct wzp_sim_machine **out, struct wzp_sim *s, const char *address)
{
    *out = wzp_alloc(sizeof **out);
    if (!*out)
        return WZP_E_MEMORY;
    struct wzp_sim_host *host = NULL;
    int result = wzp_sim_host_add(s, &host, address);
    wzp_sim_machine_init(*out, s, host);
    if (!result)
        result = wzp_sim_host_address(host, wzp_sim_internet(s), address);
    if (result) {
        wzp_sim_machine_free(*out);
        *out = NULL;
    }
    return result;
}

void wzp_sim_machine_free(struct wzp_sim_machine *m)
{
    if (!m)
        return;
    struct wzp_sim_host *host = m->host;
    wzp_sim_machine_fini(m);
    wzp_sim_host_remove(host);
    wzp_free(m);
}

/* Computation takes no virtual time. */
static uint64_t processor_time(void *context)
{
    (void)context;
    return 0;
}

void wzp_sim_machine_host(struct wzp_host *out, struct wzp_sim_machine *m,
                          const struct wzp_log *log)
{
    static const struct wzp_host_calls calls = {.size = sizeof calls,
                                                .now = now_of,
                                                .wall_ms = wall_ms,
                                                .timer_new = timer_new,
                                                .timer_set = timer_set,
                                                .timer_free = timer_free,
                                                .resolve = resolve,
                                                .resolve_cancel = request_close,
                                                .networks = networks,
                                                .networks_watch = networks_watch,
                                                .networks_unwatch = request_close,
                                                .file_path = wzp_sim_file_path,
                                                .file_read = wzp_sim_file_read,
                                                .file_update = wzp_sim_file_update,
                                                .file_create = wzp_sim_file_create,
                                                .file_extend = wzp_sim_file_extend,
                                                .file_set_aside = wzp_sim_file_set_aside,
                                                .port_open = wzp_sim_port_open,
                                                .port_kick = wzp_sim_port_kick,
                                                .port_local = wzp_sim_port_local,
                                                .port_on_unreachable = wzp_sim_port_on_unreachable,
                                                .port_more = wzp_sim_port_more,
                                                .port_less = wzp_sim_port_less,
                                                .port_stats = wzp_sim_port_stats,
                                                .port_close = wzp_sim_port_close,
                                                .audio_open = wzp_sim_audio_open,
                                                .audio_stats = wzp_sim_audio_stats,
                                                .audio_close = wzp_sim_audio_close,
                                                .audio_list = wzp_sim_audio_list,
                                                .work = work,
                                                .inquire = inquire,
                                                .processor_time = processor_time,
                                                .file_update_later = file_update_later};
    *out = (struct wzp_host){.context = m, .calls = &calls, .random = wzp_sim_random(m->sim)};
    if (log)
        out->log = *log;
}

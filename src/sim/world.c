/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The world's time: one event after the other. */
#include "sim/internal.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

#define STANDING_MAX 100000 /* events at one instant before time is pushed on */

struct wzp_random wzp_sim_random(struct wzp_sim *s)
{
    return wzp_random_seeded_source(&s->seeded);
}

uint64_t wzp_sim_now(const struct wzp_sim *s)
{
    return s->now;
}

int wzp_sim_new(struct wzp_sim **out, uint64_t seed)
{
    struct wzp_sim *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return WZP_E_MEMORY;
    s->now = WZP_SECOND;
    wzp_random_seeded_init(&s->seeded, seed);
    s->send_buffer = wzp_alloc(WZP_SIM_SEND_BUFFER);
    if (!s->send_buffer || wzp_sim_network_new(s, &s->internet, "internet")) {
        wzp_sim_free(s);
        return WZP_E_MEMORY;
    }
    *out = s;
    return 0;
}

static void free_network(struct wzp_sim_network *net)
{
    wzp_map_fini(&net->places);
    wzp_free(net->routes);
    wzp_free(net);
}

static void free_tick(struct wzp_sim_tick *tick);

void wzp_sim_free(struct wzp_sim *s)
{
    if (!s)
        return;
    while (s->hosts)
        wzp_sim_host_remove(s->hosts);
    while (s->ticks)
        free_tick(s->ticks);
    wzp_sim_flights_free(s);
    while (s->networks) {
        struct wzp_sim_network *net = s->networks;
        s->networks = net->next;
        free_network(net);
    }
    wzp_heap_fini(&s->events);
    wzp_free(s->send_buffer);
    wzp_free(s);
}

void wzp_sim_event_init(struct wzp_sim *s, struct wzp_sim_event *event,
                        enum wzp_sim_event_class class,
                        void (*happen)(struct wzp_sim *sim, struct wzp_sim_event *event))
{
    *event = (struct wzp_sim_event){.class = class, .happen = happen};
    event->node.tie = (uint64_t) class << 60 | s->event_count++;
}

/* ---- timers ---- */

static void timer_rings(struct wzp_sim *sim, struct wzp_sim_event *event)
{
    struct wzp_sim_timer *t = (struct wzp_sim_timer *)event;
    t->call(t->context, sim->now);
}

int wzp_sim_timer_init(struct wzp_sim_timer *t, struct wzp_sim *s,
                       void (*call)(void *context, uint64_t now), void *context)
{
    *t = (struct wzp_sim_timer){.call = call, .context = context};
    int result = wzp_heap_reserve(&s->events);
    if (result)
        return result;
    t->sim = s;
    wzp_sim_event_init(s, &t->event, WZP_SIM_EVENT_TIMER, timer_rings);
    return 0;
}

void wzp_sim_timer_set(struct wzp_sim_timer *t, uint64_t at)
{
    if (t->sim)
        wzp_heap_set(&t->sim->events, &t->event.node, at);
}

uint64_t wzp_sim_timer_at(const struct wzp_sim_timer *t)
{
    return t->sim && t->event.node.slot ? t->event.node.key : WZP_NEVER;
}

void wzp_sim_timer_fini(struct wzp_sim_timer *t)
{
    if (!t->sim)
        return;
    wzp_sim_timer_set(t, WZP_NEVER);
    wzp_heap_unreserve(&t->sim->events);
    t->sim = NULL;
}

static void free_tick(struct wzp_sim_tick *tick)
{
    struct wzp_sim *s = tick->timer.sim;
    *(tick->previous ? &tick->previous->next : &s->ticks) = tick->next;
    if (tick->next)
        tick->next->previous = tick->previous;
    wzp_sim_timer_fini(&tick->timer);
    wzp_free(tick);
}

static void run_tick(void *context, uint64_t now)
{
    struct wzp_sim_tick *tick = context;
    (void)now;
    tick->due = wzp_time_add(tick->due, tick->period);
    wzp_sim_timer_set(&tick->timer, tick->due);
    if (!tick->call(tick->context, now))
        free_tick(tick);
}

int wzp_sim_every(struct wzp_sim *s, uint64_t offset, uint64_t period,
                  bool (*call)(void *context, uint64_t now), void *context)
{
    struct wzp_sim_tick *tick = wzp_calloc(1, sizeof *tick);
    if (!tick)
        return WZP_E_MEMORY;
    int result = wzp_sim_timer_init(&tick->timer, s, run_tick, tick);
    if (result) {
        wzp_free(tick);
        return result;
    }
    tick->period = period;
    tick->call = call;
    tick->context = context;
    tick->next = s->ticks;
    if (s->ticks)
        s->ticks->previous = tick;
    s->ticks = tick;
    tick->due = wzp_time_add(s->now, offset);
    wzp_sim_timer_set(&tick->timer, tick->due);
    return 0;
}

/* ---- running ---- */

/* One event: moves the clock to it (at most to `until`) and lets it happen. False when there was
 * none up to then. */
static bool step(struct wzp_sim *s, uint64_t until)
{
    uint64_t due = wzp_heap_first_key(&s->events);
    if (due > until || due == WZP_NEVER) {
        if (until > s->now)
            s->now = until;
        return false;
    }
    if (due > s->now) {
        s->now = due;
        s->standing = 0;
    } else if (++s->standing > STANDING_MAX) {
        /* Two hosts that answer each other without any delay. */
        s->now += WZP_MICROSECOND;
        if (s->now > until) {
            s->now = until;
            return false;
        }
    }
    struct wzp_sim_event *event = (struct wzp_sim_event *)wzp_heap_first(&s->events);
    wzp_heap_set(&s->events, &event->node, WZP_NEVER);
    event->happen(s, event);
    return true;
}

static void kick_all(struct wzp_sim *s)
{
    struct wzp_sim_host *next;
    for (struct wzp_sim_host *host = s->hosts; host; host = next) {
        next = host->next;
        wzp_sim_host_kick(host);
    }
}

void wzp_sim_run_until(struct wzp_sim *s, uint64_t until)
{
    kick_all(s);
    while (step(s, until))
        ;
}

uint64_t wzp_sim_expiry(const struct wzp_sim *s)
{
    return wzp_heap_first_key(&s->events);
}

void wzp_sim_run(struct wzp_sim *s, uint64_t duration)
{
    wzp_sim_run_until(s, wzp_time_add(s->now, duration));
}

bool wzp_sim_run_for(struct wzp_sim *s, bool (*done)(void *context), void *context, uint64_t limit)
{
    uint64_t until = wzp_time_add(s->now, limit);
    kick_all(s);
    while (!done(context)) {
        if (!step(s, until))
            return done(context);
    }
    return true;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The way of a packet in flight: over the sender's line into a network, over the line of the host
 * that has the address, or of the router that leads there; a router forwards it, a host delivers it
 * to a port. */
#include "sim/internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

/* All flights have the same size, so that one whose packet has arrived is reused. */
struct flight {
    struct wzp_sim_event event; /* first */
    struct wzp_sim_network *network;
    struct flight *next;    /* landed */
    bool arrived;           /* it has passed the receiver's line too */
    struct wzp_sim_way way; /* as it was at */
    uint64_t topology;
    uint8_t ecn;
    unsigned hops;
    struct wzp_addr from, to;
    size_t length;
    uint8_t data[WZP_SIM_PAYLOAD_MAX];
};

static void flight_goes_on(struct wzp_sim *s, struct wzp_sim_event *event);

static struct flight *flight_get(struct wzp_sim *s)
{
    struct flight *f = s->landed;
    if (f) {
        s->landed = f->next;
        return f;
    }
    if (s->flights >= WZP_SIM_PACKETS_MAX || wzp_heap_reserve(&s->events))
        return NULL;
    f = wzp_alloc(sizeof *f);
    if (!f) {
        wzp_heap_unreserve(&s->events);
        return NULL;
    }
    s->flights++;
    return f;
}

static void flight_land(struct wzp_sim *s, struct flight *f)
{
    f->next = s->landed;
    s->landed = f;
}

/* A packet at its start; NULL without memory. */
static struct flight *flight_new(struct wzp_sim *s, const struct wzp_addr *from,
                                 const struct wzp_addr *to, const uint8_t *data, size_t length)
{
    struct flight *f = flight_get(s);
    if (!f)
        return NULL;
    f->ecn = 0;
    f->hops = 0;
    f->from = *from;
    f->to = *to;
    f->length = length;
    memcpy(f->data, data, length);
    return f;
}

static struct flight *flight_copy(struct wzp_sim *s, const struct flight *f)
{
    struct flight *copy = flight_new(s, &f->from, &f->to, f->data, f->length);
    if (copy) {
        copy->network = f->network;
        copy->arrived = f->arrived;
        copy->way = f->way;
        copy->topology = f->topology;
        copy->ecn = f->ecn;
        copy->hops = f->hops;
    }
    return copy;
}

void wzp_sim_flights_free(struct wzp_sim *s)
{
    struct wzp_sim_event *event;
    while ((event = (struct wzp_sim_event *)wzp_heap_first(&s->events))) {
        wzp_heap_set(&s->events, &event->node, WZP_NEVER);
        if (event->class == WZP_SIM_EVENT_FLIGHT)
            flight_land(s, (struct flight *)event);
    }
    while (s->landed) {
        struct flight *f = s->landed;
        s->landed = f->next;
        wzp_free(f);
    }
}

/* Puts a packet on one direction of a line. Takes it over. */
static void enter_line(struct wzp_sim *s, struct wzp_sim_interface *interface, bool up,
                       struct flight *f)
{
    struct wzp_sim_line *line = up ? &interface->up : &interface->down;
    struct wzp_sim_host_counters *counters = &interface->host->counters;
    struct wzp_random random = wzp_sim_random(s);
    f->network = interface->network;
    f->arrived = !up;
    bool dropped = interface->unplugged || wzp_sim_line_drops(line, f->length, &random, counters);
    struct flight *twin =
        !dropped && wzp_sim_line_doubles(line, &random) ? flight_copy(s, f) : NULL;
    for (struct flight *next = twin; f; f = next, next = NULL) {
        uint64_t due = dropped ? 0 : wzp_sim_line_due(line, f->length, s->now, &random, counters);
        if (due) {
            wzp_sim_line_corrupt(line, f->data, f->length, &random);
            wzp_sim_event_init(s, &f->event, WZP_SIM_EVENT_FLIGHT, flight_goes_on);
            wzp_heap_set(&s->events, &f->event.node, due);
        } else {
            flight_land(s, f);
        }
    }
}

/* A node puts a packet on its line into a network. */
static void put_out(struct wzp_sim *s, struct wzp_sim_interface *interface, struct flight *f)
{
    struct wzp_sim_network *net = interface->network;
    if (net->filter && !net->filter(net->filter_context, &f->from, &f->to, f->data, &f->length))
        flight_land(s, f);
    else
        enter_line(s, interface, true, f);
}

/* ---- a host sends ---- */

/* The place a packet leaves by: the one it names; without a name the first that leads there. */
static struct wzp_sim_place *source_of(const struct wzp_sim_host *host,
                                       const struct wzp_addr *local, const struct wzp_addr *remote)
{
    struct wzp_sim_place *first = NULL;
    struct wzp_sim_way way;
    if (!wzp_addr_is_none(local) && !wzp_addr_is_unspecified(local))
        return wzp_sim_own_place(host, local);
    for (struct wzp_sim_interface *i = host->interfaces; i; i = i->next)
        for (struct wzp_sim_place *place = i->places; place; place = place->next) {
            if (wzp_addr_is_v6(&place->own) != wzp_addr_is_v6(remote))
                continue;
            if (wzp_sim_find_way(&way, i->network, remote))
                return place;
            if (!first)
                first = place;
        }
    return first;
}

/* What others see as the sender. */
static struct wzp_addr seen_as(const struct wzp_sim_place *place, const struct wzp_addr *local,
                               uint16_t port)
{
    struct wzp_addr from = place->wire;
    if (wzp_addr_port(&from) == 0)
        wzp_addr_set_port(&from, wzp_addr_port(local) ? wzp_addr_port(local) : port);
    return from;
}

void wzp_sim_send(struct wzp_sim_host *host, const struct wzp_addr *local, uint16_t port,
                  const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    struct wzp_sim *s = host->sim;
    struct wzp_sim_place *place = source_of(host, local, remote);
    host->counters.packets_out++;
    host->counters.bytes_out += length;
    if (!place || wzp_addr_is_v6(&place->own) != wzp_addr_is_v6(remote)) {
        host->counters.unreachable++;
        return;
    }
    if (length > WZP_SIM_PAYLOAD_MAX) {
        host->counters.too_big++;
        return;
    }
    struct wzp_addr from = seen_as(place, local, port);
    if (s->tap && !host->forwards)
        s->tap(s->tap_context, &from, remote, data, length);
    struct flight *f = flight_new(s, &from, remote, data, length);
    if (!f) {
        host->counters.queue_full++;
        return;
    }
    f->ecn = ecn;
    put_out(s, place->interface, f);
}

void wzp_sim_host_send(struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, const uint8_t *data, size_t length)
{
    wzp_sim_send(host, local, 0, remote, 0, data, length);
}

void wzp_sim_inject(struct wzp_sim *s, const struct wzp_addr *from, const struct wzp_addr *to,
                    const uint8_t *data, size_t length)
{
    struct wzp_sim_way way;
    if (length > WZP_SIM_PAYLOAD_MAX || !wzp_sim_find_way(&way, s->internet, to))
        return;
    struct flight *f = flight_new(s, from, to, data, length);
    if (!f)
        return;
    f->way = way;
    f->topology = s->topology;
    enter_line(s, way.interface, false, f);
}

void wzp_sim_set_tap(struct wzp_sim *s,
                     void (*tap)(void *context, const struct wzp_addr *from,
                                 const struct wzp_addr *to, const uint8_t *data, size_t length),
                     void *context)
{
    s->tap = tap;
    s->tap_context = context;
}

/* ---- it arrives ---- */

/* Which of its lines a router sends a packet out on, NULL. */
static struct wzp_sim_interface *way_out(const struct wzp_sim_host *router,
                                         const struct wzp_addr *to)
{
    struct wzp_sim_interface *best = NULL;
    struct wzp_sim_way way;
    unsigned best_bits = 0;
    for (struct wzp_sim_interface *i = router->interfaces; i; i = i->next) {
        /* A route that leads back to this router leads nowhere. */
        if (!wzp_sim_find_way(&way, i->network, to) || way.interface->host == router)
            continue;
        if (!best || way.bits > best_bits) {
            best = i;
            best_bits = way.bits;
        }
    }
    return best;
}

static void forward(struct wzp_sim *s, struct wzp_sim_host *router, struct flight *f)
{
    struct wzp_sim_interface *out = f->hops < WZP_SIM_HOPS_MAX ? way_out(router, &f->to) : NULL;
    if (!out) {
        router->counters.unreachable++;
        flight_land(s, f);
        return;
    }
    f->hops++;
    router->counters.packets_out++;
    router->counters.bytes_out += f->length;
    put_out(s, out, f);
}

/* The host's own name for the address that a packet came to. */
static void arrive_at_host(struct wzp_sim *s, struct wzp_sim_host *host,
                           const struct wzp_sim_place *place, struct flight *f)
{
    struct wzp_addr local = place->own;
    if (wzp_addr_port(&local) == 0)
        wzp_addr_set_port(&local, wzp_addr_port(&f->to));
    wzp_sim_hand_over(host, &local, &f->from, f->ecn, f->data, f->length);
    flight_land(s, f);
}

static void arrive(struct wzp_sim *s, const struct wzp_sim_way *way, struct flight *f)
{
    struct wzp_sim_host *host = way->interface->host;
    const struct wzp_sim_place *place = way->place;
    enum wzp_sim_verdict verdict = place ? WZP_SIM_LOCAL : WZP_SIM_FORWARD;
    host->counters.packets_in++;
    host->counters.bytes_in += f->length;
    if (host->forwards) {
        /* A packet from the inner side may be addressed to the router's outer address. */
        if (!place)
            place = wzp_sim_own_place(host, &f->to);
        verdict = place ? WZP_SIM_LOCAL : WZP_SIM_FORWARD;
        if (host->router.judge)
            verdict = host->router.judge(host->router.object, f->network, place != NULL, &f->from,
                                         &f->to, s->now);
    }
    if (verdict == WZP_SIM_LOCAL && place)
        arrive_at_host(s, host, place, f);
    else if (verdict == WZP_SIM_FORWARD && host->forwards)
        forward(s, host, f);
    else
        flight_land(s, f);
}

/* It has left a line: into the network, or before a host. */
static void flight_goes_on(struct wzp_sim *s, struct wzp_sim_event *event)
{
    struct flight *f = (struct flight *)event;
    bool known = f->arrived && f->topology == s->topology;
    if (!known && !wzp_sim_find_way(&f->way, f->network, &f->to)) {
        flight_land(s, f);
        return;
    }
    f->topology = s->topology;
    if (f->arrived)
        arrive(s, &f->way, f);
    else
        enter_line(s, f->way.interface, false, f);
}

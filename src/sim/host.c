/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What runs on a host: objects and services at its ports, and their expiries. */
#include "sim/internal.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"

#define STANDING_MAX 100 /* expiries of an object at one instant before it has to wait */

static struct wzp_sim_binding *binding_at(const struct wzp_sim_host *host, uint16_t port)
{
    struct wzp_sim_binding *b = host->bindings;
    while (b && b->port != port)
        b = b->next;
    return b;
}

static void enter(struct wzp_sim_binding *b)
{
    b->busy++;
}

static void leave(struct wzp_sim_binding *b)
{
    if (--b->busy == 0 && b->gone)
        wzp_free(b);
}

static void arrange(struct wzp_sim_binding *b)
{
    struct wzp_sim *s = b->host->sim;
    if (!b->driver.receive)
        return;
    uint64_t due = b->driver.expiry(b->driver.object);
    if (due <= s->now)
        due = b->standing > STANDING_MAX ? s->now + WZP_MICROSECOND : s->now;
    wzp_heap_set(&s->events, &b->event.node, due);
}

static bool next_packet(struct wzp_sim_binding *b, struct wzp_packet *packet)
{
    struct wzp_sim *s = b->host->sim;
    *packet = (struct wzp_packet){.data = s->send_buffer, .capacity = WZP_SIM_SEND_BUFFER};
    return b->driver.next_packet(b->driver.object, packet, s->now) > 0;
}

static void kick(struct wzp_sim_binding *b)
{
    struct wzp_sim_host *host = b->host;
    struct wzp_packet packet;
    while (!b->gone && b->driver.receive && next_packet(b, &packet)) {
        size_t segment = packet.segment ? packet.segment : packet.length;
        for (size_t at = 0; at < packet.length; at += segment) {
            size_t length = packet.length - at < segment ? packet.length - at : segment;
            wzp_sim_send(host, &packet.local, b->port, &packet.remote, packet.ecn, packet.data + at,
                         length);
        }
    }
    if (!b->gone)
        arrange(b);
}

void wzp_sim_host_kick(struct wzp_sim_host *host)
{
    struct wzp_sim_binding *next;
    for (struct wzp_sim_binding *b = host->bindings; b; b = next) {
        enter(b);
        kick(b);
        next = b->gone ? NULL : b->next;
        leave(b);
    }
}

void wzp_sim_kick(struct wzp_sim *s, struct wzp_sim_host *host)
{
    (void)s;
    wzp_sim_host_kick(host);
}

void wzp_sim_hand_over(struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length)
{
    struct wzp_sim *s = host->sim;
    struct wzp_sim_binding *b = binding_at(host, wzp_addr_port(local));
    if (!b)
        b = binding_at(host, 0);
    if (!b) {
        host->counters.unreachable++;
        return;
    }
    enter(b);
    if (b->driver.receive)
        b->driver.receive(b->driver.object, local, remote, ecn, data, length, s->now);
    else
        b->service(b->context, host, local, remote, ecn, data, length, s->now);
    kick(b);
    leave(b);
}

static void appointment(struct wzp_sim *s, struct wzp_sim_event *event)
{
    struct wzp_sim_binding *b = (struct wzp_sim_binding *)event;
    b->standing = b->last_expiry == s->now ? b->standing + 1 : 0;
    b->last_expiry = s->now;
    enter(b);
    b->driver.handle_expiry(b->driver.object, s->now);
    kick(b);
    leave(b);
}

static int bind_at(struct wzp_sim_binding **out, struct wzp_sim_host *host, uint16_t port)
{
    struct wzp_sim *s = host->sim;
    if (binding_at(host, port))
        return WZP_E_DUPLICATE;
    struct wzp_sim_binding *b = wzp_calloc(1, sizeof *b);
    if (!b || wzp_heap_reserve(&s->events)) {
        wzp_free(b);
        return WZP_E_MEMORY;
    }
    wzp_sim_event_init(s, &b->event, WZP_SIM_EVENT_EXPIRY, appointment);
    b->host = host;
    b->port = port;
    b->next = host->bindings;
    host->bindings = b;
    *out = b;
    return 0;
}

int wzp_sim_host_bind(struct wzp_sim_host *host, uint16_t port, const struct wzp_driver *driver)
{
    struct wzp_sim_binding *b;
    int result = bind_at(&b, host, port);
    if (result)
        return result;
    b->driver = *driver;
    arrange(b);
    return 0;
}

int wzp_sim_host_serve(struct wzp_sim_host *host, uint16_t port, wzp_sim_service service,
                       void *context)
{
    struct wzp_sim_binding *b;
    int result = bind_at(&b, host, port);
    if (result)
        return result;
    b->service = service;
    b->context = context;
    return 0;
}

void wzp_sim_host_unbind(struct wzp_sim_host *host, uint16_t port)
{
    struct wzp_sim_binding **link = &host->bindings;
    while (*link && (*link)->port != port)
        link = &(*link)->next;
    struct wzp_sim_binding *b = *link;
    if (!b)
        return;
    *link = b->next;
    wzp_heap_set(&host->sim->events, &b->event.node, WZP_NEVER);
    wzp_heap_unreserve(&host->sim->events);
    b->gone = true;
    enter(b);
    leave(b);
}

void wzp_sim_host_counters(const struct wzp_sim_host *host, struct wzp_sim_host_counters *out)
{
    *out = host->counters;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UDP ports of a machine: those of its host in the network. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "sim/machine_internal.h"
#include "sim/more.h"

#define FIRST_PORT 49152
#define ADDRESSES_MAX 32

struct wzp_host_port {
    struct wzp_sim_item item;
    struct wzp_driver driver;
    struct wzp_sim_timer later; /* a kick, or the end: not inside the object's own calls */
    struct wzp_addr bind;       /* none: all addresses */
    uint16_t number;
    unsigned busy; /* depth of calls into the object */
    bool closed;
    struct wzp_port_stats stats;
    struct wzp_sim_more more;
};

static void dispose(struct wzp_host_port *p)
{
    struct wzp_sim_machine *m = p->item.machine;
    wzp_sim_item_remove(&p->item);
    wzp_sim_timer_fini(&p->later);
    wzp_sim_more_close_all(&p->more);
    wzp_sim_host_unbind(m->host, p->number);
    wzp_free(p);
}

static void close_port(struct wzp_sim_item *item)
{
    struct wzp_host_port *p = (struct wzp_host_port *)item;
    if (p->busy == 0) {
        dispose(p);
        return;
    }
    p->closed = true;
    wzp_sim_timer_set(&p->later, wzp_sim_now(item->machine->sim));
}

static void on_later(void *context, uint64_t now)
{
    struct wzp_host_port *p = context;
    (void)now;
    if (p->closed)
        dispose(p);
    else
        wzp_sim_host_kick(p->item.machine->host);
}

/* ---- the object behind the port ---- */

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_host_port *p = object;
    if (p->closed)
        return;
    p->stats.packets_in++;
    p->busy++;
    p->driver.receive(p->driver.object, local, remote, ecn, data, length, now);
    p->busy--;
}

static uint64_t expiry(const void *object)
{
    const struct wzp_host_port *p = object;
    return p->closed ? WZP_NEVER : p->driver.expiry(p->driver.object);
}

static void handle_expiry(void *object, uint64_t now)
{
    struct wzp_host_port *p = object;
    if (p->closed)
        return;
    p->busy++;
    p->driver.handle_expiry(p->driver.object, now);
    p->busy--;
}

static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct wzp_host_port *p = object;
    if (p->closed)
        return 0;
    p->busy++;
    int result = p->driver.next_packet(p->driver.object, out, now);
    p->busy--;
    if (result > 0 && out->length > 0) {
        size_t segment = out->segment ? out->segment : out->length;
        p->stats.packets_out += (out->length + segment - 1) / segment;
    }
    return p->closed ? 0 : result;
}

/* ---- further ports ---- */

static void received(void *object)
{
    struct wzp_host_port *p = object;
    wzp_sim_timer_set(&p->later, wzp_sim_now(p->item.machine->sim));
}

int wzp_sim_port_more(void *context, struct wzp_host_port *port, struct wzp_addr *out)
{
    (void)context;
    return port->closed ? WZP_E_NETWORK : wzp_sim_more_open(&port->more, out);
}

void wzp_sim_port_less(void *context, struct wzp_host_port *port, const struct wzp_addr *local)
{
    (void)context;
    wzp_sim_more_close(&port->more, local);
}

/* ---- opening ---- */

/* A host of the short form has one port only. */
static uint16_t only_port(const struct wzp_sim_machine *m)
{
    struct wzp_sim_host_view views[ADDRESSES_MAX];
    size_t count = wzp_sim_host_addresses(m->host, views, ADDRESSES_MAX);
    return count > 0 ? wzp_addr_port(&views[0].address) : 0;
}

static int bind_port(struct wzp_sim_machine *m, struct wzp_host_port *p)
{
    const struct wzp_driver driver = {p, receive, expiry, handle_expiry, next_packet};
    p->number = wzp_addr_port(&p->bind);
    if (p->number == 0)
        p->number = only_port(m);
    if (p->number != 0)
        return wzp_sim_host_bind(m->host, p->number, &driver);
    int result = WZP_E_DUPLICATE;
    for (int i = 0; result == WZP_E_DUPLICATE && i < 65536 - FIRST_PORT; i++) {
        m->last_port = m->last_port < FIRST_PORT || m->last_port == 65535
                           ? FIRST_PORT
                           : (uint16_t)(m->last_port + 1);
        p->number = m->last_port;
        result = wzp_sim_host_bind(m->host, p->number, &driver);
    }
    return result;
}

int wzp_sim_port_open(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                      const struct wzp_driver *driver, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    *out = NULL;
    struct wzp_host_port *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    p->driver = *driver;
    p->more = (struct wzp_sim_more){
        .host = m->host, .receive = receive, .received = received, .object = p};
    if (bind)
        p->bind = *bind;
    int result = wzp_sim_timer_init(&p->later, m->sim, on_later, p);
    if (!result)
        result = bind_port(m, p);
    if (result) {
        wzp_sim_timer_fini(&p->later);
        wzp_free(p);
        return result == WZP_E_MEMORY
                   ? wzp_error_set(err, result, "out of memory")
                   : wzp_error_set(err, WZP_E_NETWORK, "cannot open UDP port: it is taken");
    }
    wzp_sim_item_add(m, &p->item, close_port);
    wzp_sim_port_kick(context, p);
    *out = p;
    return 0;
}

void wzp_sim_port_kick(void *context, struct wzp_host_port *port)
{
    struct wzp_sim_machine *m = context;
    wzp_sim_timer_set(&port->later, wzp_sim_now(m->sim));
}

struct wzp_addr wzp_sim_port_local(void *context, const struct wzp_host_port *port, int family)
{
    struct wzp_sim_machine *m = context;
    struct wzp_sim_host_view views[ADDRESSES_MAX];
    struct wzp_addr none = {.length = 0};
    size_t count = wzp_sim_host_addresses(m->host, views, ADDRESSES_MAX);
    if (!wzp_addr_is_none(&port->bind) && !wzp_addr_is_unspecified(&port->bind)) {
        struct wzp_addr one = port->bind;
        wzp_addr_set_port(&one, port->number);
        return one.u.sa.sa_family == family ? one : none;
    }
    for (size_t i = 0; i < count && i < ADDRESSES_MAX; i++) {
        if (views[i].address.u.sa.sa_family != family)
            continue;
        wzp_addr_set_port(&views[i].address, port->number);
        return views[i].address;
    }
    return none;
}

/* The simulated network drops undeliverable packets without ICMP errors, as many networks do. */
void wzp_sim_port_on_unreachable(void *context, struct wzp_host_port *port,
                                 void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                     int code, uint64_t now),
                                 void *owner)
{
    (void)context;
    (void)port;
    (void)unreachable;
    (void)owner;
}

void wzp_sim_port_stats(void *context, const struct wzp_host_port *port, struct wzp_port_stats *out)
{
    (void)context;
    *out = port->stats;
}

void wzp_sim_port_close(void *context, struct wzp_host_port *port)
{
    (void)context;
    if (port && !port->closed)
        close_port(&port->item);
}

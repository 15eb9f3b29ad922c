/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/ports.h"

#include "base/addr.h"
#include "base/error.h"

#define CHECK (1 * WZP_SECOND) /* between two looks at which are in use */
#define UNUSED_LOOKS 2         /* a connection's last word must leave before its socket goes */

int wzp_ports_open(struct wzp_phone *p, struct wzp_addr *out)
{
    struct wzp_ports *ports = &p->ports;

    if (!p->config.port_more)
        return WZP_E_UNSUPPORTED;
    if (ports->count == WZP_PHONE_PORTS_MAX)
        return WZP_E_LIMIT;
    int result = p->config.port_more(p->config.context, out);
    if (result < 0)
        return result;
    ports->check_at = 0;
    ports->items[ports->count].number = wzp_addr_port(out);
    ports->items[ports->count++].unused = 0;
    return 0;
}

bool wzp_ports_has(const struct wzp_phone *p, const struct wzp_addr *local)
{
    for (size_t i = 0; !wzp_addr_is_v6(local) && i < p->ports.count; i++)
        if (p->ports.items[i].number == wzp_addr_port(local))
            return true;
    return false;
}

void wzp_ports_release(struct wzp_phone *p, uint64_t now)
{
    if (p->ports.count > 0)
        p->ports.check_at = now;
}

static bool in_use(const struct wzp_phone *p, uint16_t number)
{
    struct wzp_addr local;

    for (const struct wzp_link *link = p->links; link; link = link->next) {
        if (!link->conn)
            continue;
        wzp_quic_conn_path(link->conn, &local, NULL);
        if (!wzp_addr_is_v6(&local) && wzp_addr_port(&local) == number)
            return true;
    }
    return false;
}

static void close_at(struct wzp_phone *p, size_t i)
{
    static const uint8_t any[4];
    struct wzp_addr local;

    wzp_addr_from_ip4(&local, any, p->ports.items[i].number);
    p->ports.items[i] = p->ports.items[--p->ports.count];
    p->config.port_less(p->config.context, &local);
}

uint64_t wzp_ports_expiry(const struct wzp_phone *p)
{
    return p->ports.count > 0 && p->ports.check_at > 0 ? p->ports.check_at : WZP_NEVER;
}

void wzp_ports_expire(struct wzp_phone *p, uint64_t now)
{
    if (now < wzp_ports_expiry(p))
        return;
    for (size_t i = p->ports.count; i-- > 0;) {
        struct wzp_port *port = &p->ports.items[i];
        port->unused = in_use(p, port->number) ? 0 : port->unused + 1;
        if (port->unused == UNUSED_LOOKS)
            close_at(p, i);
    }
    p->ports.check_at = wzp_time_add(now, CHECK);
}

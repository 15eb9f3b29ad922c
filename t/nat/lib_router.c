/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_router.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "tap.h"

void router_init(struct router *r, const char *external)
{
    memset(r, 0, sizeof *r);
    r->delay = WZP_MILLISECOND;
    r->work_delay = 80 * WZP_MILLISECOND;
    wzp_addr_from_ip4(&r->address, (const uint8_t *)"\xc0\xa8\x01\x01", 5351);
    if (wzp_addr_parse(&r->external, external, strlen(external)) < 0)
        bail("\"%s\" is no address", external);
    wzp_random_seeded_init(&r->seeded, 11);
}

void router_reboot(struct router *r, uint64_t now)
{
    r->born = now;
    r->count = 0;
}

static void prune(struct router *r, uint64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->mappings[i].expires > now)
            r->mappings[kept++] = r->mappings[i];
    r->count = kept;
}

static struct router_mapping *find(struct router *r, enum wzp_portmap_protocol protocol,
                                   uint16_t internal)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->mappings[i].protocol == protocol && r->mappings[i].internal == internal)
            return &r->mappings[i];
    return NULL;
}

static void take_away(struct router *r, struct router_mapping *m)
{
    if (!m)
        return;
    *m = r->mappings[--r->count];
    r->deleted++;
}

static struct router_mapping *make(struct router *r, enum wzp_portmap_protocol protocol,
                                   uint16_t internal, uint16_t external, uint32_t lifetime,
                                   uint64_t now)
{
    struct router_mapping *m = find(r, protocol, internal);
    if (!m) {
        if (r->count == ROUTER_MAPPINGS)
            bail("the test's router is full");
        m = &r->mappings[r->count++];
        r->made++;
    }
    memset(m, 0, sizeof *m);
    m->protocol = protocol;
    m->internal = internal;
    m->external = r->port_zero ? 0 : external;
    m->expires = lifetime ? now + lifetime * WZP_SECOND : WZP_NEVER;
    return m;
}

static bool lost(struct router *r)
{
    struct wzp_random random = wzp_random_seeded_source(&r->seeded);
    return r->loss > 0 && wzp_random_unit(&random) < r->loss;
}

static void send_back(struct router *r, const uint8_t *data, size_t length, uint64_t now)
{
    if (lost(r) || r->queued == ROUTER_PACKETS)
        return;
    size_t at = r->queued++;
    r->queue[at].at = now + r->delay;
    r->queue[at].from = r->address;
    if (r->wrong_source)
        wzp_addr_set_port(&r->queue[at].from, 5352);
    memcpy(r->queue[at].data, data, length);
    r->queue[at].length = length;
}

static uint32_t epoch(const struct router *r, uint64_t now)
{
    return (uint32_t)((now - r->born) / WZP_SECOND);
}

static void serve_natpmp(struct router *r, const uint8_t *data, size_t length, uint64_t now)
{
    uint8_t out[16] = {0};
    out[1] = data[1] | 0x80;
    wzp_put_be32(out + 4, epoch(r, now));
    if (data[1] == 0) {
        memcpy(out + 8, &r->external.u.in.sin_addr, 4);
        send_back(r, out, 12, now);
        return;
    }
    if (length < 12)
        return;
    uint16_t internal = wzp_get_be16(data + 4);
    uint32_t lifetime = wzp_get_be32(data + 8);
    memcpy(out + 8, data + 4, 2);
    if (r->result && lifetime) {
        wzp_put_be16(out + 2, (uint16_t)r->result);
    } else if (lifetime == 0) {
        take_away(r, find(r, WZP_PORTMAP_NATPMP, internal));
    } else {
        uint32_t granted = r->grant ? r->grant : lifetime;
        struct router_mapping *m =
            make(r, WZP_PORTMAP_NATPMP, internal, wzp_get_be16(data + 6), granted, now);
        wzp_put_be16(out + 10, m->external);
        wzp_put_be32(out + 12, granted);
        if (r->wrong_port)
            wzp_put_be16(out + 8, (uint16_t)(internal + 1));
    }
    send_back(r, out, 16, now);
}

static void serve_pcp(struct router *r, const uint8_t *data, size_t length, uint64_t now)
{
    uint8_t out[60] = {0};
    memcpy(out, data, length < 60 ? length : 60);
    out[1] |= 0x80;
    memset(out + 8, 0, 16);
    wzp_put_be32(out + 8, epoch(r, now));
    if (data[1] == 0 || length < 60) {
        send_back(r, out, 24, now);
        return;
    }
    uint16_t internal = wzp_get_be16(data + 40);
    uint32_t lifetime = wzp_get_be32(data + 4);
    struct router_mapping *m = find(r, WZP_PORTMAP_PCP, internal);
    if (m && memcmp(m->nonce, data + 24, sizeof m->nonce)) {
        out[3] = WZP_PCP_NOT_AUTHORIZED;
    } else if (r->result && lifetime) {
        out[3] = (uint8_t)r->result;
    } else if (lifetime == 0) {
        take_away(r, m);
    } else {
        uint32_t granted = r->grant ? r->grant : lifetime;
        m = make(r, WZP_PORTMAP_PCP, internal, wzp_get_be16(data + 42), granted, now);
        memcpy(m->nonce, data + 24, sizeof m->nonce);
        wzp_put_be32(out + 4, granted);
        wzp_put_be16(out + 42, m->external);
        memset(out + 44, 0, 10);
        out[54] = out[55] = 0xff;
        memcpy(out + 56, &r->external.u.in.sin_addr, 4);
        if (r->wrong_nonce)
            out[24] ^= 1;
        if (r->wrong_port)
            out[41] ^= 1;
    }
    send_back(r, out, 60, now);
}

static void serve(struct router *r, const struct wzp_packet *packet, uint64_t now)
{
    r->asked++;
    if (lost(r) || r->deaf || !wzp_addr_equal(&packet->remote, &r->address))
        return;
    if (r->deaf_to_maps && packet->data[1] == 1)
        return;
    prune(r, now);
    if (packet->data[0] == 0 && r->natpmp) {
        serve_natpmp(r, packet->data, packet->length, now + r->delay);
    } else if (packet->data[0] == 2 && r->pcp) {
        serve_pcp(r, packet->data, packet->length, now + r->delay);
    } else if (r->natpmp || r->pcp) { /* the other version: refused in its own format */
        uint8_t out[8] = {r->pcp ? 2 : 0, packet->data[1] | 0x80, 0, 0};
        out[3] = 1;
        send_back(r, out, 8, now + r->delay);
    }
}

static void finish_work(struct router *r, struct wzp_portmap *p, uint64_t now)
{
    struct wzp_portmap_work_result done = {.id = r->work.id};
    r->working = false;
    prune(r, now);
    struct router_mapping *m = find(r, WZP_PORTMAP_UPNP, r->work.internal_port);
    if (!r->upnp || r->deaf || (r->deaf_to_maps && r->work.ask == WZP_PORTMAP_ASK_MAP)) {
        done.result = WZP_E_NOT_FOUND;
    } else if (r->work.ask == WZP_PORTMAP_ASK_DELETE) {
        take_away(r, m);
    } else if (r->work.ask == WZP_PORTMAP_ASK_PROBE) {
        done.external = r->external;
        if (r->work.external_port && !m)
            done.result = WZP_E_NOT_FOUND;
    } else if (r->permanent_only && r->work.lifetime) {
        done.result = WZP_E_REFUSED;
        done.upnp_error = 725;
    } else if (r->conflicts) {
        r->conflicts--;
        done.result = WZP_E_REFUSED;
        done.upnp_error = 718;
    } else {
        m = make(r, WZP_PORTMAP_UPNP, r->work.internal_port, r->work.external_port,
                 r->work.lifetime, now);
        done.external = r->external;
        done.external_port = m->external;
        done.lifetime = r->work.lifetime;
    }
    wzp_portmap_work_done(p, &done, now);
}

static void deliver(struct router *r, struct wzp_portmap *p, uint64_t now)
{
    for (size_t i = 0; i < r->queued;) {
        if (r->queue[i].at > now) {
            i++;
            continue;
        }
        wzp_portmap_receive(p, &r->queue[i].from, r->queue[i].data, r->queue[i].length, now);
        r->queue[i] = r->queue[--r->queued];
    }
    if (r->working && r->work_at <= now)
        finish_work(r, p, now);
}

uint64_t router_run(struct router *r, struct wzp_portmap *p, uint64_t now, uint64_t until)
{
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    for (unsigned steps = 0; now <= until; steps++) {
        if (steps > 200000)
            bail("the mapping service turns in circles");
        deliver(r, p, now);
        if (wzp_portmap_expiry(p) <= now)
            wzp_portmap_handle_expiry(p, now);
        while (wzp_portmap_next_packet(p, &packet, now))
            serve(r, &packet, now);
        if (!r->working && wzp_portmap_next_work(p, &r->work)) {
            r->working = true;
            r->work_at = now + r->work_delay;
        }
        uint64_t next = wzp_portmap_expiry(p);
        for (size_t i = 0; i < r->queued; i++)
            next = wzp_time_min(next, r->queue[i].at);
        if (r->working)
            next = wzp_time_min(next, r->work_at);
        if (next > until)
            break;
        if (next > now)
            now = next;
        else if (steps % 1000 == 999)
            now++;
    }
    return until;
}

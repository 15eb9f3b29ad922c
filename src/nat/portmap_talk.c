/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/portmap_talk.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "nat/natpmp.h"

#define SENDS 3
#define DELETE_TIME (1 * WZP_SECOND)
#define DELETE_WORK_TIME (2 * WZP_SECOND)
#define CONFLICTS_MAX 3 /* other ports tried when a router says that one is taken */

/* After the question was put, ns. */
static const uint64_t schedule[SENDS] = {0, 250 * WZP_MILLISECOND, 750 * WZP_MILLISECOND};

void wzp_portmap_put(struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                     enum wzp_portmap_ask ask, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[protocol];
    s->ask = ask;
    s->asked_at = now;
    s->sends = 0;
    if (protocol == WZP_PORTMAP_UPNP) {
        p->work_id++;
        p->work_ready = true;
    }
}

uint64_t wzp_portmap_send_due(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol)
{
    const struct wzp_portmap_service *s = &p->services[protocol];
    if (protocol == WZP_PORTMAP_UPNP || s->ask == WZP_PORTMAP_ASK_NOTHING || s->sends >= SENDS)
        return WZP_NEVER;
    return wzp_time_add(s->asked_at, schedule[s->sends]);
}

uint64_t wzp_portmap_deadline(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol)
{
    const struct wzp_portmap_service *s = &p->services[protocol];
    bool work = protocol == WZP_PORTMAP_UPNP;
    if (s->ask == WZP_PORTMAP_ASK_NOTHING)
        return WZP_NEVER;
    if (s->ask == WZP_PORTMAP_ASK_DELETE)
        return wzp_time_add(s->asked_at, work ? DELETE_WORK_TIME : DELETE_TIME);
    return wzp_time_add(s->asked_at,
                        work && !p->probe_only ? WZP_PORTMAP_WORK_TIME : WZP_PORTMAP_STOP);
}

static void fill_pcp(const struct wzp_portmap *p, struct wzp_pcp_map *map, bool gives_back)
{
    memset(map, 0, sizeof *map);
    memcpy(map->nonce, p->nonce, sizeof map->nonce);
    map->client = p->lan;
    map->internal_port = p->internal_port;
    map->external_port = gives_back ? 0 : p->wanted_port;
    map->lifetime = gives_back ? 0 : WZP_PORTMAP_LIFETIME;
    if (!gives_back && p->protocol == WZP_PORTMAP_PCP)
        map->external = p->external;
}

static size_t write_question(const struct wzp_portmap *p, enum wzp_portmap_protocol protocol,
                             uint8_t *out)
{
    enum wzp_portmap_ask ask = p->services[protocol].ask;
    bool gives_back = ask == WZP_PORTMAP_ASK_DELETE;
    if (protocol == WZP_PORTMAP_NATPMP) {
        if (ask == WZP_PORTMAP_ASK_PROBE) {
            wzp_natpmp_write_external(out);
            return WZP_NATPMP_EXTERNAL_SIZE;
        }
        wzp_natpmp_write_map(out, p->internal_port, gives_back ? 0 : p->wanted_port,
                             gives_back ? 0 : WZP_PORTMAP_LIFETIME);
        return WZP_NATPMP_MAP_SIZE;
    }
    if (ask == WZP_PORTMAP_ASK_PROBE) {
        wzp_pcp_write_announce(out, &p->lan);
        return WZP_PCP_ANNOUNCE_SIZE;
    }
    struct wzp_pcp_map map;
    fill_pcp(p, &map, gives_back);
    wzp_pcp_write_map(out, &map);
    return WZP_PCP_MAP_SIZE;
}

int wzp_portmap_next_packet(struct wzp_portmap *p, struct wzp_packet *out, uint64_t now)
{
    for (unsigned i = 0; i < WZP_PORTMAP_UPNP; i++) {
        enum wzp_portmap_protocol protocol = (enum wzp_portmap_protocol)i;
        struct wzp_portmap_service *s = &p->services[i];
        if (wzp_portmap_send_due(p, protocol) > now || wzp_portmap_deadline(p, protocol) <= now)
            continue;
        s->sends++;
        if (s->ask == WZP_PORTMAP_ASK_MAP)
            s->touched = true;
        memset(&out->local, 0, sizeof out->local);
        out->remote = p->gateway;
        out->length = write_question(p, protocol, out->data);
        out->segment = out->length;
        out->ecn = 0;
        return 1;
    }
    return 0;
}

static bool asks_for_mapping(const struct wzp_portmap_service *s)
{
    return s->ask == WZP_PORTMAP_ASK_MAP || s->ask == WZP_PORTMAP_ASK_DELETE;
}

/* Reads an answer about a mapping; `gone`: its lifetime is 0. */
static void read_mapping(const struct wzp_portmap_service *s, struct wzp_portmap_news *out,
                         unsigned refusal, bool gone)
{
    if (s->ask == WZP_PORTMAP_ASK_DELETE)
        out->kind = refusal || gone ? WZP_PORTMAP_NEWS_DELETED : WZP_PORTMAP_NEWS_NONE;
    else if (refusal)
        out->kind = WZP_PORTMAP_NEWS_DENIED;
    else
        out->kind = gone ? WZP_PORTMAP_NEWS_NONE : WZP_PORTMAP_NEWS_GRANTED;
}

static void read_natpmp(const struct wzp_portmap *p, struct wzp_portmap_news *out,
                        const uint8_t *data, size_t length)
{
    static const uint8_t nowhere[4];
    const struct wzp_portmap_service *s = &p->services[WZP_PORTMAP_NATPMP];
    struct wzp_natpmp_answer a;
    /* Unsupported version, in answer to our PCP question. */
    if (length >= 4 && wzp_get_be16(data + 2) == 1) {
        out->kind = WZP_PORTMAP_NEWS_MISSING;
        out->protocol = WZP_PORTMAP_PCP;
        return;
    }
    if (wzp_natpmp_parse(&a, data, length) < 0)
        return;
    out->protocol = WZP_PORTMAP_NATPMP;
    out->epoch = a.epoch;
    if (a.opcode == WZP_NATPMP_OPCODE_EXTERNAL && s->ask == WZP_PORTMAP_ASK_PROBE) {
        out->kind = WZP_PORTMAP_NEWS_PRESENT;
        out->external = a.external;
        if (a.result) /* the service is there, but the router has no external address */
            wzp_addr_from_ip4(&out->external, nowhere, 0);
    } else if (a.opcode == WZP_NATPMP_OPCODE_MAP_UDP && asks_for_mapping(s) &&
               (a.result || a.internal_port == p->internal_port)) {
        read_mapping(s, out, a.result, a.lifetime == 0);
        out->verdict = WZP_PORTMAP_REFUSED;
        out->lifetime = a.lifetime;
        out->external = s->external;
        wzp_addr_set_port(&out->external, a.external_port);
    }
    out->has_epoch = out->kind != WZP_PORTMAP_NEWS_NONE;
}

static void read_pcp(const struct wzp_portmap *p, struct wzp_portmap_news *out, const uint8_t *data,
                     size_t length)
{
    const struct wzp_portmap_service *s = &p->services[WZP_PORTMAP_PCP];
    struct wzp_pcp_map asked;
    struct wzp_pcp_answer a;
    /* Unsupported version, in answer to our NAT-PMP question. */
    if (length >= 4 && data[3] == 1) {
        out->kind = WZP_PORTMAP_NEWS_MISSING;
        out->protocol = WZP_PORTMAP_NATPMP;
        return;
    }
    fill_pcp(p, &asked, false);
    if (wzp_pcp_parse(&a, &asked, data, length) < 0)
        return;
    out->protocol = WZP_PORTMAP_PCP;
    out->epoch = a.epoch;
    if (a.opcode == WZP_PCP_OPCODE_ANNOUNCE && s->ask == WZP_PORTMAP_ASK_PROBE) {
        out->kind = WZP_PORTMAP_NEWS_PRESENT;
    } else if (a.opcode == WZP_PCP_OPCODE_MAP && asks_for_mapping(s)) {
        read_mapping(s, out, a.result, a.lifetime == 0);
        out->verdict =
            a.result == WZP_PCP_ADDRESS_MISMATCH ? WZP_PORTMAP_DOUBLE_NAT : WZP_PORTMAP_REFUSED;
        out->lifetime = a.lifetime;
        out->external = a.external;
    }
    out->has_epoch = out->kind != WZP_PORTMAP_NEWS_NONE;
}

void wzp_portmap_read(struct wzp_portmap *p, struct wzp_portmap_news *out, const uint8_t *data,
                      size_t length)
{
    memset(out, 0, sizeof *out);
    if (length > 0 && data[0] == WZP_NATPMP_VERSION)
        read_natpmp(p, out, data, length);
    else if (length > 0 && data[0] == WZP_PCP_VERSION)
        read_pcp(p, out, data, length);
    if (out->kind == WZP_PORTMAP_NEWS_NONE)
        p->ignored++;
}

int wzp_portmap_next_work(struct wzp_portmap *p, struct wzp_portmap_work *out)
{
    struct wzp_portmap_service *s = &p->services[WZP_PORTMAP_UPNP];
    if (!p->work_ready || s->ask == WZP_PORTMAP_ASK_NOTHING)
        return 0;
    p->work_ready = false;
    memset(out, 0, sizeof *out);
    out->id = p->work_id;
    out->ask = s->ask;
    out->lan = p->lan;
    out->internal_port = p->internal_port;
    if (s->ask == WZP_PORTMAP_ASK_MAP)
        out->external_port = p->wanted_port;
    else if (s->ask == WZP_PORTMAP_ASK_DELETE || p->state == WZP_PORTMAP_STATE_KEEPING)
        out->external_port = p->upnp_port;
    out->lifetime = p->work_permanent ? 0 : WZP_PORTMAP_LIFETIME;
    if (s->ask == WZP_PORTMAP_ASK_MAP) {
        s->touched = true;
        p->upnp_port = p->wanted_port;
    }
    return 1;
}

/* True when the request is repeated after a refusal, with another port or for a permanent lease
 * (wzp-protocol(7), Addresses). */
static bool try_differently(struct wzp_portmap *p, const struct wzp_portmap_work_result *done,
                            uint64_t now)
{
    if ((done->upnp_error == 725 || done->upnp_error == 402) && !p->work_permanent) {
        p->work_permanent = true;
        wzp_portmap_put(p, WZP_PORTMAP_UPNP, WZP_PORTMAP_ASK_MAP, now);
        return true;
    }
    if (done->upnp_error == 718 && p->work_conflicts < CONFLICTS_MAX) {
        p->work_conflicts++;
        p->wanted_port = (uint16_t)(1024 + wzp_random_below(&p->random, 65536 - 1024));
        wzp_portmap_put(p, WZP_PORTMAP_UPNP, WZP_PORTMAP_ASK_MAP, now);
        return true;
    }
    return false;
}

/* True when this is the outcome of the work that was given out last. */
static bool expected(struct wzp_portmap *p, const struct wzp_portmap_work_result *done,
                     uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[WZP_PORTMAP_UPNP];
    if (done->id == p->work_id && !p->work_ready && s->ask != WZP_PORTMAP_ASK_NOTHING)
        return true;
    /* A mapping that we gave up on was made after all: it must be removed. */
    if (done->result == 0 && done->external_port && p->protocol != WZP_PORTMAP_UPNP &&
        s->ask == WZP_PORTMAP_ASK_NOTHING) {
        s->touched = true;
        p->upnp_port = done->external_port;
        wzp_portmap_put(p, WZP_PORTMAP_UPNP, WZP_PORTMAP_ASK_DELETE, now);
    }
    return false;
}

static void read_check(const struct wzp_portmap *p, struct wzp_portmap_news *out,
                       const struct wzp_portmap_work_result *done)
{
    out->external = done->external;
    if (done->result == 0)
        out->kind = WZP_PORTMAP_NEWS_PRESENT;
    else if (done->result != WZP_E_NOT_FOUND && p->state == WZP_PORTMAP_STATE_KEEPING)
        out->kind = WZP_PORTMAP_NEWS_UNSURE;
    else
        out->kind = WZP_PORTMAP_NEWS_MISSING;
}

void wzp_portmap_read_work(struct wzp_portmap *p, struct wzp_portmap_news *out,
                           const struct wzp_portmap_work_result *done, uint64_t now)
{
    struct wzp_portmap_service *s = &p->services[WZP_PORTMAP_UPNP];
    memset(out, 0, sizeof *out);
    out->protocol = WZP_PORTMAP_UPNP;
    if (!expected(p, done, now)) {
        p->ignored++;
    } else if (s->ask == WZP_PORTMAP_ASK_DELETE) {
        out->kind = WZP_PORTMAP_NEWS_DELETED;
    } else if (s->ask == WZP_PORTMAP_ASK_PROBE) {
        read_check(p, out, done);
    } else if (done->result == 0) {
        out->kind = WZP_PORTMAP_NEWS_GRANTED;
        out->external = wzp_addr_is_none(&done->external) ? s->external : done->external;
        wzp_addr_set_port(&out->external, done->external_port);
        out->lifetime = done->lifetime;
        p->upnp_port = done->external_port;
    } else if (!try_differently(p, done, now)) {
        out->kind = WZP_PORTMAP_NEWS_DENIED;
        out->verdict = WZP_PORTMAP_REFUSED;
    }
}

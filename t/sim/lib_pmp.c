/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_pmp.h"

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/time.h"
#include "tap.h"

#define PORT 5351

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out + 2, value & 0xffff);
}

static uint32_t get32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static uint16_t get16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static uint32_t epoch(const struct pmp *p, uint64_t now)
{
    return (uint32_t)(wzp_time_since(now, p->booted) / WZP_SECOND + (p->booted ? 0 : 86400));
}

/* Makes, renews or deletes a UDP mapping. False: out of resources. */
static bool map(struct pmp *p, struct wzp_addr *outer, const struct wzp_addr *remote,
                uint16_t inner_port, uint16_t outer_port, uint32_t *seconds)
{
    struct wzp_addr inner = *remote;
    wzp_addr_set_port(&inner, inner_port);
    *outer = wzp_sim_nat_external(p->box);
    if (*seconds == 0) {
        p->deleted += wzp_sim_nat_close_port(p->box, &inner) == 0;
        wzp_addr_set_port(outer, 0);
        return true;
    }
    if (p->grant && *seconds > p->grant)
        *seconds = p->grant;
    if (wzp_sim_nat_open_port(p->box, outer, &inner, outer_port, *seconds * WZP_SECOND))
        return false;
    p->mapped++;
    return true;
}

static void serve_pcp(struct pmp *p, struct wzp_sim_host *host, const struct wzp_addr *local,
                      const struct wzp_addr *remote, const uint8_t *data, size_t length,
                      uint64_t now)
{
    uint8_t out[60] = {2, (uint8_t)(data[1] | 0x80)};
    struct wzp_addr outer;
    put32(out + 8, epoch(p, now));
    if (data[1] == 0 && length == 24) {
        wzp_sim_host_send(host, local, remote, out, 24);
    } else if (data[1] == 1 && length == 60) {
        uint32_t seconds = get32(data + 4);
        memcpy(out + 24, data + 24, 18);
        if (!map(p, &outer, remote, get16(data + 40), get16(data + 42), &seconds))
            out[3] = 8; /* no resources */
        put32(out + 4, seconds);
        put16(out + 42, wzp_addr_port(&outer));
        out[54] = out[55] = 0xff;
        memcpy(out + 56, &outer.u.in.sin_addr, 4);
        wzp_sim_host_send(host, local, remote, out, 60);
    }
}

static void serve_pmp(struct pmp *p, struct wzp_sim_host *host, const struct wzp_addr *local,
                      const struct wzp_addr *remote, const uint8_t *data, size_t length,
                      uint64_t now)
{
    uint8_t out[16] = {0, (uint8_t)(128 + data[1])};
    struct wzp_addr outer = wzp_sim_nat_external(p->box);
    put32(out + 4, epoch(p, now));
    if (data[1] == 0) {
        memcpy(out + 8, &outer.u.in.sin_addr, 4);
        wzp_sim_host_send(host, local, remote, out, 12);
    } else if (data[1] == 1 && length >= 12) {
        uint32_t seconds = get32(data + 8);
        memcpy(out + 8, data + 4, 2);
        if (!map(p, &outer, remote, get16(data + 4), get16(data + 6), &seconds))
            put16(out + 2, 4); /* out of resources */
        put16(out + 10, wzp_addr_port(&outer));
        put32(out + 12, seconds);
        wzp_sim_host_send(host, local, remote, out, 16);
    }
}

static void serve(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                  const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                  uint64_t now)
{
    struct pmp *p = context;
    (void)ecn;
    if (length < 2 || (data[0] == 0 && p->no_pmp) || (data[0] == 2 && !p->pcp) || data[0] > 2)
        return;
    p->asked++;
    if (data[0] == 2)
        serve_pcp(p, host, local, remote, data, length, now);
    else
        serve_pmp(p, host, local, remote, data, length, now);
}

void pmp_start(struct pmp *p, struct wzp_sim *sim, struct wzp_sim_nat *box)
{
    *p = (struct pmp){.sim = sim, .box = box};
    if (wzp_sim_host_serve(wzp_sim_nat_host(box), PORT, serve, p))
        bail("no NAT-PMP");
}

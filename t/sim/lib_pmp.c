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

/* Makes, prolongs or deletes a mapping of UDP; what the answer says of it goes to out. */
static void map(struct pmp *p, uint8_t *out, const struct wzp_addr *remote, const uint8_t *data)
{
    struct wzp_addr inner = *remote, outer;
    uint32_t seconds =
        (uint32_t)data[8] << 24 | (uint32_t)data[9] << 16 | (uint32_t)data[10] << 8 | data[11];
    wzp_addr_set_port(&inner, (uint16_t)(data[4] << 8 | data[5]));
    memcpy(out + 8, data + 4, 2);
    if (seconds == 0) {
        p->deleted += wzp_sim_nat_close_port(p->box, &inner) == 0;
        return;
    }
    if (wzp_sim_nat_open_port(p->box, &outer, &inner, (uint16_t)(data[6] << 8 | data[7]),
                              seconds * WZP_SECOND)) {
        put16(out + 2, 4); /* out of resources */
        return;
    }
    p->mapped++;
    put16(out + 10, wzp_addr_port(&outer));
    put32(out + 12, seconds);
}

static void serve(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                  const struct wzp_addr *remote, const uint8_t *data, size_t length, uint64_t now)
{
    struct pmp *p = context;
    uint8_t out[16] = {0};
    if (length < 2 || data[0] != 0)
        return; /* PCP is not spoken here */
    p->asked++;
    out[1] = (uint8_t)(128 + data[1]);
    put32(out + 4,
          (uint32_t)(wzp_time_since(now, p->booted) / WZP_SECOND + (p->booted ? 0 : 86400)));
    if (data[1] == 0) {
        struct wzp_addr external = wzp_sim_nat_external(p->box);
        memcpy(out + 8, &external.u.in.sin_addr, 4);
        wzp_sim_host_send(host, local, remote, out, 12);
    } else if (data[1] == 1 && length >= 12) {
        map(p, out, remote, data);
        wzp_sim_host_send(host, local, remote, out, 16);
    }
}

void pmp_start(struct pmp *p, struct wzp_sim *sim, struct wzp_sim_nat *box)
{
    *p = (struct pmp){.sim = sim, .box = box};
    if (wzp_sim_host_serve(wzp_sim_nat_host(box), PORT, serve, p))
        bail("no NAT-PMP");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Routers that assign the next port for every new destination: the next ports are predicted, also
 * after other calls and other hosts have taken ports, on both sides at once. */
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "sim/event.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;
static struct wzp_sim_host *others[2];

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

static void furnished(struct homes *homes)
{
    if (wzp_sim_host_add(homes->sim, &others[0], "other1") ||
        wzp_sim_host_address(others[0], homes->a.lan, "192.168.1.77") ||
        wzp_sim_host_add(homes->sim, &others[1], "other2") ||
        wzp_sim_host_address(others[1], homes->b.lan, "192.168.2.77"))
        bail("nobody else is at home");
}

/* Another host in that home sends to so many destinations. */
static void take_ports(int home, unsigned count)
{
    struct wzp_addr from, to;
    uint8_t data[4] = {0};
    wzp_addr_parse(&from, home ? "192.168.2.77:9" : "192.168.1.77:9", 14);
    for (unsigned i = 0; i < count; i++) {
        wzp_addr_from_ip4(&to, (const uint8_t *)"\xc6\x33\x64\x09", (uint16_t)(1000 + i));
        wzp_sim_host_send(others[home], &from, &to, data, sizeof data);
    }
    wzp_sim_run(h.sim, 100 * WZP_MILLISECOND);
}

static void forget(struct wzp_sim_phone *p)
{
    while (p->diary_count > 0)
        wzp_event_free(p->diary[--p->diary_count]);
}

/* Makes several calls, each after others took that many ports. */
static void calls(const char *name, enum wzp_sim_dependence here_mapping,
                  enum wzp_sim_dependence there_mapping, unsigned step)
{
    struct wzp_sim_nat_config a = restricted, b = restricted;
    a.mapping = here_mapping;
    b.mapping = there_mapping;
    if (here_mapping != WZP_SIM_ENDPOINT_INDEPENDENT)
        a.ports = WZP_SIM_PORTS_SEQUENTIAL;
    if (there_mapping != WZP_SIM_ENDPOINT_INDEPENDENT)
        b.ports = WZP_SIM_PORTS_SEQUENTIAL;
    a.step = b.step = step;
    const struct home_plan here = {.nat = &a, .delay = 20 * WZP_MILLISECOND},
                           there = {.nat = &b, .delay = 30 * WZP_MILLISECOND};
    static const unsigned before[] = {0, 0, 3, 250, 20};
    homes_open_with(&h, 1, &here, &there, furnished);
    for (unsigned i = 0; i < 5; i++) {
        const char *why;
        take_ports(0, before[i]);
        take_ports(1, 2 * before[i]);
        homes_call(&h);
        uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
        homes_is_direct(&h.a, &why);
        ok(took > 0, "%s: call %u, after others took %u ports, is direct after %u ms (%s)", name,
           i + 1, before[i], (unsigned)(took / WZP_MILLISECOND), why);
        wzp_sim_run(h.sim, 2 * WZP_SECOND);
        ok(homes_is_direct(&h.a, NULL) && homes_is_direct(&h.b, NULL), "%s: at both ends", name);
        is_int(homes_stats(&h.a).heard.frames_concealed + homes_stats(&h.b).heard.frames_concealed,
               0, "%s: nothing is lost", name);
        wzp_sim_phone_hangup(&h.a.phone, h.call);
        wzp_sim_run(h.sim, 4 * WZP_SECOND);
        is_int(h.a.phone.more.count + h.b.phone.more.count, 0, "%s: no port stays open", name);
        forget(&h.a.phone);
        forget(&h.b.phone);
        /* Waits until the routers have forgotten the mappings of that call. */
        wzp_sim_run(h.sim, 200 * WZP_SECOND);
    }
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    const enum wzp_sim_dependence e = WZP_SIM_ENDPOINT_INDEPENDENT, a = WZP_SIM_ADDRESS_DEPENDENT,
                                  p = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT;
    calls("one steps by port", p, e, 1);
    calls("one steps by two, by address", e, a, 2);
    calls("both step by port", p, p, 1);
    calls("both step, by address and by port", a, p, 3);
    calls("both step by address", a, a, 1);
}

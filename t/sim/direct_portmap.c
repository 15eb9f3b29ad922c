/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Port mapping: it makes calls direct where punching cannot, and the mapping is deleted in the end.
 */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "sim/lib_pmp.h"
#include "tap.h"

static struct homes h;
static struct pmp pmp;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct wzp_sim_nat_config hard = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                               .ports = WZP_SIM_PORTS_RANDOM};

static void furnished(struct homes *homes)
{
    pmp_start(&pmp, homes->sim, homes->a.box);
}

static void with_service(const struct wzp_sim_nat_config *other, const char *name)
{
    const struct home_plan a = {.nat = &hard, .portmap = true, .delay = 20 * WZP_MILLISECOND};
    const struct home_plan b = {.nat = other, .delay = 20 * WZP_MILLISECOND};
    struct wzp_sim_nat_port port;
    const char *why;
    homes_open_with(&h, 1, &a, &b, furnished);
    is_int(wzp_sim_nat_open_ports(h.a.box, &port, 1), 1,
           "registered: the router has opened a port");
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, 6 * WZP_SECOND);
    homes_is_direct(&h.b, &why);
    ok(took > 0, "%s: direct after %u ms (%s)", name, (unsigned)(took / WZP_MILLISECOND), why);
    wzp_phone_shutdown(h.a.phone.phone, wzp_sim_now(h.sim));
    wzp_sim_phone_kick(&h.a.phone);
    wzp_sim_run(h.sim, WZP_SECOND);
    ok(wzp_phone_idle(h.a.phone.phone), "the phone has parted");
    is_int(wzp_sim_nat_open_ports(h.a.box, &port, 1), 0, "and the router has its port back");
    homes_close(&h);
}

static void forgetful(bool silently)
{
    const struct home_plan a = {.nat = &hard, .portmap = true, .delay = 20 * WZP_MILLISECOND};
    const struct home_plan b = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};
    struct wzp_sim_nat_port port;
    homes_open_with(&h, 2, &a, &b, furnished);
    wzp_sim_nat_forget(h.a.box);
    if (!silently)
        pmp.booted = wzp_sim_now(h.sim);
    wzp_sim_run(h.sim, 60 * WZP_SECOND);
    is_int(wzp_sim_nat_open_ports(h.a.box, &port, 1), 1,
           "a router that forgot%s has a port open again within a minute",
           silently ? " while its service ran on" : "");
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    with_service(&restricted, "hard against a usual router");
    with_service(&hard, "hard against hard");
    forgetful(false);
    forgetful(true);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A softphone and its router's port mapping, by NAT-PMP, PCP and UPnP alike: made while registered,
 * renewed at half of its lifetime, made again when the router forgot it, and deleted in the end. */
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_machine.h"
#include "sim/lib_pmp.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAY "198.51.100.1:4433"
#define LIFE 48 /* s: renewed before the regular check would query the mapping */

static struct wzp_sim *sim;
static struct wzp_sim_nat *box;
static struct wzp_sim_relay relay;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_app *app;
static struct pmp pmp;

/* ---- the router's UPnP ---- */

static struct {
    bool spoken;
    unsigned mapped;
} upnp;

static bool is_open(const struct wzp_inquiry *q)
{
    struct wzp_sim_nat_port ports[4];
    size_t count = wzp_sim_nat_open_ports(box, ports, 4);
    for (size_t i = 0; i < count && i < 4; i++)
        if (wzp_addr_port(&ports[i].outer) == q->external_port &&
            wzp_addr_port(&ports[i].inner) == q->internal_port)
            return true;
    return false;
}

static void inquired(void *context, const struct wzp_inquiry *q, struct wzp_finding *out)
{
    struct wzp_addr inner = q->addr, outer;
    (void)context;
    out->result = upnp.spoken ? 0 : WZP_E_NOT_FOUND;
    wzp_addr_set_port(&inner, q->internal_port);
    out->external = wzp_sim_nat_external(box);
    if (!upnp.spoken)
        return;
    if (q->kind == WZP_INQUIRE_UPNP_MAP) {
        out->lifetime = q->lifetime < LIFE ? q->lifetime : LIFE;
        upnp.mapped++;
        out->result =
            wzp_sim_nat_open_port(box, &outer, &inner, q->external_port, out->lifetime * WZP_SECOND)
                ? WZP_E_REFUSED
                : 0;
        out->external_port = wzp_addr_port(&outer);
    } else if (q->kind == WZP_INQUIRE_UPNP_UNMAP) {
        wzp_sim_nat_close_port(box, &inner);
    } else if (q->kind == WZP_INQUIRE_UPNP_LOOK) {
        if (q->external_port && !is_open(q))
            out->result = WZP_E_NOT_FOUND;
    } else {
        out->result = WZP_E_UNSUPPORTED;
    }
}

/* ---- the home ---- */

static void move_in(void)
{
    const struct wzp_sim_nat_config usual = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                             .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                             .ports = WZP_SIM_PORTS_RANDOM};
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL))
        bail("no world");
    struct wzp_sim_network *lan =
        machine_home(sim, &box, "lan", "192.168.1.1", "203.0.113.1", &usual);
    pmp_start(&pmp, sim, box);
    pmp.grant = LIFE;
    machine_open_in(sim, &machine, &host, "ann", lan, "192.168.1.2");
    machine.inquired = inquired;
}

static void open_app(void)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", RELAY, NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER};
    app = machine_start_app(&host, &config, NULL, true);
}

static bool has_port(void *context)
{
    (void)context;
    return wzp_sim_nat_open_ports(box, NULL, 0) == 1;
}

static unsigned times(void)
{
    return pmp.mapped + upnp.mapped;
}

static void live(const char *name)
{
    struct wzp_sim_nat_port port, again;
    upnp.mapped = 0;
    open_app();
    ok(wzp_sim_run_for(sim, has_port, NULL, 4 * WZP_SECOND), "%s: registered, a port is open",
       name);
    uint64_t made = wzp_sim_now(sim);
    wzp_sim_nat_open_ports(box, &port, 1);
    is_int(wzp_addr_port(&port.outer), wzp_addr_port(&port.inner), "%s: at the inner number", name);
    unsigned before = times();
    wzp_sim_run(sim, (LIFE / 2 - 10) * WZP_SECOND);
    is_int(times(), before, "%s: before half of its life it is left alone", name);
    wzp_sim_run(sim, 20 * WZP_SECOND);
    is_int(times(), before + 1, "%s: at half of its life it is renewed, once", name);
    wzp_sim_nat_open_ports(box, &again, 1);
    ok(wzp_addr_equal(&port.inner, &again.inner) && wzp_addr_equal(&port.outer, &again.outer),
       "%s: with the same ports", name);
    wzp_sim_run(sim, LIFE * WZP_SECOND);
    ok(has_port(NULL) && wzp_sim_now(sim) - made > LIFE * WZP_SECOND, "%s: so it outlives its life",
       name);
    wzp_sim_nat_forget(box);
    pmp.booted = wzp_sim_now(sim);
    ok(!has_port(NULL), "%s: the router forgets it", name);
    uint64_t forgot = wzp_sim_now(sim);
    bool back = wzp_sim_run_for(sim, has_port, NULL, 60 * WZP_SECOND);
    ok(back, "%s: within 60 s it is there again: %u ms", name,
       (unsigned)((wzp_sim_now(sim) - forgot) / WZP_MILLISECOND));
    wzp_sim_nat_open_ports(box, &again, 1);
    ok(wzp_addr_equal(&port.outer, &again.outer), "%s: at the same number", name);
    ok(machine_stop_app(sim, app), "%s: the softphone ends", name);
    wzp_sim_run(sim, WZP_SECOND);
    is_int(wzp_sim_nat_open_ports(box, NULL, 0), 0, "%s: and the router has its port back", name);
    wzp_app_free(app);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole lives");
    wzp_signal_use_allocator();
    move_in();
    live("NAT-PMP");
    pmp.no_pmp = pmp.pcp = true;
    live("PCP");
    pmp.pcp = false;
    upnp.spoken = true;
    live("UPnP");
    wzp_sim_machine_fini(&machine);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}

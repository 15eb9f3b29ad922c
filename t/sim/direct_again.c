/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The search for a direct path is repeated for as long as the call lasts; and a phone that got no
 * processor time does not take that for a failed path. */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
static const struct home_plan usual = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};

static void open_direct(uint64_t seed)
{
    homes_open(&h, seed, &usual, &usual, false);
    homes_call(&h);
    if (homes_wait_direct(&h, 5 * WZP_SECOND) == 0)
        bail("not direct");
    wzp_sim_run(h.sim, 3 * WZP_SECOND);
}

/* The call is on hold, so that the test takes less time. */
static void dead_for(unsigned seconds)
{
    open_direct(40);
    wzp_phone_hold(h.a.phone.phone, h.call, true, wzp_sim_now(h.sim));
    wzp_phone_hold(h.b.phone.phone, h.b.phone.last_incoming, true, wzp_sim_now(h.sim));
    homes_cut_path(&h, true);
    wzp_sim_run(h.sim, seconds * WZP_SECOND);
    if (homes_is_direct(&h.a, NULL) || homes_is_direct(&h.b, NULL))
        bail("still direct");
    wzp_sim_network_set_filter(wzp_sim_internet(h.sim), NULL, NULL);
    h.answered_at = wzp_sim_now(h.sim);
    uint64_t took = homes_wait_direct(&h, 190 * WZP_SECOND);
    ok(took > 0, "a path that was dead for %u s is found again (%u s after it could be)", seconds,
       (unsigned)(took / WZP_SECOND));
    wzp_sim_run(h.sim, 5 * WZP_SECOND);
    ok(homes_is_direct(&h.a, NULL) && homes_is_direct(&h.b, NULL), "and stays");
    homes_close(&h);
}

/* Both phones get no processor time for a while, again and again, as on a machine that compiles. */
static void busy_for(uint64_t pause)
{
    open_direct(50);
    size_t before = wzp_sim_phone_count(&h.a.phone, WZP_EVENT_PATH) +
                    wzp_sim_phone_count(&h.b.phone, WZP_EVENT_PATH);
    size_t notices = wzp_sim_phone_count(&h.a.phone, WZP_EVENT_NOTICE);
    for (int i = 0; i < 5; i++) {
        wzp_sim_phone_stall(&h.a.phone);
        wzp_sim_run(h.sim, pause / 2);
        wzp_sim_phone_stall(&h.b.phone);
        wzp_sim_run(h.sim, pause / 2);
        wzp_sim_phone_resume(&h.a.phone);
        wzp_sim_phone_resume(&h.b.phone);
        wzp_sim_run(h.sim, 2 * WZP_SECOND);
    }
    is_int(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_PATH) +
               wzp_sim_phone_count(&h.b.phone, WZP_EVENT_PATH) - before,
           0, "a machine that is busy for %u ms leaves the path alone",
           (unsigned)(pause / WZP_MILLISECOND));
    is_int(wzp_sim_phone_count(&h.a.phone, WZP_EVENT_NOTICE), notices, "and blames nobody");
    ok(homes_is_direct(&h.a, NULL) && homes_is_direct(&h.b, NULL), "the call is direct");
    homes_close(&h);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("whole calls");
    dead_for(180);
    busy_for(500 * WZP_MILLISECOND);
    busy_for(800 * WZP_MILLISECOND);
}

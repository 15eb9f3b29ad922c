/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Direct calls between phones behind routers, over the whole stack in virtual time. */
#include "base/time.h"
#include "sim/lib_homes.h"
#include "sim/lib_voice.h"
#include "tap.h"

static struct homes h;

static const struct wzp_sim_nat_config restricted = {
    .mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};

static unsigned ms(uint64_t t)
{
    return (unsigned)(t / WZP_MILLISECOND);
}

static void usual_routers(void)
{
    const struct home_plan home = {.nat = &restricted, .delay = 20 * WZP_MILLISECOND};
    const char *why;
    homes_open(&h, 1, &home, &home, false);
    homes_call(&h);
    uint64_t took = homes_wait_direct(&h, 5 * WZP_SECOND);
    ok(took > 0, "two phones behind usual routers talk directly (after %u ms)", ms(took));
    ok(took > 0 && took <= 2 * 80 * WZP_MILLISECOND + 100 * WZP_MILLISECOND,
       "within two round trips and 100 ms");
    homes_is_direct(&h.a, &why);
    note("%s", why);
    homes_close(&h);
}

TAP_MAIN
{
    usual_routers();
}

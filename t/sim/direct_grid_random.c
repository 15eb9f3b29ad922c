/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers, where hard ones give random ports. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    grid_play("hard routers give random ports", WZP_SIM_PORTS_RANDOM, NULL);
}

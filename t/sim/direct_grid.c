/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers, where hard ones give their ports one after the other. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    grid_play("hard routers step by one", WZP_SIM_PORTS_SEQUENTIAL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h); the caller's router offers port mapping. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct grid grid = {
        .name = "the caller's router opens ports", .ports = WZP_SIM_PORTS_RANDOM, .portmap = true};
    grid_play(&grid);
}

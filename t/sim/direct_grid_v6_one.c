/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h); only one side also has IPv6. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct grid grid = {
        .name = "IPv6 at one side", .ports = WZP_SIM_PORTS_SEQUENTIAL, .callee_v6 = true};
    grid_play(&grid);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h); address-dependent mappings assign random ports. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct grid grid = {.name = "hard routers give random ports",
                              .ports = WZP_SIM_PORTS_RANDOM};
    grid_play(&grid);
}

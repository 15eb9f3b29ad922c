/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h); address-dependent mappings assign ports sequentially. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct grid grid = {.name = "hard routers step by one",
                              .ports = WZP_SIM_PORTS_SEQUENTIAL};
    grid_play(&grid);
}

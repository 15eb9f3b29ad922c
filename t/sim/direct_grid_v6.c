/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h); both sides also have IPv6 behind a firewall. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct grid grid = {.name = "IPv6 at both sides",
                              .ports = WZP_SIM_PORTS_RANDOM,
                              .caller_v6 = true,
                              .callee_v6 = true};
    grid_play(&grid);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The grid of routers (lib_grid.h) with a second router, the provider's, between each of them and
 * the internet. */
#include "sim/lib_grid.h"
#include "tap.h"

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("hundreds of calls");
    const struct wzp_sim_nat_config provider = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                                .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    const struct grid grid = {.name = "behind the providers' routers, too",
                              .ports = WZP_SIM_PORTS_SEQUENTIAL,
                              .provider = &provider};
    grid_play(&grid);
}

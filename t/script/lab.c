/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scripts that use the simulated network (wzp.test.lab): what lines, routers and relays do, and
 * what is heard meanwhile. */
#include "script/lib_script.h"
#include "tap.h"

TAP_MAIN
{
    play_files("t/script/lab_*.lua");
}

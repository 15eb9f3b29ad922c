/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs the tests of the example scripts that are shipped, each in a simulated network. */
#include "script/lib_script.h"
#include "tap.h"

TAP_MAIN
{
    play_files("t/script/examples_*.lua");
}

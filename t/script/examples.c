/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripts that are shipped, each in a laboratory. */
#include "script/lib_script.h"
#include "tap.h"

TAP_MAIN
{
    play_files("t/script/examples_*.lua");
}

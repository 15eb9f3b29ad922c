/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripts of this folder: each is a test of its own in virtual time. Those that use the
 * simulated network are run by lab.c. */
#include "script/lib_script.h"
#include "tap.h"

TAP_MAIN
{
    play_files("t/script/[!le]*.lua");
}

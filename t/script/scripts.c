/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripts of this folder: each is a test of its own in virtual time. Those of the laboratory
 * have a program of their own. */
#include "script/lib_script.h"
#include "tap.h"

TAP_MAIN
{
    play_files("t/script/[!le]*.lua");
}

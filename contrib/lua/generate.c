/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Prints text made from the tables of Lua's functions: "meta" for lua/meta/wzp.lua, "manual" for
 * the list in man/wzp-lua.3. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "script/script.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "meta") == 0) {
        wzp_script_write_meta(stdout);
    } else if (argc == 2 && strcmp(argv[1], "manual") == 0) {
        wzp_script_write_manual(stdout);
    } else {
        bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fprintf(asked ? stdout : stderr, "usage: generate meta | manual\n");
        return asked ? 0 : 1;
    }
    return fflush(stdout) ? 1 : 0;
}

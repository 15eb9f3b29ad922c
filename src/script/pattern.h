/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lua's patterns with a limit of steps, so that no pattern keeps the thread busy. */
#ifndef WZP_SCRIPT_PATTERN_H
#define WZP_SCRIPT_PATTERN_H

#include <lua.h>

/* Puts find, match, gmatch and gsub into the table on top of the stack. */
void wzp_pattern_open(lua_State *L);

#endif

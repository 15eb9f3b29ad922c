/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Other programs, run by scripts. */
#ifndef WZP_SCRIPT_SPAWN_H
#define WZP_SCRIPT_SPAWN_H

#include <lua.h>

/* wzp.spawn(arguments, {timeout, input}). */
int wzp_spawn_run(lua_State *L);

#endif

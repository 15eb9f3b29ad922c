/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* JSON as values of Lua. */
#ifndef WZP_SCRIPT_JSONLUA_H
#define WZP_SCRIPT_JSONLUA_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

/* Pushes the value of a text; null becomes nil. False, and nothing is pushed: it is no JSON, or
 * nested deeper than 32. Raises errors of memory. */
bool wzp_lua_json_to_lua(lua_State *L, const char *text, size_t length);
/* wzp.json.decode and encode. */
int wzp_lua_json_decode(lua_State *L);
int wzp_lua_json_encode(lua_State *L);

#endif

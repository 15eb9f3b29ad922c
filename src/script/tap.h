/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Test results, for the functions that tests in Lua call. */
#ifndef WZP_SCRIPT_TAP_H
#define WZP_SCRIPT_TAP_H

#include <lua.h>

struct wzp_script;
/* wzp.test.test(name, run): the results inside it form a subtest. */
int wzp_tap_subtest(lua_State *L);
/* Reports the program as skipped, if there was no result before. */
void wzp_tap_skip(struct wzp_script *s, const char *reason);

#endif

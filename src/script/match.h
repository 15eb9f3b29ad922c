/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Does a text match a pattern? Patterns as section 6.4.1 of the Lua 5.4 reference manual describes
 * them. Each look at a character is a step; steps are charged to the budget of the resume. */
#ifndef WZP_SCRIPT_MATCH_H
#define WZP_SCRIPT_MATCH_H

#include <lua.h>
#include <stddef.h>

#define WZP_CAPTURES_MAX 32

/* Instead of a capture's length: its end was not seen yet; it is a position, "()". */
enum { WZP_CAPTURE_OPEN = -1, WZP_CAPTURE_POSITION = -2 };

/* Filled in by the caller; before each try depth and level are 0. */
struct wzp_matcher {
    lua_State *L;
    const char *subject, *end, *pattern_end;
    unsigned steps; /* not charged yet */
    unsigned depth;
    unsigned level; /* how many captures there are */
    struct {
        const char *at;
        ptrdiff_t length;
    } captures[WZP_CAPTURES_MAX];
};

/* The end of the match of the pattern at p (up to pattern_end) that begins at s; NULL for none. A
 * malformed pattern, or one too complex, is an error of Lua's. */
const char *wzp_match(struct wzp_matcher *m, const char *s, const char *p);

#endif

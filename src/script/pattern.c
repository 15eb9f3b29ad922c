/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The functions of the string library that take patterns: find, match, gmatch, gsub. */
#include "script/pattern.h"

#include <ctype.h>
#include <string.h>

#include "script/internal.h"
#include "script/match.h"

/* ---- results ---- */

static void push_capture(struct wzp_matcher *m, unsigned i, const char *s, const char *e)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", (int)i + 1);
        lua_pushlstring(m->L, s, (size_t)(e - s));
        return;
    }
    if (m->captures[i].length == WZP_CAPTURE_POSITION)
        lua_pushinteger(m->L, m->captures[i].at - m->subject + 1);
    else if (m->captures[i].length == WZP_CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    else
        lua_pushlstring(m->L, m->captures[i].at, (size_t)m->captures[i].length);
}

/* All captures; the whole match when there are none and it is wanted. */
static int push_captures(struct wzp_matcher *m, const char *s, const char *e, bool whole)
{
    unsigned count = m->level == 0 && whole ? 1 : m->level;
    luaL_checkstack(m->L, (int)count + 2, "too many captures");
    for (unsigned i = 0; i < count; i++)
        push_capture(m, i, s, e);
    return (int)count;
}

static const char *prepare(struct wzp_matcher *m, lua_State *L, int subject, int pattern)
{
    size_t length, pattern_length;
    m->L = L;
    m->subject = luaL_checklstring(L, subject, &length);
    m->end = m->subject + length;
    const char *p = luaL_checklstring(L, pattern, &pattern_length);
    m->pattern_end = p + pattern_length;
    m->steps = m->depth = m->level = 0;
    return p;
}

static size_t start_of(lua_Integer at, size_t length)
{
    if (at > 0)
        return (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)length)
        return 0;
    return length - (size_t)-at;
}

static int find_plain(lua_State *L, struct wzp_matcher *m, size_t start, const char *p)
{
    size_t length = (size_t)(m->pattern_end - p);
    const char *from = m->subject + start;
    const char *at = length ? memmem(from, (size_t)(m->end - from), p, length) : from;
    wzp_budget_spend(L, (unsigned)((m->end - from) / 64));
    if (!at)
        return 0;
    lua_pushinteger(L, at - m->subject + 1);
    lua_pushinteger(L, at - m->subject + (lua_Integer)length);
    return 2;
}

static int search(lua_State *L, bool find)
{
    struct wzp_matcher m;
    const char *p = prepare(&m, L, 1, 2);
    size_t length = (size_t)(m.end - m.subject);
    size_t start = start_of(luaL_optinteger(L, 3, 1), length);
    if (start > length) {
        luaL_pushfail(L);
        return 1;
    }
    bool special = false;
    for (const char *at = p; at < m.pattern_end; at++)
        special = special || strchr("^$*+?.([%-", *at);
    if (find && (lua_toboolean(L, 4) || !special)) {
        int results = find_plain(L, &m, start, p);
        return results ? results : (luaL_pushfail(L), 1);
    }
    bool anchored = p < m.pattern_end && *p == '^';
    const char *s = m.subject + start;
    do {
        m.level = m.depth = 0;
        const char *e = wzp_match(&m, s, p + anchored);
        if (!e)
            continue;
        if (!find)
            return push_captures(&m, s, e, true);
        lua_pushinteger(L, s - m.subject + 1);
        lua_pushinteger(L, e - m.subject);
        return push_captures(&m, s, e, false) + 2;
    } while (s++ < m.end && !anchored);
    luaL_pushfail(L);
    return 1;
}

static int find(lua_State *L)
{
    return search(L, true);
}

static int match_once(lua_State *L)
{
    return search(L, false);
}

/* ---- gmatch: upvalues are subject, pattern, where to go on, where the last match ended ---- */

static int next_match(lua_State *L)
{
    struct wzp_matcher m;
    const char *p = prepare(&m, L, lua_upvalueindex(1), lua_upvalueindex(2));
    const char *last = m.subject + lua_tointeger(L, lua_upvalueindex(4));
    for (const char *s = m.subject + lua_tointeger(L, lua_upvalueindex(3)); s <= m.end; s++) {
        m.level = m.depth = 0;
        const char *e = wzp_match(&m, s, p);
        if (!e || e == last)
            continue;
        lua_pushinteger(L, e - m.subject);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, s, e, true);
    }
    lua_pushinteger(L, m.end - m.subject + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

static int gmatch(lua_State *L)
{
    size_t length;
    luaL_checklstring(L, 1, &length);
    luaL_checkstring(L, 2);
    size_t start = start_of(luaL_optinteger(L, 3, 1), length);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(start > length ? length + 1 : start));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* ---- gsub ---- */

static void add_text(struct wzp_matcher *m, luaL_Buffer *out, const char *s, const char *e)
{
    size_t length;
    const char *text = lua_tolstring(m->L, 3, &length);
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            luaL_addchar(out, text[i]);
            continue;
        }
        char kind = ++i < length ? text[i] : 0;
        if (kind == '%') {
            luaL_addchar(out, '%');
        } else if (kind == '0') {
            luaL_addlstring(out, s, (size_t)(e - s));
        } else if (isdigit((unsigned char)kind)) {
            push_capture(m, (unsigned)(kind - '1'), s, e);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
}

static void add_value(struct wzp_matcher *m, luaL_Buffer *out, const char *s, const char *e,
                      int kind)
{
    lua_State *L = m->L;
    if (kind == LUA_TSTRING || kind == LUA_TNUMBER) {
        add_text(m, out, s, e);
        return;
    }
    if (kind == LUA_TTABLE) {
        push_capture(m, 0, s, e);
        lua_gettable(L, 3);
    } else {
        lua_pushvalue(L, 3);
        int count = push_captures(m, s, e, true);
        lua_call(L, count, 1);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, s, (size_t)(e - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    } else {
        luaL_addvalue(out);
    }
}

static int gsub(lua_State *L)
{
    struct wzp_matcher m;
    const char *p = prepare(&m, L, 1, 2);
    int kind = lua_type(L, 3);
    luaL_argexpected(L,
                     kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                         kind == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most_times = luaL_optinteger(L, 4, m.end - m.subject + 1), count = 0;
    bool anchored = p < m.pattern_end && *p == '^';
    const char *s = m.subject, *last = NULL;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    while (count < most_times) {
        m.level = m.depth = 0;
        const char *e = wzp_match(&m, s, p + anchored);
        if (e && e != last) {
            count++;
            add_value(&m, &out, s, e, kind);
            s = last = e;
        } else if (s < m.end) {
            luaL_addchar(&out, *s++); /* NOLINT(clang-analyzer-core.NullDereference): inside it */
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&out, s, (size_t)(m.end - s));
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

void wzp_pattern_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match_once}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}

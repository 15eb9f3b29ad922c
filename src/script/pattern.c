/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Patterns as section 6.4.1 of the Lua 5.4 reference manual describes them. Each look at a
 * character is a step; steps are paid from the budget of the resume. */
#include "script/pattern.h"

#include <ctype.h>
#include <string.h>

#include "script/internal.h"

#define CAPTURES_MAX 32
#define DEPTH_MAX 160
#define STEPS_PAID 20000 /* steps between two payments */

enum { OPEN = -1, POSITION = -2 }; /* instead of a capture's length */

struct matcher {
    lua_State *L;
    const char *subject, *end, *pattern_end;
    unsigned steps, depth, level;
    struct {
        const char *at;
        ptrdiff_t length;
    } captures[CAPTURES_MAX];
};

static const char *match(struct matcher *m, const char *s, const char *p);

static void step(struct matcher *m)
{
    if (++m->steps < STEPS_PAID)
        return;
    wzp_budget_spend(m->L, m->steps);
    m->steps = 0;
}

/* ---- single characters ---- */

/* Behind the item that p points to: a character, %x, [set]. */
static const char *item_end(struct matcher *m, const char *p)
{
    if (*p == '%') {
        if (p + 1 >= m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    if (*p != '[')
        return p + 1;
    const char *begin = p++;
    if (p < m->pattern_end && *p == '^')
        p++;
    for (bool first = true; first || p >= m->pattern_end || *p != ']'; first = false) {
        if (p >= m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
    }
    m->steps += (unsigned)((p - begin) / 4); /* sets may be long */
    return p + 1;
}

static bool in_class(unsigned char c, unsigned char class)
{
    bool is;
    switch (tolower(class)) {
    case 'a': is = isalpha(c); break;
    case 'c': is = iscntrl(c); break;
    case 'd': is = isdigit(c); break;
    case 'g': is = isgraph(c); break;
    case 'l': is = islower(c); break;
    case 'p': is = ispunct(c); break;
    case 's': is = isspace(c); break;
    case 'u': is = isupper(c); break;
    case 'w': is = isalnum(c); break;
    case 'x': is = isxdigit(c); break;
    default: return class == c;
    }
    return isupper(class) ? !is : is;
}

/* p at '[', last at its ']'. */
static bool in_set(unsigned char c, const char *p, const char *last)
{
    bool found = true;
    p++;
    if (*p == '^') {
        found = false;
        p++;
    }
    while (p < last) {
        if (*p == '%') {
            if (in_class(c, (unsigned char)p[1]))
                return found;
            p += 2;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return found;
            p += 3;
        } else {
            if ((unsigned char)*p == c)
                return found;
            p++;
        }
    }
    return !found;
}

static bool one(struct matcher *m, const char *s, const char *p, const char *behind)
{
    step(m);
    if (s >= m->end)
        return false;
    unsigned char c = (unsigned char)*s;
    switch (*p) {
    case '.': return true;
    case '%': return in_class(c, (unsigned char)p[1]);
    case '[': m->steps += (unsigned)((behind - p) / 4); return in_set(c, p, behind - 1);
    default: return (unsigned char)*p == c;
    }
}

/* ---- items ---- */

static const char *balanced(struct matcher *m, const char *s, const char *p)
{
    int open = 1;
    if (p + 3 >= m->pattern_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->end || *s != p[2])
        return NULL;
    for (const char *at = s + 1; at < m->end; at++) {
        step(m);
        if (*at == p[3]) {
            if (--open == 0)
                return at + 1;
        } else if (*at == p[2]) {
            open++;
        }
    }
    return NULL;
}

static const char *most(struct matcher *m, const char *s, const char *p, const char *behind)
{
    ptrdiff_t count = 0;
    while (one(m, s + count, p, behind))
        count++;
    for (; count >= 0; count--) {
        const char *found = match(m, s + count, behind + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *least(struct matcher *m, const char *s, const char *p, const char *behind)
{
    for (;;) {
        const char *found = match(m, s, behind + 1);
        if (found)
            return found;
        if (!one(m, s, p, behind))
            return NULL;
        s++;
    }
}

static const char *begin_capture(struct matcher *m, const char *s, const char *p, ptrdiff_t length)
{
    if (m->level >= CAPTURES_MAX)
        luaL_error(m->L, "too many captures");
    m->captures[m->level].at = s;
    m->captures[m->level].length = length;
    m->level++;
    const char *found = match(m, s, p);
    if (!found)
        m->level--;
    return found;
}

static const char *end_capture(struct matcher *m, const char *s, const char *p)
{
    unsigned i = m->level;
    while (i > 0 && m->captures[i - 1].length != OPEN)
        i--;
    if (i == 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i - 1].length = s - m->captures[i - 1].at;
    const char *found = match(m, s, p);
    if (!found)
        m->captures[i - 1].length = OPEN;
    return found;
}

/* What %1 stands for, again. */
static const char *again(struct matcher *m, const char *s, char digit)
{
    unsigned i = (unsigned)(digit - '1');
    if (digit < '1' || i >= m->level || m->captures[i].length == OPEN)
        luaL_error(m->L, "invalid capture index %%%c", digit);
    size_t length = m->captures[i].length == POSITION ? 0 : (size_t)m->captures[i].length;
    if ((size_t)(m->end - s) < length || memcmp(m->captures[i].at, s, length) != 0)
        return NULL;
    return s + length;
}

/* %f[set]: here begins what belongs to the set. */
static bool is_frontier(struct matcher *m, const char *s, const char *p, const char *behind)
{
    unsigned char before = s == m->subject ? 0 : (unsigned char)s[-1];
    unsigned char here = s < m->end ? (unsigned char)*s : 0;
    return !in_set(before, p, behind - 1) && in_set(here, p, behind - 1);
}

/* A character or set with what may follow it: + * - ?. Returns true when *s and *p moved on, else
 * the result is in *found. */
static bool plain_item(struct matcher *m, const char **s, const char **p, const char **found)
{
    const char *behind = item_end(m, *p);
    char suffix = behind < m->pattern_end ? *behind : 0;
    switch (suffix) {
    case '?':
        if (one(m, *s, *p, behind) && (*found = match(m, *s + 1, behind + 1)))
            return false;
        *p = behind + 1;
        return true;
    case '+': *found = one(m, *s, *p, behind) ? most(m, *s + 1, *p, behind) : NULL; return false;
    case '*': *found = most(m, *s, *p, behind); return false;
    case '-': *found = least(m, *s, *p, behind); return false;
    default: break;
    }
    *found = NULL;
    if (!one(m, *s, *p, behind))
        return false;
    (*s)++;
    *p = behind;
    return true;
}

/* %b, %f, %1; true when it was one of these and the walk goes on, or *over with the result. */
static bool special_item(struct matcher *m, const char **s, const char **p, bool *over)
{
    char kind = *p + 1 < m->pattern_end ? (*p)[1] : 0;
    *over = false;
    if (kind == 'b') {
        *s = balanced(m, *s, *p);
        *p += 4;
    } else if (kind == 'f') {
        *p += 2;
        if (*p >= m->pattern_end || **p != '[')
            luaL_error(m->L, "missing '[' after '%%f' in pattern");
        const char *behind = item_end(m, *p);
        if (!is_frontier(m, *s, *p, behind))
            *s = NULL;
        *p = behind;
    } else if (isdigit((unsigned char)kind)) {
        *s = again(m, *s, kind);
        *p += 2;
    } else {
        return false;
    }
    *over = !*s;
    return true;
}

/* The end of the match that begins at s, NULL for none. */
static const char *walk(struct matcher *m, const char *s, const char *p)
{
    while (p < m->pattern_end) {
        const char *found;
        bool over;
        if (*p == '(') {
            bool position = p + 1 < m->pattern_end && p[1] == ')';
            return begin_capture(m, s, p + 1 + position, position ? POSITION : OPEN);
        }
        if (*p == ')')
            return end_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->end ? s : NULL;
        if (*p == '%' && special_item(m, &s, &p, &over)) {
            if (over)
                return NULL;
            continue;
        }
        if (!plain_item(m, &s, &p, &found))
            return found;
    }
    return s;
}

static const char *match(struct matcher *m, const char *s, const char *p)
{
    step(m);
    if (++m->depth > DEPTH_MAX)
        luaL_error(m->L, "pattern too complex");
    const char *found = walk(m, s, p);
    m->depth--;
    return found;
}

/* ---- results ---- */

static void push_capture(struct matcher *m, unsigned i, const char *s, const char *e)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", (int)i + 1);
        lua_pushlstring(m->L, s, (size_t)(e - s));
        return;
    }
    if (m->captures[i].length == POSITION)
        lua_pushinteger(m->L, m->captures[i].at - m->subject + 1);
    else if (m->captures[i].length == OPEN)
        luaL_error(m->L, "unfinished capture");
    else
        lua_pushlstring(m->L, m->captures[i].at, (size_t)m->captures[i].length);
}

/* All captures; the whole match when there are none and it is wanted. */
static int push_captures(struct matcher *m, const char *s, const char *e, bool whole)
{
    unsigned count = m->level == 0 && whole ? 1 : m->level;
    luaL_checkstack(m->L, (int)count + 2, "too many captures");
    for (unsigned i = 0; i < count; i++)
        push_capture(m, i, s, e);
    return (int)count;
}

static const char *prepare(struct matcher *m, lua_State *L, int subject, int pattern)
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

static int find_plain(lua_State *L, struct matcher *m, size_t start, const char *p)
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
    struct matcher m;
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
        const char *e = match(&m, s, p + anchored);
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
    struct matcher m;
    const char *p = prepare(&m, L, lua_upvalueindex(1), lua_upvalueindex(2));
    const char *last = m.subject + lua_tointeger(L, lua_upvalueindex(4));
    for (const char *s = m.subject + lua_tointeger(L, lua_upvalueindex(3)); s <= m.end; s++) {
        m.level = m.depth = 0;
        const char *e = match(&m, s, p);
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

static void add_text(struct matcher *m, luaL_Buffer *out, const char *s, const char *e)
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

static void add_value(struct matcher *m, luaL_Buffer *out, const char *s, const char *e, int kind)
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
    struct matcher m;
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
        const char *e = match(&m, s, p + anchored);
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

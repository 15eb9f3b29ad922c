/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "script/match.h"

#include <ctype.h>
#include <string.h>

#include "script/internal.h"

#define DEPTH_MAX 160
#define STEPS_PAID 20000 /* steps between two charges to the budget */

static void step(struct wzp_matcher *m)
{
    if (++m->steps < STEPS_PAID)
        return;
    wzp_budget_spend(m->L, m->steps);
    m->steps = 0;
}

/* ---- single characters ---- */

/* Pointer past the item at p: a character, %x, [set]. */
static const char *item_end(struct wzp_matcher *m, const char *p)
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

static bool one(struct wzp_matcher *m, const char *s, const char *p, const char *behind)
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

static const char *balanced(struct wzp_matcher *m, const char *s, const char *p)
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

static const char *most(struct wzp_matcher *m, const char *s, const char *p, const char *behind)
{
    ptrdiff_t count = 0;
    while (one(m, s + count, p, behind))
        count++;
    for (; count >= 0; count--) {
        const char *found = wzp_match(m, s + count, behind + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *least(struct wzp_matcher *m, const char *s, const char *p, const char *behind)
{
    for (;;) {
        const char *found = wzp_match(m, s, behind + 1);
        if (found)
            return found;
        if (!one(m, s, p, behind))
            return NULL;
        s++;
    }
}

static const char *begin_capture(struct wzp_matcher *m, const char *s, const char *p,
                                 ptrdiff_t length)
{
    if (m->level >= WZP_CAPTURES_MAX)
        luaL_error(m->L, "too many captures");
    m->captures[m->level].at = s;
    m->captures[m->level].length = length;
    m->level++;
    const char *found = wzp_match(m, s, p);
    if (!found)
        m->level--;
    return found;
}

static const char *end_capture(struct wzp_matcher *m, const char *s, const char *p)
{
    unsigned i = m->level;
    while (i > 0 && m->captures[i - 1].length != WZP_CAPTURE_OPEN)
        i--;
    if (i == 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i - 1].length = s - m->captures[i - 1].at;
    const char *found = wzp_match(m, s, p);
    if (!found)
        m->captures[i - 1].length = WZP_CAPTURE_OPEN;
    return found;
}

/* Matches the text of capture %1 again. */
static const char *again(struct wzp_matcher *m, const char *s, char digit)
{
    unsigned i = (unsigned)(digit - '1');
    if (digit < '1' || i >= m->level || m->captures[i].length == WZP_CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%c", digit);
    ptrdiff_t told = m->captures[i].length;
    size_t length = told == WZP_CAPTURE_POSITION ? 0 : (size_t)told;
    if ((size_t)(m->end - s) < length || memcmp(m->captures[i].at, s, length) != 0)
        return NULL;
    return s + length;
}

/* %f[set]: here begins what belongs to the set. */
static bool is_frontier(struct wzp_matcher *m, const char *s, const char *p, const char *behind)
{
    unsigned char before = s == m->subject ? 0 : (unsigned char)s[-1];
    unsigned char here = s < m->end ? (unsigned char)*s : 0;
    return !in_set(before, p, behind - 1) && in_set(here, p, behind - 1);
}

/* A character or set with what may follow it: + * - ?. Returns true when *s and *p moved on, else
 * the result is in *found. */
static bool plain_item(struct wzp_matcher *m, const char **s, const char **p, const char **found)
{
    const char *behind = item_end(m, *p);
    char suffix = behind < m->pattern_end ? *behind : 0;
    switch (suffix) {
    case '?':
        if (one(m, *s, *p, behind) && (*found = wzp_match(m, *s + 1, behind + 1)))
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
static bool special_item(struct wzp_matcher *m, const char **s, const char **p, bool *over)
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
static const char *walk(struct wzp_matcher *m, const char *s, const char *p)
{
    while (p < m->pattern_end) {
        const char *found;
        bool over;
        if (*p == '(') {
            bool position = p + 1 < m->pattern_end && p[1] == ')';
            return begin_capture(m, s, p + 1 + position,
                                 position ? WZP_CAPTURE_POSITION : WZP_CAPTURE_OPEN);
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

const char *wzp_match(struct wzp_matcher *m, const char *s, const char *p)
{
    step(m);
    if (++m->depth > DEPTH_MAX)
        luaL_error(m->L, "pattern too complex");
    const char *found = walk(m, s, p);
    m->depth--;
    return found;
}

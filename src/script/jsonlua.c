/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "script/jsonlua.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/text.h"
#include "script/internal.h"

#define DEPTH_MAX 32

struct reader {
    lua_State *L;
    const char *at, *end;
};

static bool read_value(struct reader *r, int depth);

static char next(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
    return r->at < r->end ? *r->at : 0;
}

static int read_hex(struct reader *r)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        char c = r->at < r->end ? *r->at++ : 0;
        const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
        if (!digit)
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

static void add_utf8(luaL_Buffer *out, long c)
{
    lua_pushfstring(out->L, "%U", c);
    luaL_addvalue(out);
}

static bool read_escape(struct reader *r, luaL_Buffer *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : 0;
    const char *name = c ? strchr(names, c) : NULL;
    if (name) {
        luaL_addchar(out, meanings[name - names]);
        return true;
    }
    int high = c == 'u' ? read_hex(r) : -1;
    if (high < 0)
        return false;
    if (high >= 0xD800 && high < 0xDC00 && r->end - r->at > 2 && r->at[0] == '\\' &&
        r->at[1] == 'u') {
        r->at += 2;
        int low = read_hex(r);
        if (low < 0xDC00 || low > 0xDFFF)
            return false;
        add_utf8(out, 0x10000 + ((high - 0xD800) << 10) + low - 0xDC00);
        return true;
    }
    add_utf8(out, high);
    return true;
}

/* At the opening quote. */
static bool read_text(struct reader *r)
{
    luaL_Buffer out;
    luaL_buffinit(r->L, &out);
    for (r->at++; r->at < r->end;) {
        char c = *r->at++;
        if (c == '"') {
            luaL_pushresult(&out);
            return true;
        }
        if (c != '\\')
            luaL_addchar(&out, c);
        else if (!read_escape(r, &out))
            return false;
    }
    return false;
}

static bool read_object(struct reader *r, int depth)
{
    lua_newtable(r->L);
    r->at++;
    if (next(r) == '}') {
        r->at++;
        return true;
    }
    for (;;) {
        if (next(r) != '"' || !read_text(r) || next(r) != ':')
            return false;
        r->at++;
        if (!read_value(r, depth))
            return false;
        lua_rawset(r->L, -3);
        char c = next(r);
        r->at++;
        if (c != ',')
            return c == '}';
    }
}

static bool read_array(struct reader *r, int depth)
{
    lua_Integer count = 0;
    lua_newtable(r->L);
    r->at++;
    if (next(r) == ']') {
        r->at++;
        return true;
    }
    for (;;) {
        if (!read_value(r, depth))
            return false;
        lua_rawseti(r->L, -2, ++count);
        char c = next(r);
        r->at++;
        if (c != ',')
            return c == ']';
    }
}

static bool read_number(struct reader *r)
{
    char text[64], *stop;
    size_t length = 0;
    while (r->at < r->end && length + 1 < sizeof text && *r->at &&
           strchr("+-.0123456789eE", *r->at))
        text[length++] = *r->at++;
    text[length] = 0;
    bool whole = length > 0 && !text[strspn(text, "-0123456789")] && length < 18;
    double value = strtod(text, &stop);
    if (length == 0 || *stop || !isfinite(value))
        return false;
    if (whole)
        lua_pushinteger(r->L, strtoll(text, NULL, 10));
    else
        lua_pushnumber(r->L, value);
    return true;
}

static bool read_word(struct reader *r)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(r->end - r->at) < length || memcmp(r->at, words[i], length) != 0)
            continue;
        r->at += length;
        if (i == 0)
            lua_pushnil(r->L);
        else
            lua_pushboolean(r->L, i == 1);
        return true;
    }
    return false;
}

static bool read_value(struct reader *r, int depth)
{
    if (depth == DEPTH_MAX)
        return false;
    luaL_checkstack(r->L, 10, NULL);
    switch (next(r)) {
    case '{': return read_object(r, depth + 1);
    case '[': return read_array(r, depth + 1);
    case '"': return read_text(r);
    case 'n':
    case 't':
    case 'f': return read_word(r);
    default: return read_number(r);
    }
}

bool wzp_lua_json_to_lua(lua_State *L, const char *text, size_t length)
{
    struct reader r = {L, text, text + length};
    int top = lua_gettop(L);
    if (read_value(&r, 0) && next(&r) == 0 && r.at == r.end)
        return true;
    lua_settop(L, top);
    return false;
}

int wzp_lua_json_decode(lua_State *L)
{
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    if (wzp_lua_json_to_lua(L, text, length))
        return 1;
    luaL_pushfail(L);
    lua_pushliteral(L, "this is no JSON");
    return 2;
}

/* ---- writing ---- */

/* A text that grows in a userdata at a place of the stack. */
struct writer {
    lua_State *L;
    int box;
    char *text;
    size_t length, room;
};

static void write_bytes(struct writer *w, const char *bytes, size_t length)
{
    if (length > w->room - w->length) {
        size_t room = 2 * w->room + length;
        char *grown = lua_newuserdatauv(w->L, room, 0);
        memcpy(grown, w->text, w->length);
        lua_replace(w->L, w->box);
        w->text = grown;
        w->room = room;
    }
    memcpy(w->text + w->length, bytes, length);
    w->length += length;
}

static void write_plain(struct writer *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

static void write_value(struct writer *w, int index, int depth);

static void write_text(struct writer *w, int index)
{
    size_t length;
    const char *text = lua_tolstring(w->L, index, &length);
    write_plain(w, "\"");
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        size_t whole = wzp_utf8_length(text + i, length - i);
        char escape[8];
        if (c == '"' || c == '\\')
            write_bytes(w, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", c));
        else if (c < 32)
            write_bytes(w, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        else
            write_bytes(w, whole ? text + i : "?", whole ? whole : 1);
        i += whole ? whole : 1;
    }
    write_plain(w, "\"");
}

/* Objects are written in the order of their keys, so that a text repeats. */
static void push_sorted_keys(lua_State *L, int index)
{
    lua_Integer count = 0;
    lua_newtable(L);
    int keys = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "wzp.json.encode: keys of objects are texts");
        lua_pushvalue(L, -2);
        lua_rawseti(L, keys, ++count);
    }
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, keys);
    lua_call(L, 1, 0);
    lua_settop(L, keys);
}

/* A table with a first element is an array, any other an object. */
static void write_table(struct writer *w, int index, int depth)
{
    lua_State *L = w->L;
    int top = lua_gettop(L);
    luaL_checkstack(L, 12, NULL);
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    bool is_array = count > 0;
    if (!is_array) {
        push_sorted_keys(L, index);
        count = (lua_Integer)lua_rawlen(L, top + 1);
    }
    write_plain(w, is_array ? "[" : "{");
    for (lua_Integer i = 1; i <= count; i++) {
        int at = lua_gettop(L);
        if (i > 1)
            write_plain(w, ",");
        if (is_array) {
            lua_rawgeti(L, index, i);
        } else {
            lua_rawgeti(L, top + 1, i);
            write_text(w, at + 1);
            write_plain(w, ":");
            lua_rawget(L, index);
        }
        write_value(w, at + 1, depth + 1);
        lua_settop(L, at);
    }
    write_plain(w, is_array ? "]" : "}");
    lua_settop(L, top);
}

static void write_number(struct writer *w, int index)
{
    char number[40];
    if (lua_isinteger(w->L, index))
        snprintf(number, sizeof number, "%lld", (long long)lua_tointeger(w->L, index));
    else if (!isfinite(lua_tonumber(w->L, index)))
        snprintf(number, sizeof number, "null");
    else
        snprintf(number, sizeof number, "%.14g", lua_tonumber(w->L, index));
    write_plain(w, number);
}

/* Writes a call as its number and a client as its name, so that events and the result of stats()
 * can be written directly. */
static void write_object(struct writer *w, int index)
{
    const struct wzp_script_call *call = wzp_lua_object(w->L, index, "call");
    const struct wzp_script_client *client = wzp_lua_object(w->L, index, "client");
    if (call)
        lua_pushinteger(w->L, call->id);
    else if (client)
        lua_pushstring(w->L, client->name);
    else
        luaL_error(w->L, "wzp.json.encode: a %s is no JSON", luaL_typename(w->L, index));
    write_value(w, lua_gettop(w->L), 0);
    lua_pop(w->L, 1);
}

static void write_value(struct writer *w, int index, int depth)
{
    if (depth > DEPTH_MAX)
        luaL_error(w->L, "wzp.json.encode: nested too deep");
    switch (lua_type(w->L, index)) {
    case LUA_TNIL: write_plain(w, "null"); break;
    case LUA_TBOOLEAN: write_plain(w, lua_toboolean(w->L, index) ? "true" : "false"); break;
    case LUA_TSTRING: write_text(w, index); break;
    case LUA_TNUMBER: write_number(w, index); break;
    case LUA_TTABLE: write_table(w, index, depth); break;
    default: write_object(w, index);
    }
}

int wzp_lua_json_encode(lua_State *L)
{
    struct writer w = {.L = L, .box = 2, .room = 1024};
    lua_settop(L, 1);
    w.text = lua_newuserdatauv(L, w.room, 0);
    write_value(&w, 1, 0);
    lua_pushlstring(L, w.text, w.length);
    return 1;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp.file: small texts of programs. Those of `wzp run` name any path; others keep theirs in a
 * folder of their own among the person's data. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "script/internal.h"

#define FILE_BYTES_MAX (16u << 20)

/* A plain name below scripts/, or any path. Pushes a text that the file points to. */
static struct wzp_host_file file_at(lua_State *L, int index)
{
    const char *name = lua_tostring(L, index);
    struct wzp_host_file file = {WZP_PLACE_PATH, name, FILE_BYTES_MAX, false};
    if (wzp_script_of(L)->config.tier == WZP_SCRIPT_TEST)
        return file;
    if (!wzp_lua_is_bare_name(name))
        luaL_error(L, "wzp.file: a name without folders");
    file.place = WZP_PLACE_DATA;
    file.name = lua_pushfstring(L, "scripts/%s", name);
    return file;
}

struct text {
    const char *text;
    size_t length;
};

static int push_text(lua_State *L)
{
    const struct text *both = lua_touserdata(L, 1);
    lua_pushlstring(L, both->text, both->length);
    return 1;
}

static int read_file(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    const struct wzp_host_file file = file_at(L, 1);
    struct wzp_error err = {0};
    char *text;
    size_t length;
    int result = s->real.calls->file_read(s->real.context, &text, &length, &file, &err);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    /* In protected mode, so that an out-of-memory error does not leak C's text. */
    lua_pushcfunction(L, push_text);
    struct text both = {text, length};
    lua_pushlightuserdata(L, &both);
    int status = lua_pcall(L, 1, 1, 0);
    wzp_free(text);
    return status ? lua_error(L) : 1;
}

/* What is written: in place of the old text, or behind it. */
struct writing {
    const char *text;
    size_t length;
    bool append;
};

static int merge(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                 struct wzp_error *err)
{
    const struct writing *w = owner;
    size_t kept = w->append ? old_length : 0;
    *out = wzp_alloc(kept + w->length + 1);
    if (!*out)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(*out, old, kept);
    memcpy(*out + kept, w->text, w->length);
    (*out)[kept + w->length] = 0;
    *out_length = kept + w->length;
    return 0;
}

static int write_text(lua_State *L, bool append)
{
    struct wzp_script *s = wzp_script_of(L);
    struct writing writing = {.append = append};
    const struct wzp_host_file file = file_at(L, 1);
    struct wzp_error err = {0};
    writing.text = lua_tolstring(L, 2, &writing.length);
    int result = s->real.calls->file_update(s->real.context, &file, merge, &writing, &err);
    return wzp_lua_outcome(L, result, &err);
}

static int write_file(lua_State *L)
{
    return write_text(L, false);
}

static int append_file(lua_State *L)
{
    return write_text(L, true);
}

const struct wzp_lua_row wzp_lua_file_rows[] = {
    {"file", "read", "name: text", "text | nil, text",
     "The whole text of a file. Scripts of wzp run name any path, others a file of their own.",
     read_file, WZP_TIERS_USER, false},
    {"file", "write", "name: text, text: bytes", "true | nil, text",
     "Writes a file; an existing file is replaced.", write_file, WZP_TIERS_USER, false},
    {"file", "append", "name: text, text: bytes", "true | nil, text", "Appends a text to a file.",
     append_file, WZP_TIERS_USER, false},
    {0}};

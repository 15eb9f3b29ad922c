/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* client:analyze: what became of the packets of a call, from a capture file. */
#include "app/analyze.h"
#include "base/alloc.h"
#include "base/error.h"
#include "script/internal.h"

#define CAPTURE_BYTES_MAX (256u << 20)

/* One table per sender: its figures by their keys. */
static int push_analysis(lua_State *L)
{
    const struct wzp_analysis *a = lua_touserdata(L, 1);
    double value;
    lua_createtable(L, (int)a->stream_count, 0);
    for (size_t i = 0; i < a->stream_count; i++) {
        const struct wzp_analysis_stream *s = &a->streams[i];
        lua_newtable(L);
        lua_pushstring(L, s->name);
        lua_setfield(L, -2, "stream");
        lua_pushboolean(L, s->is_sealed);
        lua_setfield(L, -2, "sealed");
        lua_pushnumber(L, a->seconds);
        lua_setfield(L, -2, "seconds");
        for (size_t k = 0; wzp_analysis_figure(k); k++) {
            if (!wzp_analysis_figure(k)->value(s, &value))
                continue;
            lua_pushnumber(L, value);
            lua_setfield(L, -2, wzp_analysis_figure(k)->key);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int analyze(lua_State *L)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    struct wzp_script *s = wzp_script_of(L);
    const struct wzp_host *host = client->host.calls ? &client->host : &s->real;
    const struct wzp_host_file file = {WZP_PLACE_PATH, lua_tostring(L, 2), CAPTURE_BYTES_MAX,
                                       false};
    struct wzp_analysis *a = NULL;
    struct wzp_error err = {0};
    char *data = NULL;
    size_t length = 0;
    int result = host->calls->file_read(host->context, &data, &length, &file, &err);
    if (!result)
        result = wzp_analyze(&a, (const uint8_t *)data, length, &err);
    wzp_free(data);
    if (result)
        return wzp_lua_fail_error(L, result, &err);
    /* In protected mode, so that an out-of-memory error does not leak C's memory. */
    lua_pushcfunction(L, push_analysis);
    lua_pushlightuserdata(L, a);
    int status = lua_pcall(L, 1, 1, 0);
    wzp_analysis_free(a);
    return status ? lua_error(L) : 1;
}

const struct wzp_lua_row wzp_lua_capture_rows[] = {
    {"client", "analyze", "client: client, file: text", "table | nil, text",
     "Replays a capture file (call:capture) and tells what became of the packets: a table for each "
     "sender, with the keys of wzp analyze --json.",
     analyze, WZP_TIERS_USER, false},
    {0}};

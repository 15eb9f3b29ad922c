/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What programs reach outside of the softphone. That of init.lua runs whenever the softphone does,
 * and its person may have got it from somebody else: of files it has recordings in a folder of
 * their own, it begins no programs and leaves the configuration alone. The tables of commands and
 * settings say what each of them reaches; a row that does not say it is refused. */
#include <string.h>

#include "app/audio_spec.h"
#include "app/command.h"
#include "base/bucket.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "script/internal.h"

#define NAME_BYTES_MAX 200
#define RECORDINGS "recordings/"
#define FILES_BURST 20              /* that init.lua may begin at once; after that ... */
#define FILE_TIME (60 * WZP_SECOND) /* ... one each */

static bool is_confined(lua_State *L)
{
    return wzp_script_of(L)->config.tier == WZP_SCRIPT_CONFIG;
}

bool wzp_lua_is_bare_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_BYTES_MAX;
}

/* ---- files ---- */

/* Nothing is written: the host makes the folder. */
static int keep_as_it_is(void *owner, char **out, size_t *out_length, const char *old,
                         size_t old_length, struct wzp_error *err)
{
    (void)owner;
    (void)old;
    (void)old_length;
    (void)err;
    *out = NULL;
    *out_length = 0;
    return 0;
}

int wzp_lua_file(lua_State *L, const char **path, const char *name, bool makes,
                 struct wzp_error *err)
{
    struct wzp_script *s = wzp_script_of(L);
    char out[WZP_PATH_MAX];
    *path = name;
    if (!is_confined(L))
        return 0;
    if (!wzp_lua_is_bare_name(name))
        return wzp_error_set(err, WZP_E_REFUSED,
                             "init.lua has files in the folder of recordings: a name without "
                             "folders, not %.80s",
                             name);
    const struct wzp_host_file file = {WZP_PLACE_DATA, lua_pushfstring(L, RECORDINGS "%s", name), 0,
                                       false};
    if (makes && !wzp_bucket_take(&s->recordings, 1, FILE_TIME, FILES_BURST, wzp_script_now(s)))
        return wzp_error_set(err, WZP_E_LIMIT,
                             "init.lua may begin %d files at once, and then one a minute",
                             FILES_BURST);
    int result = s->real.calls->file_path(s->real.context, out, &file, err);
    if (!result && makes) {
        const struct wzp_host_file folder = {WZP_PLACE_DATA, RECORDINGS ".folder", 0, false};
        result = s->real.calls->file_update(s->real.context, &folder, keep_as_it_is, NULL, err);
    }
    if (!result)
        *path = lua_pushstring(L, out);
    return result;
}

/* ---- settings ---- */

/* Privacy settings: a program may make them stricter, and restore what the person set, but not make
 * them weaker. */
static const struct {
    const char *key, *careful[2];
} private_settings[WZP_SCRIPT_PRIVATE_MAX] = {{"e2e", {"require"}},
                                              {"answer_mode", {"generic", "reject"}},
                                              {"accept_new_relays", {"false"}},
                                              {"direct", {"false"}},
                                              {"presence", {"false"}}};

static int may_be_private(lua_State *L, const char *key, const char *value, struct wzp_error *err)
{
    struct wzp_script *s = wzp_script_of(L);
    char now[WZP_SETTING_TEXT_MAX] = "";
    size_t i = 0;
    while (i < WZP_SCRIPT_PRIVATE_MAX && strcmp(private_settings[i].key, key) != 0)
        i++;
    if (i == WZP_SCRIPT_PRIVATE_MAX || !s->own)
        return wzp_error_set(err, WZP_E_REFUSED, "%s is your word: init.lua may not set it", key);
    (void)wzp_settings_get(now, wzp_app_settings(s->own->app), key);
    if (!s->person[i][0])
        wzp_text_copy(s->person[i], sizeof s->person[i], now);
    for (size_t k = 0; k < 2 && private_settings[i].careful[k]; k++)
        if (strcmp(value, private_settings[i].careful[k]) == 0)
            return 0;
    if (strcmp(value, s->person[i]) == 0)
        return 0;
    return wzp_error_set(err, WZP_E_REFUSED,
                         "%s says how private you are: init.lua may set it to %s, or to what you "
                         "set",
                         key, private_settings[i].careful[0]);
}

int wzp_lua_may_set(lua_State *L, const char *key, const char *value, struct wzp_error *err)
{
    const struct wzp_setting_row *row;
    for (size_t i = 0; (row = wzp_setting_row(i)) && strcmp(row->name, key) != 0; i++)
        ;
    if (!is_confined(L) || !row) /* for an unknown command the softphone reports the error */
        return 0;
    switch (row->reach) {
    case WZP_REACH_INSIDE: return 0;
    case WZP_REACH_PERSON: return may_be_private(L, key, value, err);
    case WZP_REACH_DEVICE:
        if (wzp_audio_spec_is_device(value))
            return 0;
        return wzp_error_set(err, WZP_E_REFUSED, "init.lua may set %s to a device, and to no file",
                             key);
    case WZP_REACH_PROGRAM:
        return wzp_error_set(err, WZP_E_REFUSED, "%s begins a program: init.lua may not set it",
                             key);
    case WZP_REACH_FILE:
    case WZP_REACH_CONFIGURATION: break;
    }
    return wzp_error_set(err, WZP_E_REFUSED, "%s names a file: init.lua may not set it", key);
}

/* ---- commands ---- */

static int refuse_command(const struct wzp_app_command *command, struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_REFUSED, "%s is not for init.lua: it %s", command->name,
                         command->reach == WZP_REACH_CONFIGURATION ? "writes the configuration"
                         : command->reach == WZP_REACH_PERSON      ? "is a person's word"
                                                                   : "reaches too far");
}

/* Replaces arguments that name files; *given are as many as there are. */
static int confine(lua_State *L, const struct wzp_app_command *command, const char **given,
                   size_t count, struct wzp_error *err)
{
    int result = 0;
    if (command->reach != WZP_REACH_INSIDE && command->reach != WZP_REACH_FILE)
        return refuse_command(command, err);
    for (size_t i = 0; !result && i < count && command->arguments[i].name; i++) {
        enum wzp_argument_kind kind = command->arguments[i].kind;
        if (kind == WZP_ARGUMENT_SETTING)
            result = wzp_lua_may_set(L, given[i], i + 1 < count ? given[i + 1] : "", err);
        else if (kind == WZP_ARGUMENT_FILE && strcmp(given[i], "off") != 0)
            result = wzp_lua_file(L, &given[i], given[i], true, err);
    }
    return result;
}

int wzp_lua_do(lua_State *L, struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err)
{
    const char *given[WZP_ARGUMENTS_MAX + 1];
    if (!is_confined(L) || count > WZP_ARGUMENTS_MAX) /* more than any takes, which is told */
        return wzp_app_do(app, command, arguments, count, err);
    memcpy(given, arguments, count * sizeof given[0]);
    int result = confine(L, command, given, count, err);
    return result ? result : wzp_app_do(app, command, given, count, err);
}

int wzp_lua_do_line(lua_State *L, struct wzp_app *app, const char *line,
                    const struct wzp_app_command **row, struct wzp_error *err)
{
    struct wzp_command_line read;
    int result = wzp_command_line_read(&read, line, err);
    if (result)
        return result;
    *row = read.command;
    return wzp_lua_do(L, app, read.command, read.arguments, read.count, err);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "base/toml.h"
#include "loop/files.h"
#include "loop/redis.h"
#include "relay/pool_url.h"

/* ---- warnings ---- */

static void tell(const struct wzp_relay_warner *warner, const char *sentence)
{
    char safe[WZP_ERROR_TEXT_MAX];
    wzp_text_filter(safe, sizeof safe, sentence, strlen(sentence));
    fprintf(stderr, "%s: warning: %s\n", warner->program, safe);
}

/* A key of the existing relay that has no effect here is not a fault of the file. */
static bool is_fault(const char *sentence)
{
    const struct wzp_relay_config_key *row;
    for (size_t i = 0; (row = wzp_relay_config_key(i)); i++)
        if (row->no_effect && strstr(sentence, row->no_effect))
            return false;
    return true;
}

static void warn(void *context, const char *sentence)
{
    struct wzp_relay_warner *warner = context;
    warner->faults += is_fault(sentence);
    tell(warner, sentence);
}

/* ---- the file ---- */

static bool holds_password(const struct wzp_relay_config *config)
{
    struct wzp_pool_url url;
    bool is_held =
        wzp_pool_url_parse(&url, config->directory, strlen(config->directory), NULL) == 0 &&
        url.password[0];
    wzp_wipe(&url, sizeof url);
    for (size_t i = 0; i < config->room_count; i++)
        is_held |= config->rooms[i].password[0] != 0;
    return is_held;
}

/* Warns when a file with a password is readable by others. This is no fault for --check-config:
 * files under version control are readable by all. The group may be that of the relay's own
 * user. */
static void look_at_mode(const struct wzp_relay_config *config, const char *path,
                         const struct wzp_relay_warner *warner)
{
    struct wzp_error sentence;
    struct stat info;
    if (!holds_password(config) || stat(path, &info) || !(info.st_mode & S_IROTH))
        return;
    wzp_error_set(&sentence, 0,
                  "%s holds a password and can be read by others (mode %04o); repair: chmod o= %s",
                  path, (unsigned)info.st_mode & 07777, path);
    tell(warner, sentence.text);
}

static int make_example(const char *path, const char *program, struct wzp_error *err)
{
    const char *example = wzp_relay_config_example();
    int result = wzp_file_make_folders(path, err);
    if (!result)
        result = wzp_file_write(path, example, strlen(example), false, err);
    if (!result)
        fprintf(stderr,
                "%s: warning: %s did not exist, so this relay runs with the defaults and is open "
                "to everybody; an example is there now: edit it and start again\n",
                program, path);
    return result;
}

int wzp_relay_settings_file(struct wzp_relay_config *config, const struct wzp_relay_values *v,
                            struct wzp_relay_warner *warner, struct wzp_error *err)
{
    char *text;
    size_t length;
    if (!v->config)
        return 0;
    int result = wzp_file_read(&text, &length, v->config, WZP_TOML_SIZE_MAX, false, err);
    if (result == WZP_E_NOT_FOUND && !v->check)
        return make_example(v->config, warner->program, err);
    if (result)
        return result;
    result = wzp_relay_config_parse(config, text, length, warn, warner, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (!result)
        look_at_mode(config, v->config, warner);
    return result;
}

/* ---- what does not go together ---- */

/* Refuses what is valid in the file, but not possible in this program. */
static int check_directory(const struct wzp_relay_config *config, struct wzp_error *err)
{
    bool is_shared = config->directory[0] && strcmp(config->directory, "memory") != 0;
    return is_shared && !wzp_redis_available()
               ? wzp_error_set(err, WZP_E_UNSUPPORTED,
                               "this program was built without libhiredis: directory can only be "
                               "\"memory\"")
               : 0;
}

/* Checks the debug tap: rooms must be named for it, and each thread has rooms of its own. */
static int check_tap(const struct wzp_relay_config *c, const struct wzp_relay_values *v,
                     struct wzp_error *err)
{
    if (!v->debug_tap_file)
        return 0;
    if (!c->debug_tap[0])
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "--debug-tap-file keeps the packets of the room that --debug-tap or "
                             "debug_tap names");
    return 0;
}

static void look_at_pages(const struct wzp_relay_config *c, struct wzp_relay_warner *warner)
{
    struct wzp_error sentence;
    struct stat info;
    if (!c->static_dir[0])
        return;
    int error = stat(c->static_dir, &info) ? errno : S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    if (!error)
        return;
    wzp_error_set(&sentence, 0, "static_dir: %.150s: %s", c->static_dir, strerror(error));
    warn(warner, sentence.text);
}

static bool is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* Warns when both TCP ports are the same; 0 is any free port. */
static void look_at_ports(const struct wzp_relay_config *c, struct wzp_relay_warner *warner)
{
    struct wzp_error sentence;
    bool meets = strcmp(c->metrics_host, c->ws_host) == 0 || is_wildcard(c->metrics_host) ||
                 is_wildcard(c->ws_host);
    if (c->ws_port <= 0 || c->ws_port != c->metrics_port || !meets)
        return;
    wzp_error_set(&sentence, 0,
                  "metrics_port and ws_port are both %d: one of them cannot be opened", c->ws_port);
    warn(warner, sentence.text);
}

int wzp_relay_settings_judge(const struct wzp_relay_config *config,
                             const struct wzp_relay_values *v, struct wzp_relay_warner *warner,
                             struct wzp_error *err)
{
    int result = check_tap(config, v, err);
    if (!result)
        result = check_directory(config, err);
    if (result)
        return result;
    wzp_relay_options_warn(v, warn, warner);
    look_at_pages(config, warner);
    look_at_ports(config, warner);
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_seed.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "loop/files.h"
#include "loop/loop.h"

#define SEED_FILE_MAX 4096

static int place_of(char path[WZP_PATH_MAX], const char *named, struct wzp_error *err)
{
    if (named)
        return wzp_text_copy(path, WZP_PATH_MAX, named)
                   ? 0
                   : wzp_error_set(err, WZP_E_ARGUMENT, "--identity is too long");
    if (wzp_path(path, WZP_PLACE_LEGACY, "relay-identity", NULL) == 0)
        return 0;
    wzp_text_copy(path, WZP_PATH_MAX, "./.wzp/relay-identity");
    return 0;
}

/* Removes others' access to the file, and logs the result: some file systems have no modes. */
static void close_to_others(const char *path, const struct wzp_log *log)
{
    struct stat info;
    if (stat(path, &info) || !wzp_file_is_open(path, info.st_mode))
        return;
    int error = chmod(path, 0600) == 0 ? 0 : errno;
    if (stat(path, &info) == 0 && !wzp_file_is_open(path, info.st_mode))
        wzp_log(log, WZP_LOG_WARN, "%s was open to other users; its mode is now %04o", path,
                (unsigned)info.st_mode & 07777);
    else
        wzp_log(log, WZP_LOG_WARN,
                "%s is open to other users (mode %04o), which cannot be changed: %s", path,
                (unsigned)info.st_mode & 07777, error ? strerror(error) : "chmod had no effect");
}

/* Creates the file. WZP_E_DUPLICATE: another relay created it at the same moment. */
static int make_seed(const char *path, const struct wzp_log *log, struct wzp_error *err)
{
    struct wzp_identity identity;
    char text[WZP_SEED_TEXT_SIZE + 1];
    struct wzp_random random = wzp_system_random();
    wzp_identity_new(&identity, &random);
    wzp_identity_format(text, &identity);
    int result = wzp_file_make_folders(path, err);
    if (!result)
        result = wzp_file_create(path, text, WZP_SEED_TEXT_SIZE, true, err);
    if (!result)
        wzp_log(log, WZP_LOG_INFO, "generated a new relay identity in %s", path);
    wzp_wipe(text, sizeof text);
    wzp_identity_wipe(&identity);
    return result;
}

int wzp_relay_seed_load(struct wzp_identity *out, const char *named, const struct wzp_log *log,
                        struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    char *text;
    size_t length;
    int result = place_of(path, named, err);
    if (result)
        return result;
    result = wzp_file_read(&text, &length, path, SEED_FILE_MAX, false, err);
    if (result == WZP_E_NOT_FOUND) {
        result = make_seed(path, log, err);
        if (result && result != WZP_E_DUPLICATE)
            return result;
        if (err)
            *err = (struct wzp_error){0};
        result = wzp_file_read(&text, &length, path, SEED_FILE_MAX, false, err);
    }
    if (result)
        return result;
    close_to_others(path, log);
    result = wzp_identity_parse(out, text, length, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

int wzp_relay_seed_check(const char *named, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    struct wzp_identity identity;
    char *text;
    size_t length;
    int result = place_of(path, named, err);
    if (!result)
        result = wzp_file_read(&text, &length, path, SEED_FILE_MAX, false, err);
    if (result)
        return result == WZP_E_NOT_FOUND ? 0 : result;
    result = wzp_identity_parse(&identity, text, length, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    else
        wzp_identity_wipe(&identity);
    return result;
}

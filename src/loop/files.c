/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places, and reading. */
#include "loop/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"

/* ---- places ---- */

struct place {
    const char *variable;   /* NULL: none */
    const char *under_home; /* where it is without the variable; NULL: see wzp_path */
    const char *folder;
};

static const struct place places[] = {
    [WZP_PLACE_CONFIG] = {"XDG_CONFIG_HOME", ".config", "wzp"},
    [WZP_PLACE_DATA] = {"XDG_DATA_HOME", ".local/share", "wzp"},
    [WZP_PLACE_STATE] = {"XDG_STATE_HOME", ".local/state", "wzp"},
    [WZP_PLACE_RUNTIME] = {"XDG_RUNTIME_DIR", NULL, "wzp"},
    [WZP_PLACE_LEGACY] = {NULL, ".", ".wzp"},
    [WZP_PLACE_PATH] = {NULL, NULL, NULL},
};

static const char *home_folder(void)
{
    const char *home = getenv("HOME");
    if (home && home[0] == '/')
        return home;
    const struct passwd *user = getpwuid(geteuid());
    return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

bool wzp_path_in_session(void)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    return folder && folder[0] == '/';
}

int wzp_path(char *out, enum wzp_place place, const char *name, struct wzp_error *err)
{
    const struct place *p = &places[place];
    const char *base = p->variable ? getenv(p->variable) : NULL;
    const char *home = home_folder();
    int n = -1;
    out[0] = '\0';
    /* Outside a login session: with the other files that belong to this machine only. */
    if (place == WZP_PLACE_RUNTIME && !wzp_path_in_session()) {
        char inner[WZP_PATH_MAX];
        n = snprintf(inner, sizeof inner, "run/%s", name);
        if (n >= 0 && n < WZP_PATH_MAX)
            return wzp_path(out, WZP_PLACE_STATE, inner, err);
    } else if (place == WZP_PLACE_PATH) {
        n = snprintf(out, WZP_PATH_MAX, "%s", name);
    } else if (base && base[0] == '/') { /* the XDG rule: a relative one counts as unset */
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s", base, p->folder, name);
    } else if (!home) {
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "there is no home folder for %s: set HOME to an absolute path", name);
    } else if (strcmp(p->under_home, ".") == 0) {
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s", home, p->folder, name);
    } else {
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s/%s", home, p->under_home, p->folder, name);
    }
    if (n < 0 || n >= WZP_PATH_MAX) {
        out[0] = '\0';
        return wzp_error_set(err, WZP_E_TOO_BIG, "the path of %s is too long", name);
    }
    return 0;
}

/* ---- reading ---- */

/* A FIFO or a terminal in a file's place would make us wait for ever. */
static int check_kind(const struct stat *facts, const char *path, bool secret,
                      struct wzp_error *err)
{
    bool is_null = S_ISCHR(facts->st_mode) && facts->st_rdev == makedev(1, 3);
    if (S_ISDIR(facts->st_mode))
        return wzp_error_set(err, WZP_E_IO, "%s is a folder, not a file", path);
    if (!S_ISREG(facts->st_mode) && (secret || !is_null))
        return wzp_error_set(err, WZP_E_REFUSED, "%s is not a regular file: it is not read", path);
    return 0;
}

/* systemd gives credentials in a folder that only the unit can enter, readable by its group. */
static bool is_credential(const char *path)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t length = folder ? strlen(folder) : 0;
    return length > 1 && folder[0] == '/' && strncmp(path, folder, length) == 0 &&
           path[length] == '/' && !strstr(path, "/../");
}

bool wzp_file_is_open(const char *path, unsigned mode)
{
    return (mode & (is_credential(path) ? 037 : 077)) != 0;
}

static int check_secret(const struct stat *facts, const char *path, struct wzp_error *err)
{
    if (wzp_file_is_open(path, facts->st_mode))
        return wzp_error_set(err, WZP_E_REFUSED,
                             "%s can be read by others (mode %04o); repair: chmod 600 %s", path,
                             (unsigned)facts->st_mode & 07777, path);
    return 0;
}

/* Makes room for one more byte than the limit, so that "too big" is seen, and for the final 0. */
static int grow(char **text, size_t *capacity, size_t limit, bool secret)
{
    size_t wanted = *capacity < limit / 2 ? *capacity * 2 : limit;
    /* A secret must not stay behind in memory that realloc gave back. */
    char *larger = wzp_alloc(wanted + 2);
    if (!larger)
        return WZP_E_MEMORY;
    memcpy(larger, *text, *capacity + 1);
    if (secret)
        wzp_wipe(*text, *capacity + 2);
    wzp_free(*text);
    *text = larger;
    *capacity = wanted;
    return 0;
}

/* *text has room for *capacity + 2 bytes. */
static int read_all(char **text, size_t *capacity, size_t *length, int fd, size_t limit,
                    bool secret)
{
    for (;;) {
        ssize_t n = read(fd, *text + *length, *capacity + 1 - *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return WZP_E_IO;
        if (n == 0)
            return 0;
        *length += (size_t)n;
        if (*length > limit)
            return WZP_E_TOO_BIG;
        if (*length > *capacity) {
            int result = grow(text, capacity, limit, secret);
            if (result < 0)
                return result;
        }
    }
}

int wzp_file_read_open(char **out, size_t *out_length, int fd, const char *path, size_t limit,
                       bool secret, struct wzp_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts) < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot read %s: %s", path, strerror(errno));
    int result = check_kind(&facts, path, secret, err);
    if (!result && secret)
        result = check_secret(&facts, path, err);
    if (result < 0)
        return result;
    size_t capacity = limit < 4096 ? limit : 4096;
    if (facts.st_size > 0)
        capacity = (uintmax_t)facts.st_size < limit ? (size_t)facts.st_size : limit;
    char *text = wzp_alloc(capacity + 2);
    size_t length = 0;
    if (!text)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    result = read_all(&text, &capacity, &length, fd, limit, secret);
    if (result == 0) {
        text[length] = '\0';
        *out = text;
        *out_length = length;
        return 0;
    }
    if (secret)
        wzp_wipe(text, capacity + 2);
    wzp_free(text);
    if (result == WZP_E_TOO_BIG)
        return wzp_error_set(err, result, "%s is larger than %zu bytes", path, limit);
    if (result == WZP_E_MEMORY)
        return wzp_error_set(err, result, "out of memory");
    return wzp_error_set(err, result, "cannot read %s: %s", path, strerror(errno));
}

static int explain_open(const char *path, int error, struct wzp_error *err)
{
    struct stat facts;
    /* A dangling link means that the file should exist: perhaps a disk is not mounted. A new file
     * in its place would hide that. */
    if (error == ENOENT && lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode))
        return wzp_error_set(err, WZP_E_REFUSED,
                             "%s is a link to nothing; repair or remove the link", path);
    int code = error == ENOENT || error == ENOTDIR ? WZP_E_NOT_FOUND
               : error == EACCES                   ? WZP_E_REFUSED
                                                   : WZP_E_IO;
    return wzp_error_set(err, code, "cannot open %s: %s", path, strerror(error));
}

int wzp_file_read(char **out, size_t *length, const char *path, size_t limit, bool secret,
                  struct wzp_error *err)
{
    *out = NULL;
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return explain_open(path, errno, err);
    int result = wzp_file_read_open(out, length, fd, path, limit, secret, err);
    close(fd);
    return result;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files of a person. Source: design.md 5 (files). */
#include "loop/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"

/* ---- places ---- */

struct place {
    const char *variable;   /* NULL: none */
    const char *under_home; /* NULL: there is no standard place */
    const char *folder;
};

static const struct place places[] = {
    [WZP_PLACE_CONFIG] = {"XDG_CONFIG_HOME", ".config", "wzp"},
    [WZP_PLACE_DATA] = {"XDG_DATA_HOME", ".local/share", "wzp"},
    [WZP_PLACE_STATE] = {"XDG_STATE_HOME", ".local/state", "wzp"},
    [WZP_PLACE_RUNTIME] = {"XDG_RUNTIME_DIR", NULL, "wzp"},
    [WZP_PLACE_LEGACY] = {NULL, ".", ".wzp"},
};

static const char *home_folder(void)
{
    const char *home = getenv("HOME");
    if (home && home[0] == '/')
        return home;
    const struct passwd *user = getpwuid(geteuid());
    return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

int wzp_path(char *out, enum wzp_place place, const char *name, struct wzp_error *err)
{
    const struct place *p = &places[place];
    const char *base = p->variable ? getenv(p->variable) : NULL;
    const char *home = home_folder();
    int n;
    out[0] = '\0';
    if (base && base[0] == '/') /* the XDG rule: a relative one counts as unset */
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s", base, p->folder, name);
    else if (!p->under_home)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no folder for %s: %s is not set", name,
                             p->variable);
    else if (!home)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "there is no home folder for %s: set HOME to an absolute path", name);
    else if (strcmp(p->under_home, ".") == 0)
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s", home, p->folder, name);
    else
        n = snprintf(out, WZP_PATH_MAX, "%s/%s/%s/%s", home, p->under_home, p->folder, name);
    if (n < 0 || n >= WZP_PATH_MAX) {
        out[0] = '\0';
        return wzp_error_set(err, WZP_E_TOO_BIG, "the path of %s is too long", name);
    }
    return 0;
}

/* ---- reading ---- */

static int check_secret(const struct stat *facts, const char *path, struct wzp_error *err)
{
    if (!S_ISREG(facts->st_mode))
        return wzp_error_set(err, WZP_E_REFUSED,
                             "%s is not a regular file: a secret is not read from it", path);
    if ((facts->st_mode & 077) != 0)
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

static int read_open_file(char **out, size_t *out_length, int fd, const char *path, size_t limit,
                          bool secret, struct wzp_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts) < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(facts.st_mode))
        return wzp_error_set(err, WZP_E_IO, "%s is a folder, not a file", path);
    int result = secret ? check_secret(&facts, path, err) : 0;
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

int wzp_file_read(char **out, size_t *length, const char *path, size_t limit, bool secret,
                  struct wzp_error *err)
{
    *out = NULL;
    *length = 0;
    /* O_NONBLOCK: a FIFO in a secret's place must not make us wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (secret ? O_NONBLOCK : 0));
    if (fd < 0) {
        int code = errno == ENOENT || errno == ENOTDIR ? WZP_E_NOT_FOUND
                   : errno == EACCES                   ? WZP_E_REFUSED
                                                       : WZP_E_IO;
        return wzp_error_set(err, code, "cannot open %s: %s", path, strerror(errno));
    }
    int result = read_open_file(out, length, fd, path, limit, secret, err);
    close(fd);
    return result;
}

/* ---- writing ---- */

/* Makes the folders that path needs, closed to others. */
static int make_folders(const char *path)
{
    char part[WZP_PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, length + 1);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

/* A new file beside target. Others' permissions stay what they were, or follow the umask. */
static int open_temporary(char *temporary, const char *target, bool secret)
{
    uint32_t number = 0;
    for (int i = 0; i < 16; i++) {
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
            return -EIO;
        int n = snprintf(temporary, WZP_PATH_MAX, "%s.%08x.new", target, (unsigned)number);
        if (n < 0 || n >= WZP_PATH_MAX)
            return -ENAMETOOLONG;
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                      secret ? 0600 : 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd >= 0 ? fd : -errno;
    }
    return -EEXIST;
}

/* The rename lasts only when the folder is on the disk, too. */
static void sync_folder_of(const char *path)
{
    char folder[WZP_PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static int replace(const char *target, const char *text, size_t length, bool secret)
{
    char temporary[WZP_PATH_MAX];
    struct stat old;
    int fd = open_temporary(temporary, target, secret);
    if (fd < 0)
        return fd;
    int result = 0;
    if (!secret && stat(target, &old) == 0 && S_ISREG(old.st_mode))
        result = fchmod(fd, old.st_mode & 0777) < 0 ? -errno : 0;
    if (result == 0)
        result = write_all(fd, text, length);
    if (result == 0 && fsync(fd) < 0)
        result = -errno;
    if (close(fd) < 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(temporary, target) < 0)
        result = -errno;
    if (result < 0)
        unlink(temporary);
    else
        sync_folder_of(target);
    return result;
}

int wzp_file_write(const char *path, const char *text, size_t length, bool secret,
                   struct wzp_error *err)
{
    char target[PATH_MAX];
    struct stat facts;
    int result = make_folders(path);
    /* A link that a person set (to a folder under version control, say) stays a link. */
    bool is_link = result == 0 && lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
    if (result == 0)
        result = replace(is_link && realpath(path, target) ? target : path, text, length, secret);
    if (result < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(-result));
    return 0;
}

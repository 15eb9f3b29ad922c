/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing whole files, alone and beside other programs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "loop/files.h"

/* Pauses between tries to take a lock: many waiting processes must not take the CPU from its
 * holder. */
#define LOCK_PAUSE_LEAST_NS 500000L
#define LOCK_PAUSE_MOST_NS 16000000L
#define SUFFIX_LENGTH 13 /* ".xxxxxxxx.new" */
#define ASIDE_MAX 1000

/* ---- folders ---- */

int wzp_file_make_folders(const char *path, struct wzp_error *err)
{
    char part[WZP_PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the path of %s is too long", path);
    memcpy(part, path, length + 1);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(errno));
        *slash = '/';
    }
    return 0;
}

static void folder_of(char folder[WZP_PATH_MAX], const char *path)
{
    snprintf(folder, WZP_PATH_MAX, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        snprintf(folder, WZP_PATH_MAX, ".");
    else
        slash[slash == folder] = '\0';
}

/* Where a file really is: a link that a person set (to a folder under version control, say) stays a
 * link. -ENOENT for a link to nothing. */
static int resolve_link(char target[PATH_MAX], const char *path)
{
    struct stat facts;
    if (lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode))
        return realpath(path, target) ? 0 : -errno;
    int n = snprintf(target, PATH_MAX, "%s", path);
    return n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* target gets where to write. */
static int prepare(char target[PATH_MAX], const char *path, struct wzp_error *err)
{
    struct stat facts;
    int result = resolve_link(target, path);
    if (result == -ENOENT)
        return wzp_error_set(err, WZP_E_REFUSED,
                             "%s is a link to nothing; repair or remove the link", path);
    if (result)
        return wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(-result));
    if (lstat(target, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
        return wzp_error_set(err, WZP_E_REFUSED, "%s is not a regular file: it is not replaced",
                             path);
    return 0;
}

/* ---- one file ---- */

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
    folder_of(folder, path);
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

static int replace_file(const char *path, const char *target, const char *text, size_t length,
                        bool secret, struct wzp_error *err)
{
    int result = replace(target, text, length, secret);
    return result ? wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(-result))
                  : 0;
}

int wzp_file_write(const char *path, const char *text, size_t length, bool secret,
                   struct wzp_error *err)
{
    char target[PATH_MAX];
    int result = prepare(target, path, err);
    return result ? result : replace_file(path, target, text, length, secret, err);
}

/* ---- beside other programs ---- */

/* The lock is a separate file, since the files themselves are replaced. Closing it releases the
 * lock. */
static int open_lock(const char *target)
{
    char folder[WZP_PATH_MAX], path[WZP_PATH_MAX + 8];
    folder_of(folder, target);
    snprintf(path, sizeof path, "%s/.lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    return fd >= 0 ? fd : -errno;
}

/* A holder keeps the lock for one small write; only a process that was stopped (SIGSTOP) meanwhile
 * keeps it longer. */
static int take_lock(const char *path, const char *target, struct wzp_error *err)
{
    int fd = open_lock(target);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot write %s: %s", path, strerror(-fd));
    struct timespec pause = {0, LOCK_PAUSE_LEAST_NS};
    for (long waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += pause.tv_nsec) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            int error = errno;
            close(fd);
            return wzp_error_set(err, WZP_E_IO, "cannot lock the folder of %s: %s", path,
                                 strerror(error));
        }
        if (waited / 1000000 >= WZP_FILE_PATIENCE_MS) {
            close(fd);
            return wzp_error_set(err, WZP_E_TIMEOUT,
                                 "another program keeps the folder of %s locked", path);
        }
        if (waited > 0 && pause.tv_nsec < LOCK_PAUSE_MOST_NS)
            pause.tv_nsec *= 2;
        nanosleep(&pause, NULL);
    }
    return fd;
}

static bool is_left_over(const char *name, const char *base, size_t base_length)
{
    size_t length = strlen(name);
    return length == base_length + SUFFIX_LENGTH && strncmp(name, base, base_length) == 0 &&
           name[base_length] == '.' && strspn(name + base_length + 1, "0123456789abcdef") == 8 &&
           strcmp(name + length - 4, ".new") == 0;
}

/* Temporary files of target, which nobody uses while we hold the lock. Returns how many there are.
 */
static size_t left_overs(const char *target, bool remove)
{
    char folder[WZP_PATH_MAX];
    folder_of(folder, target);
    const char *slash = strrchr(target, '/');
    const char *base = slash ? slash + 1 : target;
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_left_over(entry->d_name, base, strlen(base)))
            continue;
        count++;
        if (remove)
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    return count;
}

void wzp_file_clean(const char *path)
{
    char target[PATH_MAX];
    if (resolve_link(target, path) || left_overs(target, false) == 0)
        return;
    int lock = open_lock(target);
    if (lock < 0)
        return;
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        left_overs(target, true);
    close(lock);
}

static void give_back(char *text, size_t length, bool secret)
{
    if (text && secret)
        wzp_wipe(text, length);
    wzp_free(text);
}

static int update_locked(const char *path, const char *target, size_t limit, bool secret,
                         wzp_host_merge merge, void *owner, struct wzp_error *err)
{
    char *old = NULL, *text = NULL;
    size_t old_length = 0, length = 0;
    left_overs(target, true);
    int result = wzp_file_read(&old, &old_length, target, limit, secret, err);
    if (result && result != WZP_E_NOT_FOUND)
        return result;
    if (result && err)
        *err = (struct wzp_error){0};
    result = merge(owner, &text, &length, old ? old : "", old_length, err);
    if (!result && text && length > limit)
        result =
            wzp_error_set(err, WZP_E_TOO_BIG, "%s would be larger than %zu bytes", path, limit);
    if (!result && text)
        result = replace_file(path, target, text, length, secret, err);
    give_back(text, length, secret);
    give_back(old, old_length, secret);
    return result;
}

int wzp_file_update(const char *path, size_t limit, bool secret, wzp_host_merge merge, void *owner,
                    struct wzp_error *err)
{
    char target[PATH_MAX];
    int result = prepare(target, path, err);
    if (result)
        return result;
    int lock = take_lock(path, target, err);
    if (lock < 0)
        return lock;
    result = update_locked(path, target, limit, secret, merge, owner, err);
    close(lock);
    return result;
}

static int refuse_existing(const char *path, struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_DUPLICATE,
                         "%s exists already, and is not written over; choose another name", path);
}

int wzp_file_create(const char *path, const char *text, size_t length, bool secret,
                    struct wzp_error *err)
{
    char target[PATH_MAX];
    struct stat facts;
    int result = prepare(target, path, err);
    if (result)
        return result;
    int lock = take_lock(path, target, err);
    if (lock < 0)
        return lock;
    left_overs(target, true);
    result = lstat(target, &facts) == 0 ? refuse_existing(path, err)
                                        : replace_file(path, target, text, length, secret, err);
    close(lock);
    return result;
}

static int explain_extend(const char *path, int error, struct wzp_error *err)
{
    int code = error == EEXIST   ? WZP_E_DUPLICATE
               : error == ENOENT ? WZP_E_NOT_FOUND
               : error == ELOOP  ? WZP_E_REFUSED
                                 : WZP_E_IO;
    if (code == WZP_E_DUPLICATE)
        return refuse_existing(path, err);
    return wzp_error_set(err, code, "cannot write %s: %s", path, strerror(error));
}

static int write_at(int fd, uint64_t offset, const uint8_t *data, size_t length)
{
    while (length > 0) {
        ssize_t n = pwrite(fd, data, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        data += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int wzp_file_extend(const char *path, bool fresh, bool secret, uint64_t offset, const void *data,
                    size_t length, struct wzp_error *err)
{
    struct stat facts;
    int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | (fresh ? O_CREAT | O_EXCL : 0), secret ? 0600 : 0666);
    if (fd < 0)
        return explain_extend(path, errno, err);
    int result = 0;
    if (fstat(fd, &facts) < 0 || !S_ISREG(facts.st_mode))
        result = wzp_error_set(err, WZP_E_REFUSED, "%s is not a regular file", path);
    int error = result ? 0 : write_at(fd, offset, data, length);
    if (close(fd) < 0 && !error)
        error = errno;
    return result ? result : error ? explain_extend(path, error, err) : 0;
}

/* link(2) and not rename(2): what an earlier accident left there is not lost. */
static int move_aside(const char *path, const char *aside)
{
    if (link(path, aside) == 0)
        return unlink(path) < 0 ? errno : 0;
    if (errno != EPERM && errno != ENOTSUP)
        return errno;
    /* A file system without links: look first. */
    struct stat facts;
    if (lstat(aside, &facts) == 0)
        return EEXIST;
    return rename(path, aside) < 0 ? errno : 0;
}

int wzp_file_set_aside(char *out, const char *path, struct wzp_error *err)
{
    int error = EEXIST;
    for (int i = 1; error == EEXIST && i < ASIDE_MAX; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, ".%d", i);
        int n = snprintf(out, WZP_PATH_MAX, "%s.damaged%s", path, number);
        error = n >= WZP_PATH_MAX ? ENAMETOOLONG : move_aside(path, out);
    }
    return error ? wzp_error_set(err, WZP_E_IO, "cannot set %s aside: %s", path, strerror(error))
                 : 0;
}

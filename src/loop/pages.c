/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/files.h"

static const struct {
    const char *ending, *type;
} types[] = {{".html", "text/html; charset=utf-8"},
             {".js", "text/javascript; charset=utf-8"},
             {".css", "text/css; charset=utf-8"},
             {".json", "application/json"},
             {".wasm", "application/wasm"},
             {".svg", "image/svg+xml"},
             {".png", "image/png"},
             {".ico", "image/x-icon"}};

static const char *type_of(const char *name)
{
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(ending, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* One step down for every part of the path, so that no link leads out. -1 with errno. */
static int open_path(const char *folder, const char *path)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        char part[256];
        size_t length = strcspn(++path, "/");
        bool is_last = path[length] == '\0';
        if (length == 0 || length >= sizeof part || path[0] == '.') {
            close(at);
            errno = ENOENT;
            return -1;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        int next = openat(at, part,
                          O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (is_last ? O_NONBLOCK : O_DIRECTORY));
        close(at);
        if (is_last || next < 0)
            return next;
        at = next;
        path += length;
    }
    return -1;
}

int wzp_page_read(char **body, size_t *length, const char **type, const char *folder,
                  const char *path)
{
    const char *name = strcmp(path, "/") == 0 ? "/index.html" : path;
    int fd = open_path(folder, name);
    if (fd < 0)
        return errno == EACCES ? 403 : 404;
    int result = wzp_file_read_open(body, length, fd, path, WZP_PAGE_MAX, false, NULL);
    close(fd);
    *type = type_of(name);
    return result == 0 ? 200 : result == WZP_E_TOO_BIG ? 403 : result == WZP_E_MEMORY ? 500 : 404;
}

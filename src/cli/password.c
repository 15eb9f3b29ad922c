/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/bytes.h"
#include "loop/files.h"

bool wzp_password_asks(void)
{
    return isatty(STDIN_FILENO);
}

/* Byte by byte: what follows the line is not ours. */
static int read_line(int fd, char *out, size_t capacity, struct wzp_error *err)
{
    size_t length = 0;
    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wzp_error_set(err, WZP_E_IO, "the password cannot be read: %s", strerror(errno));
        if (n == 0 || c == '\n')
            break;
        if (length + 1 >= capacity)
            return wzp_error_set(err, WZP_E_TOO_BIG, "the password is longer than %zu bytes",
                                 capacity - 1);
        out[length++] = c;
    }
    if (length > 0 && out[length - 1] == '\r')
        length--;
    out[length] = 0;
    return length > 0 ? 0 : wzp_error_set(err, WZP_E_SYNTAX, "there is no password");
}

int wzp_password_read(char *out, size_t capacity, const char *prompt, struct wzp_error *err)
{
    struct termios shown, hidden;
    bool asks = wzp_password_asks() && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (asks) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        (void)!write(STDERR_FILENO, prompt, strlen(prompt));
    }
    int result = read_line(STDIN_FILENO, out, capacity, err);
    if (asks) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)!write(STDERR_FILENO, "\n", 1);
    }
    if (result)
        wzp_wipe(out, capacity);
    return result;
}

int wzp_password_file(char *out, size_t capacity, unsigned *mode, const char *path,
                      struct wzp_error *err)
{
    struct stat info;
    *mode = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "%s: %s", path, strerror(errno));
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && wzp_file_is_open(path, info.st_mode))
        *mode = info.st_mode & 07777;
    int result = read_line(fd, out, capacity, err);
    close(fd);
    if (result)
        wzp_wipe(out, capacity);
    return result;
}

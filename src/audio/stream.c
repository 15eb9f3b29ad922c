/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* WAV through pipes, FIFOs, sockets and standard input and output, without ever blocking. Samples
 * that have not arrived when they are needed become silence; blocks that the reader does not take
 * in time are dropped. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/internal.h"

bool wzp_stream_is_meant(const char *path)
{
    struct stat facts;
    return strcmp(path, "-") == 0 || (stat(path, &facts) == 0 && !S_ISREG(facts.st_mode));
}

static int refuse(const char *path, bool is_source, struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_IO, "%s is no file and no pipe that holds sound",
                         strcmp(path, "-") != 0 ? path
                         : is_source            ? "standard input"
                                                : "standard output");
}

int wzp_stream_open(const char *path, bool is_source, struct wzp_error *err)
{
    struct stat facts;
    int way = is_source ? O_RDONLY : O_WRONLY;
    bool is_standard = strcmp(path, "-") == 0;
    int fd = is_standard ? fcntl(is_source ? STDIN_FILENO : STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                         : open(path, way | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENXIO)
        return wzp_error_set(err, WZP_E_IO, "nobody reads from %s", path);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &facts) == 0 && !S_ISDIR(facts.st_mode) && !S_ISBLK(facts.st_mode) && !isatty(fd))
        return fd;
    close(fd);
    return refuse(path, is_source, err);
}

/* Checks a FIFO without opening it, since a program may wait at its other end. */
static int check_pipe(const char *path, bool is_source, struct wzp_error *err)
{
    return access(path, is_source ? R_OK : W_OK) == 0
               ? 0
               : wzp_error_set(err, WZP_E_IO, "cannot open %s: %s", path, strerror(errno));
}

int wzp_stream_check(const char *path, bool is_source, struct wzp_error *err)
{
    struct stat facts;
    bool is_there = strcmp(path, "-") != 0 && stat(path, &facts) == 0;
    if (is_there && S_ISFIFO(facts.st_mode))
        return check_pipe(path, is_source, err);
    if (is_there && S_ISSOCK(facts.st_mode)) /* which have no name to be opened by */
        return refuse(path, is_source, err);
    int fd = wzp_stream_open(path, is_source, err);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* ---- source ---- */

/* Takes what has come. */
static void take_bytes(struct wzp_stream_source *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (!s->ended && s->length < sizeof s->bytes && poll(&p, 1, 0) > 0) {
        ssize_t n = read(fd, s->bytes + s->length, sizeof s->bytes - s->length);
        if (n > 0)
            s->length += (size_t)n;
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            s->ended = true;
        else
            break;
    }
}

static void drop_bytes(struct wzp_stream_source *s, size_t count)
{
    s->length -= count;
    memmove(s->bytes, s->bytes + count, s->length);
}

/* The header, once it is whole; anything else ends the stream. */
static void take_header(struct wzp_stream_source *s)
{
    int result = wzp_wav_parse(&s->format, s->bytes, s->length, UINT64_MAX, NULL);
    if (result == WZP_E_SHORT && s->length < sizeof s->bytes && !s->ended)
        return;
    if (result) {
        s->ended = true;
        s->length = 0;
        return;
    }
    s->is_parsed = true;
    s->step = (size_t)s->format.channels * (s->format.bits / 8u);
    s->left = s->format.data_length;
    /* A program that writes to a pipe does not know the length. */
    if (s->left >= UINT32_MAX - 64 * 1024)
        s->left = UINT64_MAX;
    drop_bytes(s, s->format.data_offset);
}

unsigned wzp_stream_rate(struct wzp_stream_source *s, int fd)
{
    take_bytes(s, fd);
    if (!s->is_parsed && s->length > 0)
        take_header(s);
    return s->is_parsed ? s->format.rate : 0;
}

size_t wzp_stream_read(struct wzp_stream_source *s, int fd, int16_t *mono, size_t frames)
{
    if (wzp_stream_rate(s, fd) == 0)
        return 0;
    size_t most = s->length / s->step;
    if (most > frames)
        most = frames;
    if (most > s->left / s->step)
        most = (size_t)(s->left / s->step);
    size_t count = wzp_wav_to_mono(&s->downmix, mono, most, &s->format, s->bytes, most * s->step);
    drop_bytes(s, count * s->step);
    if (s->left != UINT64_MAX)
        s->left -= count * s->step;
    if (s->left < s->step)
        s->ended = true;
    return count;
}

/* ---- sink ---- */

/* A pipe that polls as writable takes as much as a block at once. */
bool wzp_stream_write(int fd, const void *data, size_t length)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, 0) <= 0)
        return true; /* nobody takes it: left out */
    ssize_t n;
    do
        n = write(fd, data, length);
    while (n < 0 && errno == EINTR);
    return n >= 0 || errno == EAGAIN;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is said to a directory does not stay in memory that was given back: its first words are the
 * password. */
#include "loop/redis_line.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "tap.h"

#if WZP_WITH_HIREDIS

static char secret[241];

/* Where the heap is, as the kernel says. */
static bool find_heap(unsigned long *from, unsigned long *to)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && !found && fgets(line, sizeof line, maps))
        found = strstr(line, "[heap]") && sscanf(line, "%lx-%lx", from, to) == 2;
    if (maps)
        fclose(maps);
    return found;
}

/* How often the secret lies in the heap. Read as a file: some of it is not ours. */
static int count_in_heap(void)
{
    static char piece[65536 + sizeof secret];
    unsigned long from, to;
    int count = 0, fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !find_heap(&from, &to))
        bail("the heap is not to be found any more");
    for (unsigned long at = from; at < to; at += 65536) {
        ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);
        for (ssize_t i = 0; i < 65536 && i + (ssize_t)strlen(secret) <= n; i++)
            count += memcmp(piece + i, secret, strlen(secret)) == 0;
    }
    close(fd);
    return count;
}

static void on_reply(void *context, const struct redisReply *reply)
{
    (void)context;
    (void)reply;
}

static void on_end(void *context, const char *why)
{
    (void)context;
    (void)why;
}

/* Somebody who takes connections and says nothing. */
static int listen_at(struct wzp_pool_url *url)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    snprintf(url->host, sizeof url->host, "%s/redis", tap_temporary_folder());
    snprintf(path.sun_path, sizeof path.sun_path, "%.100s", url->host);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&path, sizeof path) || listen(fd, 1))
        bail("cannot listen at %s", path.sun_path);
    return fd;
}

static void send_much(struct wzp_redis_line *line)
{
    static const char word[3000] = {0};
    const size_t sizes[] = {4, 700, 3000};
    bool well =
        wzp_redis_line_send(line, 2, (const char *[]){"AUTH", secret}, NULL, false, on_reply, NULL);
    ok(well || tap_oom_mode(), "the password is sent");
    for (size_t i = 0; well && i < sizeof sizes / sizeof sizes[0]; i++)
        well = wzp_redis_line_send(line, 2, (const char *[]){"ECHO", word},
                                   (const size_t[]){4, sizes[i]}, false, on_reply, NULL);
    ok(well || tap_oom_mode(), "and more than its first block holds");
}

TAP_MAIN
{
    static struct wzp_pool_url url;
    struct wzp_loop *l;
    struct wzp_redis_line *line;
    struct wzp_error err = {0};
    for (size_t i = 0; i < sizeof secret - 1; i++)
        secret[i] = (char)('a' + i * 7 % 26);
    unsigned long from, to;
    if (access("/proc/self/mem", R_OK) || !find_heap(&from, &to))
        skip_all("the heap cannot be looked at here"); /* sanitizers have one of their own */
    int fd = listen_at(&url);
    if (wzp_loop_new(&l, &err))
        bail("%s", err.text);
    if (wzp_redis_line_open(&line, l, &url, NULL, 65536, on_end, NULL, &err) == 0) {
        send_much(line);
        ok(count_in_heap() <= 1, "it is in memory at most once, to be sent");
        wzp_redis_line_close(line);
        is_int(count_in_heap(), 0, "and afterwards not at all");
    } else {
        ok(tap_oom_mode(), "connected: %s", err.text);
    }
    wzp_loop_free(l);
    close(fd);
}

#else

TAP_MAIN
{
    skip_all("this program has no libhiredis");
}

#endif

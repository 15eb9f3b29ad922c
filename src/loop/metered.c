/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether the network is metered, as NetworkManager knows. Its command line tool is asked, so that
 * no D-Bus client is needed. Without it the answer is unknown. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "loop/inquire.h"
#include "loop/internal.h"

#define TIME_MS 1500
#define ANSWER_MAX 64

/* Reads to the end of what the command says, or of the time. Returns the bytes. */
static size_t read_all(int fd, char *out, size_t capacity)
{
    uint64_t until = wzp_time_add(wzp_loop_clock(), TIME_MS * WZP_MILLISECOND);
    size_t length = 0;
    while (length < capacity) {
        uint64_t now = wzp_loop_clock();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (now >= until || poll(&wait, 1, (int)((until - now) / WZP_MILLISECOND) + 1) <= 0)
            break;
        ssize_t got = read(fd, out + length, capacity - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return length;
}

/* Runs it with its standard output at `out`; its process, or -1. */
static pid_t run(int out)
{
    char *const argv[] = {"nmcli", "-t", "-f", "METERED", "general", NULL};
    char *const environment[] = {"LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t files;
    pid_t pid = -1;
    if (posix_spawn_file_actions_init(&files))
        return -1;
    if (posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) ||
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) ||
        posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO) ||
        posix_spawnp(&pid, argv[0], &files, NULL, argv, environment))
        pid = -1;
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

int wzp_metered_read(const char *text, size_t length)
{
    if (length >= 3 && memcmp(text, "yes", 3) == 0)
        return 0;
    if (length >= 2 && memcmp(text, "no", 2) == 0 && (length == 2 || text[2] != 't'))
        return WZP_E_REFUSED;
    return WZP_E_UNSUPPORTED;
}

void wzp_inquire_metered(struct wzp_finding *out)
{
    char answer[ANSWER_MAX];
    int ends[2];
    out->result = WZP_E_UNSUPPORTED;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t pid = run(ends[1]);
    close(ends[1]);
    if (pid >= 0) {
        out->result = wzp_metered_read(answer, read_all(ends[0], answer, sizeof answer));
        kill(pid, SIGKILL); /* harmless when the process has ended already */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
}

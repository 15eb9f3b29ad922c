/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs that set a namespace up. A program is in the namespace of the thread that began it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "loop/space_internal.h"

#define SECONDS 10

/* Folders of system programs: what runs as root must not depend on the caller's PATH. */
static bool find(char *out, size_t capacity, const char *program)
{
    static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int length = snprintf(out, capacity, "%s/%s", folders[i], program);
        if (length > 0 && (size_t)length < capacity && access(out, X_OK) == 0)
            return true;
    }
    return false;
}

/* Its input and its error output are files in memory, so that no pipe can block. */
static int begin(pid_t *child, const char *const *argv, int in, int complaints)
{
    static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    char path[64];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    if (!find(path, sizeof path, argv[0]))
        return ENOENT;
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    sigemptyset(&none);
    int result = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!result)
        result = posix_spawn_file_actions_adddup2(&actions, complaints, STDOUT_FILENO);
    if (!result)
        result = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    if (!result) {
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setpgroup(&attributes, 0); /* Ctrl-C is for us */
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        result =
            posix_spawn(child, path, &actions, &attributes, (char **)(uintptr_t)argv, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

/* Its exit status; -1: it was ended, by itself or because it took too long. */
static int await(pid_t child)
{
    uint64_t until = wzp_time_add(wzp_loop_clock(), SECONDS * WZP_SECOND);
    int status = -1;
    for (;;) {
        pid_t got = waitpid(child, &status, WNOHANG);
        if (got == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (got < 0 && errno != EINTR)
            return -1;
        if (wzp_loop_clock() >= until)
            kill(child, SIGKILL);
        poll(NULL, 0, 1);
    }
}

static int complain(int complaints, const char *program, struct wzp_error *err)
{
    char text[200] = "", safe[200];
    ssize_t got = pread(complaints, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    wzp_text_filter(safe, sizeof safe, text, strlen(text));
    return wzp_error_set(err, WZP_E_IO, "%s in a network namespace: %s", program,
                         safe[0] ? safe : "it failed");
}

static int run(const char *const *argv, int in, int complaints, struct wzp_error *err)
{
    pid_t child;
    int code = begin(&child, argv, in, complaints);
    if (code == ENOENT)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "%s is not installed", argv[0]);
    if (code)
        return wzp_error_set(err, WZP_E_IO, "%s: %s", argv[0], strerror(code));
    return await(child) == 0 ? 0 : complain(complaints, argv[0], err);
}

int wzp_space_run(struct wzp_space *space, const char *const *argv, const char *input,
                  struct wzp_error *err)
{
    int in = memfd_create("input", MFD_CLOEXEC),
        complaints = memfd_create("complaints", MFD_CLOEXEC);
    size_t length = input ? strlen(input) : 0;
    int result = WZP_E_IO;
    int back = -1;
    if (in >= 0 && complaints >= 0 && pwrite(in, input ? input : "", length, 0) == (ssize_t)length)
        back = wzp_space_enter(space);
    if (back != -1) {
        result = run(argv, in, complaints, err);
        wzp_space_leave(back);
    } else {
        wzp_error_set(err, WZP_E_IO, "%s: %s", argv[0], strerror(errno));
    }
    if (in >= 0)
        close(in);
    if (complaints >= 0)
        close(complaints);
    return result;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Inquiries of the real host: connections and payloads on loopback, and that each ends in time. */
#include "loop/inquire.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/host.h"
#include "loop/internal.h"
#include "nat/stun_server.h"
#include "tap.h"

#define LOOPBACK ((const uint8_t *)"\x7f\x00\x00\x01")

static struct wzp_addr bound_at(int fd)
{
    struct wzp_addr addr = {.length = sizeof addr.u};
    wzp_addr_from_ip4(&addr, LOOPBACK, 0);
    if (fd < 0 || bind(fd, &addr.u.sa, addr.length) < 0 ||
        getsockname(fd, &addr.u.sa, &addr.length) < 0)
        bail("no socket");
    return addr;
}

/* Answers as a relay does, payloads up to that size only: as if longer ones were lost. */
static pid_t serve(int fd, size_t most)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    static struct wzp_stun_server server;
    const struct wzp_random random = wzp_system_random();
    wzp_stun_server_init(&server, &random);
    alarm(20);
    for (;;) {
        uint8_t question[2048], answer[64];
        struct wzp_addr to;
        struct wzp_addr remote = {.length = sizeof remote.u};
        ssize_t n = recvfrom(fd, question, sizeof question, 0, &remote.u.sa, &remote.length);
        if (n < 0 || (size_t)n > most)
            continue;
        size_t length = wzp_stun_server_answer(&server, answer, sizeof answer, &to, &remote,
                                               question, (size_t)n, wzp_loop_clock());
        sendto(fd, answer, length, 0, &remote.u.sa, remote.length);
    }
}

static void longest(size_t most, int64_t want)
{
    struct wzp_finding finding = {.result = WZP_E_UNSUPPORTED};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct wzp_addr addr = bound_at(fd);
    pid_t child = serve(fd, most);
    if (child < 0)
        bail("no server");
    uint64_t began = wzp_loop_clock();
    wzp_inquire_mtu(&finding, &addr);
    ok(wzp_time_since(wzp_loop_clock(), began) < 2 * WZP_SECOND, "it ends in time");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(fd);
    is_int(finding.result, want ? 0 : WZP_E_UNSUPPORTED, "up to %zu bytes pass: is it known", most);
    is_int(finding.value, want, "up to %zu bytes pass: the size", most);
}

static void connections(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct wzp_addr addr = bound_at(fd);
    char text[8];
    is_int(wzp_inquire_connect(&addr, 500), -1, "nobody listens: no connection");
    if (listen(fd, 1) < 0)
        bail("cannot listen");
    int ours = wzp_inquire_connect(&addr, 500), theirs = accept(fd, NULL, NULL);
    ok(ours >= 0 && theirs >= 0, "somebody listens: one");
    uint64_t began = wzp_loop_clock();
    is_int(wzp_inquire_read(ours, text, sizeof text, 50), 0, "nothing comes: nothing is read");
    uint64_t took = wzp_time_since(wzp_loop_clock(), began);
    ok(took >= 45 * WZP_MILLISECOND && took < WZP_SECOND, "but it ends in time");
    is_int(write(theirs, "0123456789", 10), 10, "much comes");
    is_int(wzp_inquire_read(ours, text, sizeof text, 500), 8, "no more is read than fits");
    close(theirs);
    is_int(wzp_inquire_read(ours, text, sizeof text, 500), 2, "the rest, up to the end");
    close(ours);
    close(fd);
}

/* ---- over the host ---- */

static struct wzp_loop *loop;
static unsigned answers;

static void on_finding(void *owner, const struct wzp_finding *finding)
{
    answers += owner == &answers && finding->result != WZP_E_MEMORY;
    if (loop)
        wzp_loop_stop(loop);
}

static void over_the_host(void)
{
    struct wzp_host host;
    struct wzp_error err = {0};
    /* A multicast question needs an address of ours: without one nothing can be found. */
    const struct wzp_inquiry inquiry = {.kind = WZP_INQUIRE_UPNP_LOOK};
    if (wzp_loop_new(&loop, &err))
        bail("no loop: %s", err.text);
    wzp_loop_host(&host, loop, NULL);
    if (host.calls->inquire(host.context, &inquiry, on_finding, &answers))
        bail("no inquiry");
    is_int(answers, 0, "nothing is told from inside");
    wzp_loop_run(loop);
    is_int(answers, 1, "an inquiry is answered");
    if (host.calls->inquire(host.context, &inquiry, on_finding, &answers))
        bail("no inquiry");
    struct wzp_loop *ending = loop;
    loop = NULL;
    wzp_loop_free(ending);
    is_int(answers, 2, "also when the host ends meanwhile");
}

/* ---- what NetworkManager says ---- */

static void says(const char *text, int want)
{
    is_int(wzp_metered_read(text, strlen(text)), want, "its command says \"%.*s\"",
           (int)strcspn(text, "\n"), text);
}

/* A command of that name in PATH. */
static void put_command(const char *folder, const char *script)
{
    char path[256];
    snprintf(path, sizeof path, "%s/nmcli", folder);
    FILE *file = fopen(path, "w");
    if (!file || fputs(script, file) < 0 || fclose(file) || chmod(path, 0700))
        bail("no command");
}

static void metered(void)
{
    struct wzp_finding finding;
    char folder[] = "/tmp/wzp-nmcli.XXXXXX", path[256];
    const char *before = getenv("PATH");
    char *kept = strdup(before ? before : "");
    says("yes\n", 0);
    says("yes (guessed)\n", 0);
    says("no\n", WZP_E_REFUSED);
    says("no (guessed)\n", WZP_E_REFUSED);
    says("unknown\n", WZP_E_UNSUPPORTED);
    says("not running\n", WZP_E_UNSUPPORTED);
    says("", WZP_E_UNSUPPORTED);
    if (!mkdtemp(folder) || !kept)
        bail("no folder");
    setenv("PATH", folder, 1);
    wzp_inquire_metered(&finding);
    is_int(finding.result, WZP_E_UNSUPPORTED, "without NetworkManager nobody knows");
    put_command(folder,
                "#!/bin/sh\n[ \"$*\" = '-t -f METERED general' ] && echo 'yes (guessed)'\n");
    wzp_inquire_metered(&finding);
    is_int(finding.result, 0, "with it, it says so");
    put_command(folder, "#!/bin/sh\necho no\n");
    wzp_inquire_metered(&finding);
    is_int(finding.result, WZP_E_REFUSED, "or not");
    put_command(folder, "#!/bin/sh\necho error >&2; exit 8\n");
    wzp_inquire_metered(&finding);
    is_int(finding.result, WZP_E_UNSUPPORTED, "one that does not run says nothing");
    put_command(folder, "#!/bin/sh\nexec /bin/sleep 60\n");
    wzp_inquire_metered(&finding);
    is_int(finding.result, WZP_E_UNSUPPORTED, "one that hangs is not waited for");
    snprintf(path, sizeof path, "%s/nmcli", folder);
    unlink(path);
    rmdir(folder);
    setenv("PATH", kept, 1);
    free(kept);
}

TAP_MAIN
{
    metered();
    longest(2048, 1472);
    longest(1400, 1372);
    longest(100, 0);
    connections();
    over_the_host();
}

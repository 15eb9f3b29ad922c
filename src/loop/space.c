/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Namespaces: made by a thread that goes into a new one, takes hold of it by a descriptor, and
 * comes back. */
#include "loop/space.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "loop/space_internal.h"

#define HERE "/proc/thread-self/ns/net"

/* ---- there and back ---- */

int wzp_space_enter_fd(int fd)
{
    int back = open(HERE, O_RDONLY | O_CLOEXEC);
    if (back >= 0 && setns(fd, CLONE_NEWNET) == 0)
        return back;
    if (back >= 0)
        close(back);
    return -1;
}

int wzp_space_enter(const struct wzp_space *space)
{
    return space ? wzp_space_enter_fd(space->fd) : WZP_SPACE_NOWHERE;
}

void wzp_space_leave(int way_back)
{
    if (way_back < 0)
        return;
    if (setns(way_back, CLONE_NEWNET) < 0)
        abort();
    close(way_back);
}

int wzp_space_dup(const struct wzp_space *space)
{
    return space ? fcntl(space->fd, F_DUPFD_CLOEXEC, 3) : WZP_SPACE_NOWHERE;
}

/* ---- life ---- */

static void loopback_up(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo"};
    if (fd < 0)
        return;
    request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
    (void)ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
}

/* A descriptor of a new namespace, or -errno. */
static int new_namespace(void)
{
    int back = open(HERE, O_RDONLY | O_CLOEXEC);
    if (back < 0)
        return -errno;
    if (unshare(CLONE_NEWNET) < 0) {
        int result = -errno;
        close(back);
        return result;
    }
    loopback_up();
    int fd = open(HERE, O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -errno : fd;
    wzp_space_leave(back);
    return result;
}

static int say_why(int code, struct wzp_error *err)
{
    if (code == EPERM || code == EACCES)
        return wzp_error_set(err, WZP_E_REFUSED,
                             "network namespaces need root (or CAP_SYS_ADMIN and CAP_NET_ADMIN)");
    if (code == EINVAL || code == ENOSYS || code == ENOENT)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "this kernel has no network namespaces");
    return wzp_error_set(err, WZP_E_IO, "a network namespace: %s", strerror(code));
}

static void closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void item_close(struct wzp_loop_item *item)
{
    wzp_space_free((struct wzp_space *)item);
}

int wzp_space_new(struct wzp_space **out, struct wzp_loop *l, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_space *space = wzp_calloc(1, sizeof *space);
    if (!space)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    space->item.close = item_close;
    space->loop = l;
    space->tunnel = -1;
    space->fd = new_namespace();
    if (space->fd < 0) {
        int code = -space->fd;
        wzp_free(space);
        return say_why(code, err);
    }
    snprintf(space->path, sizeof space->path, "/proc/%ld/fd/%d", (long)getpid(), space->fd);
    *out = space;
    return 0;
}

void wzp_space_free(struct wzp_space *space)
{
    if (!space || space->closing)
        return;
    space->closing = true;
    close(space->fd);
    wzp_free(space->networks);
    space->networks = NULL;
    if (space->tunnel < 0) {
        wzp_free(space);
        return;
    }
    uv_close((uv_handle_t *)&space->poll, closed);
    close(space->tunnel);
    space->tunnel = -1;
}

const char *wzp_space_path(const struct wzp_space *space)
{
    return space->path;
}

void wzp_space_host(struct wzp_host *out, struct wzp_space *space, const struct wzp_host *files,
                    const struct wzp_log *log)
{
    wzp_loop_host_at(out, &space->place, space->loop, NULL, log);
    space->files = *files;
    space->place.files = &space->files;
    space->place.space = space;
}

/* The kernel shows each thread the variables of the namespace it is in. */
int wzp_space_set(struct wzp_space *space, const char *variable, const char *value,
                  struct wzp_error *err)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", variable);
    int back = wzp_space_enter(space);
    int fd = back == -1 ? -1 : open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    int code = errno;
    if (fd >= 0)
        close(fd);
    wzp_space_leave(back);
    return done ? 0 : wzp_error_set(err, WZP_E_IO, "%s: %s", path, strerror(code));
}

/* ---- what it remembers of flows ---- */

/* A request without a flow in it deletes all (nf_conntrack_netlink). */
static int ask_to_forget(void)
{
    struct {
        struct nlmsghdr header;
        struct nfgenmsg body;
    } request = {.header = {.nlmsg_len = sizeof request,
                            .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                 .body = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0}};
    char answer[256];
    int result = WZP_E_UNSUPPORTED;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd < 0)
        return result;
    if (send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        struct nlmsgerr error;
        if (got >= (ssize_t)(NLMSG_HDRLEN + sizeof error)) {
            memcpy(&error, answer + NLMSG_HDRLEN, sizeof error);
            result = error.error == 0 ? 0 : WZP_E_UNSUPPORTED;
        }
    }
    close(fd);
    return result;
}

int wzp_space_forget_flows(struct wzp_space *space)
{
    int back = wzp_space_enter(space);
    if (back == -1)
        return WZP_E_IO;
    int result = ask_to_forget();
    wzp_space_leave(back);
    return result;
}

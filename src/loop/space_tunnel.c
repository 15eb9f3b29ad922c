/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tunnel device of a namespace (Documentation/networking/tuntap.rst of Linux): made there, read
 * and written here. It goes with its descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/space_internal.h"

#define READ_ROUNDS 32 /* packets before others have their turn */

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct wzp_space *space = poll->data;
    uint8_t packet[WZP_SPACE_PACKET_MAX];
    (void)status;
    (void)events;
    for (int i = 0; i < READ_ROUNDS && !space->closing; i++) {
        ssize_t got = read(space->tunnel, packet, sizeof packet);
        if (got <= 0)
            return;
        space->receive(space->context, packet, (size_t)got);
    }
}

/* A descriptor, or -errno. */
static int open_device(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    wzp_text_copy(request.ifr_name, sizeof request.ifr_name, name);
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int result = -errno;
        close(fd);
        return result;
    }
    return fd;
}

int wzp_space_tunnel(struct wzp_space *space, const char *name,
                     void (*receive)(void *context, const uint8_t *packet, size_t length),
                     void *context, struct wzp_error *err)
{
    if (space->tunnel >= 0)
        return wzp_error_set(err, WZP_E_STATE, "it has a tunnel already");
    int back = wzp_space_enter(space);
    if (back == -1)
        return wzp_error_set(err, WZP_E_IO, "a network namespace: %s", strerror(errno));
    int fd = open_device(name);
    wzp_space_leave(back);
    if (fd == -ENOENT || fd == -ENODEV || fd == -ENXIO)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "this kernel has no tunnels (/dev/net/tun)");
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "a tunnel: %s", strerror(-fd));
    if (uv_poll_init(&space->loop->uv, &space->poll, fd) < 0) {
        close(fd);
        return wzp_error_set(err, WZP_E_IO, "cannot watch a tunnel");
    }
    space->tunnel = fd;
    space->receive = receive;
    space->context = context;
    space->poll.data = space;
    uv_poll_start(&space->poll, UV_READABLE, on_readable);
    return 0;
}

void wzp_space_send(struct wzp_space *space, const uint8_t *packet, size_t length)
{
    if (space->tunnel >= 0 && write(space->tunnel, packet, length) < 0)
        return; /* a full queue, or a device that is down: lost, as on any network */
}

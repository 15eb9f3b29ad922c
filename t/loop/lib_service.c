/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/lib_service.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "tap.h"

pid_t service_fork(uint16_t *port, int *listener)
{
    struct wzp_addr addr;
    socklen_t length = sizeof addr.u;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    wzp_addr_from_ip4(&addr, (const uint8_t[4]){127, 0, 0, 1}, 0);
    if (fd < 0 || bind(fd, &addr.u.sa, addr.length) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, &addr.u.sa, &length) < 0)
        bail("no service");
    *port = wzp_addr_port(&addr);
    *listener = fd;
    pid_t child = fork();
    if (child != 0)
        close(fd);
    else
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

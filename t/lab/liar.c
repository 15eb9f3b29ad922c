/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A router with faulty services: SSDP and HTTP that hang, are late, flood or point elsewhere, and
 * false NAT-PMP answers. Run by netcheck.t in the router's place, with the LAN address and the
 * kind; runs until it is killed. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "tap.h"

static struct wzp_addr lan;
static const char *kind;

static bool is(const char *what)
{
    return strcmp(kind, what) == 0;
}

static int open_socket(int type, uint16_t port, const char *address)
{
    struct wzp_addr local;
    char text[64];
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    snprintf(text, sizeof text, "%s:%u", address, port ? port : 1);
    wzp_addr_parse(&local, text, strlen(text));
    wzp_addr_set_port(&local, port);
    if (fd < 0 || bind(fd, &local.u.sa, local.length) < 0)
        bail("no socket at %s", text);
    return fd;
}

static uint16_t port_of(int fd)
{
    struct wzp_addr local = {.length = sizeof local.u};
    if (getsockname(fd, &local.u.sa, &local.length) < 0)
        bail("no port");
    return wzp_addr_port(&local);
}

static void answer_search(int fd, uint16_t http)
{
    char text[512], host[WZP_ADDR_TEXT_MAX];
    struct wzp_addr from = {.length = sizeof from.u}, place = lan;
    if (recvfrom(fd, text, sizeof text, 0, &from.u.sa, &from.length) < 0 || is("ssdp-silent"))
        return;
    if (is("ssdp-late"))
        sleep(2);
    wzp_addr_set_port(&place, http);
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:"
                          "InternetGatewayDevice:1\r\nLOCATION: http://%s/root.xml\r\n\r\n",
                          is("ssdp-elsewhere") ? "45.33.1.1:80" : wzp_addr_format(host, &place));
    sendto(fd, text, (size_t)length, 0, &from.u.sa, from.length);
}

static void answer_http(int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n<?xml version=\"1.0\"?><root>";
    int client = accept(fd, NULL, NULL);
    if (client < 0 || is("http-hang"))
        return; /* the connection stays open */
    if (fork() == 0) {
        if (write(client, head, sizeof head - 1) < 0)
            _exit(1);
        for (unsigned i = 0; is("http-flood") && i < 1024 * 1024 / 16; i++)
            if (write(client, "<device><device>", 16) < 0)
                break;
        _exit(0);
    }
    close(client);
}

static void answer_natpmp(int fd)
{
    static const uint8_t lies[][4] = {{127, 0, 0, 1}, {10, 0, 0, 1}, {224, 0, 0, 1}};
    uint8_t data[64], out[12] = {0, 128};
    struct wzp_addr from = {.length = sizeof from.u};
    ssize_t n = recvfrom(fd, data, sizeof data, 0, &from.u.sa, &from.length);
    if (n != 2 || strncmp(kind, "pmp-", 4) != 0)
        return;
    memcpy(out + 8, lies[is("pmp-private") ? 1 : is("pmp-multicast") ? 2 : 0], 4);
    sendto(fd, out, sizeof out, 0, &from.u.sa, from.length);
}

static void join_search(int fd)
{
    const struct ip_mreq group = {.imr_multiaddr.s_addr = htonl(0xeffffffa),
                                  .imr_interface = lan.u.in.sin_addr};
    if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) < 0)
        bail("no multicast");
}

TAP_MAIN
{
    const char *address = getenv("WZP_LAB_LIAR");
    kind = getenv("WZP_LAB_KIND");
    if (!address || !kind)
        skip_all("run by netcheck.t, in a router's place");
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    alarm(60);
    char text[64];
    snprintf(text, sizeof text, "%s:1", address);
    if (wzp_addr_parse(&lan, text, strlen(text)))
        bail("no address");
    int search = open_socket(SOCK_DGRAM, 1900, "0.0.0.0");
    int http = open_socket(SOCK_STREAM, 0, address);
    int natpmp = open_socket(SOCK_DGRAM, 5351, address);
    join_search(search);
    if (listen(http, 8) < 0)
        bail("cannot listen");
    for (;;) {
        struct pollfd waiting[] = {{.fd = search, .events = POLLIN},
                                   {.fd = http, .events = POLLIN},
                                   {.fd = natpmp, .events = POLLIN}};
        if (poll(waiting, 3, -1) < 0)
            bail("poll");
        if (waiting[0].revents)
            answer_search(search, port_of(http));
        if (waiting[1].revents)
            answer_http(http);
        if (waiting[2].revents)
            answer_natpmp(natpmp);
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SSDP and HTTP as far as a router's port mapping needs them, with limits of size and time. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/inquire.h"
#include "loop/internal.h"
#include "loop/upnp.h"

#define CONNECT_MS 500
#define READ_MS 1000
#define SEARCH_TIME (700 * WZP_MILLISECOND)
#define SEARCH_AGAIN (250 * WZP_MILLISECOND)
/* A version 2 router answers this, too. */
#define SEARCH                                                                                     \
    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"     \
    "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"

int wzp_upnp_url_parse(struct wzp_upnp_url *out, const char *text, size_t length)
{
    char place[32];
    memset(out, 0, sizeof *out);
    if (length <= 7 || strncasecmp(text, "http://", 7) != 0)
        return WZP_E_SYNTAX;
    const char *host = text + 7, *end = text + length;
    const char *path = memchr(host, '/', (size_t)(end - host));
    size_t host_length = (size_t)((path ? path : end) - host);
    size_t path_length = path ? (size_t)(end - path) : 0;
    if (path_length >= sizeof out->path || host_length + 4 > sizeof place)
        return WZP_E_RANGE;
    snprintf(place, sizeof place, "%.*s%s", (int)host_length, host,
             memchr(host, ':', host_length) ? "" : ":80");
    if (wzp_addr_parse(&out->addr, place, strlen(place)) || wzp_addr_is_v6(&out->addr))
        return WZP_E_SYNTAX;
    for (size_t i = 0; i < path_length; i++)
        if (path[i] <= ' ' || path[i] > '~')
            return WZP_E_SYNTAX; /* would end the request line */
    snprintf(out->path, sizeof out->path, "%.*s", (int)path_length, path ? path : "");
    if (!path)
        out->path[0] = '/';
    return 0;
}

int wzp_upnp_search_read(struct wzp_upnp_url *out, const struct wzp_addr *from, const char *text,
                         size_t length)
{
    static const char name[] = "location:";
    const char *end = text + length;
    if (length < 12 || strncasecmp(text, "HTTP/1.", 7) != 0)
        return WZP_E_SYNTAX;
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        const char *value = line + sizeof name - 1;
        if (value < stop && strncasecmp(line, name, sizeof name - 1) == 0) {
            while (value < stop && *value == ' ')
                value++;
            const char *last = stop;
            while (last > value && (last[-1] == '\r' || last[-1] == ' '))
                last--;
            int result = wzp_upnp_url_parse(out, value, (size_t)(last - value));
            if (!result && !wzp_addr_equal_ip(&out->addr, from))
                result = WZP_E_REFUSED;
            return result;
        }
        line = stop + 1;
    }
    return WZP_E_SYNTAX;
}

/* A multicast question leaves by the interface of that address. */
static int open_search(const struct wzp_addr *local)
{
    struct wzp_addr bound = *local;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    wzp_addr_set_port(&bound, 0);
    if (fd >= 0 && (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &local->u.in.sin_addr,
                               sizeof local->u.in.sin_addr) < 0 ||
                    bind(fd, &bound.u.sa, bound.length) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int wzp_upnp_search(struct wzp_upnp_url *out, const struct wzp_addr *local)
{
    struct wzp_addr group;
    uint64_t now = wzp_loop_clock(), until = wzp_time_add(now, SEARCH_TIME), send_at = now;
    int fd = wzp_addr_is_none(local) || wzp_addr_is_v6(local) ? -1 : open_search(local);
    int result = fd < 0 ? WZP_E_IO : WZP_E_NOT_FOUND;
    wzp_addr_from_ip4(&group, (const uint8_t *)"\xef\xff\xff\xfa", 1900);
    while (result == WZP_E_NOT_FOUND && (now = wzp_loop_clock()) < until) {
        char text[1500];
        struct wzp_addr from = {.length = sizeof from.u};
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (now >= send_at) {
            sendto(fd, SEARCH, strlen(SEARCH), 0, &group.u.sa, group.length);
            send_at = wzp_time_add(send_at, SEARCH_AGAIN);
        }
        uint64_t next = wzp_time_min(send_at, until) - now;
        if (poll(&waiting, 1, (int)(next / WZP_MILLISECOND) + 1) < 1)
            continue;
        ssize_t n = recvfrom(fd, text, sizeof text, 0, &from.u.sa, &from.length);
        if (n > 0 && wzp_upnp_search_read(out, &from, text, (size_t)n) == 0)
            result = 0;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int write_request(char *out, size_t capacity, const struct wzp_upnp_url *url,
                         const char *service, const char *action, const char *soap)
{
    char host[WZP_ADDR_TEXT_MAX];
    wzp_addr_format(host, &url->addr);
    if (!action)
        return snprintf(out, capacity, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                        url->path, host);
    return snprintf(out, capacity,
                    "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
                    "Content-Type: text/xml; charset=\"utf-8\"\r\n"
                    "SOAPAction: \"%s#%s\"\r\nContent-Length: %zu\r\n\r\n%s",
                    url->path, host, service, action, strlen(soap), soap);
}

int wzp_upnp_http(char *out, size_t capacity, const char **body, const struct wzp_upnp_url *url,
                  const char *service, const char *action, const char *soap)
{
    char request[4096];
    int length = write_request(request, sizeof request, url, service, action, soap);
    if (length < 0 || (size_t)length >= sizeof request)
        return WZP_E_NETWORK;
    int fd = wzp_inquire_connect(&url->addr, CONNECT_MS);
    if (fd < 0)
        return WZP_E_NETWORK;
    size_t got = 0;
    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) == length)
        got = wzp_inquire_read(fd, out, capacity - 1, READ_MS);
    close(fd);
    out[got] = '\0';
    const char *blank = memmem(out, got, "\r\n\r\n", 4);
    if (!blank || strncasecmp(out, "HTTP/1.", 7) != 0)
        return WZP_E_NETWORK;
    *body = blank + 4;
    return (int)(out + got - *body);
}

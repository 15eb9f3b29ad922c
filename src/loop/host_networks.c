/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The machine's networks: interfaces and addresses as the kernel tells them, and a watch that says
 * when they changed (rtnetlink(7)). */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/time.h"
#include "loop/host_internal.h"
#include "loop/internal.h"
#include "loop/sleep.h"
#include "loop/space_internal.h"

/* A change comes as a burst of messages. */
#define SETTLE (100 * WZP_MILLISECOND)
/* The kernel does not report a suspend; connections may have died meanwhile although all addresses
 * are the same. */
#define SLEEP_LOOKS (1 * WZP_SECOND)

/* ---- what there is ---- */

static struct wzp_interface *find_or_add(struct wzp_networks *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].name, name) == 0)
            return &n->items[i];
    if (n->count == WZP_INTERFACES_MAX || strlen(name) >= WZP_INTERFACE_NAME_MAX)
        return NULL;
    struct wzp_interface *item = &n->items[n->count++];
    memcpy(item->name, name, strlen(name) + 1);
    item->index = if_nametoindex(name);
    return item;
}

static unsigned flags_of(unsigned flags)
{
    return ((flags & IFF_UP) && (flags & IFF_RUNNING) ? WZP_INTERFACE_UP : 0U) |
           (flags & IFF_LOOPBACK ? WZP_INTERFACE_LOOPBACK : 0U) |
           (flags & IFF_POINTOPOINT ? WZP_INTERFACE_POINT_TO_POINT : 0U);
}

static uint8_t prefix_of(const struct sockaddr *mask)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    uint8_t bits = 0;
    if (mask && mask->sa_family == AF_INET) {
        bytes = (const uint8_t *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
        length = 4;
    } else if (mask && mask->sa_family == AF_INET6) {
        bytes = (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr;
        length = 16;
    }
    while (bits < length * 8 && (bytes[bits / 8] & (0x80 >> bits % 8)))
        bits++;
    return bits;
}

static void collect_addresses(struct wzp_networks *out)
{
    struct ifaddrs *list;
    if (getifaddrs(&list) < 0)
        return;
    for (const struct ifaddrs *a = list; a; a = a->ifa_next) {
        struct wzp_addr addr;
        struct wzp_interface *item = find_or_add(out, a->ifa_name);
        if (!item)
            continue;
        item->flags |= flags_of(a->ifa_flags);
        if (!a->ifa_addr || item->count == WZP_INTERFACE_ADDRESSES_MAX)
            continue;
        socklen_t length = a->ifa_addr->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
                           : a->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                : 0;
        if (length == 0 || wzp_addr_from_sockaddr(&addr, a->ifa_addr, length) < 0)
            continue;
        item->prefix_bits[item->count] = prefix_of(a->ifa_netmask);
        item->addresses[item->count++] = addr;
    }
    freeifaddrs(list);
}

static void mark_default(struct wzp_networks *n, const char *name, unsigned flag)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i].name, name) == 0)
            n->items[i].flags |= flag;
}

/* Lines "eth0 00000000 0102A8C0 0003 ... 00000000": destination and mask of all zeros; addresses as
 * they lie in memory. Flag 2: over a gateway. */
static void collect_routes_v4(struct wzp_networks *out)
{
    char line[256], name[WZP_INTERFACE_NAME_MAX];
    unsigned destination, gateway, flags, mask;
    FILE *file = fopen("/proc/thread-self/net/route", "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%31s %x %x %x %*d %*d %*d %x", name, &destination, &gateway, &flags,
                   &mask) == 5 &&
            destination == 0 && mask == 0 && (flags & 1)) {
            mark_default(out, name, WZP_INTERFACE_DEFAULT_V4);
            uint8_t bytes[4];
            memcpy(bytes, &gateway, sizeof bytes);
            if ((flags & 2) && wzp_addr_is_none(&out->gateway))
                wzp_addr_from_ip4(&out->gateway, bytes, 0);
        }
    fclose(file);
}

/* Lines "0000...0 00 ... FLAGS eth0"; the kernel's own reject route has flag 0x200. */
static void collect_routes_v6(struct wzp_networks *out)
{
    char line[256], name[WZP_INTERFACE_NAME_MAX], destination[33];
    unsigned prefix, flags;
    FILE *file = fopen("/proc/thread-self/net/if_inet6", "re");
    if (!file)
        return; /* no IPv6 here */
    fclose(file);
    file = fopen("/proc/thread-self/net/ipv6_route", "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %31s", destination, &prefix, &flags,
                   name) == 4 &&
            prefix == 0 && strspn(destination, "0") == 32 && (flags & 1) && !(flags & 0x200))
            mark_default(out, name, WZP_INTERFACE_DEFAULT_V6);
    fclose(file);
}

static void mark_temporary(struct wzp_networks *n, const char *name, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < n->count; i++)
        for (size_t k = 0; strcmp(n->items[i].name, name) == 0 && k < n->items[i].count; k++)
            if (wzp_addr_equal_ip(&n->items[i].addresses[k], addr))
                n->items[i].is_temporary[k] = 1;
}

/* Lines "20010db8... 02 40 00 01 eth0": number, prefix, scope, flags; 1 is IFA_F_TEMPORARY. */
static void collect_temporary(struct wzp_networks *out)
{
    char line[256], digits[33], name[WZP_INTERFACE_NAME_MAX];
    uint8_t ip[16];
    unsigned flags;
    FILE *file = fopen("/proc/thread-self/net/if_inet6", "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        struct wzp_addr addr;
        if (sscanf(line, "%32s %*x %*x %*x %x %31s", digits, &flags, name) != 3 || !(flags & 1) ||
            wzp_hex_decode(ip, sizeof ip, digits, strlen(digits)) < 0)
            continue;
        wzp_addr_from_ip6(&addr, ip, 0);
        mark_temporary(out, name, &addr);
    }
    fclose(file);
}

static void collect(struct wzp_networks *out)
{
    memset(out, 0, sizeof *out); /* compared byte by byte later */
    collect_addresses(out);
    collect_routes_v4(out);
    collect_routes_v6(out);
    collect_temporary(out);
}

/* Where the last view of the networks is kept: of this machine, or of a namespace. */
static struct wzp_networks **last_seen(void *context)
{
    struct wzp_space *space = wzp_space_of(context);
    return space ? &space->networks : &wzp_loop_of(context)->networks;
}

/* The generation belongs to the machine or namespace: it grows whenever the networks differ from
 * the last view. */
void wzp_loop_networks(void *context, struct wzp_networks *out)
{
    struct wzp_networks **seen = last_seen(context);
    int back = wzp_space_enter(wzp_space_of(context));
    if (back == -1)
        memset(out, 0, sizeof *out);
    else
        collect(out);
    wzp_space_leave(back);
    if (!*seen)
        *seen = wzp_calloc(1, sizeof **seen);
    if (!*seen)
        return;
    out->generation = (*seen)->generation;
    /* Both were all zero before they were filled in, gaps too. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
    if (memcmp(out, *seen, sizeof *out) == 0)
        return;
    out->generation++;
    **seen = *out;
}

/* ---- the watch ---- */

struct wzp_host_request {
    struct wzp_loop_item item;
    struct wzp_networks **seen; /* as long as the machine */
    int fd;
    uv_poll_t poll;
    struct wzp_alarm settle, tick;
    struct wzp_sleep sleep;
    unsigned open_handles;
    bool closing;
    void (*changed)(void *owner, uint64_t now);
    void *owner;
};

static void watch_closed(uv_handle_t *handle)
{
    struct wzp_host_request *w = handle->data;
    if (--w->open_handles == 0)
        wzp_free(w);
}

void wzp_loop_networks_unwatch(void *context, struct wzp_host_request *w)
{
    (void)context;
    if (!w || w->closing)
        return;
    w->closing = true;
    uv_close((uv_handle_t *)&w->poll, watch_closed);
    close(w->fd);
    wzp_alarm_close(&w->settle, watch_closed);
    wzp_alarm_close(&w->tick, watch_closed);
}

static void watch_item_close(struct wzp_loop_item *item)
{
    wzp_loop_networks_unwatch(NULL, (struct wzp_host_request *)item);
}

/* The messages are not interpreted: the state is read anew once they have stopped coming. */
static void on_netlink(uv_poll_t *poll, int status, int events)
{
    struct wzp_host_request *w = poll->data;
    char message[8192];
    (void)status;
    (void)events;
    while (recv(w->fd, message, sizeof message, MSG_DONTWAIT) > 0 || errno == ENOBUFS)
        ;
    wzp_alarm_set(&w->settle, wzp_time_add(wzp_loop_clock(), SETTLE), 0);
}

static void on_settled(uv_poll_t *poll, int status, int events)
{
    struct wzp_host_request *w = poll->data;
    (void)status;
    (void)events;
    if (wzp_alarm_take(&w->settle) > 0)
        w->changed(w->owner, wzp_loop_clock());
}

static bool has_slept(struct wzp_host_request *w)
{
    struct timespec boot;
    if (clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
        return false;
    return wzp_sleep_woke(&w->sleep, (uint64_t)boot.tv_sec * WZP_SECOND + (uint64_t)boot.tv_nsec,
                          wzp_loop_clock());
}

/* After a suspend unchanged networks count as changed. */
static void on_tick(uv_poll_t *poll, int status, int events)
{
    struct wzp_host_request *w = poll->data;
    (void)status;
    (void)events;
    if (wzp_alarm_take(&w->tick) == 0 || !has_slept(w))
        return;
    if (*w->seen)
        (*w->seen)->generation++;
    w->changed(w->owner, wzp_loop_clock());
}

static int open_netlink(struct wzp_space *space)
{
    int back = wzp_space_enter(space);
    if (back == -1)
        return -1;
    struct sockaddr_nl local = {.nl_family = AF_NETLINK,
                                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                             RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    wzp_space_leave(back);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&local, sizeof local) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int wzp_loop_networks_watch(void *context, struct wzp_host_request **out,
                            void (*changed)(void *owner, uint64_t now), void *owner)
{
    struct wzp_loop *l = wzp_loop_of(context);
    *out = NULL;
    struct wzp_host_request *w = wzp_calloc(1, sizeof *w);
    if (!w)
        return WZP_E_MEMORY;
    w->item.close = watch_item_close;
    w->seen = last_seen(context);
    w->changed = changed;
    w->owner = owner;
    w->fd = open_netlink(wzp_space_of(context));
    if (w->fd < 0 || uv_poll_init(&l->uv, &w->poll, w->fd) < 0) {
        if (w->fd >= 0)
            close(w->fd);
        wzp_free(w);
        return WZP_E_UNSUPPORTED;
    }
    w->poll.data = w;
    w->open_handles = 1;
    if (wzp_alarm_init(&w->settle, l, &w->item, on_settled)) {
        w->closing = true;
        uv_close((uv_handle_t *)&w->poll, watch_closed);
        close(w->fd);
        return WZP_E_IO;
    }
    w->open_handles++;
    if (wzp_alarm_init(&w->tick, l, &w->item, on_tick)) {
        w->closing = true;
        uv_close((uv_handle_t *)&w->poll, watch_closed);
        close(w->fd);
        wzp_alarm_close(&w->settle, watch_closed);
        return WZP_E_IO;
    }
    w->open_handles++;
    (void)has_slept(w);
    wzp_alarm_set(&w->tick, wzp_time_add(wzp_loop_clock(), SLEEP_LOOKS), SLEEP_LOOKS);
    uv_poll_start(&w->poll, UV_READABLE, on_netlink);
    *out = w;
    return 0;
}

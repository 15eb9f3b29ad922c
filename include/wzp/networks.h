/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The machine's network interfaces and addresses, as a host reports them to a softphone: a set with
 * a generation number. */
#ifndef WZP_NETWORKS_H
#define WZP_NETWORKS_H

#include <stddef.h>
#include <stdint.h>

#include "wzp/types.h"

#define WZP_INTERFACES_MAX 32
#define WZP_INTERFACE_ADDRESSES_MAX 16
#define WZP_INTERFACE_NAME_MAX 32

/* Bits of struct wzp_interface.flags. */
enum {
    WZP_INTERFACE_UP = 1, /* up and with a carrier (cable or radio link) */
    WZP_INTERFACE_LOOPBACK = 2,
    WZP_INTERFACE_POINT_TO_POINT = 4, /* VPN, modem */
    WZP_INTERFACE_METERED = 8,        /* only where the host can find out */
    WZP_INTERFACE_DEFAULT_V4 = 16,    /* a default route uses this interface */
    WZP_INTERFACE_DEFAULT_V6 = 32
};
struct wzp_interface {
    char name[WZP_INTERFACE_NAME_MAX];
    unsigned index; /* the interface index, as in IPv6 scopes */
    unsigned flags;
    struct wzp_addr addresses[WZP_INTERFACE_ADDRESSES_MAX]; /* port 0 */
    /* of the address with the same index: */
    /* prefix length of its subnet, 0 = not known */
    uint8_t prefix_bits[WZP_INTERFACE_ADDRESSES_MAX];
    uint8_t is_temporary[WZP_INTERFACE_ADDRESSES_MAX]; /* IPv6 of short life (RFC 8981) */
    size_t count;
};
struct wzp_networks {
    /* increases with each change of what follows, and with each sleep of the machine */
    uint64_t generation;
    /* of the IPv4 default route, port 0; nothing (see struct wzp_addr): no gateway */
    struct wzp_addr gateway;
    uint64_t spare[4]; /* for what comes later; 0 */
    struct wzp_interface items[WZP_INTERFACES_MAX];
    size_t count;
};

#endif

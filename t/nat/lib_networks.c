/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/lib_networks.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "tap.h"

struct wzp_interface *networks_add(struct wzp_networks *n, const char *name, const char *address,
                                   unsigned prefix, unsigned flags)
{
    struct wzp_interface *i = n->items;
    char text[80];
    while (i < n->items + n->count && strcmp(i->name, name) != 0)
        i++;
    if (i == n->items + WZP_INTERFACES_MAX)
        bail("too many interfaces");
    if (i == n->items + n->count) {
        n->count++;
        snprintf(i->name, sizeof i->name, "%s", name);
        i->flags = flags;
    }
    if (i->count == WZP_INTERFACE_ADDRESSES_MAX)
        bail("too many addresses");
    snprintf(text, sizeof text, strchr(address, ':') ? "[%s]:0" : "%s:0", address);
    if (wzp_addr_parse(&i->addresses[i->count], text, strlen(text)))
        bail("%s is no address", address);
    i->prefix_bits[i->count++] = (uint8_t)prefix;
    return i;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers to a search for routers, from anybody in the network, and descriptions of routers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "loop/upnp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_upnp_url url;
    struct wzp_addr from;
    const char *text = (const char *)data;
    wzp_addr_from_ip4(&from, (const uint8_t *)"\xc0\xa8\x01\x01", 1900);
    if (wzp_upnp_search_read(&url, &from, text, size) == 0 &&
        (!wzp_addr_equal_ip(&url.addr, &from) || url.path[0] != '/'))
        abort();
    if (wzp_upnp_url_parse(&url, text, size) == 0) {
        size_t length = strnlen(url.path, sizeof url.path);
        if (length == 0 || length == sizeof url.path || wzp_addr_is_v6(&url.addr) ||
            strpbrk(url.path, " \r\n"))
            abort();
    }
    struct wzp_upnp_service services[2];
    const struct wzp_upnp_url root = {.addr = from, .path = "/root.xml"};
    int count = wzp_upnp_describe(services, &root, text, size);
    for (int i = 0; i < count; i++)
        if (!wzp_addr_equal_ip(&services[i].control.addr, &from) ||
            strpbrk(services[i].type, "\"<>&\r\n"))
            abort();
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses as text: what is accepted prints and reads back as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_addr addr, again;
    char text[WZP_ADDR_TEXT_MAX];
    if (wzp_addr_parse(&addr, (const char *)data, size) == 0) {
        wzp_addr_format(text, &addr);
        if (wzp_addr_parse(&again, text, strlen(text)) != 0 || !wzp_addr_equal(&addr, &again))
            abort();
    } else if (!wzp_addr_is_none(&addr)) {
        abort();
    }

    char typed[128];
    char host[64];
    uint16_t port = 0;
    size_t n = size < sizeof typed ? size : sizeof typed - 1;
    memcpy(typed, data, n);
    typed[n] = '\0';
    if (wzp_addr_split(host, sizeof host, &port, typed, 4433) == 0 &&
        (port == 0 || host[0] == '\0' || strchr(host, '[') != NULL))
        abort();

    struct sockaddr_in6 raw;
    memset(&raw, 0, sizeof raw);
    memcpy(&raw, data, size < sizeof raw ? size : sizeof raw);
    if (wzp_addr_from_sockaddr(&addr, (const struct sockaddr *)&raw, sizeof raw) == 0)
        wzp_addr_format(text, &addr);
    return 0;
}

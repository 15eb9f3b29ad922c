/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The name in a ClientHello body of any kind. */
#include <stdlib.h>
#include <string.h>

#include "quic/sni.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[WZP_SNI_MAX + 1];
    size_t length = 0;
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    uint8_t *found = wzp_quic_sni_find(copy, size, &length);
    if (found != NULL) {
        if (found < copy || found + length > copy + size)
            abort();
        if (wzp_quic_sni_take(name, found, length) == 0 && name[0] != '\0' &&
            !wzp_sni_valid(name, strlen(name)))
            abort();
    }
    free(copy);
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Identity files and certificates from outside. */
#include <stdlib.h>
#include <string.h>

#include "crypto/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_identity identity, again;
    struct wzp_error err = {0};
    char text[WZP_SEED_TEXT_SIZE + 1];
    uint8_t key[32];
    if (wzp_identity_parse(&identity, (const char *)data, size, &err) == 0) {
        wzp_identity_format(text, &identity);
        if (wzp_identity_parse(&again, text, strlen(text), NULL) < 0 ||
            memcmp(&again, &identity, sizeof again) != 0)
            abort();
    } else if (err.text[0] == 0) {
        abort();
    }
    /* A key that is found is part of the certificate. */
    if (wzp_certificate_public_key(key, data, size) == 0 && !memmem(data, size, key, sizeof key))
        abort();
    return 0;
}

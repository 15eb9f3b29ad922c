/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fingerprints of people and of relays as typed or received. */
#include <stdlib.h>
#include <string.h>

#include "crypto/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t fingerprint[16], again[16], sha256[32], sha256_again[32];
    char text[WZP_FINGERPRINT_TEXT_MAX], tls_text[WZP_TLS_FINGERPRINT_TEXT_MAX];
    if (wzp_fingerprint_parse(fingerprint, (const char *)data, size) == 0) {
        wzp_fingerprint_format(text, fingerprint);
        if (wzp_fingerprint_parse(again, text, strlen(text)) < 0 ||
            memcmp(again, fingerprint, sizeof again) != 0)
            abort();
    }
    if (wzp_tls_fingerprint_parse(sha256, (const char *)data, size) == 0) {
        wzp_tls_fingerprint_format(tls_text, sha256);
        if (wzp_tls_fingerprint_parse(sha256_again, tls_text, strlen(tls_text)) < 0 ||
            memcmp(sha256_again, sha256, sizeof sha256) != 0)
            abort();
    }
    return 0;
}

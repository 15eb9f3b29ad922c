/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mnemonics as typed: a mnemonic that is accepted gives a seed, whose own mnemonic gives the same
 * seed. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/mnemonic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t entropy[32], again[32];
    char text[WZP_MNEMONIC_TEXT_MAX];
    struct wzp_error err = {0};
    if (wzp_mnemonic_decode(entropy, (const char *)data, size, &err) == 0) {
        wzp_mnemonic_encode(text, entropy);
        if (wzp_mnemonic_decode(again, text, strlen(text), NULL) < 0 ||
            memcmp(again, entropy, sizeof again) != 0)
            abort();
    } else if (err.text[0] == 0 || !wzp_is_zero_constant_time(entropy, sizeof entropy)) {
        abort();
    }
    if (size >= 32) { /* every seed has a mnemonic */
        wzp_mnemonic_encode(text, data);
        if (wzp_mnemonic_decode(again, text, strlen(text), NULL) < 0 ||
            memcmp(again, data, 32) != 0)
            abort();
    }
    return 0;
}

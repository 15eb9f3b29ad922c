/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The known_relays text: what is accepted is written and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/pins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_pins p, q;
    struct wzp_error err = {0};
    wzp_pins_init(&p);
    wzp_pins_init(&q);
    if (wzp_pins_parse(&p, (const char *)data, size, &err) == 0) {
        char *text = NULL, *again = NULL;
        size_t length = 0, again_length = 0;
        if (wzp_pins_format(&text, &length, &p) == 0) {
            if (wzp_pins_parse(&q, text, length, NULL) < 0 ||
                wzp_pins_format(&again, &again_length, &q) < 0 || length != again_length ||
                memcmp(text, again, length) != 0)
                abort();
        }
        wzp_free(text);
        wzp_free(again);
    } else if (err.text[0] == 0 || p.relays != NULL || p.peers != NULL) {
        abort();
    }
    wzp_pins_fini(&p);
    wzp_pins_fini(&q);
    return 0;
}
